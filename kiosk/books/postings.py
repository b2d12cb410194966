"""Room postings: what is told to the hotel system, and what its answer means for the books."""

from __future__ import annotations

import msgspec

from kiosk.books.desk import DeskRequest, ask_staff
from kiosk.books.journal import CLEARING_ROOM, RECEIVABLE_PMS, Line, post
from kiosk.outbox import Delivery, DeliveryState, Outbox, Surprise, replace_payload
from kiosk.store.database import Database
from kiosk.store.statement import Transaction

PMS = "pms"
POSTING = "posting"
CORRECTION = "correction"
"""A charge taken back: a posting whose amount is negative."""
TRIAL = "trial"
"""A technician's posting, of no charge and no voucher."""


class Posting(msgspec.Struct, frozen=True):
    """The payload for destination "pms". ``minor`` units, tax included; ``text`` is ASCII, at most 20 characters.

    ``at`` is when the charge was settled (ms since 1970 UTC). Room, reservation and name are emptied once answered.
    ``minor`` is negative in a correction. ``voucher`` is 0 in a trial, which then has no C#.
    """

    voucher: int
    charge: str
    service: str
    minor: int
    tax_minor: int
    currency: str
    text: str
    at: int
    room: str = ""
    reservation: str = ""
    name: str = ""

    def __repr__(self) -> str:
        return f"Posting(voucher {self.voucher}, {self.minor} {self.currency})"

    def encode(self) -> str:
        return msgspec.json.encode(self).decode()

    @classmethod
    def decode(cls, payload: str) -> Posting:
        return msgspec.json.decode(payload, type=cls)

    @property
    def trial(self) -> bool:
        """A technician waits for the answer: what would be put off is refused, and never posted hours later."""
        return self.voucher == 0

    def anonymous(self) -> Posting:
        return msgspec.structs.replace(self, room="", reservation="", name="")


class _IntoTheBooks:
    """Accepted: the clearing account gives it up and forgets the guest. Else it stays there, and staff are asked.

    A request stays open when the doubt is cleared up later by itself: whoever was asked closes it.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def delivered(self, tx: Transaction, delivery: Delivery) -> None:
        posting = Posting.decode(delivery.payload)
        content = (
            Line(RECEIVABLE_PMS, posting.currency, posting.minor),
            Line(CLEARING_ROOM, posting.currency, -posting.minor),
        )
        post(tx, self._db.now(), POSTING, delivery.key, content)
        replace_payload(tx, delivery, posting.anonymous().encode())

    def refused(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        self._ask(tx, delivery, "refused", {"reason": reason})

    def unknown(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        # Why is in the log and the remark: to a person it is all the same, the folio must be looked at.
        del reason
        self._ask(tx, delivery, "unknown", {})

    def surprised(self, tx: Transaction, delivery: Delivery, surprise: Surprise) -> None:
        self._ask(tx, delivery, surprise.value, {})

    def _ask(self, tx: Transaction, delivery: Delivery, what: str, values: dict[str, str | int]) -> None:
        """Once for each attempt."""
        asked = {"voucher": Posting.decode(delivery.payload).voucher, **values}
        request = DeskRequest(f"posting-{what}", f"request.posting-{what}", asked)
        ask_staff(tx, f"{delivery.key}:{what}:{delivery.attempts}", request, self._db.now())


def room_postings(db: Database) -> Outbox:
    """The outbox of the hotel link: payloads are ``Posting``; a delivered one clears ``clearing:room``."""
    return Outbox(db, PMS, _IntoTheBooks(db))


class NotInDoubt(LookupError):
    """The posting is not one that a person has to decide about."""

    def __init__(self, charge: str) -> None:
        super().__init__(f"no posting of charge {charge} is unknown or refused")


def resolve(postings: Outbox, charge: str, *, posted: bool, who: str) -> None:
    """A person's word on an UNKNOWN or REFUSED posting: it stands on the folio, or it is to be posted again.

    Raises NotInDoubt.
    """
    delivery = postings.by_key(charge)
    if delivery is None or delivery.state not in (DeliveryState.UNKNOWN, DeliveryState.REFUSED):
        raise NotInDoubt(charge)
    if posted:
        postings.delivered(delivery, f"by {who}")
    else:
        postings.again(delivery, f"by {who}")
