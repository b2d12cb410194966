"""Takes charges out of the outbox for the wire, and the hotel system's answers back into it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

import structlog

from kiosk.books.doubts import Said, Verdict, delivered_alike, settle
from kiosk.books.postings import TRIAL, Posting
from kiosk.books.waiting import tell_waiting
from kiosk.hotel.answers import TRIES, Consequence, consequence, plain, reason_key
from kiosk.hotel.movements import Movements
from kiosk.hotel.news import Answer, LateAnswer, NoAnswer
from kiosk.hotel.watch import committed
from kiosk.outbox import Delay, Delivery, DeliveryState, Doubt, IllegalDelivery, Outbox, deliveries
from kiosk.store.database import StoreError
from kiosk.store.statement import Transaction

Given = ParamSpec("Given")
Result = TypeVar("Result")
log = structlog.get_logger()

LOOK_ANYWAY = 1.0
"""Seconds after which the outbox is asked though nothing was committed: a pause may have run out."""

INSIST = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Pauses between the tries to write an answer down."""

UNSENDABLE = "hotel.refused.unsendable"
UNSENT = "hotel.refused.unsent"
UNSENT_TRIES = 3
"""How often in a row the line itself may refuse a record before staff are asked."""
UNTOLD = "hotel.refused.untold"
UNTOLD_TRIES = 10
"""How often in a row what has to be asked before a charge may find no answer before staff are asked."""
WAITED_LONG = 12 * 3600.0
"""Seconds after which staff are told of a charge that still could not be posted: a night audit takes minutes."""
LOOK_WAITING = 600.0
"""Seconds between two looks for such."""

_TRANSACTION = re.compile(r"\d{5,}")


def loop_time() -> float:
    """Seconds of the event loop's clock, which never jumps."""
    return asyncio.get_running_loop().time()


@dataclass(frozen=True)
class Assignment:
    """One attempt, on disk: ``number`` (1 to 99999999) identifies it, ``sold_at`` is the hotel's local time."""

    number: int
    posting: Posting
    sold_at: datetime


class Postman:
    """One attempt at a time is under way: from ``take`` or ``begin`` until it is ``answered``, ``unanswered``,
    ``unsent``, ``postponed`` or ``unsendable``.

    An answer that the disk won't take is offered to it for some seconds more; then StoreError is raised, and the
    attempt will be unknown.
    """

    def __init__(
        self, postings: Outbox, zone: ZoneInfo, retry: float, seconds: Callable[[], float] = loop_time
    ) -> None:
        """``retry``: seconds before a charge that was put off goes again. ``seconds`` is a clock that never jumps."""
        self._postings = postings
        self._zone = zone
        self._retry = retry
        self._seconds = seconds
        self._movements = Movements()
        self._changes = postings.db.changes()
        self._commit: asyncio.Task[bool] | None = None
        self._look_at = 0.0
        self._look_waiting_at = float("-inf")
        self._due: Delivery | None = None
        self._carried: Delivery | None = None
        self._ready: tuple[Delivery, int] | None = None

    async def recover(self) -> None:
        """At the start: what was under way when the process ended is unknown."""
        for delivery in await self._postings.db.run(self._postings.recover):
            self._movements.lost(delivery, self._seconds())
            log.warning("posting.unknown", reason="interrupted", charge=delivery.key)

    def commit(self) -> asyncio.Task[bool]:
        """Done as soon as something was committed that ``has_work`` does not know of yet."""
        if self._commit is None:
            self._commit = asyncio.ensure_future(committed(self._changes, LOOK_ANYWAY))
        return self._commit

    def has_work(self) -> bool:
        """Whether it is worth asking the outbox."""
        if self.commit().done():
            self._commit, self._look_at = None, 0.0
        return self._ready is not None or asyncio.get_running_loop().time() >= self._look_at

    async def take(self) -> Assignment | None:
        """The next charge that is due, its attempt on disk; None when there is none."""
        if self._ready is not None:
            begun, self._ready = self._ready, None
            return self._assigned(*begun)
        return await self._assign(self._take)

    async def put_back(self) -> None:
        """What was begun ahead will not go out now."""
        if self._ready is not None:
            (delivery, _), self._ready = self._ready, None
            await self._insist(self._postings.put_back, delivery)

    async def next(self) -> Posting | None:
        """The next charge that is due, for one who has to ask before it is begun; None when there is none."""
        self._look_at = asyncio.get_running_loop().time() + LOOK_ANYWAY
        self._due = await self._try(self._postings.next_due)
        if self._due is None:
            return None
        self._look_at = 0.0
        return Posting.decode(self._due.payload)

    async def begin(self, balance: int | None = None) -> Assignment | None:
        """The attempt of the charge that ``next`` gave, on disk; None when the disk won't take it, or when it is not
        due any more: it was taken back, or a late answer came.

        ``balance`` is what the guest owed before it, in minor units, where that was told. It is not noted while
        anything else of ours is in doubt: that may still move it, be it another guest's, for folios are routed.
        """
        due, self._due = self._due, None
        assert due is not None, "only what is due can be begun"
        return await self._assign(lambda: self._begin(due, balance))

    async def postpone(self, reason: str) -> None:
        """What has to be asked before the charge that ``next`` gave was not told, and nothing was sent: it is due again
        after the pause, some times. ``reason`` is for the log and holds no text of the hotel's.
        """
        due, self._due = self._due, None
        assert due is not None, "only what is due can be postponed"
        if after := await self._try(lambda: self._hold(due)):
            self._note(after, reason, self._retry)

    async def number(self) -> int | None:
        """A number for a question to the hotel system; None when the disk won't take it."""
        return await self._try(self._postings.sequence)

    async def answered(self, answer: Answer, *, ahead: bool = False) -> None:
        """What the hotel system said to the attempt under way.

        ``ahead``: the next charge may go at once, so it is begun by the same write to the disk; ``take`` or
        ``put_back`` it.
        """
        delivery = self._put_down()
        match consequence(answer.status):
            case Consequence.POSTED:
                self._ready = await self._insist(self._deliver, delivery, _evidence(answer), ahead)
                log.info("posting.delivered", number=answer.sequence, charge=delivery.key)
            case Consequence.LATER:
                await self._put_off(delivery, reason_key(answer.status), TRIES)
            case Consequence.AFTER_AUDIT:
                await self._again(delivery, reason_key(answer.status))
            case Consequence.UNKNOWN:
                await self._unknown(delivery, f"answer {plain(answer.status)}")
            case _:
                await self._refused(delivery, reason_key(answer.status))

    async def unanswered(self, silence: NoAnswer) -> None:
        """It may stand on the folio, or not: never sent again from here."""
        await self._unknown(self._put_down(), silence.reason)

    async def unsent(self) -> None:
        """The attempt under way surely never reached the hotel system: it is sent again, some times."""
        await self._put_off(self._put_down(), UNSENT, UNSENT_TRIES)

    async def postponed(self, seconds: float) -> None:
        """The attempt under way was turned away unread by one who wants to be left alone for ``seconds``: that is no
        try.
        """
        await self._again(self._put_down(), UNSENT, max(seconds, self._retry))

    async def unsendable(self, reason: str) -> None:
        """The attempt under way was never put on the wire, for it can't be written as a record."""
        log.error("posting.unsendable", detail=reason)
        await self._refused(self._put_down(), UNSENDABLE)

    async def late(self, answer: LateAnswer) -> None:
        """Ends the doubt about an earlier attempt; what it says of one that was sent again since is told to staff."""
        match consequence(answer.status):
            case Consequence.POSTED:
                delivery = await self._insist(self._postings.late_delivered, answer.sequence, _evidence(answer))
            case Consequence.LATER | Consequence.AFTER_AUDIT:
                reason = reason_key(answer.status)
                delivery = await self._insist(self._postings.late_again, answer.sequence, reason, self._retry)
            case Consequence.UNKNOWN:
                delivery = None
            case _:
                delivery = await self._insist(self._postings.late_refused, answer.sequence, reason_key(answer.status))
        if delivery is None:
            log.warning("posting.stray-answer", number=answer.sequence, status=plain(answer.status))
        else:
            log.info("posting.late-answer", number=answer.sequence, status=plain(answer.status), charge=delivery.key)

    async def doubts(self, age: float) -> list[Doubt]:
        """Charges whose loss is ``age`` seconds past and that may be asked about now, oldest first.

        By the clock that never jumps: the hotel system needs its time to book, whatever the wall clock is set to.
        A technician's trial is none: the technician looks.
        """
        doubts, now = await self._try(self._postings.doubts) or [], self._seconds()
        return [
            doubt
            for doubt in doubts
            if doubt.delivery.kind != TRIAL and self._movements.age(doubt.delivery, now) >= age
        ]

    def undisturbed(self, doubt: Doubt) -> bool:
        """Whether nothing else was sent since. With a balance noted before, which is so only where nothing else was in
        doubt, this charge is the only one of ours that can have moved it.
        """
        return self._movements.undisturbed(doubt.delivery)

    async def delivered_alike(self, delivery: Delivery) -> int:
        """How many postings of the same voucher and amount are known to be on the folio."""
        return await self._postings.db.run(delivered_alike, self._postings, delivery)

    async def tell_waiting(self) -> None:
        """Tell staff, once each, of charges that have not been posted for so long. To be called now and then."""
        if self._seconds() >= self._look_waiting_at:
            self._look_waiting_at = self._seconds() + LOOK_WAITING
            await self.tell_waiting_since(WAITED_LONG)

    async def tell_waiting_since(self, seconds: float) -> None:
        """As ``tell_waiting``, of all that have waited for ``seconds`` already: it is known that nothing goes out."""
        for key in await self._try(lambda: tell_waiting(self._postings, seconds)) or []:
            log.warning("posting.waiting", charge=key)

    async def asked(self, delivery: Delivery, pause: float) -> None:
        """The hotel system is being asked about this doubt; it is not among ``doubts`` for ``pause`` seconds."""
        await self._try(lambda: self._postings.asked(delivery, pause))

    async def settle(self, delivery: Delivery, verdict: Verdict) -> bool:
        """Do what was found out about a doubt; False when it is still one."""
        try:
            settled = await self._insist(settle, self._postings, delivery, verdict)
        except IllegalDelivery:
            return True  # an answer came, or somebody decided, while the hotel system was asked
        log.info("posting.doubt", said=verdict.said.value, evidence=verdict.evidence, charge=delivery.key)
        return settled

    async def settled_absent(self, number: int) -> None:
        """The lost attempt ``number`` surely is not on the folio: the charge is sent again."""
        delivery = await self._insist(self._postings.by_number, number)
        if delivery is not None and delivery.number == number:
            await self.settle(delivery, Verdict(Said.ABSENT, "not on the folio"))

    async def open_count(self) -> int:
        """Charges that are not on a folio for certain."""
        return await self._postings.db.run(self._postings.pending_count)

    async def close(self) -> None:
        if self._commit is not None:
            self._commit.cancel()
            await asyncio.gather(self._commit, return_exceptions=True)
        self._changes.close()

    def _take(self) -> tuple[Delivery, int] | None:
        with self._postings.db.transaction() as tx:
            due = self._postings.next_in(tx)
            return (due, self._postings.begin_in(tx, due)) if due else None

    def _begin(self, due: Delivery, balance: int | None) -> tuple[Delivery, int] | None:
        with self._postings.db.transaction() as tx:
            queued = self._still_queued(tx, due)
            if queued is None:
                return None
            alone = not deliveries(tx, self._postings.destination, [DeliveryState.UNKNOWN])
            return queued, self._postings.begin_in(tx, queued, balance if alone else None)

    def _deliver(self, delivery: Delivery, evidence: str, ahead: bool) -> tuple[Delivery, int] | None:
        with self._postings.db.transaction() as tx:
            self._postings.deliver_in(tx, delivery, evidence)
            due = self._postings.next_in(tx) if ahead else None
            return (due, self._postings.begin_in(tx, due)) if due else None

    def _hold(self, due: Delivery) -> Delivery | None:
        with self._postings.db.transaction() as tx:
            queued = self._still_queued(tx, due)
            if queued is None:
                return None
            self._postings.begin_in(tx, queued)
            return self._postings.put_off_in(tx, queued, UNTOLD, self._retry, UNTOLD_TRIES, Delay.HELD)

    def _still_queued(self, tx: Transaction, due: Delivery) -> Delivery | None:
        """What was due when the hotel system was asked first; None when somebody ended it meanwhile."""
        found = self._postings.find_in(tx, due.key)
        return found if found and found.state is DeliveryState.QUEUED else None

    async def _assign(self, begin: Callable[[], tuple[Delivery, int] | None]) -> Assignment | None:
        self._look_at = asyncio.get_running_loop().time() + LOOK_ANYWAY
        begun = await self._try(begin)
        if begun is None:
            return None
        return self._assigned(*begun)

    def _assigned(self, delivery: Delivery, number: int) -> Assignment:
        self._look_at, self._carried = 0.0, delivery
        self._movements.begun(delivery)
        log.info("posting.sent", number=number, charge=delivery.key)
        posting = Posting.decode(delivery.payload)
        return Assignment(number, posting, datetime.fromtimestamp(posting.at / 1000, self._zone))

    def _put_down(self) -> Delivery:
        assert self._carried is not None, "an answer without an attempt: the session promises one for one"
        delivery, self._carried = self._carried, None
        return delivery

    async def _refused(self, delivery: Delivery, reason: str) -> None:
        self._note(await self._insist(self._postings.refused, delivery, reason), reason)

    async def _again(self, delivery: Delivery, reason: str, pause: float = 0.0) -> None:
        self._note(await self._insist(self._postings.again, delivery, reason, pause), reason, pause)

    async def _put_off(self, delivery: Delivery, reason: str, tries: int) -> None:
        after = await self._insist(self._postings.put_off, delivery, reason, self._retry, tries)
        self._note(after, reason, self._retry)

    def _note(self, after: Delivery, reason: str, pause: float = 0.0) -> None:
        """What became of an attempt that did not arrive."""
        match after.state:
            case DeliveryState.QUEUED:
                log.info("posting.put-off", status=reason, pause=pause, charge=after.key)
            case DeliveryState.DELIVERED:  # an earlier one did, as was heard meanwhile
                log.info("posting.delivered", number=after.number, charge=after.key)
            case _:
                log.warning("posting.refused", reason=reason, charge=after.key)

    async def _unknown(self, delivery: Delivery, reason: str) -> None:
        self._movements.lost(delivery, self._seconds())
        await self._insist(self._postings.unknown, delivery, reason)
        log.warning("posting.unknown", reason=reason, charge=delivery.key)

    async def _try(self, work: Callable[[], Result]) -> Result | None:
        """Nothing was sent, so nothing is lost: a full disk stops the postings, not the link."""
        try:
            return await self._postings.db.run(work)
        except StoreError as fault:
            log.error("posting.store", key=fault.key)  # noqa: TRY400 - a state, not a bug to trace
            return None

    async def _insist(self, write: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        for pause in INSIST:
            try:
                return await self._postings.db.run(write, *args, **kwargs)
            except StoreError as fault:
                log.error("posting.store", key=fault.key)  # noqa: TRY400
                await asyncio.sleep(pause)
        return await self._postings.db.run(write, *args, **kwargs)


def _evidence(answer: Answer | LateAnswer) -> str:
    """Of the hotel system's text only its transaction numbers are kept: it may name the guest."""
    return " ".join((f"P#{answer.sequence}", *_TRANSACTION.findall(answer.note)))
