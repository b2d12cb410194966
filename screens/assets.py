"""Fonts, drawings and sounds, made once: ``python -m screens.assets [FOLDER]``. A second call does nothing.

Fonts come out of Debian's collections (Kivy cannot choose a face of a .ttc), drawings are rendered from SVG by
rsvg-convert in the colours of each palette, sounds are computed. Everything is written beside its place and moved
there in one step, so a reader never sees half a file.
"""

from __future__ import annotations

import hashlib
import logging
import math
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from screens import typeface
from screens.icons import ICONS
from screens.theme import CONTRAST, STANDARD, Palette

NOTO = Path("/usr/share/fonts/opentype/noto")
NOTO_SIMPLIFIED_FACE = 2
FALLBACK = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
DRAWINGS = Path(__file__).with_name("drawings")
DRAWN_WIDTH = 760
"""Pixels across a rendered drawing: as wide as it is ever shown."""

PALETTES = {"standard": STANDARD, "contrast": CONTRAST}
RATE = 44_100


class AssetsMissing(RuntimeError):
    """Something needed to make the assets is not installed; the text says what."""


@dataclass(frozen=True)
class Assets:
    """Where everything is."""

    folder: Path

    @property
    def regular(self) -> Path:
        """With every character there is; receipts are set in it too."""
        return self.folder / "fonts" / "Sans-Regular.otf"

    @property
    def bold(self) -> Path:
        return self.folder / "fonts" / "Sans-Bold.otf"

    @property
    def everyday_regular(self) -> Path:
        """With ``typeface.CHARACTERS``."""
        return self.folder / "fonts" / "Everyday-Regular.otf"

    @property
    def everyday_bold(self) -> Path:
        return self.folder / "fonts" / "Everyday-Bold.otf"

    @property
    def icons(self) -> Path:
        return self.folder / "fonts" / "Icons.ttf"

    def drawing(self, name: str, *, contrast: bool) -> Path:
        return self.folder / "drawings" / ("contrast" if contrast else "standard") / f"{name}.png"

    def sound(self, name: str) -> Path:
        return self.folder / "sounds" / f"{name}.wav"


def folder_of_choice(wanted: Path | None = None) -> Path:
    """``wanted``, else ``$KIOSK_ASSETS``, else ``build/assets`` beside the packages."""
    if wanted:
        return wanted
    named = os.environ.get("KIOSK_ASSETS")
    return Path(named) if named else Path(__file__).parents[1] / "build" / "assets"


def make(wanted: Path | None = None) -> Assets:
    """Make what is missing or was made from other sources. Raises AssetsMissing."""
    folder = folder_of_choice(wanted)
    assets = Assets(folder)
    stamp, sources = folder / ".made-from", _sources()
    if stamp.is_file() and stamp.read_text() == sources:
        return assets
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _make_all(Assets(fresh))
        (fresh / stamp.name).write_text(sources)
        fresh.chmod(0o755)
        _put_in_place(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return assets


def _sources() -> str:
    """What the assets are made from, as a digest that is quick to take."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for module in ("theme.py", "typeface.py", "icons.py"):
        digest.update(Path(__file__).with_name(module).read_bytes())
    for drawing in sorted(DRAWINGS.glob("*.svg")):
        digest.update(drawing.name.encode() + drawing.read_bytes())
    for font in (NOTO / "NotoSansCJK-Regular.ttc", FALLBACK):
        digest.update(str(font.stat().st_size if font.exists() else 0).encode())
    return digest.hexdigest()


def _put_in_place(fresh: Path, folder: Path) -> None:
    """Exchange the folder; a second maker that was quicker has made the same."""
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-old-", dir=folder.parent) as aside:
        if folder.exists():
            folder.rename(Path(aside) / "old")
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.exists():
                raise


def _make_all(assets: Assets) -> None:
    for folder in ("fonts", "sounds", *(f"drawings/{name}" for name in PALETTES)):
        (assets.folder / folder).mkdir(parents=True)
    _extract("NotoSansCJK-Regular.ttc", assets.regular)
    _extract("NotoSansCJK-Bold.ttc", assets.bold)
    _cut_down(assets.regular, assets.everyday_regular, typeface.CHARACTERS)
    _cut_down(assets.bold, assets.everyday_bold, typeface.CHARACTERS)
    _cut_down(_icon_font(), assets.icons, map(chr, ICONS.values()))
    with ThreadPoolExecutor(2) as renderers:
        list(renderers.map(lambda job: _render(*job), _renderings(assets)))
    for name, notes in SOUNDS.items():
        _write_sound(assets.sound(name), notes)


def _extract(collection: str, target: Path) -> None:
    from fontTools.ttLib import TTCollection, TTFont

    if (NOTO / collection).exists():
        TTFont(NOTO / collection, fontNumber=NOTO_SIMPLIFIED_FACE, lazy=True).save(target)
    elif FALLBACK.exists():
        TTCollection(FALLBACK).fonts[0].save(target)
    else:
        raise AssetsMissing("no Chinese font: install fonts-noto-cjk or fonts-wqy-microhei")


def _cut_down(font: Path, target: Path, characters: Iterable[str]) -> None:
    """The same font with these characters only, drawn to the pixel as in the whole one."""
    from fontTools import subset
    from fontTools.ttLib import TTFont

    options = subset.Options(
        layout_features=list(typeface.FEATURES),
        layout_scripts=list(typeface.SCRIPTS),
        notdef_outline=True,
        drop_tables=["vhea", "vmtx", "VORG"],  # for words that run downwards
    )
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it has opinions on the dates in a font
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=map(ord, characters))
    with TTFont(font, lazy=True, recalcBBoxes=False) as whole:
        cutter.subset(whole)
        whole.save(target)


def _icon_font() -> Path:
    package = find_spec("fonticon_mdi7")
    if package is None or package.origin is None:
        raise AssetsMissing("no icons: install fonticon-materialdesignicons7")
    return Path(package.origin).parent / "fonts" / "materialdesignicons-webfont.ttf"


def _renderings(assets: Assets) -> Iterable[tuple[str, Path]]:
    for palette_name, palette in PALETTES.items():
        for drawing in sorted(DRAWINGS.glob("*.svg")):
            yield (
                _recoloured(drawing.read_text(), palette),
                assets.drawing(drawing.stem, contrast=palette_name == "contrast"),
            )


def _recoloured(svg: str, palette: Palette) -> str:
    """Drawings are drawn in the standard palette; another palette replaces colour by colour."""
    for name, standard in vars(STANDARD).items():
        svg = svg.replace(f"{{{name}}}", getattr(palette, name, standard))
    return svg


def _render(svg: str, target: Path) -> None:
    command = ["rsvg-convert", "--width", str(DRAWN_WIDTH), "--output", str(target)]
    try:
        subprocess.run(command, input=svg.encode(), check=True, capture_output=True, timeout=30)
    except FileNotFoundError as missing:
        raise AssetsMissing("no rsvg-convert: install librsvg2-bin") from missing
    except subprocess.CalledProcessError as fault:
        raise AssetsMissing(f"{target.name}: {fault.stderr.decode(errors='replace')}") from fault


Note = tuple[float, float, float, float]
"""Hertz, seconds from the start, seconds of decay, loudness from 0 to 1."""

SOUNDS: dict[str, tuple[Note, ...]] = {
    "tick": ((1900.0, 0.0, 0.012, 0.16), (950.0, 0.0, 0.02, 0.10)),
    "chime": ((659.26, 0.0, 0.45, 0.22), (880.0, 0.16, 0.6, 0.22), (1318.5, 0.16, 0.4, 0.06)),
    "warning": ((880.0, 0.0, 0.18, 0.2), (698.46, 0.14, 0.3, 0.2)),
}


def _write_sound(target: Path, notes: tuple[Note, ...]) -> None:
    seconds = max(start + 5 * decay for _, start, decay, _ in notes)
    samples = bytearray()
    for number in range(round(seconds * RATE)):
        moment = number / RATE
        level = sum(_note_at(moment, note) for note in notes)
        samples += struct.pack("<h", round(32_767 * max(-1.0, min(1.0, level))))
    with wave.open(str(target), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        sound.writeframes(bytes(samples))


def _note_at(moment: float, note: Note) -> float:
    hertz, start, decay, loudness = note
    since = moment - start
    if since < 0:
        return 0.0
    attack = min(1.0, since / 0.004)  # without it the membrane clicks
    return loudness * attack * math.exp(-since / decay) * math.sin(2 * math.pi * hertz * since)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
