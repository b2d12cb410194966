from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from kiosk.books.charge import (
    TRANSITIONS,
    WORK_TRANSITIONS,
    BooksError,
    ChargeEvent,
    ChargeState,
    IllegalTransition,
    Payer,
    Purpose,
    WorkState,
    new_charge_id,
    step,
)
from tests.books_kit import PAYER, STROKES, open_books, quote, signed

S, E = ChargeState, ChargeEvent

# Written out once more, state by state, so that a slip in the product's table shows.
LIFE = {
    S.QUOTED: {E.AUTHORISE: S.AUTHORISED, E.REQUOTE: S.QUOTED, E.VOID: S.VOIDED},
    S.AUTHORISED: {
        E.REQUOTE: S.AUTHORISED,
        E.SIGN: S.AUTHORISED,
        E.DELIVER: S.DELIVERED,
        E.LOSE: S.UNKNOWN,
        E.VOID: S.VOIDED,
    },
    S.DELIVERED: {E.SETTLE: S.SETTLED, E.VOID: S.VOIDED},
    S.UNKNOWN: {E.DELIVER: S.DELIVERED, E.VOID: S.VOIDED},
    S.SETTLED: {},
    S.VOIDED: {},
}


@pytest.mark.parametrize(("state", "event"), list(product(S, E)), ids=lambda it: it.value)
def test_every_event_in_every_state(state, event):
    wanted = LIFE[state].get(event)
    if wanted is None:
        with pytest.raises(IllegalTransition) as refused:
            step("charge", state, event)
        assert (refused.value.state, refused.value.event) == (state, event)
    else:
        assert step("charge", state, event) is wanted


def test_a_charge_that_has_ended_stays_as_it_is():
    assert {state for state in S if state.ended} == {S.SETTLED, S.VOIDED}
    assert not any(state.ended for state, _ in TRANSITIONS)


# The same table on disk: each way into a state, then each call of the books.

WAYS = {
    S.QUOTED: lambda books: books.quote_charge("v", quote()),
    S.AUTHORISED: lambda books: authorised(books),
    S.DELIVERED: lambda books: after(books, signed(books), "deliver", 1),
    S.SETTLED: lambda books: after(books, WAYS[S.DELIVERED](books), "settle"),
    S.VOIDED: lambda books: after(books, authorised(books), "void", "charge.test"),
    S.UNKNOWN: lambda books: after(books, signed(books), "mark_unknown", "charge.test"),
}
CALLS = {
    E.AUTHORISE: lambda books, charge: books.authorise(charge, PAYER),
    E.REQUOTE: lambda books, charge: books.requote(charge, quote(copies=2)),
    E.SIGN: lambda books, charge: books.sign(charge, "text", STROKES),
    E.DELIVER: lambda books, charge: books.deliver(charge, 0),
    E.SETTLE: lambda books, charge: books.settle(charge),
    E.VOID: lambda books, charge: books.void(charge, "charge.test"),
    E.LOSE: lambda books, charge: books.mark_unknown(charge, "charge.test"),
}


def authorised(books):
    charge = books.quote_charge("v", quote())
    books.authorise(charge, PAYER)
    return charge


def after(books, charge, call, *arguments):
    getattr(books, call)(charge, *arguments)
    return charge


@pytest.mark.parametrize(("state", "event"), list(product(S, E)), ids=lambda it: it.value)
def test_the_books_allow_on_disk_what_the_table_allows(tmp_path, state, event):
    books = open_books(tmp_path)
    charge = WAYS[state](books)
    wanted = LIFE[state].get(event)
    if wanted is None:
        with pytest.raises(IllegalTransition):
            CALLS[event](books, charge)
        assert books.charge(charge).state is state
    else:
        CALLS[event](books, charge)
        assert books.charge(charge).state is wanted


@pytest.mark.parametrize(("before", "then"), list(product(WorkState, WorkState)), ids=lambda it: it.value)
def test_every_step_of_a_job(tmp_path, before, then):
    books = open_books(tmp_path)
    charge = authorised(books)
    books.begin_work(charge, "job", 2, Purpose.SAMPLE)
    for state in {
        WorkState.BEGUN: [],
        WorkState.ENDED: [WorkState.ENDED],
        WorkState.APPROVED: [WorkState.ENDED, WorkState.APPROVED],
        WorkState.REFUSED: [WorkState.ENDED, WorkState.REFUSED],
    }[before]:
        books.record_work("job", 1, state)
    if (before, then) in WORK_TRANSITIONS:
        books.record_work("job", 1, then)
        assert books.jobs(charge)[0].state is then
    else:
        with pytest.raises(BooksError):
            books.record_work("job", 1, then)
        assert books.jobs(charge)[0].state is before


def test_charge_ids_are_unique_and_sort_by_their_time():
    start = datetime(2026, 3, 1, tzinfo=UTC)
    ids = [new_charge_id(start + timedelta(milliseconds=n)) for n in range(500)]
    assert ids == sorted(ids)
    assert len(set(ids) | {new_charge_id(start) for _ in range(500)}) == 1000
    assert {len(each) for each in ids} == {26}


def test_a_payer_is_not_printed_by_accident():
    assert repr(Payer("0101", "77", "Guest")) == "Payer(...)"
