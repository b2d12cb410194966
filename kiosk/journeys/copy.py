"""Copy: originals from glass or feeder, a sample set for approval, the rest; charged by the sheets that came out."""

from __future__ import annotations

from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from hardware.protocols import (
    DeviceError,
    PrintOrder,
    ScannedPage,
    ScanProgress,
    ScanSettings,
    Sides,
    Source,
    Staple,
    Tone,
    sheets_of,
)
from kiosk.books.charge import Purpose
from kiosk.books.money import Money
from kiosk.books.tariff import Quote
from kiosk.documents.layout import CopyLayout
from kiosk.journeys.charging import Charging
from kiosk.journeys.copy_questions import (
    DARKNESS,
    STAGES,
    ApproveSample,
    Choice,
    ChooseCopy,
    CopyChoices,
    CopyOrder,
    Finding,
    PageView,
    Review,
    ReviewPages,
    ScanAgain,
    ScanChoice,
    ScanTrouble,
    Verdict,
)
from kiosk.journeys.farewell import farewell
from kiosk.journeys.identify import Identified, identify
from kiosk.journeys.printing import Printing
from kiosk.journeys.service import Service
from kiosk.journeys.signing import sign
from kiosk.journeys.welcome import PriceLine, PriceSection, ServiceTile
from kiosk.station import Station
from kiosk.visit import Progress, Visit, WentBack

DPI = 300
PREVIEW = 900
"""Longer side of a picture for the guest, in pixels."""


async def copy(visit: Visit, station: Station) -> bool:
    """The whole service; True when the guest wants another one.

    Raises GuestLeft, WentBack, NotIdentified, NotSigned, DeviceError, StoreError, with money and documents put right.
    """
    visit.trail = STAGES
    with station.vault.open(visit.id) as folder:
        work = Copying(visit, station, folder)
        order, payer = await work.prepare()
        async with Charging.begin(visit, station, work.quote(order), payer.guest) as charging:
            order = await work.approved_sample(charging, order)
            await sign(visit, charging, by_card=payer.by_card)
            await work.rest(charging, order)
    return await farewell(visit, station, charging, asked=work.sheets(order), originals_in=order.source.value)


@dataclass
class Copying:
    """One guest's copy: the originals on disk and how they are turned into paper. Lives and dies with the visit."""

    visit: Visit
    station: Station
    folder: Path
    pages: list[ScannedPage] = field(default_factory=list)
    views: list[PageView] = field(default_factory=list)
    scanned_as: ScanSettings | None = None
    files: int = 0

    async def prepare(self) -> tuple[CopyOrder, Identified]:
        """What to copy, the originals, and who pays. Going back at the first question leaves the service."""
        order = first_order(self.station)
        while True:
            order = await self._choose(order)
            with suppress(WentBack):
                await self._originals(order)
                return order, await identify(self.visit, self.station)

    async def approved_sample(self, charging: Charging, order: CopyOrder) -> CopyOrder:
        """Print one set until the guest likes it. Returns the order as it was liked; refused sets are free."""
        while True:
            options = replace(order.options(), copies=1)
            job = await self._job(charging, replace(order, copies=1), "sample", options.copies)
            printing = Printing(self.visit, self.station, charging, Purpose.SAMPLE)
            await printing.whole(job)
            verdict = await self._verdict(order, job)
            await charging.judged(job.name, approved=verdict is Verdict.GOOD)
            if verdict is Verdict.GOOD:
                return order
            order = await self._adjusted(order, verdict)
            await charging.requote(self.quote(order))

    async def rest(self, charging: Charging, order: CopyOrder) -> None:
        """Print what the sample left over. A fault that the guest does not wait for settles what came out."""
        if order.copies > 1:
            left = replace(order, copies=order.copies - 1)
            job = await self._job(charging, left, "rest", left.copies)
            await Printing(self.visit, self.station, charging, Purpose.REST, before=self._set(order)).run(job)

    def quote(self, order: CopyOrder) -> Quote:
        return self.station.tariff.copy.quote(len(self.pages), order.options())

    def sheets(self, order: CopyOrder) -> int:
        return self._set(order) * order.copies

    def _set(self, order: CopyOrder) -> int:
        return sheets_of(len(self.pages), order.sides)

    async def _choose(self, order: CopyOrder, *, adjusting: bool = False) -> CopyOrder:
        """The guest's wishes; where the originals are to be laid anew, the pages are gone."""
        question = ChooseCopy(
            choices(self.station), order, self.station.tariff.copy, len(self.pages) or None, adjusting
        )
        answer = await (self.visit.ask(question) if adjusting else self.visit.ask_or_back(question))
        if isinstance(answer, ScanAgain):
            self._drop_pages()
            return order
        return answer

    async def _readjusted(self, order: CopyOrder) -> CopyOrder:
        """Other wishes after a refused sample, with originals scanned to suit them."""
        while True:
            order = await self._choose(order, adjusting=True)
            if self.pages and scan_settings(self.station, order) == self.scanned_as:
                return order
            with suppress(WentBack):
                await self._originals(order)
                return order

    async def _originals(self, order: CopyOrder) -> None:
        """Scan until the guest is content with the pages. Raises WentBack, with the pages kept."""
        settings = scan_settings(self.station, order)
        if settings != self.scanned_as:
            self._drop_pages()
            self.scanned_as = settings
        trouble = None if self.pages else await self._scan(settings)
        while True:
            estimate = self.quote(order).money
            review = ReviewPages(tuple(self.views), order.source, estimate, trouble)
            answer = await self.visit.ask_or_back(review)
            if answer is Review.CONTINUE:
                return
            if answer is Review.REDO_LAST:
                self._drop_pages(last_only=order.source is Source.GLASS)
            trouble = await self._scan(settings)

    async def _scan(self, settings: ScanSettings) -> str | None:
        """Add the page on the glass, or the stack in the feeder; the message key of what cut the stack short, if so."""
        while True:
            before = len(self.pages)
            try:
                await self._scan_into_pages(settings)
            except DeviceError as fault:
                if len(self.pages) > before:
                    return fault.key
                await self._ask_about(fault, settings)
            else:
                return None

    async def _scan_into_pages(self, settings: ScanSettings) -> None:
        self.visit.show(Progress("copy.scanning", stage="scan"))
        self.visit.at_stake = True
        self.files += 1
        folder = self.folder / f"scan-{self.files}"
        folder.mkdir()
        async with aclosing(self.station.devices.scanner.scan(settings, folder)) as events:
            async for event in events:
                if isinstance(event, ScanProgress):
                    done = len(self.pages)
                    self.visit.show(Progress("copy.scanning", done, 0, event.part, stage="scan"))
                else:
                    await self._examine(event)

    async def _examine(self, page: ScannedPage) -> None:
        # Not beside the page: that folder is the scanner's, which clears away what it did not deliver.
        picture = self.folder / f"{page.path.parent.name}-{page.path.stem}.jpg"
        found = await self.station.documents.check(page.path)
        await self.station.documents.preview(page.path, picture, PREVIEW)
        self.pages.append(page)
        self.views.append(PageView(picture, tuple(Finding(f.kind.value, f.box) for f in found)))

    async def _ask_about(self, fault: DeviceError, settings: ScanSettings) -> None:
        """Nothing was read: try again, or go back and choose the other source. Raises WentBack."""
        both = len(self.station.devices.scanner.capabilities().sources) > 1
        answer = await self.visit.ask_or_back(ScanTrouble(fault.key, settings.source, both))
        if answer is ScanChoice.OTHER_SOURCE:
            raise WentBack

    def _drop_pages(self, *, last_only: bool = False) -> None:
        keep = len(self.pages) - 1 if last_only else 0
        for page, view in zip(self.pages[keep:], self.views[keep:], strict=True):
            page.path.unlink()
            view.picture.unlink()
        del self.pages[keep:], self.views[keep:]

    async def _job(self, charging: Charging, order: CopyOrder, purpose: str, copies: int) -> PrintOrder:
        """Compose the document at final size and tone; unsorted copies are repeated inside it."""
        name = charging.job_name(purpose)
        layout = CopyLayout(order.media, order.darkness, not order.colour, order.scale)
        inside = 1 if order.sorted else copies
        document = await self.station.documents.compose(
            [page.path for page in self.pages],
            layout,
            self.folder / f"{name}.pdf",
            copies=inside,
            duplex=order.sides is not Sides.ONE,
        )
        options = replace(order.options(), copies=copies // inside)
        self.station.devices.printer.validate(options)
        return PrintOrder(name, document.path, document.pages, options)

    async def _verdict(self, order: CopyOrder, job: PrintOrder) -> Verdict:
        picture = self.folder / f"{job.name}.jpg"
        await self.station.documents.preview(job.document, picture, PREVIEW)
        return await self.visit.ask(
            ApproveSample(
                picture,
                self._set(order),
                order.copies - 1,
                self.quote(order).money,
                lighter_possible=order.darkness > DARKNESS[0],
                darker_possible=order.darkness < DARKNESS[-1],
            )
        )

    async def _adjusted(self, order: CopyOrder, verdict: Verdict) -> CopyOrder:
        if verdict is Verdict.TOO_LIGHT:
            return replace(order, darkness=order.darkness + 1)
        if verdict is Verdict.TOO_DARK:
            return replace(order, darkness=order.darkness - 1)
        return await self._readjusted(order)


def scan_settings(station: Station, order: CopyOrder) -> ScanSettings:
    """The whole area of the source, in the tone the copy needs, at the resolution nearest to 300 dpi."""
    scanner = station.devices.scanner.capabilities()
    wished = Tone.COLOUR if order.colour else Tone.GREY
    tone = wished if wished in scanner.tones else next(iter(scanner.tones))
    width, height = scanner.area_mm[order.source]
    dpi = min(scanner.resolutions, key=lambda dpi: abs(dpi - DPI))
    return ScanSettings(order.source, tone, dpi, width, height)


def choices(station: Station) -> CopyChoices:
    """Every option with what speaks against it, from the printer, the scanner and the tariff."""
    printer = station.devices.printer.capabilities()
    sources = station.devices.scanner.capabilities().sources
    tariff = station.tariff.copy

    def choice(value: object, reason: str, *, possible: bool) -> Choice:
        return Choice(value, None if possible else reason)

    return CopyChoices(
        media=tuple(choice(m, "copy.reason.media", possible=m in printer.media) for m in tariff.media),
        sides=tuple(choice(s, "copy.reason.sides", possible=s in printer.sides) for s in (Sides.ONE, Sides.LONG_EDGE)),
        colour=tuple(choice(c, "copy.reason.colour", possible=printer.colour or not c) for c in (False, True)),
        staple=tuple(
            choice(s, "copy.reason.staple", possible=s in printer.staples) for s in (Staple.NONE, Staple.TOP_LEFT)
        ),
        source=tuple(choice(s, "copy.reason.source", possible=s in sources) for s in (Source.GLASS, Source.FEEDER)),
        copies_most=min(printer.copies_most, 99),
    )


def first_order(station: Station) -> CopyOrder:
    """The first possible value of every option: one A4 copy, one side, black, from the glass, where the devices can."""
    offered = choices(station)

    def first(values: tuple[Choice, ...]) -> object:
        return next(choice.value for choice in values if choice.reason is None)

    return CopyOrder(
        media=str(first(offered.media)),
        sides=Sides(first(offered.sides)),
        colour=bool(first(offered.colour)),
        source=Source(first(offered.source)),
    )


def tile(station: Station) -> ServiceTile:
    """Available when printer and scanner are fit and the printer has a paper that is sold."""
    tariff = station.tariff.copy
    cheapest = Money(min(price.minor for price in tariff.prices), tariff.currency)
    return ServiceTile("copy", "copy.tile.hint", cheapest, _unavailable(station))


def _unavailable(station: Station) -> str | None:
    for device in ("printer", "scanner"):
        if not station.works(device):
            return station.health_of(device).reason
    if all(choice.reason for choice in choices(station).media):
        return "copy.reason.no-paper"
    return None


def prices(station: Station) -> PriceSection:
    tariff = station.tariff.copy
    lines = [
        PriceLine(
            "tariff.copy.sheet",
            (
                ("media", price.media),
                ("colour", "colour" if price.colour else "black"),
                ("sides", (Sides.LONG_EDGE if price.duplex else Sides.ONE).value),
            ),
            Money(price.minor, tariff.currency),
            "sheet",
        )
        for price in tariff.prices
    ]
    if tariff.staple_minor:
        lines.append(PriceLine("tariff.copy.staple", (), Money(tariff.staple_minor, tariff.currency), "set"))
    return PriceSection("copy", tuple(lines), tariff.tax_basis_points)


SERVICE = Service("copy", 10, tile, prices, copy)
