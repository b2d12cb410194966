"""A technician's posting: it goes to the hotel system like any other, and never into the journal.

It ends DELIVERED or, with the reason as its remark, WITHDRAWN; UNKNOWN it stays until a person has looked at the folio.
"""

from __future__ import annotations

import secrets

from kiosk.books.postings import TRIAL, Posting, end_trial
from kiosk.outbox import DeliveryState, Outbox, enqueue


def trial(postings: Outbox, room: str, minor: int, currency: str, text: str, reservation: str = "") -> str:
    """Queue ``minor`` units for ``room``; returns the key to look for. ``text`` is ASCII, at most 20 characters."""
    key, now = f"trial-{secrets.token_hex(8)}", postings.db.now()
    posting = Posting(0, key, TRIAL, minor, 0, currency, text, now, room, reservation)
    with postings.db.transaction() as tx:
        enqueue(tx, postings.destination, TRIAL, key, posting.encode(), now)
    return key


def give_up(postings: Outbox, key: str, reason: str) -> bool:
    """Take back a trial that was not sent yet, lest it be posted hours later; False when it is on its way or over."""
    with postings.db.transaction() as tx:
        delivery = postings.find_in(tx, key)
        assert delivery is not None
        if delivery.state is not DeliveryState.QUEUED:
            return False
        end_trial(tx, delivery, reason, postings.db.now())
        return True
