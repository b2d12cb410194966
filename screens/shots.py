"""Pictures of every screen: ``python -m screens.shots FOLDER`` for all panels, ``... FOLDER 1080x1920`` for one.

Every picture is also checked: no words cut, nothing overlapping, nothing to touch that is too small, no type below
the smallest. What is found is printed and makes the exit code 1. A panel needs a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.texts import LANGUAGES
from screens.settings import GlassSettings
from screens.theme import Panel, theme

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


def shoot(folder: Path, panel: Panel, only: Sequence[str] = (), plain: bool = False) -> list[str]:
    """Write the pictures of one panel; returns what the layout check found. Once in a process."""
    from screens.window import open_window

    settings = GlassSettings(panel.width, panel.height, panel.inches, volume=0, clock=lambda: AFTERNOON)
    open_window(settings)
    from screens.gallery import Gallery

    gallery = Gallery(settings, folder / panel_name(panel))
    faults: list[str] = []
    for look in looks():
        if plain and (look.large or look.contrast):
            continue
        faults += gallery.shoot(look, only)
    gallery.contact_sheets()
    return faults


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m screens.shots FOLDER [WIDTHxHEIGHT [NAME...]]\n")
        return 2
    folder = Path(arguments[0])
    if len(arguments) == 1:
        command = [sys.executable, "-m", "screens.shots", str(folder)]
        return max(subprocess.run([*command, panel_name(panel)], check=False).returncode for panel in PANELS)
    panel = next(panel for panel in PANELS if panel_name(panel) == arguments[1])
    faults = shoot(folder, panel, arguments[2:], plain=bool(os.environ.get("SHOTS_PLAIN")))
    sys.stdout.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    theme.still = True
    sys.exit(main(sys.argv[1:]))
