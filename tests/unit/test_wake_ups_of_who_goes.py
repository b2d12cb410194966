"""Wake-up calls of guests who check out or move, whatever is told of it and in which order."""

from __future__ import annotations

import pytest

from kiosk.hotel.errands import WakeUpClear, WakeUpSet
from kiosk.hotel.news import GuestChanged, GuestIn, GuestOut, RollBegan, RollEnded, WakeUpOrdered
from tests.register_kit import ROOM, STAY, house, local, order, rules

OPERATOR = rules(by="operator")


def test_check_out_clears_the_guests_calls_and_no_others(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        order(at, 90, stay="31002")
        order(at, 90, room="0909", stay="31003")
        at.carry_out()
        at.board.told([GuestOut(ROOM, STAY)])
        assert at.states() == ["cleared", "registered", "registered"]
        assert [type(errand) for errand in at.carry_out()] == [WakeUpClear]


def test_an_emptied_room_clears_what_is_nobodys_at_once_and_every_call_when_it_is_seen_empty(tmp_path):
    with house(tmp_path) as at:
        at.rooms = {}
        order(at, 60)
        order(at, 90, stay="")
        at.board.told([GuestOut(ROOM)])
        assert at.states() == ["ordered", "cleared"]
        at.find_out()
        assert at.states() == ["cleared", "cleared"]


def test_a_roll_that_calls_the_old_room_empty_first_loses_no_call_of_who_moved_meanwhile(tmp_path):
    with house(tmp_path) as at:
        at.rooms = {STAY: ROOM}
        order(at, 60)
        at.carry_out()
        at.rooms = {}
        at.board.told([RollBegan(), GuestOut(ROOM)])
        at.pass_minutes(1)
        at.rooms = {STAY: "0909"}
        at.board.told([GuestIn("0909", STAY), RollEnded()])
        assert [call.room for call in at.register.wake_ups.list_open()] == ["0909"]


def test_where_moves_are_told_as_a_check_out_and_a_check_in_the_calls_move_all_the_same(tmp_path):
    with house(tmp_path, rules(moves=False)) as at:
        at.rooms = {STAY: ROOM, "31002": "0910"}
        order(at, 60)
        order(at, 60, "0910", "31002")
        at.carry_out()
        at.rooms = {}
        at.board.told([GuestOut(ROOM, STAY), GuestOut("0910", "31002")])
        at.pass_minutes(1)
        at.rooms = {STAY: "0909"}
        at.board.told([GuestIn("0909", STAY)])
        at.find_out()
        assert [call.room for call in at.register.wake_ups.list_open()] == ["0909"]


def test_who_is_moved_while_looking_at_the_list_still_has_it_and_orders_for_the_new_room(tmp_path):
    with house(tmp_path) as at:
        at.rooms = {STAY: ROOM}
        order(at, 60)
        order(at, 90)
        at.carry_out()
        at.rooms = {STAY: "0909"}
        at.board.told([GuestChanged("0909", STAY, {}, ROOM)])
        gone, _kept = at.register.wake_ups.of_guest(ROOM, STAY)
        at.register.wake_ups.cancel(gone.number, ROOM, STAY)
        order(at, 120)
        at.pass_minutes(1)
        assert [(call.room, call.at) for call in at.register.wake_ups.list_open()] == [
            ("0909", at.minutes(89)),
            ("0909", at.minutes(119)),
        ]


def test_who_is_moved_while_looking_at_the_list_has_the_call_changed_where_it_is(tmp_path):
    with house(tmp_path) as at:
        number = order(at, 60)
        at.board.told([GuestChanged("0909", STAY, {}, ROOM)])
        (moved,) = at.register.wake_ups.of_guest(ROOM, STAY)
        assert moved.number != number
        changed = at.register.wake_ups.change(moved.number, ROOM, STAY, at.minutes(90))
        assert at.carry_out()[-1] == WakeUpSet(changed, "0909", at.minutes(90), STAY)


def test_a_call_that_has_rung_is_not_ordered_once_more_because_its_guest_moves(tmp_path):
    with house(tmp_path) as at:
        order(at, 20)
        at.carry_out()
        at.pass_minutes(21)
        at.board.told([GuestChanged("0909", STAY, {}, ROOM)])
        assert (at.states(), at.asked(), at.queued()) == (["registered"], [], [])
        at.pass_minutes(5)
        assert [(r.kind, r.values["room"]) for r in at.register.requests.list_open()] == [
            ("wake-up-unconfirmed", "0909")
        ]


def test_when_the_last_guest_has_left_so_have_the_calls_ordered_for_the_room(tmp_path):
    with house(tmp_path) as at:
        at.rooms = {"31003": "0909"}
        at.board.told([WakeUpOrdered(ROOM, local(at, at.minutes(60))), GuestOut(ROOM, STAY)])
        assert at.states() == ["cleared"]


def test_at_check_out_the_operator_need_not_call(tmp_path):
    with house(tmp_path, OPERATOR) as at:
        order(at)
        at.board.told([GuestOut(ROOM, STAY)])
        assert at.asked() == []


@pytest.mark.parametrize(
    "news",
    [GuestChanged("0909", STAY, {}, ROOM), GuestIn("0909", STAY)],
    ids=["moved", "named in another room"],
)
def test_the_calls_move_with_the_guest(tmp_path, news):
    with house(tmp_path) as at:
        order(at, 60)
        at.carry_out()
        at.board.told([news])
        (call,) = at.register.wake_ups.of_guest("0909", STAY)
        assert call.at == at.minutes(60)
        assert [(type(errand), errand.room) for errand in at.carry_out()] == [
            (WakeUpClear, ROOM),
            (WakeUpSet, "0909"),
        ]


def test_who_is_gone_at_the_end_of_a_roll_has_checked_out_and_who_moved_has_moved(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        order(at, 60, room="0909", stay="31002")
        order(at, 60, room="0910", stay="31003")
        at.rooms = {"31002": "0909", "31003": "0911"}
        at.board.told([RollBegan(), RollEnded()])
        assert [(c.room, c.reservation) for c in at.register.wake_ups.list_open()] == [
            ("0909", "31002"),
            ("0911", "31003"),
        ]


def test_the_watch_makes_up_for_a_check_out_nobody_heard_of(tmp_path):
    with house(tmp_path) as at:
        order(at)
        at.rooms = {}
        at.find_out()
        assert at.states() == ["cleared"]


def test_a_cache_that_does_not_know_everybody_clears_nothing(tmp_path):
    with house(tmp_path) as at:
        order(at)
        at.rooms = None
        at.board.told([RollEnded()])
        at.watch.look()
        assert at.states() == ["ordered"]
