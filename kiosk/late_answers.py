"""An answer to an attempt that was given up before: by then somebody may have had the delivery sent again.

Each attempt keeps its own answer, so that what is there twice is found out, and told as a Surprise.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select, update

from kiosk.delivery import (
    TRANSITIONS,
    Delivery,
    DeliveryEvent,
    DeliveryState,
    Effects,
    Surprise,
    delivery_of,
    step,
    stored,
)
from kiosk.store.statement import Statement, Transaction
from kiosk.store.tables import attempts, outbox

_E = DeliveryEvent

_UNANSWERED = Statement(
    select(outbox, attempts.c.seq.label("attempt"))
    .select_from(attempts.join(outbox, outbox.c.seq == attempts.c.delivery))
    .where(
        attempts.c.number == bindparam("number"),
        attempts.c.answer.is_(None),
        outbox.c.destination == bindparam("destination"),
    )
    .order_by(attempts.c.seq.desc())
    .limit(1)
)
_ATTEMPTS = Statement(select(attempts).where(attempts.c.delivery == bindparam("delivery")).order_by(attempts.c.seq))
_ANSWER = Statement(update(attempts).where(attempts.c.seq == bindparam("of")).values(answer=bindparam("answer")))


def unanswered(tx: Transaction, destination: str, number: int) -> Delivery | None:
    """The delivery one of whose attempts has this number and no answer yet."""
    row = tx.one(_UNANSWERED, destination=destination, number=number)
    return delivery_of(row) if row else None


def answers(tx: Transaction, delivery: Delivery) -> list[str | None]:
    """What was said to each attempt, oldest first: the value of a DeliveryEvent or of a Delay; None: nothing yet."""
    return [row["answer"] for row in tx.rows(_ATTEMPTS, delivery=delivery.seq)]


class LateAnswers:
    """Of one destination."""

    def __init__(self, destination: str, effects: Effects) -> None:
        self._destination = destination
        self._effects = effects

    def arrived(
        self, tx: Transaction, number: int, event: DeliveryEvent, remark: str, now: int, pause: float = 0.0
    ) -> Delivery | None:
        """What was said to the attempt ``number``: the delivery as it then is, or None if nobody waited for it."""
        row = tx.one(_UNANSWERED, destination=self._destination, number=number)
        if row is None:
            return None
        delivery, newest = delivery_of(row), row["number"] == number
        if delivery.state is DeliveryState.SENDING and newest:
            return None  # under way: its answer is no late one
        tx.do(_ANSWER, of=row["attempt"], answer=event.value)
        if event is _E.DELIVER:
            self._is_there(tx, delivery, newest, remark, now)
        elif newest and delivery.state is DeliveryState.UNKNOWN:
            after = step(tx, delivery, event, now, remark=remark, pause=pause)
            heard = self._effects.refused if event is _E.REFUSE else self._effects.again
            heard(tx, after, remark)
        elif delivery.state is DeliveryState.DELIVERED and not {None, _E.DELIVER.value} & {*answers(tx, delivery)}:
            self._effects.surprised(tx, delivery, Surprise.ABSENT)
        return stored(tx, delivery)

    def there(self, tx: Transaction, delivery: Delivery) -> list[int]:
        """The numbers of the attempts that the destination said it has, oldest first."""
        rows = tx.rows(_ATTEMPTS, delivery=delivery.seq)
        return [int(row["number"]) for row in rows if row["answer"] == _E.DELIVER.value]

    def confirm(self, tx: Transaction, delivery: Delivery, said: DeliveryEvent, now: int) -> bool:
        """DELIVERED, though to the attempt under way REFUSE, AGAIN or (LOSE) nothing was ``said``; False unless an
        earlier one was found to be there meanwhile.
        """
        earlier = self.there(tx, delivery)
        if not earlier or stored(tx, delivery).state is not DeliveryState.SENDING:
            return False
        after = step(tx, delivery, _E.DELIVER, now, remark=f"P#{earlier[0]}, late", said=said)
        self._effects.delivered(tx, after)
        if len(earlier) > 1:
            self._effects.surprised(tx, after, Surprise.TWICE)
        elif said is _E.LOSE:
            self._effects.surprised(tx, after, Surprise.PERHAPS_TWICE)
        return True

    def _is_there(self, tx: Transaction, delivery: Delivery, newest: bool, evidence: str, now: int) -> None:
        if delivery.state is DeliveryState.SENDING:
            return  # its own answer will find this one's
        surprise = self._surprise(tx, delivery, newest)
        if (delivery.state, _E.DELIVER) in TRANSITIONS:
            self._effects.delivered(tx, step(tx, delivery, _E.DELIVER, now, remark=evidence))
        if surprise:
            self._effects.surprised(tx, stored(tx, delivery), surprise)

    def _surprise(self, tx: Transaction, delivery: Delivery, newest: bool) -> Surprise | None:
        if len(self.there(tx, delivery)) > 1:
            return Surprise.TWICE
        match delivery.state:
            case DeliveryState.DELIVERED | DeliveryState.UNKNOWN:
                # The newest is what was in doubt, or what somebody's word was about. If it is an older one, the newest
                # may be there too, or somebody put the charge there by hand.
                return None if newest else Surprise.PERHAPS_TWICE
            case DeliveryState.REFUSED | DeliveryState.WITHDRAWN:
                return Surprise.AFTER_ALL
        return None
