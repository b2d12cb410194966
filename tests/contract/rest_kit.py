"""The kiosk's side of a REST line: books, register, guest cache, and a line that can be stopped or killed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from kiosk.books.postings import PMS, POSTING, Posting, room_postings
from kiosk.books.trial import trial
from kiosk.config.load import load
from kiosk.hotel.clock import system_clock
from kiosk.hotel.desk import Desk
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.link import run_link
from kiosk.hotel.postman import Postman
from kiosk.hotel.rest.line import Pace, RestLine
from kiosk.hotel.roster import Roster
from kiosk.hotel.runner import Runner
from kiosk.hotel.status import LinkStatus, read_status
from kiosk.hotel.switchboard import Switchboard
from kiosk.outbox import Delivery, DeliveryState, enqueue
from kiosk.register.register import Register
from kiosk.register.rules import Rules
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS, REGISTER

SOON = 15.0
SHANGHAI = ZoneInfo("Asia/Shanghai")
BRISK = Pace(guests=0.1, settle=0.2, audit=0.1, tick=0.02, first_pause=0.02, longest_pause=0.05)
NEVER_RAN = LinkStatus(alive=False, phase="down", since=0, seen_at=0, audit=False, open_postings=0, guests=None, pid=0)


async def until(right: Callable[[], object], seconds: float = SOON) -> None:
    async with asyncio.timeout(seconds):
        while not right():
            await asyncio.sleep(0.01)


@dataclass
class RestStation:
    """``line`` makes a line anew at every start."""

    folder: Path
    line: Callable[[], RestLine]
    ticks: int = 0

    def __post_init__(self) -> None:
        self.db = Database(self.folder / "books.db", BOOKS)
        self.postings = room_postings(self.db)
        self.guests = CachedGuests(self.folder / "guests.db")
        wake_up = msgspec.structs.replace(load(None).wake_up, by="hotel-system")
        rules = Rules.of("lobby", "Asia/Shanghai", load(None).hotel, wake_up)
        self.register = Register(Database(self.folder / "register.db", REGISTER), rules)
        self._sold = 0

    def start(self) -> None:
        switchboard = Switchboard(self.register, self.guests.room_of, self.guests.staying_in)
        self._stop = asyncio.Event()
        desk = Desk(
            postman=Postman(self.postings, SHANGHAI, retry=0.05),
            runner=Runner(switchboard, retry=0.05),
            roster=Roster(self.folder / "guests.db"),
            clock=system_clock(SHANGHAI),
            status=self.folder / "link.json",
            on_tick=self._tick,
            beat=0.05,
        )
        self.task = asyncio.create_task(run_link(self.line(), desk, self._stop))

    def _tick(self) -> None:
        self.ticks += 1

    async def stop(self) -> None:
        self._stop.set()
        await self.task

    async def kill(self) -> None:
        """As near to SIGKILL as a coroutine comes: no answer that is under way is waited for."""
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task

    def close(self) -> None:
        self.db.close()
        self.register.db.close()

    @property
    def status(self) -> LinkStatus:
        return read_status(self.folder / "link.json") or NEVER_RAN

    async def up(self) -> None:
        await until(lambda: self.status.alive)

    def sell(self, reservation: str, minor: int = 150, room: str = "0808") -> str:
        self._sold += 1
        charge = f"01JZZZZZZZZZZZZZZZZZZZZZ{self._sold:02}"
        now = self.db.now()
        posting = Posting(
            self._sold, charge, "copy", minor, 10, "CNY", "Copy A4 x3", now, room=room, reservation=reservation
        )
        with self.db.transaction() as tx:
            enqueue(tx, PMS, POSTING, charge, posting.encode(), now)
        return charge

    def try_out(self, reservation: str) -> str:
        """A technician's trial."""
        return trial(self.postings, "0808", 1, "CNY", "Trial", reservation)

    def delivery(self, charge: str) -> Delivery:
        delivery = self.postings.by_key(charge)
        assert delivery is not None
        return delivery

    async def becomes(self, charge: str, state: DeliveryState) -> Delivery:
        await until(lambda: self.delivery(charge).state is state)
        return self.delivery(charge)


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
