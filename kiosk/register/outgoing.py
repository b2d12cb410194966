"""The register's errands to the hotel system, in the transaction of what they are about."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import bindparam, select

from kiosk.hotel.errands import ERRAND, HOTEL, AnyErrand, decode
from kiosk.outbox import Delivery, DeliveryState, Outbox, deliveries, enqueue, replace_payload, withdraw
from kiosk.store.database import Database
from kiosk.store.statement import Statement, Transaction, constant
from kiosk.store.tables import outbox

CARRIED_OUT = "{}"
"""The payload of an errand that is over: whom it was about is forgotten."""

_WAITING_SINCE = Statement(
    select(outbox.c.seq).where(
        outbox.c.destination == HOTEL,
        outbox.c.state == constant(DeliveryState.QUEUED),
        outbox.c.created_at <= bindparam("before"),
    )
)


@dataclass(frozen=True)
class Queued:
    """An errand that has not been carried out; ``delivery`` is how the outbox knows it."""

    delivery: Delivery
    errand: AnyErrand


class Outgoing:
    """Everything here is part of a transaction of the caller's."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._outbox = Outbox(db, HOTEL)

    def send(self, tx: Transaction, errand: AnyErrand, key: str | None = None) -> str:
        """Queue it; returns its key, which is made up where none is given and tells nothing of the guest."""
        key = key or f"{type(errand).__name__}:{uuid4().hex}"
        enqueue(tx, HOTEL, ERRAND, key, errand.encode(), self._db.now())
        return key

    def recall(self, tx: Transaction, key: str) -> bool:
        """Take it back where it still waits. True: the hotel system may have heard of it all the same."""
        delivery = self._outbox.find_in(tx, key)
        if delivery is None:
            return False
        if delivery.state is DeliveryState.QUEUED:
            self.withdraw(tx, delivery)
            return delivery.attempts > 0
        if delivery.state is DeliveryState.REFUSED:
            return delivery.attempts > 1  # the last one was refused; one before it may have arrived
        return delivery.state in (DeliveryState.SENDING, DeliveryState.DELIVERED)

    def withdraw(self, tx: Transaction, delivery: Delivery) -> None:
        """One that is queued, or was refused, ends; of whom it was about nothing is kept."""
        withdraw(tx, delivery, "", self._db.now())
        replace_payload(tx, delivery, CARRIED_OUT)

    def readdress(self, tx: Transaction, delivery: Delivery, errand: AnyErrand) -> None:
        """One that is queued goes elsewhere; it is still the same one."""
        replace_payload(tx, delivery, errand.encode())

    def over(self, tx: Transaction, delivery: Delivery) -> None:
        """Forget whom it was about."""
        replace_payload(tx, delivery, CARRIED_OUT)

    def queued(self, tx: Transaction) -> list[Queued]:
        """What waits to be sent, oldest first."""
        return self._in(tx, DeliveryState.QUEUED)

    def unsaid(self, tx: Transaction) -> list[Queued]:
        """What the hotel system has not heard, as far as anybody knows: it waits, or is under way."""
        return self._in(tx, DeliveryState.QUEUED, DeliveryState.SENDING)

    def overdue(self, tx: Transaction, before: int) -> list[Queued]:
        """What has waited since ``before`` (ms since 1970 UTC), or longer."""
        late = {row["seq"] for row in tx.rows(_WAITING_SINCE, before=before)}
        return [waiting for waiting in self.queued(tx) if waiting.delivery.seq in late]

    def state(self, tx: Transaction, key: str) -> DeliveryState | None:
        delivery = self._outbox.find_in(tx, key)
        return delivery.state if delivery else None

    def _in(self, tx: Transaction, *states: DeliveryState) -> list[Queued]:
        return [Queued(delivery, decode(delivery.payload)) for delivery in deliveries(tx, HOTEL, states)]
