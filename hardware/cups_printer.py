"""A driverless printer behind CUPS. cupsd carries the jobs; what came out is proven by the printer's own record alone.

The message keys that appear here and in health are ``hardware.printer_record.MESSAGE_KEYS``.

A job is found again in the printer's list by its name, which is unique for ever; the first job seen under it is the
job. Whatever else appears under that name is a repetition (cupsd sends a job again after a crash) and is cancelled.
A name that has ended or was cancelled is *closed*: until cupsd has verifiably forgotten it, nothing of that name may
print.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic
from typing import TypeVar

from hardware.cups_spooler import CupsSpooler, SpoolerDown, SpoolJob, SpoolState
from hardware.ipp import Attributes, IppError, IppPrinter
from hardware.printer_record import (
    CAPABILITY_NAMES,
    HEALTH_NAMES,
    JOB_NAMES,
    JobEntry,
    capabilities_of,
    entries_of,
    health_of,
    record_of,
    trouble_of,
)
from hardware.protocols import (
    OFFLINE,
    Fitness,
    Health,
    JobRecord,
    JobState,
    OutcomeUnknown,
    PrinterCapabilities,
    PrintOptions,
    PrintOrder,
    TryLater,
    Unsupported,
)
from hardware.worker import Worker

T = TypeVar("T")

ANSWER_S = 1.5
CANCEL_S = 8.0
IDLE_LOOK_S = 1.0
_LOOK_S = 0.1
_BURY_LOOK_S = 0.03
_BURY_QUICKLY_S = 1.0
_SPOOLER_LOOK_S = 0.2
_EVENTS_LOST_S = 1.0
_LAST_WORK_S = 0.5
_SPOOLER_IDLE_LOOKS = 5
_ABSENT_LOOKS = 4
_HELD_UP_S = 3.0

OFFLINE_KEY = "printer.offline"


@dataclass(frozen=True)
class _Look:
    """What the printer said at one moment."""

    attributes: Attributes
    jobs: list[Attributes]


@dataclass
class _Following:
    """A job under way. ``first`` is what the printer listed first under its name, ``proven`` the newest record.

    ``spooled``, ``spooler_knows`` and ``spooler_down`` is cupsd as last seen; ``begun`` when it sent the job first.
    """

    order: PrintOrder
    first: JobEntry | None = None
    proven: JobRecord = field(default_factory=lambda: JobRecord(JobState.PENDING, 0))
    submitted: bool = False
    cancelled: bool = False
    spooled: SpoolJob | None = None
    spooler_knows: bool = True
    spooler_down: bool = False
    begun: int | None = None

    def is_first(self, entry: JobEntry) -> bool:
        return self.first is not None and entry.identity == self.first.identity


class CupsPrinter:
    """``queue`` at the cupsd ``server`` (socket path or host) leads to the printer at ``device_uri`` (ipp or ipps).

    ``idle_look_s`` is how often an idle printer is asked for its state.
    """

    def __init__(self, name: str, queue: str, server: str, device_uri: str, idle_look_s: float = IDLE_LOOK_S) -> None:
        self.name = name
        self._idle_look_s = idle_look_s
        self._spooler = CupsSpooler(server, queue)
        self._device = IppPrinter(device_uri, ANSWER_S)
        self._worker = Worker(f"ipp-{queue}")
        self._capabilities: PrinterCapabilities | None = None
        self._health = OFFLINE
        self._following: dict[str, _Following] = {}
        self._closed: set[str] = set()

    # Device

    async def connect(self) -> None:
        """Read the capabilities and forget every job at cupsd that nobody in this process attends."""
        attributes = await self._ask(lambda: self._device.attributes(*CAPABILITY_NAMES, *HEALTH_NAMES))
        await self._spooler.prepare()
        await self._forget_strangers()
        self._know(attributes)

    async def watch(self) -> None:
        looks, burying_since = 0, 0.0
        while True:
            self._know(await self._ask(lambda: self._device.attributes(*CAPABILITY_NAMES, *HEALTH_NAMES)))
            looks += 1
            if self._closed:
                burying_since = burying_since or monotonic()
                await self._bury()
            else:
                burying_since = 0.0
                if not self._following and looks % _SPOOLER_IDLE_LOOKS == 0:
                    await self._spooler.events()
            # A job that a jam holds may stay closed for hours; nobody is in a hurry to see it go.
            hurried = self._closed and monotonic() < burying_since + _BURY_QUICKLY_S
            await asyncio.sleep(_BURY_LOOK_S if hurried else self._idle_look_s)

    async def close(self) -> None:
        """Jobs that are being followed stay followed: the printer goes on with them whether we watch it or not."""
        self._health = Health(Fitness.OFFLINE, OFFLINE_KEY)

    def health(self) -> Health:
        return self._health

    # Printer

    def capabilities(self) -> PrinterCapabilities:
        if self._capabilities is None:
            raise TryLater(OFFLINE_KEY)
        return self._capabilities

    def validate(self, options: PrintOptions) -> None:
        can = self.capabilities()
        if options.media not in can.media:
            raise Unsupported("printer.unsupported.media", media=options.media)
        if options.sides not in can.sides:
            raise Unsupported("printer.unsupported.sides", sides=options.sides.value)
        if options.colour and not can.colour:
            raise Unsupported("printer.unsupported.colour")
        if not 1 <= options.copies <= can.copies_most:
            raise Unsupported("printer.unsupported.copies", copies=options.copies, most=can.copies_most)
        if options.staple not in can.staples:
            raise Unsupported("printer.unsupported.staple", staple=options.staple.name)

    async def print(self, order: PrintOrder) -> AsyncGenerator[JobRecord, None]:
        self.validate(order.options)
        await self._bury()
        if order.name in self._following or entries_of((await self._look()).jobs, order.name):
            raise OutcomeUnknown("printer.submit-unknown")
        following = self._following[order.name] = _Following(order)
        try:
            await self._submit(following)
            async for record in self._follow(following):
                yield record
        finally:
            del self._following[order.name]

    async def cancel(self, name: str) -> JobRecord:
        following = self._following.get(name)
        if following is not None:
            following.cancelled = True
        self._closed.add(name)
        spooled: set[str] = set()
        with contextlib.suppress(SpoolerDown):
            spooled = await self._spooler.forget(name.__eq__)
        record = await self._settle(name, following, JobState.CANCELLED if spooled or following else JobState.LOST)
        await self._bury_in_time(_LAST_WORK_S)
        return record

    async def find(self, name: str) -> JobRecord:
        look = await self._look()
        following = self._following.get(name)
        for entry in entries_of(look.jobs, name):
            return record_of(entry, following.order if following else None, trouble_of(look.attributes))
        return JobRecord(JobState.LOST, following.proven.sheets if following else 0)

    # A job on its way

    async def _submit(self, following: _Following) -> None:
        order = following.order
        try:
            await self._spooler.submit(order.name, order.document, _options(order.options))
        except TryLater:
            self._closed.add(order.name)
            raise
        following.submitted = True

    async def _follow(self, following: _Following) -> AsyncIterator[JobRecord]:
        """Each change of the proven record. The spooler is watched beside it, so that it cannot hold up the proof."""
        shown: JobRecord | None = None
        watching = asyncio.ensure_future(self._watch_spooler(following))
        try:
            while True:
                following.proven = await self._prove(following)
                if following.proven.state.ended:
                    break
                if following.proven != shown:
                    shown = following.proven
                    yield shown
                await asyncio.sleep(_LOOK_S)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
        self._closed.add(following.order.name)
        await self._bury_in_time(_LAST_WORK_S)
        yield following.proven

    async def _prove(self, following: _Following) -> JobRecord:
        # cupsd is believed only about the time before the printer was asked: what it has let go, the printer must have.
        seen = replace(following)
        try:
            look = await self._look()
        except TryLater as gone:
            return replace(following.proven, state=JobState.STOPPED, reason=gone.key, place=None)
        entries = entries_of(look.jobs, following.order.name)
        if following.first is None and entries:
            following.first = entries[0]
        mine = next((entry for entry in entries if following.is_first(entry)), None)
        await self._refuse(following, [entry for entry in entries if entry is not mine])
        if mine is not None:
            if following.cancelled or (mine.awaits_document and not seen.spooler_knows):
                await self._refuse(following, [mine])
            return record_of(mine, following.order, trouble_of(look.attributes))
        if following.first is not None:
            return JobRecord(JobState.LOST, following.proven.sheets)
        return _unseen(seen, trouble_of(look.attributes))

    async def _refuse(self, following: _Following, entries: list[JobEntry]) -> None:
        """End what must not go on, at the printer and at cupsd; where that fails, the next look tries again."""
        if any(not entry.ended for entry in entries):
            await self._stop(entries)
            with contextlib.suppress(SpoolerDown):
                await self._spooler.forget(following.order.name.__eq__)

    async def _watch_spooler(self, following: _Following) -> None:
        """See cupsd's side of the job after each event there, and now and then without: a restart may lose events."""
        seen, seen_at = -1, 0.0
        while True:
            try:
                events = await self._spooler.events()
                if events != seen or monotonic() > seen_at + _EVENTS_LOST_S:
                    await self._see_spooler(following)
                    seen, seen_at = events, monotonic()
                following.spooler_down = False
            except SpoolerDown:
                following.spooler_down, seen = True, -1
            await asyncio.sleep(_SPOOLER_LOOK_S)

    async def _see_spooler(self, following: _Following) -> None:
        name = following.order.name
        job = next((job for job in await self._spooler.jobs() if job.name == name), None)
        following.spooled, following.spooler_knows = job, job is not None
        if job is None:
            return
        restarted = following.begun is not None and job.begun != following.begun
        following.begun = following.begun or job.begun
        if following.cancelled or (restarted and following.first is not None):
            # A cupsd that has come back is about to send again what the printer has already.
            await self._spooler.forget(name.__eq__)

    # The end of a job

    async def _settle(self, name: str, following: _Following | None, unseen: JobState) -> JobRecord:
        """Cancel at the printer too and wait for the end there. Raises OutcomeUnknown when it cannot be seen."""
        order = following.order if following else None
        begun, absent = monotonic(), 0
        while monotonic() < begun + CANCEL_S:
            with contextlib.suppress(TryLater):
                look = await self._look()
                entries = entries_of(look.jobs, name)
                await self._stop(entries)
                if entries:
                    record = record_of(entries[0], order, trouble_of(look.attributes))
                    if record.state.ended and all(entry.ended for entry in entries):
                        return record
                    # A jam may hold the end up till somebody clears it; no further sheet will be started.
                    held_up = record.state is JobState.STOPPED and entries[0].stopping
                    if held_up and monotonic() > begun + _HELD_UP_S:
                        return replace(record, state=JobState.CANCELLED)
                elif following is None or following.submitted:
                    absent += 1
                    if absent == _ABSENT_LOOKS:
                        return JobRecord(unseen, following.proven.sheets if following else 0)
            await asyncio.sleep(_LOOK_S)
        raise OutcomeUnknown("printer.cancel-unknown")

    async def _stop(self, entries: list[JobEntry]) -> None:
        """Cancel at the printer what still goes on there and can be reached."""
        for entry in entries:
            if not entry.ended and not entry.stopping:
                with contextlib.suppress(TryLater):
                    await self._ask(partial(self._device.cancel, entry.job_id))

    async def _bury(self) -> None:
        """Stop every closed name at cupsd and at the printer, and drop those that both have done with.

        Raises TryLater when one of them cannot be asked.
        """
        names = frozenset(self._closed)
        if not names:
            return
        spooled = await self._spooler.forget(names.__contains__)
        look = await self._look()
        for name in names:
            going = [entry for entry in entries_of(look.jobs, name) if not entry.ended]
            await self._stop(going)
            if name not in spooled and not going:
                self._closed.discard(name)

    async def _bury_in_time(self, seconds: float) -> None:
        """What cannot be done in so many ``seconds`` is left to ``watch``."""
        until = monotonic() + seconds
        with contextlib.suppress(TryLater):
            await self._bury()
            while self._closed and monotonic() < until:
                await asyncio.sleep(_BURY_LOOK_S)
                await self._bury()

    async def _forget_strangers(self) -> None:
        """Jobs of an earlier life: nobody would take the paper, and what the printer has must not come twice."""
        self._closed |= {job.name for job in await self._spooler.jobs()} - self._following.keys()
        await self._bury()
        await self._bury_in_time(_LAST_WORK_S)

    # The printer itself

    async def _look(self) -> _Look:
        def ask() -> _Look:
            return _Look(self._device.attributes(*HEALTH_NAMES), self._device.jobs(*JOB_NAMES))

        look = await self._ask(ask)
        self._publish(look.attributes)
        return look

    async def _ask(self, question: Callable[[], T]) -> T:
        try:
            return await self._worker.call(2 * ANSWER_S, question)
        except (IppError, TimeoutError) as lost:
            raise TryLater(OFFLINE_KEY) from lost

    def _know(self, attributes: Attributes) -> None:
        """Capabilities too: somebody may have put another paper into a tray."""
        self._capabilities = capabilities_of(attributes)
        self._publish(attributes)

    def _publish(self, attributes: Attributes) -> None:
        media = self._capabilities.media if self._capabilities else ()
        health = replace(health_of(attributes), media=media)
        busy = self._following and health.fitness is Fitness.READY
        self._health = replace(health, fitness=Fitness.BUSY) if busy else health


def _unseen(following: _Following, trouble: tuple[str, str | None] | None) -> JobRecord:
    """The record of a job that the printer has never listed."""
    if following.spooler_down:
        return JobRecord(JobState.STOPPED, 0, "printer.spooler-down")
    if not following.spooler_knows:
        return JobRecord(JobState.CANCELLED if following.cancelled else JobState.LOST, 0)
    ended = JobState.CANCELLED if following.cancelled else JobState.ABORTED
    match following.spooled.state if following.spooled else SpoolState.WAITING:
        case SpoolState.HELD_BACK:
            return JobRecord(ended, 0, "printer.document-refused")
        case SpoolState.FAILED:
            return JobRecord(ended, 0, "printer.job-aborted")
        case SpoolState.DONE:
            return JobRecord(JobState.LOST, 0)
    return JobRecord(JobState.STOPPED, 0, *trouble) if trouble else JobRecord(JobState.PENDING, 0)


def _options(options: PrintOptions) -> dict[str, str]:
    """IPP attributes as CUPS takes them. The document has its final size, so nothing scales it again."""
    return {
        "copies": str(options.copies),
        "sides": options.sides.value,
        "media": options.media,
        "print-color-mode": "color" if options.colour else "monochrome",
        "finishings": str(options.staple.value),
        "multiple-document-handling": "separate-documents-collated-copies",
        "print-scaling": "none",
    }
