"""Everything that leaves the kiosk: durable, in order, idempotent per key, with a state for "nobody knows".

The writer puts a delivery into the transaction of what it tells about (``enqueue``); the worker of the destination
takes the oldest one due, stores the attempt's sequence number before the wire is touched (``begin``), and stores the
answer.
An attempt that was under way when the process died may have arrived: it becomes UNKNOWN and is never repeated blindly.
What is answered when it was given up before is a matter of ``late_answers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from itertools import chain

from sqlalchemy import bindparam, func, insert, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from kiosk.delivery import (
    ENDED,
    OPEN,
    Delivery,
    DeliveryEvent,
    DeliveryState,
    Doubt,
    Effects,
    IllegalDelivery,
    NoEffects,
    Surprise,
    answer_newest,
    delivery_of,
    newest_attempt,
    step,
    stored,
)
from kiosk.late_answers import LateAnswers, answers, unanswered
from kiosk.store.database import Changes, Database
from kiosk.store.statement import Statement, Transaction, constant
from kiosk.store.tables import attempts, counters, outbox

__all__ = [
    "ENDED",
    "HIGHEST_NUMBER",
    "OPEN",
    "Delay",
    "Delivery",
    "DeliveryEvent",
    "DeliveryState",
    "Doubt",
    "Effects",
    "IllegalDelivery",
    "Outbox",
    "Surprise",
    "counts",
    "deliveries",
    "enqueue",
    "is_known",
    "replace_payload",
    "withdraw",
]

HIGHEST_NUMBER = 99_999_999
"""Of FIAS: P# has 1 to 8 digits without leading zeros; S23 p.78."""


class Delay(Enum):
    """Why an attempt is to be made once more, where it is counted how often; kept as the attempt's answer."""

    PUT_OFF = "put-off"
    """The destination said so, or the line would not take it."""
    HELD = "held"
    """What has to be found out before it can go was not told; nothing was sent."""


_COUNTED = (None, *(delay.value for delay in Delay))
"""Answers that do not end a row of delays: each kind counts its own, and silence is none."""

_S, _E = DeliveryState, DeliveryEvent

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
_BY_KEY = Statement(select(outbox).where(_mine, outbox.c.key == bindparam("key")))
_inner = attempts.alias()
_ASKED = Statement(update(attempts).where(attempts.c.seq == newest_attempt).values(asked=attempts.c.asked + 1))
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
        or_(outbox.c.not_before <= bindparam("now"), outbox.c.held_at > bindparam("now")),
    )
    .order_by(outbox.c.seq)
)
_BY_STATE = Statement(select(outbox).where(_mine, outbox.c.state == bindparam("state")).order_by(outbox.c.seq))
# By name and not "all but the delivered": so the index leads past a year of delivered ones without touching them.
_open = outbox.c.state.in_([constant(state) for state in OPEN])
_COUNTS = Statement(select(outbox.c.state, func.count().label("count")).where(_mine, _open).group_by(outbox.c.state))
_COUNT = Statement(select(func.count()).select_from(outbox).where(_mine, _open))
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
    step(tx, delivery, _E.WITHDRAW, now, remark=reason)


def replace_payload(tx: Transaction, delivery: Delivery, payload: str) -> None:
    """Forget what is no longer needed once the answer is known."""
    tx.do(_ERASE, of=delivery.seq, payload=payload)


class Outbox:
    """One destination's queue, worked by one process. Raises StoreError; IllegalDelivery for a step out of order."""

    def __init__(
        self, db: Database, destination: str, effects: Effects | None = None, highest: int = HIGHEST_NUMBER
    ) -> None:
        """``highest`` is the last sequence number before they begin with 1 again."""
        self.destination = destination
        self.db = db
        self._effects = effects or NoEffects()
        self._late = LateAnswers(destination, self._effects)
        self._highest = highest
        self._changes: Changes | None = None

    def recover(self) -> list[Delivery]:
        """At the start of the worker: what was under way may have arrived. Returns what became UNKNOWN."""
        with self.db.transaction() as tx:
            lost = [
                delivery_of(row) for row in tx.rows(_BY_STATE, destination=self.destination, state=_S.SENDING.value)
            ]
            after = [self._lose(tx, delivery, "interrupted") for delivery in lost]
            return [delivery for delivery in after if delivery.state is _S.UNKNOWN]

    def next_due(self) -> Delivery | None:
        """The oldest queued delivery whose time has come. One that is unknown or refused blocks nobody."""
        with self.db.reading() as tx:
            return self.next_in(tx)

    def next_in(self, tx: Transaction) -> Delivery | None:
        """``next_due`` inside a transaction of the caller's."""
        row = tx.one(_NEXT, destination=self.destination, now=self.db.now())
        return delivery_of(row) if row else None

    def sequence(self) -> int:
        """A fresh sequence number that is no attempt: for a question to the destination."""
        with self.db.transaction() as tx:
            return self._next_number(tx)

    def begin(self, delivery: Delivery, balance: int | None = None) -> int:
        """The attempt's sequence number (from 1), on disk together with SENDING before the wire is touched.

        ``balance`` is what was owed at the destination before it, in minor units, where that is known.
        """
        with self.db.transaction() as tx:
            return self.begin_in(tx, delivery, balance)

    def begin_in(self, tx: Transaction, delivery: Delivery, balance: int | None = None) -> int:
        """``begin`` inside a transaction of the caller's."""
        number = self._next_number(tx)
        step(tx, delivery, _E.BEGIN, self.db.now(), number=number)
        tx.do(_ADD_ATTEMPT, delivery=delivery.seq, number=number, begun_at=self.db.now(), balance=balance)
        return number

    def delivered(self, delivery: Delivery, evidence: str) -> None:
        """The destination has it; ``evidence`` is its own word for it (a transaction number)."""
        with self.db.transaction() as tx:
            self.deliver_in(tx, delivery, evidence)

    def deliver_in(self, tx: Transaction, delivery: Delivery, evidence: str) -> None:
        """``delivered`` inside a transaction of the caller's."""
        after = step(tx, delivery, _E.DELIVER, self.db.now(), remark=evidence)
        self._effects.delivered(tx, after)
        if len(self._late.there(tx, after)) > 1:
            self._effects.surprised(tx, after, Surprise.TWICE)

    def refused(self, delivery: Delivery, reason: str) -> Delivery:
        """The destination will not take it; stays until a person has seen to it. As it then is."""
        with self.db.transaction() as tx:
            return self.refuse_in(tx, delivery, reason)

    def refuse_in(self, tx: Transaction, delivery: Delivery, reason: str) -> Delivery:
        """``refused`` inside a transaction of the caller's."""
        if not self._late.confirm(tx, delivery, _E.REFUSE, self.db.now()):
            self._effects.refused(tx, step(tx, delivery, _E.REFUSE, self.db.now(), remark=reason), reason)
        return stored(tx, delivery)

    def again(self, delivery: Delivery, reason: str, pause: float = 0.0) -> Delivery:
        """It surely did not arrive: due once more after ``pause`` seconds, with a new sequence number. As it then is;
        the effects may end it.
        """
        with self.db.transaction() as tx:
            return self.again_in(tx, delivery, reason, pause)

    def again_in(self, tx: Transaction, delivery: Delivery, reason: str, pause: float = 0.0) -> Delivery:
        """``again`` inside a transaction of the caller's."""
        if not self._late.confirm(tx, delivery, _E.AGAIN, self.db.now()):
            self._effects.again(tx, step(tx, delivery, _E.AGAIN, self.db.now(), remark=reason, pause=pause), reason)
        return stored(tx, delivery)

    def put_back(self, delivery: Delivery) -> None:
        """The attempt that was begun will not be made: due once more, and the effects hear of nothing."""
        with self.db.transaction() as tx:
            if not self._late.confirm(tx, delivery, _E.AGAIN, self.db.now()):
                step(tx, delivery, _E.AGAIN, self.db.now(), remark="not sent")

    def put_off(
        self, delivery: Delivery, reason: str, pause: float, tries: int, delay: Delay = Delay.PUT_OFF
    ) -> Delivery:
        """``again``, but the ``tries``-th time in a row it is refused instead.

        Each kind of ``delay`` is counted by itself; one does not end a row of the other.
        """
        with self.db.transaction() as tx:
            return self.put_off_in(tx, delivery, reason, pause, tries, delay)

    def put_off_in(
        self, tx: Transaction, delivery: Delivery, reason: str, pause: float, tries: int, delay: Delay = Delay.PUT_OFF
    ) -> Delivery:
        """``put_off`` inside a transaction of the caller's."""
        if self._in_a_row(tx, delivery, delay) + 1 >= tries:
            return self.refuse_in(tx, delivery, reason)
        after = self.again_in(tx, delivery, reason, pause)
        answer_newest(tx, delivery, delay.value)
        return after

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
            return self._late.arrived(tx, number, _E.DELIVER, evidence, self.db.now())

    def late_refused(self, number: int, reason: str) -> Delivery | None:
        """The attempt ``number``, given up before, was refused: the delivery too, if it still waited for this answer.

        None as for ``late_delivered``.
        """
        with self.db.transaction() as tx:
            return self._late.arrived(tx, number, _E.REFUSE, reason, self.db.now())

    def late_again(self, number: int, reason: str, pause: float = 0.0) -> Delivery | None:
        """The attempt ``number``, given up before, surely did not arrive: due once more, if it still waited for this.

        None as for ``late_delivered``.
        """
        with self.db.transaction() as tx:
            return self._late.arrived(tx, number, _E.AGAIN, reason, self.db.now(), pause)

    def doubts(self) -> list[Doubt]:
        """What is UNKNOWN and may be asked about now, oldest first. How long it has been so is not told here: the wall
        clock may have been set since.
        """
        with self.db.reading() as tx:
            rows = tx.rows(_DOUBTS, destination=self.destination, now=self.db.now())
            return [Doubt(delivery_of(row), row["balance"], row["asked"]) for row in rows]

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
            return [delivery_of(row) for row in tx.rows(_BY_STATE, destination=self.destination, state=state.value)]

    def by_key(self, key: str) -> Delivery | None:
        with self.db.reading() as tx:
            return self.find_in(tx, key)

    def find_in(self, tx: Transaction, key: str) -> Delivery | None:
        """``by_key`` inside a transaction of the caller's."""
        row = tx.one(_BY_KEY, destination=self.destination, key=key)
        return delivery_of(row) if row else None

    def by_number(self, number: int) -> Delivery | None:
        """The delivery one of whose attempts has this number and no answer yet, be it the newest attempt or not."""
        with self.db.reading() as tx:
            return unanswered(tx, self.destination, number)

    async def wait(self, seconds: float) -> None:
        """Until somebody committed anything to the file, at most ``seconds``."""
        if self._changes is None:
            self._changes = self.db.changes()
        await self._changes.wait(seconds)

    def close(self) -> None:
        """Only a worker that waited has something to close."""
        if self._changes is not None:
            self._changes.close()

    def _lose(self, tx: Transaction, delivery: Delivery, reason: str) -> Delivery:
        if self._late.confirm(tx, delivery, _E.LOSE, self.db.now()):
            return stored(tx, delivery)
        after = step(tx, delivery, _E.LOSE, self.db.now(), remark=reason)
        self._effects.unknown(tx, after, reason)
        return after

    def _in_a_row(self, tx: Transaction, delivery: Delivery, delay: Delay) -> int:
        """How often it was delayed so, up to the attempt before the one under way, since anything else was said."""
        times = 0
        for answer in answers(tx, delivery):
            times = times + (answer == delay.value) if answer in _COUNTED else 0
        return times

    def _next_number(self, tx: Transaction) -> int:
        """The next one that no attempt without an answer has; at worst, where all are in doubt, the next one."""
        name = f"sequence:{self.destination}"
        row = tx.one(_COUNTER, name=name)
        last = row["value"] % self._highest if row else 0
        after = chain(range(last + 1, self._highest + 1), range(1, last + 1))
        free = (number for number in after if unanswered(tx, self.destination, number) is None)
        number = next(free, last + 1)
        tx.do(_SET_COUNTER, name=name, value=number)
        return number


def deliveries(tx: Transaction, destination: str, states: Sequence[DeliveryState]) -> list[Delivery]:
    """For readers that have a transaction of their own."""
    return [
        delivery_of(row) for state in states for row in tx.rows(_BY_STATE, destination=destination, state=state.value)
    ]


def counts(tx: Transaction, destination: str) -> dict[DeliveryState, int]:
    """``Outbox.counts`` for readers that have a transaction of their own."""
    return {DeliveryState(row["state"]): row["count"] for row in tx.rows(_COUNTS, destination=destination)}
