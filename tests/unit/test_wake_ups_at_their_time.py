"""What the clock does to wake-up calls: who is told when, and whose word counts when."""

from __future__ import annotations

import msgspec
import pytest

from kiosk.config.typed import FieldError
from kiosk.engine import LIT
from kiosk.hotel.errands import WakeUpClear
from kiosk.hotel.news import GuestOut, WakeUpDropped
from kiosk.register.wake_up_states import REQUESTS
from kiosk.register.wake_up_table import NoWakeUp
from kiosk.register.wake_ups import MOST, TooManyWakeUps
from tests.register_kit import ROOM, SETTINGS, STAY, everything_in, house, local, order, result, rules

OPERATOR = rules(by="operator")


def requests(at) -> list[tuple[int, str]]:
    return [(request.number, request.kind) for request in at.register.requests.list_open()]


def test_the_operator_is_told_once_more_shortly_before_the_time(tmp_path):
    with house(tmp_path, OPERATOR) as at:
        order(at, 60)
        at.pass_minutes(44)
        assert requests(at) == [(1, "wake-up")]
        at.pass_minutes(1)
        assert requests(at) == [(2, "wake-up-due")], "a new one, for which the lamp is lit"
        at.pass_minutes(1)
        assert requests(at) == [(2, "wake-up-due")]


def test_at_short_notice_the_operator_is_told_once(tmp_path):
    with house(tmp_path, OPERATOR) as at:
        order(at, 10)
        at.pass_minutes(9)
        assert requests(at) == [(1, "wake-up")]


@pytest.mark.parametrize("ahead", [10, 60])
def test_nobody_having_seen_to_it_in_time_somebody_goes_to_the_room(tmp_path, ahead):
    with house(tmp_path, OPERATOR) as at:
        order(at, ahead)
        at.watch.look()
        at.pass_minutes(ahead - 1)
        at.pass_minutes(5.9)
        assert at.states() != ["unconfirmed"]
        at.pass_minutes(0.1)
        assert (at.states(), at.asked()) == (["unconfirmed"], ["wake-up-unconfirmed"])


@pytest.mark.parametrize("kind", ["wake-up", "wake-up-due"])
def test_what_the_operator_has_taken_over_is_not_said_again(tmp_path, kind):
    with house(tmp_path, OPERATOR) as at:
        order(at, 60)
        at.pass_minutes(46 if kind == "wake-up-due" else 1)
        at.close_request(kind)
        at.pass_minutes(60)
        assert (at.states(), at.asked()) == (["attended"], [])


def test_cancelled_when_it_was_nearly_time_the_operator_need_not_call(tmp_path):
    with house(tmp_path, OPERATOR) as at:
        number = order(at, 60)
        at.pass_minutes(50)
        at.register.wake_ups.cancel(number, ROOM, STAY)
        assert at.asked() == []


def test_every_request_of_a_call_lights_the_lamp():
    assert {*REQUESTS.values(), "wake-up-cancelled"} <= LIT


def test_a_call_whose_time_has_come_is_no_longer_the_guests(tmp_path):
    with house(tmp_path) as at:
        number = order(at, 30)
        at.carry_out()
        at.pass_minutes(30)
        assert at.register.wake_ups.of_guest(ROOM, STAY) == []
        with pytest.raises(NoWakeUp):
            at.register.wake_ups.cancel(number, ROOM, STAY)
        result(at, at.now, "NR")
        assert at.asked() == ["wake-up-unanswered"]


def test_a_guest_has_so_many_calls_ahead_and_past_ones_do_not_count(tmp_path):
    with house(tmp_path, OPERATOR) as at:
        for index in range(MOST):
            order(at, 10 + index)
        assert order(at, 10) == 1, "the same minute is the same call"
        with pytest.raises(TooManyWakeUps):
            order(at, 60)
        order(at, 60, stay="31002")
        at.register.wake_ups.change(1, ROOM, STAY, at.minutes(30))
        at.pass_minutes(11)
        order(at, 60)


def test_that_a_call_cannot_be_made_may_be_known_before_its_time(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        at.carry_out()
        result(at, at.minutes(60), "UR")
        assert (at.states(), at.asked()) == (["with-operator"], ["wake-up"])
        assert [type(errand) for errand in at.carry_out()] == [WakeUpClear], "it does not ring all the same"


@pytest.mark.parametrize("status", ["NR", "OK"])
def test_a_result_before_the_time_is_not_this_calls(tmp_path, status):
    with house(tmp_path) as at:
        order(at, 60)
        when = at.minutes(60)
        at.carry_out()
        at.pass_minutes(58.9)
        result(at, when, status)
        assert (at.states(), at.asked()) == (["registered"], [])
        at.pass_minutes(0.2)
        result(at, when, status)
        assert at.states() == ["answered" if status == "OK" else "unanswered"], (
            "the hotel's clock may be ahead a little"
        )


def test_deleted_at_the_hotel_is_cancelled(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        at.carry_out()
        result(at, at.minutes(60), "DE")
        assert (at.states(), at.asked()) == (["cancelled"], [])


def test_the_word_that_our_own_cancelling_was_carried_out_leaves_the_operators_call_alone(tmp_path):
    with house(tmp_path, rules(test_room="9000")) as at:
        order(at, 40)
        when = at.minutes(40)
        at.carry_out()
        at.watch.look()
        at.refuse()
        at.watch.look()
        assert [type(errand) for errand in at.carry_out()] == [WakeUpClear]
        result(at, when, "DE")
        assert (at.states(), at.asked()) == (["with-operator"], ["wake-up-test-failed", "wake-up"])


@pytest.mark.parametrize("delivered", [False, True], ids=["not yet handed over", "handed over"])
@pytest.mark.parametrize("word", ["DE", "WC"])
def test_ordered_again_it_is_not_what_the_hotel_says_it_dropped(tmp_path, word, delivered):
    with house(tmp_path) as at:
        number, when = order(at, 600), at.minutes(600)
        at.carry_out()
        at.register.wake_ups.cancel(number, ROOM, STAY)
        at.take()
        order(at, 600)
        if delivered:
            at.carry_out()
        at.board.told([WakeUpDropped(ROOM, local(at, when))] if word == "WC" else [])
        if word == "DE":
            result(at, when, "DE")
        assert at.states() == ["cancelled", "registered" if delivered else "ordered"]
        assert len(at.register.wake_ups.of_guest(ROOM, STAY)) == 1


def test_whose_a_call_was_that_was_taken_back_is_forgotten_at_its_time(tmp_path):
    with house(tmp_path) as at:
        number = order(at, 60, room="0808-secret")
        at.carry_out()
        at.register.wake_ups.cancel(number, "0808-secret", STAY)
        at.carry_out()
        at.pass_minutes(61)
        at.register.db.cut_log()
        assert b"0808-secret" not in everything_in(tmp_path)


@pytest.mark.parametrize("left", ["told", "found out"])
def test_whose_a_call_was_that_was_taken_back_is_forgotten_at_check_out(tmp_path, left):
    with house(tmp_path) as at:
        at.rooms = {STAY: "0808-secret"}
        number = order(at, 600, room="0808-secret")
        at.carry_out()
        at.register.wake_ups.cancel(number, "0808-secret", STAY)
        at.carry_out()
        at.rooms = {}
        at.board.told([GuestOut("0808-secret", STAY)] if left == "told" else [])
        at.find_out()
        at.register.db.cut_log()
        assert b"0808-secret" not in everything_in(tmp_path)


def test_a_cancelling_that_does_not_get_through_is_told_as_soon_as_it_is_near(tmp_path):
    with house(tmp_path) as at:
        number = order(at, 30)
        at.carry_out()
        at.register.wake_ups.cancel(number, ROOM, STAY)
        at.pass_minutes(14)
        assert at.asked() == []
        at.pass_minutes(1)
        assert at.asked() == ["wake-up-cancelled"]


def test_a_cancelling_at_short_notice_is_given_half_a_minute_and_then_told(tmp_path):
    with house(tmp_path) as at:
        number = order(at, 30)
        at.carry_out()
        at.pass_minutes(20)
        at.register.wake_ups.cancel(number, ROOM, STAY)
        at.watch.look()
        assert at.asked() == []
        at.pass_minutes(0.5)
        assert at.asked() == ["wake-up-cancelled"]


def test_a_cancelling_in_the_last_half_minute_is_told_at_once(tmp_path):
    with house(tmp_path) as at:
        number = order(at, 30)
        at.carry_out()
        at.pass_minutes(29.6)
        at.register.wake_ups.cancel(number, ROOM, STAY)
        at.watch.look()
        assert at.asked() == ["wake-up-cancelled"]


def test_a_cancelling_that_got_through_after_all_needs_nobody(tmp_path):
    with house(tmp_path) as at:
        number = order(at, 30)
        at.carry_out()
        at.pass_minutes(20)
        at.register.wake_ups.cancel(number, ROOM, STAY)
        at.pass_minutes(1)
        at.carry_out()
        assert at.asked() == []


def test_refused_after_an_attempt_that_perhaps_arrived_it_is_taken_back_for_a_person_calls(tmp_path):
    with house(tmp_path) as at:
        order(at, 60)
        at.put_off(pause=0)
        at.refuse()
        assert at.asked() == ["wake-up"]
        assert at.carry_out() == [WakeUpClear(1, ROOM, at.minutes(60), STAY)]


def test_each_day_is_tested_whatever_was_tested_the_evening_before(tmp_path):
    with house(tmp_path) as at:  # 20:00
        order(at, 230)  # 23:50
        order(at, 11 * 60)  # 07:00
        at.carry_out()
        at.pass_minutes(196)  # 23:16
        assert at.states(tests=True) == ["answered"]
        at.alive = False
        at.pass_minutes(6 * 60)
        assert at.states(tests=True) == ["answered"]
        at.pass_minutes(60)  # 06:16
        assert at.states(tests=True) == ["answered", "attended"]
        at.watch.look()
        assert at.asked() == ["wake-up-unconfirmed", "wake-up-test-failed", "wake-up"]


@pytest.mark.parametrize("by", ["hotel-system", "operator"])
def test_the_test_must_be_over_before_the_first_call(by):
    settings = rules(by=by).wake_up
    msgspec.structs.replace(settings, test_minutes=8)
    with pytest.raises(FieldError) as wrong:
        msgspec.structs.replace(settings, test_minutes=7)
    assert wrong.value.key == "test_minutes"
    assert SETTINGS.test_minutes > 2 + SETTINGS.result_minutes
