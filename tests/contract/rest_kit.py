"""The kiosk's side of a REST line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.books.trial import trial
from kiosk.hotel.desk import Line
from kiosk.hotel.rest.line import Pace, RestLine
from tests.house import Linked, until

BRISK = Pace(guests=0.1, settle=0.2, audit=0.1, tick=0.02, first_pause=0.02, longest_pause=0.05)


@dataclass
class RestStation(Linked):
    """``line`` makes a line anew at every start."""

    line: Callable[[], RestLine]

    def make_line(self) -> Line:
        return self.line()

    async def up(self) -> None:
        await until(lambda: self.status.alive)

    def sell(self, reservation: str, minor: int = 150, room: str = "0808") -> str:
        """Queue a charge, and return its key."""
        return self.queue(f"01JZZZZZZZZZZZZZZZZZZZZZ{self._sold + 1:02}", minor, "Copy A4 x3", room, reservation, "")

    def try_out(self, reservation: str) -> str:
        """A technician's trial."""
        return trial(self.postings, "0808", 1, "CNY", "Trial", reservation)


@asynccontextmanager
async def running(folder: Path, line: Callable[[], RestLine]) -> AsyncIterator[RestStation]:
    station = RestStation(folder, line)
    station.start()
    try:
        await station.up()
        yield station
    finally:
        await station.kill()
        station.close()
