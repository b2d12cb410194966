"""One station's charges, its link and a hotel system, in one thread and in time that costs nothing.

The store is the real one, on the real SQLite; only the threads between are left out, so that a sequence repeats.
A kill is a point, before or after a commit or a word on the wire, from which on nothing of the process happens.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kiosk.books.charge import Payer
from kiosk.books.checks import check
from kiosk.books.doubts import NotInDoubt, Outcome, resolve
from kiosk.books.ledger import Books
from kiosk.books.postings import PMS, Posting, room_postings
from kiosk.books.trial import trial
from kiosk.config.load import load
from kiosk.hotel.clock import Moment
from kiosk.hotel.desk import Desk
from kiosk.hotel.fias.charges import GuestCharges, RoomCharges
from kiosk.hotel.fias.clearing_up import ByBalance
from kiosk.hotel.fias.line import FiasLine, Pace
from kiosk.hotel.fias.records import DEFAULT_FIELDS, GUEST_POSTING_FIELDS, Description
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.link import run_link
from kiosk.hotel.postman import Postman
from kiosk.hotel.roster import Roster
from kiosk.hotel.runner import Runner
from kiosk.hotel.switchboard import Switchboard
from kiosk.outbox import Delivery, DeliveryState, Surprise, deliveries
from kiosk.register.register import Register
from kiosk.register.rules import Rules
from kiosk.store.database import Database, Schema
from kiosk.store.migrations import BOOKS, REGISTER
from kiosk.store.statement import Transaction
from tests.books_kit import copied
from tests.fast_forward import FastForwardLoop
from tests.fault.hotel_judge import Asked, Case
from tests.fault.hotel_model import Hotel, Killed, Person

BEGAN = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEVER = 1 << 60
ZONE = ZoneInfo("UTC")
RETRY = 30.0
RULES = Rules.of("Lobby", "UTC", load(None).hotel, load(None).wake_up)


class _TimersOnly(FastForwardLoop):
    """Time passes by timers and by looks at it alone, so that a busy machine changes nothing of a sequence."""

    looks = 0

    def time(self) -> float:
        # Each takes a moment: else who waits for less than a float can tell apart would wait for ever.
        self.looks += 1
        return self._leap.leapt + self.looks * 1e-7


@dataclass
class Process:
    """The link's life: dies at the ``last`` point that is passed, and stays dead."""

    last: int = NEVER
    passed: int = 0

    def point(self) -> None:
        self.passed += 1
        if self.passed >= self.last:
            raise Killed


class Store(Database):
    """A store used from the loop's own thread."""

    def __init__(self, path: Path, schema: Schema, clock: Callable[[], datetime], point: Callable[[], None]) -> None:
        self._point = point
        super().__init__(path, schema, clock=clock)

    async def run(self, work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return work(*args, **kwargs)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        self._point()
        with super().transaction() as tx:
            yield tx
            self._point()
        self._point()


@dataclass
class World:
    """Everything between two looks. ``mode`` is how the hotel wants its charges; ``folder`` is in memory at best."""

    folder: Path
    mode: str
    hotel: Hotel = field(default_factory=Hotel)
    charges: list[str] = field(default_factory=list)
    trials: list[str] = field(default_factory=list)
    words: defaultdict[str, set[Outcome]] = field(default_factory=lambda: defaultdict(set))
    """By key of the charge: what was said of it before its answer came."""
    wall_off: timedelta = timedelta()

    def __post_init__(self) -> None:
        self.loop = _TimersOnly()
        self._start = self.loop.time()
        self.books = Books(Store(self.folder / "books.db", BOOKS, self.now, lambda: None))
        self.postings = room_postings(self.books.db)
        self._process = Process()
        self._stop = asyncio.Event()
        self._link: asyncio.Task[None] | None = None
        self._opened: list[Store] = []

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.loop.time() - self._start) + self.wall_off

    def moment(self) -> Moment:
        return Moment(self.loop.time(), self.now())

    def settle(self, person: Person) -> None:
        """The kiosk: a guest's copy, from the quote to the voucher."""
        name = f"v{len(self.charges)}"
        payer = Payer(person.said, self.hotel.number_of(person), person.name)
        charge = copied(self.books, name, copies=2, payer=payer)
        self.books.finish(charge)
        self.charges.append(charge)
        [delivery] = [delivery for delivery in self.in_state(DeliveryState.QUEUED) if delivery.key == charge]
        self.hotel.signed[str(Posting.decode(delivery.payload).voucher)] = person

    def try_out(self, room: str) -> None:
        """A technician's posting."""
        self.trials.append(trial(self.postings, room, 1, "CNY", f"TRIAL {len(self.trials)}"))

    def passes(self, seconds: float) -> None:
        self.loop.run_until_complete(asyncio.sleep(seconds))
        self.bury()

    def during(self, act: Callable[[], None]) -> None:
        """Something that the loop has to know of."""

        async def happens() -> None:
            act()

        self.loop.run_until_complete(happens())

    def start_link(self, last: int = NEVER) -> None:
        """A link process; from its point number ``last`` on nothing of it happens."""
        self._process = Process(last)
        self.hotel.point = self._process.point
        self._stop = asyncio.Event()
        self._link = self.loop.create_task(self._live(self._process))

    @property
    def link_runs(self) -> bool:
        return self._link is not None

    def kill_after(self, points: int) -> None:
        """The running link dies so many points from here."""
        self._process.last = self._process.passed + points

    def bury(self) -> None:
        """A link that has died leaves nothing but what is on disk; the kernel closes its line."""
        if self._link is None or not (self._link.done() or self._process.passed >= self._process.last):
            return
        self._process.last = 0
        self.loop.run_until_complete(self._end(self._link))
        self._link = None

    def stop_link(self) -> None:
        """As systemd does it."""
        if self._link is not None:
            self._stop.set()
            with suppress(Killed):
                self.loop.run_until_complete(self._link)
            self.bury()
            self._link = None

    def close(self) -> None:
        if self._link is not None:
            self.kill_after(0)
            self.bury()
        self.books.db.close()
        self.loop.close()

    def in_state(self, *states: DeliveryState) -> list[Delivery]:
        with self.books.db.reading() as tx:
            return deliveries(tx, PMS, states)

    def look_at_the_folio(self) -> None:
        """A person clears up every doubt, truthfully, once nothing can come any more."""
        for delivery in self.in_state(DeliveryState.UNKNOWN):
            outcome = Outcome.POSTED if self.hotel.folio[self._check_number(delivery)] else Outcome.NOT_POSTED
            resolve(self.postings, delivery.key, outcome, "model")

    def _check_number(self, delivery: Delivery) -> str:
        posting = Posting.decode(delivery.payload)
        return str(posting.voucher) if posting.voucher else posting.text

    def somebody_says(self, delivery: Delivery, outcome: Outcome) -> None:
        """A person's word, which may be wrong where an answer is still to come."""
        if delivery.state is DeliveryState.UNKNOWN:
            self.words[delivery.key].add(outcome)
        with suppress(NotInDoubt):
            resolve(self.postings, delivery.key, outcome, "model")

    def judge(self) -> None:
        """Raises AssertionError."""
        assert not self.hotel.strangers, f"on the folio of {self.hotel.strangers}"
        with self.books.db.reading() as tx:
            asked, all_of_them = Asked.read(tx), deliveries(tx, PMS, list(DeliveryState))
        for delivery in all_of_them:
            key, check_number = delivery.key, self._check_number(delivery)
            Case(
                delivery,
                self.hotel.folio[check_number],
                self.hotel.heard[check_number],
                frozenset(self.words[key]),
                asked.ever.get(key, Counter()),
                asked.open.get(key, Counter()),
            ).judge()

    def surprises(self) -> Counter[str]:
        """What late answers turned up, and how often staff were told."""
        with self.books.db.reading() as tx:
            asked = sum(Asked.read(tx).ever.values(), Counter())
        return Counter({each.value: asked[each.value] for each in Surprise})

    def judge_books(self) -> None:
        report = check(self.books.db)
        assert report.agree, (report.books, report.paper, report.money)

    async def _live(self, process: Process) -> None:
        postings = room_postings(self._open("books.db", BOOKS, process))
        register = Register(self._open("register.db", REGISTER, process), RULES)
        guests = self.folder / "guests.db"
        desk = Desk(
            postman=Postman(postings, ZONE, RETRY),
            runner=Runner(Switchboard(register, CachedGuests(guests).room_of, CachedGuests(guests).staying_in)),
            roster=Roster(guests),
            clock=self.moment,
            status=self.folder / "link.json",
        )
        await run_link(self._line(), desk, self._stop)

    def _line(self) -> FiasLine:
        guest = self.mode == "guest"
        enabled = Description(fields={**DEFAULT_FIELDS, **GUEST_POSTING_FIELDS})
        return FiasLine(
            self.hotel.connect,
            enabled.posting(self.mode),
            charges=GuestCharges() if guest else RoomCharges(),
            doubts=ByBalance() if guest else None,
            pace=Pace(tick=2.0),
        )

    async def _end(self, link: asyncio.Task[None]) -> None:
        self.hotel.cut()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        for outcome in await asyncio.gather(link, *others, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, (Killed, asyncio.CancelledError)):
                raise outcome
        for store in self._opened:
            store.close()
        self._opened.clear()

    def _open(self, name: str, schema: Schema, process: Process) -> Store:
        """A file as the link's process opens it."""
        store = Store(self.folder / name, schema, self.now, process.point)
        self._opened.append(store)
        return store
