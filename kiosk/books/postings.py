"""Room postings: what is told to the hotel system, and what its answer means for the books."""

from __future__ import annotations

from itertools import count

import msgspec

from kiosk.books.desk import REGISTER, DeskRequest, ask_staff, cleared_up
from kiosk.books.journal import CLEARING_ROOM, RECEIVABLE_PMS, Line, post
from kiosk.outbox import HIGHEST_NUMBER, Delivery, DeliveryState, Outbox, Surprise, is_known, replace_payload, withdraw
from kiosk.store.database import Database
from kiosk.store.statement import Transaction

PMS = "pms"
POSTING = "posting"
CORRECTION = "correction"
"""A charge taken back: a posting whose amount is negative."""
DESK_CORRECTION = "desk-correction"
"""As CORRECTION, where the hotel has a procedure of its own: it never goes over the wire."""
TRIAL = "trial"
"""A technician's posting, of no charge and no voucher."""
WAITING = "waiting"
"""What staff are told of a posting that is neither refused nor in doubt, but has been queued for hours."""


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

    def anonymous(self) -> Posting:
        return msgspec.structs.replace(self, room="", reservation="", name="")


class _IntoTheBooks:
    """Accepted: the clearing account gives it up and forgets the guest. Else it stays there, and staff are asked.

    What staff were asked is taken back when it was cleared up by something else. A trial leaves the journal alone; one
    that did not arrive has ended, for the technician reads the reason: it is never posted when nobody waits for it.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    def delivered(self, tx: Transaction, delivery: Delivery) -> None:
        posting = Posting.decode(delivery.payload)
        if delivery.kind != TRIAL:
            content = (
                Line(RECEIVABLE_PMS, posting.currency, posting.minor),
                Line(CLEARING_ROOM, posting.currency, -posting.minor),
            )
            post(tx, self._db.now(), POSTING, delivery.key, content)
        forget_guest(tx, delivery)
        take_back(tx, delivery, self._db.now())

    def refused(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        if delivery.kind == TRIAL:
            end_trial(tx, delivery, reason, self._db.now())
        else:
            take_back(tx, delivery, self._db.now())
            self._ask(tx, delivery, "refused", {"reason": reason})

    def again(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        if delivery.kind == TRIAL:
            end_trial(tx, delivery, reason, self._db.now())
        else:
            take_back_newest(tx, delivery, self._db.now())

    def unknown(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        # Why is in the log and the remark: to a person it is all the same, the folio must be looked at.
        del reason
        cleared_up(tx, _waiting(delivery), self._db.now())
        self._ask(tx, delivery, "unknown", {})

    def surprised(self, tx: Transaction, delivery: Delivery, surprise: Surprise) -> None:
        # Told anew for each answer that brings one: staff may have seen to the one before.
        names = (f"{delivery.key}:{surprise.value}:{times}" for times in count(1))
        name = next(name for name in names if not is_known(tx, REGISTER, name))
        ask_staff(tx, name, _request(delivery, surprise.value, {}), self._db.now())

    def _ask(self, tx: Transaction, delivery: Delivery, what: str, values: dict[str, str | int]) -> None:
        """Once for each attempt."""
        ask_staff(tx, _asked_as(delivery, what), _request(delivery, what, values), self._db.now())


def ask_while_waiting(tx: Transaction, postings: Outbox, key: str) -> None:
    """Tell staff, who have not been told so yet, that this posting has been queued for long; if it still is."""
    delivery = postings.find_in(tx, key)
    if delivery and delivery.state is DeliveryState.QUEUED:
        ask_staff(tx, _waiting(delivery), _request(delivery, WAITING, {}), postings.db.now())


def _request(delivery: Delivery, what: str, values: dict[str, str | int]) -> DeskRequest:
    posting = Posting.decode(delivery.payload)
    asked = {"voucher": posting.voucher, "charge": delivery.key, "minor": posting.minor, **values}
    kind = f"{delivery.kind}-{what}"
    return DeskRequest(kind, f"request.{kind}", asked)


def _waiting(delivery: Delivery) -> str:
    return f"{delivery.key}:{WAITING}"


def _asked_as(delivery: Delivery, what: str) -> str:
    return f"{delivery.key}:{what}:{delivery.attempts}"


def take_back(tx: Transaction, delivery: Delivery, now: int) -> None:
    """Nobody needs to look into it any more, for it is settled."""
    cleared_up(tx, _waiting(delivery), now)
    take_back_newest(tx, delivery, now)


def take_back_newest(tx: Transaction, delivery: Delivery, now: int) -> None:
    """Nobody needs to look into the newest attempt any more: it has been found out what became of it."""
    for what in ("unknown", "refused"):
        cleared_up(tx, _asked_as(delivery, what), now)


def end_trial(tx: Transaction, trial: Delivery, reason: str, now: int) -> None:
    """It is not on the folio, and will never be sent again."""
    withdraw(tx, trial, reason, now)
    forget_guest(tx, trial)
    take_back(tx, trial, now)


def forget_guest(tx: Transaction, delivery: Delivery) -> None:
    """Whose folio it was is no longer needed once it is settled what became of it."""
    replace_payload(tx, delivery, Posting.decode(delivery.payload).anonymous().encode())


def room_postings(db: Database, highest: int = HIGHEST_NUMBER) -> Outbox:
    """The outbox of the hotel link: payloads are ``Posting``; a delivered one clears ``clearing:room``.

    ``highest`` is the last number an attempt may have with this hotel system.
    """
    return Outbox(db, PMS, _IntoTheBooks(db), highest)
