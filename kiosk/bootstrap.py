"""Composition root: the only place that imports concrete drivers and builds the objects of a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hardware.cups_printer import CupsPrinter
from hardware.escpos_receipt import EscposReceiptPrinter
from hardware.gpio_panel import GpioPanel, PanelPins, open_header
from hardware.pn532_reader import Pn532Reader
from hardware.protocols import CardReader, Light
from hardware.rdm6300_reader import Rdm6300Reader
from hardware.sane_scanner import SaneScanner
from kiosk.config.load import load_tariff
from kiosk.config.settings import CardReaderSettings, PanelSettings, Settings
from kiosk.documents.vault import Vault
from kiosk.documents.worker import DocumentWorker
from kiosk.engine import Engine
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.status import link_is_alive
from kiosk.monitor.watchdog import Watchdog
from kiosk.station import Devices, House, Station
from kiosk.stores import guests_file, link_status_file, open_books, open_register, wall_clock
from kiosk.visit import Patience
from kiosk.wake_watch import WakeWatch

READERS: dict[str, Callable[..., CardReader]] = {"pn532": Pn532Reader, "rdm6300": Rdm6300Reader}


def open_devices(settings: Settings, pin_factory: Any = None) -> Devices:
    """Nothing is connected yet: supervisors do that. ``pin_factory`` overrides the configured one."""
    printer, scanner, receipt = settings.printer, settings.scanner, settings.receipt
    fonts = settings.paths.assets / "fonts"
    return Devices(
        printer=CupsPrinter("printer", printer.queue, printer.server, printer.device_uri),
        scanner=SaneScanner("scanner", scanner.device, scanner.config_dir),
        card_reader=_card_reader(settings.card_reader),
        receipt_printer=EscposReceiptPrinter(
            "receipt-printer",
            receipt.path,
            fonts / "Sans-Regular.otf",
            fonts / "Sans-Bold.otf",
            baud=receipt.baud,
        ),
        panel=GpioPanel(
            "panel", panel_pins(settings.panel), (lambda: pin_factory) if pin_factory else _pins_of(settings.panel)
        ),
    )


def open_station(settings: Settings, devices: Devices) -> Station:
    """The station on its own disk. Raises StoreError, ConfigError."""
    house = settings.house
    return Station(
        house=House(house.name_zh, house.name_en, house.place, house.default_language, house.staff_minutes),
        devices=devices,
        books=open_books(settings),
        register=open_register(settings),
        guests=CachedGuests(guests_file(settings)),
        tariff=load_tariff(settings.tariff.file),
        vault=Vault(settings.paths.vault),
        documents=DocumentWorker(),
        clock=wall_clock(settings),
        patience=Patience(settings.visit.quiet_seconds, settings.visit.warning_seconds),
    )


def open_engine(
    settings: Settings, pin_factory: Any = None, watchdog: Watchdog | None = None, watch_interval: float = 5.0
) -> Engine:
    station = open_station(settings, open_devices(settings, pin_factory))
    watch = WakeWatch(
        station.register,
        lambda: link_is_alive(link_status_file(settings), station.register.db.now()),
        CachedGuests(guests_file(settings)).room_of,
    )
    return Engine(station, settings.paths.status, watchdog, watch_interval, watch)


def _card_reader(settings: CardReaderSettings) -> CardReader:
    return READERS[settings.kind]("card-reader", settings.path)


def panel_pins(panel: PanelSettings) -> PanelPins:
    lights = {
        Light.READY: panel.ready,
        Light.BUSY: panel.busy,
        Light.FAULT: panel.fault,
        Light.CARD_SLOT: panel.card_slot,
    }
    return PanelPins(lights, panel.staff_button, panel.door)


def _pins_of(panel: PanelSettings) -> Callable[[], Any]:
    if panel.pin_factory == "lgpio":
        return open_header
    # A station without a header has a far side instead: lamps nobody sees, a door that is shut.
    from hardware.virtual.panel import VirtualPanel

    far_side = VirtualPanel(panel_pins(panel))
    return lambda: far_side.factory
