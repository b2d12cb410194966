#!/usr/bin/python3
"""The paper path of the virtual printer: the command that ``ippeveprinter -c`` runs for each job.

Prints one sheet after the other as slowly as told, counts every sheet at the moment it lies in the tray, and obeys the
fault menu at once. Runs with the system's own Python and needs nothing but its standard library and our own IPP.
Environment: VIRTUAL_PRINTER_HOME (the folder of ``Tray``), VIRTUAL_PRINTER_URI, and what ippeveprinter sets.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import copyfile
from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardware.virtual.ipp_client import FarPrinter

CONTROL_JOB = "virtual-printer-control"
FAULTS = ("media-jam", "media-empty", "media-needed", "cover-open", "input-tray-missing", "toner-empty")
_LOOK_S = 0.02
# Height in lines, units in a line, bytes in a unit, from a page header.
_LinesOf = Callable[[bytes], tuple[int, int, int]]
_pause = Event().wait


@dataclass(frozen=True)
class Sheet:
    """One sheet of paper that came out: ``number`` within its job, the ``pages`` of ``document`` on its sides."""

    job: str
    number: int
    document: str
    pages: tuple[int, ...]
    grey: bool


@dataclass(frozen=True)
class Menu:
    """The faults that are set. ``jam_at``: the total of sheets at which the next one jams."""

    seconds_a_sheet: float
    jam_at: int | None = None
    reasons: tuple[str, ...] = ()
    refuse: bool = False


class Tray:
    """The printer's state on disk, which outlives its processes: fault menu, delivered sheets and documents."""

    def __init__(self, home: Path) -> None:
        self._menu = home / "menu.json"
        self.paper = home / "paper"

    def menu(self) -> Menu:
        content = json.loads(self._menu.read_text())
        return Menu(**{**content, "reasons": tuple(content["reasons"])})

    def set_menu(self, menu: Menu) -> None:
        _write(self._menu, json.dumps(asdict(menu)))

    def sheets(self) -> list[Sheet]:
        """All sheets that ever came out, oldest first."""
        found = (json.loads(path.read_text()) for path in sorted(self.paper.glob("sheet-*.json")))
        return [Sheet(**{**content, "pages": tuple(content["pages"])}) for content in found]

    @property
    def total(self) -> int:
        return sum(1 for _ in self.paper.glob("sheet-*.json"))

    def deliver(self, sheet: Sheet) -> None:
        _write(self.paper / f"sheet-{self.total + 1:06}.json", json.dumps(asdict(sheet), ensure_ascii=False))

    def keep(self, document: Path, job_id: str) -> Path:
        """The document as the printer got it."""
        earlier = sum(1 for _ in self.paper.glob("document-*"))
        copy = self.paper / f"document-{earlier + 1:04}-{job_id}{document.suffix}"
        copyfile(document, copy)
        return copy


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)


class Unreadable(ValueError):
    """The document is not what it claims to be; a real printer aborts the job."""


def count_pages(document: Path, mime_type: str) -> int:
    """Pages (impressions) in the document. Raises Unreadable."""
    match mime_type:
        case "application/pdf":
            return _pdf_pages(document)
        case "image/pwg-raster":
            return _raster_pages(document.read_bytes(), b"RaS2", 4, 1796, _pwg_lines)
        case "image/urf":
            return _raster_pages(document.read_bytes(), b"UNIRAST\0", 12, 32, _urf_lines)
        case "image/jpeg":
            return 1
    raise Unreadable(mime_type)


def _pdf_pages(document: Path) -> int:
    answer = subprocess.run(["pdfinfo", document], capture_output=True, text=True, timeout=30)
    for line in answer.stdout.splitlines():
        name, _, value = line.partition(":")
        if name == "Pages" and int(value) > 0:
            return int(value)
    raise Unreadable("pdf")


def _raster_pages(data: bytes, magic: bytes, start: int, header_size: int, lines_of: _LinesOf) -> int:
    """Count page headers by walking over the compressed lines: the count in a streamed file's header is 0."""
    if not data.startswith(magic):
        raise Unreadable("raster")
    pages, at = 0, start
    try:
        while at < len(data):
            at = _skip_lines(data, at + header_size, *lines_of(data[at : at + header_size]))
            pages += 1
    except (IndexError, struct.error) as broken:
        raise Unreadable("raster") from broken
    return pages


def _pwg_lines(header: bytes) -> tuple[int, int, int]:
    height, _, bits, line = struct.unpack(">4I", header[376:392])
    unit = max(1, bits // 8)
    return height, (line + unit - 1) // unit, unit


def _urf_lines(header: bytes) -> tuple[int, int, int]:
    width, height = struct.unpack(">II", header[12:20])
    return height, width, max(1, header[0] // 8)


def _skip_lines(data: bytes, at: int, height: int, units: int, unit: int) -> int:
    """Where the page ends: lines of ``units`` units of ``unit`` bytes, each repeated so many times, PackBits inside."""
    row = 0
    while row < height:
        row += data[at] + 1
        at += 1
        done = 0
        while done < units:
            code = data[at]
            at += 1
            if code < 128:
                at += unit
                done += code + 1
            elif code > 128:
                at += (257 - code) * unit
                done += 257 - code
            else:
                done = units
    return at


def sheets_of(pages: int, duplex: bool, copies: int, collated: bool) -> Iterator[tuple[int, ...]]:
    """The pages on each sheet in the order in which the sheets come out."""
    step = 2 if duplex else 1
    one_set = [tuple(range(first, min(first + step, pages + 1))) for first in range(1, pages + 1, step)]
    if collated:
        for _ in range(copies):
            yield from one_set
    else:
        for sheet in one_set:
            yield from [sheet] * copies


class PaperPath:
    """One job on its way through the printer. ``run`` returns the exit status for ippeveprinter."""

    def __init__(self, tray: Tray, printer: FarPrinter, environment: dict[str, str], document: Path) -> None:
        self._tray = tray
        self._printer = printer
        self._document = document
        self._job_id = int(environment.get("IPP_JOB_ID", "0"))
        self._name = environment.get("IPP_JOB_NAME", "")
        self._format = environment.get("CONTENT_TYPE", "")
        self._duplex = environment.get("IPP_SIDES", "one-sided").startswith("two-sided")
        self._copies = int(environment.get("IPP_COPIES", "1"))
        self._collated = "uncollated" not in environment.get("IPP_MULTIPLE_DOCUMENT_HANDLING", "collated")
        self._grey = environment.get("IPP_PRINT_COLOR_MODE", "") == "monochrome"
        self._shown: set[str] = set()

    def run(self) -> int:
        try:
            pages = count_pages(self._document, self._format)
        except Unreadable as reason:
            say(f"ERROR: cannot read the document: {reason}")
            return 1
        kept = str(self._tray.keep(self._document, str(self._job_id)))
        say(f"ATTR: job-impressions={pages}")
        impressions = 0
        for number, sides in enumerate(sheets_of(pages, self._duplex, self._copies, self._collated), 1):
            if self._tray.menu().refuse:
                say("ERROR: refused")
                return 1
            if not self._feed():
                return 0
            self._tray.deliver(Sheet(self._name, number, kept, sides, self._grey))
            impressions += len(sides)
            say(f"ATTR: job-impressions-completed={impressions}")
        return 0

    def _feed(self) -> bool:
        """Move one sheet through, again from the start after every fault; False when the job is cancelled meanwhile."""
        while True:
            while self._show(self._faults()):
                if self._cancelled():
                    return False
                _pause(_LOOK_S)
            if self._cancelled():
                return False
            if self._travel():
                return True

    def _travel(self) -> bool:
        """The time a sheet needs; False as soon as a fault stops it on its way."""
        left = self._tray.menu().seconds_a_sheet
        while left > 0:
            _pause(min(left, _LOOK_S))
            left -= _LOOK_S
            if self._faults():
                return False
        return True

    def _faults(self) -> tuple[str, ...]:
        menu = self._tray.menu()
        jammed = menu.jam_at is not None and self._tray.total >= menu.jam_at
        return (*menu.reasons, "media-jam") if jammed else menu.reasons

    def _show(self, reasons: tuple[str, ...]) -> bool:
        """Make the printer say exactly these faults; True when there are any."""
        if set(reasons) != self._shown:
            _say_state("-", self._shown - set(reasons))
            _say_state("+", reasons)
            self._shown = set(reasons)
        return bool(reasons)

    def _cancelled(self) -> bool:
        """ippeveprinter tells its command nothing of a cancellation, but it tells whoever asks."""
        return "processing-to-stop-point" in self._printer.job(self._job_id, "job-state-reasons")["job-state-reasons"]


def say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _say_state(sign: str, reasons: Collection[str]) -> None:
    """Add or take away printer-state-reasons; an empty list would take all of them away."""
    if reasons:
        say(f"STATE: {sign}{','.join(reasons)}")


def main(environment: dict[str, str], document: Path) -> int:
    tray = Tray(Path(environment["VIRTUAL_PRINTER_HOME"]))
    if environment.get("IPP_JOB_NAME") == CONTROL_JOB:
        _say_state("-", FAULTS)
        _say_state("+", tray.menu().reasons)
        return 0
    # Loaded for real jobs only: a control job keeps the printer busy for as short a time as can be.
    from hardware.virtual.ipp_client import FarPrinter

    return PaperPath(tray, FarPrinter(environment["VIRTUAL_PRINTER_URI"], timeout=10), environment, document).run()


if __name__ == "__main__":
    sys.exit(main(dict(os.environ), Path(sys.argv[1])))
