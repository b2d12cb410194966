"""Who stays in the house, as the hotel system last told it: a cache on disk that forgets at check-out.

A file of its own, written by ``kiosk-link`` and read by ``kiosk``. Freed pages are overwritten and the rollback
journal is truncated after each transaction, so that a name is in no file once its guest has left. It is only a cache:
a damaged file is thrown away and the hotel system asked again.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from kiosk.hotel.fias.codec import Record
from kiosk.hotel.names import matches
from kiosk.hotel.protocol import Guest, GuestsUnavailable

BUSY_SECONDS = 5.0

SHARERS_COMPARED = 4
"""A lookup compares that many names at least, so that an empty room takes as long as a full one."""

_DECOY = Guest(room="", reservation="", name="Nobody Inparticular", given="")

_SCHEMA = """
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS guests (
    room TEXT NOT NULL,
    reservation TEXT NOT NULL,
    name TEXT NOT NULL,
    given TEXT NOT NULL,
    language TEXT NOT NULL,
    no_post INTEGER NOT NULL,
    vip INTEGER NOT NULL,
    shares INTEGER NOT NULL,
    roll INTEGER NOT NULL,
    PRIMARY KEY (room, reservation)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS guests_by_reservation ON guests (reservation);
CREATE TABLE IF NOT EXISTS cards (
    uid TEXT PRIMARY KEY,
    room TEXT NOT NULL,
    reservation TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS roll (number INTEGER NOT NULL, complete INTEGER NOT NULL, asked REAL NOT NULL);
INSERT INTO roll SELECT 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM roll);
PRAGMA user_version = 1;
COMMIT;
"""

# Guest field of a record -> column and how its value is understood.
_COLUMNS: dict[str, tuple[str, Callable[[str], str | bool]]] = {
    "GN": ("name", str),
    "GF": ("given", str),
    "GL": ("language", str.upper),
    "NP": ("no_post", lambda value: value == "Y"),
    "GV": ("vip", lambda value: value.strip() not in ("", "0", "N")),
    "GS": ("shares", lambda value: value == "Y"),
}


def discard(path: Path) -> None:
    """Throw the cache away, journal and all."""
    for file in (path, path.with_name(path.name + "-journal")):
        with suppress(FileNotFoundError):
            file.unlink()


def _connected(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as fault:
        raise GuestsUnavailable(type(fault).__name__) from fault


class GuestLookup:
    """The cache for reading. Its calls block. Raises GuestsUnavailable when there is none or it cannot be used."""

    def __init__(self, path: Path) -> None:
        with _named():
            self._db = _connected(f"{path.absolute().as_uri()}?mode=ro")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._db.close()

    def by_room(self, room: str) -> list[Guest]:
        """All guests of a room, who came first first. Leading zeros count."""
        return self._guests("SELECT * FROM guests WHERE room = ? ORDER BY shares, reservation", room)

    def find(self, room: str, name: str) -> Guest | None:
        """The guest in ``room`` whose name ``name`` is. No quicker where there is nobody to compare with."""
        guests = self.by_room(room.strip())
        candidates = [*guests, *[_DECOY] * (SHARERS_COMPARED - len(guests))]
        alike = [guest for guest in candidates if matches(name, guest.name, guest.given) and guest is not _DECOY]
        return alike[0] if alike else None

    def by_card(self, uid: str) -> Guest | None:
        """The holder of the room card; the first guest of the room where the card was not made for one of them."""
        guests = self._guests(
            "SELECT guests.* FROM cards JOIN guests ON guests.room = cards.room"
            " AND cards.reservation IN ('', guests.reservation) WHERE uid = ? ORDER BY shares, guests.reservation",
            uid.upper(),
        )
        return guests[0] if guests else None

    def count(self) -> int:
        """Guests in house."""
        with _named():
            return int(self._db.execute("SELECT count(*) FROM guests").fetchone()[0])

    @property
    def complete(self) -> bool:
        """Whether a resync has ever come to its end in this file."""
        with _named():
            return bool(self._db.execute("SELECT complete FROM roll").fetchone()[0])

    def _guests(self, query: str, *values: str) -> list[Guest]:
        with _named():
            rows = self._db.execute(query, values).fetchall()
        return [
            Guest(room, reservation, name, given, language, bool(no_post), bool(vip))
            for room, reservation, name, given, language, no_post, vip, _, _ in rows
        ]


class GuestStore(GuestLookup):
    """The cache for writing, made anew where there is none. Raises GuestsUnavailable when it cannot be used."""

    def __init__(self, path: Path) -> None:
        with _named():
            self._db = _connected(path.absolute().as_uri())
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        with _named():
            for pragma in ("journal_mode = TRUNCATE", "secure_delete = ON", "synchronous = NORMAL"):
                self._db.execute(f"PRAGMA {pragma}")
            if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:
                self._db.executescript(_SCHEMA)

    def may_ask(self, wall_seconds: float, every: float) -> bool:
        """Whether a resync is due: only for an incomplete cache, and not again within ``every`` seconds.

        True is written down as having asked. A clock set back counts as a long time.
        """
        due = "UPDATE roll SET asked = ?1 WHERE complete = 0 AND NOT (?1 - asked BETWEEN 0 AND ?2)"
        with _named():
            return self._db.execute(due, (wall_seconds, every)).rowcount > 0

    def apply(self, records: Iterable[Record]) -> int:
        """Take news from the hotel system, all or nothing; returns how many records could not be used.

        Raises GuestsUnavailable when the file cannot be written.
        """
        with _named(), self._transaction():
            return sum(not self._apply(record) for record in records)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _apply(self, record: Record) -> bool:
        match record.kind:
            case "DS":
                self._db.execute("UPDATE roll SET number = number + 1, complete = 0")
            case "DE":
                self._end_of_roll()
            case _:
                room = record.get("RN")
                if not room:
                    return False
                handle = {
                    "GI": self._came,
                    "GC": self._changed,
                    "GO": self._left,
                    "KR": self._card_made,
                    "KD": self._card_void,
                }[record.kind]
                handle(room, record.get("G#") or "", record)
        return True

    def _end_of_roll(self) -> None:
        """Whoever was not named since DS has left while nobody listened."""
        self._db.execute("DELETE FROM guests WHERE roll < (SELECT number FROM roll)")
        self._db.execute("DELETE FROM cards WHERE room NOT IN (SELECT room FROM guests)")
        self._db.execute("UPDATE roll SET complete = 1")

    def _came(self, room: str, reservation: str, record: Record) -> None:
        self._leave_other_rooms(room, reservation)
        self._db.execute(
            "INSERT OR REPLACE INTO guests VALUES (?, ?, '', '', '', 0, 0, 0, (SELECT number FROM roll))",
            (room, reservation),
        )
        self._describe(room, reservation, record)

    def _changed(self, room: str, reservation: str, record: Record) -> None:
        """What a GC does not mention stays as it was, through a move to another room as well."""
        if reservation:
            known = self._db.execute("SELECT room FROM guests WHERE reservation = ?", (reservation,)).fetchone()
            old = known[0] if known else None
        else:
            old = record.get("RO") or room
        if old is None or (old == room and not self.by_room(room)):
            self._came(room, reservation, record)
            return
        self._db.execute(
            "UPDATE OR REPLACE guests SET room = ?, roll = (SELECT number FROM roll)"
            " WHERE room = ? AND reservation = ?",
            (room, old, reservation),
        )
        if old != room:
            self._forget_cards(old, reservation)
        self._describe(room, reservation, record)

    def _left(self, room: str, reservation: str, _record: Record) -> None:
        """One guest of a room, or, without a reservation number, the room is empty."""
        self._db.execute("DELETE FROM guests WHERE room = ?1 AND ?2 IN ('', reservation)", (room, reservation))
        self._forget_cards(room, reservation)

    def _card_made(self, room: str, reservation: str, record: Record) -> None:
        """A new key (KT N) replaces the guest's former ones, as it does in the lock; a duplicate (D) joins them."""
        uid = (record.get("$2") or "").upper()
        if record.get("KT") == "N":
            self._db.execute("DELETE FROM cards WHERE room = ? AND reservation = ?", (room, reservation))
        if uid and record.get("KT") != "O":
            self._db.execute("INSERT OR REPLACE INTO cards VALUES (?, ?, ?)", (uid, room, reservation))

    def _card_void(self, room: str, reservation: str, _record: Record) -> None:
        self._db.execute("DELETE FROM cards WHERE room = ?1 AND ?2 IN ('', reservation)", (room, reservation))

    def _leave_other_rooms(self, room: str, reservation: str) -> None:
        if reservation:
            self._db.execute("DELETE FROM guests WHERE reservation = ? AND room <> ?", (reservation, room))
            self._db.execute("DELETE FROM cards WHERE reservation = ? AND room <> ?", (reservation, room))

    def _forget_cards(self, room: str, reservation: str) -> None:
        self._db.execute(
            "DELETE FROM cards WHERE room = ?1"
            " AND (reservation = ?2 OR ?2 = '' OR NOT EXISTS (SELECT 1 FROM guests WHERE room = ?1))",
            (room, reservation),
        )

    def _describe(self, room: str, reservation: str, record: Record) -> None:
        for name, (column, understood) in _COLUMNS.items():
            value = record.get(name)
            if value is not None:
                self._db.execute(
                    f"UPDATE guests SET {column} = ? WHERE room = ? AND reservation = ?",  # noqa: S608 - our own names
                    (understood(value), room, reservation),
                )
