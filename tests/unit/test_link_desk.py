"""The link's desk and its runner where the disk, or the kiosk at the same moment, is in the way."""

from __future__ import annotations

import asyncio
import sqlite3

import pytest
from structlog.testing import capture_logs

from kiosk.books.postings import room_postings
from kiosk.hotel import watch
from kiosk.hotel.errands import ERRAND, HOTEL, WakeUpSet
from kiosk.hotel.postman import Postman
from kiosk.hotel.runner import Runner
from kiosk.hotel.status import read_status
from kiosk.outbox import DeliveryState, Outbox, enqueue
from kiosk.store.database import Changes, Database, StoreError
from kiosk.store.migrations import BOOKS, REGISTER
from tests.links import UTC_ZONE, desk_of


class Board:
    """A register's errands and nothing else. ``kiosk`` is the other process's hand on the same file."""

    def __init__(self, folder):
        self._dbs = [Database(folder / "register.db", REGISTER, busy_seconds=0.05) for _ in range(2)]
        self.errands, self.kiosk = (Outbox(db, HOTEL) for db in self._dbs)

    def told(self, news):
        raise AssertionError(news)

    def order(self, *keys):
        db = self.kiosk.db
        with db.transaction() as tx:
            for key in keys:
                enqueue(tx, HOTEL, ERRAND, key, WakeUpSet(1, "0808", 0).encode(), db.now())

    def states(self, *keys):
        return [self.kiosk.by_key(key).state for key in keys]

    def close(self):
        for db in self._dbs:
            db.close()


@pytest.fixture
def board(tmp_path):
    board = Board(tmp_path)
    yield board
    board.close()


@pytest.fixture
async def runner(board):
    runner = Runner(board)
    yield runner
    await runner.close()


async def test_nobody_withdraws_an_errand_between_its_choice_and_its_attempt(board, runner):
    board.order("one")
    choose, refused = board.errands.next_in, []

    def while_it_is_chosen(tx):
        chosen = choose(tx)
        try:
            board.kiosk.withdraw(board.kiosk.by_key("one"), "changed")
        except StoreError as fault:
            refused.append(fault.key)
        return chosen

    board.errands.next_in = while_it_is_chosen
    assert await runner.take() is not None
    assert refused
    await runner.done()
    assert board.states("one") == [DeliveryState.DELIVERED]


async def test_what_was_withdrawn_is_not_taken(board, runner):
    board.order("one")
    board.kiosk.withdraw(board.kiosk.by_key("one"), "changed")
    assert await runner.take() is None


async def test_errands_on_a_wire_are_done_when_it_is_known_to_lead_somewhere(board, runner):
    board.order("one", "two", "three")
    for _ in range(2):
        assert await runner.take() is not None
        runner.sent()
    assert await runner.take() is not None
    assert board.states("one", "two", "three") == [DeliveryState.SENDING] * 3
    await runner.put_off("not-acknowledged")
    await runner.heard()
    expected = [DeliveryState.DELIVERED, DeliveryState.DELIVERED, DeliveryState.QUEUED]
    assert board.states("one", "two", "three") == expected


async def test_errands_on_a_wire_that_was_cut_go_again_at_once_and_in_order(board, runner):
    board.order("one", "two", "three")
    for _ in range(2):
        await runner.take()
        runner.sent()
    await runner.lost()
    assert board.states("one", "two") == [DeliveryState.QUEUED] * 2
    for key in ("one", "two", "three"):
        await runner.take()
        assert board.kiosk.by_key(key).state is DeliveryState.SENDING
        runner.sent()
    await runner.lost()
    await runner.take()
    assert board.states("one", "two", "three")[2] is DeliveryState.SENDING


@pytest.mark.parametrize("whose", [Runner, lambda board: Postman(board.errands, UTC_ZONE, 30.0)])
async def test_a_file_that_cannot_be_watched_is_looked_at_now_and_then(board, monkeypatch, whose):
    def broken(_self):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Changes, "any", broken)
    runner = whose(board)
    turns = 0
    with capture_logs() as logs:
        loop = asyncio.get_running_loop()
        until = loop.time() + 0.3
        while loop.time() < until:
            await asyncio.wait({runner.commit()}, timeout=0.05)
            runner.has_work()
            turns += 1
        await runner.close()
    assert turns < 10
    assert [entry["event"] for entry in logs] == ["store.watch"]


async def test_a_file_that_cannot_be_watched_counts_as_changed_after_a_pause(board, monkeypatch):
    def broken(_self):
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(Changes, "any", broken)
    changes = board.errands.db.changes()
    assert await watch.committed(changes, 0.02)
    changes.close()


async def test_a_status_that_cannot_be_written_does_not_end_the_link(tmp_path):
    db = Database(tmp_path / "books.db", BOOKS)
    desk = desk_of(tmp_path, room_postings(db), beat=0.0)
    in_the_way = tmp_path / "link.new"
    in_the_way.mkdir()
    with capture_logs() as logs:
        await desk.turn(alive=True, phase="alive", audit=False)
    assert [entry["event"] for entry in logs] == ["status.unwritable"]
    in_the_way.rmdir()
    await desk.turn(alive=True, phase="alive", audit=False)
    assert read_status(tmp_path / "link.json").alive
    await desk.close()
    db.close()
