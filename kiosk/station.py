"""What the station has: devices with their health, books, guests, documents. Built once, by the composition root."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from hardware.protocols import (
    OFFLINE,
    CardReader,
    DeviceError,
    Fitness,
    Health,
    Light,
    Panel,
    Printer,
    ReceiptPrinter,
    Scanner,
)
from kiosk.books.ledger import Books
from kiosk.books.tariff import Tariff
from kiosk.documents.vault import Vault
from kiosk.documents.worker import DocumentWorker
from kiosk.hotel.protocol import Guests
from kiosk.register.register import Register
from kiosk.register.requests import NotOpen, Requests
from kiosk.store.database import StoreError
from kiosk.visit import Patience, Visit

log = structlog.get_logger()


@dataclass(frozen=True)
class House:
    """The hotel as it calls itself, where the station stands, and how soon staff come, in minutes."""

    name_zh: str
    name_en: str
    place: str
    default_language: str
    staff_minutes: int


@dataclass(frozen=True)
class Devices:
    printer: Printer
    scanner: Scanner
    card_reader: CardReader
    receipt_printer: ReceiptPrinter
    panel: Panel


@dataclass
class Station:
    """Shared by every visit; holds nothing of any guest."""

    house: House
    devices: Devices
    books: Books
    register: Register
    guests: Guests
    tariff: Tariff
    vault: Vault
    documents: DocumentWorker
    clock: Callable[[], datetime]
    patience: Patience = field(default_factory=Patience)
    health: dict[str, Health] = field(default_factory=dict)
    guests_known: bool = True
    """Whether anybody can be identified at the moment."""
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _calls: set[int] = field(default_factory=set)

    @property
    def requests(self) -> Requests:
        """The one queue of what a person has to do."""
        return self.register.requests

    def health_of(self, device: str) -> Health:
        return self.health.get(device, OFFLINE)

    def works(self, device: str) -> bool:
        """Whether the device can be used now or in a moment."""
        return self.health_of(device).fitness in (Fitness.READY, Fitness.BUSY)

    def publish(self, device: str, health: Health) -> None:
        """A supervisor's newest snapshot: logged, shown on the panel, and told to whoever awaits ``change``."""
        self.health[device] = health
        log.info("device.health", device=device, fitness=health.fitness.value, reason=health.reason, place=health.place)
        self._show_fault()
        self._changed.set()

    async def change(self) -> None:
        """Until the health of any device has changed."""
        self._changed.clear()
        await self._changed.wait()

    def know_guests(self, *, known: bool) -> None:
        """Whoever awaits ``change`` is told where that is another word than before."""
        if known != self.guests_known:
            self.guests_known = known
            self._changed.set()

    async def request(self, kind: str, visit: Visit, details: str, **values: str | int) -> int:
        """Write a request for staff and light the lamp; returns its number."""
        number = await self.requests.db.run(
            self.requests.open, kind, self.house.place, visit.language, visit.id, details, values
        )
        self._calls.add(number)
        self._show_fault()
        log.info("request.opened", number=number, kind=kind, details=details, visit=visit.id)
        return number

    async def tell_staff(self, kind: str, visit: Visit, details: str, **values: str | int) -> bool:
        """A request that nothing else hangs on; ``details`` are told once until somebody has come.

        False when it cannot be written, as on a full disk: nobody is promised then.
        """
        if visit.told.get(details) in self._calls:
            return True
        try:
            visit.told[details] = await self.request(kind, visit, details, **values)
        except StoreError as fault:
            log.error("store.failed", key=fault.key)  # noqa: TRY400  the key says it all
            return False
        return True

    async def withdraw(self, number: int) -> None:
        """The guest needs nobody any more. Where somebody has come and closed the request, that stands."""
        with suppress(NotOpen):
            await self.requests.db.run(self.requests.close, number, "guest")
        self.need_nobody([number])
        log.info("request.withdrawn", number=number)

    def expect_staff(self, numbers: Iterable[int]) -> None:
        """Light the lamp for requests that were written elsewhere, as the books' own are."""
        self._calls.update(numbers)
        self._show_fault()

    @property
    def calls(self) -> frozenset[int]:
        """Numbers of the requests that the lamp is lit for."""
        return frozenset(self._calls)

    def need_nobody(self, numbers: Iterable[int]) -> None:
        """These requests were closed, or taken back."""
        if closed := self._calls.intersection(numbers):
            self._calls -= closed
            self._show_fault()

    def attended(self) -> None:
        """Somebody pressed the staff button: the calls are heard; the requests stay open until they are closed."""
        self._calls.clear()
        self._show_fault()

    def light(self, light: Light, *, on: bool) -> None:
        """A lamp that cannot be lit is a fault of the panel, not of the work it accompanies."""
        try:
            self.devices.panel.light(light, on)
        except DeviceError as fault:
            log.warning("panel.dark", key=fault.key)

    @contextmanager
    def card_slot_lit(self) -> Iterator[None]:
        self.light(Light.CARD_SLOT, on=True)
        try:
            yield
        finally:
            self.light(Light.CARD_SLOT, on=False)

    def _show_fault(self) -> None:
        wrong = any(h.fitness in (Fitness.NEEDS_PERSON, Fitness.OFFLINE) for h in self.health.values())
        self.light(Light.FAULT, on=wrong or bool(self._calls))
