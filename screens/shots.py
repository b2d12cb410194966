"""Pictures of every screen: ``python -m screens.shots`` for all panels, ``... 1080x1920`` for one.

Every picture is also checked: no words cut, nothing overlapping, nothing to touch that is too small, no type below
the smallest. What is found is printed and makes the exit code 1. A panel needs a process of its own.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.texts import LANGUAGES
from screens.settings import GlassSettings
from screens.theme import Panel

PANELS = (Panel(1080, 1920, 21.5), Panel(1280, 800, 10.1), Panel(800, 480, 7.0))
AFTERNOON = datetime(2026, 5, 8, 14, 26, tzinfo=UTC)


@dataclass(frozen=True)
class Look:
    """What the guest has asked the glass to look like."""

    language: str
    large: bool = False
    contrast: bool = False

    @property
    def name(self) -> str:
        return self.language + ("-large" if self.large else "") + ("-contrast" if self.contrast else "")


def looks() -> Iterator[Look]:
    for language in LANGUAGES:
        yield Look(language)
        yield Look(language, large=True)
        yield Look(language, contrast=True)
        yield Look(language, large=True, contrast=True)


def panel_name(panel: Panel) -> str:
    return f"{panel.width}x{panel.height}"


def shoot(folder: Path | None, panel: Panel, only: Sequence[str] = ()) -> list[str]:
    """Write the pictures of one panel (none without a folder); returns what the layout check found. Once a process."""
    from screens.window import open_window

    settings = GlassSettings(panel.width, panel.height, panel.inches, volume=0, clock=lambda: AFTERNOON)
    open_window(settings)
    from screens.gallery import Gallery

    with tempfile.TemporaryDirectory() as pages:
        gallery = Gallery(settings, Path(pages), folder and folder / panel_name(panel))
        # Contrast has the same geometry: where no picture is wanted, looking at the usual colours is enough.
        wanted = [look for look in looks() if folder is not None or not look.contrast]
        faults = [fault for look in wanted for fault in gallery.shoot(look, only)]
    gallery.contact_sheets()
    return [f"{panel_name(panel)}/{fault}" for fault in faults]


def main(arguments: list[str]) -> int:
    options = argparse.ArgumentParser(prog="python -m screens.shots", description=__doc__)
    options.add_argument("--check", action="store_true", help="look at the layout only, write no pictures")
    options.add_argument("--folder", type=Path, default=Path("build/shots"))
    options.add_argument("panel", nargs="?", choices=[panel_name(panel) for panel in PANELS], help="all without")
    options.add_argument("names", nargs="*", help="only these screens")
    wanted = options.parse_args(arguments)
    if wanted.panel is None:
        command = [sys.executable, "-m", "screens.shots", *arguments]
        return max(subprocess.run([*command, panel_name(panel)], check=False).returncode for panel in PANELS)
    panel = next(panel for panel in PANELS if panel_name(panel) == wanted.panel)
    faults = shoot(None if wanted.check else wanted.folder, panel, wanted.names)
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
