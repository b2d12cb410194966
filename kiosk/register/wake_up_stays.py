"""Wake-up calls and the stay they belong to: they move with the guest and end with the stay."""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.register import wake_up_table as table
from kiosk.register.wake_up_states import ALERTS, REQUESTS, UNDER_WAY, WakeUpEvent, WakeUpState
from kiosk.register.wake_up_steps import WakeUpSteps
from kiosk.register.wake_up_table import Origin, WakeUp
from kiosk.store.statement import Transaction

_S, _E = WakeUpState, WakeUpEvent


class WakeUpStays:
    """Everything here is part of a transaction of the caller's."""

    def __init__(self, steps: WakeUpSteps) -> None:
        self._steps = steps

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
                self._steps.step(tx, call, _E.CLEAR, "check-out")
        self._forget(tx, room, reservation)

    def move_in(self, tx: Transaction, old_room: str, room: str, reservation: str) -> None:
        """The guest, or with ``reservation`` "" whoever was in ``old_room`` without one, sleeps in ``room`` now."""
        for call in self._stay(tx, old_room, reservation):
            rung = call.at <= self._steps.db.now()
            if others := call.without(reservation):
                table.place(tx, call, old_room, others)
            elif call.state in ALERTS or (call.origin is Origin.HOTEL and call.state not in UNDER_WAY):
                self._move_request(tx, call, room)
            elif call.state is _S.REGISTERED and (call.origin is Origin.HOTEL or rung):
                table.place(tx, call, room, call.reservation)  # the hotel system moves its own
            else:
                self._steps.step(tx, call, _E.CANCEL, "moved")
                self._steps.order(tx, room, call.reservation, call.at, call.visit, call.language)
        self._forget(tx, old_room, reservation)

    def stays_in(self, tx: Transaction) -> set[tuple[str, str]]:
        """Room and reservation of everybody about whom something is kept."""
        calls = (*table.all_open(tx), *table.all_taken_back(tx))
        return {(call.room, whose) for call in calls if not _is_houses(call) for whose in call.whose or ("",)}

    def unbound_in(self, tx: Transaction) -> set[str]:
        """Rooms with calls of nobody in particular."""
        return {call.room for call in table.all_open(tx) if call.origin is not Origin.TEST and not call.whose}

    def _move_request(self, tx: Transaction, call: WakeUp, room: str) -> None:
        """Whoever is asked to see to it is to go to ``room``: asked anew, for who has read it must look again."""
        if call.state in ALERTS and self._steps.request_closed(tx, call):
            self._steps.step(tx, call, _E.ATTEND, "staff")
            return
        self._steps.step(tx, call, _E.CLEAR, "moved")
        moved = table.add(
            tx,
            room,
            call.reservation,
            call.at,
            call.origin,
            call.state,
            self._steps.db.now(),
            visit=call.visit,
            language=call.language,
            remark=call.remark,
        )
        self._steps.tell_staff(tx, REQUESTS[call.state], moved.number, room, call.at, call.visit, call.language)

    def _stay(self, tx: Transaction, room: str, reservation: str) -> list[WakeUp]:
        """What is open of the guest, or with ``reservation`` "" of nobody in particular in the room."""
        calls = table.of_room(tx, room)
        return [call for call in calls if call.origin is not Origin.TEST and reservation in (call.whose or ("",))]

    def _forget(self, tx: Transaction, room: str, reservation: str) -> None:
        """The same of what was taken back."""
        for call in table.all_taken_back(tx):
            if call.room == room and reservation in (call.whose or ("",)):
                table.erase(tx, call)


def _is_houses(call: WakeUp) -> bool:
    """A call that ends with no stay: the station's own test, and one that was ordered elsewhere for a room of which we
    know no guest. It may be one of the staff's, or of a guest who is still to be told of; it is not ours to take back.
    """
    return call.origin is Origin.TEST or (call.origin is Origin.HOTEL and not call.whose)
