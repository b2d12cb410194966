import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.books import journal
from kiosk.books.checks import check
from kiosk.books.journal import Line, Unbalanced
from tests.books_kit import copied, open_books


def tamper(books, *statements):
    """As somebody with the file and a SQLite shell would, the triggers put aside."""
    with sqlite3.connect(books.db.path) as shell:
        for (name,) in shell.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            shell.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            shell.execute(statement)
    shell.close()


def keys(differences):
    return [difference.key for difference in differences]


@pytest.fixture
def books(tmp_path):
    books = open_books(tmp_path)
    for name in "abc":
        books.finish(copied(books, name))
    return books


accounts = st.sampled_from(["clearing:room", "revenue:copy", "tax:vat", "receivable:pms"])
lines = st.lists(
    st.builds(Line, accounts, st.sampled_from(["CNY", "JPY"]), st.integers(-(10**9), 10**9)), min_size=1, max_size=6
)


def balanced(content):
    """``content`` with the line per currency that makes it balance."""
    sums = {}
    for line in content:
        sums[line.currency] = sums.get(line.currency, 0) + line.minor
    return [*content, *(Line("suspense", currency, -minor) for currency, minor in sums.items() if minor)]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(lines, min_size=1, max_size=8), st.lists(st.integers(-(10**6), 10**6), min_size=8, max_size=8))
def test_any_run_of_entries_stays_balanced_and_chained_whatever_the_clock_does(tmp_path_factory, entries, times):
    books = open_books(tmp_path_factory.mktemp("journal"))
    written = 0
    for number, (content, at) in enumerate(zip(entries, times, strict=False)):
        content = balanced(content)
        if any(line.minor for line in content):
            with books.db.transaction() as tx:
                written += 1
                assert journal.post(tx, at, "test", str(number), content) == written
    report = check(books.db)
    assert (report.entries, report.books) == (written, ())
    for currency in ("CNY", "JPY"):
        assert sum(minor for (_, each), minor in report.balances.items() if each == currency) == 0
    books.db.close()


@given(lines)
def test_an_entry_that_does_not_balance_is_refused_before_it_is_written(content):
    sums = {}
    for line in content:
        sums[line.currency] = sums.get(line.currency, 0) + line.minor
    if any(sums.values()):
        with pytest.raises(Unbalanced):
            journal.post(None, 0, "test", "1", content)


def test_an_entry_of_nothing_is_refused():
    with pytest.raises(Unbalanced):
        journal.post(None, 0, "test", "1", [Line("tax:vat", "CNY", 0)])


def test_one_event_is_booked_once(books):
    content = [Line("tax:vat", "CNY", 1), Line("revenue:copy", "CNY", -1)]
    with books.db.transaction() as tx:
        journal.post(tx, 0, "test", "once", content)
    with pytest.raises(sqlite3.IntegrityError), books.db.transaction() as tx:
        journal.post(tx, 0, "test", "once", content)
    assert check(books.db).entries == 4


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET at = 1",
        "DELETE FROM entries WHERE seq = 1",
        "UPDATE lines SET minor = minor + 1",
        "DELETE FROM lines WHERE entry = 1",
        "INSERT INTO lines VALUES (1, 9, 'tax:vat', 'CNY', 0)",
        "INSERT INTO entries VALUES (9, 0, 'x', 'x', '', '')",
        "UPDATE vouchers SET minor = 1",
        "DELETE FROM vouchers",
        "UPDATE signatures SET text = ''",
        "DELETE FROM signatures",
    ],
)
def test_the_file_itself_refuses_to_change_what_was_written(books, statement):
    with sqlite3.connect(books.db.path) as shell, pytest.raises(sqlite3.IntegrityError):
        shell.execute(statement)
    shell.close()
    assert check(books.db).agree


def test_the_file_itself_refuses_lopsided_entries(books):
    shell = sqlite3.connect(books.db.path)
    shell.execute("INSERT INTO lines VALUES (4, 0, 'tax:vat', 'CNY', 5)")
    with pytest.raises(sqlite3.IntegrityError, match="balance"):
        shell.execute("INSERT INTO entries VALUES (4, 0, 'x', 'x', '', '')")
    shell.close()


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE lines SET minor = minor * 2 WHERE entry = 2", {"journal.chain"}),
        ("UPDATE lines SET account = 'revenue:fax' WHERE entry = 2 AND line = 1", {"journal.chain"}),
        ("UPDATE lines SET minor = minor + 1 WHERE entry = 2 AND line = 0", {"journal.chain", "journal.unbalanced"}),
        ("UPDATE entries SET at = at + 1 WHERE seq = 1", {"journal.chain"}),
        ("UPDATE entries SET hash = previous WHERE seq = 3", {"journal.chain"}),
        ("DELETE FROM lines WHERE entry = 3", {"journal.chain", "journal.unbalanced"}),
        (
            "INSERT INTO lines VALUES (9, 0, 'tax:vat', 'CNY', 1)",
            {"journal.gap", "journal.chain", "journal.unbalanced"},
        ),
    ],
)
def test_a_change_by_hand_shows_in_the_chain(books, statement, found):
    tamper(books, statement)
    assert set(keys(check(books.db).books)) == found


def test_an_entry_taken_out_shows_even_at_the_end(books):
    tamper(books, "DELETE FROM lines WHERE entry = 3", "DELETE FROM entries WHERE seq = 3")
    report = check(books.db)
    assert report.books == ()
    assert keys(report.paper) == ["voucher.not-booked"]
    assert keys(report.money) == ["money.account"]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE signatures SET text = text || '0' WHERE rowid = 1", ["voucher.signature"]),
        ("UPDATE signatures SET strokes = '[]' WHERE rowid = 1", ["voucher.signature"]),
        ("UPDATE vouchers SET minor = 1, tax_minor = 0 WHERE number = 2", ["voucher.amount", "voucher.charge"]),
        ("UPDATE vouchers SET number = 9 WHERE number = 3", ["voucher.gap"]),
        ("DELETE FROM vouchers WHERE number = 3", ["charge.without-voucher", "journal.without-voucher"]),
        ("UPDATE charges SET total_minor = 1 WHERE seq = 1", ["voucher.charge"]),
        ("UPDATE charges SET state = 'voided' WHERE seq = 1", ["voucher.not-settled"]),
    ],
)
def test_books_and_vouchers_are_held_against_each_other(books, statement, found):
    tamper(books, statement)
    assert keys(check(books.db).paper) == found


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE outbox SET state = 'delivered' WHERE seq = 1", ["money.account", "money.account"]),
        ("DELETE FROM outbox WHERE seq = 1", ["posting.missing"]),
        ("UPDATE outbox SET payload = json_set(payload, '$.minor', 9900) WHERE seq = 1", ["posting.amount"]),
    ],
)
def test_books_and_money_are_held_against_each_other(books, statement, found):
    tamper(books, statement)
    assert keys(check(books.db).money) == found
