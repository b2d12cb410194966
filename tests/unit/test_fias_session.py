from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hotel.answers import Consequence, consequence
from kiosk.hotel.clock import Moment
from kiosk.hotel.fias.codec import Malformed
from kiosk.hotel.fias.events import (
    Answer,
    AuditBegan,
    AuditEnded,
    GuestNews,
    Hangup,
    LateAnswer,
    NoAnswer,
    Noise,
    Send,
    Up,
)
from kiosk.hotel.fias.records import DEFAULT_FIELDS, Description, RoomPosting
from kiosk.hotel.fias.session import Phase, Session

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


def posting(sequence, **other):
    values = {"room": "0808", "amount": 150, "decimals": 2, "text": "Copy A4", "voucher": 7, "sold_at": NOON}
    return RoomPosting(sequence, **{**values, **other})


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


def test_nobody_there_at_all_ends_the_connection(session):
    session.tick(at(3))
    assert session.tick(at(33)) == (Hangup("silent"),)
    assert session.phase is Phase.DOWN


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


def test_the_only_subtotal_equals_the_total():
    station = Description(fields={**DEFAULT_FIELDS, "PS": ("P#", "RN", "PT", "TA", "S1", "SO", "T1", "DA", "TI")})
    record = posting(1, amount=-250, decimals=0).record(station)
    assert record.get("TA") == record.get("S1") == "-25000"
    assert record.get("T1") is None


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


def test_answers_are_matched_by_number_and_not_by_room(alive):
    alive.post(posting(7), at(2))
    assert hears(alive, "PA|ASOK|RN0808|P#6|", 2) == (LateAnswer(6, "OK"),)
    assert hears(alive, "PA|ASOK|RN0808|", 2) == (Noise("answer-without-number"),)
    for number in ("", "-7", "７", "7 ", "9" * 5000):
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


def test_nothing_is_sent_between_a_resync_and_its_end(alive):
    assert said(alive.resync(at(2))) == ["DR|DA261121|TI120002|"]
    assert not alive.may_post
    news = [*hears(alive, "DS|", 2), *hears(alive, "GI|RN0808|G#1|", 3), *hears(alive, "DE|", 4)]
    assert [effect.record.kind for effect in news if isinstance(effect, GuestNews)] == ["DS", "GI", "DE"]
    assert alive.may_post


def test_a_resync_without_answer_does_not_hold_the_charges_for_ever(alive):
    alive.resync(at(2))
    assert Noise("resync-unfinished") in alive.tick(at(62))
    assert alive.may_post


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


@pytest.mark.parametrize("status", ["NR", "NM", "DE", "AA", "AN", "", "ZZ"])
def test_an_answer_that_belongs_to_no_posting_is_for_a_person(status):
    assert consequence(status) is Consequence.UNKNOWN


@pytest.mark.parametrize("kind", ["PS", "PA"])
def test_a_station_that_could_not_tell_its_postings_apart_is_refused(kind):
    fields = {**DEFAULT_FIELDS, kind: tuple(name for name in DEFAULT_FIELDS[kind] if name != "P#")}
    with pytest.raises(ValueError, match="P#"):
        Description(fields=fields)


KINDS = ("LS", "LA", "PA", "NS", "NE", "DS", "DE", "GI", "GO", "GC", "KR", "LC", "XL", "QQ")
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
