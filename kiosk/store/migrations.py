"""The schemas of the kiosk's two databases, step by step. A migration that has been released is never edited.

Money is in minor units, times are milliseconds since 1970 UTC, order comes from integer keys alone.
"""

from __future__ import annotations

from kiosk.store.database import Schema

_OUTBOX = """
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    destination TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    number INTEGER,
    attempts INTEGER NOT NULL,
    held_at INTEGER NOT NULL,
    not_before INTEGER NOT NULL,
    remark TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (destination, key)
);
CREATE INDEX outbox_by_state ON outbox (destination, state, seq);

CREATE TABLE attempts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery INTEGER NOT NULL REFERENCES outbox (seq),
    number INTEGER NOT NULL,
    begun_at INTEGER NOT NULL
);
CREATE INDEX attempts_of_delivery ON attempts (delivery);

CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) WITHOUT ROWID;
"""

_BOOKS_1 = "".join(
    (
        """
CREATE TABLE charges (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    visit TEXT NOT NULL,
    service TEXT NOT NULL,
    currency TEXT NOT NULL,
    state TEXT NOT NULL,
    quote TEXT NOT NULL,
    quoted_minor INTEGER NOT NULL CHECK (quoted_minor >= 0),
    delivered INTEGER CHECK (delivered >= 0),
    total_minor INTEGER CHECK (total_minor >= 0),
    tax_minor INTEGER,
    room TEXT,
    reservation TEXT,
    name TEXT,
    reason TEXT,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
);
CREATE INDEX charges_open ON charges (seq) WHERE state NOT IN ('settled', 'voided');

CREATE TABLE signatures (
    charge TEXT PRIMARY KEY REFERENCES charges (id),
    text TEXT NOT NULL,
    strokes TEXT NOT NULL,
    hash TEXT NOT NULL,
    at INTEGER NOT NULL
);

CREATE TABLE work (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL UNIQUE,
    charge TEXT NOT NULL REFERENCES charges (id),
    purpose TEXT NOT NULL,
    state TEXT NOT NULL,
    ordered INTEGER NOT NULL CHECK (ordered > 0),
    proven INTEGER NOT NULL CHECK (proven >= 0)
);
CREATE INDEX work_of_charge ON work (charge);

CREATE TABLE entries (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    external TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    UNIQUE (source, external)
);

CREATE TABLE lines (
    entry INTEGER NOT NULL REFERENCES entries (seq) DEFERRABLE INITIALLY DEFERRED,
    line INTEGER NOT NULL,
    account TEXT NOT NULL,
    currency TEXT NOT NULL,
    minor INTEGER NOT NULL,
    PRIMARY KEY (entry, line)
) WITHOUT ROWID;
CREATE INDEX lines_of_account ON lines (account, currency, minor);

CREATE TABLE vouchers (
    number INTEGER PRIMARY KEY,
    charge TEXT NOT NULL UNIQUE REFERENCES charges (id),
    entry INTEGER NOT NULL UNIQUE REFERENCES entries (seq),
    currency TEXT NOT NULL,
    minor INTEGER NOT NULL CHECK (minor > 0),
    tax_minor INTEGER NOT NULL,
    signature TEXT NOT NULL,
    at INTEGER NOT NULL
);

""",
        _OUTBOX,
        """
CREATE TRIGGER entries_balance BEFORE INSERT ON entries
WHEN NOT EXISTS (SELECT 1 FROM lines WHERE entry = NEW.seq)
  OR EXISTS (SELECT 1 FROM lines WHERE entry = NEW.seq GROUP BY currency HAVING sum(minor) <> 0)
BEGIN SELECT RAISE(ABORT, 'journal: entry does not balance'); END;
CREATE TRIGGER entries_fixed BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'journal: entries are append-only'); END;
CREATE TRIGGER entries_kept BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'journal: entries are append-only'); END;
CREATE TRIGGER lines_sealed BEFORE INSERT ON lines
WHEN EXISTS (SELECT 1 FROM entries WHERE seq = NEW.entry)
BEGIN SELECT RAISE(ABORT, 'journal: entry is sealed'); END;
CREATE TRIGGER lines_fixed BEFORE UPDATE ON lines
BEGIN SELECT RAISE(ABORT, 'journal: lines are append-only'); END;
CREATE TRIGGER lines_kept BEFORE DELETE ON lines
BEGIN SELECT RAISE(ABORT, 'journal: lines are append-only'); END;
CREATE TRIGGER vouchers_fixed BEFORE UPDATE ON vouchers
BEGIN SELECT RAISE(ABORT, 'vouchers are append-only'); END;
CREATE TRIGGER vouchers_kept BEFORE DELETE ON vouchers
BEGIN SELECT RAISE(ABORT, 'vouchers are append-only'); END;
CREATE TRIGGER signatures_fixed BEFORE UPDATE ON signatures
BEGIN SELECT RAISE(ABORT, 'signatures are append-only'); END;
CREATE TRIGGER signatures_kept BEFORE DELETE ON signatures
WHEN EXISTS (SELECT 1 FROM vouchers WHERE charge = OLD.charge)
BEGIN SELECT RAISE(ABORT, 'signatures of a voucher are kept'); END;
""",
    )
)

_REGISTER_1 = """
CREATE TABLE requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT UNIQUE,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    language TEXT NOT NULL,
    visit TEXT NOT NULL,
    details_key TEXT NOT NULL,
    details TEXT NOT NULL,
    state TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    closed_at INTEGER,
    closed_by TEXT
);
CREATE INDEX requests_open ON requests (number) WHERE state = 'open';
"""

_OUTBOX_2 = """
ALTER TABLE attempts ADD COLUMN balance INTEGER;
ALTER TABLE attempts ADD COLUMN answer TEXT;
ALTER TABLE attempts ADD COLUMN asked INTEGER NOT NULL DEFAULT 0;
UPDATE attempts SET answer = 'before' WHERE seq NOT IN (
    SELECT max(attempts.seq) FROM attempts JOIN outbox ON outbox.seq = attempts.delivery
    WHERE outbox.state IN ('sending', 'unknown') GROUP BY attempts.delivery
);
CREATE INDEX attempts_unanswered ON attempts (number) WHERE answer IS NULL;
"""

_CORRECTIONS = """
CREATE TABLE corrections (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    voucher INTEGER NOT NULL REFERENCES vouchers (number),
    number INTEGER NOT NULL CHECK (number > 0),
    key TEXT NOT NULL UNIQUE,
    sheets INTEGER NOT NULL CHECK (sheets >= 0),
    entry INTEGER NOT NULL UNIQUE REFERENCES entries (seq),
    currency TEXT NOT NULL,
    minor INTEGER NOT NULL CHECK (minor > 0),
    tax_minor INTEGER NOT NULL,
    reason TEXT NOT NULL,
    who TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (voucher, number)
);
CREATE TRIGGER corrections_fixed BEFORE UPDATE ON corrections
BEGIN SELECT RAISE(ABORT, 'corrections are append-only'); END;
CREATE TRIGGER corrections_kept BEFORE DELETE ON corrections
BEGIN SELECT RAISE(ABORT, 'corrections are append-only'); END;
"""

_REGISTER_2 = (
    _OUTBOX
    + _OUTBOX_2
    + """

CREATE TABLE wake_ups (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    room TEXT NOT NULL,
    reservation TEXT NOT NULL,
    at INTEGER NOT NULL,
    origin TEXT NOT NULL,
    state TEXT NOT NULL,
    visit TEXT NOT NULL,
    language TEXT NOT NULL,
    remark TEXT NOT NULL,
    changed_at INTEGER NOT NULL
);
CREATE INDEX wake_ups_in_order ON wake_ups (state, at, number);
CREATE INDEX wake_ups_of_room ON wake_ups (room, at);

CREATE TABLE messages (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    room TEXT NOT NULL,
    reservation TEXT NOT NULL,
    hotel_id TEXT NOT NULL,
    text TEXT NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (room, reservation, hotel_id)
);

CREATE TABLE room_wishes (
    room TEXT PRIMARY KEY,
    reservation TEXT NOT NULL,
    wish TEXT NOT NULL,
    until INTEGER,
    changed_at INTEGER NOT NULL
) WITHOUT ROWID;
"""
)

BOOKS = Schema("books", 0x4B42_6F6B, (_BOOKS_1, _OUTBOX_2 + _CORRECTIONS))
REGISTER = Schema("register", 0x4B52_6567, (_REGISTER_1, _REGISTER_2))
