"""Messages, bills and errands in the FIAS conversation, and when they count as heard."""

from __future__ import annotations

import pytest

from kiosk.hotel.fias.events import ErrandsHeard, ErrandsLost, Hangup, MessagesLost, MessagesTold, Told
from kiosk.hotel.fias.session import Phase
from kiosk.hotel.news import Answer, NoAnswer
from tests.unit.session_kit import at, came_alive, connected, hears, learned, posting, said


@pytest.fixture
def alive():
    return came_alive(connected())


class TestMessages:
    def test_are_told_when_the_hotel_system_says_that_there_are_no_more(self, alive):
        alive.messages_asked(at(2))
        effects = hears(alive, "XT|RN0808|G#1|MI7|MTCall home|", 3)
        assert [type(effect) for effect in effects] == [Told]
        assert hears(alive, "XT|RN0808|G#1|", 3)[-1] == MessagesTold(answered=True)

    def test_are_told_when_no_more_come(self, alive):
        alive.messages_asked(at(2))
        hears(alive, "XT|RN0808|G#1|MI7|MTCall home|", 5)
        assert alive.tick(at(6.9)) == ()
        assert alive.tick(at(7)) == (MessagesTold(answered=True),)

    def test_are_given_up_after_ten_seconds_of_nothing(self, alive):
        alive.messages_asked(at(2))
        assert alive.tick(at(11.9)) == ()
        assert alive.tick(at(12)) == (MessagesTold(answered=False),)

    def test_are_lost_with_the_line(self, alive):
        alive.messages_asked(at(2))
        assert alive.lost() == (MessagesLost(),)

    def test_that_nobody_asked_for_are_news_all_the_same(self, alive):
        assert [type(effect) for effect in hears(alive, "XT|RN0808|G#1|MI7|MTCall home|", 3)] == [Told]


def test_a_stray_bill_does_not_hold_a_posting_open(alive):
    alive.post(posting(7), at(2))
    for second in (10, 20, 30):
        hears(alive, "XI|RN9|G#9|BI1|", second)
        hears(alive, "XB|RN9|G#9|BA1|", second)
    assert learned(alive.tick(at(32))) == [NoAnswer(7, "timeout")]


class TestErrands:
    def test_have_arrived_when_anything_comes_after_them(self, alive):
        alive.errand_sent(at(2))
        alive.errand_sent(at(2.1))
        assert alive.tick(at(2.5)) == ()
        assert hears(alive, "GO|RN0809|", 2.6)[0] == ErrandsHeard()
        assert alive.lost() == ()

    def test_are_lost_with_the_line(self, alive):
        alive.errand_sent(at(2))
        assert alive.lost() == (ErrandsLost(),)
        assert alive.lost() == ()

    def test_are_asked_about_where_the_other_side_says_nothing(self, alive):
        alive.errand_sent(at(2))
        assert alive.tick(at(2.9)) == ()
        assert said(alive.tick(at(3))) == ["LS|DA261121|TI120003|"]
        assert hears(alive, "LA|", 3.1) == (ErrandsHeard(),)
        assert alive.phase is Phase.ALIVE

    def test_are_asked_about_every_five_minutes_at_most(self, alive):
        alive.errand_sent(at(2))
        alive.tick(at(3))
        hears(alive, "LA|", 3.1)
        alive.errand_sent(at(4))
        assert alive.tick(at(302.9)) == ()
        assert said(alive.tick(at(303))) == ["LS|DA261121|TI120503|"]

    def test_need_no_more_than_the_wire_s_word_where_the_other_side_was_asked_too_lately(self, alive):
        alive.errand_sent(at(2))
        assert alive.taken(at(3)) == ()
        alive.tick(at(3))
        assert alive.taken(at(4)) == ()
        hears(alive, "LA|", 4)
        alive.errand_sent(at(5))
        assert alive.taken(at(5.9)) == ()
        assert alive.taken(at(6)) == (ErrandsHeard(),)
        assert not alive.awaits_word

    def test_on_a_line_that_leads_nowhere_cost_the_line(self, alive):
        alive.errand_sent(at(2))
        alive.tick(at(3))
        assert alive.tick(at(33)) == (ErrandsLost(), Hangup("silent"))

    def test_disturb_no_posting(self, alive):
        alive.post(posting(7), at(2))
        alive.errand_sent(at(2.1))
        assert alive.tick(at(10)) == ()
        assert hears(alive, "PA|ASOK|P#7|", 11) == (ErrandsHeard(), Answer(7, "OK"))
