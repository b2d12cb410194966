"""Whose a wake-up call is when several sleep in a room, when they move, and when others come after them."""

from __future__ import annotations

import pytest

from kiosk.hotel.errands import WakeUpClear, WakeUpSet
from kiosk.hotel.news import (
    GuestChanged,
    GuestIn,
    GuestOut,
    RollBegan,
    RollEnded,
    RoomTold,
    WakeUpDropped,
    WakeUpOrdered,
)
from kiosk.register.wake_up_table import Origin
from tests.register_kit import ROOM, STAY, house, local, order, result, rules

OTHER, SHARER = "0909", "31002"


def at_reception(at, ahead: float = 60) -> None:
    at.board.told([WakeUpOrdered(ROOM, local(at, at.minutes(ahead)))])


ROLL = [RollBegan(), GuestIn(ROOM, "new"), RollEnded()]
AT_ONCE = [GuestOut(ROOM, STAY), GuestIn(ROOM, "new")]


@pytest.mark.parametrize("news", [AT_ONCE, ROLL], ids=["check-out and check-in at once", "while the link was down"])
def test_what_was_ordered_at_the_reception_or_set_on_the_telephone_is_not_the_next_guests(tmp_path, news):
    with house(tmp_path) as at:
        at.rooms = {STAY: ROOM}
        at_reception(at, 600)
        at.board.told([RoomTold(ROOM, do_not_disturb=True)])
        assert len(at.register.wake_ups.of_guest(ROOM, STAY)) == 1
        at.rooms = {"new": ROOM}
        at.board.told(news)
        assert at.register.wake_ups.of_guest(ROOM, "new") == []
        assert at.register.wishes.of(ROOM) is None


def test_what_was_ordered_for_a_room_without_a_known_guest_is_not_taken_back(tmp_path):
    """One of the staff's, or of a guest who is still to be told of."""
    with house(tmp_path) as at:
        at.rooms = {STAY: "0909"}
        at_reception(at)
        at.find_out()
        assert (at.states(), at.queued()) == (["registered"], [])


def test_ordered_at_the_reception_too_it_is_taken_back_there_though_never_sent(tmp_path):
    with house(tmp_path) as at:
        number = order(at, 60)
        at_reception(at)
        at.register.wake_ups.cancel(number, ROOM, STAY)
        assert [type(errand) for errand in at.carry_out()] == [WakeUpClear]


def test_ordered_while_nobody_knew_who_is_in_the_room_it_is_theirs_as_soon_as_that_is_known(tmp_path):
    with house(tmp_path) as at:
        at_reception(at)
        at.rooms = {STAY: ROOM}
        at.board.told([RollBegan(), RollEnded()])
        at.rooms = {"new": ROOM}
        at.board.told([GuestOut(ROOM, STAY), GuestIn(ROOM, "new")])
        assert at.states() == ["cleared"]


def test_of_sharers_each_may_cancel_what_was_ordered_at_the_reception_and_the_last_one_takes_it_along(tmp_path):
    with house(tmp_path) as at:
        at.rooms = {STAY: ROOM, SHARER: ROOM}
        at_reception(at, 60)
        at_reception(at, 90)
        (call, _) = at.register.wake_ups.of_guest(ROOM, SHARER)
        at.register.wake_ups.cancel(call.number, ROOM, SHARER)
        at.rooms = {SHARER: ROOM}
        at.board.told([GuestOut(ROOM, STAY)])
        assert at.states() == ["cancelled", "registered"]
        assert len(at.register.wake_ups.of_guest(ROOM, SHARER)) == 1
        at.rooms = {"new": ROOM}
        at.board.told([GuestOut(ROOM, SHARER), GuestIn(ROOM, "new")])
        assert at.states() == ["cancelled", "cleared"]


def test_of_sharers_one_who_moves_leaves_the_rooms_call_to_the_other(tmp_path):
    with house(tmp_path) as at:
        at.rooms = {STAY: ROOM, SHARER: ROOM}
        at_reception(at)
        at.rooms = {STAY: OTHER, SHARER: ROOM}
        at.board.told([GuestChanged(OTHER, STAY, {}, ROOM)])
        assert at.register.wake_ups.of_guest(OTHER, STAY) == []
        (call,) = at.register.wake_ups.of_guest(ROOM, SHARER)
        assert (call.origin, call.room) == (Origin.HOTEL, ROOM)


def test_when_one_of_two_who_want_the_same_minute_leaves_the_other_is_set_again(tmp_path):
    with house(tmp_path) as at:
        at.rooms = {STAY: ROOM, SHARER: ROOM}
        when = at.minutes(120)
        order(at)
        order(at, stay=SHARER)
        at.carry_out()
        at.rooms = {SHARER: ROOM}
        at.board.told([GuestOut(ROOM, STAY)])
        assert at.carry_out() == [WakeUpClear(1, ROOM, when, STAY), WakeUpSet(2, ROOM, when, SHARER)]
        assert at.states() == ["cleared", "registered"]
        at.board.told([WakeUpDropped(OTHER, local(at, when))])
        assert at.states() == ["cleared", "registered"]


def test_a_call_lost_with_anothers_and_not_taken_again_is_a_persons(tmp_path):
    with house(tmp_path) as at:
        first = order(at)
        order(at, stay=SHARER)
        at.carry_out()
        at.register.wake_ups.cancel(first, ROOM, STAY)
        at.take()
        at.refuse()
        assert at.states() == ["cancelled", "with-operator"]
        assert at.asked() == ["wake-up"]


def test_a_cancelling_the_hotel_refuses_leaves_the_other_call_of_the_minute_registered(tmp_path):
    with house(tmp_path) as at:
        first = order(at)
        order(at, stay=SHARER)
        at.carry_out()
        at.register.wake_ups.cancel(first, ROOM, STAY)
        at.refuse()
        at.carry_out()
        assert at.states() == ["cancelled", "registered"]


def test_ordered_at_the_reception_while_our_cancelling_waits_it_is_set_again_after_it(tmp_path):
    with house(tmp_path) as at:
        number, when = order(at), at.minutes(120)
        at.carry_out()
        at.register.wake_ups.cancel(number, ROOM, STAY)
        at_reception(at, 120)
        assert [type(errand) for errand in at.carry_out()] == [WakeUpClear, WakeUpSet]
        assert at.states() == ["cancelled", "registered"]
        assert [call.at for call in at.register.wake_ups.of_guest(ROOM, STAY)] == [when]


@pytest.mark.parametrize("status", ["NR", None], ids=["unanswered", "unconfirmed"])
def test_whoever_is_to_go_to_the_room_goes_where_the_guest_moved_to(tmp_path, status):
    with house(tmp_path) as at:
        at.rooms = {STAY: ROOM}
        order(at, 30)
        at.carry_out()
        at.pass_minutes(30)
        if status:
            result(at, at.now, status)
        at.pass_minutes(5)
        (before,) = at.register.requests.list_open()
        at.rooms = {STAY: OTHER}
        at.board.told([GuestChanged(OTHER, STAY, {}, ROOM)])
        (request,) = at.register.requests.list_open()
        assert (request.kind, request.values["room"]) == (before.kind, OTHER)
        assert request.number > before.number, "the lamp is lit once more"
        with at.register.db.reading() as tx:
            assert at.register._kept_in(tx) == {(OTHER, STAY)}, "there is nothing left to sweep"


def test_whoever_has_been_there_does_not_go_again_because_the_guest_moves(tmp_path):
    with house(tmp_path) as at:
        order(at, 30)
        at.pass_minutes(60)
        at.close_request("wake-up-missed")
        at.board.told([GuestChanged(OTHER, STAY, {}, ROOM)])
        assert (at.states(), at.asked()) == (["attended"], [])


def test_the_operators_call_of_the_reception_moves_with_its_request(tmp_path):
    with house(tmp_path, rules(test_room="9000")) as at:
        at.rooms = {STAY: ROOM}
        at_reception(at, 40)
        at.watch.look()
        at.refuse()
        at.watch.look()
        at.rooms = {STAY: OTHER}
        at.board.told([GuestChanged(OTHER, STAY, {}, ROOM)])
        rooms = {request.kind: request.values.get("room") for request in at.register.requests.list_open()}
        assert rooms == {"wake-up-test-failed": None, "wake-up": OTHER}
