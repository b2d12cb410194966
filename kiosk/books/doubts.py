"""Clearing up an UNKNOWN posting by what the hotel system itself shows: the guest's balance, or the lines of a bill.

And by the word of a person, which goes the same way: what is decided, the journal and the request that staff were
given are one transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from sqlalchemy import bindparam, func, select, union_all

from kiosk.books.journal import CLEARING_ROOM, RECEIVABLE_DESK, TAX_VAT, Line, post, revenue
from kiosk.books.postings import DESK_CORRECTION, POSTING, TRIAL, Posting, forget_guest, take_back
from kiosk.outbox import Delivery, DeliveryState, Outbox, withdraw
from kiosk.store.statement import Statement, Transaction
from kiosk.store.tables import corrections, outbox, vouchers


class Said(Enum):
    POSTED = "posted"
    ABSENT = "absent"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Verdict:
    """``evidence`` goes into the delivery's remark: what was looked at, nothing of the guest's."""

    said: Said
    evidence: str


def by_balance(before: int | None, after: int | None, minor: int) -> Verdict:
    """By what the guest owed before the posting of ``minor`` and owes now; minor units, None where it was not told.

    Exactly ``minor`` more: POSTED, if nothing else of ours can have moved it, which is for the caller to know. Never
    ABSENT: the balance stays as it was also when the charge was routed to somebody else's folio, or the guest paid as
    much meanwhile; sent again on that evidence it would be there twice. Anything else is UNCLEAR as well, because a
    bar bill or a payment in between moves the balance; subtracting what it might have been would be guessing.
    """
    if before is None or after is None:
        return Verdict(Said.UNCLEAR, "no balance")
    if after - before == minor != 0:
        return Verdict(Said.POSTED, "balance")
    return Verdict(Said.UNCLEAR, "balance unchanged" if after == before else "balance moved by something else")


def by_bill(lines: Iterable[tuple[str, int]], voucher: int, minor: int, others: int = 0) -> Verdict:
    """By the lines of the guest's bill, as (text, minor units).

    A line is one of the voucher's when it is of this very amount and carries the number as a whole word ("000012" is
    12, "120" is not). POSTED when there are more of them than ``others``: so many are accounted for by postings of the
    same voucher and amount that are there already, as two corrections of one voucher may be. Otherwise UNCLEAR, never
    ABSENT: a bill may leave lines out (FD), fold them into one, or show no check number.
    """
    there = sum(1 for text, amount in lines if amount == minor and _names(text, voucher)) - others
    if there <= 0:
        return Verdict(Said.UNCLEAR, "not on the bill")
    return Verdict(Said.POSTED, "bill" if there == 1 else f"bill, {there} times")


def _names(text: str, voucher: int) -> bool:
    """A word is what stands between spaces, without punctuation around it: the 12 of a date "12/03" is none."""
    words = (word.strip("#.,:;()[]") for word in text.split())
    return any(re.fullmatch(r"[0-9]{1,8}", word) and int(word) == voucher for word in words)


_OF_VOUCHER = union_all(
    select(vouchers.c.charge).where(vouchers.c.number == bindparam("voucher")),
    select(corrections.c.key).where(corrections.c.voucher == bindparam("voucher")),
)
_ALIKE = Statement(
    select(func.count())
    .select_from(outbox)
    .where(
        outbox.c.destination == bindparam("destination"),
        outbox.c.key.in_(_OF_VOUCHER),
        outbox.c.state == DeliveryState.DELIVERED.value,
        func.json_extract(outbox.c.payload, "$.minor") == bindparam("minor"),
    )
)


def delivered_alike(postings: Outbox, delivery: Delivery) -> int:
    """How many postings of the same voucher and amount as ``delivery`` are on the folio for certain."""
    posting = Posting.decode(delivery.payload)
    with postings.db.reading() as tx:
        return tx.number(_ALIKE, destination=postings.destination, voucher=posting.voucher, minor=posting.minor)


def settle(postings: Outbox, delivery: Delivery, verdict: Verdict) -> bool:
    """Do what ``verdict`` says to an UNKNOWN posting; False, and nothing is changed, when it is UNCLEAR.

    Raises IllegalDelivery when the posting is UNKNOWN no longer.
    """
    if verdict.said is Said.UNCLEAR:
        return False
    with postings.db.transaction() as tx:
        if verdict.said is Said.POSTED:
            postings.deliver_in(tx, delivery, verdict.evidence)
        else:
            postings.again_in(tx, delivery, verdict.evidence)
    return True


class Outcome(Enum):
    """What a person can say of a posting that is UNKNOWN or REFUSED."""

    POSTED = "posted"
    """It stands on the folio: it was found there, or a person put it there."""
    NOT_POSTED = "not-posted"
    """It does not, and nothing stands in the way any more: it is posted again."""
    COLLECTED = "collected"
    """Refused, and the guest paid the desk in another way; of a correction: was paid back there."""
    WAIVED = "waived"
    """Refused, and nobody pays: the revenue and the tax are taken back."""


class NotInDoubt(LookupError):
    """The posting is not one that a person has to decide about, or not in this way; the text says why."""


def resolve(postings: Outbox, key: str, outcome: Outcome, who: str) -> None:
    """A person's word on an UNKNOWN or REFUSED posting, correction or trial. Raises NotInDoubt."""
    with postings.db.transaction() as tx:
        delivery = postings.find_in(tx, key)
        if delivery is None or delivery.state not in (DeliveryState.UNKNOWN, DeliveryState.REFUSED):
            raise NotInDoubt(f"no posting of charge {key} is unknown or refused")
        _apply(tx, postings, delivery, outcome, f"by {who}")


def _apply(tx: Transaction, postings: Outbox, delivery: Delivery, outcome: Outcome, evidence: str) -> None:
    match outcome:
        case Outcome.POSTED:
            postings.deliver_in(tx, delivery, evidence)
        case Outcome.NOT_POSTED if delivery.kind == DESK_CORRECTION:
            raise NotInDoubt(f"{delivery.key} is corrected by the hotel's own procedure: say when it is posted")
        case Outcome.NOT_POSTED:
            postings.again_in(tx, delivery, evidence)
        case Outcome.COLLECTED | Outcome.WAIVED:
            _forgo(tx, postings, delivery, outcome, evidence)


def _forgo(tx: Transaction, postings: Outbox, delivery: Delivery, outcome: Outcome, evidence: str) -> None:
    """The hotel system will never have it; the clearing account gives it up all the same."""
    if delivery.state is not DeliveryState.REFUSED or delivery.kind == TRIAL:
        raise NotInDoubt(f"{delivery.key} may be on the folio: first say whether it is posted")
    if outcome is Outcome.WAIVED and delivery.kind != POSTING:
        raise NotInDoubt(f"{delivery.key} is owed to the guest: it is posted, or paid back at the desk")
    posting, now = Posting.decode(delivery.payload), postings.db.now()
    post(tx, now, outcome.value, delivery.key, _content(posting, outcome))
    withdraw(tx, delivery, f"{outcome.value} {evidence}", now)
    forget_guest(tx, delivery)
    take_back(tx, delivery, now)


def _content(posting: Posting, outcome: Outcome) -> tuple[Line, ...]:
    currency = posting.currency
    given_up = Line(CLEARING_ROOM, currency, -posting.minor)
    if outcome is Outcome.COLLECTED:
        return (Line(RECEIVABLE_DESK, currency, posting.minor), given_up)
    return (
        Line(revenue(posting.service), currency, posting.minor - posting.tax_minor),
        Line(TAX_VAT, currency, posting.tax_minor),
        given_up,
    )
