"""The watch over wake-up calls and whatever else of the switchboard has its time: nothing is left to be forgotten.

Each look goes by the wall clock and by what is on disk alone, so one that was missed (no current, a clock that jumped)
is made up for by the next, and one too many does nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set

import structlog

from kiosk.config.hotel import TEST_LEAD
from kiosk.hotel.errands import MessageLeft, MessageRead, MessagesAsked, RoomWished, WakeUpClear
from kiosk.register import wake_up_table as table
from kiosk.register.outgoing import Queued
from kiosk.register.register import Register, RoomOf, Stay
from kiosk.register.rules import Rules
from kiosk.register.test_calls import day_of
from kiosk.register.wake_up_states import BY_PERSON, UNDER_WAY, WakeUpEvent, WakeUpState
from kiosk.register.wake_up_table import MINUTE, Origin, WakeUp
from kiosk.store.statement import Transaction

log = structlog.get_logger()

GRACE = 30_000
"""Milliseconds the hotel system has to take a call that was ordered at short notice."""

_E = WakeUpEvent


class WakeWatch:
    """``alive`` tells whether the hotel system can be reached, ``room_of`` where a guest is now."""

    def __init__(self, register: Register, alive: Callable[[], bool], room_of: RoomOf) -> None:
        self._register = register
        self._rules = register.rules
        self._alive = alive
        self._room_of = room_of
        self._swept = -1
        """The minute in which the guest cache was asked last: for a whole house that takes a while."""
        self._gone: Set[Stay] = frozenset()
        """Who was in no room then."""

    def look(self) -> None:
        """One round. Blocks; raises StoreError."""
        register = self._register
        minute = register.db.now() // MINUTE
        if minute != self._swept:
            self._swept = minute
            self._gone = register.sweep(self._room_of, self._gone)
            register.wake_ups.forget_past()
        register.wishes.lift_due()
        register.messages.forget_old()
        with register.db.reading() as tx:
            calls = table.all_open(tx)
            late = self._late(tx)
        if late:
            with register.db.transaction() as tx:
                self._hand_over(tx, late)
        if calls:
            with register.db.transaction() as tx:
                self._try_way(tx, table.all_open(tx))
                self._keep_time(tx, table.all_open(tx))

    def _keep_time(self, tx: Transaction, calls: Sequence[WakeUp]) -> None:
        """What is due for each call, or was while nobody looked."""
        steps, now = self._register.wake_up_steps, self._register.db.now()
        for call in calls:
            if steps.request_closed(tx, call):
                event = _E.ATTEND if call.at <= now else None  # somebody has taken it over
            else:
                event = due(call, now, self._rules)
            if event is not None:
                steps.step(tx, call, event, "staff" if event is _E.ATTEND else "")

    def _try_way(self, tx: Transaction, calls: Sequence[WakeUp]) -> None:
        """Before the first call of a day the way of the calls is tried; where it fails the day's are a person's.

        Calls that are ordered later in the day come by here too. Of the evening before only a test counts that was
        shortly before this call.
        """
        now = self._register.db.now()
        for test in calls:
            if test.origin is Origin.TEST and test.state not in UNDER_WAY:
                self._register.test_calls.failed(tx, test)
        coming = [call for call in calls if _for_hotel(call) and call.at > now]
        before = self._rules.wake_up.test_minutes * MINUTE
        if not coming or now < coming[0].at - before:
            return
        since, until = day_of(self._rules.local(coming[0].at))
        tests = self._register.test_calls.between(tx, min(since, coming[0].at - 2 * before), until)
        if not tests:
            self._begin_test(tx, now)
        elif tests[-1].state is WakeUpState.ATTENDED:
            for call in coming:
                if call.at < until:
                    self._register.wake_up_steps.step(tx, call, _E.HAND_OVER, "test")

    def _begin_test(self, tx: Transaction, now: int) -> None:
        tests = self._register.test_calls
        if self._rules.wake_up.test_room:
            number = tests.order(tx, now - now % MINUTE + TEST_LEAD * MINUTE)
            log.info("wake-up.test-ordered", wake_up=number)
        else:
            works = self._alive()
            number = tests.known(tx, now, works=works)
            log.info("wake-up.link-tried", wake_up=number, works=works)

    def _late(self, tx: Transaction) -> list[Queued]:
        """What the hotel system could not be told for so long that a person must hear of it."""
        outgoing, now = self._register.outgoing, self._register.db.now()
        waiting = outgoing.queued(tx)
        tried = {queued.delivery.seq for queued in outgoing.overdue(tx, now - GRACE)}
        late = {queued.delivery.seq for queued in outgoing.overdue(tx, now - self._shortly)}

        def is_late(queued: Queued) -> bool:
            match queued.errand:
                case MessageRead():  # the lamp at the telephone burns until the hotel system hears of it
                    return False
                case WakeUpClear(at=at):
                    left = at - now
                    return 0 <= left <= self._shortly and (queued.delivery.seq in tried or left <= GRACE)
                case _:
                    return queued.delivery.seq in late

        return [queued for queued in waiting if is_late(queued)]

    @property
    def _shortly(self) -> int:
        """Milliseconds before a call in which a person must know of it."""
        return self._rules.wake_up.hand_over_minutes * MINUTE

    def _hand_over(self, tx: Transaction, late: Sequence[Queued]) -> None:
        """What the hotel system could not be told for so long is told to a person, or to nobody any more."""
        register = self._register
        for queued in late:
            match queued.errand:
                case MessageLeft() as message:
                    register.messages.hand_over_in(tx, message, queued.delivery.key)
                    register.outgoing.withdraw(tx, queued.delivery)
                case RoomWished() as wished:
                    register.wishes.refused_in(tx, wished)
                    register.outgoing.withdraw(tx, queued.delivery)
                case WakeUpClear() as cleared:
                    # The errand itself goes on trying: a person is only told beside it.
                    register.wake_up_news.still_set_in(tx, cleared)
                case MessagesAsked():
                    register.outgoing.withdraw(tx, queued.delivery)


def due(call: WakeUp, now: int, rules: Rules) -> WakeUpEvent | None:
    """What the clock does to a call. A test that is not taken or not answered in time has failed, which is seen by its
    state; one of which nothing is ever told tries no more than the way there.
    """
    shortly = call.at - rules.wake_up.hand_over_minutes * MINUTE
    over = now >= call.at + rules.wake_up.result_minutes * MINUTE
    watched = rules.results if call.origin is Origin.TEST else rules.watched
    match call.state:
        case WakeUpState.ORDERED if now >= call.at:
            return _E.MISS
        case WakeUpState.ORDERED if call.origin is not Origin.TEST:
            return _E.HAND_OVER if now >= max(shortly, call.changed_at + GRACE) else None
        case WakeUpState.REGISTERED if over:
            return _E.EXPIRE if watched else _E.GO_BY
        case state if state in BY_PERSON and over:
            return _E.EXPIRE
        case WakeUpState.WITH_OPERATOR if call.changed_at < shortly <= now:
            return _E.FALL_DUE
    return None


def _for_hotel(call: WakeUp) -> bool:
    """A guest's call that the hotel system is to make."""
    return call.state in UNDER_WAY and call.origin is not Origin.TEST
