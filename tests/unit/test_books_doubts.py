import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as some

from kiosk.books import journal
from kiosk.books.checks import check
from kiosk.books.corrections import Folio, correct_amount
from kiosk.books.doubts import NotInDoubt, Outcome, Said, Verdict, by_balance, by_bill, delivered_alike, resolve, settle
from kiosk.books.hotel_journal import HotelRow
from kiosk.books.postings import Posting, room_postings
from kiosk.books.trial import give_up, trial
from kiosk.outbox import DeliveryState, IllegalDelivery
from kiosk.register.requests import Requests, desk_outbox, file_requests
from kiosk.store.database import Database
from kiosk.store.migrations import REGISTER
from tests.books_kit import copied, open_books

S = DeliveryState


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (1000, 1300, Said.POSTED),
        (-500, -200, Said.POSTED),
        (1000, 1000, Said.UNCLEAR),
        (1000, 1299, Said.UNCLEAR),
        (1000, 1600, Said.UNCLEAR),
        (1000, 700, Said.UNCLEAR),
        (None, 1300, Said.UNCLEAR),
        (1000, None, Said.UNCLEAR),
    ],
)
def test_a_balance_says_posted_only_for_exactly_so_much_more(before, after, said):
    assert by_balance(before, after, 300).said is said


def test_a_correction_makes_the_balance_less():
    assert by_balance(1000, 700, -300).said is Said.POSTED


@given(some.integers(), some.integers(), some.integers().filter(bool))
def test_a_balance_says_posted_of_one_change_only_and_absent_of_none(before, after, minor):
    said = by_balance(before, after, minor).said
    assert said is (Said.POSTED if after - before == minor else Said.UNCLEAR)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Photocopies 12", Said.POSTED),
        ("Photocopies #000012", Said.POSTED),
        ("Photocopies (12).", Said.POSTED),
        ("Photocopies 12/03", Said.UNCLEAR),
        ("C12", Said.UNCLEAR),
        ("Photocopies 120", Said.UNCLEAR),
        ("Photocopies 112", Said.UNCLEAR),
        ("Photocopies", Said.UNCLEAR),
        ("\u8907\u537012", Said.UNCLEAR),
        ("\u0661\u0662", Said.UNCLEAR),
        ("999999999999999912", Said.UNCLEAR),
    ],
)
def test_a_bill_says_posted_only_where_the_voucher_is_a_whole_word(text, said):
    assert by_bill([("Minibar", 300), (text, 300)], 12, 300).said is said
    assert by_bill([(text, 3000)], 12, 300).said is Said.UNCLEAR


def test_a_bill_without_the_line_says_nothing_and_one_with_two_says_so():
    assert by_bill([], 12, 300).said is Said.UNCLEAR
    assert by_bill([("12", 300), ("12", 300)], 12, 300) == Verdict(Said.POSTED, "bill, 2 times")


def test_a_line_of_the_bill_proves_one_of_two_postings_alike_only():
    bill = [("Copy 000012", 500), ("Copy 000012", -100)]
    assert by_bill(bill, 12, -100, others=1).said is Said.UNCLEAR
    assert by_bill([*bill, ("Copy 000012", -100)], 12, -100, others=1) == Verdict(Said.POSTED, "bill")


def test_postings_alike_are_those_of_one_voucher_and_amount_that_are_on_the_folio(books):
    books.finish(copied(books))
    postings = room_postings(books.db)
    answered(postings, postings.delivered)
    for much in (100, 50, 100):
        correct_amount(postings, 1, much, reason="test", who="AB", folio=Folio("0101"), by_posting=True)
    first, second, third = postings.in_state(S.QUEUED)
    assert delivered_alike(postings, third) == 0
    answered(postings, postings.delivered)
    assert delivered_alike(postings, third) == 1
    answered(postings, postings.delivered)
    assert (delivered_alike(postings, third), delivered_alike(postings, second)) == (1, 1)
    plans = []
    books.db.trace(plans.append)
    delivered_alike(postings, first)
    books.db.trace(None)
    [sql] = [each for each in plans if each.startswith("SELECT")]
    with sqlite3.connect(books.db.path) as other:
        steps = [row[3] for row in other.execute(f"EXPLAIN QUERY PLAN {sql}")]
    other.close()
    assert not [step for step in steps if step.startswith("SCAN outbox")], steps


@pytest.fixture
def books(tmp_path):
    books = open_books(tmp_path)
    yield books
    books.db.close()


@pytest.fixture
def postings(books):
    """Voucher 1 over 300, unknown."""
    books.finish(copied(books))
    postings = room_postings(books.db)
    answered(postings, postings.unknown)
    yield postings
    postings.close()


@pytest.fixture
def asked(books, tmp_path):
    requests = Requests(Database(tmp_path / "register.db", REGISTER))

    def asked():
        file_requests(desk_outbox(books.db), requests, "lobby")
        return [each.details_key for each in requests.list_open()]

    yield asked
    requests.db.close()


def answered(postings, answer, word="test"):
    delivery = postings.next_due()
    postings.begin(delivery)
    answer(delivery, word)
    return delivery


def balances(books):
    with books.db.reading() as tx:
        return {account: minor for (account, _), minor in journal.balances(tx).items() if minor}


@pytest.mark.parametrize(
    ("verdict", "state", "left"),
    [
        (Verdict(Said.POSTED, "balance"), S.DELIVERED, []),
        (Verdict(Said.ABSENT, "not on the folio"), S.QUEUED, []),
        (Verdict(Said.UNCLEAR, "no balance"), S.UNKNOWN, ["request.posting-unknown"]),
    ],
)
def test_a_verdict_is_carried_out_and_what_staff_were_asked_is_taken_back(books, postings, asked, verdict, state, left):
    assert asked() == ["request.posting-unknown"]
    delivery = postings.in_state(S.UNKNOWN)[0]
    assert settle(postings, delivery, verdict) == (state is not S.UNKNOWN)
    assert postings.by_key(delivery.key).state is state
    assert asked() == left
    assert check(books.db).agree


def test_a_verdict_that_comes_too_late_changes_nothing(books, postings):
    delivery = postings.in_state(S.UNKNOWN)[0]
    settle(postings, delivery, Verdict(Said.POSTED, "balance"))
    assert postings.by_key(delivery.key).remark == "balance"
    for said in (Said.POSTED, Said.ABSENT):
        with pytest.raises(IllegalDelivery):
            settle(postings, delivery, Verdict(said, "bill"))
    assert balances(books)["receivable:pms"] == 300


@pytest.mark.parametrize(
    ("outcome", "account", "revenue"),
    [(Outcome.COLLECTED, "receivable:desk", -283), (Outcome.WAIVED, None, 0)],
)
def test_a_refused_charge_is_collected_at_the_desk_or_waived(books, asked, outcome, account, revenue):
    charge = copied(books)
    books.finish(charge)
    postings = room_postings(books.db)
    answered(postings, postings.refused, "hotel.refused.np")
    assert asked() == ["request.posting-refused"]
    resolve(postings, charge, outcome, "AB")
    done = postings.by_key(charge)
    assert (done.state, done.remark) == (S.WITHDRAWN, f"{outcome.value} by AB")
    assert Posting.decode(done.payload).room == ""
    assert balances(books).get("revenue:copy", 0) == revenue
    assert balances(books).get("clearing:room", 0) == 0
    assert account is None or balances(books)[account] == 300
    assert asked() == []
    assert check(books.db, []).agree
    assert [each.key for each in check(books.db, [HotelRow(1, 1, 300)]).money] == ["hotel.unexpected"]
    with pytest.raises(NotInDoubt):
        resolve(postings, charge, outcome, "AB")


@pytest.mark.parametrize("outcome", [Outcome.COLLECTED, Outcome.WAIVED])
def test_nothing_is_collected_for_what_may_be_on_the_folio(books, postings, outcome):
    with pytest.raises(NotInDoubt, match="may be on the folio"):
        resolve(postings, postings.in_state(S.UNKNOWN)[0].key, outcome, "AB")
    assert balances(books)["clearing:room"] == 300


def test_a_charge_that_is_there_after_it_was_collected_is_told(books, postings, asked):
    charge = postings.in_state(S.UNKNOWN)[0].key
    resolve(postings, charge, Outcome.NOT_POSTED, "AB")
    answered(postings, postings.refused, "hotel.refused.co")
    resolve(postings, charge, Outcome.COLLECTED, "AB")
    assert asked() == []
    assert postings.late_delivered(1, "P#1").state is S.WITHDRAWN
    assert asked() == ["request.posting-after-all"]
    assert check(books.db).agree


def test_a_charge_sent_again_on_a_wrong_word_is_told_to_be_there_twice(books, postings, asked):
    charge = postings.in_state(S.UNKNOWN)[0].key
    resolve(postings, charge, Outcome.NOT_POSTED, "AB")
    answered(postings, postings.delivered)
    postings.late_delivered(1, "P#1")
    assert asked() == ["request.posting-twice"]
    assert check(books.db).agree


def test_a_trial_goes_the_way_of_a_charge_and_leaves_the_books_alone(books, postings, asked):
    before = balances(books)
    key = trial(postings, "0101", 1, "CNY", "TEST")
    delivery = answered(postings, postings.delivered)
    sent = Posting.decode(delivery.payload)
    assert (delivery.key, sent.room, sent.minor, sent.voucher) == (key, "0101", 1, 0)
    assert Posting.decode(postings.by_key(key).payload).room == ""
    assert balances(books) == before
    assert asked() == ["request.posting-unknown"]
    report = check(books.db, [HotelRow(0, 2, 1)])
    assert report.agree
    assert report.postings == {"unknown": 1}
    assert [each.key for each in check(books.db, [HotelRow(0, 2, 2)]).money] == ["hotel.stranger"]


def test_a_refused_trial_has_ended_and_asks_nobody(postings, asked):
    key = trial(postings, "0101", 1, "CNY", "TEST")
    answered(postings, postings.refused, "hotel.refused.ng")
    assert (postings.by_key(key).state, postings.by_key(key).remark) == (S.WITHDRAWN, "hotel.refused.ng")
    assert asked() == ["request.posting-unknown"]
    assert postings.next_due() is None


PUT_OFF = {
    "again": lambda postings, trial: postings.again(trial, "hotel.refused.ry"),
    "put off": lambda postings, trial: postings.put_off(trial, "hotel.refused.ry", 0, tries=5),
    "late": lambda postings, trial: (
        postings.unknown(trial, "timeout"),
        postings.late_again(trial.number, "hotel.refused.ry"),
    ),
}


@pytest.mark.parametrize("how", PUT_OFF)
def test_a_trial_that_was_put_off_is_never_posted_when_nobody_waits_for_it(postings, asked, how):
    key = trial(postings, "0101", 1, "CNY", "TEST", "77")
    postings.begin(postings.by_key(key))
    PUT_OFF[how](postings, postings.by_key(key))
    done = postings.by_key(key)
    assert (done.state, done.remark) == (S.WITHDRAWN, "hotel.refused.ry")
    assert Posting.decode(done.payload).room == Posting.decode(done.payload).reservation == ""
    assert asked() == ["request.posting-unknown"]


@pytest.mark.parametrize(("outcome", "state"), [(Outcome.POSTED, S.DELIVERED), (Outcome.NOT_POSTED, S.WITHDRAWN)])
def test_a_trial_without_an_answer_is_for_a_person(books, postings, asked, outcome, state):
    key = trial(postings, "0101", 1, "CNY", "TEST")
    answered(postings, postings.unknown)
    assert asked() == ["request.posting-unknown", "request.trial-unknown"]
    assert not give_up(postings, key, "nobody waits")
    resolve(postings, key, outcome, "AB")
    assert postings.by_key(key).state is state
    assert asked() == ["request.posting-unknown"]
    assert check(books.db).agree


def test_a_late_answer_that_it_was_put_off_leaves_staff_nothing_to_look_at(postings, asked):
    lost = postings.in_state(S.UNKNOWN)[0]
    assert asked() == ["request.posting-unknown"]
    assert postings.late_again(lost.number, "hotel.refused.ry").state is S.QUEUED
    assert asked() == []


def test_a_trial_that_was_not_sent_is_taken_back_and_its_guest_forgotten(postings):
    key = trial(postings, "0101", 1, "CNY", "TEST", "77")
    assert give_up(postings, key, "nobody waits")
    done = postings.by_key(key)
    assert (done.state, done.remark) == (S.WITHDRAWN, "nobody waits")
    assert Posting.decode(done.payload).room == Posting.decode(done.payload).reservation == ""
    assert postings.next_due() is None
    assert not give_up(postings, key, "nobody waits")
