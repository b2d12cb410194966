"""A charge taken back, wholly or in part: its own row, its own journal entry, its own word to the hotel system.

The entry reverses revenue and tax by the very amounts that the voucher has less of both afterwards, so that however
many corrections take it to nothing, not a minor unit is left.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

import msgspec
from sqlalchemy import bindparam, func, insert, select

from kiosk.books import journal, vouchers
from kiosk.books.charge import BooksError
from kiosk.books.money import tax_included
from kiosk.books.postings import CORRECTION, DESK_CORRECTION, PMS, Posting
from kiosk.books.tariff import Quote
from kiosk.books.vouchers import Voucher
from kiosk.outbox import DeliveryState, Outbox, enqueue
from kiosk.store.statement import Row, Statement, Transaction
from kiosk.store.tables import charges, corrections

BY_DESK = "hotel.refused.by-desk"
"""The remark of a correction that the hotel's own procedure makes."""


@dataclass(frozen=True)
class Correction:
    """``number`` counts within the voucher; ``minor`` units taken back, ``tax_minor`` of them tax; both positive.

    ``sheets`` is 0 where an amount was named; ``key`` is the posting's; ``at`` in ms since 1970 UTC.
    """

    voucher: int
    number: int
    key: str
    sheets: int
    entry: int
    currency: str
    minor: int
    tax_minor: int
    reason: str
    who: str
    at: int


@dataclass(frozen=True)
class Folio:
    """Whose folio it is on, which the kiosk has forgotten: said by the person who corrects."""

    room: str
    reservation: str = ""


class NotCorrectable(BooksError):
    """Nothing was written; the text says what has to be done first."""


_COLUMNS = tuple(each.name for each in fields(Correction))
_ADD = Statement(insert(corrections).values({name: bindparam(name) for name in _COLUMNS}))
_SUMS = Statement(
    select(
        func.count().label("count"),
        func.coalesce(func.sum(corrections.c.minor), 0).label("minor"),
        func.coalesce(func.sum(corrections.c.tax_minor), 0).label("tax"),
        func.coalesce(func.sum(corrections.c.sheets), 0).label("sheets"),
    ).where(corrections.c.voucher == bindparam("voucher"))
)
_TERMS = Statement(select(charges.c.quote).where(charges.c.id == bindparam("charge")))
_ALL = Statement(select(corrections).order_by(corrections.c.seq))

_FIRST: dict[DeliveryState, str] = {
    DeliveryState.QUEUED: "is not posted yet: wait until it is",
    DeliveryState.SENDING: "is being posted: wait until it is",
    DeliveryState.UNKNOWN: "may be on the folio or not: first `kiosk books resolve {charge}`",
    DeliveryState.REFUSED: "was never posted: `kiosk books resolve {charge} waived` takes it back",
    DeliveryState.WITHDRAWN: "never was on a folio: what was paid at the desk is paid back there",
}


def correct_sheets(
    postings: Outbox, voucher: int, sheets: int, *, reason: str, who: str, folio: Folio, by_posting: bool
) -> Correction:
    """Take back ``sheets`` at the terms of the charge. Raises NotCorrectable.

    ``by_posting``: as a negative posting; otherwise staff are asked to do it by the hotel's own procedure.
    """
    with postings.db.transaction() as tx:
        found = _voucher(tx, postings, voucher)
        before = _before(tx, voucher)
        left = found.sheets - before["sheets"]
        if not 0 < sheets <= left:
            raise NotCorrectable(f"voucher {voucher}: {sheets} of {left} sheets cannot be taken back")
        terms = _terms(tx, found)
        minor = terms.after(left).total - terms.after(left - sheets).total
        return _correct(tx, postings, found, minor, sheets, reason, who, folio, by_posting=by_posting)


def correct_amount(
    postings: Outbox, voucher: int, minor: int, *, reason: str, who: str, folio: Folio, by_posting: bool
) -> Correction:
    """Take back ``minor`` units. Raises NotCorrectable."""
    with postings.db.transaction() as tx:
        found = _voucher(tx, postings, voucher)
        return _correct(tx, postings, found, minor, 0, reason, who, folio, by_posting=by_posting)


def every(tx: Transaction) -> list[Correction]:
    """All corrections in the order they were made."""
    return [Correction(**{name: row[name] for name in _COLUMNS}) for row in tx.rows(_ALL)]


def _voucher(tx: Transaction, postings: Outbox, number: int) -> Voucher:
    """A voucher whose posting is on a folio."""
    found = vouchers.find(tx, number)
    if found is None:
        raise NotCorrectable(f"there is no voucher {number}")
    posting = postings.find_in(tx, found.charge)
    assert posting is not None, "a voucher and its posting are one transaction"
    if posting.state is not DeliveryState.DELIVERED:
        raise NotCorrectable(f"voucher {number} {_FIRST[posting.state].format(charge=found.charge)}")
    return found


def _before(tx: Transaction, voucher: int) -> Row:
    row = tx.one(_SUMS, voucher=voucher)
    assert row is not None
    return row


def _terms(tx: Transaction, voucher: Voucher) -> Quote:
    row = tx.one(_TERMS, charge=voucher.charge)
    assert row is not None
    return msgspec.json.decode(row["quote"], type=Quote)


def _correct(
    tx: Transaction,
    postings: Outbox,
    voucher: Voucher,
    minor: int,
    sheets: int,
    reason: str,
    who: str,
    folio: Folio,
    *,
    by_posting: bool,
) -> Correction:
    before, terms, now = _before(tx, voucher.number), _terms(tx, voucher), postings.db.now()
    left = voucher.minor - before["minor"]
    if not 0 < minor <= left:
        raise NotCorrectable(f"voucher {voucher.number}: {minor} of {left} minor units cannot be taken back")
    tax = voucher.tax - before["tax"] - tax_included(left - minor, terms.tax_basis_points)
    number = before["count"] + 1
    key = f"{voucher.charge}-correction-{number}"
    entry = journal.post(
        tx,
        now,
        CORRECTION,
        key,
        (
            journal.Line(journal.CLEARING_ROOM, voucher.currency, -minor),
            journal.Line(journal.revenue(voucher.service), voucher.currency, minor - tax),
            journal.Line(journal.TAX_VAT, voucher.currency, tax),
        ),
    )
    written = Correction(voucher.number, number, key, sheets, entry, voucher.currency, minor, tax, reason, who, now)
    tx.do(_ADD, **asdict(written))
    _tell(tx, postings, written, voucher, terms.posting_text, folio, by_posting=by_posting)
    return written


def _tell(
    tx: Transaction,
    postings: Outbox,
    written: Correction,
    voucher: Voucher,
    text: str,
    folio: Folio,
    *,
    by_posting: bool,
) -> None:
    posting = Posting(
        voucher.number,
        voucher.charge,
        voucher.service,
        -written.minor,
        -written.tax_minor,
        written.currency,
        text,
        written.at,
        folio.room,
        folio.reservation,
    )
    enqueue(tx, PMS, CORRECTION if by_posting else DESK_CORRECTION, written.key, posting.encode(), written.at)
    if not by_posting:
        queued = postings.find_in(tx, written.key)
        assert queued is not None
        postings.refuse_in(tx, queued, BY_DESK)
