"""A station's link for contract suites: books, register, cache, a clock to be pushed; and one on the virtual hotel."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from kiosk.books.postings import PMS, POSTING, Posting, room_postings
from kiosk.hotel.clock import Moment
from kiosk.hotel.desk import Line
from kiosk.hotel.errands import AnyErrand
from kiosk.hotel.fias.fidcrypt import Key
from kiosk.hotel.fias.line import Pace
from kiosk.hotel.fias.records import CARD_FIELDS, DEFAULT_FIELDS, Description
from kiosk.hotel.fias.records import Posting as PostingWay
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.fias.talk import Charges, Worker
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.link import run_link
from kiosk.hotel.status import LinkStatus, read_status
from kiosk.outbox import Delivery, DeliveryState, enqueue
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS
from tests.links import desk_of, fias_line_to, register_of

SOON = 15.0
QUIET = 0.15
SHANGHAI = ZoneInfo("Asia/Shanghai")
NEVER_RAN = LinkStatus(alive=False, phase="down", since=0, seen_at=0, audit=False, open_postings=0, guests=None, pid=0)
QUICK = Pace(0.02, 0.05, 0.1)
FIELDS = {**DEFAULT_FIELDS, **CARD_FIELDS}


async def until(right: Callable[[], object], seconds: float = SOON) -> None:
    async with asyncio.timeout(seconds):
        while not right():
            await asyncio.sleep(0.005)


@dataclass
class Clock:
    """Runs on, and can be pushed: ``push`` both clocks, ``wall_off`` the wall clock alone."""

    pushed: float = 0.0
    wall_off: timedelta = timedelta()

    def __call__(self) -> Moment:
        wall = datetime.now(SHANGHAI) + timedelta(seconds=self.pushed) + self.wall_off
        return Moment(monotonic() + self.pushed, wall)

    def push(self, seconds: float) -> None:
        self.pushed += seconds


@dataclass
class Linked(ABC):
    """The kiosk's side: books, cache and the link process's coroutine, which can be stopped, killed and begun again."""

    folder: Path
    ticks: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.clock = Clock()
        self.db = Database(self.folder / "books.db", BOOKS, clock=lambda: self.clock().wall, busy_seconds=0.05)
        self.postings = room_postings(self.db)
        self.register = register_of(self.folder, SHANGHAI)
        self.guests = CachedGuests(self.folder / "guests.db")
        self._sold = 0

    @abstractmethod
    def make_line(self) -> Line:
        """Anew at every start."""

    def start(self) -> None:
        desk = desk_of(
            self.folder,
            self.postings,
            SHANGHAI,
            register=self.register,
            clock=self.clock,
            on_tick=self._tick,
            retry=0.05,
            beat=0.05,
        )
        self._stop = asyncio.Event()
        self.link = asyncio.create_task(run_link(self.make_line(), desk, self._stop))

    @abstractmethod
    async def up(self) -> None:
        """Both sides are alive."""

    async def __aenter__(self) -> Self:
        self.start()
        try:
            await self.up()
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def _end(self) -> None:
        await self.kill()
        self.close()

    async def stop(self) -> None:
        self._stop.set()
        await self.link

    async def kill(self) -> None:
        """As near to SIGKILL as a coroutine comes: it gets no turn to write anything."""
        self.link.cancel()
        with suppress(asyncio.CancelledError):
            await self.link

    def close(self) -> None:
        self.postings.close()
        self.register.db.close()
        self.db.close()

    @property
    def status(self) -> LinkStatus:
        return read_status(self.folder / "link.json") or NEVER_RAN

    def queue(self, key: str, minor: int, text: str, room: str, reservation: str, name: str) -> str:
        """A charge of ``key``."""
        self._sold += 1
        now = self.db.now()
        posting = Posting(self._sold, key, "copy", minor, 10, "CNY", text, now, room, reservation, name)
        with self.db.transaction() as tx:
            enqueue(tx, PMS, POSTING, key, posting.encode(), now)
        return key

    def delivery(self, key: str) -> Delivery:
        delivery = self.postings.by_key(key)
        assert delivery is not None
        return delivery

    async def becomes(self, key: str, state: DeliveryState) -> Delivery:
        await until(lambda: self.delivery(key).state is state)
        return self.delivery(key)

    def _tick(self) -> None:
        self.ticks += 1


@dataclass
class Station(Linked):
    """On ``hotel`` by FIAS."""

    hotel: HotelSimulator
    fields: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(FIELDS))
    code_page: str = "gbk"
    posting: PostingWay = "room"
    charges: Charges | None = None
    doubts: Worker | None = None
    key: Key | None = None
    pace: Pace = QUICK

    def make_line(self) -> Line:
        station = Description(code_page=self.code_page, fields=self.fields, key=self.key).posting(self.posting)
        return fias_line_to(self.hotel.port, station, charges=self.charges, doubts=self.doubts, pace=self.pace)

    async def up(self) -> None:
        """Alive on both sides, guests known."""
        await until(lambda: self.hotel.alive and self.status.alive and self.status.guests)

    def sell(self, room: str, minor: int = 150, text: str = "Copy A4 x3", guest: str = "", name: str = "") -> str:
        """Queue a charge, without ``guest`` and ``name`` as of a trial's signer: nobody; returns its key."""
        name = name or ("Not To Be Logged" if guest else "")
        return self.queue(f"charge-{self._sold + 1}", minor, text, room, guest, name)

    def send(self, errand: AnyErrand) -> str:
        """Queue an errand; returns its key."""
        with self.register.db.transaction() as tx:
            return self.register.outgoing.send(tx, errand)

    def errand(self, key: str) -> DeliveryState | None:
        with self.register.db.reading() as tx:
            return self.register.outgoing.state(tx, key)

    def room_of(self, reservation: str) -> str | None:
        """As the guest cache has it; "" nowhere."""
        return self.guests.room_of("", reservation)

    async def times_out(self, key: str) -> None:
        """Half a minute passes while the posting is outstanding."""
        await until(lambda: self.delivery(key).state is DeliveryState.SENDING)
        await until(lambda: self.hotel.observed.postings >= self._sold)
        await asyncio.sleep(QUIET)
        self.clock.push(31)


@asynccontextmanager
async def house(folder: Path, hotel: HotelSimulator | None = None, **choices: Any) -> AsyncIterator[Station]:
    """A station on a running hotel, up; both end with the block. ``choices`` are the station's."""
    code_page = choices.setdefault("code_page", "gbk")
    async with (
        hotel or HotelSimulator(answer_seconds=0.02, code_page=code_page) as hotel,
        Station(folder, hotel, **choices) as station,
    ):
        yield station
    assert hotel.observed.violations == []
