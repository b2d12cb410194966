"""Lays a receipt out on 80 mm paper: black dots and distances, no printer and no wire.

Every line is drawn here, Latin too, so that Chinese and English share one face and one baseline; a printer's own
characters know neither. 576 dots across at 203 dpi (8 dots to the mm).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from hardware.protocols import Align, QrCode, ReceiptPart, Row, Rule, Words

WIDTH = 576
COLUMN_GAP = 24
NARROWEST_LEFT = 200
LARGEST_LABEL = 2  # the largest type is for amounts; the word beside one is smaller
RULE_DOTS = 2
RULE_SPACE = 14
QUIET_ZONE = 32  # four modules of the coarsest QR code
INK_BELOW = 150  # of 255: a dot at least this dark is burnt


@dataclass(frozen=True)
class TypeSize:
    """``em`` dots high, on lines ``pitch`` dots apart, the baseline ``baseline`` dots below the line's top."""

    em: int
    pitch: int
    baseline: int


SIZES = {1: TypeSize(26, 38, 29), 2: TypeSize(40, 58, 44), 3: TypeSize(76, 104, 80)}


@dataclass(frozen=True)
class Faces:
    """Font files holding Chinese and Latin; ``index`` chooses the face in a collection (Noto Sans CJK: 2 is SC)."""

    regular: Path
    bold: Path
    index: int = 0

    def check(self) -> None:
        """Raises OSError when a file is not a font with such a face: found at start, not on the first receipt."""
        for path in (self.regular, self.bold):
            ImageFont.truetype(path, SIZES[1].em, index=self.index)


@dataclass(frozen=True)
class Picture:
    """One band of dots: mode "L", 0 is ink, at most 576 wide, its blank rows and blank right side cut away."""

    image: Image.Image


@dataclass(frozen=True)
class Gap:
    """``dots`` rows of nothing."""

    dots: int


Band = Picture | Gap | QrCode


def lay_out(receipt: Sequence[ReceiptPart], faces: Faces) -> Iterator[Band]:
    """The bands from top to bottom, never two gaps in a row."""
    gap = 0
    for strip in _strips(receipt, faces):
        if isinstance(strip, QrCode):
            yield from _gap(gap + QUIET_ZONE)
            yield strip
            gap = QUIET_ZONE
            continue
        ink = _ink(strip)
        if ink is None:
            gap += strip.height
            continue
        _, top, right, bottom = ink
        yield from _gap(gap + top)
        yield Picture(strip.crop((0, top, right, bottom)))
        gap = strip.height - bottom
    yield from _gap(gap)


def _gap(dots: int) -> Iterator[Gap]:
    if dots:
        yield Gap(dots)


def _ink(strip: Image.Image) -> tuple[int, int, int, int] | None:
    return strip.point(lambda level: 255 - level).getbbox()


def _strips(receipt: Sequence[ReceiptPart], faces: Faces) -> Iterator[Image.Image | QrCode]:
    for part in receipt:
        if isinstance(part, Words):
            yield from _words(part, faces)
        elif isinstance(part, Row):
            yield from _row(part, faces)
        elif isinstance(part, Rule):
            yield _rule()
        else:
            yield part


def _rule() -> Image.Image:
    strip = Image.new("L", (WIDTH, RULE_DOTS + 2 * RULE_SPACE), 255)
    strip.paste(0, (0, RULE_SPACE, WIDTH, RULE_SPACE + RULE_DOTS))
    return strip


def _words(part: Words, faces: Faces) -> Iterator[Image.Image]:
    type_ = _type(faces, part.size, bold=part.bold)
    for line in type_.wrap(part.text, WIDTH):
        left = (WIDTH - type_.width(line)) // 2 if part.align is Align.CENTRE else 0
        yield _line(type_.size, (type_, left, line))


def _row(part: Row, faces: Faces) -> Iterator[Image.Image]:
    """Label and value on one baseline; the label wraps beside the value, or stands above one that is too wide."""
    value = _type(faces, part.size, bold=part.bold)
    label = _type(faces, min(part.size, LARGEST_LABEL), bold=part.bold)
    room = WIDTH - value.width(part.right) - COLUMN_GAP
    if room < min(NARROWEST_LEFT, label.width(part.left)):
        for line in label.wrap(part.left, WIDTH):
            yield _line(label.size, (label, 0, line))
        for line in value.wrap(part.right, WIDTH):
            yield _line(value.size, (value, WIDTH - value.width(line), line))
        return
    first, *more = label.wrap(part.left, room)
    yield _line(value.size, (label, 0, first), (value, WIDTH - value.width(part.right), part.right))
    for line in more:
        yield _line(label.size, (label, 0, line))


def _line(size: TypeSize, *texts: tuple[_Type, int, str]) -> Image.Image:
    """One line across the paper, each text at its distance from the left edge, all on the baseline of ``size``."""
    strip = Image.new("L", (WIDTH, size.pitch), 255)
    pen = ImageDraw.Draw(strip)
    for type_, left, text in texts:
        pen.text((left, size.baseline), text, fill=0, font=type_.font, anchor="ls")
    return strip.point(lambda level: 255 * (level > INK_BELOW))


@cache
def _type(faces: Faces, size: int, *, bold: bool) -> _Type:
    path = faces.bold if bold else faces.regular
    return _Type(SIZES[size], ImageFont.truetype(path, SIZES[size].em, index=faces.index))


# A piece that is never broken: a Latin word, or one Chinese character with the marks that cling to it.
_OPENING = "（「『《〈【〔“‘"
_CLOSING = "，。、；：？！）」』》〉】〕”’％·…"
_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_PIECE = re.compile(f"[{_OPENING}]*(?:[{_WIDE}]|[^\\s{_WIDE}{_OPENING}{_CLOSING}]+)?[{_CLOSING}]*[ ]*|.", re.DOTALL)


@dataclass(frozen=True)
class _Type:
    """One size of one font: measures and breaks lines."""

    size: TypeSize
    font: ImageFont.FreeTypeFont

    def width(self, text: str) -> int:
        return -int(-self.font.getlength(text) // 1)

    def wrap(self, text: str, room: int) -> list[str]:
        """``text`` in lines of at most ``room`` dots; at least one line, which may be empty."""
        lines = [""]
        for piece in self._pieces(text, room):
            if self.width((lines[-1] + piece).rstrip()) <= room:
                lines[-1] += piece
            else:
                lines.append(piece.lstrip())
        return [line.rstrip() for line in lines]

    def _pieces(self, text: str, room: int) -> Iterator[str]:
        for piece in _PIECE.findall(text.replace("\n", " ")):
            if self.width(piece.rstrip()) <= room:
                yield piece
            else:
                yield from piece  # longer than a line: broken anywhere
