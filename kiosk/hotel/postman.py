"""Takes charges out of the outbox for the wire, and the hotel system's answers back into it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import ParamSpec
from zoneinfo import ZoneInfo

import structlog

from kiosk.books.money import exponent_of
from kiosk.books.postings import Posting
from kiosk.hotel.answers import Consequence, consequence, reason_key
from kiosk.hotel.fias.events import Answer, LateAnswer, NoAnswer
from kiosk.hotel.fias.records import RoomPosting
from kiosk.outbox import Delivery, DeliveryState, Outbox
from kiosk.store.database import StoreError

Given = ParamSpec("Given")
log = structlog.get_logger()

LOOK_ANYWAY = 1.0
"""Seconds after which the outbox is asked though nothing was committed: a pause may have run out."""

FOREVER = 1e9
INSIST = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Pauses between the tries to write an answer down."""

_TRANSACTION = re.compile(r"\d{5,}")


class Postman:
    """One attempt at a time is under way: from ``take`` until ``answered``, ``unanswered`` or ``unsendable``.

    An answer that the disk won't take is offered to it for some seconds more; then StoreError is raised, and the
    attempt will be unknown.
    """

    def __init__(self, postings: Outbox, zone: ZoneInfo, retry: float, look: float) -> None:
        """``retry`` is the pause before a charge that the hotel system put off goes again, ``look`` the longest time
        until a new charge is noticed; in seconds.
        """
        self._postings = postings
        self._zone = zone
        self._retry = retry
        self._look = look
        self._changes = postings.db.changes()
        self._commit: asyncio.Task[bool] | None = None
        self._look_at = 0.0
        self._carried: Delivery | None = None

    async def recover(self) -> None:
        """At the start: what was under way when the process ended is unknown."""
        for delivery in await self._postings.db.run(self._postings.recover):
            log.warning("posting.unknown", reason="interrupted", charge=delivery.key)

    def commit(self) -> asyncio.Task[bool]:
        """Done as soon as something was committed that ``has_work`` does not know of yet."""
        if self._commit is None:
            self._commit = asyncio.ensure_future(self._changes.wait(FOREVER, self._look))
        return self._commit

    def has_work(self) -> bool:
        """Whether it is worth asking the outbox."""
        if self.commit().done():
            self._commit, self._look_at = None, 0.0
        return monotonic() >= self._look_at

    async def take(self) -> RoomPosting | None:
        """The next charge that is due, its attempt on disk; None when there is none."""
        self._look_at = monotonic() + LOOK_ANYWAY
        try:
            taken = await self._postings.db.run(self._begin)
        except StoreError as fault:
            # Nothing was sent, so nothing is lost: a full disk stops the postings, not the link.
            log.error("posting.store", key=fault.key)  # noqa: TRY400 - a state, not a bug to trace
            return None
        if taken is None:
            return None
        self._look_at = 0.0
        self._carried, number = taken
        log.info("posting.sent", number=number, charge=self._carried.key)
        return self._posting(Posting.decode(self._carried.payload), number)

    async def answered(self, answer: Answer) -> None:
        """What the hotel system said to the attempt under way."""
        delivery = self._put_down()
        match consequence(answer.status):
            case Consequence.POSTED:
                await self._delivered(delivery, answer)
            case Consequence.OTHER_MEANS | Consequence.STAFF | Consequence.NEVER:
                await self._refused(delivery, reason_key(answer.status))
            case Consequence.LATER:
                await self._again(delivery, answer.status, self._retry)
            case Consequence.AFTER_AUDIT:
                await self._again(delivery, answer.status, 0)
            case Consequence.UNKNOWN:
                await self._unknown(delivery, f"answer {answer.status!r}")

    async def unanswered(self, silence: NoAnswer) -> None:
        """It may stand on the folio, or not: never sent again from here."""
        await self._unknown(self._put_down(), silence.reason)

    async def unsendable(self, reason: str) -> None:
        """The attempt under way was never put on the wire, for it can't be written as a record."""
        log.error("posting.unsendable", detail=reason)
        await self._refused(self._put_down(), "hotel.refused.unsendable")

    async def late(self, answer: LateAnswer) -> None:
        """Settles the doubt about an earlier attempt where it can; a put-off charge stays in doubt, for a person."""
        delivery = await self._postings.db.run(self._postings.by_number, answer.sequence)
        outcome = consequence(answer.status)
        if delivery is None or delivery.state is not DeliveryState.UNKNOWN:
            log.warning("posting.stray-answer", number=answer.sequence, status=answer.status)
        elif outcome is Consequence.POSTED:
            await self._delivered(delivery, answer)
        elif outcome.refusal:
            await self._refused(delivery, reason_key(answer.status))
        else:
            log.warning("posting.still-unknown", status=answer.status, charge=delivery.key)

    async def open_count(self) -> int:
        """Charges that are not on a folio for certain."""
        return await self._postings.db.run(self._postings.pending_count)

    async def close(self) -> None:
        if self._commit is not None:
            self._commit.cancel()
            await asyncio.gather(self._commit, return_exceptions=True)
        self._changes.close()

    def _begin(self) -> tuple[Delivery, int] | None:
        delivery = self._postings.next_due()
        return (delivery, self._postings.begin(delivery)) if delivery else None

    def _posting(self, posting: Posting, number: int) -> RoomPosting:
        return RoomPosting(
            sequence=number,
            room=posting.room,
            amount=posting.minor,
            decimals=exponent_of(posting.currency),
            text=posting.text,
            voucher=posting.voucher,
            sold_at=datetime.fromtimestamp(posting.at / 1000, self._zone),
        )

    def _put_down(self) -> Delivery:
        assert self._carried is not None, "an answer without an attempt: the session promises one for one"
        delivery, self._carried = self._carried, None
        return delivery

    async def _delivered(self, delivery: Delivery, answer: Answer | LateAnswer) -> None:
        # Of the hotel system's text only its transaction numbers are kept: it may name the guest.
        evidence = " ".join((f"P#{answer.sequence}", *_TRANSACTION.findall(answer.note)))
        await self._insist(self._postings.delivered, delivery, evidence)
        log.info("posting.delivered", number=answer.sequence, late=isinstance(answer, LateAnswer), charge=delivery.key)

    async def _refused(self, delivery: Delivery, reason: str) -> None:
        await self._insist(self._postings.refused, delivery, reason)
        log.warning("posting.refused", reason=reason, charge=delivery.key)

    async def _again(self, delivery: Delivery, status: str, pause: float) -> None:
        await self._insist(self._postings.again, delivery, status, pause)
        log.info("posting.put-off", status=status, pause=pause, charge=delivery.key)

    async def _unknown(self, delivery: Delivery, reason: str) -> None:
        await self._insist(self._postings.unknown, delivery, reason)
        log.warning("posting.unknown", reason=reason, charge=delivery.key)

    async def _insist(self, write: Callable[Given, None], *args: Given.args, **kwargs: Given.kwargs) -> None:
        for pause in INSIST:
            try:
                return await self._postings.db.run(write, *args, **kwargs)
            except StoreError as fault:
                log.error("posting.store", key=fault.key)  # noqa: TRY400
                await asyncio.sleep(pause)
        return await self._postings.db.run(write, *args, **kwargs)
