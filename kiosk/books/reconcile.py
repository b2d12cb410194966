"""Clearing up postings whose answer was lost, by the hotel system's own journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kiosk.books.hotel_journal import (
    Coverage,
    Difference,
    HotelRow,
    compare,
    known_postings,
    neighbours,
    pair,
    without_trials,
)
from kiosk.outbox import DeliveryState, Outbox, deliveries


@dataclass(frozen=True)
class Reconciled:
    """Voucher numbers of charges and corrections that were UNKNOWN; one that has both may be named twice.

    Found on a folio, or surely not there and queued again, or still unknown; and what is left over.
    """

    delivered: tuple[int, ...]
    queued: tuple[int, ...]
    differences: tuple[Difference, ...]
    unknown: tuple[int, ...] = ()


def reconcile_journal(postings: Outbox, rows: Sequence[HotelRow], covered: Coverage | None = None) -> Reconciled:
    """Settle every UNKNOWN posting that the journal can speak for; all in one transaction.

    Absence proves something only where the journal is ``covered``: without a word about that, between the first and the
    last of our own postings in it. A row of another amount, or with a number that none of the voucher's attempts had,
    is reported and decides nothing. One that is there twice is posted, and reported.
    """
    found: dict[DeliveryState, list[int]] = {state: [] for state in DeliveryState}
    with postings.db.transaction() as tx:
        ours = without_trials(tx, postings.destination, rows)
        known = known_postings(tx, postings.destination)
        complete = covered or neighbours(known, ours)
        differences = compare(known, ours, complete)
        paired = pair(known, ours)
        foreign = {row.check for row in paired.foreign}
        on_folio = {posting.key: row for posting, row in paired.pairs}
        by_key = {posting.key: posting for posting in known}
        for delivery in deliveries(tx, postings.destination, [DeliveryState.UNKNOWN]):
            posting = by_key.get(delivery.key)
            if posting is None:
                continue  # a trial: the technician looks
            row = on_folio.get(delivery.key)
            if row and row.minor == posting.minor:
                postings.deliver_in(tx, delivery, f"journal P#{row.sequence}")
                found[DeliveryState.DELIVERED].append(posting.voucher)
            elif row is None and posting.voucher not in foreign and complete(posting):
                postings.again_in(tx, delivery, "not in the journal")
                found[DeliveryState.QUEUED].append(posting.voucher)
            else:
                found[DeliveryState.UNKNOWN].append(posting.voucher)
    return Reconciled(
        tuple(found[DeliveryState.DELIVERED]),
        tuple(found[DeliveryState.QUEUED]),
        tuple(differences),
        tuple(found[DeliveryState.UNKNOWN]),
    )
