"""Everybody in house, from DS to DE, in the FIAS conversation: asked for, given up, or come unasked."""

from __future__ import annotations

import pytest

from kiosk.hotel.fias.events import Noise, Told
from kiosk.hotel.fias.records import DEFAULT_FIELDS, Description
from kiosk.hotel.fias.session import Session
from kiosk.hotel.news import GuestIn, RollBegan, RollEnded
from tests.unit.session_kit import at, came_alive, connected, hears, said


@pytest.fixture
def alive():
    return came_alive(connected())


def test_nothing_is_sent_between_a_resync_and_its_end(alive):
    assert said(alive.resync(at(2))) == ["DR|DA261121|TI120002|"]
    assert not alive.may_post
    news = [*hears(alive, "DS|", 2), *hears(alive, "GI|RN0808|G#1|", 3), *hears(alive, "DE|", 4)]
    assert news == [Told(RollBegan()), Told(GuestIn("0808", "1")), Told(RollEnded())]
    assert alive.may_post


def test_a_resync_without_answer_does_not_hold_the_charges_for_ever(alive):
    alive.resync(at(2))
    assert alive.tick(at(31)) == ()
    assert Noise("resync-unfinished") in alive.tick(at(32))
    assert alive.may_post


def test_whoever_watches_is_shown_that_a_resync_was_given_up():
    shown = []
    session = Session(Description(), tap=shown.append)
    session.connected(at(0))
    hears(session, "LS|DA261121|TI120000|", 1)
    hears(session, "LA|DA261121|TI120000|", 1)
    session.resync(at(2))
    session.tick(at(32))
    assert shown[-1] == "resync-unfinished"


def test_a_long_resync_may_take_its_time_as_long_as_it_goes_on(alive):
    alive.resync(at(2))
    hears(alive, "DS|", 3)
    for minute in range(1, 10):
        hears(alive, "GI|RN0808|G#1|SF|", minute * 59)
        assert Noise("resync-unfinished") not in alive.tick(at(minute * 59 + 50))
        hears(alive, "GO|RN0809|SF|", minute * 59 + 50)
    assert not alive.may_post
    hears(alive, "DE|", 600)
    assert alive.may_post


def test_the_day_s_news_do_not_hold_a_resync_open_whose_end_was_lost(alive):
    hears(alive, "DS|", 3)
    hears(alive, "GI|RN0808|G#1|SF|", 4)
    for second in range(10, 64, 9):
        hears(alive, "GI|RN0809|G#2|", second)
        hears(alive, "GC|RN0808|G#1|GNReal-Time|", second)
        hears(alive, "KR|RN0808|G#1|", second)
        assert Noise("resync-unfinished") not in alive.tick(at(second))
    assert not alive.may_post
    assert Noise("resync-unfinished") in alive.tick(at(64))
    assert alive.may_post


def test_where_nothing_marks_the_roll_every_guest_who_is_told_belongs_to_it():
    session = Session(Description(fields={**DEFAULT_FIELDS, "GI": ("RN", "G#", "GN"), "GO": ("RN", "G#")}))
    session.connected(at(0))
    hears(session, "LS|", 1)
    hears(session, "LA|", 1)
    hears(session, "DS|", 3)
    hears(session, "GI|RN0808|G#1|", 60)
    assert Noise("resync-unfinished") not in session.tick(at(119))
    assert Noise("resync-unfinished") in session.tick(at(120))


def test_a_resync_holds_the_charges_for_ten_minutes_at_most(alive):
    hears(alive, "DS|", 3)
    for second in range(10, 603, 10):
        hears(alive, "GI|RN0808|G#1|SF|", second)
        assert Noise("resync-unfinished") not in alive.tick(at(second))
    assert Noise("resync-unfinished") in alive.tick(at(603))
    assert alive.may_post
    assert hears(alive, "DE|", 700) == (Told(RollEnded()),)


def test_a_resync_that_nobody_asked_for_is_taken_as_it_comes(alive):
    assert hears(alive, "DS|", 2) == (Told(RollBegan()),)
    assert not alive.may_post
    assert hears(alive, "DE|", 3) == (Told(RollEnded()),)
    assert alive.may_post


def test_the_end_of_a_resync_whose_beginning_was_on_another_line_sends_nobody_away(alive):
    hears(alive, "DS|", 2)
    alive.lost()
    alive.connected(at(3))
    hears(alive, "LS|", 3)
    hears(alive, "LA|", 3)
    assert hears(alive, "DE|", 4) == (Noise("resync-without-beginning"),)
    assert alive.may_post
