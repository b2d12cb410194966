import sqlite3

import pytest

from kiosk.books import journal
from kiosk.books.checks import check
from kiosk.books.doubts import NotInDoubt, Outcome, resolve
from kiosk.books.hotel_journal import HotelJournalError, HotelRow, everything, read_hotel_journal, span
from kiosk.books.postings import Posting, room_postings
from kiosk.books.reconcile import Reconciled, reconcile_journal
from kiosk.outbox import DeliveryState
from kiosk.register.requests import NotOpen, Requests, desk_outbox, file_requests
from kiosk.store.database import Database
from kiosk.store.migrations import REGISTER
from tests.books_kit import SetClock, copied, open_books

HEADER = "date,time,room,check,sequence,amount,text"


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def books(tmp_path, clock):
    books = open_books(tmp_path, clock)
    yield books
    books.db.close()


@pytest.fixture
def postings(books):
    """Vouchers 1 to 3 over 300 each: the first delivered, the second unknown, the third still queued."""
    for name in "abc":
        books.finish(copied(books, name))
    postings = room_postings(books.db)
    for answer in (postings.delivered, postings.unknown):
        delivery = postings.next_due()
        postings.begin(delivery)
        answer(delivery, "test")
    yield postings
    postings.close()


def states(postings):
    found = {}
    for state in DeliveryState:
        for delivery in postings.in_state(state):
            found[Posting.decode(delivery.payload).voucher] = state.value
    return found


def balances(books):
    with books.db.reading() as tx:
        return {account: minor for (account, _), minor in journal.balances(tx).items()}


def test_the_hotels_journal_is_read_as_it_comes():
    text = [
        HEADER,
        "2026-03-01,12:00:00,0101,1,7,300,Photocopies",
        '2026-03-01,12:01:00,0101,BAR-9,,4500,"Bar, evening"',
        "",
        "2026-03-01,12:02:00,0101,2,8,-300,Correction",
    ]
    assert read_hotel_journal(text) == [
        HotelRow(1, 7, 300, "0101"),
        HotelRow(0, 0, 4500, "0101"),
        HotelRow(2, 8, -300, "0101"),
    ]


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ([], "line 1"),
        (["date,time"], "line 1: the header"),
        ([HEADER, "2026-03-01,12:00,0101,1,7,300"], "line 2: 6 columns"),
        ([HEADER, "2026-03-01,12:00,0101,1,7,3.00,x"], r"line 2.*3\.00"),
        ([HEADER, "2026-03-01,12:00,0101,1,P7,300,x"], "line 2.*P7"),
    ],
)
def test_a_file_that_is_not_a_hotel_journal_is_refused_whole(lines, named):
    with pytest.raises(HotelJournalError, match=named):
        read_hotel_journal(lines)


def test_an_unknown_posting_found_on_a_folio_is_delivered_and_cleared(books, postings):
    done = reconcile_journal(postings, [HotelRow(1, 1, 300), HotelRow(2, 2, 300)])
    assert (done.delivered, done.queued, done.differences) == ((2,), (), ())
    assert states(postings) == {1: "delivered", 2: "delivered", 3: "queued"}
    assert (balances(books)["clearing:room"], balances(books)["receivable:pms"]) == (300, 600)
    assert check(books.db).agree


def test_one_that_is_not_there_is_posted_again_under_a_new_number(books, postings):
    done = reconcile_journal(postings, [HotelRow(1, 1, 300)], everything)
    assert (done.delivered, done.queued, done.differences) == ((), (2,), ())
    delivery = postings.next_due()
    assert Posting.decode(delivery.payload).voucher == 2
    assert Posting.decode(delivery.payload).room == "0101"
    assert postings.begin(delivery) == 3


def test_reconciling_twice_changes_nothing_more(books, postings):
    rows = [HotelRow(1, 1, 300), HotelRow(2, 2, 300)]
    reconcile_journal(postings, rows)
    assert reconcile_journal(postings, rows) == Reconciled((), (), (), ())
    assert check(books.db, rows).agree


@pytest.mark.parametrize("since", [-1000, 1], ids=["ends-before", "begins-after"])
def test_absence_proves_nothing_outside_the_time_the_journal_covers(clock, postings, since):
    done = reconcile_journal(postings, [], span(clock.ms + since, clock.ms + since + 999))
    assert (done.delivered, done.queued, done.differences) == ((), (), ())
    assert states(postings)[2] == "unknown"
    assert reconcile_journal(postings, [], span(clock.ms, clock.ms)).queued == (2,)


def test_left_to_itself_the_journal_speaks_only_for_what_lies_between_our_own_postings_in_it(books, postings, clock):
    postings.begin(postings.next_due())
    postings.delivered(postings.in_state(DeliveryState.SENDING)[0], "OK")
    books.finish(copied(books, "d"))
    postings.begin(postings.next_due())
    postings.unknown(postings.in_state(DeliveryState.SENDING)[0], "silence")
    clock.move(days=-30)  # the order of attempts does not come from the clock
    nothing = reconcile_journal(postings, [])
    assert (nothing.delivered, nothing.queued, nothing.differences) == ((), (), ())
    before = reconcile_journal(postings, [HotelRow(1, 1, 300)])
    assert (before.delivered, before.queued, before.differences) == ((), (), ())
    around = reconcile_journal(postings, [HotelRow(1, 1, 300), HotelRow(3, 3, 300)])
    assert (around.delivered, around.queued, around.differences) == ((), (2,), ())
    assert states(postings) == {1: "delivered", 2: "queued", 3: "delivered", 4: "unknown"}


@pytest.mark.parametrize("minor", [300, 30])
def test_a_row_with_another_s_number_neither_proves_a_posting_nor_its_absence(books, postings, minor):
    """Of a second station with the same check numbers, say."""
    rows = [HotelRow(1, 1, 300), HotelRow(2, 987, minor, "0303")]
    done = reconcile_journal(postings, rows, everything)
    assert (done.delivered, done.queued, done.unknown) == ((), (), (2,))
    assert [(each.key, each.values) for each in done.differences] == [
        ("hotel.number", {"voucher": 2, "sequence": 987, "hotel_minor": minor})
    ]
    assert states(postings)[2] == "unknown"


def test_any_of_a_posting_s_attempts_may_be_the_one_on_the_folio(books, postings):
    [delivery] = postings.in_state(DeliveryState.UNKNOWN)
    postings.again(delivery, "a person said so")
    assert postings.begin(delivery) == 3
    postings.unknown(delivery, "silence")
    done = reconcile_journal(postings, [HotelRow(2, 2, 300)])
    assert (done.delivered, done.differences) == ((2,), ())
    assert check(books.db, [HotelRow(1, 1, 300), HotelRow(2, 3, 300)]).agree


def test_one_that_is_there_twice_is_posted_and_reported(books, postings):
    done = reconcile_journal(postings, [HotelRow(1, 1, 300), HotelRow(2, 2, 300), HotelRow(2, 2, 300)])
    assert done.delivered == (2,)
    assert [(each.key, each.values) for each in done.differences] == [("hotel.doubled", {"voucher": 2, "times": 2})]
    assert balances(books)["clearing:room"] == 300


def test_a_posting_of_another_amount_is_reported_and_decides_nothing(postings):
    done = reconcile_journal(postings, [HotelRow(1, 1, 300), HotelRow(2, 2, 3000)])
    assert [(each.key, each.values["hotel_minor"]) for each in done.differences] == [("hotel.amount", 3000)]
    assert (done.delivered, done.queued) == ((), ())
    assert states(postings)[2] == "unknown"


@pytest.mark.parametrize(
    ("rows", "keys"),
    [
        ([HotelRow(1, 1, 300), HotelRow(2, 2, 300), HotelRow(9, 9, 500)], ["hotel.stranger"]),
        ([HotelRow(1, 1, 300), HotelRow(2, 2, 300), HotelRow(0, 0, 500)], ["hotel.stranger"]),
        ([HotelRow(1, 1, 300), HotelRow(2, 2, 300), HotelRow(2, 2, 300)], ["hotel.doubled"]),
        ([HotelRow(1, 1, 300), HotelRow(2, 2, 300), HotelRow(2, 0, 300)], ["hotel.doubled"]),
        ([HotelRow(1, 1, 300), HotelRow(2, 2, 300), HotelRow(2, 3, 300)], ["hotel.number"]),
        ([HotelRow(1, 1, 300), HotelRow(2, 2, 300), HotelRow(3, 0, 300)], ["hotel.unexpected"]),
        ([HotelRow(1, 1, 300), HotelRow(2, 2, 300), HotelRow(3, 3, 300)], ["hotel.number"]),
        ([HotelRow(1, 9, 300), HotelRow(2, 2, 300)], ["hotel.number"]),
        ([HotelRow(2, 2, 300)], ["hotel.missing"]),
        ([HotelRow(1, 1, 30), HotelRow(2, 2, 300)], ["hotel.amount"]),
    ],
)
def test_what_the_hotel_has_otherwise_is_reported_never_mended(books, postings, rows, keys):
    done = reconcile_journal(postings, rows, everything)
    assert [each.key for each in done.differences] == keys
    assert done.delivered == (2,)
    assert states(postings) == {1: "delivered", 2: "delivered", 3: "queued"}
    report = check(books.db, rows)
    assert [each.key for each in report.money] == keys
    assert not report.agree


def test_a_person_clears_what_is_unknown(books, postings):
    charge = postings.in_state(DeliveryState.UNKNOWN)[0].key
    resolve(postings, charge, Outcome.POSTED, "night-manager")
    delivery = postings.by_key(charge)
    assert (delivery.state, delivery.remark) == (DeliveryState.DELIVERED, "by night-manager")
    assert balances(books)["clearing:room"] == 300
    with pytest.raises(NotInDoubt):
        resolve(postings, charge, Outcome.NOT_POSTED, "night-manager")
    with pytest.raises(NotInDoubt):
        resolve(postings, "nobody", Outcome.POSTED, "night-manager")


def test_a_person_sends_it_once_more(postings):
    charge = postings.in_state(DeliveryState.UNKNOWN)[0].key
    resolve(postings, charge, Outcome.NOT_POSTED, "night-manager")
    assert postings.next_due().key == charge


def test_a_refused_posting_stays_in_clearing_and_staff_are_asked_for_each_refusal(books, postings, tmp_path):
    requests, outbox = Requests(Database(tmp_path / "register.db", REGISTER)), desk_outbox(books.db)
    for reason in ("NP", "CO"):
        delivery = postings.next_due()
        postings.begin(delivery)
        postings.refused(delivery, reason)
        assert balances(books)["clearing:room"] == 600
        assert check(books.db).agree
        file_requests(outbox, requests, "lobby")
        asked = requests.list_open()[-1]
        assert (asked.kind, asked.place, asked.details_key) == ("posting-refused", "lobby", "request.posting-refused")
        assert asked.values == {"voucher": 3, "charge": delivery.key, "minor": 300, "reason": reason}
        resolve(postings, delivery.key, Outcome.NOT_POSTED, "desk")
    assert [each.values["voucher"] for each in requests.list_open()] == [2, 3]
    file_requests(outbox, requests, "lobby")
    assert [each.values["voucher"] for each in requests.list_open()] == [2]


def test_an_unknown_posting_asks_staff_once_for_each_attempt_until_it_is_cleared_up(books, postings, tmp_path):
    requests, outbox = Requests(Database(tmp_path / "register.db", REGISTER)), desk_outbox(books.db)

    def asked():
        file_requests(outbox, requests, "lobby")
        return [(each.kind, each.values["voucher"]) for each in requests.list_open()]

    postings.begin(postings.next_due())
    postings.recover()
    assert asked() == [("posting-unknown", 2), ("posting-unknown", 3)]
    reconcile_journal(postings, [HotelRow(1, 1, 300), HotelRow(2, 2, 300)], everything)
    assert asked() == []
    postings.begin(postings.next_due())
    postings.unknown(postings.in_state(DeliveryState.SENDING)[0], "silence")
    assert asked() == [("posting-unknown", 3)]
    assert postings.late_delivered(4, "P#4").state is DeliveryState.DELIVERED
    assert asked() == []
    assert check(books.db).agree


def test_a_request_that_a_person_closed_stays_closed_by_that_person(books, postings, tmp_path):
    requests, outbox = Requests(Database(tmp_path / "register.db", REGISTER)), desk_outbox(books.db)
    file_requests(outbox, requests, "lobby")
    requests.close(requests.list_open()[0].number, "night-manager")
    reconcile_journal(postings, [HotelRow(1, 1, 300), HotelRow(2, 2, 300)])
    file_requests(outbox, requests, "lobby")
    with sqlite3.connect(requests.db.path) as other:
        assert other.execute("SELECT closed_by FROM requests").fetchall() == [("night-manager",)]
    other.close()


def test_filing_that_was_interrupted_files_once(books, tmp_path):
    requests, outbox = Requests(Database(tmp_path / "register.db", REGISTER)), desk_outbox(books.db)
    charge = copied(books)
    books.mark_unknown(charge, "charge.test")
    delivery = outbox.next_due()
    outbox.begin(delivery)
    requests.open("charge-unknown", "lobby", "", "v1", "k", {}, source=delivery.key)  # and then the process died
    assert len(file_requests(outbox, requests, "lobby")) == 1
    assert len(requests.list_open()) == 1


def test_requests_are_numbered_listed_and_closed(tmp_path):
    requests = Requests(Database(tmp_path / "register.db", REGISTER, clock=SetClock()))
    first = requests.open("person", "lobby", "zh_CN", "v1", "request.called", {"n": 1})
    second = requests.open("person", "lobby", "en", "v1", "request.called", {})
    assert [(each.number, each.language, each.values) for each in requests.list_open()] == [
        (first, "zh_CN", {"n": 1}),
        (second, "en", {}),
    ]
    requests.close(first, "night-manager")
    assert [each.number for each in requests.list_open()] == [second]
    with pytest.raises(NotOpen):
        requests.close(first, "night-manager")
