"""A register on disk with a clock that is moved by hand, and the link's side of it, for tests of the switchboard."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from msgspec import structs

from kiosk.hotel.errands import AnyErrand, decode
from kiosk.hotel.news import WakeUpResult
from kiosk.hotel.switchboard import Switchboard
from kiosk.outbox import DeliveryState
from kiosk.register.register import Register
from kiosk.register.rules import Rules
from kiosk.store.database import Database
from kiosk.store.migrations import REGISTER
from kiosk.wake_watch import WakeWatch
from tests.books_kit import SetClock
from tests.stations import RULES

MINUTE = 60_000
SETTINGS = RULES.wake_up
ROOM, STAY = "0808", "31001"


def rules(*, by: str = "hotel-system", test_room: str = "", untold: str = "over", **changes: object) -> Rules:
    return replace(RULES, wake_up=structs.replace(SETTINGS, by=by, test_room=test_room, untold=untold), **changes)


class House:
    """The register with everything that acts on it. ``rooms`` is the guest cache: reservation -> room; None unknown."""

    def __init__(self, folder: Path, plan: Rules) -> None:
        self.clock = SetClock()
        self.register = Register(Database(folder / "register.db", REGISTER, clock=self.clock), plan)
        self.rooms: dict[str, str] | None = None
        self.alive = True
        self.restart()

    def restart(self) -> None:
        """Whatever is kept outside the files begins anew."""
        self.board = Switchboard(self.register, self.room_of, self.staying_in)
        self.watch = WakeWatch(self.register, lambda: self.alive, self.room_of)

    @property
    def now(self) -> int:
        return self.clock.ms

    def room_of(self, room: str, reservation: str) -> str | None:
        if self.rooms is None:
            return None
        if not reservation:
            return room if room in self.rooms.values() else ""
        return self.rooms.get(reservation, "")

    def staying_in(self, room: str) -> tuple[str, ...]:
        return tuple(stay for stay, where in (self.rooms or {}).items() if where == room)

    def minutes(self, ahead: float) -> int:
        """The instant so many minutes from now."""
        return self.now + int(ahead * MINUTE)

    def pass_minutes(self, minutes: float) -> None:
        self.clock.move(minutes=minutes)
        self.watch.look()

    def find_out(self) -> None:
        """Who has left by the cache, though nobody said so: it takes two looks."""
        for _ in range(2):
            self.pass_minutes(1)

    def take(self) -> AnyErrand | None:
        """The link takes the oldest errand that is due and has it carried out."""
        delivery = self.board.errands.next_due()
        if delivery is None:
            return None
        self.board.errands.begin(delivery)
        self.board.errands.delivered(delivery, "")
        return decode(delivery.payload)

    def carry_out(self) -> list[AnyErrand]:
        """Everything that is due."""
        return list(iter(self.take, None))

    def refuse(self) -> AnyErrand:
        delivery = self.board.errands.next_due()
        assert delivery is not None
        self.board.errands.begin(delivery)
        self.board.errands.refused(delivery, "hotel.refused.ur")
        return decode(delivery.payload)

    def put_off(self, pause: float = 30.0) -> None:
        """The link tried, and does not know whether it arrived."""
        delivery = self.board.errands.next_due()
        assert delivery is not None
        self.board.errands.begin(delivery)
        self.board.errands.again(delivery, "timeout", pause)

    def queued(self) -> list[AnyErrand]:
        return [decode(delivery.payload) for delivery in self.board.errands.in_state(DeliveryState.QUEUED)]

    def asked(self) -> list[str]:
        """Kinds of what waits for a person."""
        return [request.kind for request in self.register.requests.list_open()]

    def close_request(self, kind: str) -> None:
        (number,) = [r.number for r in self.register.requests.list_open() if r.kind == kind]
        self.register.requests.close(number, "AB")

    def states(self, *, tests: bool = False) -> list[str]:
        """Of every call there ever was, oldest first; or of the test calls."""
        query = f"SELECT state FROM wake_ups WHERE (origin = 'test') = {tests} ORDER BY number"
        with self.register.db.reading() as tx:
            return [row[0] for row in tx._connection.execute(query)]


def order(at: House, ahead: float = 120, room: str = ROOM, stay: str = STAY) -> int:
    """A guest orders a call for so many minutes from now."""
    return at.register.wake_ups.order(room, stay, at.minutes(ahead), "v1", "en")


def local(at: House, instant: int) -> datetime:
    """As the hotel writes it: its local time, without a zone."""
    return at.register.rules.local(instant).replace(tzinfo=None)


def result(at: House, instant: int, status: str, room: str = ROOM) -> None:
    """The hotel system tells how the call ended."""
    at.board.told([WakeUpResult(room, local(at, instant), status)])


@contextmanager
def house(folder: Path, plan: Rules | None = None) -> Iterator[House]:
    opened = House(folder, plan or rules())
    try:
        yield opened
    finally:
        opened.register.db.close()


def everything_in(folder: Path) -> bytes:
    """What a thief would read of the register: the file and its logs."""
    return b"".join(path.read_bytes() for path in folder.glob("register.db*"))
