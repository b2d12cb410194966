"""The FIAS conversation, bytes in and effects out: whoever begins, whatever comes between, however sloppy the peer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hotel.clock import Moment
from kiosk.hotel.fias.codec import Malformed
from kiosk.hotel.fias.events import (
    AuditBegan,
    AuditEnded,
    Bill,
    ErrandsHeard,
    ErrandsLost,
    Found,
    Hangup,
    InquiryLost,
    InquiryRefused,
    MessagesLost,
    MessagesTold,
    Noise,
    PostingsRest,
    Send,
    Told,
    Unsent,
    Unusable,
    Up,
)
from kiosk.hotel.fias.fidcrypt import Key
from kiosk.hotel.fias.inquiry import BillRequest, Candidate, Inquiry
from kiosk.hotel.fias.records import (
    DEFAULT_FIELDS,
    GUEST_POSTING_FIELDS,
    Charge,
    Description,
    GuestPosting,
    RoomPosting,
)
from kiosk.hotel.fias.session import Phase, Session
from kiosk.hotel.news import Answer, GuestIn, LateAnswer, NoAnswer, RollBegan, RollEnded

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
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


def at(seconds):
    return Moment(1000.0 + seconds, NOON + timedelta(seconds=seconds))


def said(effects):
    return [effect.frame[1:-1].decode("gbk") for effect in effects if isinstance(effect, Send)]


def learned(effects):
    return [effect for effect in effects if not isinstance(effect, Send)]


def hears(session, text, seconds):
    return session.received(b"\x02" + text.encode("gbk") + b"\x03", at(seconds))


def charge(sequence, amount=150):
    return Charge(sequence, amount, decimals=2, text="Copy A4", voucher=7, sold_at=NOON)


def posting(sequence, room="0808"):
    return RoomPosting(room, charge(sequence))


@pytest.fixture
def session():
    fresh = Session(Description())
    fresh.connected(at(0))
    return fresh


@pytest.fixture
def alive(session):
    hears(session, "LS|DA261121|TI120000|", 1)
    hears(session, "LA|DA261121|TI120000|", 1)
    return session


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


def test_a_posting_carries_exactly_the_agreed_fields(alive):
    assert said(alive.post(posting(7), at(2))) == [
        "PS|RN0808|PTC|TA150|DA261121|TI120000|P#7|WSKIOSK1|C#7|CTCopy A4|",
    ]


def test_one_posting_is_outstanding_at_a_time(alive):
    alive.post(posting(7), at(2))
    assert not alive.may_post
    with pytest.raises(RuntimeError):
        alive.post(posting(8), at(2))
    assert hears(alive, "PA|ASOK|RN0808|P#7|CTnumber - 660532|", 2.1) == (Answer(7, "OK", "number - 660532"),)
    assert alive.may_post


def test_a_posting_that_cannot_be_written_is_not_outstanding(alive):
    with pytest.raises(Malformed):
        alive.post(posting(7, room="08|08"), at(2))
    assert alive.may_post


def test_an_answer_for_another_station_is_not_ours(alive):
    alive.post(posting(7), at(2))
    assert hears(alive, "PA|ASNG|P#7|WSELSEWHERE|", 2) == (Noise("answer-for-another-station"),)
    assert hears(alive, "PA|ASOK|P#7|WSkiosk1|", 2) == (Answer(7, "OK"),)


def test_an_answer_is_understood_however_carelessly_it_is_written(alive):
    alive.post(posting(7), at(2))
    assert hears(alive, "PA|P#00000007|ZZ?|CT|AS ok |WS", 2) == (Answer(7, "OK"),)


def test_a_record_that_the_line_refused_is_surely_not_there(alive):
    alive.post(posting(7), at(2))
    assert alive.unsent() == (Unsent(7),)
    assert alive.unsent() == ()
    assert alive.may_post


def test_answers_are_matched_by_number_and_not_by_room(alive):
    alive.post(posting(7), at(2))
    assert hears(alive, "PA|ASOK|RN0808|P#6|", 2) == (LateAnswer(6, "OK"),)
    assert hears(alive, "PA|ASOK|RN0808|", 2) == (Noise("answer-without-number"),)
    for number in ("", "-7", "７", "7x", "9" * 5000):
        assert hears(alive, f"PA|ASOK|RN0808|P#{number}|", 2) == (Noise("answer-without-number"),)
    assert hears(alive, "PA|ASNG|P#0007|", 2) == (Answer(7, "NG"),)
    assert hears(alive, "PA|ASOK|P#7|", 2) == (LateAnswer(7, "OK"),)


def test_no_answer_in_thirty_seconds_is_unknown_and_the_line_is_checked_before_the_next(alive):
    alive.post(posting(7), at(2))
    assert alive.tick(at(31.9)) == ()
    effects = alive.tick(at(32))
    assert learned(effects) == [NoAnswer(7, "timeout")]
    assert said(effects) == ["LS|DA261121|TI120032|"]
    assert not alive.may_post
    hears(alive, "LA|", 32.1)
    assert alive.may_post
    assert hears(alive, "PA|ASOK|P#7|", 40) == (LateAnswer(7, "OK"),)


def test_a_second_silence_within_five_minutes_takes_a_new_connection(alive):
    alive.post(posting(7), at(2))
    alive.tick(at(32))
    hears(alive, "LA|", 32.1)
    alive.post(posting(8), at(33))
    assert alive.tick(at(63)) == (NoAnswer(8, "timeout"), Hangup("silent"))


def test_a_cut_line_leaves_the_outstanding_posting_unknown_once(alive):
    alive.post(posting(7), at(2))
    assert alive.lost() == (NoAnswer(7, "cut"),)
    assert alive.lost() == ()
    assert not alive.may_post


def test_nothing_is_posted_from_night_audit_begin_to_end(alive):
    assert hears(alive, "NS|DA261121|TI235900|", 2) == (AuditBegan(),)
    assert not alive.may_post
    assert hears(alive, "NS|", 3) == ()
    assert hears(alive, "NE|", 4) == (AuditEnded(),)
    assert alive.may_post


def test_an_audit_that_was_not_announced_is_learned_from_the_answer(alive):
    alive.post(posting(7), at(2))
    assert hears(alive, "PA|ASNA|P#7|", 2.1) == (Answer(7, "NA"), AuditBegan())
    assert not alive.may_post


def test_the_end_of_an_audit_that_passed_unheard_is_tried_after_a_quarter_of_an_hour(alive):
    hears(alive, "NS|", 2)
    alive.lost()
    alive.connected(at(100))
    hears(alive, "LS|", 100)
    hears(alive, "LA|", 100)
    assert not alive.may_post
    hears(alive, "LA|", 800)
    assert AuditEnded() in alive.tick(at(902))
    assert alive.may_post


class TestAfterAnAuditWhoseEndNobodyTold:
    """One posting finds out, and costs one doubt at most."""

    @pytest.fixture
    def alive(self, alive):
        hears(alive, "NS|", 2)
        for second in range(100, 900, 100):
            hears(alive, "LA|", second)
        assert not alive.may_post
        assert AuditEnded() in alive.tick(at(902))
        return alive

    def test_an_answer_tells_that_it_is_over(self, alive):
        alive.post(posting(7), at(903))
        hears(alive, "PA|ASOK|P#7|", 904)
        alive.post(posting(8), at(905))
        assert AuditBegan() not in alive.tick(at(935))
        assert not alive.in_audit

    def test_no_answer_tells_that_it_goes_on(self, alive):
        alive.post(posting(7), at(903))
        assert learned(alive.tick(at(933))) == [NoAnswer(7, "timeout"), AuditBegan()]
        hears(alive, "LA|", 933)
        assert not alive.may_post

    def test_each_trial_in_vain_makes_the_next_one_later(self, alive):
        alive.post(posting(7), at(903))
        alive.tick(at(933))
        hears(alive, "LA|", 933)
        assert AuditEnded() not in alive.tick(at(933 + 1799))
        assert AuditEnded() in alive.tick(at(933 + 1800))

    def test_a_line_that_breaks_over_the_trial_tells_nothing_else(self, alive):
        alive.post(posting(7), at(903))
        assert alive.lost() == (NoAnswer(7, "cut"), AuditBegan())
        assert alive.in_audit

    def test_its_end_may_still_be_told(self, alive):
        alive.post(posting(7), at(903))
        alive.tick(at(933))
        hears(alive, "LA|", 933)
        assert hears(alive, "NE|", 940) == (AuditEnded(),)
        assert alive.may_post


class TestAHotelSystemThatIsThereAndAnswersNoPosting:
    def ask(self, session, number, second):
        """Posts in vain, and is alive again at the end. What was learned."""
        assert session.may_post
        session.post(posting(number), at(second))
        effects = session.tick(at(second + 30))
        if session.phase is Phase.DOWN:
            session.connected(at(second + 30))
            hears(session, "LS|", second + 30)
        hears(session, "LA|", second + 30)
        return [effect for effect in learned(effects) if effect != Hangup("silent")]

    @pytest.fixture
    def resting(self, alive):
        assert self.ask(alive, 1, 10) == [NoAnswer(1, "timeout")]
        assert self.ask(alive, 2, 50) == [NoAnswer(2, "timeout")]
        assert self.ask(alive, 3, 90) == [NoAnswer(3, "timeout"), PostingsRest(60.0)]
        return alive

    def test_is_left_alone_after_three_charges(self, resting):
        resting.tick(at(179))
        assert resting.alive
        assert not resting.may_post
        assert resting.may_send
        resting.tick(at(180))
        assert resting.may_post

    def test_is_left_alone_longer_each_time_up_to_a_quarter_of_an_hour(self, resting):
        second, pauses = 180, []
        for number in range(4, 10):
            hears(resting, "LA|", second)
            resting.tick(at(second))
            [_, rest] = self.ask(resting, number, second)
            pauses.append(rest.seconds)
            second += 30 + rest.seconds
        assert pauses == [120, 240, 480, 900, 900, 900]

    def test_is_trusted_again_after_one_answer(self, resting):
        resting.tick(at(180))
        resting.post(posting(4), at(180))
        hears(resting, "PA|ASOK|P#4|", 181)
        assert self.ask(resting, 5, 190) == [NoAnswer(5, "timeout")]

    def test_is_trusted_again_after_a_late_one(self, resting):
        assert hears(resting, "PA|ASOK|P#2|", 130) == (LateAnswer(2, "OK"),)
        assert resting.may_post

    def test_is_not_trusted_for_a_new_line_alone(self, resting):
        resting.lost()
        resting.connected(at(125))
        hears(resting, "LS|", 125)
        hears(resting, "LA|", 125)
        assert not resting.may_post

    def test_in_an_hour_costs_few_charges(self, alive):
        unknown = 0
        for second in range(10, 3610):
            if alive.phase is Phase.DOWN:
                alive.connected(at(second))
                hears(alive, "LS|", second)
            hears(alive, "LA|", second) if not alive.may_send else None
            if alive.may_post:
                alive.post(posting(second), at(second))
            unknown += sum(isinstance(effect, NoAnswer) for effect in alive.tick(at(second)))
        assert unknown <= 10


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


class TestPostingToAGuest:
    @pytest.fixture
    def alive(self):
        bill = {"XR": ("RN", "G#"), "XI": ("BI",), "XB": ("BA",)}
        session = Session(Description(fields={**DEFAULT_FIELDS, **GUEST_POSTING_FIELDS, **bill}).posting("guest"))
        session.connected(at(0))
        hears(session, "LS|", 1)
        hears(session, "LA|", 1)
        return session

    def test_begins_with_an_inquiry_that_says_nothing_of_money(self, alive):
        assert said(alive.inquire(Inquiry(7, "0808"), at(2))) == ["PR|PI0808|PMROOM|P#7|WSKIOSK1|"]
        assert not alive.may_post

    def test_goes_to_the_guest_who_was_found(self, alive):
        alive.inquire(Inquiry(7, "0808"), at(2))
        found = hears(alive, "PL|P#7|WSKIOSK1|RN0808|G#1|GNOne|BA150|RN0808|G#2|GNTwo|", 2.1)
        assert found == (Found((Candidate("0808", "1", "One", "150"), Candidate("0808", "2", "Two"))),)
        assert said(alive.post(GuestPosting("0808", "2", "Two", charge(8)), at(3))) == [
            "PR|RN0808|G#2|GNTwo|PMROOM|TA150|DA261121|TI120000|P#8|WSKIOSK1|C#7|CTCopy A4|"
        ]
        assert alive.tick(at(62)) == ()
        assert learned(alive.tick(at(63))) == [NoAnswer(8, "timeout")]

    def test_ends_where_nobody_is_found(self, alive):
        alive.inquire(Inquiry(7, "0808"), at(2))
        assert hears(alive, "PA|ASNG|P#7|", 2.1) == (InquiryRefused("NG"),)
        assert alive.may_post

    def test_learns_of_a_night_audit_by_its_inquiry(self, alive):
        alive.inquire(Inquiry(7, "0808"), at(2))
        assert hears(alive, "PA|ASNA|P#7|", 2.1) == (InquiryRefused("NA"), AuditBegan())

    def test_leaves_nothing_in_doubt_when_the_inquiry_is_lost(self, alive):
        alive.inquire(Inquiry(7, "0808"), at(2))
        assert learned(alive.tick(at(62))) == [InquiryLost("timeout")]
        hears(alive, "LA|", 62.1)
        alive.inquire(Inquiry(8, "0808"), at(63))
        assert alive.lost() == (InquiryLost("cut"),)

    def test_is_not_misled_by_an_answer_to_another_question(self, alive):
        alive.inquire(Inquiry(7, "0808"), at(2))
        assert hears(alive, "PL|P#6|RN0808|G#1|", 2) == (Noise("stray-guest-list"),)
        assert hears(alive, "PL|RN0808|G#1|", 2) == (Noise("stray-guest-list"),)
        assert hears(alive, "PL|P#7|WSELSEWHERE|RN0808|G#1|", 2) == (Noise("stray-guest-list"),)
        assert alive.waiting
        alive.lost()
        alive.connected(at(3))
        hears(alive, "LS|", 3)
        hears(alive, "LA|", 3)
        alive.post(GuestPosting("0808", "2", "Two", charge(8)), at(4))
        assert hears(alive, "PL|P#8|RN0808|G#1|", 4) == (Noise("stray-guest-list"),)

    def test_may_ask_for_the_bill(self, alive):
        assert said(alive.ask_bill(BillRequest("0808", "2"), at(2))) == ["XR|RN0808|G#2|"]
        assert hears(alive, "XI|RN0808|G#1|BDSomebody else|BI900|", 3) == ()
        assert hears(alive, "XI|RN0808|G#2|BDCopy A4 000007|BI150|", 25) == ()
        assert alive.tick(at(50)) == ()
        [bill] = hears(alive, "XB|RN0808|G#2|BA150|", 51)
        assert isinstance(bill, Bill)
        assert [line.get("BI") for line in bill.lines] == ["150"]
        assert alive.may_post

    def test_gives_a_bill_up_that_has_no_end(self, alive):
        alive.ask_bill(BillRequest("0808", "2"), at(2))
        for second in range(20, 122, 10):
            assert alive.tick(at(second)) == ()
            hears(alive, "XI|RN0808|G#2|BDCopy A4 000007|BI150|", second)
        assert learned(alive.tick(at(122))) == [InquiryLost("timeout")]

    def test_does_not_wait_longer_for_somebody_else_s_bill(self, alive):
        alive.ask_bill(BillRequest("0808", "2"), at(2))
        hears(alive, "XI|RN0808|G#1|BDSomebody else|BI900|", 25)
        assert learned(alive.tick(at(32))) == [InquiryLost("timeout")]

    def test_lets_no_errand_go_before_the_posting_that_must_follow(self, alive):
        alive.inquire(Inquiry(7, "0808"), at(2))
        assert not alive.may_send
        hears(alive, "PL|P#7|WSKIOSK1|RN0808|G#1|GNOne|", 2.1)
        assert alive.may_send
        alive.post(GuestPosting("0808", "1", "One", charge(8)), at(2.1))
        assert alive.may_send

    def test_gives_a_bill_up_that_never_comes(self, alive):
        alive.ask_bill(BillRequest("0808", "2"), at(2))
        assert learned(alive.tick(at(32))) == [InquiryLost("timeout")]


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
