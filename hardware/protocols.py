"""What every device promises, in terms of what can be proven at the device. No driver library is imported here.

Every method that waits is a coroutine on the engine's loop; a driver keeps its blocking calls on its own thread or in
its own process. Nothing here carries a sentence: faults are message keys with values, worded by whoever shows them.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol


class Fitness(Enum):
    """How fit a device is for work, from the guest's point of view."""

    READY = "ready"
    BUSY = "busy"
    NEEDS_PERSON = "needs-person"
    OFFLINE = "offline"


@dataclass(frozen=True)
class Supply:
    """A consumable: ``kind`` ("toner-black", "paper-tray-2", "receipt-roll"); ``level`` in percent, None if unknown."""

    kind: str
    level: int | None


@dataclass(frozen=True)
class Health:
    """One published snapshot of a device.

    ``reason`` is a message key ("printer.media-jam", "scanner.cover-open"), None when ready; ``place`` names the part
    to look at ("side-door", "tray-2"), None when unknown. ``warnings`` are keys that do not stop work
    ("printer.toner-low"). ``media`` are the PWG names of what a printer has loaded, as in its capabilities.
    """

    fitness: Fitness
    reason: str | None = None
    place: str | None = None
    warnings: tuple[str, ...] = ()
    supplies: tuple[Supply, ...] = ()
    media: tuple[str, ...] = ()


OFFLINE = Health(Fitness.OFFLINE, "device.offline")


class DeviceError(Exception):
    """A device fault as a message ``key`` and ``values``; the subclass says what must happen next."""

    def __init__(self, key: str, **values: str | int) -> None:
        super().__init__(key, values)
        self.key = key
        self.values: Mapping[str, str | int] = values


class TryLater(DeviceError):
    """Nothing happened and nothing is lost: the same call may succeed in a while."""


class NeedsPerson(DeviceError):
    """Nothing more will happen until somebody acts at the device (``place`` in values where known)."""


class OutcomeUnknown(DeviceError):
    """It may have happened. Ask the device's own record before anything is repeated or charged."""


class Unsupported(DeviceError):
    """The device cannot do what was asked; found before anything was started. A mistake of the caller, not a fault."""


class Device(Protocol):
    """What a supervisor needs of any driver."""

    name: str

    async def connect(self) -> None:
        """Open the wire and read capabilities. Raises DeviceError; may be called again after ``close``."""
        ...

    async def watch(self) -> None:
        """Serve the device until the wire breaks (raises DeviceError). Cancelled to stop."""
        ...

    async def close(self) -> None: ...

    def health(self) -> Health:
        """The newest snapshot; never blocks."""
        ...


# Printer


class Sides(Enum):
    ONE = "one-sided"
    LONG_EDGE = "two-sided-long-edge"
    SHORT_EDGE = "two-sided-short-edge"


class Staple(Enum):
    """IPP ``finishings`` enum values (PWG 5100.1)."""

    NONE = 3
    TOP_LEFT = 20


@dataclass(frozen=True)
class PrinterCapabilities:
    """Read from the printer's own IPP attributes. ``media`` are PWG 5101.1 self-describing names, loaded ones only."""

    media: tuple[str, ...]
    sides: frozenset[Sides]
    colour: bool
    staples: frozenset[Staple]
    copies_most: int
    formats: frozenset[str]


@dataclass(frozen=True)
class PrintOptions:
    media: str
    sides: Sides = Sides.ONE
    colour: bool = False
    copies: int = 1
    staple: Staple = Staple.NONE


@dataclass(frozen=True)
class PrintOrder:
    """One job. ``name`` is unique for ever (it finds the job again in the printer's own record after any crash).

    ``pages`` is the number of pages in one copy of ``document`` (a PDF at final size, scale and tone); a copy is a set:
    copies come out sorted, each set stapled where asked. Unsorted copies are already repeated inside the document.
    """

    name: str
    document: Path
    pages: int
    options: PrintOptions

    @property
    def sheets(self) -> int:
        """Sheets of paper the whole job takes."""
        return sheets_of(self.pages, self.options.sides) * self.options.copies


def sheets_of(pages: int, sides: Sides) -> int:
    """Sheets of paper that ``pages`` impressions of one set take."""
    return pages if sides is Sides.ONE else (pages + 1) // 2


class JobState(Enum):
    """The life of a print job as the printer's own record tells it (RFC 8011 §5.3.7), ``LOST``: no record of it."""

    PENDING = "pending"
    PRINTING = "printing"
    STOPPED = "stopped"
    COMPLETED = "completed"
    ABORTED = "aborted"
    CANCELLED = "cancelled"
    LOST = "lost"

    @property
    def ended(self) -> bool:
        return self in (JobState.COMPLETED, JobState.ABORTED, JobState.CANCELLED, JobState.LOST)


@dataclass(frozen=True)
class JobRecord:
    """Proven progress of one job: ``sheets`` came out. ``reason`` is a message key when STOPPED or ABORTED."""

    state: JobState
    sheets: int
    reason: str | None = None
    place: str | None = None


class Printer(Device, Protocol):
    def capabilities(self) -> PrinterCapabilities:
        """As read at ``connect``. Raises TryLater when never connected."""
        ...

    def validate(self, options: PrintOptions) -> None:
        """Raises Unsupported naming the option; call before anything is asked of the guest's money."""
        ...

    def print(self, order: PrintOrder) -> AsyncGenerator[JobRecord, None]:
        """Submit once and yield each change of the proven record, the last one ended.

        A STOPPED record does not end the iteration: the job goes on by itself when the fault is cleared.
        Raises Unsupported or TryLater before anything was submitted, OutcomeUnknown when the submission's fate is
        not known. Leaving the iteration early does not cancel the job: call ``cancel``.
        """
        ...

    async def cancel(self, name: str) -> JobRecord:
        """Stop the job at the next sheet; returns its final record. Cancelling an ended or unknown job is no error."""
        ...

    async def find(self, name: str) -> JobRecord:
        """What the printer's own job history says of the job; LOST when it has no record of it. Raises TryLater."""
        ...


# Scanner


class Source(Enum):
    GLASS = "glass"
    FEEDER = "feeder"


class Tone(Enum):
    COLOUR = "colour"
    GREY = "grey"


@dataclass(frozen=True)
class ScannerCapabilities:
    """Read from the SANE option constraints. Resolutions in dpi, ascending; the area in mm per source."""

    sources: frozenset[Source]
    tones: frozenset[Tone]
    resolutions: tuple[int, ...]
    area_mm: Mapping[Source, tuple[float, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class ScanSettings:
    source: Source = Source.GLASS
    tone: Tone = Tone.COLOUR
    dpi: int = 300
    width_mm: float = 210.0
    height_mm: float = 297.0


@dataclass(frozen=True)
class ScanProgress:
    """``part`` of the page with this number (from 1) is read, 0.0 to 1.0."""

    page: int
    part: float


@dataclass(frozen=True)
class ScannedPage:
    """One page on disk as a baseline JPEG. ``dpi`` is what was delivered, not what was wished."""

    path: Path
    width: int
    height: int
    dpi: int


class Scanner(Device, Protocol):
    def capabilities(self) -> ScannerCapabilities: ...

    def scan(self, settings: ScanSettings, folder: Path) -> AsyncGenerator[ScanProgress | ScannedPage, None]:
        """Scan one page from the glass, or the whole stack from the feeder, into files in ``folder``.

        Pages already yielded stay valid when a later one fails. Closing the iterator cancels the scan and removes the
        unfinished file. Raises Unsupported, TryLater (busy, died, deadline), NeedsPerson (jam, cover open, feeder
        empty, an unusable picture).
        """
        ...


# Room cards


@dataclass(frozen=True)
class Card:
    """What a reader saw. ``uid`` is upper-case hex; its repr is masked, it must not reach a log."""

    uid: str = field(repr=False)


class CardReader(Device, Protocol):
    def cards(self) -> AsyncIterator[Card]:
        """Each card once per presentation (debounced), to every listener; dropped while nobody listens."""
        ...


# Receipts


class Align(Enum):
    LEFT = "left"
    CENTRE = "centre"


@dataclass(frozen=True)
class Words:
    """A line of text; ``size`` 1 (body), 2 (double) or 3 (the amount). Chinese allowed."""

    text: str
    size: int = 1
    bold: bool = False
    align: Align = Align.LEFT


@dataclass(frozen=True)
class Row:
    """Left text and right text on one line."""

    left: str
    right: str
    size: int = 1
    bold: bool = False


@dataclass(frozen=True)
class Rule:
    """A thin line across the paper."""


@dataclass(frozen=True)
class QrCode:
    data: str


ReceiptPart = Words | Row | Rule | QrCode


class ReceiptPrinter(Device, Protocol):
    async def print(self, receipt: Sequence[ReceiptPart]) -> None:
        """Print, feed and cut; returns when the printer has answered that it is still well.

        Raises NeedsPerson (paper out, cover open) before or TryLater (offline) before anything was sent;
        OutcomeUnknown when the printer fell silent after data was sent.
        """
        ...


# Panel


class Light(Enum):
    READY = "ready"
    BUSY = "busy"
    FAULT = "fault"
    CARD_SLOT = "card-slot"


class PanelEvent(Enum):
    STAFF_BUTTON = "staff-button"
    DOOR_OPENED = "door-opened"
    DOOR_CLOSED = "door-closed"


class Panel(Device, Protocol):
    def light(self, light: Light, on: bool) -> None: ...

    def events(self) -> AsyncIterator[PanelEvent]:
        """Debounced presses and door changes, to every listener."""
        ...
