"""The link's side of the guest cache when the file does not take what it is told: nothing told gets lost unnoticed."""

import sqlite3
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from kiosk.hotel import guest_lookup, guest_tables, roster
from kiosk.hotel.guest_store import KEPT, GuestStore
from kiosk.hotel.news import GuestChanged, GuestIn, GuestOut, RollBegan, RollEnded
from kiosk.hotel.roster import ASK_AGAIN, SELDOM, Roster

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUSE = [RollBegan(), GuestIn("12", "1", {"name": "A One"}), GuestIn("14", "", {"name": "B Two"}), RollEnded()]


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(guest_lookup, "BUSY_SECONDS", 0.01)
    return tmp_path / "guests.db"


@pytest.fixture
def cache(path):
    held = Roster(path)
    yield held
    held.close()


@contextmanager
def busy(path):
    """Somebody reads, and takes very long."""
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM guests").fetchone()
        yield


async def test_news_that_a_busy_file_did_not_take_are_written_later_and_nobody_is_forgotten(cache, path):
    await cache.apply(HOUSE)
    with busy(path):
        await cache.apply([GuestIn("15", "3", {"name": "C Three"})])
        await cache.apply([GuestOut("12", "1")])
    assert await cache.count() == 2
    assert (await cache.room_of("15", "3"), await cache.room_of("12", "1")) == ("15", "")
    assert not await cache.resync_due(NOON)


async def test_what_is_not_written_yet_counts_all_the_same(cache, path):
    await cache.apply([*HOUSE, GuestIn("16", "4", {"name": "D Four"})])
    with busy(path):
        await cache.apply([GuestChanged("15", "1", {}, "12"), GuestOut("16"), GuestIn("14", "", {"name": "E Five"})])
        assert await cache.room_of("12", "1") == "15"
        assert await cache.room_of("16", "4") == ""
        assert await cache.room_of("14", "", "B Two") == "", "who is in there now nobody can tell"
        assert await cache.room_of("12", "", "A One") == "12"


async def test_what_was_written_is_not_written_twice_where_only_the_forgetting_has_to_wait(cache, path):
    await cache.apply([GuestIn("14", "", {"name": "Xylophonia Quill"})])
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:

        def read(statement):
            if statement == "VACUUM":
                reader.execute("BEGIN")
                reader.execute("SELECT * FROM guests").fetchone()

        cache._store._db.set_trace_callback(read)
        await cache.apply([GuestChanged("15", "", {}, "14")])
        assert await cache.room_of("15", "", "Xylophonia Quill") == "15"
        await cache.apply([GuestOut("15")])
    assert await cache.count() == 0
    assert b"ylophonia" not in b"".join(file.read_bytes() for file in path.parent.iterdir())


async def test_a_full_disk_empties_nothing(cache):
    await cache.apply(HOUSE)
    store = cache._store
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    await cache.apply([GuestIn(str(number), str(number), {"name": "B" * 150}) for number in range(200, 260)])
    assert await cache.count() == 62


async def test_when_too_much_was_missed_the_hotel_system_is_asked_for_everybody(cache, path, monkeypatch):
    monkeypatch.setattr(roster, "MOST_UNWRITTEN", 2)
    await cache.apply(HOUSE)
    assert not await cache.resync_due(NOON)
    with busy(path):
        await cache.apply([GuestOut("12", "1")] * 3)
    assert await cache.resync_due(NOON)
    assert await cache.count() == 2


async def test_a_damaged_file_is_begun_anew_and_asked_for_at_once(cache, path):
    await cache.apply(HOUSE)
    assert not await cache.resync_due(NOON)
    cache.close()
    path.write_bytes(b"not a database, whatever it says" * 200)
    assert await cache.count() is None
    assert await cache.count() == 0
    assert await cache.resync_due(NOON)


async def test_a_file_of_another_kind_is_begun_anew(cache, path):
    with sqlite3.connect(path) as db:
        db.executescript(f"CREATE TABLE guests (x); PRAGMA user_version = {guest_tables.VERSION};")
    db.close()
    assert await cache.count() is None
    assert await cache.count() == 0


async def test_no_question_raises_whatever_is_in_the_file_s_place(cache, path, monkeypatch):
    path.mkdir()
    assert await cache.count() is None
    assert not await cache.resync_due(NOON)
    assert await cache.room_of("12", "1") is None
    path.rmdir()
    path.write_bytes(b"not a database, whatever it says" * 200)
    monkeypatch.setattr(roster, "discard", _not_allowed)
    await cache.apply(HOUSE)
    assert await cache.count() is None


def _not_allowed(_path):
    raise PermissionError


async def test_a_resync_that_does_not_come_is_asked_for_more_and_more_seldom(cache):
    asked, now = [], 0.0
    while now < 5 * SELDOM:
        if await cache.resync_due(NOON + timedelta(seconds=now)):
            asked.append(now)
        now += ASK_AGAIN / 4
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert pauses[:4] == [ASK_AGAIN, 2 * ASK_AGAIN, 4 * ASK_AGAIN, 8 * ASK_AGAIN]
    assert max(pauses) == SELDOM
    cache.came_up()
    assert await cache.resync_due(NOON + timedelta(seconds=now))


async def test_once_everybody_is_known_nobody_is_asked(cache):
    assert await cache.resync_due(NOON)
    await cache.apply(HOUSE)
    assert not any([await cache.resync_due(NOON + timedelta(hours=hour)) for hour in range(1, 30)])


class Days:
    """The wall's clock, in seconds."""

    def __init__(self):
        self.now = 1e9

    def __call__(self):
        return self.now


@pytest.fixture
def days():
    return Days()


@pytest.fixture
def store(path, days):
    with GuestStore(path, days) as store:
        yield store


def test_whoever_was_said_to_leave_has_left_though_not_everybody_is_known(store):
    store.apply([GuestIn("12", "1"), GuestIn("12", "2"), GuestIn("14", "", {"name": "B Two"})])
    assert (store.room_of("12", "1"), store.room_of("12", "9"), store.room_of("16", "")) == ("12", None, None)
    store.apply([GuestOut("12", "1"), GuestOut("13", "8"), GuestOut("14")])
    assert [store.room_of("12", number) for number in ("1", "2", "8")] == ["", "12", ""]
    assert store.room_of("14", "", "B Two") == ""
    store.apply([GuestOut("12")])
    assert store.room_of("12", "2") == ""


def test_whoever_comes_back_has_not_left(store):
    store.apply([GuestIn("12", "1"), GuestIn("14", ""), GuestOut("12", "1"), GuestOut("14")])
    store.apply([GuestIn("15", "1"), GuestIn("14", "", {"name": "B Two"})])
    assert (store.room_of("12", "1"), store.room_of("14", "")) == ("15", "14")


def test_a_check_out_of_the_old_room_after_the_move_is_none(store):
    store.apply([GuestIn("12", "1"), GuestIn("14", "1"), GuestOut("12", "1")])
    assert store.room_of("12", "1") == "14"


def test_whoever_left_by_the_last_roll_has_left_also_while_the_next_is_called(store):
    store.apply([GuestIn("12", "1"), RollBegan(), RollEnded(), RollBegan()])
    assert store.room_of("12", "1") == ""


def test_of_who_was_in_a_room_that_a_roll_calls_empty_nobody_knows_until_its_end(store):
    store.apply([*HOUSE, RollBegan(), GuestOut("12")])
    assert store.room_of("12", "1") is None
    store.apply([GuestIn("15", "1", {"name": "A One"}), RollEnded()])
    assert store.room_of("12", "1") == "15"
    store.apply([RollBegan(), GuestOut("15"), RollEnded()])
    assert store.room_of("15", "1") == ""


def test_without_numbers_it_is_the_name_that_is_in_a_room(store):
    store.apply([GuestIn("12", "", {"name": "EXAMPLE/ADA"}), GuestIn("12", "", {"name": "B Two", "shares": True})])
    assert store.room_of("12", "", "EXAMPLE/ADA") == "12"
    assert store.room_of("12", "", "Ada Example") == "12"
    assert store.room_of("12", "", "C Three") == ""
    store.apply([GuestChanged("14", "", {"name": "EXAMPLE/ADA"}, "12")])
    assert (store.room_of("12", "", "EXAMPLE/ADA"), store.room_of("12", "", "B Two")) == ("", "12")
    store.apply([GuestChanged("14", "", {"name": "B Two"}, "12")])
    assert store.room_of("12", "", "B Two") == ""


def test_a_number_is_forgotten_after_some_days_and_not_by_an_hour_on_the_clock(store, days):
    store.apply([GuestIn("12", "1"), GuestOut("12", "1")])
    for hours in (-1, 1, 6 * 24):
        days.now += hours * 3600
        store.apply([GuestIn("14", "2")])
        assert store.room_of("12", "1") == ""
    days.now += KEPT
    store.apply([GuestIn("14", "2")])
    assert store.room_of("12", "1") is None


def test_what_is_remembered_of_who_left_is_no_name(path, store):
    store.apply([GuestIn("12", "1", {"name": "Xylophonia Quill"}), GuestOut("12", "1")])
    assert b"xylophonia" not in path.read_bytes().lower()
    with closing(sqlite3.connect(path)) as db:
        assert [row[:2] for row in db.execute("SELECT * FROM departed")] == [("", "1")]
