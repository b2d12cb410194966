import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from kiosk.books.checks import check
from kiosk.store import tables
from kiosk.store.database import (
    Database,
    Schema,
    StoreBusy,
    StoreDamaged,
    StoreError,
    StoreForeign,
    StoreFull,
    StoreNewer,
    StoreReadOnly,
)
from kiosk.store.migrations import BOOKS, REGISTER
from tests.books_kit import copied, open_books
from tests.mounts import alone


def columns(path, table):
    with sqlite3.connect(path) as shell:
        found = [(row[1], row[2]) for row in shell.execute(f"PRAGMA table_info({table})")]
    shell.close()
    return found


@pytest.mark.parametrize(
    ("schema", "metadata"),
    [(BOOKS, tables.BOOKS_TABLES), (REGISTER, tables.REGISTER_TABLES)],
    ids=["books", "register"],
)
def test_the_migrations_make_the_tables_that_the_statements_are_built_on(tmp_path, schema, metadata):
    path = tmp_path / "file.db"
    Database(path, schema).close()
    for table in metadata.sorted_tables:
        assert columns(path, table.name) == [(column.name, str(column.type)) for column in table.columns]


def test_money_is_synced_and_foreign_keys_are_on(tmp_path):
    db = Database(tmp_path / "books.db", BOOKS)
    with db.reading() as tx:
        wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
        assert {name: tx._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in wanted} == wanted
    db.close()


def test_a_file_is_taken_through_its_missing_migrations_in_order(tmp_path):
    path = tmp_path / "file.db"
    one = Schema("things", 7, ("CREATE TABLE things (name TEXT);\nINSERT INTO things VALUES ('kept');\n",))
    two = Schema("things", 7, (*one.migrations, "ALTER TABLE things ADD COLUMN size INTEGER;\n"))
    Database(path, one).close()
    Database(path, two).close()
    Database(path, two).close()
    assert [name for name, _ in columns(path, "things")] == ["name", "size"]
    with sqlite3.connect(path) as shell:
        assert shell.execute("SELECT name FROM things").fetchall() == [("kept",)]
    shell.close()


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "file.db"
    good = Schema("things", 7, ("CREATE TABLE things (name TEXT);\n",))
    bad = Schema("things", 7, (*good.migrations, "CREATE TABLE more (name TEXT);\nCREATE TABLE things (x);\n"))
    Database(path, good).close()
    with pytest.raises(StoreError):
        Database(path, bad)
    assert columns(path, "more") == []
    Database(path, good).close()


def test_a_newer_file_is_refused_by_name(tmp_path):
    path = tmp_path / "books.db"
    Database(path, BOOKS).close()
    with sqlite3.connect(path) as shell:
        shell.execute("PRAGMA user_version = 99")
    shell.close()
    with pytest.raises(StoreNewer) as refused:
        Database(path, BOOKS)
    assert (refused.value.values["found"], refused.value.values["known"]) == (99, len(BOOKS.migrations))


def test_another_kind_of_database_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "register.db"
    Database(path, REGISTER).close()
    with pytest.raises(StoreForeign):
        Database(path, BOOKS)
    assert columns(path, "charges") == []


def test_a_file_that_is_no_database_is_refused(tmp_path):
    path = tmp_path / "books.db"
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(StoreDamaged):
        Database(path, BOOKS)


def test_a_place_where_no_file_can_be_is_refused(tmp_path):
    with pytest.raises(StoreReadOnly):
        Database(tmp_path / "missing" / "books.db", BOOKS)


def test_a_failing_transaction_leaves_nothing(tmp_path):
    books = open_books(tmp_path)
    charge = copied(books)

    def settle_and_fail():
        with books.db.transaction() as tx:
            books._deliver(tx, charge, 3)
            books._settle(tx, charge, None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        settle_and_fail()
    report = check(books.db)
    assert (report.entries, report.vouchers, report.postings) == (0, 0, {})
    assert books.finish(charge).number == 1


def test_a_full_disk_is_named_and_nothing_is_half_written(tmp_path):
    books = open_books(tmp_path)
    charge = copied(books)
    limit = books.db._connection.execute("PRAGMA page_count").fetchone()[0]
    books.db._connection.execute(f"PRAGMA max_page_count = {limit}")

    def copy_on_and_on():
        for number in range(200):
            copied(books, f"more-{number}", copies=2)

    with pytest.raises(StoreFull) as refused:
        copy_on_and_on()
    assert refused.value.key == "store.full"
    books.db._connection.execute("PRAGMA max_page_count = 1000000")
    assert check(books.db).agree
    assert books.finish(charge).minor == 300
    assert check(books.db).agree


def test_a_file_locked_too_long_is_named_and_free_again_afterwards(tmp_path):
    books = open_books(tmp_path)
    impatient = Database(tmp_path / "books.db", BOOKS, busy_seconds=0.05)
    with books.db.transaction(), pytest.raises(StoreBusy), impatient.transaction():
        pass
    with impatient.transaction():
        pass
    impatient.close()


def test_readers_do_not_wait_for_a_writer_and_see_only_what_is_committed(tmp_path):
    books = open_books(tmp_path)
    reader = Database(tmp_path / "books.db", BOOKS, busy_seconds=0.05)
    charge = copied(books)
    with books.db.transaction() as tx:
        books._deliver(tx, charge, 3)
        books._settle(tx, charge, None)
        assert check(reader).vouchers == 0
    assert check(reader).vouchers == 1
    reader.close()


def test_transactions_do_not_nest(tmp_path):
    db = Database(tmp_path / "books.db", BOOKS)
    with pytest.raises(StoreError), db.transaction(), db.transaction():
        pass
    with db.transaction():
        pass
    db.close()


# A disk of its own, so small that it really fills and really turns read-only; root in a namespace of its own may mount.
_ON_A_SMALL_DISK = """
import subprocess, sys
from pathlib import Path
from kiosk.books.checks import check
from kiosk.store.database import StoreFull, StoreReadOnly
from tests.books_kit import copied, open_books

disk = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "small", disk], check=True)
books = open_books(disk)
first = copied(books, "first")
(disk / "filler").write_bytes(b"x" * 400_000)
settled, error = 0, None
try:
    while settled < 2000:
        books.finish(copied(books, f"v{settled}"))
        settled += 1
except StoreFull as fault:
    error = fault
assert error is not None and settled > 0, (settled, error)
report = check(books.db)
assert report.agree and report.vouchers == settled, report
(disk / "filler").unlink()
assert books.finish(first).number == settled + 1
assert check(books.db).agree
last = copied(books, "last")
books.db.close()
subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
try:
    open_books(disk)
except StoreReadOnly as fault:
    print("full and read-only are named:", fault.key)
"""


def test_a_disk_that_fills_and_one_that_turns_read_only(tmp_path):
    run = subprocess.run(
        [*alone(), sys.executable, "-c", _ON_A_SMALL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        timeout=60,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == "full and read-only are named: store.read-only\n"


async def test_work_given_to_the_database_thread_is_done_in_order_even_when_its_caller_is_cancelled(tmp_path):
    db = Database(tmp_path / "books.db", BOOKS)
    gate, done = threading.Event(), []

    def slow():
        gate.wait(5)
        done.append("slow")

    first = asyncio.ensure_future(db.run(slow))
    second = asyncio.ensure_future(db.run(done.append, "queued"))
    await asyncio.sleep(0.01)
    first.cancel()
    second.cancel()
    await asyncio.gather(first, second, return_exceptions=True)
    gate.set()
    await db.run(done.append, "last")
    assert done == ["slow", "queued", "last"]
    assert first.cancelled()
    assert second.cancelled()
    db.close()


async def test_an_error_on_the_database_thread_reaches_the_caller(tmp_path):
    db = Database(tmp_path / "books.db", BOOKS)
    with pytest.raises(ZeroDivisionError):
        await db.run(lambda: 1 // 0)
    db.close()


def test_a_log_that_another_process_reads_is_cut_later_and_holds_up_nobody(tmp_path):
    path = tmp_path / "books.db"
    db, other = Database(path, BOOKS), Database(path, BOOKS)
    log = tmp_path / "books.db-wal"
    assert log.stat().st_size
    with other.reading() as tx:
        assert tx._connection.execute("SELECT count(*) FROM charges").fetchone()[0] == 0
        with db.transaction() as writing:
            writing._connection.execute("INSERT INTO counters VALUES ('forgotten', 1)")
        db.cut_log()
        assert log.stat().st_size
    db.cut_log()
    assert log.stat().st_size == 0
    with db.reading() as tx:
        assert tx._connection.execute("PRAGMA busy_timeout").fetchone()[0] == 5000
    db.close()
    other.close()
