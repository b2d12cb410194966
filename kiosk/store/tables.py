"""The tables as SQLAlchemy Core knows them, for building statements; their meaning and rules are in ``migrations``."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, Table, Text

BOOKS_TABLES = MetaData()
REGISTER_TABLES = MetaData()


def _table(metadata: MetaData, name: str, columns: str) -> Table:
    """``columns`` are names; one that ends in ``#`` holds integers, the others text."""
    kinds = [Column(word.rstrip("#"), Integer if word.endswith("#") else Text) for word in columns.split()]
    return Table(name, metadata, *kinds)


charges = _table(
    BOOKS_TABLES,
    "charges",
    "seq# id visit service currency state quote quoted_minor# delivered# total_minor# tax_minor# room reservation name"
    " reason created_at# changed_at#",
)
signatures = _table(BOOKS_TABLES, "signatures", "charge text strokes hash at#")
work = _table(BOOKS_TABLES, "work", "seq# job charge purpose state ordered# proven#")
entries = _table(BOOKS_TABLES, "entries", "seq# at# source external previous hash")
lines = _table(BOOKS_TABLES, "lines", "entry# line# account currency minor#")
vouchers = _table(BOOKS_TABLES, "vouchers", "number# charge entry# currency minor# tax_minor# signature at#")
corrections = _table(
    BOOKS_TABLES, "corrections", "seq# voucher# number# key sheets# entry# currency minor# tax_minor# reason who at#"
)
outbox = _table(
    BOOKS_TABLES,
    "outbox",
    "seq# destination kind key payload state number# attempts# held_at# not_before# remark created_at# changed_at#",
)
attempts = _table(BOOKS_TABLES, "attempts", "seq# delivery# number# begun_at# balance# answer asked#")
counters = _table(BOOKS_TABLES, "counters", "name value#")

requests = _table(
    REGISTER_TABLES,
    "requests",
    "number# source kind place language visit details_key details state opened_at# closed_at# closed_by",
)
wake_ups = _table(
    REGISTER_TABLES, "wake_ups", "number# room reservation at# origin state visit language remark changed_at#"
)
messages = _table(REGISTER_TABLES, "messages", "number# room reservation hotel_id text at# state changed_at#")
room_wishes = _table(REGISTER_TABLES, "room_wishes", "room reservation wish until# changed_at#")

for _shared in (outbox, attempts, counters):
    _shared.to_metadata(REGISTER_TABLES)
