import pytest

from hardware.protocols import JobRecord, JobState, TryLater
from kiosk.books.charge import ChargeState, Purpose, WorkState
from kiosk.books.checks import check
from kiosk.books.ledger import waste
from kiosk.books.recovery import Outcome, Recovered, recover
from kiosk.register.requests import Requests, desk_outbox, file_requests
from kiosk.store.database import Database
from kiosk.store.migrations import REGISTER
from tests.books_kit import PAYER, copied, open_books, quote, signed


@pytest.fixture
def books(tmp_path):
    books = open_books(tmp_path)
    yield books
    books.db.close()


@pytest.fixture
def printing(books):
    """A signed charge of three sheets whose last two were under way: the sample and one more are on record."""
    charge = signed(books)
    books.begin_work(charge, "rest", 2, Purpose.REST)
    books.record_work("rest", 1)
    return charge


def printer(**records):
    """The printer's own record: job -> (state, sheets); silent about everything when empty."""

    async def fate(job):
        if not records:
            raise TryLater("printer.offline")
        state, sheets = records.get(job.replace("-", "_"), (JobState.LOST, 0))
        return JobRecord(state, sheets)

    return fate


async def test_what_came_out_is_settled(books, printing):
    assert await recover(books, printer(rest=(JobState.COMPLETED, 2))) == (Recovered(printing, Outcome.SETTLED),)
    assert books.voucher(1).minor == 300
    assert await recover(books, printer()) == ()


@pytest.mark.parametrize("end", [JobState.ABORTED, JobState.CANCELLED])
async def test_a_job_that_was_stopped_is_settled_for_its_sheets(books, printing, end):
    await recover(books, printer(rest=(end, 1)))
    assert books.voucher(1).minor == 200


async def test_a_lost_record_is_unknown_and_staff_are_asked_once(books, printing, tmp_path):
    for outcome in (Outcome.UNKNOWN, Outcome.LATER, Outcome.LATER):
        assert await recover(books, printer(other=(JobState.COMPLETED, 1))) == (Recovered(printing, outcome),)
    requests = Requests(Database(tmp_path / "register.db", REGISTER))
    outbox = desk_outbox(books.db)
    assert len(file_requests(outbox, requests, "lobby")) == 1
    (request,) = requests.list_open()
    assert (request.kind, request.details_key) == ("charge-unknown", "request.charge-unknown")
    assert request.values == {"charge": printing, "reason": "charge.record-lost", "proven": 2}
    assert check(books.db).vouchers == 0


async def test_a_record_found_again_settles_what_was_unknown(books, printing):
    await recover(books, printer(other=(JobState.COMPLETED, 1)))
    await recover(books, printer(rest=(JobState.COMPLETED, 2)))
    assert books.charge(printing).state is ChargeState.SETTLED
    assert books.voucher(1).minor == 300


async def test_the_count_in_the_books_is_enough_when_the_job_had_ended(books):
    charge = copied(books)
    assert await recover(books, printer()) == (Recovered(charge, Outcome.SETTLED),)
    assert books.voucher(1).minor == 300


@pytest.mark.parametrize("state", [JobState.PENDING, JobState.PRINTING, JobState.STOPPED])
async def test_a_job_that_still_runs_and_a_printer_that_is_away_are_asked_again_later(books, printing, state):
    for fate in (printer(rest=(state, 2)), printer()):
        assert await recover(books, fate) == (Recovered(printing, Outcome.LATER),)
        assert books.charge(printing).state is ChargeState.AUTHORISED
    assert (await recover(books, printer(rest=(JobState.COMPLETED, 2))))[0].outcome is Outcome.SETTLED


@pytest.mark.parametrize("known", [True, False], ids=["printer-answers", "printer-away"])
async def test_nobody_pays_for_what_was_not_signed(books, known):
    charge = books.quote_charge("v", quote())
    books.authorise(charge, PAYER)
    books.begin_work(charge, "sample", 1, Purpose.SAMPLE)
    fate = printer(sample=(JobState.COMPLETED, 1)) if known else printer()
    assert await recover(books, fate) == (Recovered(charge, Outcome.VOIDED),)
    assert waste(books.jobs(charge)) == (1 if known else 0)


async def test_a_guest_who_was_only_told_the_price_owes_nothing(books):
    charge = books.quote_charge("v", quote())
    assert await recover(books, printer()) == (Recovered(charge, Outcome.VOIDED),)


async def test_a_charge_between_delivery_and_settling_is_settled(books):
    charge, nothing = signed(books, "a"), signed(books, "b")
    books.deliver(charge, 2)
    books.deliver(nothing, 0)
    assert await recover(books, printer()) == (
        Recovered(charge, Outcome.SETTLED),
        Recovered(nothing, Outcome.VOIDED),
    )
    assert books.voucher(1).minor == 200


async def test_each_guest_is_put_right_for_himself(books):
    lost, fine = signed(books, "a"), signed(books, "b")
    for charge, job in ((lost, "gone"), (fine, "known")):
        books.begin_work(charge, job, 2, Purpose.REST)
    outcomes = await recover(books, printer(known=(JobState.COMPLETED, 2)))
    assert [each.outcome for each in outcomes] == [Outcome.UNKNOWN, Outcome.SETTLED]


async def test_a_refused_sample_stays_free_after_a_crash(books):
    charge = books.quote_charge("v", quote(copies=1))
    books.authorise(charge, PAYER)
    books.begin_work(charge, "bad", 1, Purpose.SAMPLE)
    books.record_work("bad", 1, WorkState.ENDED)
    books.refuse("bad")
    books.begin_work(charge, "good", 1, Purpose.SAMPLE)
    books.record_work("good", 1, WorkState.ENDED)
    books.approve("good")
    books.sign(charge, "CNY 1.00", [[(1, 1, 1)]])
    await recover(books, printer())
    assert books.voucher(1).minor == 100
