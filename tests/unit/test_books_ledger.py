import sqlite3
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hardware.protocols import Sides
from kiosk.books import journal
from kiosk.books.charge import BooksError, ChargeState, Purpose, WorkState
from kiosk.books.checks import check
from kiosk.books.ledger import AlreadySigned, Books, NoSuchCharge, NotSigned, waste
from kiosk.books.postings import Posting, room_postings
from kiosk.books.vouchers import Signature
from tests.books_kit import PAYER, STROKES, SetClock, copied, open_books, quote, signed


@pytest.fixture
def books(tmp_path):
    return open_books(tmp_path)


def balances(books):
    with books.db.reading() as tx:
        return {account: minor for (account, _), minor in journal.balances(tx).items()}


def dump(books):
    with sqlite3.connect(books.db.path) as shell:
        text = "\n".join(shell.iterdump())
    shell.close()
    return text


def test_a_copy_is_settled_as_one_entry_one_voucher_one_posting(books):
    charge = books.quote_charge("v", quote(2, 3, sides=Sides.LONG_EDGE))
    books.authorise(charge, PAYER)
    books.begin_work(charge, "sample", 1, Purpose.SAMPLE)
    books.record_work("sample", 1, WorkState.ENDED)
    books.approve("sample")
    books.sign(charge, "CNY 4.50", STROKES)
    books.begin_work(charge, "rest", 2, Purpose.REST)
    books.record_work("rest", 1)
    books.record_work("rest", 2, WorkState.ENDED)
    books.deliver(charge, 3)
    voucher = books.settle(charge)
    assert (voucher.number, voucher.service, voucher.sheets, voucher.minor, voucher.tax) == (1, "copy", 3, 450, 25)
    assert voucher == books.voucher(1)
    assert voucher.signature.intact
    assert balances(books) == {"clearing:room": 450, "revenue:copy": -425, "tax:vat": -25}
    delivery = room_postings(books.db).by_key(charge)
    posting = Posting.decode(delivery.payload)
    assert (posting.room, posting.reservation, posting.name) == ("0101", "77", "Guest, A")
    assert (posting.voucher, posting.minor, posting.tax_minor, posting.text) == (1, 450, 25, "Photocopies")
    assert check(books.db).agree


def test_refused_samples_are_waste_and_free(books):
    charge = books.quote_charge("v", quote(copies=3))
    books.authorise(charge, PAYER)
    for number, verdict in enumerate((books.refuse, books.refuse, books.approve)):
        books.begin_work(charge, f"sample-{number}", 1, Purpose.SAMPLE)
        books.record_work(f"sample-{number}", 1, WorkState.ENDED)
        verdict(f"sample-{number}")
    books.sign(charge, "CNY 3.00", STROKES)
    books.begin_work(charge, "rest", 2, Purpose.REST)
    books.record_work("rest", 1, WorkState.ENDED)  # a jam, and the guest did not wait
    assert books.finish(charge).minor == 200
    assert waste(books.jobs(charge)) == 2


def test_more_than_was_quoted_is_never_charged(books):
    charge = signed(books, copies=3)
    books.deliver(charge, 9)
    voucher = books.settle(charge)
    assert (voucher.minor, voucher.sheets) == (300, 9)


def test_nothing_delivered_is_voided_without_a_trace_of_the_guest(books):
    charge = signed(books)
    books.deliver(charge, 0)
    assert books.settle(charge) is None
    assert books.charge(charge).state is ChargeState.VOIDED
    assert room_postings(books.db).by_key(charge) is None
    assert "Guest, A" not in dump(books)
    assert "CNY 3.00" not in dump(books)


def test_a_charge_that_was_never_signed_is_never_settled(books):
    charge = books.quote_charge("v", quote())
    books.authorise(charge, PAYER)
    books.begin_work(charge, "sample", 1, Purpose.SAMPLE)
    books.record_work("sample", 1, WorkState.ENDED)
    books.approve("sample")
    with pytest.raises(NotSigned):
        books.deliver(charge, 1)
    with pytest.raises(NotSigned):
        books.begin_work(charge, "rest", 2, Purpose.REST)
    assert books.finish(charge) is None
    assert books.charge(charge).state is ChargeState.VOIDED


def test_a_charge_is_not_finished_while_paper_may_still_come(books):
    charge = signed(books)
    books.begin_work(charge, "rest", 2, Purpose.REST)
    with pytest.raises(BooksError, match="rest has not ended"):
        books.finish(charge)
    assert books.charge(charge).state is ChargeState.AUTHORISED


def test_signed_terms_stand(books):
    charge = signed(books)
    with pytest.raises(AlreadySigned):
        books.requote(charge, quote(copies=9))
    with pytest.raises(AlreadySigned):
        books.sign(charge, "more", STROKES)
    assert books.charge(charge).quote == quote(copies=3)


def test_wishes_may_change_before_the_signature(books):
    charge = books.quote_charge("v", quote(copies=3))
    books.authorise(charge, PAYER)
    books.requote(charge, quote(copies=5))
    assert books.charge(charge).quote.total == 500


@pytest.mark.parametrize("strokes", [(), ((),)])
def test_an_empty_pad_is_no_signature(books, strokes):
    charge = books.quote_charge("v", quote())
    books.authorise(charge, PAYER)
    with pytest.raises(ValueError, match="stroke"):
        books.sign(charge, "CNY 3.00", strokes)
    assert not books.charge(charge).signed


def test_text_and_strokes_cannot_be_shifted_against_each_other():
    assert Signature.of("a1", STROKES).hash != Signature.of("a", STROKES).hash
    assert not Signature("a[", "[]", Signature("a", "[[]", "").hash).intact


def test_a_job_has_one_name_for_ever_and_unknown_ones_are_refused(books):
    charge = signed(books)
    with pytest.raises(sqlite3.IntegrityError):
        books.begin_work(charge, "v1-sample", 1, Purpose.SAMPLE)
    for call in (
        lambda: books.record_work("nobody", 1),
        lambda: books.charge("nobody"),
        lambda: books.approve("nobody"),
    ):
        with pytest.raises(NoSuchCharge):
            call()


def test_only_a_sample_is_judged(books):
    charge = copied(books)
    with pytest.raises(BooksError, match="only a sample"):
        books.refuse("v1-rest")
    assert books.finish(charge).minor == 300


def test_paper_does_not_go_back_into_the_printer(books):
    charge = signed(books)
    books.begin_work(charge, "rest", 2, Purpose.REST)
    books.record_work("rest", 2)
    books.record_work("rest", 0, WorkState.ENDED)
    assert books.finish(charge).minor == 300


def test_no_more_sheets_are_proven_than_were_ordered(books):
    charge = signed(books, copies=3)
    books.begin_work(charge, "rest", 2, Purpose.REST)
    books.record_work("rest", 4, WorkState.ENDED)  # a printer that counted sides
    assert books.jobs(charge)[-1].proven == 2


def test_an_unknown_outcome_asks_staff_and_is_settled_by_their_word(books):
    charge = signed(books)
    books.begin_work(charge, "rest", 2, Purpose.REST)
    books.record_work("rest", 1)
    books.mark_unknown(charge, "charge.record-lost")
    assert [opened.charge.state for opened in books.open_charges()] == [ChargeState.UNKNOWN]
    with books.db.reading() as tx:
        assert journal.balances(tx) == {}
    voucher = books.resolve(charge, 2, "night-manager")
    assert voucher.minor == 200
    assert books.charge(charge).reason == "by night-manager"
    assert books.open_charges() == []


def test_only_an_unknown_charge_is_resolved_by_hand(books):
    with pytest.raises(BooksError):
        books.resolve(copied(books), 3, "somebody")


def test_the_guest_is_forgotten_once_the_hotel_has_answered(books):
    charge = copied(books)
    books.finish(charge)
    assert "Guest, A" in dump(books)
    postings = room_postings(books.db)
    delivery = postings.next_due()
    postings.begin(delivery)
    postings.delivered(delivery, "660532")
    assert "Guest, A" not in dump(books)
    books.db.close()  # the last one to close brings the write-ahead log home
    assert b"Guest, A" not in (books.db.path).read_bytes()
    books = open_books(books.db.path.parent)
    assert balances(books) == {"clearing:room": 0, "receivable:pms": 300, "revenue:copy": -283, "tax:vat": -17}
    assert check(books.db).agree


def test_order_comes_from_numbers_when_the_clock_jumps_back(tmp_path):
    clock = SetClock()
    books = open_books(tmp_path, clock)
    first = copied(books, "a")
    books.finish(first)
    clock.move(days=-400)
    second = copied(books, "b")
    opened = copied(books, "c")
    clock.move(days=-400)
    books.finish(second)
    assert [books.voucher(number).charge for number in (1, 2)] == [first, second]
    assert [each.charge.id for each in books.open_charges()] == [opened]
    assert room_postings(books.db).next_due().key == first
    assert check(books.db).agree


def test_two_processes_number_their_vouchers_without_gaps(tmp_path):
    one, other = open_books(tmp_path), open_books(tmp_path)
    numbers = [books.finish(copied(books, f"v{n}")).number for n, books in enumerate([one, other, other, one])]
    assert numbers == [1, 2, 3, 4]


class Station(RuleBasedStateMachine):
    """Guests in any order, doing anything the books allow; the equalities hold after every step."""

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        self.books = open_books(Path(self.folder.name))
        self.postings = room_postings(self.books.db)
        self.charges = []
        self.owed = 0

    @rule(copies=st.integers(1, 4))
    def sign(self, copies):
        self.charges.append(signed(self.books, f"v{len(self.charges)}-{copies}", copies))

    @precondition(lambda self: self.books.open_charges())
    @rule(sheets=st.integers(0, 5), data=st.data())
    def end(self, sheets, data):
        opened = data.draw(st.sampled_from(self.books.open_charges())).charge
        if opened.state is ChargeState.AUTHORISED and data.draw(st.booleans()):
            self.books.mark_unknown(opened.id, "test")
            return
        self.books.deliver(opened.id, sheets)
        voucher = self.books.settle(opened.id)
        expected = min(sheets, opened.quote.sheets) * 100
        assert (voucher.minor if voucher else 0) == expected
        self.owed += expected

    @precondition(lambda self: self.books.open_charges())
    @rule(data=st.data())
    def void(self, data):
        self.books.void(data.draw(st.sampled_from(self.books.open_charges())).charge.id, "test")

    @precondition(lambda self: self.postings.next_due())
    @rule(answer=st.sampled_from(["delivered", "refused", "again", "unknown"]))
    def post(self, answer):
        delivery = self.postings.next_due()
        self.postings.begin(delivery)
        getattr(self.postings, answer)(delivery, "test")

    @invariant()
    def the_books_agree(self):
        report = check(self.books.db)
        assert report.agree, report
        revenue = sum(
            minor for (account, _), minor in report.balances.items() if account in ("revenue:copy", "tax:vat")
        )
        assert -revenue == self.owed

    def teardown(self):
        self.postings.close()
        self.books.db.close()
        self.folder.cleanup()


Station.TestCase.settings = settings(max_examples=20, stateful_step_count=15, deadline=None)
TestStation = Station.TestCase


def test_books_open_on_what_another_run_left(tmp_path):
    before = open_books(tmp_path)
    charge = copied(before)
    before.db.close()
    after = open_books(tmp_path)
    assert isinstance(after, Books)
    assert after.finish(charge).number == 1
