"""The FIAS conversation, bytes in and effects out: whoever begins, whatever comes between, however sloppy the peer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hotel.clock import Moment
from kiosk.hotel.fias.events import Hangup, Noise, Send, Told, Unusable, Up
from kiosk.hotel.fias.fidcrypt import Key
from kiosk.hotel.fias.records import Description
from kiosk.hotel.fias.session import Phase, Session
from kiosk.hotel.news import Answer, GuestIn, NoAnswer
from tests.unit.session_kit import NOON, at, came_alive, connected, hears, learned, posting, said

INTRODUCTION = [
    "LD|DA261121|TI120001|V#1.0|IFMS|",
    "LR|RIGI|FLRNG#GSGNGFGLGVNPSF|",
    "LR|RIGC|FLRNG#GSGNGFGLGVNPRO|",
    "LR|RIGO|FLRNG#GSSF|",
    "LR|RIPS|FLRNPTTADATIP#WSC#CT|",
    "LR|RIPA|FLASRNP#DATICTWS|",
    "LR|RINS|FLDATI|",
    "LR|RINE|FLDATI|",
    "LA|DA261121|TI120001|",
]


@pytest.fixture
def session():
    return connected()


@pytest.fixture
def alive():
    return came_alive(connected())


def test_the_hotel_system_has_the_first_word_and_hears_the_whole_introduction(session):
    assert session.tick(at(0.5)) == ()
    assert said(hears(session, "LS|DA261121|TI120000|", 1)) == INTRODUCTION
    assert not session.alive
    assert hears(session, "LA|DA261121|TI120001|", 1.1) == (Up(),)
    assert session.alive
    assert session.may_post


def test_a_silent_hotel_system_is_greeted_after_three_seconds(session):
    assert session.tick(at(2.9)) == ()
    assert said(session.tick(at(3))) == ["LS|DA261121|TI120003|"]
    assert session.tick(at(4)) == ()
    assert len(said(hears(session, "LS|DA261121|TI120000|", 5))) == len(INTRODUCTION)


def test_one_that_still_knows_us_is_told_our_fields_again(session):
    session.tick(at(3))
    effects = hears(session, "LA|DA261121|TI120000|", 3.1)
    assert len(said(effects)) == len(INTRODUCTION)
    assert learned(effects) == [Up()]


def test_one_that_waits_for_a_description_without_a_word_gets_it(session):
    session.tick(at(3))
    assert session.tick(at(12.9)) == ()
    assert len(said(session.tick(at(13)))) == len(INTRODUCTION)
    assert hears(session, "LA|DA261121|TI120014|", 14) == (Up(),)


def test_nobody_there_at_all_ends_the_connection(session):
    session.tick(at(3))
    session.tick(at(13))
    assert session.tick(at(43)) == (Hangup("silent"),)
    assert session.phase is Phase.DOWN


def test_an_answer_that_comes_late_still_brings_the_link_up(session):
    hears(session, "LS|DA261121|TI120000|", 1)
    assert session.tick(at(30)) == ()
    assert hears(session, "LA|DA261121|TI120030|", 30.5) == (Up(),)


def test_what_the_hotel_system_says_of_itself_in_between_is_heard_out(session):
    hears(session, "LS|DA261121|TI120000|", 1)
    assert hears(session, "LC|DA261121|TI120000|A15.6|RP1CH|", 1) == ()
    assert hears(session, "LD|DA261121|TI120000|V#9|IFPM|", 1) == ()
    assert hears(session, "LA|", 1) == (Up(),)


class TestAStationWithAKey:
    KEY = Key.parse("FidCrypt0S|AAECAwQFBgcICQoLDA0ODw==")

    def described(self, effects):
        return next(effect.record for effect in effects if isinstance(effect, Send) and effect.record.kind == "LD")

    @pytest.fixture
    def session(self):
        fresh = Session(Description(key=self.KEY))
        fresh.connected(at(0))
        return fresh

    def test_shows_that_it_knows_it_by_the_last_link_start(self, session):
        first = self.described(hears(session, "LS|DA261121|TI115900|", 1))
        assert first.get("RT") == "1"
        assert self.KEY.check(first.get("CG"), "261121", "115900")
        again = self.described(hears(session, "LS|DA261121|TI120200|", 2))
        assert self.KEY.check(again.get("CG"), "261121", "120200")

    def test_uses_its_own_link_start_where_the_other_side_said_none(self, session):
        session.tick(at(3))
        described = self.described(hears(session, "LA|", 4))
        assert self.KEY.check(described.get("CG"), "261121", "120003")

    def test_takes_a_link_start_without_a_time_for_one_of_its_own(self, session):
        described = self.described(hears(session, "LS|", 1))
        assert self.KEY.check(described.get("CG"), "261121", "120001")


def test_a_station_without_a_key_asks_for_no_more_than_it_needs(session):
    described = said(hears(session, "LS|DA261121|TI120000|", 1))[0]
    assert "|RT" not in described
    assert "|CG" not in described


def test_a_description_that_is_not_accepted_ends_the_connection(session):
    hears(session, "LS|", 1)
    assert session.tick(at(30)) == ()
    assert session.tick(at(31)) == (Hangup("silent"),)


def test_link_start_at_any_time_is_described_to_again(alive):
    assert len(said(hears(alive, "LS|", 50))) == len(INTRODUCTION)
    assert not alive.may_post
    assert hears(alive, "LA|", 51) == (Up(),)


def test_link_alive_is_answered_once_and_never_played_back_and_forth(alive):
    assert hears(alive, "LA|", 2) == ()
    assert said(hears(alive, "LA|", 20)) == ["LA|DA261121|TI120020|"]
    assert hears(alive, "LA|", 20.1) == ()
    assert said(hears(alive, "LA|", 80)) == ["LA|DA261121|TI120120|"]
    assert said(alive.tick(at(380))) == ["LS|DA261121|TI120620|"]
    assert hears(alive, "LA|", 380.2) == ()
    assert hears(alive, "LA|", 380.3) == ()
    assert alive.phase is Phase.ALIVE


def test_two_polite_sides_do_not_play_link_alive_back_and_forth(alive):
    """The peer answers each of ours, slowly."""
    ours = 0
    for second in range(20, 300, 14):
        ours += len(said(hears(alive, "LA|", second)))
    assert 0 < ours <= 10
    answered = said(hears(alive, "LA|", 400))
    echo = said(hears(alive, "LA|", 415))
    assert (len(answered), len(echo)) == (1, 0)


def test_a_quiet_line_is_checked_every_five_minutes_and_not_oftener(alive):
    assert alive.tick(at(300)) == ()
    assert len(said(alive.tick(at(301)))) == 1
    hears(alive, "LA|", 301)
    assert alive.tick(at(600)) == ()
    assert len(said(alive.tick(at(601)))) == 1


def test_a_half_open_line_is_found_and_given_up(alive):
    alive.tick(at(301))
    assert alive.tick(at(330)) == ()
    assert alive.tick(at(331)) == (Hangup("silent"),)


def test_link_end_is_answered_and_leaves_the_outstanding_posting_unknown(alive):
    alive.post(posting(7), at(2))
    effects = hears(alive, "LE|", 2.1)
    assert said(effects) == ["LE|DA261121|TI120002|"]
    assert learned(effects) == [NoAnswer(7, "ended"), Hangup("ended")]
    assert alive.lost() == ()


def test_one_that_says_something_else_first_is_given_the_word_a_little_longer(session):
    hears(session, "LA|", 2)
    assert session.tick(at(4.9)) == ()
    assert said(session.tick(at(5))) == ["LS|DA261121|TI120005|"]


def test_one_that_says_everything_but_link_start_is_greeted_in_the_end(session):
    for second in range(1, 10):
        hears(session, "GO|RN0809|", second)
        assert said(session.tick(at(second))) == []
    assert said(session.tick(at(10))) == ["LS|DA261121|TI120010|"]


def test_a_name_cut_inside_a_character_is_noticed_by_the_field_it_took_along(alive):
    body = b"GI|RN0808|GN" + "王小明".encode("gbk")[:-1] + b"|G#31001|GSN|"
    assert Noise("field-missing") in alive.received(b"\x02" + body + b"\x03", at(2))
    assert hears(alive, "GI|RN0808|G#31001|GN王小明|", 3) == (Told(GuestIn("0808", "31001", {"name": "王小明"})),)


def test_a_flood_of_one_noise_is_one_noise(alive):
    assert alive.received(b"\x02?" * 1000, at(2)) == (Noise("unfinished", 999),)


def test_news_that_say_nothing_are_named(alive):
    assert hears(alive, "GI|G#1|", 2) == (Unusable("GI"),)
    assert hears(alive, "WR|RN0808|DA261301|TI070000|", 2) == (Unusable("WR"),)


def test_every_record_that_comes_is_shown_to_whoever_watches():
    seen = []
    session = Session(Description(), tap=seen.append)
    session.connected(at(0))
    session.received(b"xx\x02LS|\x03\x02|\x03", at(1))
    assert [item if isinstance(item, str) else item.kind for item in seen] == ["between-frames", "LS", "malformed"]


def test_noise_is_named_and_changes_nothing(alive):
    effects = alive.received(b"\xff\xfe\x02|||\x03\x02QQ|AA1|\x03", at(2))
    assert [effect.what for effect in effects] == ["between-frames", "malformed", "unknown-record"]
    assert alive.may_post


def test_the_wall_clock_has_no_say_in_time_outs(alive):
    alive.post(posting(7), at(2))
    assert alive.tick(Moment(at(3).seconds, NOON + timedelta(days=400))) == ()
    assert alive.tick(Moment(at(4).seconds, NOON - timedelta(days=400))) == ()
    assert learned(alive.tick(Moment(at(32).seconds, NOON - timedelta(days=400)))) == [NoAnswer(7, "timeout")]


def test_our_own_end_says_so(alive):
    effects = alive.end(at(2))
    assert said(effects) == ["LE|DA261121|TI120002|"]
    assert learned(effects) == [Hangup("ended")]
    assert hears(alive, "LA|", 3) == ()


KINDS = ("LS", "LA", "PA", "PL", "XT", "XB", "NS", "NE", "DS", "DE", "GI", "GO", "GC", "KR", "LC", "XL", "WA", "QQ")
steps = st.one_of(
    st.binary(max_size=20),
    st.builds(
        lambda kind, fields: f"\x02{kind}|{fields}\x03".encode(),
        st.sampled_from(KINDS),
        st.sampled_from(("", "P#1|ASOK|", "P#2|ASNA|", "ASRY|", "RN0808|G#1|", "P#1|ASNG|CT|")),
    ),
    st.integers(0, 40),
    st.just("post"),
    st.just("resync"),
)


@given(st.lists(steps, max_size=60))
def test_whatever_happens_each_posting_ends_exactly_once(script):
    session, seconds, sent, ended = Session(Description()), 0, 0, []
    session.connected(at(0))
    for step in script:
        effects = ()
        if isinstance(step, bytes):
            effects = session.received(step, at(seconds))
        elif isinstance(step, int):
            seconds += step
            effects = session.tick(at(seconds))
        elif step == "resync":
            effects = session.resync(at(seconds)) if session.alive else ()
        elif session.may_post:
            sent += 1
            effects = session.post(posting(sent), at(seconds))
        ended += [effect.sequence for effect in effects if isinstance(effect, Answer | NoAnswer)]
        assert sent - len(ended) in (0, 1)
        if session.phase is Phase.DOWN:
            session.connected(at(seconds))
    ended += [effect.sequence for effect in session.lost() if isinstance(effect, NoAnswer)]
    assert ended == list(range(1, sent + 1))
