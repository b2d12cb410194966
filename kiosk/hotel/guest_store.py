"""Who stays in the house, as the hotel system last told it: a cache on disk that forgets at check-out.

A file of its own, written by ``kiosk-link`` and read by ``kiosk``. Once a guest has left, the name is in no file: the
rollback journal is truncated after each transaction, and the file is then written anew, because SQLite's secure_delete
leaves copies behind where it has moved rows from page to page. Only the number of the reservation is remembered for
some days: a charge that comes late must not go to whoever has the room now. It is only a cache: a damaged file is
thrown away and the hotel system asked again.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass, replace
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from kiosk.hotel.guest_tables import COLUMNS, SCHEMA, VERSION, WRITE
from kiosk.hotel.name_keys import ENOUGH, keys_asked, keys_of
from kiosk.hotel.names import matches, matches_whole
from kiosk.hotel.news import (
    GuestChanged,
    GuestIn,
    GuestNews,
    GuestOut,
    KeyMade,
    KeyVoid,
    RollBegan,
    RollEnded,
    Told,
)
from kiosk.hotel.protocol import Guest, GuestsUnavailable

BUSY_SECONDS = 5.0

KEPT = 7 * 86_400.0
"""Seconds for which a departed guest's number is remembered."""

COMPARED = 4
"""A lookup compares that many names at least, so that an empty room takes as long as a full one."""


@dataclass(frozen=True)
class _Stay:
    """A row of ``guests``; ``id`` is None before it is one. ``shares``: came when somebody was in the room already."""

    id: int | None
    room: str
    reservation: str
    name: str = ""
    given: str = ""
    title: str = ""
    language: str = ""
    no_post: bool = False
    vip: bool = False
    shares: bool = False

    def __repr__(self) -> str:
        return f"_Stay({self.id})"

    def told(self, told: Told) -> _Stay:
        """The stay with what was told of its guest."""
        changes: dict[str, Any] = dict(told)
        return replace(self, **changes)

    def guest(self) -> Guest:
        return Guest(
            self.room, self.reservation, self.name, self.given, self.language, self.no_post, self.vip, self.title
        )

    def is_called(self, name: str) -> bool:
        """Whether ``name``, written down when the guest signed, is this one's; "" is anybody's."""
        return name in ("", self.name) or matches_whole(name, self.name, self.given)


_DECOY = _Stay(None, room="", reservation="", name="Nobody Inparticular")


def _number(key: str) -> int:
    """A key as SQLite finds it fastest. Two may share a number: the names are compared all the same."""
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)


def _alike(name: str, stays: list[_Stay]) -> list[Guest]:
    """The guests among ``stays`` whose name ``name`` is."""
    candidates = [*stays, *[_DECOY] * (COMPARED - len(stays))]
    return [stay.guest() for stay in candidates if matches(name, stay.name, stay.given) and stay is not _DECOY]


def discard(path: Path) -> None:
    """Throw the cache away, journal and all."""
    for file in (path, path.with_name(path.name + "-journal")):
        with suppress(FileNotFoundError):
            file.unlink()


class GuestsDamaged(GuestsUnavailable):
    """The file is not, or no longer, one of ours: nothing will ever be read from it again."""


_MAY_PASS = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
    )
)
"""Results of SQLite that say nothing against the file."""
_RESULT = 0xFF
"""Of an extended result code: which result it is a case of."""


def _connected(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


@contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as fault:
        code = getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)
        kind = GuestsUnavailable if code & _RESULT in _MAY_PASS else GuestsDamaged
        raise kind(getattr(fault, "sqlite_errorname", type(fault).__name__)) from fault


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
        return [stay.guest() for stay in self._stays("room = ? ORDER BY shares, reservation, id", room)]

    def find(self, room: str, name: str) -> Guest | None:
        """The guest in ``room`` whose name ``name`` is. No quicker where there is nobody to compare with."""
        alike = _alike(name, self._stays("room = ? ORDER BY shares, reservation, id", room.strip()))
        whole = [guest for guest in alike if matches_whole(name, guest.name, guest.given)]
        return next(iter((*whole, *alike)), None)

    def named(self, name: str) -> tuple[Guest, ...]:
        """Everybody in house whose name ``name`` is. No quicker where there is nobody of a like name."""
        asked = keys_asked(name)
        among = ", ".join("?" * len(asked))
        having = f"SELECT guest FROM name_keys WHERE key IN ({among}) GROUP BY guest HAVING sum(weight) >= {ENOUGH}"  # noqa: S608 - our own words
        return tuple(
            _alike(name, self._stays(f"id IN ({having}) ORDER BY room, reservation, id", *map(_number, asked)))
        )

    def by_card(self, uid: str) -> Guest | None:
        """The holder of the room card; the first guest of the room where the card was not made for one of them."""
        stays = self._stays(
            "id IN (SELECT guests.id FROM cards JOIN guests ON guests.room = cards.room"
            " AND cards.reservation IN ('', guests.reservation) WHERE uid = ?) ORDER BY shares, reservation, id",
            uid.upper(),
        )
        return stays[0].guest() if stays else None

    def room_of(self, room: str, reservation: str, name: str = "") -> str | None:
        """Where the guest who was in ``room`` is now, "" when nobody of that number is in house. With ``reservation``
        "" whether anybody called ``name``, or anybody at all, is in ``room``. None where nobody knows: of a guest who
        is not known, and of whom it was not told that he left, while the cache does not know everybody.
        """
        if reservation:
            known = self._stays("reservation = ?", reservation)
            return known[0].room if known else self._unless_gone("", reservation)
        there = self._stays("room = ?", room)
        if any(stay.is_called(name) for stay in there):
            return room
        return "" if there else self._unless_gone(room, "")

    def everybody(self) -> list[Guest]:
        """All guests in house, by room."""
        return [stay.guest() for stay in self._stays("true ORDER BY room, shares, reservation, id")]

    def count(self) -> int:
        """Guests in house."""
        with _named():
            return int(self._db.execute("SELECT count(*) FROM guests").fetchone()[0])

    @property
    def complete(self) -> bool:
        """Whether a resync has ever come to its end in this file."""
        with _named():
            return bool(self._db.execute("SELECT complete FROM roll").fetchone()[0])

    def _unless_gone(self, room: str, reservation: str) -> str | None:
        departed = "SELECT EXISTS (SELECT 1 FROM departed WHERE room = ? AND reservation = ?)"
        with _named():
            gone = bool(self._db.execute(departed, (room, reservation)).fetchone()[0])
        return "" if gone or self.complete else None

    def _stays(self, where: str, *values: str | int) -> list[_Stay]:
        query = f"SELECT {COLUMNS} FROM guests WHERE {where}"  # noqa: S608 - our own words
        with _named():
            return [_Stay(*row[:-3], *map(bool, row[-3:])) for row in self._db.execute(query, values)]


class GuestStore(GuestLookup):
    """The cache for writing, made anew where there is none. Raises GuestsUnavailable when it cannot be used, and
    GuestsDamaged when it never will be.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """``clock`` tells the wall's seconds since 1970."""
        self._clock = clock
        with _named():
            self._db = _connected(path.absolute().as_uri())
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        """A file of another version is emptied: the hotel system will tell it all again."""
        with _named():
            for pragma in (
                "journal_mode = TRUNCATE",
                "secure_delete = ON",
                "synchronous = NORMAL",
                "foreign_keys = ON",
                "temp_store = MEMORY",
            ):
                self._db.execute(f"PRAGMA {pragma}")
            if self._db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                self._db.executescript(SCHEMA)
            # A roll call that whoever wrote before did not hear to its end is over.
            self._db.execute("UPDATE roll SET called = 0 WHERE called = 1")
            self._clear_leftovers()

    def may_ask(self, wall_seconds: float, every: float) -> bool:
        """Whether a resync is due: only for an incomplete cache, and not again within ``every`` seconds.

        True is written down as having asked. A clock set back counts as a long time.
        """
        due = "UPDATE roll SET asked = ?1 WHERE complete = 0 AND NOT (?1 >= asked AND ?1 < asked + ?2)"
        with _named():
            return self._db.execute(due, (wall_seconds, every)).rowcount > 0

    def apply(self, news: Iterable[GuestNews]) -> None:
        """Take news from the hotel system, in order, all or nothing.

        Raises GuestsUnavailable when the file cannot be written.
        """
        with _named():
            with self._transaction():
                for one in news:
                    self._apply(one)
                # Also those of a future that a clock gone wrong has seen.
                self._db.execute("DELETE FROM departed WHERE abs(at - ?) > ?", (self._clock(), KEPT))
            self._clear_leftovers()

    def incomplete(self) -> None:
        """News got lost: the hotel system has to name everybody once more."""
        with _named():
            self._db.execute("UPDATE roll SET called = 0, complete = 0")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    def _clear_leftovers(self) -> None:
        """Write the file anew where somebody has left it."""
        if self._db.execute("SELECT leftovers FROM roll").fetchone()[0]:
            self._db.execute("VACUUM")
            self._db.execute("UPDATE roll SET leftovers = 0")

    def _apply(self, news: GuestNews) -> None:
        match news:
            case RollBegan():
                self._db.execute("UPDATE roll SET number = number + 1, called = 1, complete = 0")
            case RollEnded():
                self._end_of_roll()
            case GuestIn(room, reservation, told):
                self._came(room, reservation, told)
            case GuestChanged():
                self._changed(news)
            case GuestOut(room, reservation):
                self._left(room, reservation)
            case KeyMade():
                self._card_made(news)
            case KeyVoid(room, reservation):
                self._db.execute("DELETE FROM cards WHERE room = ?1 AND ?2 IN ('', reservation)", (room, reservation))

    def _end_of_roll(self) -> None:
        """Whoever was not named since its beginning has left while nobody listened.

        So have, for all we know, the cards of such a room that were made for nobody in particular.
        """
        if not self._db.execute("SELECT called FROM roll").fetchone()[0]:
            return
        gone = "SELECT room, reservation FROM guests WHERE roll < (SELECT number FROM roll)"
        left = self._db.execute(gone).fetchall()
        for room, reservation in left:
            self._db.execute("DELETE FROM cards WHERE room = ? AND reservation IN ('', ?)", (room, reservation))
        self._db.execute("DELETE FROM guests WHERE roll < (SELECT number FROM roll)")
        for room, reservation in left:
            self._departed(room, reservation)
        self._db.execute("DELETE FROM cards WHERE room NOT IN (SELECT room FROM guests)")
        self._db.execute("UPDATE roll SET called = 0, complete = 1")

    def _came(self, room: str, reservation: str, told: Told) -> None:
        """A guest is new, named once more, or in another room than before."""
        stay = _Stay(None, room, reservation).told(told)
        known = self._known(reservation) if reservation else self._namesake(stay)
        if known is not None:
            self._rewrite(known, replace(stay, id=known.id))
            return
        if not reservation and not stay.shares:
            # The first guest of a room: whoever was there without a number has left it.
            self._empty(room)
        self._spell(self._write(stay), stay)

    def _changed(self, news: GuestChanged) -> None:
        """What is not mentioned stays as it was, through a move to another room as well. Whoever is unknown came."""
        known = self._meant(news)
        for stay in known:
            self._rewrite(stay, replace(stay, room=news.room).told(news.told))
        if not known:
            self._came(news.room, news.reservation, news.told)

    def _meant(self, news: GuestChanged) -> list[_Stay]:
        """Who changed. Without a number it is the one so named, the only one of the room, or else all of it."""
        if news.reservation:
            known = self._known(news.reservation)
            return [known] if known else []
        there = self._stays("room = ? AND reservation = ''", news.old_room or news.room)
        named = [stay for stay in there if stay.name == news.told.get("name")]
        if named or len(there) == 1:
            return named or there
        return [] if "name" in news.told else there

    def _left(self, room: str, reservation: str) -> None:
        leave = "DELETE FROM guests WHERE room = ?1 AND ?2 IN ('', reservation) RETURNING reservation"
        left = {number for (number,) in self._db.execute(leave, (room, reservation)).fetchall()}
        self._forget_cards(room, reservation)
        for number in left | {reservation}:
            self._departed(room, number)

    def _departed(self, room: str, reservation: str) -> None:
        """Remember who left, unless it was only the room that the guest left, or not everybody who was in it."""
        still = self._known(reservation) if reservation else self._stays("room = ? AND reservation = ''", room)
        if not still:
            gone = ("" if reservation else room, reservation, self._clock())
            self._db.execute("INSERT OR REPLACE INTO departed VALUES (?, ?, ?)", gone)

    def _empty(self, room: str) -> None:
        """Of everybody who is known without a number."""
        self._db.execute("DELETE FROM guests WHERE room = ? AND reservation = ''", (room,))
        self._forget_cards(room, "")

    def _known(self, reservation: str) -> _Stay | None:
        stays = self._stays("reservation = ? AND reservation <> ''", reservation)
        return stays[0] if stays else None

    def _namesake(self, stay: _Stay) -> _Stay | None:
        there = self._stays("room = ? AND reservation = ''", stay.room)
        return next((other for other in there if (other.name, other.given) == (stay.name, stay.given)), None)

    def _rewrite(self, old: _Stay, new: _Stay) -> None:
        """Whoever moves is given new cards."""
        if not new.reservation:
            self._forget_namesakes(new)
        guest = self._write(new)
        if (old.name, old.given) != (new.name, new.given):
            self._db.execute("DELETE FROM name_keys WHERE guest = ?", (guest,))
            self._spell(guest, new)
        if old.room != new.room:
            self._forget_cards(old.room, old.reservation)
            if not old.reservation:
                self._departed(old.room, "")

    def _forget_namesakes(self, stay: _Stay) -> None:
        """Of two guests of a room without a number and under one name there is one."""
        self._db.execute(
            "DELETE FROM guests WHERE room = ? AND reservation = '' AND name = ? AND given = ? AND id <> ?",
            (stay.room, stay.name, stay.given, stay.id),
        )

    def _write(self, stay: _Stay) -> int:
        back = ("" if stay.reservation else stay.room, stay.reservation)
        self._db.execute("DELETE FROM departed WHERE room = ? AND reservation = ?", back)
        row = self._db.execute(WRITE, astuple(stay)).fetchone()
        return int(row[0])

    def _spell(self, guest: int, stay: _Stay) -> None:
        keys = keys_of(stay.name, stay.given).items()
        self._db.executemany(
            "INSERT OR IGNORE INTO name_keys VALUES (?, ?, ?)", ((_number(key), guest, weight) for key, weight in keys)
        )

    def _card_made(self, card: KeyMade) -> None:
        """A new card replaces the guest's former ones, as it does in the lock; a duplicate joins them."""
        if card.replaces:
            self._db.execute("DELETE FROM cards WHERE room = ? AND reservation = ?", (card.room, card.reservation))
        self._db.execute(
            "INSERT OR REPLACE INTO cards VALUES (?, ?, ?)", (card.uid.upper(), card.room, card.reservation)
        )

    def _forget_cards(self, room: str, reservation: str) -> None:
        self._db.execute(
            "DELETE FROM cards WHERE room = ?1"
            " AND (reservation = ?2 OR ?2 = '' OR NOT EXISTS (SELECT 1 FROM guests WHERE room = ?1))",
            (room, reservation),
        )
