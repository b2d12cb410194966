"""Devices made of paper: the protocols without any wire, for journeys in milliseconds. Drivers are proven elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, ImageDraw

from hardware.broadcast import Broadcast
from hardware.protocols import (
    Card,
    DeviceError,
    Fitness,
    Health,
    JobRecord,
    JobState,
    Light,
    NeedsPerson,
    PanelEvent,
    PrinterCapabilities,
    PrintOptions,
    PrintOrder,
    ReceiptPart,
    ScannedPage,
    ScannerCapabilities,
    ScanProgress,
    ScanSettings,
    Sides,
    Source,
    Staple,
    Tone,
    Unsupported,
)

MEDIA = ("iso_a4_210x297mm", "iso_a3_297x420mm", "jis_b5_182x257mm")


class PaperDevice:
    """Always connected, always well."""

    name = "paper"

    async def connect(self) -> None: ...

    async def watch(self) -> None:
        await asyncio.Event().wait()

    async def close(self) -> None: ...

    def health(self) -> Health:
        return Health(Fitness.READY)


@dataclass
class PaperPrinter(PaperDevice):
    """Sheets come out at once; ``jam_before`` stops there until ``clear``; ``aborts`` fails there for good.

    ``refuses`` is raised before anything is submitted, ``fails`` when the job is on its way.
    """

    media: tuple[str, ...] = MEDIA
    jam_before: int | None = None
    aborts_before: int | None = None
    fails: DeviceError | None = None
    refuses: DeviceError | None = None
    jobs: dict[str, JobRecord] = field(default_factory=dict)
    orders: list[PrintOrder] = field(default_factory=list)
    found: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    followed: set[str] = field(default_factory=set)
    cancelled_while_followed: list[bool] = field(default_factory=list)
    name: str = "printer"

    @property
    def sheets_out(self) -> int:
        return sum(record.sheets for record in self.jobs.values())

    def capabilities(self) -> PrinterCapabilities:
        return PrinterCapabilities(
            media=self.media,
            sides=frozenset(Sides),
            colour=True,
            staples=frozenset(Staple),
            copies_most=99,
            formats=frozenset({"application/pdf"}),
        )

    def validate(self, options: PrintOptions) -> None:
        if options.media not in self.media:
            raise Unsupported("printer.unsupported.media", media=options.media)

    async def print(self, order: PrintOrder) -> AsyncGenerator[JobRecord, None]:
        if self.refuses is not None:
            raise self.refuses
        self.orders.append(order)
        self.followed.add(order.name)
        try:
            async for record in self._sheets(order):
                yield record
        finally:
            self.followed.discard(order.name)

    async def _sheets(self, order: PrintOrder) -> AsyncGenerator[JobRecord, None]:
        for sheet in range(1, order.sheets + 1):
            if sheet == self.aborts_before:
                yield self._record(order, JobState.ABORTED, sheet - 1, "printer.aborted")
                return
            if sheet == self.jam_before:
                yield self._record(order, JobState.STOPPED, sheet - 1, "printer.media-jam")
                while (reason := await self.found.get()) is not None:
                    yield self._record(order, JobState.STOPPED, sheet - 1, reason)
                self.jam_before = None
            if self.fails is not None:
                raise self.fails
            yield self._record(order, JobState.PRINTING, sheet)
            await asyncio.sleep(0)
        yield self._record(order, JobState.COMPLETED, order.sheets)

    def stand_still(self, reason: str) -> None:
        """What was wrong is not any more, but now ``reason`` is."""
        self.found.put_nowait(reason)

    def clear(self) -> None:
        self.found.put_nowait(None)

    async def cancel(self, name: str) -> JobRecord:
        self.cancelled_while_followed.append(name in self.followed)
        record = await self.find(name)
        if not record.state.ended:
            record = self.jobs[name] = JobRecord(JobState.CANCELLED, record.sheets)
        return record

    async def find(self, name: str) -> JobRecord:
        return self.jobs.get(name, JobRecord(JobState.LOST, 0))

    def _record(self, order: PrintOrder, state: JobState, sheets: int, reason: str | None = None) -> JobRecord:
        record = self.jobs[order.name] = JobRecord(state, sheets, reason, "side-door" if reason else None)
        return record


@dataclass
class PaperScanner(PaperDevice):
    """``stack`` pages wait in the feeder; ``fault`` is raised after ``fault_after`` pages of a scan, once."""

    stack: int = 3
    fault: DeviceError | None = None
    fault_after: int = 0
    scans: list[ScanSettings] = field(default_factory=list)
    name: str = "scanner"

    def capabilities(self) -> ScannerCapabilities:
        area = dict.fromkeys(Source, (210.0, 297.0))
        return ScannerCapabilities(frozenset(Source), frozenset(Tone), (150, 300), area)

    async def scan(self, settings: ScanSettings, folder: Path) -> AsyncGenerator[ScanProgress | ScannedPage, None]:
        self.scans.append(settings)
        for page in range(1, (self.stack if settings.source is Source.FEEDER else 1) + 1):
            if self.fault is not None and page > self.fault_after:
                fault, self.fault = self.fault, None
                raise fault
            yield ScanProgress(page, 0.5)
            yield letter(folder / f"page-{page:03d}.jpg")

    @classmethod
    def jammed(cls, after: int) -> PaperScanner:
        return cls(fault=NeedsPerson("scanner.jam"), fault_after=after)


def letter(path: Path) -> ScannedPage:
    """A small page with a few black lines on it."""
    page = Image.new("L", (413, 585), 255)
    draw = ImageDraw.Draw(page)
    for line in range(60, 500, 30):
        draw.rectangle((60, line, 340, line + 10), fill=20)
    page.save(path, "JPEG", dpi=(50, 50))
    return ScannedPage(path, 413, 585, 50)


@dataclass
class PaperReader(PaperDevice):
    name: str = "card-reader"
    air: Broadcast[Card] = field(default_factory=Broadcast)

    def cards(self) -> AsyncIterator[Card]:
        return self.air.listen()


@dataclass
class PaperReceipts(PaperDevice):
    name: str = "receipt-printer"
    fault: DeviceError | None = None
    printed: list[tuple[ReceiptPart, ...]] = field(default_factory=list)

    async def print(self, receipt: Sequence[ReceiptPart]) -> None:
        if self.fault is not None:
            raise self.fault
        self.printed.append(tuple(receipt))


@dataclass
class PaperPanel(PaperDevice):
    name: str = "panel"
    lit: set[Light] = field(default_factory=set)
    history: list[tuple[Light, bool]] = field(default_factory=list)
    air: Broadcast[PanelEvent] = field(default_factory=Broadcast)

    def light(self, light: Light, on: bool) -> None:
        self.history.append((light, on))
        (self.lit.add if on else self.lit.discard)(light)

    def events(self) -> AsyncIterator[PanelEvent]:
        return self.air.listen()
