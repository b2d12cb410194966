"""Wake-up calls: who is to be called when, who makes the call, and how it ended, as one list and a transition table.

Whatever happens, a call ends answered, attended, cancelled or cleared, or a request tells a person to see to it. The
request of a state is opened and withdrawn in the transaction that enters and leaves the state, and so are the errands
to the hotel system. Room and reservation are kept while the call is open, and no longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum

import structlog
from sqlalchemy import bindparam, insert, select, update

from kiosk.hotel.errands import WakeUpClear, WakeUpSet
from kiosk.register.outgoing import Outgoing
from kiosk.register.requests import Requests
from kiosk.register.rules import Rules
from kiosk.store.statement import Row, Statement, Transaction, constant
from kiosk.store.tables import wake_ups

log = structlog.get_logger()

MINUTE = 60_000
"""Milliseconds."""

MOST = 5
"""Calls that one guest may have waiting."""


class WakeUpState(Enum):
    ORDERED = "ordered"
    """Taken down; the hotel system has not got it yet."""
    REGISTERED = "registered"
    """The hotel system has it."""
    WITH_OPERATOR = "with-operator"
    """A person is asked to call."""
    ANSWERED = "answered"
    UNANSWERED = "unanswered"
    """A person is asked to go to the room."""
    UNCONFIRMED = "unconfirmed"
    """The hotel system has not told how it ended: a person is asked to look."""
    MISSED = "missed"
    """Its time passed before anybody was told to call: a person is asked to look at once."""
    CALLED = "called"
    """Its time has passed, and this hotel system tells nothing of how calls end."""
    ATTENDED = "attended"
    """A person has seen to it."""
    CANCELLED = "cancelled"
    CLEARED = "cleared"
    """Ended with the stay."""


class WakeUpEvent(Enum):
    REGISTER = "register"
    HAND_OVER = "hand-over"
    ANSWER = "answer"
    NO_ANSWER = "no-answer"
    EXPIRE = "expire"
    MISS = "miss"
    GO_BY = "go-by"
    ATTEND = "attend"
    CANCEL = "cancel"
    CLEAR = "clear"


_S, _E = WakeUpState, WakeUpEvent

AHEAD = (_S.ORDERED, _S.REGISTERED, _S.WITH_OPERATOR)
"""Calls that are still to be made."""

OPEN = (*AHEAD, _S.UNANSWERED, _S.UNCONFIRMED, _S.MISSED)
"""Somebody or something has still to act; the others are over, and nobody's."""

REQUESTS = {
    _S.WITH_OPERATOR: "wake-up",
    _S.UNANSWERED: "wake-up-unanswered",
    _S.UNCONFIRMED: "wake-up-unconfirmed",
    _S.MISSED: "wake-up-missed",
}
"""The kind of the request that is open while a call is in this state."""

TRANSITIONS: dict[tuple[WakeUpState, WakeUpEvent], WakeUpState] = {
    (_S.ORDERED, _E.REGISTER): _S.REGISTERED,
    (_S.ORDERED, _E.HAND_OVER): _S.WITH_OPERATOR,
    (_S.ORDERED, _E.MISS): _S.MISSED,
    (_S.REGISTERED, _E.HAND_OVER): _S.WITH_OPERATOR,  # the way of the calls was tried and does not work
    (_S.REGISTERED, _E.EXPIRE): _S.UNCONFIRMED,
    (_S.REGISTERED, _E.GO_BY): _S.CALLED,
    **{(state, _E.ANSWER): _S.ANSWERED for state in (*AHEAD, _S.UNCONFIRMED, _S.MISSED)},
    **{(state, _E.NO_ANSWER): _S.UNANSWERED for state in (*AHEAD, _S.UNCONFIRMED, _S.MISSED)},
    **{(state, _E.ATTEND): _S.ATTENDED for state in (_S.WITH_OPERATOR, _S.UNANSWERED, _S.UNCONFIRMED, _S.MISSED)},
    **{(state, _E.CANCEL): _S.CANCELLED for state in AHEAD},
    **{(state, _E.CLEAR): _S.CLEARED for state in OPEN},
}

RECALLED_BY = (_E.CANCEL, _E.CLEAR, _E.HAND_OVER, _E.MISS)
"""Events after which the hotel system must not call any more."""


class Origin(Enum):
    GUEST = "guest"
    HOTEL = "hotel"
    """Ordered at the reception or on the telephone; the hotel system has it from the first."""
    TEST = "test"
    """The station's own call to a telephone beside the operator, before the first call of a day."""


class IllegalWakeUp(Exception):
    """The call is in a state where this cannot happen; nothing was written."""

    def __init__(self, number: int, state: WakeUpState, event: WakeUpEvent) -> None:
        super().__init__(f"wake-up {number}: {event.value} while {state.value}")
        self.state = state
        self.event = event


class NoWakeUp(LookupError):
    """There is no such call, or it is another guest's."""


@dataclass(frozen=True)
class WakeUp:
    """One call; ``at`` in ms since 1970 UTC, a whole minute. ``remark`` is the hotel system's status, or whose word."""

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


_COLUMNS = ("room", "reservation", "at", "origin", "state", "visit", "language", "remark", "changed_at")
_ADD = Statement(insert(wake_ups).values({name: bindparam(name) for name in _COLUMNS}))
_open = wake_ups.c.state.in_([constant(state) for state in OPEN])
_OPEN = Statement(select(wake_ups).where(_open).order_by(wake_ups.c.at, wake_ups.c.number))
_BY_NUMBER = Statement(select(wake_ups).where(wake_ups.c.number == bindparam("of")))
_OF_ROOM = Statement(
    select(wake_ups).where(wake_ups.c.room == bindparam("room"), _open).order_by(wake_ups.c.at, wake_ups.c.number)
)
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
_MOVE = Statement(update(wake_ups).where(wake_ups.c.number == bindparam("of")).values(room=bindparam("room")))


class WakeUps:
    """The list in the register's file. Its calls block; raises StoreError, and IllegalWakeUp for a step out of order.

    Those whose name ends in ``_in`` are part of a transaction of the caller's.
    """

    def __init__(self, requests: Requests, outgoing: Outgoing, rules: Rules) -> None:
        self.db = requests.db
        self.rules = rules
        self._requests = requests
        self._outgoing = outgoing

    def order(self, room: str, reservation: str, at: int, visit: str = "", language: str = "") -> int:
        """A guest wants to be called in the minute of ``at``; the number of the call, the same for the same minute."""
        with self.db.transaction() as tx:
            return self._order(tx, room, reservation, at, visit, language)

    def change(self, number: int, room: str, reservation: str, at: int, visit: str = "", language: str = "") -> int:
        """Cancel and order anew, both or neither. Raises NoWakeUp when it is not this guest's, or is over."""
        with self.db.transaction() as tx:
            call = self._mine(tx, number, room, reservation)
            if call.at == _minute(at):
                return number
            self._step(tx, call, _E.CANCEL, "guest")
            return self._order(tx, room, reservation, at, visit, language)

    def cancel(self, number: int, room: str, reservation: str) -> None:
        """Raises NoWakeUp when it is not this guest's, or is over."""
        with self.db.transaction() as tx:
            self._step(tx, self._mine(tx, number, room, reservation), _E.CANCEL, "guest")

    def of_guest(self, room: str, reservation: str) -> list[WakeUp]:
        """What is ahead for this guest, and for the room where nobody in particular was named, in time order."""
        with self.db.reading() as tx:
            return [call for call in self._of_room(tx, room) if call.state in AHEAD and _concerns(call, reservation)]

    def state_of(self, number: int) -> WakeUpState:
        """Raises NoWakeUp."""
        with self.db.reading() as tx:
            return self._call(tx, number).state

    def list_open(self) -> list[WakeUp]:
        """Everything that is not over, in time order."""
        with self.db.reading() as tx:
            return self.open_in(tx)

    def open_in(self, tx: Transaction) -> list[WakeUp]:
        return [_wake_up(row) for row in tx.rows(_OPEN)]

    def tell(self, number: int, event: WakeUpEvent, remark: str) -> None:
        """How it ended, by somebody's word. Raises NoWakeUp, IllegalWakeUp."""
        with self.db.transaction() as tx:
            self._step(tx, self._call(tx, number), event, remark)

    def step_in(self, tx: Transaction, call: WakeUp, event: WakeUpEvent, remark: str = "") -> None:
        self._step(tx, call, event, remark)

    def registered_in(self, tx: Transaction, number: int) -> None:
        """The hotel system has it. What became of the call meanwhile stands."""
        call = self._call(tx, number)
        if (call.state, _E.REGISTER) in TRANSITIONS:
            self._step(tx, call, _E.REGISTER, "")

    def refused_in(self, tx: Transaction, number: int, reason: str) -> None:
        """The hotel system will not have it: a person calls."""
        call = self._call(tx, number)
        if call.state is _S.ORDERED:
            self._step(tx, call, _E.HAND_OVER, reason)

    def withdrawn_in(self, tx: Transaction, cleared: WakeUpClear) -> None:
        """The hotel system does not call ``cleared`` any more. Whoever else wants this very minute is set once more,
        and of the call itself nothing is sent again.
        """
        self._outgoing.recall(tx, _set_key(cleared.number))
        for call in self._at(tx, cleared.room, cleared.at):
            if call.state in (_S.ORDERED, _S.REGISTERED):
                self._outgoing.send(tx, WakeUpSet(call.number, call.room, call.at))

    def still_set_in(self, tx: Transaction, cleared: WakeUpClear) -> None:
        """The hotel system has not taken a call off its list: a person does, unless it is one that a person makes."""
        if self._call(tx, cleared.number).state in (_S.CANCELLED, _S.CLEARED):
            self._tell_staff(tx, "wake-up-cancelled", cleared.number, cleared.room, cleared.at)

    def hear_ordered_in(self, tx: Transaction, room: str, at: datetime) -> None:
        """Somebody ordered it elsewhere; what is on the list already is our own, told back to us."""
        minute = self._instant(at)
        if not self._at(tx, room, minute):
            number = self._add(tx, room, "", minute, Origin.HOTEL, _S.REGISTERED)
            log.info("wake-up.mirrored", wake_up=number)

    def hear_dropped_in(self, tx: Transaction, room: str, at: datetime) -> None:
        """Somebody cancelled it elsewhere. One that we have not even told is not what was meant."""
        for call in self._at(tx, room, self._instant(at)):
            if call.state is _S.REGISTERED:
                self._step(tx, call, _E.CANCEL, "hotel", recall=False)

    def hear_result_in(self, tx: Transaction, room: str, at: datetime, status: str) -> None:
        """How the call of this minute ended. A call has one result; another for the same is not listened to."""
        heard = False
        for call in self._at(tx, room, self._instant(at)):
            event = _result(call, status)
            if (call.state, event) in TRANSITIONS:
                self._step(tx, call, event, status, recall=False)
                heard = True
        if not heard:
            log.warning("wake-up.stray-result", status=status)

    def clear_in(self, tx: Transaction, room: str, reservation: str) -> None:
        """The guest has left, or with ``reservation`` "" everybody in the room has."""
        for call in self._of_room(tx, room):
            if reservation in ("", call.reservation) and call.origin is not Origin.TEST:
                self._step(tx, call, _E.CLEAR, "check-out")

    def move_in(self, tx: Transaction, old_room: str, room: str, reservation: str) -> None:
        """The guest, or with ``reservation`` "" everybody in ``old_room``, sleeps in ``room`` now."""
        for call in self._of_room(tx, old_room):
            if reservation not in ("", call.reservation) or call.state not in AHEAD:
                continue
            if call.origin is Origin.HOTEL:
                tx.do(_MOVE, of=call.number, room=room)  # the hotel system moves its own
            elif call.origin is Origin.GUEST:
                self._step(tx, call, _E.CANCEL, "moved")
                self._order(tx, room, call.reservation, call.at, call.visit, call.language)

    def test_in(self, tx: Transaction, at: int) -> int:
        """Order the test call."""
        number = self._add(tx, self.rules.wake_up.test_room, "", at, Origin.TEST, _S.ORDERED)
        self._outgoing.send(tx, WakeUpSet(number, self.rules.wake_up.test_room, _minute(at)), _set_key(number))
        return number

    def tested_in(self, tx: Transaction, at: int, *, works: bool) -> int:
        """There is no telephone to try, but whether the hotel system can be reached is known at once."""
        number = self._add(tx, "", "", at, Origin.TEST, _S.ANSWERED if works else _S.UNANSWERED)
        if not works:
            self.tell_test_failed_in(tx, self._call(tx, number))
        return number

    def tell_test_failed_in(self, tx: Transaction, test: WakeUp) -> None:
        """Somebody looks why, and the test is over."""
        values: dict[str, str | int] = {"at": f"{self.local(test.at):%Y-%m-%d %H:%M}", "status": test.remark}
        kind = "wake-up-test-failed"
        self._requests.open_in(
            tx, kind, self.rules.place, "", "", f"request.{kind}", values, source=_source(kind, test.number)
        )
        self._step(tx, test, _E.ATTEND, test.remark)

    def tests_in(self, tx: Transaction, since: int, before: int) -> list[WakeUp]:
        """The test calls of that time."""
        return [_wake_up(row) for row in tx.rows(_TESTS, since=since, before=before)]

    def request_closed_in(self, tx: Transaction, call: WakeUp) -> bool:
        """Whether somebody has closed the request of the state that the call is in."""
        kind = REQUESTS.get(call.state)
        return kind is not None and self._requests.closed_in(tx, _source(kind, call.number))

    def local(self, at: int) -> datetime:
        """In the house's zone."""
        return datetime.fromtimestamp(at / 1000, self.rules.zone)

    def _order(self, tx: Transaction, room: str, reservation: str, at: int, visit: str, language: str) -> int:
        at = _minute(at)
        for call in self._at(tx, room, at):
            if call.state in AHEAD and _concerns(call, reservation):
                return call.number
        number = self._add(tx, room, reservation, at, Origin.GUEST, _S.ORDERED, visit, language)
        log.info("wake-up.ordered", wake_up=number, visit=visit)
        self._entrust(tx, self._call(tx, number))
        return number

    def _entrust(self, tx: Transaction, call: WakeUp) -> None:
        """To whoever makes the calls."""
        if self.rules.wake_up.by == "operator":
            self._step(tx, call, _E.HAND_OVER, "")
        else:
            self._outgoing.send(tx, WakeUpSet(call.number, call.room, call.at), _set_key(call.number))

    def _add(
        self,
        tx: Transaction,
        room: str,
        reservation: str,
        at: int,
        origin: Origin,
        state: WakeUpState,
        visit: str = "",
        language: str = "",
        remark: str = "",
    ) -> int:
        return tx.add(
            _ADD,
            room=room,
            reservation=reservation,
            at=_minute(at),
            origin=origin.value,
            state=state.value,
            visit=visit,
            language=language,
            remark=remark,
            changed_at=self.db.now(),
        )

    def _step(self, tx: Transaction, call: WakeUp, event: WakeUpEvent, remark: str, *, recall: bool = True) -> None:
        """``recall``: the hotel system does not know of it yet."""
        after = TRANSITIONS.get((call.state, event))
        if after is None:
            raise IllegalWakeUp(call.number, call.state, event)
        over = after not in OPEN
        tx.do(
            _STEP,
            of=call.number,
            room="" if over else call.room,
            reservation="" if over else call.reservation,
            state=after.value,
            visit="" if over else call.visit,
            remark=remark,
            changed_at=self.db.now(),
        )
        if recall and event in RECALLED_BY:
            self._recall(tx, call)
        self._tell_apart(tx, call, after)
        log.info("wake-up.step", wake_up=call.number, state=after.value, remark=remark)

    def _recall(self, tx: Transaction, call: WakeUp) -> None:
        """The hotel system is told to drop it, unless it has surely never heard of it, or another guest needs it."""
        heard = self._outgoing.recall(tx, _set_key(call.number)) or call.state is _S.REGISTERED
        needed = any(other.state in (_S.ORDERED, _S.REGISTERED) for other in self._at(tx, call.room, call.at))
        if heard and not needed:
            self._outgoing.send(tx, WakeUpClear(call.number, call.room, call.at))

    def _tell_apart(self, tx: Transaction, call: WakeUp, after: WakeUpState) -> None:
        """Staff need not see to the state it was in any more, and perhaps must to the one it is in now."""
        before = REQUESTS.get(call.state)
        if before and not self._requests.withdraw_in(tx, _source(before, call.number), "kiosk"):
            # Somebody has taken it over and closed the request; that nobody is to call needs saying again.
            taken_over = call.state is _S.WITH_OPERATOR and call.origin is not Origin.TEST
            if taken_over and after in (_S.CANCELLED, _S.CLEARED):
                self._tell_staff(tx, "wake-up-cancelled", call.number, call.room, call.at)
        if (kind := REQUESTS.get(after)) and call.origin is not Origin.TEST:
            self._tell_staff(tx, kind, call.number, call.room, call.at, call.visit, call.language)

    def _tell_staff(
        self, tx: Transaction, kind: str, number: int, room: str, at: int, visit: str = "", language: str = ""
    ) -> None:
        values: dict[str, str | int] = {"call": number, "room": room, "at": f"{self.local(at):%Y-%m-%d %H:%M}"}
        self._requests.open_in(
            tx, kind, self.rules.place, language, visit, f"request.{kind}", values, source=_source(kind, number)
        )

    def _mine(self, tx: Transaction, number: int, room: str, reservation: str) -> WakeUp:
        call = self._call(tx, number)
        if call.room != room or not _concerns(call, reservation) or call.state not in AHEAD:
            raise NoWakeUp(number)
        return call

    def _call(self, tx: Transaction, number: int) -> WakeUp:
        row = tx.one(_BY_NUMBER, of=number)
        if row is None:
            raise NoWakeUp(number)
        return _wake_up(row)

    def _of_room(self, tx: Transaction, room: str) -> list[WakeUp]:
        return [_wake_up(row) for row in tx.rows(_OF_ROOM, room=room)] if room else []

    def _at(self, tx: Transaction, room: str, at: int) -> list[WakeUp]:
        return [call for call in self._of_room(tx, room) if call.at == _minute(at)]

    def _instant(self, at: datetime) -> int:
        """Of a time of the hotel's; in the hour that autumn has twice it is the first."""
        return int((at if at.tzinfo else at.replace(tzinfo=self.rules.zone)).timestamp() * 1000)


def day_of(moment: datetime) -> tuple[int, int]:
    """From its first to past its last millisecond, by the zone of ``moment``; a day may have 23 or 25 hours."""
    begin = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    end = begin + timedelta(days=1)
    return int(begin.astimezone(UTC).timestamp() * 1000), int(end.astimezone(UTC).timestamp() * 1000)


def ahead(calls: Sequence[WakeUp], *states: WakeUpState) -> list[WakeUp]:
    """Those that are somebody's, in one of ``states``."""
    return [call for call in calls if call.state in states and call.origin is not Origin.TEST]


def _concerns(call: WakeUp, reservation: str) -> bool:
    return call.reservation in ("", reservation) or not reservation


def _result(call: WakeUp, status: str) -> WakeUpEvent:
    """What the status of a result means (FIAS WA: OK, DE deleted; NR, BY, UR and whatever is unheard of: no answer)."""
    if status == "OK":
        return _E.ANSWER
    # What was deleted before the hotel system had it from us was another one; a test that was deleted tried nothing.
    if status == "DE" and call.state is _S.REGISTERED and call.origin is not Origin.TEST:
        return _E.CANCEL
    return _E.NO_ANSWER


def _minute(at: int) -> int:
    return at - at % MINUTE


def _set_key(number: int) -> str:
    return f"wake-up-set:{number}"


def _source(kind: str, number: int) -> str:
    return f"{kind}:{number}"


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
