"""Wake-up calls: who is to be called when, who makes the call, and how it ended.

Whatever happens, a call ends answered, attended, cancelled or cleared, or a request tells a person to see to it; only
where a hotel system tells no results it ends with its time (``WakeUpState.GONE_BY``). The request of a state is opened
and withdrawn in the transaction that enters and leaves the state, and so are the errands to the hotel system.
"""

from __future__ import annotations

from kiosk.register import wake_up_table as table
from kiosk.register.wake_up_states import AHEAD, WakeUpEvent, WakeUpState
from kiosk.register.wake_up_steps import WakeUpSteps
from kiosk.register.wake_up_table import NoWakeUp, Origin, WakeUp
from kiosk.store.statement import Transaction

MOST = 5
"""Calls that one guest may have waiting."""

_E = WakeUpEvent


class TooManyWakeUps(Exception):
    """This guest has as many calls waiting as anybody may have; nothing was written."""


class WakeUps:
    """The list in the register's file. Its calls block; raises StoreError, and IllegalWakeUp for a step out of order.

    Those whose name ends in ``_in`` are part of a transaction of the caller's.
    """

    def __init__(self, steps: WakeUpSteps) -> None:
        self.db = steps.db
        self._steps = steps

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
            return self._steps.order(tx, room, reservation, at, visit, language)

    def change(self, number: int, room: str, reservation: str, at: int, visit: str = "", language: str = "") -> int:
        """Cancel and order anew, both or neither. Raises NoWakeUp when it is not this guest's, or is over."""
        with self.db.transaction() as tx:
            call = self._mine(tx, number, room, reservation)
            if call.at == table.minute(at):
                return number
            self._steps.step(tx, call, _E.CANCEL, "guest")
            return self._steps.order(tx, call.room, reservation, at, visit, language)

    def cancel(self, number: int, room: str, reservation: str) -> None:
        """Raises NoWakeUp when it is not this guest's, or is over."""
        with self.db.transaction() as tx:
            self._steps.step(tx, self._mine(tx, number, room, reservation), _E.CANCEL, "guest")

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
            return table.all_open(tx)

    def forget_past(self) -> None:
        """Whose the calls were that were taken back, once the hotel system can say nothing of them any more."""
        with self.db.transaction() as tx:
            table.erase_past(tx, self.db.now())

    def tell(self, number: int, event: WakeUpEvent, remark: str) -> None:
        """How it ended, by somebody's word. Raises NoWakeUp, IllegalWakeUp."""
        with self.db.transaction() as tx:
            self._steps.step(tx, table.get(tx, number), event, remark)

    def _of_guest(self, tx: Transaction, room: str, reservation: str) -> list[WakeUp]:
        return [call for call in table.all_open(tx) if self._is_ahead(call) and _is_whose(call, room, reservation)]

    def _mine(self, tx: Transaction, number: int, room: str, reservation: str) -> WakeUp:
        call = table.get(tx, number)
        if not (_is_whose(call, room, reservation) and self._is_ahead(call)):
            raise NoWakeUp(number)
        return call

    def _is_ahead(self, call: WakeUp) -> bool:
        """One whose time has come is nobody's to change, whoever is still to say how it ended."""
        return call.state in AHEAD and call.at > self.db.now()


def _is_whose(call: WakeUp, room: str, reservation: str) -> bool:
    """Whether it is that guest's; also one who was moved to another room a moment ago, while standing here."""
    if call.origin is Origin.TEST:
        return False
    return (reservation in call.whose) or (call.room == room and call.concerns(reservation))
