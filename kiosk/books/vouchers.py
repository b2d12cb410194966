"""What a guest signed, and the numbered voucher it becomes when the charge is settled."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import bindparam, delete, func, insert, select

from kiosk.books.charge import ChargeId
from kiosk.store.statement import Row, Statement, Transaction
from kiosk.store.tables import charges, signatures, vouchers

Stroke = tuple[tuple[int, int, int], ...]
"""Points (x, y, t): x and y in 1/1000 of the field's width, from its upper left; t in ms since the first touch."""


@dataclass(frozen=True)
class Signature:
    """The exact text shown and the strokes (JSON) put under it; ``hash`` covers both (SHA-256, hex)."""

    text: str = field(repr=False)
    strokes: str = field(repr=False)
    hash: str

    @classmethod
    def of(cls, text: str, strokes: Sequence[Stroke]) -> Signature:
        """Raises ValueError when nothing was drawn."""
        if not any(strokes):
            raise ValueError("a signature without a stroke")
        drawn = msgspec.json.encode(strokes).decode()
        return cls(text, drawn, seal(text, drawn))

    @property
    def intact(self) -> bool:
        return self.hash == seal(self.text, self.strokes)


def seal(text: str, strokes: str) -> str:
    """One hash over text and strokes; the length keeps the border between them."""
    return hashlib.sha256(f"{len(text)}\n{text}{strokes}".encode()).hexdigest()


@dataclass(frozen=True)
class Voucher:
    """A settled charge. ``number`` is gap-free; ``minor`` and ``tax`` in minor units, tax included in ``minor``.

    ``sealed`` is the signature's hash as it was when the charge was settled.
    """

    number: int
    charge: ChargeId
    service: str
    sheets: int
    currency: str
    minor: int
    tax: int
    signature: Signature
    sealed: str
    at: int


_ADD_SIGNATURE = Statement(insert(signatures))
_DROP_SIGNATURE = Statement(delete(signatures).where(signatures.c.charge == bindparam("charge")))
_HIGHEST = Statement(select(func.coalesce(func.max(vouchers.c.number), 0)))
_ADD = Statement(insert(vouchers))
_joined = (
    select(
        vouchers,
        charges.c.service,
        charges.c.delivered,
        signatures.c.text,
        signatures.c.strokes,
        signatures.c.hash,
    )
    .join(charges, charges.c.id == vouchers.c.charge)
    .join(signatures, signatures.c.charge == vouchers.c.charge)
)
_BY_NUMBER = Statement(_joined.where(vouchers.c.number == bindparam("number")))
_ALL = Statement(_joined.order_by(vouchers.c.number))


def keep_signature(tx: Transaction, charge: ChargeId, signature: Signature, now: int) -> None:
    tx.do(_ADD_SIGNATURE, charge=charge, text=signature.text, strokes=signature.strokes, hash=signature.hash, at=now)


def drop_signature(tx: Transaction, charge: ChargeId) -> None:
    """Of a charge that came to nothing."""
    tx.do(_DROP_SIGNATURE, charge=charge)


def write(
    tx: Transaction,
    charge: ChargeId,
    *,
    entry: int,
    currency: str,
    minor: int,
    tax: int,
    signature_hash: str,
    now: int,
) -> int:
    """The next voucher; returns its number. Gaps cannot come about: the number is part of the transaction."""
    number = tx.number(_HIGHEST) + 1
    tx.do(
        _ADD,
        number=number,
        charge=charge,
        entry=entry,
        currency=currency,
        minor=minor,
        tax_minor=tax,
        signature=signature_hash,
        at=now,
    )
    return number


def find(tx: Transaction, number: int) -> Voucher | None:
    row = tx.one(_BY_NUMBER, number=number)
    return _voucher(row) if row else None


def every(tx: Transaction) -> list[Voucher]:
    """All vouchers by number."""
    return [_voucher(row) for row in tx.rows(_ALL)]


def _voucher(row: Row) -> Voucher:
    return Voucher(
        row["number"],
        ChargeId(row["charge"]),
        row["service"],
        row["delivered"],
        row["currency"],
        row["minor"],
        row["tax_minor"],
        Signature(row["text"], row["strokes"], row["hash"]),
        row["signature"],
        row["at"],
    )
