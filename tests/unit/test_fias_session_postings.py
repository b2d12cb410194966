"""Postings in the FIAS conversation: one at a time, each with one end, held back by night audits and by silence."""

from __future__ import annotations

import pytest

from kiosk.hotel.fias.codec import Malformed
from kiosk.hotel.fias.events import (
    AuditBegan,
    AuditEnded,
    Bill,
    Found,
    Hangup,
    InquiryLost,
    InquiryRefused,
    Noise,
    PostingsRest,
    Unsent,
)
from kiosk.hotel.fias.inquiry import BillRequest, Candidate, Inquiry
from kiosk.hotel.fias.records import DEFAULT_FIELDS, GUEST_POSTING_FIELDS, Description, GuestPosting
from kiosk.hotel.fias.session import Phase, Session
from kiosk.hotel.news import Answer, LateAnswer, NoAnswer
from tests.unit.session_kit import at, came_alive, charge, connected, hears, learned, posting, said


@pytest.fixture
def session():
    return connected()


@pytest.fixture
def alive():
    return came_alive(connected())


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
