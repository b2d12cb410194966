"""Sequences of everything that can happen between kiosk, link and hotel system, found and shrunk by Hypothesis."""

from __future__ import annotations

import asyncio
import logging
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import structlog
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kiosk.books.doubts import Outcome
from kiosk.outbox import Delivery, DeliveryState
from kiosk.store import database
from tests import memory
from tests.fault.hotel_model import LOSSES, REFUSALS, ROOMS, Fate, Person
from tests.fault.hotel_world import World

STEPS = 12
SELDOM = 20.0
"""Seconds between two looks for commits that nobody rang for, of which there are none."""
QUIET, ROUNDS = 100.0, 12
"""Seconds between two looks of a person at the folio when all is well again, and after how many nothing is open."""
UNDECIDED = (DeliveryState.QUEUED, DeliveryState.SENDING, DeliveryState.UNKNOWN)


ANY = st.integers(0, 11)
WHO = st.lists(ANY, min_size=1, max_size=3)
FATES = st.lists(st.sampled_from(Fate), min_size=1, max_size=3)

ATTEMPT = st.tuples(st.sampled_from((*LOSSES, Fate.BOOKED)), st.sampled_from(("", "", "", "NG", "RY")))
"""What becomes of it, and how it is refused."""
WORDS = (Outcome.NOT_POSTED, Outcome.NOT_POSTED, Outcome.POSTED, Outcome.COLLECTED)

SOME_REFUSALS = st.lists(st.sampled_from(REFUSALS), max_size=2)


class HotelMachine(RuleBasedStateMachine):
    """One sequence: a station, its hotel, and what befalls them."""

    mode = "room"
    ends: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="hotel-", dir=memory.folder()))
        self.world = World(self.folder, self.mode)
        self.hotel = self.world.hotel

    @initialize(
        mute=st.booleans(),
        torn=st.booleans(),
        unnumbered=st.booleans(),
        who=WHO,
        fates=FATES,
        refusals=SOME_REFUSALS,
        attempts=st.lists(ATTEMPT, max_size=3),
        word=st.sampled_from(WORDS),
        killed=st.integers(0, 12),
    )
    def begin(
        self,
        mute: bool,
        torn: bool,
        unnumbered: bool,
        who: list[int],
        fates: list[Fate],
        refusals: list[str],
        attempts: list[tuple[Fate, str]],
        word: Outcome,
        killed: int,
    ) -> None:
        """What matters most is not left to chance: which rules a run of sequences has is drawn for all of it."""
        self.hotel.mute_start, self.hotel.torn, self.hotel.unnumbered = mute, torn, unnumbered
        self.world.start_link()
        if attempts:
            self.a_charge_is_lost_and_sent_again_on_somebodys_word(attempts, word, 0.2)
        if killed:
            self.the_link_is_killed_over_a_charge(killed, 3.5)
        if not self.world.link_runs:
            self.world.start_link()
        self.hotel.fates, self.hotel.refusals = fates, refusals
        self.guests_copy(who)

    @rule(who=WHO)
    def guests_copy(self, who: list[int]) -> None:
        """Whoever the kiosk knows signs, also one who has moved or left without its knowing."""
        known = [person for person in self.hotel.people if person.said]
        for chance in who if known else ():
            self.world.settle(known[chance % len(known)])

    @rule(who=ANY, moves=st.booleans(), told=st.booleans())
    def a_guest_moves_or_checks_out(self, who: int, moves: bool, told: bool) -> None:
        self._goes(self.hotel.people[who % len(self.hotel.people)], moves=moves)
        self._tell(told)

    @rule(who=st.sampled_from((0, 1, 2, 2, 3)), moves=st.booleans(), seconds=st.sampled_from((0.2, 4.0)))
    def a_guest_signs_and_is_gone_before_it_is_posted(self, who: int, moves: bool, seconds: float) -> None:
        """The room has the next one, and all of that is told in time."""
        known = [person for person in self.hotel.people if person.said and person.room]
        if not known:
            return
        person = known[who % len(known)]
        room = person.room
        self.hotel.audit(on=True)
        self.world.passes(seconds)
        self.world.settle(person)
        self._goes(person, moves=moves)
        self.a_newcomer(room, told=True)
        self.world.passes(seconds)
        self.hotel.audit(on=False)

    @rule(room=st.sampled_from(ROOMS), told=st.booleans())
    def a_newcomer(self, room: str, told: bool) -> None:
        if not self.hotel.in_room(room):
            self.hotel.check_in(f"N{len(self.hotel.people)}", room)
        self._tell(told)

    @rule()
    def reception_tells(self) -> None:
        self.hotel.tell()

    @rule(room=st.sampled_from(ROOMS))
    def a_technician_posts(self, room: str) -> None:
        self.world.try_out(room)

    @rule(hours=st.sampled_from((-1, 1)))
    def the_clock_jumps(self, hours: int) -> None:
        self.world.wall_off += timedelta(hours=hours)

    def _goes(self, person: Person, *, moves: bool) -> None:
        """To the other room or away; who has no number on this wire has a room alone."""
        if not person.room:
            return
        other = ROOMS[1 - ROOMS.index(person.room)]
        crowded = self.hotel.in_room(other) and "" in map(self.hotel.number_of, (person, *self.hotel.in_room(other)))
        if not moves:
            self.hotel.check_out(person)
        elif not crowded:
            self.hotel.move(person, other)

    def _tell(self, told: bool) -> None:
        if told:
            self.hotel.tell()

    @rule(fates=FATES)
    def something_becomes_of_the_next_postings(self, fates: list[Fate]) -> None:
        self.hotel.fates += fates

    @rule(status=st.sampled_from(REFUSALS))
    def the_next_posting_is_refused(self, status: str) -> None:
        self.hotel.refusals.append(status)

    @rule(seconds=st.sampled_from((0.03, 0.2, 2.0, 4.0, 12.0, 31.0, 50.0, 70.0, 320.0)))
    def time_passes(self, seconds: float) -> None:
        self.world.passes(seconds)

    @rule()
    def the_line_is_cut(self) -> None:
        self.hotel.cut()

    @rule()
    def the_interface_restarts(self) -> None:
        self.hotel.restart()

    @rule()
    def the_interface_leaves(self) -> None:
        self.world.during(self.hotel.leave)

    @rule(silent=st.booleans())
    def the_hotel_falls_silent_or_speaks(self, silent: bool) -> None:
        self.hotel.silent = silent

    @rule(reachable=st.booleans())
    def the_hotel_goes_or_comes_back(self, reachable: bool) -> None:
        self.hotel.reachable = reachable
        if not reachable:
            self.hotel.cut()

    @rule(on=st.booleans())
    def night_audit(self, on: bool) -> None:
        self.hotel.audit(on=on)

    @rule()
    def garbage(self) -> None:
        self.hotel.garbage()

    @precondition(lambda self: self.world.link_runs)
    @rule(points=st.integers(1, 12), seconds=st.sampled_from((0.2, 3.5, 35.0)))
    def the_link_is_killed_over_a_charge(self, points: int, seconds: float) -> None:
        self.guests_copy([0])
        self.world.kill_after(points)
        self.world.passes(seconds)
        self.ends["kills"] += not self.world.link_runs

    @precondition(lambda self: self.world.link_runs)
    @rule()
    def the_link_is_stopped(self) -> None:
        self.world.stop_link()

    @precondition(lambda self: not self.world.link_runs)
    @rule()
    def the_link_starts(self) -> None:
        self.world.start_link()

    @precondition(lambda self: not self.hotel.late)
    @rule()
    def a_person_looks_at_the_folio(self) -> None:
        self.world.look_at_the_folio()

    @rule(which=ANY, outcome=st.sampled_from(Outcome))
    def a_person_decides(self, which: int, outcome: Outcome) -> None:
        open_ = self.world.in_state(DeliveryState.UNKNOWN, DeliveryState.REFUSED)
        if open_:
            self._says(open_[which % len(open_)], outcome)

    @rule(
        attempts=st.lists(ATTEMPT, min_size=1, max_size=3),
        word=st.sampled_from(WORDS),
        seconds=st.sampled_from((0.2, 4.0)),
    )
    def a_charge_is_lost_and_sent_again_on_somebodys_word(
        self, attempts: list[tuple[Fate, str]], word: Outcome, seconds: float
    ) -> None:
        """Some of the answers are still to come; ``word`` is the last one about it."""
        self.guests_copy([0])
        for number, (fate, refusal) in enumerate(attempts, 1):
            self.hotel.fates.insert(0, fate)
            self.hotel.refusals[:0] = [refusal] if refusal else []
            self.world.passes(4.0)
            for delivery in self.world.in_state(DeliveryState.UNKNOWN, DeliveryState.REFUSED):
                self._says(delivery, word if number == len(attempts) else Outcome.NOT_POSTED)
        self.world.passes(seconds)

    def _says(self, delivery: Delivery, outcome: Outcome) -> None:
        """Right or wrong; but nobody puts a charge on the folio by hand."""
        if delivery.state is DeliveryState.UNKNOWN or outcome is not Outcome.POSTED:
            self.world.somebody_says(delivery, outcome)

    @invariant()
    def each_charge_once_or_somebody_was_told(self) -> None:
        self.world.judge()

    def teardown(self) -> None:
        try:
            self._to_the_end()
        finally:
            self.world.close()
            shutil.rmtree(self.folder)

    def _to_the_end(self) -> None:
        """All is well again, and a person has looked at what was in doubt: then nothing is left open."""
        world, hotel = self.world, self.hotel
        world.bury()
        hotel.silent, hotel.reachable, hotel.fates, hotel.refusals = False, True, [], []
        hotel.audit(on=False)
        hotel.tell()
        for _ in range(ROUNDS):
            if not world.link_runs:
                world.start_link()
            world.passes(QUIET)
            world.judge()
            world.look_at_the_folio()
            if not world.in_state(*UNDECIDED):
                break
        world.judge_books()
        assert not world.in_state(*UNDECIDED), f"after {ROUNDS} rounds"
        self.ends.update(delivery.state.value for delivery in world.in_state(*DeliveryState))
        self.ends.update(world.surprises())


def run(mode: str, *, sequences: int, begin: int, steps: int = STEPS) -> Counter[str]:
    """So many sequences of ``steps`` from chance ``begin``; how charges ended, what late answers turned up, and kills.

    Raises AssertionError.
    """
    kind = type(f"Hotel_{mode}", (HotelMachine,), {"mode": mode, "ends": Counter()})
    wanted = settings(
        max_examples=sequences,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    with (
        _no_log(),
        mock.patch.object(asyncio, "to_thread", _at_once),
        mock.patch.object(database, "SELDOM", SELDOM),
    ):
        run_state_machine_as_test(seed(begin)(kind), settings=wanted)
    return kind.ends


@contextmanager
def _no_log() -> Iterator[None]:
    usual = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**usual)


async def _at_once(work: Callable[..., Any], *args: Any) -> Any:
    return work(*args)
