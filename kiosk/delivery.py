"""One thing to tell somebody outside the kiosk: the states it goes through, and what was said to each attempt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from sqlalchemy import bindparam, func, select, update

from kiosk.store.statement import Row, Statement, Transaction
from kiosk.store.tables import attempts, outbox


class DeliveryState(Enum):
    QUEUED = "queued"
    SENDING = "sending"
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    """Not there, and nobody wants it there any more."""


ENDED = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)
OPEN = tuple(state for state in DeliveryState if state not in ENDED)


class DeliveryEvent(Enum):
    BEGIN = "begin"
    DELIVER = "deliver"
    REFUSE = "refuse"
    AGAIN = "again"
    LOSE = "lose"
    WITHDRAW = "withdraw"


_S, _E = DeliveryState, DeliveryEvent

TRANSITIONS: dict[tuple[DeliveryState, DeliveryEvent], DeliveryState] = {
    (_S.QUEUED, _E.BEGIN): _S.SENDING,
    (_S.SENDING, _E.DELIVER): _S.DELIVERED,
    (_S.SENDING, _E.REFUSE): _S.REFUSED,
    (_S.SENDING, _E.AGAIN): _S.QUEUED,
    (_S.SENDING, _E.LOSE): _S.UNKNOWN,
    (_S.UNKNOWN, _E.DELIVER): _S.DELIVERED,
    (_S.UNKNOWN, _E.REFUSE): _S.REFUSED,
    (_S.UNKNOWN, _E.AGAIN): _S.QUEUED,
    (_S.QUEUED, _E.DELIVER): _S.DELIVERED,  # an earlier attempt was answered late
    (_S.QUEUED, _E.REFUSE): _S.REFUSED,  # it is not for the wire
    (_S.QUEUED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.REFUSED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.REFUSED, _E.DELIVER): _S.DELIVERED,  # a person posted it by hand
    (_S.REFUSED, _E.AGAIN): _S.QUEUED,  # a person removed the reason
}


class IllegalDelivery(Exception):
    """The delivery is in a state where this cannot happen; nothing was written."""

    def __init__(self, key: str, state: DeliveryState, event: DeliveryEvent) -> None:
        super().__init__(f"{key}: {event.value} while {state.value}")
        self.state = state
        self.event = event


@dataclass(frozen=True)
class Delivery:
    """One thing to tell. ``payload`` is JSON; ``number`` is the sequence number of the newest attempt."""

    seq: int
    destination: str
    kind: str
    key: str
    payload: str
    state: DeliveryState
    number: int | None
    attempts: int
    remark: str

    def __repr__(self) -> str:
        return f"Delivery({self.destination} {self.kind} {self.key} {self.state.value})"


@dataclass(frozen=True)
class Doubt:
    """An UNKNOWN delivery: ``balance`` as it was given to ``begin`` of its newest attempt (minor units), ``asked`` how
    often the destination was asked about it since.
    """

    delivery: Delivery
    balance: int | None
    asked: int


class Surprise(Enum):
    """What a late answer turned up that somebody has to put right."""

    TWICE = "twice"
    """It is there twice."""
    PERHAPS_TWICE = "perhaps-twice"
    """It is there; a later attempt of it was lost, and may be there as well."""
    AFTER_ALL = "after-all"
    """It is there, though staff were told that it was refused."""
    ABSENT = "absent"
    """No attempt of it got there, though somebody's word was that it is there."""


class Effects(Protocol):
    """What the books do in the same transaction in which an answer is stored."""

    def delivered(self, tx: Transaction, delivery: Delivery) -> None: ...

    def refused(self, tx: Transaction, delivery: Delivery, reason: str) -> None: ...

    def again(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        """It surely is not there, and is QUEUED once more."""
        ...

    def unknown(self, tx: Transaction, delivery: Delivery, reason: str) -> None: ...

    def surprised(self, tx: Transaction, delivery: Delivery, surprise: Surprise) -> None: ...


class NoEffects:
    """Of a destination that nothing but the delivery itself depends on."""

    def delivered(self, tx: Transaction, delivery: Delivery) -> None:
        pass

    def refused(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        pass

    def again(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        pass

    def unknown(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        pass

    def surprised(self, tx: Transaction, delivery: Delivery, surprise: Surprise) -> None:
        pass


_BY_SEQ = Statement(select(outbox).where(outbox.c.seq == bindparam("seq")))
_STEP = Statement(
    update(outbox)
    .where(outbox.c.seq == bindparam("of"))
    .values(
        {
            name: bindparam(name)
            for name in ("state", "number", "attempts", "held_at", "not_before", "remark", "changed_at")
        }
    )
)
_inner = attempts.alias()
newest_attempt = select(func.max(_inner.c.seq)).where(_inner.c.delivery == bindparam("delivery")).scalar_subquery()
_ANSWER_NEWEST = Statement(update(attempts).where(attempts.c.seq == newest_attempt).values(answer=bindparam("answer")))


def answer_newest(tx: Transaction, delivery: Delivery, answer: str) -> None:
    """Keep what was said to the newest attempt."""
    tx.do(_ANSWER_NEWEST, delivery=delivery.seq, answer=answer)


def delivery_of(row: Row) -> Delivery:
    return Delivery(
        row["seq"],
        row["destination"],
        row["kind"],
        row["key"],
        row["payload"],
        DeliveryState(row["state"]),
        row["number"],
        row["attempts"],
        row["remark"],
    )


def stored(tx: Transaction, delivery: Delivery) -> Delivery:
    """As it is on disk now."""
    row = tx.one(_BY_SEQ, seq=delivery.seq)
    assert row is not None
    return delivery_of(row)


def step(
    tx: Transaction,
    delivery: Delivery,
    event: DeliveryEvent,
    now: int,
    *,
    number: int | None = None,
    remark: str = "",
    pause: float = 0.0,
    said: DeliveryEvent | None = None,
) -> Delivery:
    """The delivery after ``event``, judged by what is on disk. Raises IllegalDelivery.

    ``said`` is what was said to the attempt under way, where that is not ``event``; LOSE is nothing.
    """
    row = tx.one(_BY_SEQ, seq=delivery.seq)
    assert row is not None
    state = DeliveryState(row["state"])
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise IllegalDelivery(delivery.key, state, event)
    tx.do(
        _STEP,
        of=delivery.seq,
        state=after.value,
        number=row["number"] if number is None else number,
        attempts=row["attempts"] + (event is _E.BEGIN),
        held_at=now,
        not_before=now + int(pause * 1000),
        remark=remark,
        changed_at=now,
    )
    answer = said or event
    if state is _S.SENDING and answer is not _E.LOSE:
        answer_newest(tx, delivery, answer.value)
    return stored(tx, delivery)
