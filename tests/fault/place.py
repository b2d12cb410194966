"""Where a campaign happens: the far sides of one kiosk in a folder, and the kiosk's own files beside them.

One station lives through all kills of a campaign, on the same books: what an earlier kill left behind would show.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from shutil import copyfile
from types import TracebackType
from typing import IO, Any, Self

from hardware.cups_printer import CupsPrinter
from hardware.virtual.cups import PrivateCups
from hardware.virtual.printer import VirtualPrinter
from kiosk.books.hotel_journal import HotelRow, read_hotel_journal
from kiosk.books.ledger import Books
from kiosk.documents.compose import compose
from kiosk.documents.findings import Finding
from kiosk.documents.layout import ComposedDocument, CopyLayout
from kiosk.hotel.guests import CachedGuests
from kiosk.register.requests import Requests
from kiosk.station import Station
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS, REGISTER
from tests.stations import paper_station

ROOM, NAME = "0808", "Ingrid Lindqvist-Example"
ANSWER_SECONDS = 0.005


class Hotel:
    """The hotel simulator as a process of its own; its ledger lies in ``folder``. It ends with this one."""

    def __init__(self, folder: Path) -> None:
        self._journal = folder / "hotel.csv"
        self._process = subprocess.Popen(
            [
                *(sys.executable, "-m", "kiosk.hotel.fias.simulator"),
                *("--ledger", str(folder / "folios.jsonl"), "--answer-seconds", str(ANSWER_SECONDS)),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.port: int = self._read()["port"]

    def do(self, verb: str, *values: object) -> Any:
        """One verb of the simulator's command line, and its answer."""
        wire = _open(self._process.stdin)
        wire.write(json.dumps([verb, *values]) + "\n")
        wire.flush()
        return self._read()["result"]

    def rows(self) -> list[HotelRow]:
        """The hotel's whole journal, as the front office exports it and the kiosk reads it."""
        self.do("journal_csv", str(self._journal))
        with self._journal.open(encoding="utf-8", newline="") as lines:
            return read_hotel_journal(lines)

    def close(self) -> None:
        _open(self._process.stdin).close()
        self._process.wait()
        _open(self._process.stdout).close()

    def _read(self) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(_open(self._process.stdout).readline())
        return answer


def _open(wire: IO[str] | None) -> IO[str]:
    assert wire is not None
    return wire


class Clerk:
    """Documents without a process of their own: composed for real, judged good, previewed by copying."""

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def check(self, page: Path) -> list[Finding]:
        return []

    async def preview(self, source: Path, target: Path, long_side: int) -> None:
        copyfile(source, target)

    async def compose(
        self, pages: Sequence[Path], layout: CopyLayout, out: Path, *, copies: int = 1, duplex: bool = False
    ) -> ComposedDocument:
        return compose(pages, layout, out, copies=copies, duplex=duplex)


class Place:
    """Everything around one station, under ``folder``. ``kiosk`` is the part of it that is the station's own disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kiosk = folder / "kiosk"
        self.kiosk.mkdir(parents=True)
        self.cups = PrivateCups(folder)
        self.printer = VirtualPrinter(folder / "printer", self.cups, "lobby", seconds_a_sheet=0)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        self._open.enter_context(self.cups)
        self._open.enter_context(self.printer)
        self.hotel = Hotel(self.folder)
        self._open.callback(self.hotel.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def power_cut(self) -> None:
        """Printer and cupsd lose their power and come back: the printer's history is gone, the spool was in memory."""
        self.printer.die()
        self.cups.restart()
        self.printer.start()

    def books(self) -> Books:
        return Books(Database(self.kiosk / "books.db", BOOKS))

    def requests(self) -> Requests:
        return Requests(Database(self.kiosk / "register.db", REGISTER))

    @property
    def guests(self) -> Path:
        return self.kiosk / "guests.db"

    def station(self) -> Station:
        """The station as the composition root would build it, but for the devices that no money hangs on."""
        printer = CupsPrinter("printer", self.printer.name, self.cups.server, self.printer.uri, idle_look_s=0.1)
        station = paper_station(self.kiosk, Clerk(), printer=printer, guests=CachedGuests(self.guests))
        station.health.clear()  # the supervisors find out
        return station

    def documents_left(self) -> list[Path]:
        """Whatever is in vault or spool, and every file beside them that is a document by its first bytes."""
        found = [path for root in (self.kiosk, self.cups.home) for path in root.rglob("*") if path.is_file()]
        kept = [*(self.kiosk / "vault").rglob("*"), *self.cups.documents()]
        return [*kept, *(path for path in found if _is_document(path))]


MAGIC = (b"%PDF", b"\xff\xd8\xff", b"\x89PNG", b"II*\0", b"MM\0*", b"RaS2", b"UNIRAST")


def _is_document(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(8).startswith(MAGIC)
    except FileNotFoundError:
        return False
