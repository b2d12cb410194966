"""The kiosk's side of a REST line, and the witness of what goes over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp

from kiosk.books.trial import trial
from kiosk.hotel.desk import Line
from kiosk.hotel.rest.far_side import Server
from kiosk.hotel.rest.line import Pace, RestLine
from tests.contract.published import Published, Witness
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


@contextmanager
def witnessed(host: Server, app: ASGIApp, published: Published) -> Iterator[Witness]:
    """``app`` at ``host``; not a request nor an answer may be otherwise than ``published``."""
    witness = Witness(app, published)
    host.app = witness
    yield witness
    assert witness.violations == []
