"""Takes errands out of the register's outbox for the wire, and what became of them back into it.

Other than a charge, an errand may be carried out twice without harm: one without an answer is simply sent again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import structlog

from kiosk.hotel.errands import AnyErrand, decode
from kiosk.hotel.news import GuestNews, ServiceNews
from kiosk.hotel.watch import committed
from kiosk.outbox import Delivery, DeliveryState, Outbox, deliveries
from kiosk.store.database import StoreError

Result = TypeVar("Result")
log = structlog.get_logger()

LOOK_ANYWAY = 5.0
"""Seconds after which the outbox is asked though nothing was committed: a pause may have run out."""
RETRY = 30.0


class Switchboard(Protocol):
    """The register's side of what the hotel system tells of wake-ups, messages and rooms."""

    @property
    def errands(self) -> Outbox: ...

    def told(self, news: Sequence[GuestNews | ServiceNews]) -> None:
        """Written down in order. Blocks; raises StoreError."""
        ...


class Runner:
    """One errand at a time is under way: from ``take`` until ``sent``, ``done``, ``put_off`` or ``refused``.

    What was ``sent`` and is not answered waits, in order, for a sign that the hotel system still listened: ``heard``.

    No call raises: a register that cannot be written stops the errands, not the link.
    """

    def __init__(self, switchboard: Switchboard, retry: float = RETRY) -> None:
        """``retry``: seconds before an errand that was not answered is tried once more."""
        self._switchboard = switchboard
        self._errands = switchboard.errands
        self._retry = retry
        self._changes = self._errands.db.changes()
        self._commit: asyncio.Task[bool] | None = None
        self._look_at = 0.0
        self._carried: Delivery | None = None
        self._unheard: list[Delivery] = []
        self.number = 0
        """Of the attempt under way, or the last one: as good as unique among the kiosk's errands."""

    def commit(self) -> asyncio.Task[bool]:
        """Done as soon as something was committed that ``has_work`` does not know of yet."""
        if self._commit is None:
            self._commit = asyncio.ensure_future(committed(self._changes, LOOK_ANYWAY))
        return self._commit

    def has_work(self) -> bool:
        """Whether it is worth asking the outbox."""
        if self.commit().done():
            self._commit, self._look_at = None, 0.0
        return not self.carries and asyncio.get_running_loop().time() >= self._look_at

    @property
    def carries(self) -> bool:
        """Whether an errand is under way."""
        return self._carried is not None

    async def take(self) -> AnyErrand | None:
        """The next errand that is due, its attempt on disk; None when there is none."""
        self._look_at = asyncio.get_running_loop().time() + LOOK_ANYWAY
        begun = await self._attempt(self._begin)
        if begun is None:
            return None
        self._look_at = 0.0
        self._carried, self.number = begun
        return decode(self._carried.payload)

    def sent(self) -> None:
        """It is on a wire of which nobody knows yet whether it still leads anywhere."""
        self._unheard.append(self._put_down())

    async def heard(self) -> None:
        """Everything that was ``sent`` reached the hotel system, as far as that can be known."""
        sent, self._unheard = self._unheard, []
        await self._attempt(lambda: self._all_delivered(sent))
        for delivery in sent:
            log.info("errand.done", errand=delivery.key)

    async def lost(self) -> None:
        """Nobody knows whether what was ``sent`` reached the hotel system: it goes again, in the same order."""
        sent, self._unheard = self._unheard, []
        await self._attempt(lambda: self._all_again(sent))
        for delivery in sent:
            log.info("errand.put-off", errand=delivery.key, reason="cut")

    async def done(self) -> None:
        """The hotel system has it."""
        delivery = self._put_down()
        await self._attempt(lambda: self._errands.delivered(delivery, ""))
        log.info("errand.done", errand=delivery.key)

    async def put_off(self, reason: str) -> None:
        """It did not reach the hotel system, or nobody knows: it is sent again after a pause."""
        delivery = self._put_down()
        await self._attempt(lambda: self._errands.again(delivery, reason, self._retry))
        log.info("errand.put-off", errand=delivery.key, reason=reason)

    async def refused(self, reason: str) -> None:
        """The hotel system will not do it. ``reason`` is a message key."""
        delivery = self._put_down()
        await self._attempt(lambda: self._errands.refused(delivery, reason))
        log.warning("errand.refused", errand=delivery.key, reason=reason)

    async def told(self, news: Sequence[GuestNews | ServiceNews]) -> None:
        """Handed to the switchboard; lost where the register can't be written, for the hotel system says it once."""
        await self._attempt(lambda: self._switchboard.told(news))

    async def close(self) -> None:
        if self._commit is not None:
            self._commit.cancel()
            await asyncio.gather(self._commit, return_exceptions=True)
        self._changes.close()

    def _begin(self) -> tuple[Delivery, int] | None:
        sent = {delivery.seq for delivery in self._unheard}
        # In one transaction: the kiosk withdraws errands at any time.
        with self._errands.db.transaction() as tx:
            for delivery in deliveries(tx, self._errands.destination, [DeliveryState.SENDING]):
                if delivery.seq not in sent:  # left behind, by a process that ended or a full disk
                    self._errands.again_in(tx, delivery, "interrupted")
            due = self._errands.next_in(tx)
            return (due, self._errands.begin_in(tx, due)) if due else None

    def _all_delivered(self, sent: Sequence[Delivery]) -> None:
        with self._errands.db.transaction() as tx:
            for delivery in sent:
                self._errands.deliver_in(tx, delivery, "")

    def _all_again(self, sent: Sequence[Delivery]) -> None:
        # At once, or a later one would overtake it: a wake-up taken back before it is ordered again stays. But not
        # without end: a record that makes the hotel system hang up must not cost every new line.
        with self._errands.db.transaction() as tx:
            for delivery in sent:
                self._errands.again_in(tx, delivery, "cut", self._retry if delivery.attempts else 0.0)

    def _put_down(self) -> Delivery:
        assert self._carried is not None, "what became of an errand is told once for each"
        delivery, self._carried = self._carried, None
        return delivery

    async def _attempt(self, work: Callable[[], Result]) -> Result | None:
        try:
            return await self._errands.db.run(work)
        except StoreError as fault:
            log.error("errand.store", key=fault.key)  # noqa: TRY400 - a state, not a bug to trace
            return None
