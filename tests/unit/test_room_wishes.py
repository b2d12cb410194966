"""Do not disturb and make up room: the last wish holds, ends with its time or the stay, and is shown or told."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.hotel.errands import RoomWished, decode
from kiosk.hotel.news import GuestChanged, GuestOut, RollBegan, RoomTold
from kiosk.outbox import Delivery
from tests.register_kit import House, house, rules

ROOM, STAY = "0808", "31001"
STAFF = rules(wishes=False)


def wish(at: House, what: str, until: int | None = None, room: str = ROOM, stay: str = STAY) -> None:
    at.register.wishes.wish(room, stay, what, until, "v1", "en")


def held(at: House, room: str = ROOM) -> tuple[str, int | None]:
    found = at.register.wishes.of(room)
    return (found.wish, found.until) if found else ("none", None)


def asked(at: House) -> list[dict]:
    """Without the reservation, which is for the register to know whose it is."""
    values = [dict(request.values) for request in at.register.requests.list_open()]
    assert all(each.pop("reservation") for each in values)
    return values


def test_a_wish_holds_and_is_shown(tmp_path):
    with house(tmp_path) as at:
        wish(at, "do-not-disturb")
        assert held(at) == ("do-not-disturb", None)
        assert at.carry_out() == [RoomWished(ROOM, STAY, "do-not-disturb")]


def test_the_last_wish_counts_and_an_older_one_is_not_sent_any_more(tmp_path):
    with house(tmp_path) as at:
        wish(at, "do-not-disturb")
        wish(at, "make-up")
        assert at.carry_out() == [RoomWished(ROOM, STAY, "make-up")]


def test_a_wish_under_way_when_another_is_made_does_not_have_the_last_word(tmp_path):
    with house(tmp_path) as at:
        wish(at, "do-not-disturb")
        under_way = at.board.errands.next_due()
        at.board.errands.begin(under_way)
        wish(at, "make-up")
        at.board.errands.again(under_way, "timeout", 30)
        assert at.carry_out() == [RoomWished(ROOM, STAY, "make-up")]
        at.clock.move(seconds=31)
        assert [errand.wish for errand in at.carry_out()] == ["do-not-disturb", "make-up"]


def test_a_wish_ends_with_its_time(tmp_path):
    with house(tmp_path) as at:
        wish(at, "do-not-disturb", at.minutes(60))
        at.carry_out()
        at.pass_minutes(59)
        assert held(at)[0] == "do-not-disturb"
        at.pass_minutes(1)
        assert held(at) == ("none", None)
        assert at.carry_out() == [RoomWished(ROOM, STAY, "none")]


def test_a_time_that_was_replaced_lifts_nothing(tmp_path):
    with house(tmp_path) as at:
        wish(at, "do-not-disturb", at.minutes(60))
        wish(at, "do-not-disturb", at.minutes(240))
        at.carry_out()
        at.pass_minutes(60)
        assert held(at)[0] == "do-not-disturb"
        assert at.queued() == []


def test_a_wish_ends_with_the_stay(tmp_path):
    with house(tmp_path) as at:
        wish(at, "do-not-disturb")
        at.carry_out()
        at.board.told([GuestOut(ROOM, STAY)])
        assert held(at) == ("none", None)
        assert at.carry_out() == [RoomWished(ROOM, STAY, "none")]


def test_a_sharers_check_out_leaves_the_others_wish(tmp_path):
    with house(tmp_path) as at:
        wish(at, "do-not-disturb")
        at.board.told([GuestOut(ROOM, "31002")])
        assert held(at)[0] == "do-not-disturb"


def test_a_sharers_check_out_leaves_what_was_set_when_nobody_knew_who_was_there(tmp_path):
    with house(tmp_path) as at:
        at.board.told([RoomTold(ROOM, do_not_disturb=True)])
        at.rooms = {"31002": ROOM}
        at.board.told([GuestOut(ROOM, STAY)])
        assert held(at)[0] == "do-not-disturb"
        at.rooms = {}
        at.board.told([GuestOut(ROOM, "31002")])
        assert held(at)[0] == "none"


def test_a_wish_moves_with_the_guest(tmp_path):
    with house(tmp_path) as at:
        wish(at, "do-not-disturb", at.minutes(60))
        at.carry_out()
        at.board.told([GuestChanged("0909", STAY, {}, ROOM)])
        assert (held(at), held(at, "0909")) == (("none", None), ("do-not-disturb", at.minutes(60)))
        assert {(errand.room, errand.wish) for errand in at.carry_out()} == {
            (ROOM, "none"),
            ("0909", "do-not-disturb"),
        }


def test_who_moves_in_with_another_guest_leaves_that_ones_wish_alone(tmp_path):
    with house(tmp_path) as at:
        wish(at, "make-up")
        wish(at, "do-not-disturb", room="0909", stay="31002")
        at.carry_out()
        at.board.told([GuestChanged("0909", STAY, {}, ROOM)])
        assert (held(at)[0], held(at, "0909")[0]) == ("none", "do-not-disturb")
        assert at.carry_out() == [RoomWished(ROOM, STAY, "none")]


def test_set_or_lifted_at_the_telephone_it_is_known_here(tmp_path):
    with house(tmp_path) as at:
        at.board.told([RoomTold(ROOM, do_not_disturb=True)])
        assert held(at) == ("do-not-disturb", None)
        at.board.told([RoomTold(ROOM, do_not_disturb=False)])
        assert held(at) == ("none", None)
        assert at.queued() == []


def test_our_own_wish_told_back_keeps_its_time(tmp_path):
    with house(tmp_path) as at:
        wish(at, "do-not-disturb", at.minutes(60))
        at.board.told([RoomTold(ROOM, do_not_disturb=True)])
        assert held(at) == ("do-not-disturb", at.minutes(60))


def test_what_the_telephone_showed_before_our_word_arrived_undoes_nothing(tmp_path):
    with house(tmp_path) as at:
        wish(at, "do-not-disturb")
        under_way = at.board.errands.next_due()
        at.board.errands.begin(under_way)
        at.board.told([RoomTold(ROOM, do_not_disturb=False)])
        at.board.errands.delivered(under_way, "")
        assert held(at) == ("do-not-disturb", None)
        wish(at, "none")
        at.board.told([RoomTold(ROOM, do_not_disturb=True)])
        assert [errand.wish for errand in at.carry_out()] == ["none"]
        assert held(at) == ("none", None)


def test_what_a_room_without_a_known_guest_shows_is_not_ours_to_lift(tmp_path):
    with house(tmp_path) as at:
        at.rooms = {STAY: ROOM}
        at.board.told([RoomTold("0909", do_not_disturb=True)])
        at.find_out()
        assert (held(at, "0909"), at.queued()) == (("none", None), [])


def test_a_state_told_while_our_wish_waits_does_not_undo_it(tmp_path):
    with house(tmp_path) as at:
        wish(at, "do-not-disturb")
        at.board.told([RoomTold(ROOM, do_not_disturb=False)])
        assert held(at)[0] == "do-not-disturb"


def test_where_nothing_can_be_shown_staff_are_asked_and_the_newest_wish_replaces_the_older(tmp_path):
    with house(tmp_path, STAFF) as at:
        wish(at, "make-up")
        wish(at, "do-not-disturb", at.minutes(60))
        assert asked(at) == [{"room": ROOM, "wish": "do-not-disturb", "until": "2026-03-01 21:00"}]
        assert at.queued() == []


def test_a_wish_lifted_before_staff_knew_of_it_needs_nobody(tmp_path):
    with house(tmp_path, STAFF) as at:
        wish(at, "make-up")
        wish(at, "none")
        assert asked(at) == []


def test_a_wish_lifted_after_staff_have_seen_to_it_is_told(tmp_path):
    with house(tmp_path, STAFF) as at:
        wish(at, "do-not-disturb")
        at.close_request("room-wish")
        wish(at, "none")
        assert asked(at) == [{"room": ROOM, "wish": "none"}]


def test_what_the_hotel_system_refuses_or_cannot_be_told_is_staffs(tmp_path):
    with house(tmp_path) as at:
        wish(at, "make-up")
        at.refuse()
        assert asked(at) == [{"room": ROOM, "wish": "make-up"}]
        wish(at, "do-not-disturb", room="0909", stay="31002")
        at.pass_minutes(15)
        assert asked(at)[1] == {"room": "0909", "wish": "do-not-disturb"}
        assert at.queued() == []


@pytest.mark.parametrize("plan", [rules(), STAFF])
def test_to_make_up_the_room_is_wished_for_the_day(tmp_path, plan):
    with house(tmp_path, plan) as at:
        wish(at, "make-up")  # at eight in the evening the floor has made its round: it is for tomorrow
        at.carry_out()
        at.pass_minutes(28 * 60 - 1)
        assert held(at)[0] == "make-up"
        at.pass_minutes(1)
        assert held(at) == ("none", None)
        assert asked(at) == []


@pytest.mark.parametrize("refused", [False, True])
def test_a_room_that_was_made_up_is_wished_for_no_more(tmp_path, refused):
    with house(tmp_path, rules() if refused else STAFF) as at:
        wish(at, "make-up")
        if refused:
            at.refuse()
        assert held(at)[0] == "make-up"
        at.close_request("room-wish")
        assert held(at) == ("none", None)
        wish(at, "make-up")
        if refused:
            at.refuse()
        assert asked(at) == [{"room": ROOM, "wish": "make-up"}]


def test_to_make_up_the_room_can_be_wished_again(tmp_path):
    with house(tmp_path) as at:
        for _ in range(2):
            wish(at, "make-up")
            assert at.carry_out() == [RoomWished(ROOM, STAY, "make-up")]


def test_what_staff_were_asked_ends_and_moves_with_the_stay(tmp_path):
    with house(tmp_path, STAFF) as at:
        wish(at, "make-up")
        at.board.told([GuestChanged("0909", STAY, {}, ROOM)])
        assert asked(at) == [{"room": "0909", "wish": "make-up"}]
        assert held(at, "0909")[0] == "make-up"
        at.rooms = {}
        at.find_out()
        assert asked(at) == []


def test_that_nothing_is_wished_any_more_is_not_told_of_a_guest_who_left(tmp_path):
    with house(tmp_path, STAFF) as at:
        wish(at, "do-not-disturb")
        at.close_request("room-wish")
        wish(at, "none")
        at.board.told([GuestOut(ROOM, STAY)])
        assert asked(at) == []


def test_a_refusal_of_what_is_wished_no_more_asks_nobody(tmp_path):
    with house(tmp_path) as at:
        wish(at, "make-up")
        under_way = at.board.errands.next_due()
        at.board.errands.begin(under_way)
        wish(at, "do-not-disturb")
        at.board.errands.refused(under_way, "hotel.refused.ur")
        assert asked(at) == []
        assert held(at)[0] == "do-not-disturb"


@dataclass
class Hotel:
    """The guest, who wishes at the kiosk and at the telephone, and the hotel system, which tells what it shows."""

    at: House
    shown: dict[str, str] = field(default_factory=dict)
    """By room; "none" where nothing is."""
    under_way: Delivery | None = None
    room: str = ROOM
    guests: int = 0

    def __post_init__(self) -> None:
        self.at.rooms = {STAY: ROOM}

    @property
    def stay(self) -> str:
        (stay,) = self.at.rooms
        return stay

    def wish(self, what: str, minutes: int | None) -> None:
        until = None if minutes is None else self.at.minutes(minutes)
        self.at.register.wishes.wish(self.room, self.stay, what, until)

    def send(self) -> None:
        """An errand is on the wire."""
        errands = self.at.board.errands
        if self.under_way is None and (due := errands.next_due()):
            errands.begin(due)
            self.under_way = due

    def arrive(self, *, known: bool = True) -> None:
        """It has arrived; whether that is ``known`` is another matter."""
        if self.under_way is None:
            return
        errand, errands = decode(self.under_way.payload), self.at.board.errands
        self.shown[errand.room] = errand.wish
        if known:
            errands.delivered(self.under_way, "")
        else:
            errands.again(self.under_way, "timeout", 5)
        self.under_way = None

    def lose(self) -> None:
        """It has not."""
        if self.under_way is not None:
            self.at.board.errands.again(self.under_way, "cut", 5)
        self.under_way = None

    def drain(self) -> None:
        self.arrive()
        while self.at.board.errands.next_due():
            self.send()
            self.arrive()

    def telephone(self, *, on: bool) -> None:
        """The guest presses the key for do not disturb."""
        if on or self.shown.get(self.room) == "do-not-disturb":
            self.shown[self.room] = "do-not-disturb" if on else "none"
        self.tell()

    def tell(self) -> None:
        """For whatever reason, the lamp of a message perhaps."""
        self.at.board.told([RoomTold(self.room, self.shown.get(self.room) == "do-not-disturb")])

    def move(self, told: str) -> None:
        old, self.room = self.room, "0909" if self.room == ROOM else ROOM
        stay = self.stay
        if told == "roll":
            self.at.rooms = {}
            self.at.board.told([RollBegan(), GuestOut(old)])
            self.at.register.sweep(self.at.room_of)
        self.at.rooms = {stay: self.room}
        self.at.board.told([GuestChanged(self.room, stay, {}, old)])

    def out(self) -> None:
        """Another guest has the room."""
        self.guests += 1
        stay, self.at.rooms = self.stay, {f"new{self.guests}": self.room}
        self.at.board.told([GuestOut(self.room, stay)])

    def clock(self, minutes: int) -> None:
        self.at.clock.move(minutes=minutes)
        self.at.register.wishes.lift_due()


STEP = st.one_of(
    st.tuples(st.just("wish"), st.sampled_from(["none", "do-not-disturb", "make-up"]), st.sampled_from([None, 1, 30])),
    *(st.just((verb,)) for verb in ("send", "arrive", "lose", "drain", "tell", "out")),
    st.just(("arrive-unknown",)),
    st.tuples(st.just("telephone"), st.booleans()),
    st.tuples(st.just("move"), st.sampled_from(["moved", "roll"])),
    st.tuples(st.just("clock"), st.sampled_from([-5, 1, 31])),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=20))
def test_in_the_end_the_hotel_system_shows_what_the_guest_wished_last(steps):
    with TemporaryDirectory() as folder, house(Path(folder)) as at:
        hotel = Hotel(at)
        for step in steps:
            match step:
                case ("arrive-unknown",):
                    hotel.arrive(known=False)
                case ("telephone", on):
                    hotel.telephone(on=on)
                case (verb, *given_with):
                    getattr(hotel, verb)(*given_with)
            if step[0] == "wish":
                assert held(at, hotel.room)[0] == step[1], "what is wished holds"
        hotel.clock(1)
        hotel.drain()
        hotel.clock(1)
        hotel.drain()
        for room in (ROOM, "0909"):
            assert hotel.shown.get(room, "none") == held(at, room)[0]
        assert held(at, "0909" if hotel.room == ROOM else ROOM)[0] == "none", "a wish is its guest's"
