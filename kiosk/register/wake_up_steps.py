"""One step of a wake-up call at a time, with all that goes with it: the errand to the hotel system, and the request of
the state it enters or leaves, in the transaction that enters and leaves it.

A hotel system may keep one call for a room and minute, or one for each reservation. So of two guests who want the same
minute each has a call of its own, and where one is taken back the other is sent again, and counts as not handed over
until that has been carried out.
"""

from __future__ import annotations

import structlog

from kiosk.hotel.errands import WakeUpClear, WakeUpSet
from kiosk.register import wake_up_table as table
from kiosk.register.outgoing import Outgoing, Queued
from kiosk.register.requests import Requests
from kiosk.register.rules import Rules
from kiosk.register.wake_up_states import (
    AHEAD,
    BY_PERSON,
    CANCELLED_REQUEST,
    OPEN,
    RECALLED_BY,
    REQUESTS,
    TRANSITIONS,
    UNDER_WAY,
    IllegalWakeUp,
    WakeUpEvent,
    WakeUpState,
)
from kiosk.register.wake_up_table import Origin, WakeUp
from kiosk.store.statement import Transaction

log = structlog.get_logger()

HOTEL_HAS_IT = "hotel"
"""The remark of a call that somebody ordered for this minute elsewhere too, before we told the hotel system."""

_S, _E = WakeUpState, WakeUpEvent


class WakeUpSteps:
    """Everything here is part of a transaction of the caller's. Raises IllegalWakeUp for a step out of order."""

    def __init__(self, requests: Requests, outgoing: Outgoing, rules: Rules) -> None:
        self.db = requests.db
        self.rules = rules
        self.requests = requests
        self._outgoing = outgoing

    def order(self, tx: Transaction, room: str, reservation: str, at: int, visit: str, language: str) -> int:
        """A call for the guest, by whoever makes the calls here; its number, the same for the same minute."""
        for known in table.in_minute(tx, room, at):
            if known.state in AHEAD and known.concerns(reservation):
                return known.number
        call = table.add(
            tx, room, reservation, at, Origin.GUEST, _S.ORDERED, self.db.now(), visit=visit, language=language
        )
        log.info("wake-up.ordered", wake_up=call.number, visit=visit)
        if self.rules.wake_up.by == "operator":
            self.step(tx, call, _E.HAND_OVER, "")
        else:
            self.send(tx, call)
        return call.number

    def step(self, tx: Transaction, call: WakeUp, event: WakeUpEvent, remark: str, *, recall: bool = True) -> None:
        """``recall``: the hotel system does not know of it yet."""
        after = TRANSITIONS.get((call.state, event))
        if after is None:
            raise IllegalWakeUp(call.number, call.state, event)
        taken_back = recall and event in RECALLED_BY and self._recall(tx, call)
        keep = after in OPEN or (taken_back and event is _E.CANCEL)
        table.write(tx, call, after, remark, self.db.now(), keep=keep)
        self._tell_apart(tx, call, after)
        log.info("wake-up.step", wake_up=call.number, state=after.value, remark=remark)

    def send(self, tx: Transaction, call: WakeUp) -> None:
        """The hotel system is to make the call."""
        self._outgoing.send(tx, _set(call), _set_key(call.number))

    def unsend(self, tx: Transaction, number: int) -> bool:
        """Of this call nothing is sent any more. True: the hotel system may have heard of it all the same."""
        heard = self._outgoing.recall(tx, _set_key(number))
        for again in self._setting(tx, number):
            self._outgoing.withdraw(tx, again.delivery)
        return heard

    def set_others_again(self, tx: Transaction, cleared: WakeUpClear) -> None:
        """Whoever else wants this very minute may have been cleared with it."""
        for call in table.in_minute(tx, cleared.room, cleared.at):
            if call.state in UNDER_WAY and not self._setting(tx, call.number):
                self._outgoing.send(tx, _set(call))

    def cancelling(self, tx: Transaction, room: str, at: int) -> bool:
        """Whether a cancelling for this room and minute waits to be sent."""
        errands = (queued.errand for queued in self._outgoing.queued(tx))
        minute = (room, table.minute(at))
        return any(isinstance(errand, WakeUpClear) and (errand.room, errand.at) == minute for errand in errands)

    def request_closed(self, tx: Transaction, call: WakeUp) -> bool:
        """Whether somebody has closed the request of the state that the call is in."""
        kind = REQUESTS.get(call.state)
        return kind is not None and self.requests.closed_in(tx, source_of(kind, call.number))

    def tell_staff(
        self,
        tx: Transaction,
        kind: str,
        number: int,
        room: str,
        at: int,
        visit: str = "",
        language: str = "",
        source: str = "",
    ) -> None:
        """Once for each ``source``, which is the call in this state where it is not given."""
        values: dict[str, str | int] = {"call": number, "room": room, "at": f"{self.rules.local(at):%Y-%m-%d %H:%M}"}
        source = source or source_of(kind, number)
        self.requests.open_in(tx, kind, self.rules.place, language, visit, f"request.{kind}", values, source=source)

    def _recall(self, tx: Transaction, call: WakeUp) -> bool:
        """The hotel system is told to drop it, unless it has surely never heard of it, or has rung; whether it is."""
        has_it = call.state is _S.REGISTERED or call.remark == HOTEL_HAS_IT
        heard = call.state in UNDER_WAY and (self.unsend(tx, call.number) or has_it)
        if not heard or call.at <= self.db.now():
            return False
        self._outgoing.send(tx, WakeUpClear(call.number, call.room, call.at, _carrier(call)))
        for other in table.in_minute(tx, call.room, call.at):
            if other.number != call.number and other.state is _S.REGISTERED:
                self.step(tx, other, _E.RESET, "")
        return True

    def _setting(self, tx: Transaction, number: int) -> list[Queued]:
        """What waits to be sent of the call."""
        queued = self._outgoing.queued(tx)
        return [each for each in queued if isinstance(each.errand, WakeUpSet) and each.errand.number == number]

    def _tell_apart(self, tx: Transaction, call: WakeUp, after: WakeUpState) -> None:
        """Staff need not see to the state it was in any more, and perhaps must to the one it is in now."""
        before = REQUESTS.get(call.state)
        if before and not self.requests.withdraw_in(tx, source_of(before, call.number), "kiosk"):
            # Somebody has taken it over and closed the request; that nobody is to call needs saying again.
            taken_over = call.state in BY_PERSON and call.origin is not Origin.TEST
            if taken_over and after in (_S.CANCELLED, _S.CLEARED):
                self.tell_staff(tx, CANCELLED_REQUEST, call.number, call.room, call.at)
        if (kind := REQUESTS.get(after)) and call.origin is not Origin.TEST:
            self.tell_staff(tx, kind, call.number, call.room, call.at, call.visit, call.language)


def _set(call: WakeUp) -> WakeUpSet:
    return WakeUpSet(call.number, call.room, call.at, _carrier(call))


def _carrier(call: WakeUp) -> str:
    """On whose stay a hotel system that keeps calls by reservation keeps it."""
    return next(iter(call.whose), "")


def _set_key(number: int) -> str:
    return f"wake-up-set:{number}"


def source_of(kind: str, number: int) -> str:
    return f"{kind}:{number}"
