"""The hotel system's own list of what it put on folios, and how it differs from what the books think they posted.

Format: CSV with the header ``date,time,room,check,sequence,amount,text``; ``check`` is our voucher number as sent in
C#, ``sequence`` our P#, ``amount`` in minor units.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Table, bindparam, func, select

from kiosk.books.postings import TRIAL
from kiosk.outbox import DeliveryState
from kiosk.store.statement import Statement, Transaction
from kiosk.store.tables import attempts, corrections, outbox, vouchers

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
    """A voucher's posting, or a correction's, as the books have it. ``key`` is the posting's in the outbox.

    ``told`` is the amount in the posting, minor units like ``minor``, which is negative for a correction. ``attempt``
    orders the newest attempts of all postings, ``tried_at`` is its time (ms UTC); both None when it never was on the
    wire. ``numbers`` are those of all its attempts: only a record with one of them can be this posting.
    """

    voucher: int
    key: str
    minor: int
    told: int
    currency: str
    state: DeliveryState
    attempt: int | None
    tried_at: int | None
    numbers: frozenset[int] = frozenset()

    def may_be(self, row: HotelRow) -> bool:
        """Whether the row names no sequence number, or one of this posting's."""
        return not row.sequence or row.sequence in self.numbers


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
    there = [posting for posting, _ in pair(postings, rows).pairs]
    attempts = [posting.attempt for posting in there if posting.attempt is not None]
    if not attempts:
        return lambda _: False
    first, last = min(attempts), max(attempts)
    return lambda posting: posting.attempt is not None and first <= posting.attempt <= last


def _known(table: Table, key: ColumnElement[str], voucher: ColumnElement[int], minor: ColumnElement[int]) -> Statement:
    return Statement(
        select(
            voucher.label("voucher"),
            key.label("key"),
            minor.label("minor"),
            func.json_extract(outbox.c.payload, "$.minor").label("told"),
            table.c.currency,
            outbox.c.state,
            func.max(attempts.c.seq).label("attempt"),
            func.group_concat(attempts.c.number).label("numbers"),
            attempts.c.begun_at.label("tried_at"),  # of the row with the maximum: https://sqlite.org/lang_select.html
        )
        .select_from(
            table.join(outbox, (outbox.c.key == key) & (outbox.c.destination == bindparam("destination"))).outerjoin(
                attempts, attempts.c.delivery == outbox.c.seq
            )
        )
        .group_by(key)
        .order_by(voucher)
    )


_OF_VOUCHERS = _known(vouchers, vouchers.c.charge, vouchers.c.number, vouchers.c.minor)
_OF_CORRECTIONS = _known(corrections, corrections.c.key, corrections.c.voucher, -corrections.c.minor)
_TRIALS = Statement(
    select(attempts.c.number, func.json_extract(outbox.c.payload, "$.minor").label("minor"))
    .select_from(attempts.join(outbox, outbox.c.seq == attempts.c.delivery))
    .where(outbox.c.destination == bindparam("destination"), outbox.c.kind == TRIAL)
)


def known_postings(tx: Transaction, destination: str) -> list[KnownPosting]:
    """Every voucher's posting, by voucher number, and then every correction's."""
    return [
        KnownPosting(
            row["voucher"],
            row["key"],
            row["minor"],
            row["told"],
            row["currency"],
            DeliveryState(row["state"]),
            row["attempt"],
            row["tried_at"],
            frozenset(int(number) for number in (row["numbers"] or "").split(",") if number),
        )
        for statement in (_OF_VOUCHERS, _OF_CORRECTIONS)
        for row in tx.rows(statement, destination=destination)
    ]


def without_trials(tx: Transaction, destination: str, rows: Sequence[HotelRow]) -> list[HotelRow]:
    """The rows but those that technicians tried: they name no voucher, and number and amount are a trial's."""
    tried = {(row["number"], row["minor"]) for row in tx.rows(_TRIALS, destination=destination)}
    return [row for row in rows if row.check or (row.sequence, row.minor) not in tried]


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


@dataclass(frozen=True)
class Paired:
    """Which row of the hotel's is which posting of ours; each is in one place only.

    ``missing`` have no row, ``spare`` rows are of a voucher whose postings all have one, ``strange`` of none.
    ``foreign`` rows name a voucher of ours and a sequence number that none of its postings ever had: another station
    with the same check numbers, or a hand at the desk. Of their vouchers nothing can be said.
    """

    pairs: list[tuple[KnownPosting, HotelRow]]
    missing: list[KnownPosting]
    spare: list[HotelRow]
    strange: list[HotelRow]
    foreign: list[HotelRow]


_LIKELY = (DeliveryState.DELIVERED, DeliveryState.UNKNOWN, DeliveryState.SENDING)


def pair(postings: Sequence[KnownPosting], rows: Sequence[HotelRow]) -> Paired:
    """By voucher and, where the row has one, sequence number; within a voucher first those of one amount, and likelier
    ones before those that should not be there.
    """
    left: dict[int, list[KnownPosting]] = {}
    for posting in sorted(postings, key=lambda each: each.state not in _LIKELY):
        left.setdefault(posting.voucher, []).append(posting)
    ours = {voucher: tuple(each) for voucher, each in left.items()}
    paired = Paired([], [], [], [row for row in rows if row.check not in left], [])
    others: list[HotelRow] = []
    for row in (row for row in rows if row.check in left):
        mine = left[row.check]
        same = next((posting for posting in mine if posting.minor == row.minor and posting.may_be(row)), None)
        if same:
            mine.remove(same)
            paired.pairs.append((same, row))
        elif any(posting.may_be(row) for posting in ours[row.check]):
            others.append(row)
        else:
            paired.foreign.append(row)
    for row in others:
        there = any(done.voucher == row.check and done.minor == row.minor for done, _ in paired.pairs)
        may = next((posting for posting in left[row.check] if posting.may_be(row)), None)
        if there or may is None:
            paired.spare.append(row)
        else:
            left[row.check].remove(may)
            paired.pairs.append((may, row))
    paired.missing.extend(posting for posting in postings if posting in left[posting.voucher])
    return paired


def compare(
    postings: Sequence[KnownPosting], rows: Sequence[HotelRow], covered: Coverage = everything
) -> list[Difference]:
    """What the hotel has and the books do not expect, or the other way round."""
    paired = pair(postings, rows)
    differences = [Difference("hotel.stranger", _where(row)) for row in paired.strange]
    differences += [Difference("hotel.number", _where(row)) for row in paired.foreign]
    foreign = {row.check for row in paired.foreign}
    for posting, row in paired.pairs:
        if row.minor != posting.minor:
            differences.append(Difference("hotel.amount", {**_where(row), "minor": posting.minor}))
        elif posting.state not in _LIKELY:
            differences.append(Difference("hotel.unexpected", {**_where(row), "state": posting.state.value}))
    for voucher, times in sorted(Counter(row.check for row in paired.spare).items()):
        differences.append(Difference("hotel.doubled", {"voucher": voucher, "times": times + 1}))
    differences.extend(
        Difference("hotel.missing", {"voucher": posting.voucher, "minor": posting.minor})
        for posting in paired.missing
        if posting.state is DeliveryState.DELIVERED and posting.voucher not in foreign and covered(posting)
    )
    return differences


def _where(row: HotelRow) -> dict[str, str | int]:
    return {"voucher": row.check, "sequence": row.sequence, "hotel_minor": row.minor}
