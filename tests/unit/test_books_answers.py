"""All 20 answers of a hotel system: what each means for a posting, and what staff read."""

from __future__ import annotations

import pytest

from kiosk.books.corrections import BY_DESK
from kiosk.cli.requests import REASONS, WORDS
from kiosk.hotel.answers import CONSEQUENCES, Consequence, consequence, plain, reason_key
from kiosk.hotel.postman import UNSENDABLE, UNSENT, UNTOLD
from kiosk.hotel.rest.line import NOT_OFFERED

C = Consequence
ALL = {
    "OK": C.POSTED,
    "NG": C.STAFF,
    "NP": C.OTHER_MEANS,
    "CO": C.OTHER_MEANS,
    "DM": C.NEVER,
    "IA": C.STAFF,
    "NA": C.AFTER_AUDIT,
    "RY": C.LATER,
    "UR": C.NEVER,
    "FX": C.OTHER_MEANS,
    "DN": C.OTHER_MEANS,
    "NF": C.NEVER,
    "NM": C.UNKNOWN,
    "NR": C.UNKNOWN,
    "BY": C.LATER,
    "DE": C.UNKNOWN,
    "BM": C.STAFF,
    "CD": C.STAFF,
    "AA": C.UNKNOWN,
    "AN": C.UNKNOWN,
}
TO_DO = {
    C.OTHER_MEANS: "resolve as collected",
    C.STAFF: "resolve as posted",
    C.NEVER: "call the technician",
    C.LATER: "resolve as not-posted",
    C.AFTER_AUDIT: "try again after it",
}


def test_the_table_has_the_20_answers_of_the_specification_and_no_other():
    assert len(ALL) == 20
    assert set(CONSEQUENCES) == set(ALL)


@pytest.mark.parametrize(("status", "wanted"), ALL.items())
def test_each_answer_has_its_consequence(status, wanted):
    assert consequence(status) is wanted
    assert wanted.refusal == (wanted in (C.OTHER_MEANS, C.STAFF, C.NEVER))


@pytest.mark.parametrize("status", ["", "ok", "ZZ", "OK "])
def test_an_unheard_of_answer_is_no_answer(status):
    assert consequence(status) is C.UNKNOWN
    assert reason_key(status) == "hotel.refused.unheard-of"


@pytest.mark.parametrize("status", ["", "ok", "OK ", "OK\n", "O1", "\u0410\u0410", "DENIED FOR GUEST OF 101"])
def test_of_what_is_no_status_nothing_is_kept(status):
    assert plain(status) == "other"
    assert plain("OK") == "OK"


@pytest.mark.parametrize("status", [status for status, what in ALL.items() if what in TO_DO])
def test_what_may_be_refused_is_worded_with_what_to_do(status):
    said = REASONS[reason_key(status)]
    assert TO_DO[ALL[status]] in said
    assert said not in [other for key, other in REASONS.items() if key != reason_key(status)]


@pytest.mark.parametrize("reason", [UNSENDABLE, UNSENT, UNTOLD, BY_DESK, NOT_OFFERED])
def test_a_refusal_of_our_own_is_worded_too(reason):
    assert reason in REASONS


def test_whatever_the_books_ask_staff_is_worded():
    values = {"voucher": 1, "charge": "c", "minor": 1, "reason": "r"}
    for kind in ("posting", "correction", "trial"):
        for what in ("unknown", "twice", "perhaps-twice", "after-all", "absent", "waiting"):
            assert WORDS[f"request.{kind}-{what}"].format_map(values)
    for kind in ("posting", "correction", "desk-correction"):
        assert WORDS[f"request.{kind}-refused"].format_map(values)
