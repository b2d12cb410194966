"""Who stays in the house, looked up in the cache that ``kiosk-link`` keeps: by room, name, card or reservation.

The file is read by any process at any time; who writes it is ``GuestStore``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from types import TracebackType
from typing import Self

from kiosk.hotel.guest_tables import COLUMNS, Stay
from kiosk.hotel.name_keys import ENOUGH, keys_asked
from kiosk.hotel.names import matches, matches_whole
from kiosk.hotel.protocol import Guest, GuestsUnavailable

BUSY_SECONDS = 5.0

COMPARED = 4
"""A lookup compares that many names at least, so that an empty room takes as long as a full one."""


_DECOY = Stay(None, room="", reservation="", name="Nobody Inparticular")


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


def connected(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)


@contextmanager
def named_faults() -> Iterator[None]:
    """Faults of SQLite inside are GuestsUnavailable, or GuestsDamaged where the file is no good."""
    try:
        yield
    except sqlite3.DatabaseError as fault:
        code = getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_MISUSE)
        kind = GuestsUnavailable if code & _RESULT in _MAY_PASS else GuestsDamaged
        raise kind(getattr(fault, "sqlite_errorname", type(fault).__name__)) from fault


def number_of(key: str) -> int:
    """A key as SQLite finds it fastest. Two may share a number: the names are compared all the same."""
    return int.from_bytes(blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)


def _alike(name: str, stays: list[Stay]) -> list[Guest]:
    """The guests among ``stays`` whose name ``name`` is."""
    candidates = [*stays, *[_DECOY] * (COMPARED - len(stays))]
    return [stay.guest() for stay in candidates if matches(name, stay.name, stay.given) and stay is not _DECOY]


class GuestLookup:
    """The cache for reading. Its calls block. Raises GuestsUnavailable when there is none or it cannot be used."""

    def __init__(self, path: Path) -> None:
        with named_faults():
            self._db = connected(f"{path.absolute().as_uri()}?mode=ro")

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
            _alike(name, self._stays(f"id IN ({having}) ORDER BY room, reservation, id", *map(number_of, asked)))
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
        with named_faults():
            return int(self._db.execute("SELECT count(*) FROM guests").fetchone()[0])

    @property
    def complete(self) -> bool:
        """Whether a resync has ever come to its end in this file."""
        with named_faults():
            return bool(self._db.execute("SELECT complete FROM roll").fetchone()[0])

    def _unless_gone(self, room: str, reservation: str) -> str | None:
        departed = "SELECT EXISTS (SELECT 1 FROM departed WHERE room = ? AND reservation = ?)"
        with named_faults():
            gone = bool(self._db.execute(departed, (room, reservation)).fetchone()[0])
        return "" if gone or self.complete else None

    def _stays(self, where: str, *values: str | int) -> list[Stay]:
        query = f"SELECT {COLUMNS} FROM guests WHERE {where}"  # noqa: S608 - our own words
        with named_faults():
            return [Stay(*row[:-3], *map(bool, row[-3:])) for row in self._db.execute(query, values)]
