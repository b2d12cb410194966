"""Wake-up calls: who is to be called when, who makes the call, and how it ended.

Whatever happens, a call ends answered, attended, cancelled or cleared, or a request tells a person to see to it; only
where a hotel system tells no results it ends with its time (``WakeUpState.GONE_BY``). The request of a state is opened
and withdrawn in the transaction that enters and leaves the state, and so are the errands to the hotel system.

A hotel system may keep one call for a room and minute, or one for each reservation. So of two guests who want the same
minute each has a call of its own, and where one is taken back the other is sent again, and counts as not handed over
until that has been carried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from kiosk.hotel.errands import WakeUpClear, WakeUpSet
from kiosk.register import wake_up_table as table
from kiosk.register.outgoing import Outgoing, Queued
from kiosk.register.requests import Requests
from kiosk.register.rules import Rules
from kiosk.register.wake_up_states import (
    AHEAD,
    ALERTS,
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
from kiosk.register.wake_up_table import MINUTE, NoWakeUp, Origin, WakeUp
from kiosk.store.statement import Transaction

log = structlog.get_logger()

HOTEL_HAS_IT = "hotel"
"""The remark of a call that somebody ordered for this minute elsewhere too, before we told the hotel system."""
MOST = 5
"""Calls that one guest may have waiting."""

_S, _E = WakeUpState, WakeUpEvent


class TooManyWakeUps(Exception):
    """This guest has as many calls waiting as anybody may have; nothing was written."""


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
        """A guest wants to be called in the minute of ``at``; the number of the call, the same for the same minute.

        Raises TooManyWakeUps.
        """
        with self.db.transaction() as tx:
            mine = self._of_guest(tx, room, reservation)
            for call in mine:
                if call.at == table.minute(at):
                    return call.number
            if len(mine) >= MOST:
                raise TooManyWakeUps
            return self._order(tx, room, reservation, at, visit, language)

    def change(self, number: int, room: str, reservation: str, at: int, visit: str = "", language: str = "") -> int:
        """Cancel and order anew, both or neither. Raises NoWakeUp when it is not this guest's, or is over."""
        with self.db.transaction() as tx:
            call = self._mine(tx, number, room, reservation)
            if call.at == table.minute(at):
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
            return self._of_guest(tx, room, reservation)

    def state_of(self, number: int) -> WakeUpState:
        """Raises NoWakeUp."""
        with self.db.reading() as tx:
            return table.get(tx, number).state

    def list_open(self) -> list[WakeUp]:
        """Everything that is not over, in time order."""
        with self.db.reading() as tx:
            return self.open_in(tx)

    def open_in(self, tx: Transaction) -> list[WakeUp]:
        return table.all_open(tx)

    def forget_past(self) -> None:
        """Whose the calls were that were taken back, once the hotel system can say nothing of them any more."""
        with self.db.transaction() as tx:
            table.erase_past(tx, self.db.now())

    def tell(self, number: int, event: WakeUpEvent, remark: str) -> None:
        """How it ended, by somebody's word. Raises NoWakeUp, IllegalWakeUp."""
        with self.db.transaction() as tx:
            self._step(tx, table.get(tx, number), event, remark)

    def step_in(self, tx: Transaction, call: WakeUp, event: WakeUpEvent, remark: str = "") -> None:
        self._step(tx, call, event, remark)

    def registered_in(self, tx: Transaction, number: int) -> None:
        """The hotel system was handed it. What became of the call meanwhile stands; and a cancelling that has still to
        be carried out may yet take it away, so then it counts once it has been sent again.
        """
        call = table.get(tx, number)
        if (call.state, _E.REGISTER) in TRANSITIONS and not self._cancelling(tx, call.room, call.at):
            self._step(tx, call, _E.REGISTER, "")

    def refused_in(self, tx: Transaction, number: int, reason: str) -> None:
        """The hotel system will not have it: a person calls."""
        call = table.get(tx, number)
        if call.state is _S.ORDERED:
            self._step(tx, call, _E.HAND_OVER, reason)

    def withdrawn_in(self, tx: Transaction, cleared: WakeUpClear) -> None:
        """The hotel system does not call ``cleared`` any more, and nobody need do anything about it."""
        self._unsend(tx, cleared.number)
        self._requests.withdraw_in(tx, _still_set(cleared.number), "kiosk")
        self._set_others_again(tx, cleared)

    def kept_in(self, tx: Transaction, cleared: WakeUpClear) -> None:
        """The hotel system refuses to take it off its list."""
        self.still_set_in(tx, cleared)
        self._set_others_again(tx, cleared)

    def still_set_in(self, tx: Transaction, cleared: WakeUpClear) -> None:
        """The hotel system has not taken a call off its list: a person does, unless it is one that a person makes."""
        if table.get(tx, cleared.number).state in (_S.CANCELLED, _S.CLEARED):
            source = _still_set(cleared.number)
            self._tell_staff(tx, CANCELLED_REQUEST, cleared.number, cleared.room, cleared.at, source=source)

    def hear_ordered_in(self, tx: Transaction, room: str, at: datetime, whose: Sequence[str] = ()) -> None:
        """Somebody ordered it elsewhere, for those who are in the room; what is on the list already is our own, told
        back to us, or one that we need not tell any more.
        """
        known = [call for call in self._heard_of(tx, room, at) if call.is_of(whose)]
        for call in known:
            if call.state is _S.ORDERED:
                table.write(tx, call, _S.ORDERED, HOTEL_HAS_IT, self.db.now(), keep=True)
        if known:
            return
        instant = next((one for one in self._instants(at) if one > self.db.now()), self._instants(at)[0])
        # A cancelling of ours for this very minute that is still to be sent would take it away: then it is sent again.
        state = _S.ORDERED if self._cancelling(tx, room, instant) else _S.REGISTERED
        call = table.add(tx, room, " ".join(whose), instant, Origin.HOTEL, state, self.db.now())
        log.info("wake-up.mirrored", wake_up=call.number)

    def hear_dropped_in(self, tx: Transaction, room: str, at: datetime) -> None:
        """Somebody cancelled it elsewhere."""
        for call in self._heard_of(tx, room, at):
            if self._may_be_dropped(tx, call):
                self._step(tx, call, _E.CANCEL, "hotel", recall=False)

    def hear_result_in(self, tx: Transaction, room: str, at: datetime, status: str) -> None:
        """How the call of this minute ended. A call has one result; another for the same is not listened to."""
        heard = False
        for call in self._heard_of(tx, room, at):
            event = self._meaning(tx, call, status)
            if event is not None and (call.state, event) in TRANSITIONS:
                self._step(tx, call, event, status, recall=event is _E.HAND_OVER)
                heard = True
        if not heard:
            log.warning("wake-up.stray-result", status=status)

    def bind_in(self, tx: Transaction, room: str, whose: Sequence[str]) -> None:
        """It is known now who is in ``room``: the calls of nobody in particular are theirs, and no later guest's."""
        for call in self._stay(tx, room, ""):
            table.place(tx, call, room, " ".join(whose))

    def clear_in(self, tx: Transaction, room: str, reservation: str) -> None:
        """The guest has left, or with ``reservation`` "" whoever was in the room without a number."""
        for call in self._stay(tx, room, reservation):
            if others := call.without(reservation):
                table.place(tx, call, room, others)
            else:
                self._step(tx, call, _E.CLEAR, "check-out")
        self._forget(tx, room, reservation)

    def move_in(self, tx: Transaction, old_room: str, room: str, reservation: str) -> None:
        """The guest, or with ``reservation`` "" whoever was in ``old_room`` without one, sleeps in ``room`` now."""
        for call in self._stay(tx, old_room, reservation):
            rung = call.at <= self.db.now()
            if others := call.without(reservation):
                table.place(tx, call, old_room, others)
            elif call.state in ALERTS or (call.origin is Origin.HOTEL and call.state not in UNDER_WAY):
                self._move_request(tx, call, room)
            elif call.state is _S.REGISTERED and (call.origin is Origin.HOTEL or rung):
                table.place(tx, call, room, call.reservation)  # the hotel system moves its own
            else:
                self._step(tx, call, _E.CANCEL, "moved")
                self._order(tx, room, call.reservation, call.at, call.visit, call.language)
        self._forget(tx, old_room, reservation)

    def stays_in(self, tx: Transaction) -> set[tuple[str, str]]:
        """Room and reservation of everybody about whom something is kept."""
        calls = (*table.all_open(tx), *table.all_taken_back(tx))
        return {(call.room, whose) for call in calls if not _is_houses(call) for whose in call.whose or ("",)}

    def unbound_in(self, tx: Transaction) -> set[str]:
        """Rooms with calls of nobody in particular."""
        return {call.room for call in table.all_open(tx) if call.origin is not Origin.TEST and not call.whose}

    def send_in(self, tx: Transaction, call: WakeUp) -> None:
        """The hotel system is to make the call."""
        self._outgoing.send(tx, _set(call), _set_key(call.number))

    def request_closed_in(self, tx: Transaction, call: WakeUp) -> bool:
        """Whether somebody has closed the request of the state that the call is in."""
        kind = REQUESTS.get(call.state)
        return kind is not None and self._requests.closed_in(tx, _source(kind, call.number))

    def local(self, at: int) -> datetime:
        """In the house's zone."""
        return datetime.fromtimestamp(at / 1000, self.rules.zone)

    def _order(self, tx: Transaction, room: str, reservation: str, at: int, visit: str, language: str) -> int:
        for known in table.in_minute(tx, room, at):
            if known.state in AHEAD and known.concerns(reservation):
                return known.number
        call = table.add(
            tx, room, reservation, at, Origin.GUEST, _S.ORDERED, self.db.now(), visit=visit, language=language
        )
        log.info("wake-up.ordered", wake_up=call.number, visit=visit)
        if self.rules.wake_up.by == "operator":
            self._step(tx, call, _E.HAND_OVER, "")
        else:
            self.send_in(tx, call)
        return call.number

    def _step(self, tx: Transaction, call: WakeUp, event: WakeUpEvent, remark: str, *, recall: bool = True) -> None:
        """``recall``: the hotel system does not know of it yet."""
        after = TRANSITIONS.get((call.state, event))
        if after is None:
            raise IllegalWakeUp(call.number, call.state, event)
        taken_back = recall and event in RECALLED_BY and self._recall(tx, call)
        keep = after in OPEN or (taken_back and event is _E.CANCEL)
        table.write(tx, call, after, remark, self.db.now(), keep=keep)
        self._tell_apart(tx, call, after)
        log.info("wake-up.step", wake_up=call.number, state=after.value, remark=remark)

    def _recall(self, tx: Transaction, call: WakeUp) -> bool:
        """The hotel system is told to drop it, unless it has surely never heard of it, or has rung; whether it is."""
        has_it = call.state is _S.REGISTERED or call.remark == HOTEL_HAS_IT
        heard = call.state in UNDER_WAY and (self._unsend(tx, call.number) or has_it)
        if not heard or call.at <= self.db.now():
            return False
        self._outgoing.send(tx, WakeUpClear(call.number, call.room, call.at, _carrier(call)))
        for other in table.in_minute(tx, call.room, call.at):
            if other.number != call.number and other.state is _S.REGISTERED:
                self._step(tx, other, _E.RESET, "")
        return True

    def _unsend(self, tx: Transaction, number: int) -> bool:
        """Of this call nothing is sent any more. True: the hotel system may have heard of it all the same."""
        heard = self._outgoing.recall(tx, _set_key(number))
        for again in self._setting(tx, number):
            self._outgoing.withdraw(tx, again.delivery)
        return heard

    def _set_others_again(self, tx: Transaction, cleared: WakeUpClear) -> None:
        """Whoever else wants this very minute may have been cleared with it."""
        for call in table.in_minute(tx, cleared.room, cleared.at):
            if call.state in UNDER_WAY and not self._setting(tx, call.number):
                self._outgoing.send(tx, _set(call))

    def _setting(self, tx: Transaction, number: int) -> list[Queued]:
        """What waits to be sent of the call."""
        queued = self._outgoing.queued(tx)
        return [each for each in queued if isinstance(each.errand, WakeUpSet) and each.errand.number == number]

    def _cancelling(self, tx: Transaction, room: str, at: int) -> bool:
        """Whether a cancelling for this room and minute waits to be sent."""
        errands = (queued.errand for queued in self._outgoing.queued(tx))
        minute = (room, table.minute(at))
        return any(isinstance(errand, WakeUpClear) and (errand.room, errand.at) == minute for errand in errands)

    def _may_be_dropped(self, tx: Transaction, call: WakeUp) -> bool:
        """Whether the hotel system's word that there is no such call means this one: not if it never had it, nor where
        we have ourselves taken back another of this minute, which may be what it speaks of.
        """
        ours = call.origin is not Origin.HOTEL and table.taken_back(tx, call.room, call.at)
        return call.state is _S.REGISTERED and not ours

    def _meaning(self, tx: Transaction, call: WakeUp, status: str) -> WakeUpEvent | None:
        """Of the status of a result (FIAS WA: OK; DE deleted; NR, BY, UR and whatever is unheard of: no answer).

        Nothing where it can't be about this call: one that is a minute away or more has not rung, though that it can't
        be made (UR) may be known already. A test that was deleted has tried nothing.
        """
        if status == "DE" and call.origin is not Origin.TEST:
            return _E.CANCEL if self._may_be_dropped(tx, call) else None
        if self.db.now() < call.at - MINUTE:
            return _E.HAND_OVER if status == "UR" and call.state is _S.REGISTERED else None
        return _E.ANSWER if status == "OK" else _E.NO_ANSWER

    def _move_request(self, tx: Transaction, call: WakeUp, room: str) -> None:
        """Whoever is asked to see to it is to go to ``room``: asked anew, for who has read it must look again."""
        if call.state in ALERTS and self.request_closed_in(tx, call):
            self._step(tx, call, _E.ATTEND, "staff")
            return
        self._step(tx, call, _E.CLEAR, "moved")
        moved = table.add(
            tx,
            room,
            call.reservation,
            call.at,
            call.origin,
            call.state,
            self.db.now(),
            visit=call.visit,
            language=call.language,
            remark=call.remark,
        )
        self._tell_staff(tx, REQUESTS[call.state], moved.number, room, call.at, call.visit, call.language)

    def _tell_apart(self, tx: Transaction, call: WakeUp, after: WakeUpState) -> None:
        """Staff need not see to the state it was in any more, and perhaps must to the one it is in now."""
        before = REQUESTS.get(call.state)
        if before and not self._requests.withdraw_in(tx, _source(before, call.number), "kiosk"):
            # Somebody has taken it over and closed the request; that nobody is to call needs saying again.
            taken_over = call.state in BY_PERSON and call.origin is not Origin.TEST
            if taken_over and after in (_S.CANCELLED, _S.CLEARED):
                self._tell_staff(tx, CANCELLED_REQUEST, call.number, call.room, call.at)
        if (kind := REQUESTS.get(after)) and call.origin is not Origin.TEST:
            self._tell_staff(tx, kind, call.number, call.room, call.at, call.visit, call.language)

    def _tell_staff(
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
        values: dict[str, str | int] = {"call": number, "room": room, "at": f"{self.local(at):%Y-%m-%d %H:%M}"}
        source = source or _source(kind, number)
        self._requests.open_in(tx, kind, self.rules.place, language, visit, f"request.{kind}", values, source=source)

    def _of_guest(self, tx: Transaction, room: str, reservation: str) -> list[WakeUp]:
        calls = table.of_room(tx, room)
        return [call for call in calls if self._is_ahead(call) and call.concerns(reservation)]

    def _mine(self, tx: Transaction, number: int, room: str, reservation: str) -> WakeUp:
        call = table.get(tx, number)
        if call.room != room or not call.concerns(reservation) or not self._is_ahead(call):
            raise NoWakeUp(number)
        return call

    def _is_ahead(self, call: WakeUp) -> bool:
        """One whose time has come is nobody's to change, whoever is still to say how it ended."""
        return call.state in AHEAD and call.at > self.db.now()

    def _stay(self, tx: Transaction, room: str, reservation: str) -> list[WakeUp]:
        """What is open of the guest, or with ``reservation`` "" of nobody in particular in the room."""
        calls = table.of_room(tx, room)
        return [call for call in calls if call.origin is not Origin.TEST and reservation in (call.whose or ("",))]

    def _forget(self, tx: Transaction, room: str, reservation: str) -> None:
        """The same of what was taken back."""
        for call in table.all_taken_back(tx):
            if call.room == room and reservation in (call.whose or ("",)):
                table.erase(tx, call)

    def _heard_of(self, tx: Transaction, room: str, at: datetime) -> list[WakeUp]:
        """What the hotel system may mean, by its own time."""
        return [call for instant in self._instants(at) for call in table.in_minute(tx, room, instant)]

    def _instants(self, at: datetime) -> tuple[int, ...]:
        """Of a time of the hotel's: two in the hour that autumn has twice, the first one first."""
        local = at if at.tzinfo else at.replace(tzinfo=self.rules.zone)
        first, second = (int(local.replace(fold=fold).timestamp() * 1000) for fold in (0, 1))
        return (first, second) if first < second else (first,)


def _is_houses(call: WakeUp) -> bool:
    """A call that ends with no stay: the station's own test, and one that was ordered elsewhere for a room of which we
    know no guest. It may be one of the staff's, or of a guest who is still to be told of; it is not ours to take back.
    """
    return call.origin is Origin.TEST or (call.origin is Origin.HOTEL and not call.whose)


def _set(call: WakeUp) -> WakeUpSet:
    return WakeUpSet(call.number, call.room, call.at, _carrier(call))


def _carrier(call: WakeUp) -> str:
    """On whose stay a hotel system that keeps calls by reservation keeps it."""
    return next(iter(call.whose), "")


def _set_key(number: int) -> str:
    return f"wake-up-set:{number}"


def _source(kind: str, number: int) -> str:
    return f"{kind}:{number}"


def _still_set(number: int) -> str:
    """Apart from the request to a person who was to call, and is not to any more."""
    return _source("wake-up-still-set", number)
