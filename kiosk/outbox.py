"""Everything that leaves the kiosk: durable, in order, idempotent per key, with a state for "nobody knows".

The writer puts a delivery into the transaction of what it tells about (``enqueue``); the worker of the destination
takes the oldest one due, stores the attempt's sequence number before the wire is touched (``begin``), and stores the
answer.
An attempt that was under way when the process died may have arrived: it becomes UNKNOWN and is never repeated blindly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from kiosk.store.database import Changes, Database
from kiosk.store.statement import Row, Statement, Transaction, constant
from kiosk.store.tables import attempts, counters, outbox

HIGHEST_NUMBER = 99_999_999  # FIAS P#, 1 to 8 digits without leading zeros; S23 p.78


class DeliveryState(Enum):
    QUEUED = "queued"
    SENDING = "sending"
    DELIVERED = "delivered"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class DeliveryEvent(Enum):
    BEGIN = "begin"
    DELIVER = "deliver"
    REFUSE = "refuse"
    AGAIN = "again"
    LOSE = "lose"


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


class Effects(Protocol):
    """What the books do in the same transaction in which an answer is stored."""

    def delivered(self, tx: Transaction, delivery: Delivery) -> None: ...

    def refused(self, tx: Transaction, delivery: Delivery, reason: str) -> None: ...

    def unknown(self, tx: Transaction, delivery: Delivery, reason: str) -> None: ...


_ADD = Statement(
    insert(outbox).values(
        {name: bindparam(name) for name in ("destination", "kind", "key", "payload", "created_at")}
        | {"state": _S.QUEUED.value, "attempts": 0, "remark": "", "held_at": 0, "not_before": 0}
        | {"changed_at": bindparam("created_at")}
    )
)
_mine = outbox.c.destination == bindparam("destination")
_NEXT = Statement(
    select(outbox)
    .where(
        _mine,
        outbox.c.state == _S.QUEUED.value,
        # A clock that was set back must not hold a delivery for hours: before the moment of holding, it is due.
        or_(outbox.c.not_before <= bindparam("now"), outbox.c.held_at > bindparam("now")),
    )
    .order_by(outbox.c.seq)
    .limit(1)
)
_BY_SEQ = Statement(select(outbox).where(outbox.c.seq == bindparam("seq")))
_BY_KEY = Statement(select(outbox).where(_mine, outbox.c.key == bindparam("key")))
_OPEN_BY_NUMBER = Statement(
    select(outbox).where(
        _mine,
        outbox.c.number == bindparam("number"),
        outbox.c.state.in_([constant(_S.SENDING), constant(_S.UNKNOWN)]),
    )
)
_BY_STATE = Statement(select(outbox).where(_mine, outbox.c.state == bindparam("state")).order_by(outbox.c.seq))
_COUNTS = Statement(
    select(outbox.c.state, func.count().label("count")).where(_mine).group_by(outbox.c.state).order_by(outbox.c.state)
)
_COUNT = Statement(select(func.count()).select_from(outbox).where(_mine, outbox.c.state != _S.DELIVERED.value))
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
_ERASE = Statement(update(outbox).where(outbox.c.seq == bindparam("of")).values(payload=bindparam("payload")))
_ADD_ATTEMPT = Statement(
    insert(attempts).values({name: bindparam(name) for name in ("delivery", "number", "begun_at")})
)
_COUNTER = Statement(select(counters.c.value).where(counters.c.name == bindparam("name")))
_SET_COUNTER = Statement(
    upsert(counters)
    .values(name=bindparam("name"), value=bindparam("value"))
    .on_conflict_do_update(index_elements=["name"], set_={"value": bindparam("value")})
)


def enqueue(tx: Transaction, destination: str, kind: str, key: str, payload: str, now: int) -> None:
    """Part of the writer's own transaction. ``key`` is unique per destination: the same thing is told once."""
    tx.do(_ADD, destination=destination, kind=kind, key=key, payload=payload, created_at=now)


def replace_payload(tx: Transaction, delivery: Delivery, payload: str) -> None:
    """Forget what is no longer needed once the answer is known."""
    tx.do(_ERASE, of=delivery.seq, payload=payload)


class Outbox:
    """One destination's queue, worked by one process. Raises StoreError; IllegalDelivery for a step out of order."""

    def __init__(self, db: Database, destination: str, effects: Effects | None = None) -> None:
        self.destination = destination
        self.db = db
        self._effects = effects
        self._changes: Changes | None = None

    def recover(self) -> list[Delivery]:
        """At the start of the worker: what was under way may have arrived. Returns what became UNKNOWN."""
        with self.db.transaction() as tx:
            lost = [_delivery(row) for row in tx.rows(_BY_STATE, destination=self.destination, state=_S.SENDING.value)]
            return [self._lose(tx, delivery, "interrupted") for delivery in lost]

    def next_due(self) -> Delivery | None:
        """The oldest queued delivery whose time has come. One that is unknown or refused blocks nobody."""
        with self.db.reading() as tx:
            row = tx.one(_NEXT, destination=self.destination, now=self.db.now())
            return _delivery(row) if row else None

    def begin(self, delivery: Delivery) -> int:
        """The attempt's sequence number (1 to 99999999), on disk together with SENDING before the wire is touched."""
        with self.db.transaction() as tx:
            number = self._next_number(tx)
            self._step(tx, delivery, _E.BEGIN, number=number)
            tx.do(_ADD_ATTEMPT, delivery=delivery.seq, number=number, begun_at=self.db.now())
            return number

    def delivered(self, delivery: Delivery, evidence: str) -> None:
        """The destination has it; ``evidence`` is its own word for it (a transaction number)."""
        with self.db.transaction() as tx:
            self.deliver_in(tx, delivery, evidence)

    def deliver_in(self, tx: Transaction, delivery: Delivery, evidence: str) -> None:
        """``delivered`` inside a transaction of the caller's."""
        after = self._step(tx, delivery, _E.DELIVER, remark=evidence)
        if self._effects:
            self._effects.delivered(tx, after)

    def refused(self, delivery: Delivery, reason: str) -> None:
        """The destination will not take it; stays until a person has seen to it."""
        with self.db.transaction() as tx:
            after = self._step(tx, delivery, _E.REFUSE, remark=reason)
            if self._effects:
                self._effects.refused(tx, after, reason)

    def again(self, delivery: Delivery, reason: str, pause: float = 0.0) -> None:
        """It surely did not arrive: due once more after ``pause`` seconds, with a new sequence number."""
        with self.db.transaction() as tx:
            self.again_in(tx, delivery, reason, pause)

    def again_in(self, tx: Transaction, delivery: Delivery, reason: str, pause: float = 0.0) -> None:
        """``again`` inside a transaction of the caller's."""
        self._step(tx, delivery, _E.AGAIN, remark=reason, pause=pause)

    def unknown(self, delivery: Delivery, reason: str) -> None:
        """No answer: it may have arrived. Left to reconciliation or a person."""
        with self.db.transaction() as tx:
            self._lose(tx, delivery, reason)

    def pending_count(self) -> int:
        """How many are not delivered, whatever the reason."""
        with self.db.reading() as tx:
            return tx.number(_COUNT, destination=self.destination)

    def counts(self) -> dict[DeliveryState, int]:
        """How many are in each state; one that nobody is in is left out."""
        with self.db.reading() as tx:
            return counts(tx, self.destination)

    def in_state(self, state: DeliveryState) -> list[Delivery]:
        """Oldest first."""
        with self.db.reading() as tx:
            return [_delivery(row) for row in tx.rows(_BY_STATE, destination=self.destination, state=state.value)]

    def by_key(self, key: str) -> Delivery | None:
        with self.db.reading() as tx:
            row = tx.one(_BY_KEY, destination=self.destination, key=key)
            return _delivery(row) if row else None

    def by_number(self, number: int) -> Delivery | None:
        """The unanswered delivery whose newest attempt has this number: for an answer that comes late."""
        with self.db.reading() as tx:
            row = tx.one(_OPEN_BY_NUMBER, destination=self.destination, number=number)
            return _delivery(row) if row else None

    async def wait(self, seconds: float) -> None:
        """Until somebody committed anything to the file (noticed within 50 ms), at most ``seconds``."""
        if self._changes is None:
            self._changes = self.db.changes()
        await self._changes.wait(seconds)

    def close(self) -> None:
        """Only a worker that waited has something to close."""
        if self._changes is not None:
            self._changes.close()

    def _lose(self, tx: Transaction, delivery: Delivery, reason: str) -> Delivery:
        after = self._step(tx, delivery, _E.LOSE, remark=reason)
        if self._effects:
            self._effects.unknown(tx, after, reason)
        return after

    def _next_number(self, tx: Transaction) -> int:
        name = f"sequence:{self.destination}"
        row = tx.one(_COUNTER, name=name)
        number = row["value"] if row else 0
        while True:
            number = number % HIGHEST_NUMBER + 1
            if tx.one(_OPEN_BY_NUMBER, destination=self.destination, number=number) is None:
                tx.do(_SET_COUNTER, name=name, value=number)
                return int(number)

    def _step(
        self,
        tx: Transaction,
        delivery: Delivery,
        event: DeliveryEvent,
        *,
        number: int | None = None,
        remark: str = "",
        pause: float = 0.0,
    ) -> Delivery:
        row = tx.one(_BY_SEQ, seq=delivery.seq)
        assert row is not None
        state = DeliveryState(row["state"])
        after = TRANSITIONS.get((state, event))
        if after is None:
            raise IllegalDelivery(delivery.key, state, event)
        now = self.db.now()
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
        changed = tx.one(_BY_SEQ, seq=delivery.seq)
        assert changed is not None
        return _delivery(changed)


def deliveries(tx: Transaction, destination: str, states: Sequence[DeliveryState]) -> list[Delivery]:
    """For readers that have a transaction of their own."""
    return [
        _delivery(row) for state in states for row in tx.rows(_BY_STATE, destination=destination, state=state.value)
    ]


def counts(tx: Transaction, destination: str) -> dict[DeliveryState, int]:
    """``Outbox.counts`` for readers that have a transaction of their own."""
    return {DeliveryState(row["state"]): row["count"] for row in tx.rows(_COUNTS, destination=destination)}


def _delivery(row: Row) -> Delivery:
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
