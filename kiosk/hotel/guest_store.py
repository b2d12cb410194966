"""Who stays in the house, as the hotel system last told it: a cache on disk that forgets at check-out.

A file of its own, written by ``kiosk-link`` and read by ``kiosk``. Once a guest has left, the name is in no file: the
rollback journal is truncated after each transaction, and the file is then written anew, because SQLite's secure_delete
leaves copies behind where it has moved rows from page to page. Only the number of the reservation is remembered for
some days: a charge that comes late must not go to whoever has the room now. It is only a cache: a damaged file is
thrown away and the hotel system asked again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, replace
from pathlib import Path

from kiosk.hotel.guest_lookup import GuestLookup, connected, named_faults, number_of
from kiosk.hotel.guest_tables import SCHEMA, VERSION, WRITE, Stay
from kiosk.hotel.name_keys import keys_of
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

KEPT = 7 * 86_400.0
"""Seconds for which a departed guest's number is remembered."""


def discard(path: Path) -> None:
    """Throw the cache away, journal and all."""
    for file in (path, path.with_name(path.name + "-journal")):
        with suppress(FileNotFoundError):
            file.unlink()


class GuestStore(GuestLookup):
    """The cache for writing, made anew where there is none. Raises GuestsUnavailable when it cannot be used, and
    GuestsDamaged when it never will be.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """``clock`` tells the wall's seconds since 1970."""
        self._clock = clock
        with named_faults():
            self._db = connected(path.absolute().as_uri())
        try:
            self._prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        """A file of another version is emptied: the hotel system will tell it all again."""
        with named_faults():
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

    def may_ask(self, wall_seconds: float, every: float) -> bool:
        """Whether a resync is due: only for an incomplete cache, and not again within ``every`` seconds.

        True is written down as having asked. A clock set back counts as a long time.
        """
        due = "UPDATE roll SET asked = ?1 WHERE complete = 0 AND NOT (?1 >= asked AND ?1 < asked + ?2)"
        with named_faults():
            return self._db.execute(due, (wall_seconds, every)).rowcount > 0

    def apply(self, news: Iterable[GuestNews]) -> None:
        """Take news from the hotel system, in order, all or nothing.

        Raises GuestsUnavailable when the file cannot be written.
        """
        with named_faults(), self._transaction():
            for one in news:
                self._apply(one)
            # Also those of a future that a clock gone wrong has seen.
            self._db.execute("DELETE FROM departed WHERE abs(at - ?) > ?", (self._clock(), KEPT))

    def forget(self) -> None:
        """Write the file anew where somebody has left it: until then it may still hold copies of the name.

        Raises GuestsUnavailable when that cannot be done now; what was applied stands.
        """
        with named_faults():
            if self._db.execute("SELECT leftovers FROM roll").fetchone()[0]:
                self._db.execute("VACUUM")
                self._db.execute("UPDATE roll SET leftovers = 0")

    def incomplete(self) -> None:
        """News got lost: the hotel system has to name everybody once more."""
        with named_faults():
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
        if not self._calling():
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

    def _calling(self) -> bool:
        return bool(self._db.execute("SELECT called FROM roll").fetchone()[0])

    def _came(self, room: str, reservation: str, told: Told) -> None:
        """A guest is new, named once more, or in another room than before."""
        stay = Stay(None, room, reservation).told(told)
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

    def _meant(self, news: GuestChanged) -> list[Stay]:
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
        if not reservation and self._calling():
            left = set()  # a room that the roll calls empty: who was in it may be named in another before its end
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

    def _known(self, reservation: str) -> Stay | None:
        stays = self._stays("reservation = ? AND reservation <> ''", reservation)
        return stays[0] if stays else None

    def _namesake(self, stay: Stay) -> Stay | None:
        there = self._stays("room = ? AND reservation = ''", stay.room)
        return next((other for other in there if (other.name, other.given) == (stay.name, stay.given)), None)

    def _rewrite(self, old: Stay, new: Stay) -> None:
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

    def _forget_namesakes(self, stay: Stay) -> None:
        """Of two guests of a room without a number and under one name there is one."""
        self._db.execute(
            "DELETE FROM guests WHERE room = ? AND reservation = '' AND name = ? AND given = ? AND id <> ?",
            (stay.room, stay.name, stay.given, stay.id),
        )

    def _write(self, stay: Stay) -> int:
        back = ("" if stay.reservation else stay.room, stay.reservation)
        self._db.execute("DELETE FROM departed WHERE room = ? AND reservation = ?", back)
        row = self._db.execute(WRITE, astuple(stay)).fetchone()
        return int(row[0])

    def _spell(self, guest: int, stay: Stay) -> None:
        keys = keys_of(stay.name, stay.given).items()
        self._db.executemany(
            "INSERT OR IGNORE INTO name_keys VALUES (?, ?, ?)",
            ((number_of(key), guest, weight) for key, weight in keys),
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
