"""Clearing up postings whose answer was lost, by the hotel system's own journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.books.hotel_journal import (
    Coverage,
    Difference,
    HotelRow,
    KnownPosting,
    compare,
    known_postings,
    neighbours,
)
from kiosk.outbox import DeliveryState, Outbox, deliveries


@dataclass(frozen=True)
class Reconciled:
    """Voucher numbers that were UNKNOWN: found on a folio, or surely not there and queued again; what is left over."""

    delivered: tuple[int, ...]
    queued: tuple[int, ...]
    differences: tuple[Difference, ...]


def reconcile_journal(postings: Outbox, rows: Sequence[HotelRow], covered: Coverage | None = None) -> Reconciled:
    """Settle every UNKNOWN posting that the journal can speak for; all in one transaction.

    Absence proves something only where the journal is ``covered``: without a word about that, between the first and the
    last of our own postings in it. A row of another amount is reported and decides nothing.
    """
    on_folio = {row.check: row for row in rows}
    delivered: list[int] = []
    queued: list[int] = []
    with postings.db.transaction() as tx:
        known = known_postings(tx, postings.destination)
        complete = covered or neighbours(known, rows)
        differences = compare(known, rows, complete)
        by_charge: dict[str, KnownPosting] = {posting.charge: posting for posting in known}
        for delivery in deliveries(tx, postings.destination, [DeliveryState.UNKNOWN]):
            posting = by_charge[delivery.key]
            row = on_folio.get(posting.voucher)
            if row and row.minor == posting.minor:
                postings.deliver_in(tx, delivery, f"journal P#{row.sequence}")
                delivered.append(posting.voucher)
            elif row is None and complete(posting):
                postings.again_in(tx, delivery, "not in the journal")
                queued.append(posting.voucher)
    return Reconciled(tuple(delivered), tuple(queued), tuple(differences))
