"""The tables of the guest cache: who stays in the house and under which name keys, their cards, and who has left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from kiosk.hotel.names import matches_whole
from kiosk.hotel.news import Told
from kiosk.hotel.protocol import Guest

COLUMNS = "id, room, reservation, name, given, title, language, no_post, vip, shares"
"""Of a guest, in the order they are read and written."""


@dataclass(frozen=True)
class Stay:
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
        return f"Stay({self.id})"

    def told(self, told: Told) -> Stay:
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


WRITE = """
INSERT INTO guests (id, room, reservation, name, given, title, language, no_post, vip, shares, roll)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT number FROM roll))
ON CONFLICT (id) DO UPDATE SET room = excluded.room, reservation = excluded.reservation, name = excluded.name,
    given = excluded.given, title = excluded.title, language = excluded.language, no_post = excluded.no_post,
    vip = excluded.vip, shares = excluded.shares, roll = excluded.roll
RETURNING id
"""
"""A guest who came, or, with an id, whose row is to say something else. Named in the roll of now."""

SCHEMA = """
BEGIN IMMEDIATE;
DROP TABLE IF EXISTS name_keys;
DROP TABLE IF EXISTS guests;
DROP TABLE IF EXISTS cards;
DROP TABLE IF EXISTS departed;
DROP TABLE IF EXISTS roll;
CREATE TABLE guests (
    id INTEGER PRIMARY KEY,
    room TEXT NOT NULL,
    reservation TEXT NOT NULL,
    name TEXT NOT NULL,
    given TEXT NOT NULL,
    title TEXT NOT NULL,
    language TEXT NOT NULL,
    no_post INTEGER NOT NULL,
    vip INTEGER NOT NULL,
    shares INTEGER NOT NULL,
    roll INTEGER NOT NULL
);
CREATE INDEX guests_by_room ON guests (room);
CREATE UNIQUE INDEX guests_by_reservation ON guests (reservation) WHERE reservation <> '';
CREATE TABLE name_keys (
    key INTEGER NOT NULL,
    guest INTEGER NOT NULL REFERENCES guests ON DELETE CASCADE,
    weight INTEGER NOT NULL,
    PRIMARY KEY (key, guest)
) WITHOUT ROWID;
CREATE INDEX name_keys_by_guest ON name_keys (guest);
CREATE TABLE cards (
    uid TEXT PRIMARY KEY,
    room TEXT NOT NULL,
    reservation TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE departed (
    room TEXT NOT NULL,
    reservation TEXT NOT NULL,
    at REAL NOT NULL,
    PRIMARY KEY (reservation, room)
) WITHOUT ROWID;
CREATE TABLE roll (
    number INTEGER NOT NULL, called INTEGER NOT NULL, complete INTEGER NOT NULL, asked REAL NOT NULL,
    leftovers INTEGER NOT NULL
);
INSERT INTO roll VALUES (0, 0, 0, 0, 1);
CREATE TRIGGER guest_left AFTER DELETE ON guests BEGIN UPDATE roll SET leftovers = 1; END;
CREATE TRIGGER card_ended AFTER DELETE ON cards BEGIN UPDATE roll SET leftovers = 1; END;
CREATE TRIGGER guest_renamed AFTER UPDATE ON guests
    WHEN (old.room, old.name, old.given) IS NOT (new.room, new.name, new.given)
    BEGIN UPDATE roll SET leftovers = 1; END;
PRAGMA user_version = 3;
COMMIT;
"""
"""``leftovers``: pages may still hold copies of what was deleted, until the file has been written anew.

``departed`` (``at`` in seconds since 1970) knows a guest by the hotel system's number alone, for ``room`` is "" then;
with ``reservation`` "" it is a room that everybody known without a number has left.
"""

VERSION = 3
"""Of the schema, as it says itself; a file of another one is begun anew."""
