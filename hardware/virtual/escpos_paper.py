"""Reads ESC/POS as an 80 mm printer's firmware does and keeps what would stand on the paper.

Written from Epson's command reference: code page 437 only, so Chinese sent as text comes out as the rubbish it is on
a real one. A command the firmware does not know is noted in ``refused`` and skipped by its first byte.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFont

PRINTABLE = 576
PAPER = 640  # 80 mm at 8 dots to the mm
CELL_WIDTH, CELL_HEIGHT = 12, 24
LINE_SPACING = 34
HEAD_TO_CUTTER = 96
MARGIN = (PAPER - PRINTABLE) // 2

ESC, GS, DLE = 0x1B, 0x1D, 0x10
LEVELS = {48: "l", 49: "m", 50: "q", 51: "h"}


@dataclass(frozen=True)
class _Style:
    align: int = 0
    bold: bool = False
    underline: bool = False
    reverse: bool = False
    wide: int = 1
    high: int = 1


@dataclass(frozen=True)
class _QrSettings:
    module: int = 3
    level: str = "l"
    text: bytes = b""


Handler = Callable[[bytes], None]


class EscposPaper:
    """``feed`` bytes; every cut saves ``receipt-NNN.png`` in ``folder`` and adds it to ``receipts``.

    ``answer`` is called with what the printer says in its turn (GS r).
    """

    def __init__(self, folder: Path, answer: Callable[[bytes], None], roll: Callable[[], int]) -> None:
        """``roll``: the paper sensor's bits as GS r reports them."""
        self.receipts: list[Path] = []
        self.refused: list[str] = []
        self._folder = folder
        self._answer = answer
        self._roll = roll
        self._font = ImageFont.load_default(CELL_HEIGHT - 4)
        self._strips: list[Image.Image] = []
        self.power_cycle()
        # Commands of fixed length: opcode -> number of parameter bytes and what to do with them.
        self._fixed: dict[bytes, tuple[int, Handler]] = {
            b"\x1b@": (0, lambda _: self._initialise()),
            b"\x1b!": (1, self._print_mode),
            b"\x1ba": (1, lambda p: self._restyle(align=p[0] % 48)),
            b"\x1bE": (1, lambda p: self._restyle(bold=bool(p[0] & 1))),
            b"\x1b-": (1, lambda p: self._restyle(underline=p[0] % 48 > 0)),
            b"\x1bd": (1, lambda p: self._feed_lines(p[0])),
            b"\x1bJ": (1, lambda p: self._feed(p[0] // 2)),  # n half dots
            b"\x1bM": (1, lambda _: None),
            b"\x1bt": (1, self._code_page),
            b"\x1b2": (0, lambda _: self._set_spacing(LINE_SPACING)),
            b"\x1b3": (1, lambda p: self._set_spacing(p[0] // 2)),
            b"\x1d!": (1, lambda p: self._restyle(wide=(p[0] >> 4) + 1, high=(p[0] & 7) + 1)),
            b"\x1dB": (1, lambda p: self._restyle(reverse=bool(p[0] & 1))),
            b"\x1dr": (1, lambda _: self._answer(bytes((self._roll(),)))),
            b"\x10\x04": (1, lambda _: None),  # answered when it arrived
        }

    def power_cycle(self) -> None:
        """Forget unread bytes and settings; what is on the paper stays."""
        self._buffer = bytearray()
        self._initialise()

    @property
    def uncut(self) -> int:
        """Rows of paper printed since the last cut."""
        return sum(strip.height for strip in self._strips)

    def feed(self, data: bytes) -> None:
        self._buffer += data
        while self._buffer and (taken := self._step()):
            del self._buffer[:taken]

    # Reading

    def _step(self) -> int:
        """Act on the first command or character; returns the bytes it took, 0 when more must come first."""
        first = self._buffer[0]
        if first in (ESC, GS, DLE):
            return self._command()
        if first == 0x0A:
            self._end_line()
        elif first >= 0x20:
            self._character(bytes(self._buffer[:1]).decode("cp437"))
        elif first not in (0x00, 0x0D):
            self._refuse(1)
        return 1

    def _command(self) -> int:
        opcode = bytes(self._buffer[:2])
        if len(opcode) < 2:
            return 0
        if opcode in self._fixed:
            length, handler = self._fixed[opcode]
            return self._take(2, length, handler)
        if opcode == b"\x1dV":
            return self._cut_command()
        if opcode == b"\x1dv":
            return self._raster_command()
        if opcode == b"\x1d(":
            return self._two_dimensional_command()
        return self._refuse(2)

    def _take(self, head: int, length: int, handler: Handler) -> int:
        if len(self._buffer) < head + length:
            return 0
        handler(bytes(self._buffer[head : head + length]))
        return head + length

    def _cut_command(self) -> int:
        if len(self._buffer) < 3:
            return 0
        mode = self._buffer[2]
        if mode in (0, 1, 48, 49):
            return self._take(3, 0, lambda _: self._cut())
        if mode in (65, 66):
            return self._take(3, 1, self._feed_and_cut)
        return self._refuse(3)

    def _raster_command(self) -> int:
        if len(self._buffer) < 4:
            return 0
        if self._buffer[2] != 0x30 or self._buffer[3] not in (0, 1, 2, 3, 48, 49, 50, 51):
            return self._refuse(4)
        if len(self._buffer) < 8:
            return 0
        mode = self._buffer[3] % 48
        across, rows = self._word(4), self._word(6)
        if not across or not rows or across * 8 > PRINTABLE:
            return self._refuse(8)
        return self._take(8, across * rows, lambda dots: self._raster(dots, across * 8, rows, mode))

    def _two_dimensional_command(self) -> int:
        if len(self._buffer) < 5:
            return 0
        if self._buffer[2] != ord("k"):
            return self._refuse(3)
        return self._take(5, self._word(3), self._symbol)

    def _word(self, at: int) -> int:
        return int.from_bytes(self._buffer[at : at + 2], "little")

    def _refuse(self, length: int) -> int:
        self.refused.append(bytes(self._buffer[:length]).hex(" "))
        return 1

    # Settings

    def _initialise(self) -> None:
        self._style = _Style()
        self._qr = _QrSettings()
        self._spacing = LINE_SPACING
        self._cells: list[Image.Image] = []

    def _restyle(self, **changes: int) -> None:
        self._style = replace(self._style, **changes)  # type: ignore[arg-type]

    def _print_mode(self, parameter: bytes) -> None:
        bits = parameter[0]
        self._restyle(bold=bool(bits & 8), high=1 + bool(bits & 16), wide=1 + bool(bits & 32), underline=bits >> 7)

    def _code_page(self, parameter: bytes) -> None:
        if parameter[0]:
            self.refused.append(f"code page {parameter[0]}")

    def _set_spacing(self, dots: int) -> None:
        self._spacing = dots

    # Printing

    def _character(self, character: str) -> None:
        style = self._style
        cell = Image.new("L", (CELL_WIDTH, CELL_HEIGHT), 255)
        pen = ImageDraw.Draw(cell)
        pen.fontmode = "1"
        weight = 1 if style.bold else 0
        pen.text((CELL_WIDTH // 2, CELL_HEIGHT - 6), character, 0, self._font, anchor="ms", stroke_width=weight)
        if style.underline:
            pen.line((0, CELL_HEIGHT - 1, CELL_WIDTH, CELL_HEIGHT - 1), fill=0)
        if style.reverse:
            cell = cell.point(lambda level: 255 - level)
        if sum(other.width for other in self._cells) + CELL_WIDTH * style.wide > PRINTABLE:
            self._end_line()
        self._cells.append(cell.resize((CELL_WIDTH * style.wide, CELL_HEIGHT * style.high), Image.Resampling.NEAREST))

    def _end_line(self) -> None:
        cells, self._cells = self._cells, []
        height = max([self._spacing, *(cell.height for cell in cells)])
        line = Image.new("L", (sum(cell.width for cell in cells) or 1, height), 255)
        left = 0
        for cell in cells:
            line.paste(cell, (left, height - cell.height))
            left += cell.width
        self._put(line)

    def _feed_lines(self, lines: int) -> None:
        if self._cells:
            self._end_line()
        self._feed(lines * self._spacing)

    def _feed(self, dots: int) -> None:
        if dots:
            self._put(Image.new("L", (1, dots), 255))

    def _raster(self, dots: bytes, width: int, height: int, mode: int) -> None:
        image = Image.frombytes("1", (width, height), bytes(byte ^ 0xFF for byte in dots)).convert("L")
        self._put(image.resize((width * (1 + (mode & 1)), height * (1 + (mode >> 1))), Image.Resampling.NEAREST))

    def _symbol(self, parameters: bytes) -> None:
        """GS ( k: cn 49 is QR; 65 model, 67 module, 69 error correction, 80 store, 81 print."""
        kind, function, rest = parameters[0], parameters[1], parameters[2:]
        if (kind, function) == (49, 65) and rest[0] == 50:
            return
        if (kind, function) == (49, 67) and 1 <= rest[0] <= 16:
            self._qr = replace(self._qr, module=rest[0])
        elif (kind, function) == (49, 69) and rest[0] in LEVELS:
            self._qr = replace(self._qr, level=LEVELS[rest[0]])
        elif (kind, function) == (49, 80) and rest[:1] == b"0":
            self._qr = replace(self._qr, text=rest[1:])
        elif (kind, function) == (49, 81) and rest == b"0":
            self._print_symbol()
        else:
            self.refused.append(f"symbol {parameters[:3].hex(' ')}")

    def _print_symbol(self) -> None:
        if not self._qr.text:
            self.refused.append("symbol printed before it was stored")
            return
        code = segno.make_qr(self._qr.text, error=self._qr.level, boost_error=False)
        side = len(code.matrix)
        image = Image.frombytes("L", (side, side), bytes(0 if dark else 255 for row in code.matrix for dark in row))
        size = side * self._qr.module
        if size > PRINTABLE:
            self.refused.append("symbol wider than the paper")
            return
        self._put(image.resize((size, size), Image.Resampling.NEAREST))

    def _put(self, image: Image.Image) -> None:
        left = (0, (PRINTABLE - image.width) // 2, PRINTABLE - image.width)[self._style.align % 3]
        strip = Image.new("L", (PAPER, image.height), 255)
        strip.paste(image, (MARGIN + left, 0))
        self._strips.append(strip)

    def _feed_and_cut(self, extra: bytes) -> None:
        self._feed(HEAD_TO_CUTTER + extra[0] // 2)
        self._cut()

    def _cut(self) -> None:
        strips, self._strips = self._strips, []
        sheet = Image.new("L", (PAPER, HEAD_TO_CUTTER // 2 + sum(strip.height for strip in strips)), 255)
        top = HEAD_TO_CUTTER // 2
        for strip in strips:
            sheet.paste(strip, (0, top))
            top += strip.height
        path = self._folder / f"receipt-{len(self.receipts) + 1:03d}.png"
        unfinished = path.with_suffix(".part")
        sheet.save(unfinished, format="PNG", dpi=(203, 203))
        unfinished.replace(path)
        self.receipts.append(path)
