"""Test calls: the way of the calls is tried before the first one of a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kiosk.register import wake_up_table as table
from kiosk.register.wake_up_states import WakeUpEvent, WakeUpState
from kiosk.register.wake_up_steps import WakeUpSteps
from kiosk.register.wake_up_table import Origin, WakeUp
from kiosk.store.statement import Transaction

FAILED = "wake-up-test-failed"


class TestCalls:
    """Wake-ups too, to a telephone beside the operator. Everything here is part of a transaction of the caller's."""

    def __init__(self, steps: WakeUpSteps) -> None:
        self._steps = steps
        self._rules = steps.rules

    def order(self, tx: Transaction, at: int) -> int:
        """The hotel system is to call the telephone beside the operator."""
        test = self._add(tx, self._rules.wake_up.test_room, at, WakeUpState.ORDERED)
        self._steps.send(tx, test)
        return test.number

    def known(self, tx: Transaction, at: int, *, works: bool) -> int:
        """There is no telephone to try, but whether the hotel system can be reached is known at once."""
        test = self._add(tx, "", at, WakeUpState.ANSWERED if works else WakeUpState.UNANSWERED)
        if not works:
            self.failed(tx, test)
        return test.number

    def failed(self, tx: Transaction, test: WakeUp) -> None:
        """Somebody looks why, and the test is over."""
        values: dict[str, str | int] = {"at": f"{self._rules.local(test.at):%Y-%m-%d %H:%M}", "status": test.remark}
        self._steps.requests.open_in(
            tx, FAILED, self._rules.place, "", "", f"request.{FAILED}", values, source=f"{FAILED}:{test.number}"
        )
        self._steps.step(tx, test, WakeUpEvent.ATTEND, test.remark)

    def between(self, tx: Transaction, since: int, before: int) -> list[WakeUp]:
        """The test calls of that time, open or over."""
        return table.tests(tx, since, before)

    def _add(self, tx: Transaction, room: str, at: int, state: WakeUpState) -> WakeUp:
        return table.add(tx, room, "", at, Origin.TEST, state, self._steps.db.now())


def day_of(moment: datetime) -> tuple[int, int]:
    """From its first to past its last millisecond, by the zone of ``moment``; a day may have 23 or 25 hours."""
    begin = moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    end = begin + timedelta(days=1)
    return int(begin.astimezone(UTC).timestamp() * 1000), int(end.astimezone(UTC).timestamp() * 1000)
