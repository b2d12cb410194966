"""How a commit wakes whoever waits for it, in this process and in others."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from asyncinotify import Inotify, Mask
from structlog.testing import capture_logs

from kiosk.store import database
from kiosk.store.database import Changes, Database, Schema, StoreError
from kiosk.store.statement import Transaction

THINGS = Schema("things", 7, ("CREATE TABLE things (name TEXT);\n",))
SOON, NEVER = 10.0, 30.0
"""Seconds in which whoever was rung goes on, and after which nobody rang: far longer than any test takes."""


def write(tx: Transaction, name: str = "a thing") -> None:
    tx._connection.execute("INSERT INTO things VALUES (?)", (name,))


def commit(db: Database) -> None:
    with db.transaction() as tx:
        write(tx)


def half_written(db: Database) -> None:
    with db.transaction() as tx:
        write(tx)
        tx._connection.execute("INSERT INTO nowhere VALUES (1)")


@contextmanager
def waiting(db: Database):
    changes = db.changes()
    try:
        yield changes
    finally:
        changes.close()


@pytest.fixture
def told(monkeypatch):
    """Nobody looks by itself: what is noticed was rung for."""
    monkeypatch.setattr(database, "SELDOM", NEVER)


@pytest.fixture
def db(tmp_path):
    opened = Database(tmp_path / "things.db", THINGS)
    yield opened
    opened.close()


async def soon(changes: Changes) -> bool:
    async with asyncio.timeout(SOON):
        return await changes.wait(NEVER)


async def test_a_commit_wakes_whoever_waits(db, told):
    with waiting(db) as changes:
        wait = asyncio.ensure_future(soon(changes))
        await asyncio.sleep(0)
        commit(db)
        assert await wait


async def test_a_commit_on_the_databases_own_thread_wakes_whoever_waits(db, told):
    with waiting(db) as changes:
        wait = asyncio.ensure_future(soon(changes))
        await db.run(commit, db)
        assert await wait


async def test_a_commit_wakes_everybody_who_waits(db, told):
    with waiting(db) as one, waiting(db) as other:
        waits = asyncio.gather(soon(one), soon(other))
        await asyncio.sleep(0)
        commit(db)
        assert await waits == [True, True]


async def test_a_commit_before_the_wait_is_not_missed(db, told):
    with waiting(db) as changes:
        commit(db)
        assert await soon(changes)
        assert not await changes.wait(0.01)


async def test_each_of_many_commits_wakes_once_it_is_waited_for_again(db, told):
    with waiting(db) as changes:
        for _ in range(20):
            wait = asyncio.ensure_future(soon(changes))
            await db.run(commit, db)
            assert await wait


async def test_a_wait_that_was_given_up_takes_nothing_from_the_next(db, told):
    with waiting(db) as changes:
        given_up = asyncio.ensure_future(changes.wait(NEVER))
        await asyncio.sleep(0)
        given_up.cancel()
        commit(db)
        await asyncio.gather(given_up, return_exceptions=True)
        assert await soon(changes)


async def test_a_commit_of_another_process_wakes_whoever_waits(db, told):
    script = (
        "import sys; from pathlib import Path; from tests.unit.test_store_changes import THINGS, commit;"
        " from kiosk.store.database import Database; commit(Database(Path(sys.argv[1]), THINGS))"
    )
    with waiting(db) as changes:
        wait = asyncio.ensure_future(changes.wait(NEVER))
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(db.path))
        assert await process.wait() == 0
        async with asyncio.timeout(SOON):
            assert await wait


async def test_the_log_of_a_database_that_was_closed_and_opened_again_is_listened_to(tmp_path, told):
    first = Database(tmp_path / "things.db", THINGS)
    with waiting(first) as changes:
        first.close()
        again = Database(tmp_path / "things.db", THINGS)
        wait = asyncio.ensure_future(soon(changes))
        await asyncio.sleep(0)
        commit(again)
        assert await wait
        again.close()


async def test_a_log_that_was_cut_is_listened_to(db, told):
    with waiting(db) as changes:
        commit(db)
        assert await soon(changes)
        db.cut_log()
        await changes.wait(0.01)
        wait = asyncio.ensure_future(soon(changes))
        await asyncio.sleep(0)
        commit(db)
        assert await wait


async def test_a_database_that_has_no_log_yet_is_listened_to(tmp_path, told):
    Database(tmp_path / "things.db", THINGS).close()
    assert not (tmp_path / "things.db-wal").exists()
    changes = Changes(tmp_path / "things.db")
    db = Database(tmp_path / "things.db", THINGS)
    wait = asyncio.ensure_future(soon(changes))
    await asyncio.sleep(0)
    commit(db)
    assert await wait
    changes.close()
    db.close()


def test_what_wrote_nothing_rings_for_nobody(db):
    with Inotify(sync_timeout=0.0) as bell:
        bell.add_watch(db.path.parent, Mask.CLOSE_NOWRITE)
        with db.transaction():
            pass
        with db.transaction() as tx:
            tx._connection.execute("UPDATE things SET name = 'other'")
        with pytest.raises(StoreError):
            half_written(db)
        assert bell.sync_get() is None
        commit(db)
        assert bell.sync_get() is not None


def test_ringing_lets_go_of_no_lock(db):
    log, cut = db.path.with_name("things.db-wal"), "from tests.unit.test_store_changes import cut; cut()"
    other = Database(db.path, THINGS)
    with db.reading() as tx:
        tx._connection.execute("SELECT * FROM things").fetchall()
        commit(other)
        subprocess.run([sys.executable, "-c", cut, str(db.path)], check=True)
        assert log.stat().st_size, "somebody still reads it"
    subprocess.run([sys.executable, "-c", cut, str(db.path)], check=True)
    assert not log.stat().st_size
    other.close()


def cut() -> None:
    """What another process does with the log of the database that is its argument."""
    Database(Path(sys.argv[1]), THINGS).cut_log()


async def test_a_commit_that_nobody_rang_for_is_noticed_after_a_while(db, monkeypatch):
    monkeypatch.setattr(database, "SELDOM", 0.05)
    foreign = sqlite3.connect(db.path, isolation_level=None)
    with waiting(db) as changes:
        wait = asyncio.ensure_future(soon(changes))
        await asyncio.sleep(0)
        foreign.execute("INSERT INTO things VALUES ('foreign')")
        assert await wait
    foreign.close()


async def test_where_the_kernel_tells_of_no_more_files_commits_are_looked_for_and_the_log_says_so(db, monkeypatch):
    def no_more(*_):
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(database, "Inotify", no_more)
    with capture_logs() as logs, waiting(db) as changes:
        wait = asyncio.ensure_future(soon(changes))
        await asyncio.sleep(0)
        commit(db)
        assert await wait
    assert [(entry["event"], entry["reason"]) for entry in logs] == [("store.unwatched", os.strerror(errno.EMFILE))]


def test_nobody_who_waits_holds_up_the_loop_or_leaves_the_bell_to_a_child(db):
    with waiting(db) as changes:
        assert changes._bell is not None
        assert not os.get_blocking(changes._bell.fd)
        assert not os.get_inheritable(changes._bell.fd)


def test_changes_that_are_closed_leave_nothing_open(db):
    before = open_bells()
    for _ in range(5):
        with waiting(db):
            assert open_bells() == before + 1
    assert open_bells() == before


def open_bells() -> int:
    """How many inotify instances this process holds; proc(5)."""
    links = [file.readlink().name for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    return sum("inotify" in link for link in links)
