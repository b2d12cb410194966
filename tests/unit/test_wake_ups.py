"""Wake-up calls: whatever happens, each is answered, attended, cancelled or cleared, or a person has been told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from kiosk.hotel.errands import WakeUpClear, WakeUpSet
from kiosk.hotel.news import WakeUpDropped, WakeUpOrdered, WakeUpResult
from kiosk.register.test_calls import day_of
from kiosk.register.wake_up_states import OPEN, REQUESTS, TRANSITIONS, IllegalWakeUp, WakeUpEvent, WakeUpState
from kiosk.register.wake_up_table import NoWakeUp, Origin
from tests.register_kit import MINUTE, ROOM, STAY, everything_in, house, local, order, result, rules

OPERATOR = rules(by="operator")


def test_an_order_is_registered_when_the_hotel_system_has_it(tmp_path):
    with house(tmp_path) as at:
        number, when = order(at), at.minutes(120)
        assert at.states() == ["ordered"]
        assert at.carry_out() == [WakeUpSet(number, ROOM, when, STAY)]
        assert at.states() == ["registered"]
        assert at.asked() == []


def test_seconds_are_left_out_and_the_same_minute_is_one_call(tmp_path):
    with house(tmp_path) as at:
        number = at.register.wake_ups.order(ROOM, STAY, at.minutes(60) + 12_345)
        assert at.register.wake_ups.order(ROOM, STAY, at.minutes(60) + 54_321) == number
        (call,) = at.register.wake_ups.list_open()
        assert call.at == at.minutes(60)


def test_sharers_each_have_their_own_call_of_the_same_minute_and_leaving_one_leaves_the_other(tmp_path):
    with house(tmp_path) as at:
        first, second = order(at), order(at, stay="31002")
        assert first != second
        at.carry_out()
        at.register.wake_ups.cancel(first, ROOM, STAY)
        assert at.states() == ["cancelled", "ordered"], "a hotel system that goes by rooms loses both"
        when = at.minutes(120)
        assert at.carry_out() == [WakeUpClear(first, ROOM, when, STAY), WakeUpSet(second, ROOM, when, "31002")]
        assert at.states() == ["cancelled", "registered"]


def test_the_list_is_in_time_order_and_a_guests_own(tmp_path):
    with house(tmp_path) as at:
        for ahead in (300, 60, 180):
            order(at, ahead)
        order(at, 90, room="0909", stay="31002")
        mine = at.register.wake_ups.of_guest(ROOM, STAY)
        assert [call.at for call in mine] == [at.minutes(ahead) for ahead in (60, 180, 300)]
        assert [call.at for call in at.register.wake_ups.list_open()] == [at.minutes(n) for n in (60, 90, 180, 300)]


def test_a_call_that_was_never_sent_is_cancelled_without_a_word_to_the_hotel(tmp_path):
    with house(tmp_path) as at:
        at.register.wake_ups.cancel(order(at), ROOM, STAY)
        assert at.queued() == []
        assert at.states() == ["cancelled"]


def test_a_registered_call_is_cancelled_at_the_hotel_too(tmp_path):
    with house(tmp_path) as at:
        number, when = order(at), at.minutes(120)
        at.carry_out()
        at.register.wake_ups.cancel(number, ROOM, STAY)
        assert at.carry_out() == [WakeUpClear(number, ROOM, when, STAY)]


def test_a_change_cancels_and_orders_in_this_order(tmp_path):
    with house(tmp_path) as at:
        number = order(at)
        at.carry_out()
        changed = at.register.wake_ups.change(number, ROOM, STAY, at.minutes(180))
        assert at.carry_out() == [
            WakeUpClear(number, ROOM, at.minutes(120), STAY),
            WakeUpSet(changed, ROOM, at.minutes(180), STAY),
        ]
        assert at.states() == ["cancelled", "registered"]


def test_a_change_to_the_same_minute_changes_nothing(tmp_path):
    with house(tmp_path) as at:
        number = order(at)
        at.carry_out()
        assert at.register.wake_ups.change(number, ROOM, STAY, at.minutes(120) + 5_000) == number
        assert at.queued() == []


@pytest.mark.parametrize("whose", [("0909", ""), ("0909", "31002"), (ROOM, "31002")])
def test_nobody_changes_or_cancels_another_guests_call(tmp_path, whose):
    with house(tmp_path) as at:
        number = order(at)
        with pytest.raises(NoWakeUp):
            at.register.wake_ups.cancel(number, *whose)
        with pytest.raises(NoWakeUp):
            at.register.wake_ups.change(number, *whose, at.minutes(30))
        assert at.states() == ["ordered"]


def test_an_order_put_off_and_cancelled_meanwhile_is_not_sent_after_its_cancelling(tmp_path):
    with house(tmp_path) as at:
        number = order(at)
        at.put_off(pause=30)
        at.register.wake_ups.cancel(number, ROOM, STAY)
        assert at.carry_out() == [WakeUpClear(number, ROOM, at.minutes(120), STAY)]
        at.clock.move(seconds=60)
        assert at.carry_out() == []


def test_ordered_again_for_the_minute_just_cancelled_it_stands_in_whatever_order_the_hotel_hears(tmp_path):
    with house(tmp_path) as at:
        when = at.minutes(120)
        first = order(at)
        at.carry_out()
        at.register.wake_ups.cancel(first, ROOM, STAY)
        at.put_off(pause=30)
        second = at.register.wake_ups.order(ROOM, STAY, when)
        assert at.carry_out() == [WakeUpSet(second, ROOM, when, STAY)]
        assert at.states() == ["cancelled", "ordered"], "the cancelling may yet take it away"
        at.clock.move(seconds=31)
        assert at.carry_out() == [WakeUpClear(first, ROOM, when, STAY), WakeUpSet(second, ROOM, when, STAY)]
        assert at.states() == ["cancelled", "registered"]


def test_where_the_operator_calls_it_is_a_request_with_room_and_time(tmp_path):
    with house(tmp_path, OPERATOR) as at:
        order(at, 120)
        (request,) = at.register.requests.list_open()
        assert (request.kind, request.language, request.place) == ("wake-up", "en", "Lobby")
        assert dict(request.values) == {"call": 1, "room": ROOM, "at": "2026-03-01 22:00"}
        assert at.queued() == []
        assert at.states() == ["with-operator"]


def test_cancelled_with_the_operator_the_request_is_withdrawn(tmp_path):
    with house(tmp_path, OPERATOR) as at:
        at.register.wake_ups.cancel(order(at), ROOM, STAY)
        assert at.asked() == []


def test_cancelled_when_the_operator_has_noted_it_down_the_operator_is_told(tmp_path):
    with house(tmp_path, OPERATOR) as at:
        number = order(at)
        at.close_request("wake-up")
        at.register.wake_ups.cancel(number, ROOM, STAY)
        assert at.asked() == ["wake-up-cancelled"]


def test_a_changed_call_is_a_new_request(tmp_path):
    with house(tmp_path, OPERATOR) as at:
        at.register.wake_ups.change(order(at), ROOM, STAY, at.minutes(240))
        (request,) = at.register.requests.list_open()
        assert request.values["at"] == "2026-03-02 00:00"


def test_what_the_hotel_system_refuses_goes_to_the_operator(tmp_path):
    with house(tmp_path) as at:
        order(at)
        at.refuse()
        assert at.states() == ["with-operator"]
        assert at.asked() == ["wake-up"]
        assert at.board.errands.pending_count() == 0


def test_a_cancelling_the_hotel_system_refuses_goes_to_the_operator(tmp_path):
    with house(tmp_path) as at:
        number = order(at)
        at.carry_out()
        at.register.wake_ups.cancel(number, ROOM, STAY)
        at.refuse()
        assert at.asked() == ["wake-up-cancelled"]


def test_not_taken_shortly_before_its_time_the_operator_calls_and_the_hotel_does_not(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        at.put_off()
        at.pass_minutes(44)
        assert at.asked() == []
        at.pass_minutes(1)
        assert at.states() == ["with-operator"]
        assert at.asked() == ["wake-up"]
        assert [type(errand) for errand in at.carry_out()] == [WakeUpClear]


def test_what_was_never_sent_is_taken_back_without_a_cancelling(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        at.pass_minutes(45)
        assert at.queued() == []


def test_a_call_ordered_at_short_notice_is_given_half_a_minute_to_be_taken(tmp_path):
    with house(tmp_path) as at:
        order(at, 6)
        at.watch.look()
        assert at.states() == ["ordered"]
        at.pass_minutes(0.5)
        assert at.states() == ["with-operator"]


def test_a_call_whose_time_passed_while_the_station_was_off_is_told_at_once(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        at.pass_minutes(600)
        assert at.states() == ["missed"]
        assert at.asked() == ["wake-up-missed"]


@pytest.mark.parametrize("status", ["NR", "BY", "UR", "??"])
def test_an_unanswered_call_sends_a_person_and_is_recorded(tmp_path, status):
    with house(tmp_path) as at:
        order(at, 60)
        at.carry_out()
        at.pass_minutes(60)
        result(at, at.now, status)
        assert at.states() == ["unanswered"]
        (request,) = at.register.requests.list_open()
        assert (request.kind, request.values["room"]) == ("wake-up-unanswered", ROOM)
        (call,) = at.register.wake_ups.list_open()
        assert call.remark == status


def test_when_the_person_has_gone_the_call_is_attended_and_nothing_is_kept_of_the_room(tmp_path):
    with house(tmp_path) as at:
        order(at, 60, room="0808-secret")
        at.carry_out()
        at.pass_minutes(60)
        result(at, at.now, "NR", room="0808-secret")
        at.close_request("wake-up-unanswered")
        at.pass_minutes(1)
        assert at.states() == ["attended"]
        at.register.db.cut_log()
        assert b"0808-secret" not in everything_in(tmp_path)


def test_a_call_has_one_result(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        at.carry_out()
        at.pass_minutes(60)
        for status in ("OK", "NR", "OK"):
            result(at, at.now, status)
        assert at.states() == ["answered"]
        assert at.asked() == []


def test_the_result_counts_for_the_minute_whatever_its_seconds(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        at.carry_out()
        at.pass_minutes(60)
        at.board.told([WakeUpResult(ROOM, local(at, at.now) + timedelta(seconds=59), "OK")])
        assert at.states() == ["answered"]


def test_without_a_result_in_time_a_person_looks_and_a_late_one_still_counts(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        when = at.minutes(60)
        at.carry_out()
        at.pass_minutes(64)
        assert at.states() == ["registered"]
        at.pass_minutes(1)
        assert (at.states(), at.asked()) == (["unconfirmed"], ["wake-up-unconfirmed"])
        result(at, when, "OK")
        assert (at.states(), at.asked()) == (["answered"], [])


def test_where_no_results_are_told_the_call_ends_with_its_time(tmp_path):
    with house(tmp_path, rules(results=False)) as at:
        order(at, 60)
        at.carry_out()
        result(at, at.minutes(60), "NR")
        at.pass_minutes(65)
        assert (at.states(), at.asked()) == (["gone-by"], [])


@pytest.mark.parametrize("test_room", ["", "9000"])
def test_where_no_results_are_told_somebody_may_be_asked_to_look(tmp_path, test_room):
    with house(tmp_path, rules(results=False, untold="look", test_room=test_room)) as at:
        order(at, 60)
        for _ in range(67):
            at.pass_minutes(1)
            at.carry_out()
        assert (at.states(), at.asked()) == (["unconfirmed"], ["wake-up-unconfirmed"])
        at.close_request("wake-up-unconfirmed")
        at.pass_minutes(1)
        assert at.states() == ["attended"]


def test_a_call_ordered_at_the_reception_is_on_the_list_and_its_result_counts(tmp_path):
    with house(tmp_path) as at:
        at.board.told([WakeUpOrdered(ROOM, local(at, at.minutes(60)))])
        (call,) = at.register.wake_ups.of_guest(ROOM, STAY)
        assert (call.origin, call.state) == (Origin.HOTEL, WakeUpState.REGISTERED)
        at.pass_minutes(60)
        result(at, at.now, "NR")
        assert at.asked() == ["wake-up-unanswered"]


def test_our_own_order_told_back_is_not_a_second_call(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        at.carry_out()
        at.board.told([WakeUpOrdered(ROOM, local(at, at.minutes(60)))] * 2)
        assert at.states() == ["registered"]


BERLIN = ZoneInfo("Europe/Berlin")
TWICE = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
"""Half past two on the night when the clocks go back."""


@pytest.mark.parametrize("fold", [0, 1], ids=["first", "second"])
def test_in_the_hour_that_autumn_has_twice_a_result_is_that_of_the_call_whose_time_it_is(tmp_path, fold):
    with house(tmp_path, rules(zone=BERLIN)) as at:
        instant = TWICE.replace(fold=fold).astimezone(UTC)
        at.clock.now = instant - timedelta(minutes=90)
        at.register.wake_ups.order(ROOM, STAY, int(instant.timestamp() * 1000))
        at.carry_out()
        at.clock.now = instant + timedelta(seconds=20)
        result(at, at.now, "OK")
        assert at.states() == ["answered"]


def test_ordered_at_the_reception_in_the_hour_that_autumn_has_twice_it_is_the_time_still_to_come(tmp_path):
    with house(tmp_path, rules(zone=BERLIN)) as at:
        at.clock.now = TWICE.replace(minute=40)
        at.board.told([WakeUpOrdered(ROOM, TWICE.replace(tzinfo=None))])
        (call,) = at.register.wake_ups.list_open()
        assert call.at == int(TWICE.replace(fold=1).timestamp() * 1000)


def test_a_call_dropped_at_the_reception_is_cancelled_here_without_an_answer(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        at.carry_out()
        at.board.told([WakeUpDropped(ROOM, local(at, at.minutes(60)))])
        assert at.states() == ["cancelled"]
        assert at.queued() == []


def test_a_call_not_told_yet_is_not_the_one_that_was_dropped_elsewhere(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        at.board.told([WakeUpDropped(ROOM, local(at, at.minutes(60)))])
        assert at.states() == ["ordered"]


def test_a_day_may_have_23_hours():
    berlin = ZoneInfo("Europe/Berlin")
    since, until = day_of(datetime(2026, 3, 29, 9, tzinfo=berlin))
    assert until - since == 23 * 60 * MINUTE
    since, until = day_of(datetime(2026, 10, 25, 1, tzinfo=berlin))
    assert until - since == 25 * 60 * MINUTE


def test_the_register_survives_being_closed(tmp_path):
    with house(tmp_path) as at:
        number = order(at)
    with house(tmp_path) as at:
        assert [call.number for call in at.register.wake_ups.list_open()] == [number]
        assert len(at.carry_out()) == 1


def test_no_repr_shows_whose_it_is(tmp_path):
    with house(tmp_path) as at:
        order(at)
        assert ROOM not in repr(at.register.wake_ups.list_open())


@pytest.mark.parametrize(("state", "event"), list(product(WakeUpState, WakeUpEvent)))
def test_only_what_is_in_the_table_happens(tmp_path, state, event):
    with house(tmp_path) as at:
        number = order(at)
        with at.register.db.transaction() as tx:
            tx._connection.execute("UPDATE wake_ups SET state = ?", (state.value,))
        if (state, event) in TRANSITIONS:
            at.register.wake_ups.tell(number, event, "AB")
            assert at.states() == [TRANSITIONS[state, event].value]
        else:
            with pytest.raises(IllegalWakeUp):
                at.register.wake_ups.tell(number, event, "AB")
            assert at.states() == [state.value]


def test_every_open_state_can_end_and_every_state_that_needs_a_person_has_its_request():
    for state in OPEN:
        assert any(before is state for before, _ in TRANSITIONS)
        assert (state in REQUESTS) == (state not in (WakeUpState.ORDERED, WakeUpState.REGISTERED))
    assert not [before for before, _ in TRANSITIONS if before not in OPEN]
