"""Every setting of the station, its type and its bounds. Values come from ``kiosk.config.load``.

What the house leaves out is read from ``defaults/kiosk.toml``, not from here, so that one file shows every value.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Meta

from kiosk.config.hotel import HotelSettings, WakeUpSettings
from kiosk.config.typed import FieldError, Section, Word

Baud = Literal[9600, 19200, 38400, 57600, 115200]
BcmPin = Annotated[int, Meta(ge=2, le=27)]
"""A pin by its Broadcom number; 0 and 1 belong to the EEPROM of the header."""


class House(Section, frozen=True):
    """Whose lobby this is, in both languages, and where in it the station stands."""

    name_zh: Word
    name_en: Word
    place: Word
    """Where staff find the station when they are called."""
    timezone: Word
    """An IANA name, such as Asia/Shanghai; days and shifts begin by it."""
    default_language: Literal["zh_CN", "en"]
    staff_minutes: Annotated[int, Meta(ge=1, le=60)]
    """The promise given to a guest who calls a person, in minutes."""

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError):
            raise FieldError("timezone", f"no such time zone: {self.timezone!r}") from None


class Paths(Section, frozen=True):
    """Where things lie. ``runtime`` is memory, gone at every start of the machine."""

    state: Path
    runtime: Path
    assets: Path

    @property
    def vault(self) -> Path:
        """The documents of the visit in hand; nobody else may look in."""
        return self.runtime / "vault"

    @property
    def status(self) -> Path:
        """What each process says of itself, for ``kiosk status`` and remote monitoring."""
        return self.runtime / "status"


class Display(Section, frozen=True):
    """The panel before it is turned: ``width`` and ``height`` in pixels as drawn upright, ``rotation`` in degrees."""

    width: Annotated[int, Meta(ge=480, le=7680)]
    height: Annotated[int, Meta(ge=480, le=7680)]
    rotation: Literal[0, 90, 180, 270]
    diagonal_inch: Annotated[float, Meta(ge=5, le=65)]
    fullscreen: bool
    theme: Literal["light", "high-contrast", "large-type"]
    """The look that every guest finds; a guest may choose another for the visit."""


class Sound(Section, frozen=True):
    """The voice of the station: a tick on touch, a chime when the guest is needed."""

    volume: Annotated[int, Meta(ge=0, le=100)]
    """Percent; 0 opens no sound device."""


class VisitTimes(Section, frozen=True):
    """Idle times in seconds: silence before the warning, and the countdown of the warning."""

    quiet_seconds: Annotated[float, Meta(ge=10, le=600)]
    warning_seconds: Annotated[int, Meta(ge=5, le=120)]


class PrinterSettings(Section, frozen=True):
    """``server`` is the socket or host:port of CUPS; ``device_uri`` the printer's own IPP address, asked for proof."""

    queue: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,127}$", description="letters, digits, . _ -")]
    server: Word
    device_uri: Annotated[str, Meta(pattern=r"^ipps?://[^/ ]+/", description="ipp://host:port/path")]


class ScannerSettings(Section, frozen=True):
    """``device`` as SANE names it; ``config_dir`` is a private SANE_CONFIG_DIR, None for the system's own."""

    device: Word
    config_dir: Path | None = None


class CardReaderSettings(Section, frozen=True):
    """``path`` is what pyserial opens."""

    kind: Literal["pn532", "rdm6300"]
    path: Word


class ReceiptSettings(Section, frozen=True):
    """The receipt printer's serial line."""

    path: Word
    baud: Baud


class PanelSettings(Section, frozen=True):
    """The pins of lights and contacts, all different. ``pin_factory`` "mock" is for stations without a header."""

    ready: BcmPin
    busy: BcmPin
    fault: BcmPin
    card_slot: BcmPin
    staff_button: BcmPin
    door: BcmPin
    pin_factory: Literal["lgpio", "mock"]

    def __post_init__(self) -> None:
        pins = {name: getattr(self, name) for name in self.__struct_fields__ if name != "pin_factory"}
        for pin, uses in Counter(pins.values()).items():
            if uses > 1:
                shared = " and ".join(name for name in pins if pins[name] == pin)
                raise FieldError("", f"{shared} share pin {pin}")


class TariffSettings(Section, frozen=True):
    """The price list is a file of its own: it changes oftener than the station does."""

    file: Path


class Settings(Section, frozen=True):
    """The whole configuration, one field for each table of the file."""

    house: House
    paths: Paths
    display: Display
    sound: Sound
    visit: VisitTimes
    printer: PrinterSettings
    scanner: ScannerSettings
    card_reader: CardReaderSettings
    receipt: ReceiptSettings
    panel: PanelSettings
    hotel: HotelSettings
    wake_up: WakeUpSettings
    tariff: TariffSettings
