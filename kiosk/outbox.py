"""Everything that leaves the kiosk: durable, in order, idempotent per key, with a state for "nobody knows".

The writer puts a delivery into the transaction of what it tells about (``enqueue``); the worker of the destination
takes the oldest one due, stores the attempt's sequence number before the wire is touched (``begin``), and stores the
answer.
An attempt that was under way when the process died may have arrived: it becomes UNKNOWN and is never repeated blindly.

Each attempt keeps its own answer. One that was lost may still be answered when somebody has long had the delivery sent
again; by then it can be there twice, which is found out here and told.
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


PUT_OFF = "put-off"
"""An attempt's answer; the others are the values of DeliveryEvent."""


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
    """An UNKNOWN delivery: ``balance`` as it was given to ``begin`` of its newest attempt (minor units), ``lost_at`` in
    ms since 1970 UTC, ``asked`` how often the destination was asked about it since.
    """

    delivery: Delivery
    balance: int | None
    lost_at: int
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

    def unknown(self, tx: Transaction, delivery: Delivery, reason: str) -> None: ...

    def surprised(self, tx: Transaction, delivery: Delivery, surprise: Surprise) -> None: ...


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
_UNANSWERED = Statement(
    select(outbox, attempts.c.seq.label("attempt"))
    .select_from(attempts.join(outbox, outbox.c.seq == attempts.c.delivery))
    .where(attempts.c.number == bindparam("number"), attempts.c.answer.is_(None), _mine)
    .order_by(attempts.c.seq.desc())
    .limit(1)
)
_ATTEMPTS = Statement(select(attempts).where(attempts.c.delivery == bindparam("delivery")).order_by(attempts.c.seq))
_ANSWER = Statement(update(attempts).where(attempts.c.seq == bindparam("of")).values(answer=bindparam("answer")))
_inner = attempts.alias()
_newest = select(func.max(_inner.c.seq)).where(_inner.c.delivery == bindparam("delivery")).scalar_subquery()
_ANSWER_NEWEST = Statement(update(attempts).where(attempts.c.seq == _newest).values(answer=bindparam("answer")))
_ASKED = Statement(update(attempts).where(attempts.c.seq == _newest).values(asked=attempts.c.asked + 1))
_HOLD = Statement(
    update(outbox)
    .where(outbox.c.seq == bindparam("of"), outbox.c.state == constant(_S.UNKNOWN))
    .values(held_at=bindparam("now"), not_before=bindparam("until"))
)
_last_attempt = select(func.max(_inner.c.seq)).where(_inner.c.delivery == outbox.c.seq).scalar_subquery()
_DOUBTS = Statement(
    select(outbox, attempts.c.balance, attempts.c.asked)
    .select_from(outbox.join(attempts, attempts.c.seq == _last_attempt))
    .where(
        _mine,
        outbox.c.state == _S.UNKNOWN.value,
        or_(outbox.c.changed_at <= bindparam("lost_before"), outbox.c.changed_at > bindparam("now")),
        or_(outbox.c.not_before <= bindparam("now"), outbox.c.held_at > bindparam("now")),
    )
    .order_by(outbox.c.seq)
)
_BY_STATE = Statement(select(outbox).where(_mine, outbox.c.state == bindparam("state")).order_by(outbox.c.seq))
# By name and not "all but the delivered": so the index leads past a year of delivered ones without touching them.
_open = outbox.c.state.in_([constant(state) for state in OPEN])
_COUNTS = Statement(select(outbox.c.state, func.count().label("count")).where(_mine, _open).group_by(outbox.c.state))
_COUNT = Statement(select(func.count()).select_from(outbox).where(_mine, _open))
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
    insert(attempts).values({name: bindparam(name) for name in ("delivery", "number", "begun_at", "balance")})
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


def is_known(tx: Transaction, destination: str, key: str) -> bool:
    """Whether something was ever put in under this key."""
    return tx.one(_BY_KEY, destination=destination, key=key) is not None


def withdraw(tx: Transaction, delivery: Delivery, reason: str, now: int) -> None:
    """``Outbox.withdraw`` for those who have a transaction of their own."""
    _step(tx, delivery, _E.WITHDRAW, now, remark=reason)


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
            return self.next_in(tx)

    def next_in(self, tx: Transaction) -> Delivery | None:
        """``next_due`` inside a transaction of the caller's."""
        row = tx.one(_NEXT, destination=self.destination, now=self.db.now())
        return _delivery(row) if row else None

    def sequence(self) -> int:
        """A fresh sequence number that is no attempt: for a question to the destination."""
        with self.db.transaction() as tx:
            return self._next_number(tx)

    def begin(self, delivery: Delivery, balance: int | None = None) -> int:
        """The attempt's sequence number (1 to 99999999), on disk together with SENDING before the wire is touched.

        ``balance`` is what was owed at the destination before it, in minor units, where that is known.
        """
        with self.db.transaction() as tx:
            return self.begin_in(tx, delivery, balance)

    def begin_in(self, tx: Transaction, delivery: Delivery, balance: int | None = None) -> int:
        """``begin`` inside a transaction of the caller's."""
        number = self._next_number(tx)
        _step(tx, delivery, _E.BEGIN, self.db.now(), number=number)
        tx.do(_ADD_ATTEMPT, delivery=delivery.seq, number=number, begun_at=self.db.now(), balance=balance)
        return number

    def delivered(self, delivery: Delivery, evidence: str) -> None:
        """The destination has it; ``evidence`` is its own word for it (a transaction number)."""
        with self.db.transaction() as tx:
            self.deliver_in(tx, delivery, evidence)

    def deliver_in(self, tx: Transaction, delivery: Delivery, evidence: str) -> None:
        """``delivered`` inside a transaction of the caller's."""
        twice = self._there_before(tx, delivery) is not None
        after = _step(tx, delivery, _E.DELIVER, self.db.now(), remark=evidence)
        if self._effects:
            self._effects.delivered(tx, after)
        if twice:
            self._surprise(tx, after, Surprise.TWICE)

    def refused(self, delivery: Delivery, reason: str) -> None:
        """The destination will not take it; stays until a person has seen to it."""
        with self.db.transaction() as tx:
            self.refuse_in(tx, delivery, reason)

    def refuse_in(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        """``refused`` inside a transaction of the caller's."""
        if self._confirm(tx, delivery):
            return
        after = _step(tx, delivery, _E.REFUSE, self.db.now(), remark=reason)
        if self._effects:
            self._effects.refused(tx, after, reason)

    def again(self, delivery: Delivery, reason: str, pause: float = 0.0) -> None:
        """It surely did not arrive: due once more after ``pause`` seconds, with a new sequence number."""
        with self.db.transaction() as tx:
            self.again_in(tx, delivery, reason, pause)

    def again_in(self, tx: Transaction, delivery: Delivery, reason: str, pause: float = 0.0) -> None:
        """``again`` inside a transaction of the caller's."""
        if not self._confirm(tx, delivery):
            _step(tx, delivery, _E.AGAIN, self.db.now(), remark=reason, pause=pause)

    def put_off(self, delivery: Delivery, reason: str, pause: float, tries: int) -> bool:
        """``again``, but the ``tries``-th time in a row it is refused instead, and False returned."""
        with self.db.transaction() as tx:
            if self._put_off_before(tx, delivery) + 1 >= tries:
                self.refuse_in(tx, delivery, reason)
                return False
            self.again_in(tx, delivery, reason, pause)
            tx.do(_ANSWER_NEWEST, delivery=delivery.seq, answer=PUT_OFF)
            return True

    def unknown(self, delivery: Delivery, reason: str) -> None:
        """No answer: it may have arrived. Left to reconciliation or a person."""
        with self.db.transaction() as tx:
            self._lose(tx, delivery, reason)

    def withdraw(self, delivery: Delivery, reason: str) -> None:
        """Nobody wants it there any more: one that is queued or was refused ends, without any effect."""
        with self.db.transaction() as tx:
            withdraw(tx, delivery, reason, self.db.now())

    def late_delivered(self, number: int, evidence: str) -> Delivery | None:
        """The attempt ``number``, given up before, did arrive. None: it is not known, or was answered before.

        It ends whatever the delivery was waiting for. Where that makes it there twice, or staff were told otherwise,
        the effects hear of a Surprise. While a newer attempt is under way only the answer is kept, until that ends.
        """
        with self.db.transaction() as tx:
            return self._late(tx, number, _E.DELIVER, evidence)

    def late_refused(self, number: int, reason: str) -> Delivery | None:
        """The attempt ``number``, given up before, was refused: the delivery too, if it still waited for this answer.

        None as for ``late_delivered``.
        """
        with self.db.transaction() as tx:
            return self._late(tx, number, _E.REFUSE, reason)

    def late_again(self, number: int, reason: str, pause: float = 0.0) -> Delivery | None:
        """The attempt ``number``, given up before, surely did not arrive: due once more, if it still waited for this.

        None as for ``late_delivered``.
        """
        with self.db.transaction() as tx:
            return self._late(tx, number, _E.AGAIN, reason, pause)

    def doubts(self, lost_before: int) -> list[Doubt]:
        """What became UNKNOWN until ``lost_before`` (ms since 1970 UTC) and may be asked about now, oldest first."""
        with self.db.reading() as tx:
            rows = tx.rows(_DOUBTS, destination=self.destination, lost_before=lost_before, now=self.db.now())
            return [Doubt(_delivery(row), row["balance"], row["changed_at"], row["asked"]) for row in rows]

    def asked(self, delivery: Delivery, pause: float) -> None:
        """The destination was asked about this doubt; it is not among ``doubts`` for ``pause`` seconds."""
        with self.db.transaction() as tx:
            now = self.db.now()
            if tx.do(_HOLD, of=delivery.seq, now=now, until=now + int(pause * 1000)):
                tx.do(_ASKED, delivery=delivery.seq)

    def pending_count(self) -> int:
        """How many have not ended, whatever the reason."""
        with self.db.reading() as tx:
            return tx.number(_COUNT, destination=self.destination)

    def counts(self) -> dict[DeliveryState, int]:
        """How many are in each state that has not ended; one that nobody is in is left out."""
        with self.db.reading() as tx:
            return counts(tx, self.destination)

    def in_state(self, state: DeliveryState) -> list[Delivery]:
        """Oldest first."""
        with self.db.reading() as tx:
            return [_delivery(row) for row in tx.rows(_BY_STATE, destination=self.destination, state=state.value)]

    def by_key(self, key: str) -> Delivery | None:
        with self.db.reading() as tx:
            return self.find_in(tx, key)

    def find_in(self, tx: Transaction, key: str) -> Delivery | None:
        """``by_key`` inside a transaction of the caller's."""
        row = tx.one(_BY_KEY, destination=self.destination, key=key)
        return _delivery(row) if row else None

    def by_number(self, number: int) -> Delivery | None:
        """The delivery one of whose attempts has this number and no answer yet, be it the newest attempt or not."""
        with self.db.reading() as tx:
            row = tx.one(_UNANSWERED, destination=self.destination, number=number)
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
        confirmed = self._confirm(tx, delivery)
        if confirmed:
            self._surprise(tx, confirmed, Surprise.PERHAPS_TWICE)
            return confirmed
        after = _step(tx, delivery, _E.LOSE, self.db.now(), remark=reason)
        if self._effects:
            self._effects.unknown(tx, after, reason)
        return after

    def _late(
        self, tx: Transaction, number: int, event: DeliveryEvent, remark: str, pause: float = 0.0
    ) -> Delivery | None:
        row = tx.one(_UNANSWERED, destination=self.destination, number=number)
        if row is None:
            return None
        delivery, newest = _delivery(row), row["number"] == number
        if delivery.state is _S.SENDING and newest:
            return None  # under way: its answer is no late one
        tx.do(_ANSWER, of=row["attempt"], answer=event.value)
        if event is _E.DELIVER:
            self._late_deliver(tx, delivery, newest, remark)
        elif newest and delivery.state is _S.UNKNOWN:
            self.refuse_in(tx, delivery, remark) if event is _E.REFUSE else self.again_in(tx, delivery, remark, pause)
        elif delivery.state is _S.DELIVERED:
            answers = {row["answer"] for row in tx.rows(_ATTEMPTS, delivery=delivery.seq)}
            if not answers & {None, _E.DELIVER.value}:
                self._surprise(tx, delivery, Surprise.ABSENT)
        return _stored(tx, delivery)

    def _late_deliver(self, tx: Transaction, delivery: Delivery, newest: bool, evidence: str) -> None:
        last = list(tx.rows(_ATTEMPTS, delivery=delivery.seq))[-1]["answer"]
        match delivery.state:
            case DeliveryState.SENDING:
                return  # its own answer will find this one's
            case DeliveryState.DELIVERED:
                # Somebody's word may have been about this very attempt, unless that one was answered itself.
                surprise = None if newest else Surprise.PERHAPS_TWICE if last is None else Surprise.TWICE
            case DeliveryState.UNKNOWN:
                surprise = None if newest else Surprise.PERHAPS_TWICE
            case DeliveryState.QUEUED:
                surprise = None
            case DeliveryState.REFUSED | DeliveryState.WITHDRAWN:
                surprise = Surprise.AFTER_ALL
        if (delivery.state, _E.DELIVER) in TRANSITIONS:
            after = _step(tx, delivery, _E.DELIVER, self.db.now(), remark=evidence)
            if self._effects:
                self._effects.delivered(tx, after)
        if surprise:
            self._surprise(tx, _stored(tx, delivery), surprise)

    def _there_before(self, tx: Transaction, delivery: Delivery) -> int | None:
        """The number of an earlier attempt that was answered late, after the one under way had begun."""
        if _stored(tx, delivery).state is not _S.SENDING:
            return None
        earlier = list(tx.rows(_ATTEMPTS, delivery=delivery.seq))[:-1]
        return next((int(row["number"]) for row in earlier if row["answer"] == _E.DELIVER.value), None)

    def _confirm(self, tx: Transaction, delivery: Delivery) -> Delivery | None:
        """DELIVERED, whatever became of the attempt under way, if an earlier one is there."""
        number = self._there_before(tx, delivery)
        if number is None:
            return None
        after = _step(tx, delivery, _E.DELIVER, self.db.now(), remark=f"P#{number}, late")
        if self._effects:
            self._effects.delivered(tx, after)
        return after

    def _surprise(self, tx: Transaction, delivery: Delivery, surprise: Surprise) -> None:
        if self._effects:
            self._effects.surprised(tx, delivery, surprise)

    def _put_off_before(self, tx: Transaction, delivery: Delivery) -> int:
        """How often in a row, up to the attempt before the one under way."""
        times = 0
        for row in tx.rows(_ATTEMPTS, delivery=delivery.seq):
            times = times + 1 if row["answer"] == PUT_OFF else times if row["answer"] is None else 0
        return times

    def _next_number(self, tx: Transaction) -> int:
        name = f"sequence:{self.destination}"
        row = tx.one(_COUNTER, name=name)
        number = row["value"] if row else 0
        while True:
            number = number % HIGHEST_NUMBER + 1
            if tx.one(_UNANSWERED, destination=self.destination, number=number) is None:
                tx.do(_SET_COUNTER, name=name, value=number)
                return int(number)


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


def _stored(tx: Transaction, delivery: Delivery) -> Delivery:
    row = tx.one(_BY_SEQ, seq=delivery.seq)
    assert row is not None
    return _delivery(row)


def _step(
    tx: Transaction,
    delivery: Delivery,
    event: DeliveryEvent,
    now: int,
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
    if state is _S.SENDING and event is not _E.LOSE:
        tx.do(_ANSWER_NEWEST, delivery=delivery.seq, answer=event.value)
    return _stored(tx, delivery)
