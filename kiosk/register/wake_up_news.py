"""What the hotel system tells of wake-up calls, and what became of the errands about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from kiosk.hotel.errands import WakeUpClear
from kiosk.register import wake_up_table as table
from kiosk.register.wake_up_states import CANCELLED_REQUEST, TRANSITIONS, WakeUpEvent, WakeUpState
from kiosk.register.wake_up_steps import HOTEL_HAS_IT, WakeUpSteps, source_of
from kiosk.register.wake_up_table import MINUTE, Origin, WakeUp
from kiosk.store.statement import Transaction

log = structlog.get_logger()

_S, _E = WakeUpState, WakeUpEvent


class WakeUpNews:
    """Everything here is part of a transaction of the caller's."""

    def __init__(self, steps: WakeUpSteps) -> None:
        self._steps = steps

    def registered_in(self, tx: Transaction, number: int) -> None:
        """The hotel system was handed it. What became of the call meanwhile stands; and a cancelling that has still to
        be carried out may yet take it away, so then it counts once it has been sent again.
        """
        call = table.get(tx, number)
        if (call.state, _E.REGISTER) in TRANSITIONS and not self._steps.cancelling(tx, call.room, call.at):
            self._steps.step(tx, call, _E.REGISTER, "")

    def refused_in(self, tx: Transaction, number: int, reason: str) -> None:
        """The hotel system will not have it: a person calls."""
        call = table.get(tx, number)
        if call.state is _S.ORDERED:
            self._steps.step(tx, call, _E.HAND_OVER, reason)

    def withdrawn_in(self, tx: Transaction, cleared: WakeUpClear) -> None:
        """The hotel system does not call ``cleared`` any more, and nobody need do anything about it."""
        self._steps.unsend(tx, cleared.number)
        self._steps.requests.withdraw_in(tx, _still_set(cleared.number), "kiosk")
        self._steps.set_others_again(tx, cleared)

    def kept_in(self, tx: Transaction, cleared: WakeUpClear) -> None:
        """The hotel system refuses to take it off its list."""
        self.still_set_in(tx, cleared)
        self._steps.set_others_again(tx, cleared)

    def still_set_in(self, tx: Transaction, cleared: WakeUpClear) -> None:
        """The hotel system has not taken a call off its list: a person does, unless it is one that a person makes."""
        if table.get(tx, cleared.number).state in (_S.CANCELLED, _S.CLEARED):
            source = _still_set(cleared.number)
            self._steps.tell_staff(tx, CANCELLED_REQUEST, cleared.number, cleared.room, cleared.at, source=source)

    def hear_ordered_in(self, tx: Transaction, room: str, at: datetime, whose: Sequence[str] = ()) -> None:
        """Somebody ordered it elsewhere, for those who are in the room; what is on the list already is our own, told
        back to us, or one that we need not tell any more.
        """
        known = [call for call in self._heard_of(tx, room, at) if call.is_of(whose)]
        for call in known:
            if call.state is _S.ORDERED:
                table.write(tx, call, _S.ORDERED, HOTEL_HAS_IT, self._steps.db.now(), keep=True)
        if known:
            return
        instant = next((one for one in self._instants(at) if one > self._steps.db.now()), self._instants(at)[0])
        # A cancelling of ours for this very minute that is still to be sent would take it away: then it is sent again.
        state = _S.ORDERED if self._steps.cancelling(tx, room, instant) else _S.REGISTERED
        call = table.add(tx, room, " ".join(whose), instant, Origin.HOTEL, state, self._steps.db.now())
        log.info("wake-up.mirrored", wake_up=call.number)

    def hear_dropped_in(self, tx: Transaction, room: str, at: datetime) -> None:
        """Somebody cancelled it elsewhere."""
        for call in self._heard_of(tx, room, at):
            if self._may_be_dropped(tx, call):
                self._steps.step(tx, call, _E.CANCEL, "hotel", recall=False)

    def hear_result_in(self, tx: Transaction, room: str, at: datetime, status: str) -> None:
        """How the call of this minute ended. A call has one result; another for the same is not listened to."""
        heard = False
        for call in self._heard_of(tx, room, at):
            event = self._meaning(tx, call, status)
            if event is not None and (call.state, event) in TRANSITIONS:
                self._steps.step(tx, call, event, status, recall=event is _E.HAND_OVER)
                heard = True
        if not heard:
            log.warning("wake-up.stray-result", status=status)

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
        if self._steps.db.now() < call.at - MINUTE:
            return _E.HAND_OVER if status == "UR" and call.state is _S.REGISTERED else None
        return _E.ANSWER if status == "OK" else _E.NO_ANSWER

    def _heard_of(self, tx: Transaction, room: str, at: datetime) -> list[WakeUp]:
        """What the hotel system may mean, by its own time."""
        return [call for instant in self._instants(at) for call in table.in_minute(tx, room, instant)]

    def _instants(self, at: datetime) -> tuple[int, ...]:
        """Of a time of the hotel's: two in the hour that autumn has twice, the first one first."""
        local = at if at.tzinfo else at.replace(tzinfo=self._steps.rules.zone)
        first, second = (int(local.replace(fold=fold).timestamp() * 1000) for fold in (0, 1))
        return (first, second) if first < second else (first,)


def _still_set(number: int) -> str:
    """Apart from the request to a person who was to call, and is not to any more."""
    return source_of("wake-up-still-set", number)
