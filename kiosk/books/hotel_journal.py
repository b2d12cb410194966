"""The hotel system's own list of what it put on folios, and how it differs from what the books think they posted.

Format: CSV with the header ``date,time,room,check,sequence,amount,text``; ``check`` is our voucher number as sent in
C#, ``sequence`` our P#, ``amount`` in minor units.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import bindparam, func, select

from kiosk.outbox import DeliveryState
from kiosk.store.statement import Statement, Transaction
from kiosk.store.tables import attempts, outbox, vouchers

HEADER = ["date", "time", "room", "check", "sequence", "amount", "text"]


class HotelJournalError(ValueError):
    """The file is not a hotel journal; the text names line and column."""


@dataclass(frozen=True)
class HotelRow:
    """One posting on a folio; ``check`` is 0 when it is not a voucher number of ours, ``minor`` units."""

    check: int
    sequence: int
    minor: int
    room: str = field(default="", repr=False)


@dataclass(frozen=True)
class Difference:
    """Two records of the same thing that do not agree: a message ``key`` with ``values``. Never mended silently."""

    key: str
    values: dict[str, str | int]


@dataclass(frozen=True)
class KnownPosting:
    """A voucher's posting as the books have it: ``told`` is the amount in the posting, minor units like ``minor``.

    ``attempt`` orders the newest attempts of all postings, ``tried_at`` is its time (ms UTC); both None when it never
    was on the wire.
    """

    voucher: int
    charge: str
    minor: int
    told: int
    state: DeliveryState
    attempt: int | None
    tried_at: int | None


Coverage = Callable[[KnownPosting], bool]
"""Whether the hotel's rows are complete for the time a posting was tried: only then can it be missing from them."""


def everything(posting: KnownPosting) -> bool:
    """The hotel's rows go back to the first posting and reach to this moment."""
    return posting.attempt is not None


def span(since: int, until: int) -> Coverage:
    """The rows are complete from ``since`` to ``until`` (ms UTC) by the kiosk's clock."""
    return lambda posting: posting.tried_at is not None and since <= posting.tried_at <= until


def neighbours(postings: Sequence[KnownPosting], rows: Sequence[HotelRow]) -> Coverage:
    """The rows are complete between the first and the last of our own postings in them; needs no clock."""
    there = {row.check for row in rows}
    attempts = [posting.attempt for posting in postings if posting.voucher in there and posting.attempt is not None]
    if not attempts:
        return lambda _: False
    first, last = min(attempts), max(attempts)
    return lambda posting: posting.attempt is not None and first <= posting.attempt <= last


_KNOWN = Statement(
    select(
        vouchers.c.number,
        vouchers.c.charge,
        vouchers.c.minor,
        func.json_extract(outbox.c.payload, "$.minor").label("told"),
        outbox.c.state,
        func.max(attempts.c.seq).label("attempt"),
        attempts.c.begun_at.label("tried_at"),  # of the row that has the maximum: https://sqlite.org/lang_select.html
    )
    .join(outbox, outbox.c.key == vouchers.c.charge)
    .outerjoin(attempts, attempts.c.delivery == outbox.c.seq)
    .where(outbox.c.destination == bindparam("destination"))
    .group_by(vouchers.c.number)
    .order_by(vouchers.c.number)
)


def known_postings(tx: Transaction, destination: str) -> list[KnownPosting]:
    """Every voucher's posting, by voucher number."""
    return [
        KnownPosting(
            row["number"],
            row["charge"],
            row["minor"],
            row["told"],
            DeliveryState(row["state"]),
            row["attempt"],
            row["tried_at"],
        )
        for row in tx.rows(_KNOWN, destination=destination)
    ]


def read_hotel_journal(lines: Iterable[str]) -> list[HotelRow]:
    """Raises HotelJournalError; a file that is wrong in one line is not used at all."""
    reader = csv.reader(lines)
    if next(reader, None) != HEADER:
        raise HotelJournalError(f"line 1: the header is not {','.join(HEADER)}")
    return [_row(reader.line_num, cells) for cells in reader if cells]


def _row(number: int, cells: list[str]) -> HotelRow:
    if len(cells) != len(HEADER):
        raise HotelJournalError(f"line {number}: {len(cells)} columns instead of {len(HEADER)}")
    named = dict(zip(HEADER, cells, strict=True))
    try:
        sequence, minor = int(named["sequence"] or 0), int(named["amount"])
    except ValueError as fault:
        raise HotelJournalError(f"line {number}: {fault}") from fault
    check = named["check"]
    return HotelRow(int(check) if check.isascii() and check.isdigit() else 0, sequence, minor, named["room"])


def compare(
    postings: Sequence[KnownPosting], rows: Sequence[HotelRow], covered: Coverage = everything
) -> list[Difference]:
    """What the hotel has and the books do not expect, or the other way round."""
    expected = {posting.voucher: posting for posting in postings}
    found = Counter(row.check for row in rows)
    differences: list[Difference] = []
    for row in rows:
        posting = expected.get(row.check)
        where: dict[str, str | int] = {"voucher": row.check, "sequence": row.sequence, "hotel_minor": row.minor}
        if posting is None:
            differences.append(Difference("hotel.stranger", where))
        elif row.minor != posting.minor:
            differences.append(Difference("hotel.amount", {**where, "minor": posting.minor}))
        elif posting.state in (DeliveryState.QUEUED, DeliveryState.REFUSED):
            differences.append(Difference("hotel.unexpected", {**where, "state": posting.state.value}))
    for posting in postings:
        times = found[posting.voucher]
        if times > 1:
            differences.append(Difference("hotel.doubled", {"voucher": posting.voucher, "times": times}))
        if posting.state is DeliveryState.DELIVERED and not times and covered(posting):
            differences.append(Difference("hotel.missing", {"voucher": posting.voucher, "minor": posting.minor}))
    return differences
