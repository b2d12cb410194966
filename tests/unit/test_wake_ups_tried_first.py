"""Before the first call of a day the way of the calls is tried; if that fails they are a person's."""

from __future__ import annotations

import pytest

from kiosk.hotel.errands import WakeUpSet
from tests.register_kit import house, order, result, rules

TESTING = rules(test_room="9000")


def test_before_the_first_call_of_the_day_the_way_of_the_calls_is_tried(tmp_path):
    with house(tmp_path, TESTING) as at:
        order(at, 60)
        at.carry_out()
        at.pass_minutes(14)
        assert at.queued() == []
        at.pass_minutes(1)
        (test,) = at.carry_out()
        assert (test.room, test.at) == ("9000", at.minutes(2))
        at.pass_minutes(2)
        result(at, test.at, "OK", room="9000")
        at.pass_minutes(10)
        assert (at.states(), at.states(tests=True)) == (["registered"], ["answered"])
        assert at.asked() == []


def test_a_day_is_tested_once(tmp_path):
    with house(tmp_path, TESTING) as at:
        order(at, 40)
        at.carry_out()
        at.watch.look()
        (test,) = at.carry_out()
        at.pass_minutes(2)
        result(at, test.at, "OK", room="9000")
        order(at, 90)
        at.pass_minutes(50)
        assert [type(errand) for errand in at.carry_out()] == [WakeUpSet]


@pytest.mark.parametrize("status", ["NR", "BY", "DE"])
def test_a_failed_test_makes_the_days_calls_a_persons_also_those_ordered_later(tmp_path, status):
    with house(tmp_path, TESTING) as at:
        order(at, 40)
        order(at, 60)
        order(at, 24 * 60)
        at.carry_out()
        at.watch.look()
        (test,) = at.carry_out()
        at.pass_minutes(2)
        result(at, test.at, status, room="9000")
        at.watch.look()
        assert at.states() == ["with-operator", "with-operator", "registered"]
        order(at, 90)
        assert at.asked() == ["wake-up-test-failed", "wake-up", "wake-up"]
        at.pass_minutes(45)
        assert at.states()[2:] == ["registered", "with-operator"]


def test_a_test_without_a_result_has_failed(tmp_path):
    with house(tmp_path, TESTING) as at:
        order(at, 40)
        at.carry_out()
        at.watch.look()
        at.carry_out()
        at.pass_minutes(7)
        at.watch.look()
        assert at.asked() == ["wake-up-test-failed", "wake-up"]


def test_a_test_the_hotel_system_did_not_take_has_failed(tmp_path):
    with house(tmp_path, TESTING) as at:
        order(at, 40)
        at.carry_out()
        at.watch.look()
        at.pass_minutes(2)
        at.watch.look()
        assert at.asked() == ["wake-up-test-failed", "wake-up"]


@pytest.mark.parametrize(("alive", "asked"), [(True, []), (False, ["wake-up-test-failed", "wake-up"])])
def test_without_a_telephone_to_try_the_link_is_the_test(tmp_path, alive, asked):
    with house(tmp_path) as at:
        at.alive = alive
        order(at, 40)
        at.carry_out()
        at.watch.look()
        at.watch.look()
        assert at.asked() == asked


def test_a_call_shortly_after_midnight_is_tested_the_evening_before_once(tmp_path):
    with house(tmp_path, TESTING) as at:
        order(at, 4 * 60 + 10)  # 00:10
        at.carry_out()
        at.pass_minutes(3 * 60 + 30)
        assert len(at.carry_out()) == 1
        at.pass_minutes(1)
        assert at.carry_out() == []
