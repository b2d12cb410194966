import sqlite3

import pytest

from kiosk.books import corrections, journal
from kiosk.books.checks import check
from kiosk.books.corrections import Folio, NotCorrectable, correct_amount, correct_sheets
from kiosk.books.doubts import NotInDoubt, Outcome, resolve
from kiosk.books.hotel_journal import HotelRow, everything
from kiosk.books.postings import Posting, room_postings
from kiosk.books.reconcile import reconcile_journal
from kiosk.outbox import DeliveryState
from kiosk.register.requests import Requests, desk_outbox, file_requests
from kiosk.store.database import Database
from kiosk.store.migrations import REGISTER
from tests.books_kit import copied, open_books

S = DeliveryState
WHO = {"reason": "the sheets were blank", "who": "AB", "folio": Folio("0202", "88")}


@pytest.fixture
def books(tmp_path):
    books = open_books(tmp_path)
    yield books
    books.db.close()


@pytest.fixture
def postings(books):
    """Voucher 1 over 300 (tax 17), three sheets, delivered."""
    books.finish(copied(books))
    postings = room_postings(books.db)
    answered(postings, postings.delivered)
    yield postings
    postings.close()


def answered(postings, answer, word="test"):
    delivery = postings.next_due()
    postings.begin(delivery)
    answer(delivery, word)
    return delivery


def balances(books):
    with books.db.reading() as tx:
        return {account: minor for (account, _), minor in journal.balances(tx).items() if minor}


def test_sheets_are_taken_back_at_the_terms_of_the_charge_and_posted_as_a_negative_amount(books, postings):
    done = correct_sheets(postings, 1, 1, by_posting=True, **WHO)
    assert (done.number, done.minor, done.tax_minor) == (1, 100, 6)
    assert balances(books) == {"receivable:pms": 300, "clearing:room": -100, "revenue:copy": -189, "tax:vat": -11}
    assert check(books.db).agree
    queued = postings.next_due()
    told = Posting.decode(queued.payload)
    assert (queued.kind, queued.key) == ("correction", f"{told.charge}-correction-1")
    assert (told.voucher, told.minor, told.tax_minor, told.room, told.reservation) == (1, -100, -6, "0202", "88")
    answered(postings, postings.delivered)
    assert balances(books) == {"receivable:pms": 200, "revenue:copy": -189, "tax:vat": -11}
    assert Posting.decode(postings.by_key(queued.key).payload).room == ""
    assert check(books.db, [HotelRow(1, 1, 300), HotelRow(1, 2, -100)]).agree


def test_however_it_is_cut_up_nothing_is_left_of_a_charge_taken_back_whole(books, postings):
    for minor in (1, 2, 50, 99, 148):
        correct_amount(postings, 1, minor, by_posting=True, **WHO)
        answered(postings, postings.delivered)
        assert check(books.db).agree
    assert balances(books) == {}
    with books.db.reading() as tx:
        made = corrections.every(tx)
    assert sum(each.tax_minor for each in made) == books.voucher(1).tax
    with pytest.raises(NotCorrectable, match="1 of 0 minor units"):
        correct_amount(postings, 1, 1, by_posting=True, **WHO)


@pytest.mark.parametrize("much", [0, -1, 4])
def test_no_more_sheets_than_were_charged(books, postings, much):
    with pytest.raises(NotCorrectable, match=f"{much} of 3 sheets"):
        correct_sheets(postings, 1, much, by_posting=True, **WHO)
    assert balances(books)["receivable:pms"] == 300


@pytest.mark.parametrize("much", [0, -1, 301])
def test_no_more_money_than_was_charged(books, postings, much):
    with pytest.raises(NotCorrectable, match=f"{much} of 300 minor"):
        correct_amount(postings, 1, much, by_posting=True, **WHO)
    correct_sheets(postings, 1, 2, by_posting=True, **WHO)
    with pytest.raises(NotCorrectable, match="2 of 1 sheets"):
        correct_sheets(postings, 1, 2, by_posting=True, **WHO)
    with pytest.raises(NotCorrectable, match="101 of 100 minor"):
        correct_amount(postings, 1, 101, by_posting=True, **WHO)
    assert check(books.db).agree


@pytest.mark.parametrize(
    ("answers", "first"),
    [
        ([], "not posted yet"),
        (["unknown"], "may be on the folio or not: first `kiosk books resolve"),
        (["refused"], "was never posted: .* waived"),
        (["refused", Outcome.WAIVED], "never was on a folio"),
    ],
    ids=["queued", "unknown", "refused", "withdrawn"],
)
def test_what_is_not_on_a_folio_for_certain_is_not_corrected_and_it_is_said_why(books, postings, answers, first):
    charge = copied(books, "b")
    books.finish(charge)
    for answer in answers:
        if isinstance(answer, Outcome):
            resolve(postings, charge, answer, "AB")
        else:
            answered(postings, getattr(postings, answer))
    with pytest.raises(NotCorrectable, match=first):
        correct_amount(postings, 2, 100, by_posting=True, **WHO)
    with pytest.raises(NotCorrectable, match="no voucher 3"):
        correct_amount(postings, 3, 100, by_posting=True, **WHO)
    assert check(books.db).agree


def test_by_the_hotels_own_procedure_staff_are_asked_and_say_when_it_is_done(books, postings, tmp_path):
    requests = Requests(Database(tmp_path / "register.db", REGISTER))
    done = correct_amount(postings, 1, 100, by_posting=False, **WHO)
    assert postings.next_due() is None
    file_requests(desk_outbox(books.db), requests, "lobby")
    (asked,) = requests.list_open()
    assert (asked.kind, asked.values["voucher"], asked.values["charge"]) == ("desk-correction-refused", 1, done.key)
    assert check(books.db).agree
    with pytest.raises(NotInDoubt, match="own procedure"):
        resolve(postings, done.key, Outcome.NOT_POSTED, "AB")
    resolve(postings, done.key, Outcome.POSTED, "AB")
    file_requests(desk_outbox(books.db), requests, "lobby")
    assert requests.list_open() == []
    assert balances(books)["receivable:pms"] == 200
    assert check(books.db, [HotelRow(1, 1, 300), HotelRow(1, 0, -100)]).agree
    requests.db.close()


@pytest.mark.parametrize(("rows", "state"), [([HotelRow(1, 2, -100)], S.DELIVERED), ([], S.QUEUED)])
def test_a_correction_in_doubt_is_cleared_up_by_the_journal(books, postings, rows, state):
    done = correct_amount(postings, 1, 100, by_posting=True, **WHO)
    answered(postings, postings.unknown)
    cleared = reconcile_journal(postings, [HotelRow(1, 1, 300), *rows], everything)
    assert cleared.differences == ()
    assert postings.by_key(done.key).state is state
    assert check(books.db).agree


def test_two_corrections_of_one_amount_are_told_from_a_doubled_one(books, postings):
    rows = [HotelRow(1, 1, 300), HotelRow(1, 2, -100), HotelRow(1, 3, -100)]
    correct_amount(postings, 1, 100, by_posting=True, **WHO)
    answered(postings, postings.delivered)
    assert [each.key for each in check(books.db, rows).money] == ["hotel.number"]
    correct_amount(postings, 1, 100, by_posting=True, **WHO)
    assert [each.key for each in check(books.db, rows).money] == ["hotel.number"]
    answered(postings, postings.delivered)
    assert check(books.db, rows).agree
    assert [each.key for each in check(books.db, rows[:2]).money] == ["hotel.missing"]


def test_a_refused_correction_may_be_paid_back_at_the_desk(books, postings):
    done = correct_amount(postings, 1, 100, by_posting=True, **WHO)
    answered(postings, postings.refused, "hotel.refused.ng")
    with pytest.raises(NotInDoubt, match="owed to the guest"):
        resolve(postings, done.key, Outcome.WAIVED, "AB")
    resolve(postings, done.key, Outcome.COLLECTED, "AB")
    assert balances(books)["receivable:desk"] == -100
    assert balances(books).get("clearing:room", 0) == 0
    assert check(books.db).agree


@pytest.mark.parametrize("sql", ["UPDATE corrections SET minor = 1", "DELETE FROM corrections"])
def test_corrections_cannot_be_changed_afterwards(books, postings, sql):
    correct_amount(postings, 1, 100, by_posting=True, **WHO)
    with sqlite3.connect(books.db.path) as other, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        other.execute(sql)
    other.close()
