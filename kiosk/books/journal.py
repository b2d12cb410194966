"""The journal: append-only, balanced, each entry sealed by a hash over its content and the entry before it.

A line's ``minor`` is signed: debit positive, credit negative; an entry sums to zero per currency. The database refuses
an entry that does not, and any change to one that was written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import bindparam, func, insert, select

from kiosk.store.statement import Statement, Transaction
from kiosk.store.tables import entries, lines

GENESIS = "0" * 64

CLEARING_ROOM = "clearing:room"  # settled here, not yet accepted by the hotel system; must come to zero
RECEIVABLE_PMS = "receivable:pms"  # accepted by the hotel system, owed by the hotel
RECEIVABLE_DESK = "receivable:desk"  # refused by the hotel system and paid at the desk, or paid back there
TAX_VAT = "tax:vat"


def revenue(service: str) -> str:
    return f"revenue:{service}"


@dataclass(frozen=True)
class Line:
    account: str
    currency: str
    minor: int


@dataclass(frozen=True)
class Entry:
    """One business event; ``(source, external)`` says which, once for ever ("charge", its id)."""

    seq: int
    at: int
    source: str
    external: str
    previous: str
    hash: str
    lines: tuple[Line, ...]


class Unbalanced(ValueError):
    """Debits and credits differ: a mistake in the program, nothing is written."""


_LAST = Statement(select(entries.c.seq, entries.c.hash).order_by(entries.c.seq.desc()).limit(1))
_ADD_ENTRY = Statement(insert(entries))
_ADD_LINE = Statement(insert(lines))
_ENTRIES = Statement(select(entries).order_by(entries.c.seq))
_LINES = Statement(select(lines).order_by(lines.c.entry, lines.c.line))
_BALANCE = Statement(
    select(func.coalesce(func.sum(lines.c.minor), 0)).where(
        lines.c.account == bindparam("account"), lines.c.currency == bindparam("currency")
    )
)
_BALANCES = Statement(
    select(lines.c.account, lines.c.currency, func.sum(lines.c.minor).label("minor"))
    .group_by(lines.c.account, lines.c.currency)
    .order_by(lines.c.account, lines.c.currency)
)


def seal(previous: str, seq: int, at: int, source: str, external: str, content: Sequence[Line]) -> str:
    """SHA-256 over the hash before and the entry's canonical JSON, hex."""
    canonical = msgspec.json.encode(
        [previous, seq, at, source, external, [[line.account, line.currency, line.minor] for line in content]]
    )
    return hashlib.sha256(canonical).hexdigest()


def post(tx: Transaction, at: int, source: str, external: str, content: Sequence[Line]) -> int:
    """Append one entry; returns its sequence number. Lines of zero are left out. Raises Unbalanced."""
    content = [line for line in content if line.minor]
    sums: dict[str, int] = {}
    for line in content:
        sums[line.currency] = sums.get(line.currency, 0) + line.minor
    if not content or any(sums.values()):
        raise Unbalanced(f"{source} {external}: {sums}")
    last = tx.one(_LAST)
    seq, previous = (last["seq"] + 1, last["hash"]) if last else (1, GENESIS)
    tx.add_all(
        _ADD_LINE,
        (
            {"entry": seq, "line": number, "account": line.account, "currency": line.currency, "minor": line.minor}
            for number, line in enumerate(content)
        ),
    )
    digest = seal(previous, seq, at, source, external, content)
    tx.do(_ADD_ENTRY, seq=seq, at=at, source=source, external=external, previous=previous, hash=digest)
    return seq


def balance(tx: Transaction, account: str, currency: str) -> int:
    return tx.number(_BALANCE, account=account, currency=currency)


def balances(tx: Transaction) -> dict[tuple[str, str], int]:
    """The sum of every (account, currency)."""
    return {(row["account"], row["currency"]): row["minor"] for row in tx.rows(_BALANCES)}


def read(tx: Transaction) -> Iterator[Entry]:
    """The whole journal in order."""
    content: dict[int, list[Line]] = {}
    for row in tx.rows(_LINES):
        content.setdefault(row["entry"], []).append(Line(row["account"], row["currency"], row["minor"]))
    for row in tx.rows(_ENTRIES):
        yield Entry(
            row["seq"],
            row["at"],
            row["source"],
            row["external"],
            row["previous"],
            row["hash"],
            tuple(content.pop(row["seq"], ())),
        )
    for seq, orphans in content.items():
        yield Entry(seq, 0, "", "", "", "", tuple(orphans))
