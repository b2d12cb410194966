"""Whatever happens: at the time that a guest was promised the exchange has the call, or a person has been told in time.

The model knows who was promised what, and what has arrived at an exchange that keeps one call for a room and minute.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kiosk.engine import LIT
from kiosk.hotel.errands import AnyErrand, WakeUpClear, WakeUpSet, decode
from kiosk.hotel.news import GuestChanged, GuestIn, GuestOut, RollBegan, RollEnded, WakeUpDropped, WakeUpOrdered
from kiosk.outbox import Delivery
from kiosk.register.wake_up_states import AHEAD, OPEN, REQUESTS, UNDER_WAY, WakeUpState
from kiosk.register.wake_up_table import Origin
from kiosk.register.wake_ups import TooManyWakeUps
from tests.register_kit import MINUTE, House, house, local, result, rules

ROOMS = ("0101", "0102")
SHORTLY = 15 * MINUTE


@dataclass
class World:
    """``promised`` are stays and times; ``excused`` what the exchange has for reasons that staff know."""

    at: House
    promised: set[tuple[str, int]] = field(default_factory=set)
    exchange: set[tuple[str, int]] = field(default_factory=set)
    dropped: list[tuple[str, int]] = field(default_factory=list)
    """Taken back at our word, which the exchange may yet tell."""
    taken_over: set[tuple[str, int]] = field(default_factory=set)
    excused: set[tuple[str, int]] = field(default_factory=set)
    houses: set[tuple[str, int]] = field(default_factory=set)
    """Calls that the reception ordered for a room of which the station knows no guest: not the station's to touch."""
    guests: int = 3

    def __post_init__(self) -> None:
        self.at.rooms = {"1": ROOMS[0], "2": ROOMS[0], "3": ROOMS[1]}

    @property
    def rooms(self) -> dict[str, str]:
        assert self.at.rooms is not None
        return self.at.rooms

    def stay(self, index: int) -> str:
        return list(self.rooms)[index % len(self.rooms)]

    def order(self, index: int, ahead: int) -> None:
        stay, when = self.stay(index), self.at.minutes(ahead)
        try:
            self.at.register.wake_ups.order(self.rooms[stay], stay, when)
        except TooManyWakeUps:
            return
        self.promised.add((stay, when - when % MINUTE))

    def order_late(self, index: int, ahead: int) -> None:
        """The guest was in another room when he began; the watch finds out within a minute."""
        stay, when = self.stay(index), self.at.minutes(ahead)
        try:
            self.at.register.wake_ups.order(ROOMS[self.rooms[stay] == ROOMS[0]], stay, when)
        except TooManyWakeUps:
            return
        self.at.pass_minutes(1)
        self.promised.add((stay, when - when % MINUTE))

    def cancel(self, index: int, which: int) -> None:
        stay = self.stay(index)
        for call in self.at.register.wake_ups.of_guest(self.rooms[stay], stay)[which : which + 1]:
            self.at.register.wake_ups.cancel(call.number, self.rooms[stay], stay)
            self.promised -= {(whose, call.at) for whose in call.whose}

    def change(self, index: int, which: int, ahead: int) -> None:
        stay, when = self.stay(index), self.at.minutes(ahead)
        for call in self.at.register.wake_ups.of_guest(self.rooms[stay], stay)[which : which + 1]:
            self.at.register.wake_ups.change(call.number, self.rooms[stay], stay, when)
            if call.at != when - when % MINUTE:
                self.promised -= {(whose, call.at) for whose in call.whose}
                self.promised.add((stay, when - when % MINUTE))

    def elsewhere(self, room: str, ahead: int) -> None:
        """The reception orders a call for the room: it is promised to those who find it on their list."""
        when = self.at.minutes(ahead)
        when -= when % MINUTE
        self.exchange.add((room, when))
        if room not in self.rooms.values():
            self.houses.add((room, when))
        self.at.board.told([WakeUpOrdered(room, local(self.at, when))])
        calls = [call for call in self.at.register.wake_ups.list_open() if (call.room, call.at) == (room, when)]
        for call in calls:
            self.promised |= {(stay, when) for stay in call.whose if stay in self.rooms}
            if call.state not in UNDER_WAY:
                self.excused.add((room, when))

    def drop(self, which: int) -> None:
        """The reception takes a call off."""
        for room, when in sorted(self.exchange)[which : which + 1]:
            self.exchange.discard((room, when))
            self.houses.discard((room, when))
            self.at.board.told([WakeUpDropped(room, local(self.at, when))])
            self.promised -= {(stay, when) for stay, where in self.rooms.items() if where == room}

    def echo(self, word: str) -> None:
        """The exchange tells late that it dropped what we took back."""
        if self.dropped:
            room, when = self.dropped.pop(0)
            if word == "WC":
                self.at.board.told([WakeUpDropped(room, local(self.at, when))])
            else:
                result(self.at, when, "DE", room=room)

    def early(self, which: int, status: str) -> None:
        """A result that is no result of this call."""
        for call in self.at.register.wake_ups.list_open()[which : which + 1]:
            if call.at > self.at.minutes(1) and call.origin is not Origin.TEST:
                result(self.at, call.at, status, room=call.room)

    def out(self, index: int, *, at_once: bool) -> None:
        """A guest leaves; ``at_once`` the next one is in the room before anybody hears of it."""
        stay = self.stay(index)
        room = self.rooms.pop(stay)
        self.guests += 1
        come = str(self.guests)
        if at_once:
            self.rooms[come] = room
            self.at.board.told([GuestOut(room, stay), GuestIn(room, come)])
        else:
            self.at.board.told([GuestOut(room, stay)])
            self.rooms[come] = room
            self.at.board.told([GuestIn(room, come)])
        self.promised = {(whose, when) for whose, when in self.promised if whose != stay}
        assert self.at.register.wake_ups.of_guest(room, come) == [], "nobody inherits a call"

    def move(self, index: int, room: str, told: str) -> None:
        """``told`` as a move, by the check-out and the check-in it is made of with a minute in between, or by a roll
        that calls the old room empty first.
        """
        stay = self.stay(index)
        old = self.rooms[stay]
        if old == room or (told == "out and in" and self.at.register.rules.moves):
            told = "moved"
        self.houses -= {(where, when) for where, when in self.houses if where == room}
        for call in self.at.register.wake_ups.list_open():
            if call.room != old or stay not in call.whose or call.origin is not Origin.HOTEL:
                continue
            if len(call.whose) > 1:
                self.promised.discard((stay, call.at))  # the room's call stays with the room
            elif call.state is WakeUpState.REGISTERED:
                self.exchange.discard((old, call.at))
                self.exchange.add((room, call.at))
        match told:
            case "moved":
                self.rooms[stay] = room
                self.at.board.told([GuestChanged(room, stay, {}, old)])
            case "out and in":
                self.between(stay, [GuestOut(old, stay)])
                self.rooms[stay] = room
                self.at.board.told([GuestIn(room, stay)])
            case "roll":
                alone = old not in [where for other, where in self.rooms.items() if other != stay]
                self.between(stay, [RollBegan(), *[GuestOut(old)] * alone])
                self.rooms[stay] = room
                self.at.board.told([GuestIn(room, stay), RollEnded()])

    def between(self, stay: str, news: list) -> None:
        """The watch looks while the cache knows of no room of that guest."""
        room = self.rooms.pop(stay)
        self.at.board.told(news)
        self.at.watch.look()
        self.rooms[stay] = room

    def restart(self) -> None:
        """Of all that acts on the register nothing is kept but what is on disk."""
        self.at.restart()

    def due(self) -> Delivery | None:
        return self.at.board.errands.next_due()

    def link(self, fate: str) -> None:
        """The link carries out an errand, is refused it, or learns nothing of its fate."""
        delivery = self.due()
        if delivery is None:
            return
        errand = decode(delivery.payload)
        self.at.board.errands.begin(delivery)
        if fate in ("done", "arrived"):
            self.arrive(errand)
        match fate:
            case "done":
                self.at.board.errands.delivered(delivery, "")
            case "refused":
                if isinstance(errand, WakeUpClear):
                    self.excused.add((errand.room, errand.at))
                self.at.board.errands.refused(delivery, "hotel.refused.ur")
            case "arrived" | "lost":
                self.at.board.errands.again(delivery, "timeout", 30.0)

    def arrive(self, errand: AnyErrand) -> None:
        match errand:
            case WakeUpSet(_, room, when):
                self.exchange.add((room, when))
            case WakeUpClear(_, room, when):
                if (room, when) in self.exchange:
                    self.dropped.append((room, when))
                self.exchange.discard((room, when))

    def drain(self) -> None:
        while self.due():
            self.link("done")

    def close(self, which: int) -> None:
        for request in self.at.register.requests.list_open()[which : which + 1]:
            if request.kind in (*REQUESTS.values(), "wake-up-cancelled"):
                room, call = str(request.values["room"]), request.values["call"]
                times = [each.at for each in self.at.register.wake_ups.list_open() if each.number == call]
                self.taken_over |= {(room, when) for when in times}
            self.at.register.requests.close(request.number, "AB")

    def pass_minutes(self, minutes: int) -> None:
        for _ in range(minutes):
            self.at.pass_minutes(1)
            self.check()

    def jump(self, minutes: int) -> None:
        """The station was off, or its clock set."""
        self.at.pass_minutes(minutes)
        self.check()

    def check(self) -> None:
        now, wake_ups = self.at.now, self.at.register.wake_ups
        with_hotel = {(call.room, call.at) for call in wake_ups.list_open() if call.state in UNDER_WAY}
        with_person = {(call.room, call.at) for call in wake_ups.list_open() if call.state not in UNDER_WAY}
        assert self.houses <= self.exchange | with_person, "the house's own calls are left alone"
        self.houses = {(room, when) for room, when in self.houses & with_hotel if when > now}
        for stay, when in sorted(self.promised):
            room = self.rooms[stay]
            if when > now:
                assert when in [call.at for call in wake_ups.of_guest(room, stay)], "it is on the guest's list"
            else:
                assert (room, when) in self.exchange | self.taken_over | self.told(), "somebody calls"
        self.promised = {(stay, when) for stay, when in self.promised if when > now}
        # What has rung does not ring again because the station's clock is set back.
        self.exchange = {(room, when) for room, when in self.exchange if when > now}

    def told(self) -> set[tuple[str, int]]:
        """Rooms and times of which a request is open that has lit the lamp since it was nearly time."""
        with self.at.register.db.reading() as tx:
            rows = list(tx._connection.execute("SELECT kind, details, opened_at FROM requests WHERE state = 'open'"))
        calls = {call.number: call for call in self.at.register.wake_ups.list_open()}
        told = set()
        for kind, details, opened_at in rows:
            values = json.loads(details)
            call = calls.get(values.get("call"))
            if call and kind in LIT and kind != "wake-up-cancelled" and opened_at >= call.at - SHORTLY:
                told.add((values["room"], call.at))
        return told

    def nobody_is_called_for_nothing(self) -> None:
        """Once everything has arrived the exchange calls whom it is to call, or staff know better."""
        self.drain()
        calls = self.at.register.wake_ups.list_open()
        meant = {(call.room, call.at) for call in calls if call.state in UNDER_WAY}
        ahead = {(room, when) for room, when in self.exchange if when > self.at.now}
        held_back = {(errand.room, errand.at) for errand in self.at.queued() if isinstance(errand, WakeUpClear)}
        assert ahead <= meant | self.excused | held_back


def nothing_is_left_open(at: House) -> None:
    with at.register.db.reading() as tx:
        rows = list(tx._connection.execute("SELECT state, room, at FROM wake_ups"))
    for state, room, when in rows:
        if WakeUpState(state) not in OPEN:
            assert room == "" or (state == "cancelled" and when > at.now), "nothing is kept of a call that is over"
        elif WakeUpState(state) in AHEAD:
            assert when + 5 * MINUTE > at.now, "the time of a call does not pass unnoticed"


STAYS = st.integers(0, 2)
WHICH = st.integers(0, 3)
AHEAD_MINUTES = st.sampled_from([6, 20, 60])
STEP = st.one_of(
    st.tuples(st.just("order"), STAYS, AHEAD_MINUTES),
    st.tuples(st.just("order_late"), STAYS, AHEAD_MINUTES),
    st.tuples(st.just("cancel"), STAYS, WHICH),
    st.tuples(st.just("change"), STAYS, WHICH, AHEAD_MINUTES),
    st.tuples(st.just("elsewhere"), st.sampled_from((*ROOMS, "0103")), AHEAD_MINUTES),
    st.tuples(st.just("drop"), WHICH),
    st.tuples(st.just("echo"), st.sampled_from(["WC", "DE"])),
    st.tuples(st.just("early"), WHICH, st.sampled_from(["OK", "NR", "BY", "UR"])),
    st.tuples(st.just("out"), STAYS, st.booleans()),
    st.tuples(st.just("move"), STAYS, st.sampled_from(ROOMS), st.sampled_from(["moved", "out and in", "roll"])),
    st.just(("restart",)),
    st.tuples(st.just("link"), st.sampled_from(["done", "done", "done", "refused", "arrived", "lost"])),
    st.tuples(st.just("close"), WHICH),
    st.tuples(st.just("alive"), st.booleans()),
    st.tuples(st.just("pass"), st.sampled_from([1, 7, 50])),
    st.tuples(st.just("jump"), st.sampled_from([-90, 1, 30, 1500])),
    st.just(("drain",)),
    st.just(("settled",)),
)


def act(world: World, step: tuple) -> None:
    match step:
        case ("out", index, at_once):
            world.out(index, at_once=at_once)
        case ("alive", alive):
            world.at.alive = alive
        case ("pass", minutes):
            world.pass_minutes(minutes)
        case ("settled",):
            world.nobody_is_called_for_nothing()
        case (verb, *given_with):
            getattr(world, verb)(*given_with)


ORDERED = [("order", 0, 60), ("drain",)]
AGAIN = [*ORDERED, ("cancel", 0, 0), ("drain",), *ORDERED]
PERHAPS_CANCELLED = [*ORDERED, ("cancel", 0, 0), ("link", "arrived"), ("order", 0, 60), ("link", "done")]

PLANS = [
    *(rules(moves=False), rules(by="operator", moves=False), rules(test_room="9000", moves=False)),
    *(rules(results=False), rules(results=False, untold="look", moves=False)),
]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(PLANS), st.lists(STEP, max_size=25))
@example(rules(by="operator"), [("order", 0, 60)])
@example(rules(), [*ORDERED, ("early", 0, "UR")])
@example(rules(), [*AGAIN, ("echo", "DE")])
@example(rules(), [*AGAIN, ("echo", "WC")])
@example(rules(), [("order", 0, 60), ("link", "arrived"), ("pass", 1), ("link", "refused"), ("settled",)])
@example(rules(), [*PERHAPS_CANCELLED, ("pass", 1), ("link", "arrived")])
@example(rules(), [("order", 1, 60), *ORDERED, ("cancel", 0, 0), ("link", "arrived")])
def test_whatever_happens_a_promised_call_is_made_or_a_person_has_been_told(plan, steps):
    with TemporaryDirectory() as folder, house(Path(folder), plan) as at:
        world = World(at)
        for step in steps:
            act(world, step)
            world.at.watch.look()
            world.check()
        world.pass_minutes(90)
        world.nobody_is_called_for_nothing()
        nothing_is_left_open(at)
        at.pass_minutes(3000)
        at.watch.look()
        nothing_is_left_open(at)
        for request in at.register.requests.list_open():
            at.register.requests.close(request.number, "AB")
        at.watch.look()
        assert at.register.wake_ups.list_open() == []
