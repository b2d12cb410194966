"""Wake-up calls on disk, one row each. Room and reservation are kept while a call is open, and no longer; but of one
that was taken back while the hotel system had it until its time, or its guest, has gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

from sqlalchemy import bindparam, insert, select, update

from kiosk.register.wake_up_states import OPEN, WakeUpState
from kiosk.store.statement import Row, Statement, Transaction, constant
from kiosk.store.tables import wake_ups

MINUTE = 60_000
"""Milliseconds."""


class Origin(Enum):
    GUEST = "guest"
    HOTEL = "hotel"
    """Ordered at the reception or on the telephone; the hotel system has it from the first."""
    TEST = "test"
    """The station's own call to a telephone beside the operator, before the first call of a day."""


class NoWakeUp(LookupError):
    """There is no such call, or it is another guest's, or over."""


@dataclass(frozen=True)
class WakeUp:
    """One call; ``at`` in ms since 1970 UTC, a whole minute. ``remark`` is the hotel system's status, or whose word.

    ``reservation`` is whose it is, "" as long as nobody knows. One that was ordered elsewhere for a room is of all who
    were in it then, their numbers separated by spaces.
    """

    number: int
    room: str = field(repr=False)
    reservation: str = field(repr=False)
    at: int
    origin: Origin
    state: WakeUpState
    visit: str
    language: str
    remark: str
    changed_at: int

    @property
    def whose(self) -> tuple[str, ...]:
        return tuple(self.reservation.split())

    def concerns(self, reservation: str) -> bool:
        """Whether it is that guest's, as far as is known."""
        return not reservation or not self.reservation or reservation in self.whose

    def is_of(self, reservations: Sequence[str]) -> bool:
        """Whether it is any of those guests', as far as is known."""
        return not reservations or not self.reservation or not set(self.whose).isdisjoint(reservations)

    def without(self, reservation: str) -> str:
        """Whose it still is once that guest, or with "" everybody, does not share in it any more."""
        return " ".join(other for other in self.whose if reservation not in ("", other))


_COLUMNS = ("room", "reservation", "at", "origin", "state", "visit", "language", "remark", "changed_at")
_ADD = Statement(insert(wake_ups).values({name: bindparam(name) for name in _COLUMNS}))
_open = wake_ups.c.state.in_([constant(state) for state in OPEN])
_in_order = (wake_ups.c.at, wake_ups.c.number)
_OPEN = Statement(select(wake_ups).where(_open).order_by(*_in_order))
_BY_NUMBER = Statement(select(wake_ups).where(wake_ups.c.number == bindparam("of")))
_OF_ROOM = Statement(select(wake_ups).where(wake_ups.c.room == bindparam("room")).order_by(*_in_order))
_TESTS = Statement(
    select(wake_ups)
    .where(
        wake_ups.c.origin == Origin.TEST.value,
        wake_ups.c.at >= bindparam("since"),
        wake_ups.c.at < bindparam("before"),
    )
    .order_by(wake_ups.c.number)
)
_STEP = Statement(
    update(wake_ups)
    .where(wake_ups.c.number == bindparam("of"))
    .values({name: bindparam(name) for name in ("room", "reservation", "state", "visit", "remark", "changed_at")})
)
_PLACE = Statement(
    update(wake_ups)
    .where(wake_ups.c.number == bindparam("of"))
    .values(room=bindparam("room"), reservation=bindparam("reservation"))
)
_taken_back = (wake_ups.c.state == constant(WakeUpState.CANCELLED), wake_ups.c.room != "")
_TAKEN_BACK = Statement(select(wake_ups).where(*_taken_back))
_PAST = Statement(
    update(wake_ups).where(*_taken_back, wake_ups.c.at <= bindparam("now")).values(room="", reservation="")
)


def add(
    tx: Transaction,
    room: str,
    reservation: str,
    at: int,
    origin: Origin,
    state: WakeUpState,
    now: int,
    *,
    visit: str = "",
    language: str = "",
    remark: str = "",
) -> WakeUp:
    """The minute of ``at`` counts."""
    number = tx.add(
        _ADD,
        room=room,
        reservation=reservation,
        at=minute(at),
        origin=origin.value,
        state=state.value,
        visit=visit,
        language=language,
        remark=remark,
        changed_at=now,
    )
    return get(tx, number)


def write(tx: Transaction, call: WakeUp, state: WakeUpState, remark: str, now: int, *, keep: bool) -> None:
    """``call`` is in ``state`` from ``now`` on; unless they are to be kept, room, reservation and visit are erased."""
    tx.do(
        _STEP,
        of=call.number,
        room=call.room if keep else "",
        reservation=call.reservation if keep else "",
        state=state.value,
        visit=call.visit if keep else "",
        remark=remark,
        changed_at=now,
    )


def place(tx: Transaction, call: WakeUp, room: str, reservation: str) -> None:
    """From now on it is a call to ``room``, of ``reservation``."""
    tx.do(_PLACE, of=call.number, room=room, reservation=reservation)


def get(tx: Transaction, number: int) -> WakeUp:
    """Raises NoWakeUp."""
    row = tx.one(_BY_NUMBER, of=number)
    if row is None:
        raise NoWakeUp(number)
    return _wake_up(row)


def all_open(tx: Transaction) -> list[WakeUp]:
    """In time order."""
    return [_wake_up(row) for row in tx.rows(_OPEN)]


def of_room(tx: Transaction, room: str) -> list[WakeUp]:
    """Those that are open, in time order."""
    return [call for call in _of_room(tx, room) if call.state in OPEN]


def in_minute(tx: Transaction, room: str, at: int) -> list[WakeUp]:
    """As ``of_room``, for the minute of ``at``."""
    return [call for call in of_room(tx, room) if call.at == minute(at)]


def taken_back(tx: Transaction, room: str, at: int) -> bool:
    """Whether the hotel system was told to drop a call of this room and minute: it may yet say that it did."""
    return any(call.state not in OPEN and call.at == minute(at) for call in _of_room(tx, room))


def all_taken_back(tx: Transaction) -> list[WakeUp]:
    return [_wake_up(row) for row in tx.rows(_TAKEN_BACK)]


def erase(tx: Transaction, call: WakeUp) -> None:
    """Nobody need know any more whose it was."""
    place(tx, call, "", "")


def erase_past(tx: Transaction, now: int) -> None:
    """As ``erase``, for the calls that were taken back and whose time has come."""
    tx.do(_PAST, now=now)


def tests(tx: Transaction, since: int, before: int) -> list[WakeUp]:
    """The test calls of that time, open or over."""
    return [_wake_up(row) for row in tx.rows(_TESTS, since=since, before=before)]


def minute(at: int) -> int:
    """The first millisecond of its minute."""
    return at - at % MINUTE


def _of_room(tx: Transaction, room: str) -> list[WakeUp]:
    return [_wake_up(row) for row in tx.rows(_OF_ROOM, room=room)] if room else []


def _wake_up(row: Row) -> WakeUp:
    return WakeUp(
        row["number"],
        row["room"],
        row["reservation"],
        row["at"],
        Origin(row["origin"]),
        WakeUpState(row["state"]),
        row["visit"],
        row["language"],
        row["remark"],
        row["changed_at"],
    )
