"""What the scanner driver and its child process say to each other: one JSON object a line over a socket pair."""

from __future__ import annotations

from msgspec import Struct
from msgspec.json import Decoder, Encoder

from hardware.protocols import DeviceError, NeedsPerson, Source, Tone, TryLater, Unsupported

FAULTS: dict[str, type[DeviceError]] = {
    "scanner.jam": NeedsPerson,
    "scanner.cover-open": NeedsPerson,
    "scanner.feeder-empty": NeedsPerson,
    "scanner.picture-unusable": NeedsPerson,
    "scanner.busy": TryLater,
    "scanner.offline": TryLater,
    "scanner.silent": TryLater,
    "scanner.died": TryLater,
    "scanner.failed": TryLater,
    "scanner.no-space": TryLater,
    "scanner.unsupported": Unsupported,
}
"""Every message key the scanner raises, with what must happen next. ``scanner.unsupported`` carries ``option``."""


class Open(Struct, frozen=True, tag=True):
    """Open, or after a fault open anew, the device with these backend options on top of its defaults."""

    device: str
    options: dict[str, str | bool | int | float]


class Scan(Struct, frozen=True, tag=True):
    """Scan into ``folder``; the first page is written as number ``first``. Sizes in mm, ``dpi`` in dots an inch."""

    source: Source
    tone: Tone
    dpi: int
    width_mm: float
    height_mm: float
    folder: str
    first: int


class Cancel(Struct, frozen=True, tag=True):
    """Give up the scan under way; it is answered by its ``Ended``."""


class Opened(Struct, frozen=True, tag=True):
    """The device's capabilities; ``area_mm`` is (width, height) for each source it has."""

    tones: list[Tone]
    resolutions: list[int]
    area_mm: dict[Source, tuple[float, float]]


class Progressed(Struct, frozen=True, tag=True):
    page: int
    part: float


class Paged(Struct, frozen=True, tag=True):
    """A whole page is on disk."""

    path: str
    width: int
    height: int
    dpi: int


class Ended(Struct, frozen=True, tag=True):
    """The command is over: well, or with one of the keys of ``FAULTS``."""

    fault: str | None = None


Command = Open | Scan | Cancel
Event = Opened | Progressed | Paged | Ended

_encoder = Encoder()
commands: Decoder[Command] = Decoder(Command)
events: Decoder[Event] = Decoder(Event)


def line(message: Command | Event) -> bytes:
    return _encoder.encode(message) + b"\n"


def page_name(number: int) -> str:
    return f"page-{number:04d}.jpg"


PART = ".part"
"""Ending of a page's name while it is being written."""
