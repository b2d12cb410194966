"""One print job with a guest watching: progress by proven sheet, trouble with a choice, an end that is always known."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from enum import Enum
from typing import Any

from hardware.protocols import DeviceError, JobRecord, JobState, PrintOrder, TryLater, Unsupported
from kiosk.books.charge import Purpose
from kiosk.journeys.charging import Charging
from kiosk.journeys.copy_questions import Patient, PrinterTrouble
from kiosk.station import Station
from kiosk.tasks import stopped, uninterrupted
from kiosk.visit import Progress, Visit

_SPEAKS_FROM = 10.0
"""Seconds: shorter work needs no time left."""


class PrintStopped(DeviceError):
    """The job ended before its last sheet: by the printer, or because the guest did not want to wait."""


class _Stage(Enum):
    """How far a job has come on its way to the printer: what must be done to end it."""

    NEW = "new"
    BEGUN = "begun"  # the books expect it, the printer knows nothing of it
    HANDED_OVER = "handed-over"  # the driver may have told the printer
    FOLLOWED = "followed"  # the driver sees it at the printer


class Printing:
    """Prints for a charge. ``before`` sheets of the order came out already, for the guest's count."""

    def __init__(self, visit: Visit, station: Station, charging: Charging, purpose: Purpose, before: int = 0) -> None:
        self._visit = visit
        self._station = station
        self._charging = charging
        self._purpose = purpose
        self._before = before
        self._stage = _Stage.NEW
        self._record = JobRecord(JobState.PENDING, 0)
        self._trouble_told: str | None = None
        self._news = asyncio.Event()
        self._first_sheet_at: float | None = None

    async def whole(self, order: PrintOrder) -> None:
        """Print all of it. Raises PrintStopped when fewer sheets came out."""
        record = await self.run(order)
        if record.sheets < order.sheets:
            raise PrintStopped(record.reason or self._trouble_told or "printer.stopped")

    async def run(self, order: PrintOrder) -> JobRecord:
        """Print and return the proven end. Whatever way this is left, the job is over and its count is in the books.

        Raises DeviceError when the job could not be begun or its outcome is unknown.
        """
        following = asyncio.ensure_future(self._follow(order))
        try:
            await self._accompany(following, order)
            if following.done():
                following.result()
        finally:
            await uninterrupted(self._end(order, following))
        return self._record

    async def _follow(self, order: PrintOrder) -> None:
        await uninterrupted(self._begin(order))
        self._stage = _Stage.HANDED_OVER
        try:
            async with aclosing(self._station.devices.printer.print(order)) as records:
                async for record in records:
                    self._stage = _Stage.FOLLOWED
                    if record.sheets > self._record.sheets:
                        await self._charging.proven(order.name, record.sheets)
                    self._record = record
                    self._news.set()
        except (TryLater, Unsupported):
            self._stage = _Stage.BEGUN  # the driver promises that nothing was submitted
            raise

    async def _begin(self, order: PrintOrder) -> None:
        await self._charging.begin_work(order.name, order.sheets, self._purpose)
        self._stage = _Stage.BEGUN

    async def _accompany(self, following: asyncio.Future[None], order: PrintOrder) -> None:
        """Show sheets as they come; returns when the job has ended, or when the guest does not wait."""
        while not following.done():
            self._news.clear()
            if self._record.state is JobState.STOPPED:
                if await self._trouble(following, order) is Patient.STOP:
                    return
                continue
            self._show(order)
            await self._next(following)
        self._show(order)

    async def _next(self, following: asyncio.Future[None]) -> None:
        news = asyncio.ensure_future(self._news.wait())
        waiting: set[asyncio.Future[Any]] = {following, news}
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await stopped(news)

    async def _trouble(self, following: asyncio.Future[None], order: PrintOrder) -> Patient | None:
        """Tell what is wrong, as it changes, until the printer goes on (None) or the guest stops."""
        reason, waiting = self._reason, False
        self._trouble_told = reason
        called = await self._station.tell_staff("printer", self._visit, reason, place=self._record.place or "")
        minutes = self._station.house.staff_minutes if called else None
        while self._record.state is JobState.STOPPED and not following.done():
            moving = asyncio.ensure_future(self._moves(following, self._record))
            try:
                answer = await self._visit.ask_until(self._trouble_question(order, minutes, waiting=waiting), moving)
            finally:
                await stopped(moving)
            if answer is Patient.STOP:
                return answer
            waiting = waiting or answer is Patient.WAIT
        return None

    @property
    def _reason(self) -> str:
        return self._record.reason or "printer.stopped"

    async def _moves(self, following: asyncio.Future[None], told: JobRecord) -> None:
        """Until the printer goes on, or stands still otherwise than was ``told``."""
        while self._record == told and not following.done():
            self._news.clear()
            await self._next(following)

    def _trouble_question(self, order: PrintOrder, minutes: int | None, *, waiting: bool) -> PrinterTrouble:
        done = self._before + self._record.sheets
        return PrinterTrouble(
            self._reason,
            self._record.place,
            done,
            self._before + order.sheets,
            self._charging.price_of(done if self._purpose is Purpose.REST else 0),
            minutes,
            waiting,
        )

    def _show(self, order: PrintOrder) -> None:
        done, total = self._before + self._record.sheets, self._before + order.sheets
        self._visit.show(
            Progress(f"copy.printing.{self._purpose.value}", done, total, 0.0, self._left(order), "collect")
        )

    def _left(self, order: PrintOrder) -> int | None:
        """Seconds to the last sheet, from the pace since the first one; None while it would be a guess."""
        now = asyncio.get_running_loop().time()
        if not self._record.sheets:
            return None
        if self._first_sheet_at is None:
            self._first_sheet_at = now
            return None
        if self._record.sheets < 2:
            return None
        pace = (now - self._first_sheet_at) / (self._record.sheets - 1)
        left = pace * (order.sheets - self._record.sheets)
        return round(left) if left >= _SPEAKS_FROM else None

    async def _end(self, order: PrintOrder, following: asyncio.Future[None]) -> None:
        """Put the job to rest: cancelled where it still runs, its last proven count in the books."""
        if self._stage is not _Stage.FOLLOWED:
            await stopped(following)  # or it would still be handed over while it is called back
        if self._stage is _Stage.BEGUN:
            self._record = JobRecord(JobState.CANCELLED, 0)
        elif self._stage is not _Stage.NEW:
            # Cancelled while it is followed: the driver then knows the order, and so what the printer's counts mean.
            last = self._record if self._record.state.ended else await self._cancelled(order)
            await stopped(following)
            self._record = last
        if self._record.state.ended and self._record.state is not JobState.LOST:
            await self._charging.ended(order.name, self._record.sheets)

    async def _cancelled(self, order: PrintOrder) -> JobRecord:
        try:
            return await self._station.devices.printer.cancel(order.name)
        except DeviceError:
            return self._record
