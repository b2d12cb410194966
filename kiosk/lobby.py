"""One guest after another: attract, visit, farewell. The engine's main loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from hardware.protocols import Card, DeviceError, Light, PanelEvent
from kiosk.documents.errors import DocumentError
from kiosk.hotel.protocol import GuestsUnavailable
from kiosk.journeys.identify import NotIdentified
from kiosk.journeys.service import Service
from kiosk.journeys.signing import NotSigned
from kiosk.journeys.welcome import (
    Apology,
    Attract,
    ChooseLanguage,
    Home,
    OutOfService,
    PriceList,
    ServiceTile,
    ShowPrices,
)
from kiosk.staff_call import StaffCall
from kiosk.station import Station
from kiosk.store.database import StoreError
from kiosk.tasks import ending, stopped
from kiosk.visit import (
    Guest,
    GuestLeft,
    LanguageChosen,
    Notice,
    Question,
    Signal,
    Situation,
    Visit,
    WentBack,
)

log = structlog.get_logger()


@dataclass(frozen=True)
class Opening:
    """How a visit began: by a touch (on a language, perhaps), a card on the reader, or the staff button."""

    language: str | None = None
    card: Card | None = None


class Lobby:
    """Serves guests at one station until cancelled. ``hear`` takes what the glass says beside answers."""

    def __init__(self, station: Station, guest: Guest, services: tuple[Service, ...]) -> None:
        self._station = station
        self._guest = guest
        self._services: Mapping[str, Service] = {service.name: service for service in services}
        self._visit: Visit | None = None
        self._visiting: asyncio.Task[None] | None = None
        self._call: StaffCall | None = None

    @property
    def visiting(self) -> bool:
        """A visit is under way; its charges are its own."""
        return self._visit is not None

    def hear(self, signal: Signal | LanguageChosen) -> None:
        """On the engine's loop. Signals between visits mean nothing."""
        visit, call = self._visit, self._call
        if visit is None or call is None:
            return
        visit.touched()
        match signal:
            case LanguageChosen(language):
                visit.language = language
            case Signal.END if self._visiting:
                log.info("visit.ended-by-guest", visit=visit.id)
                self._visiting.cancel()
            case Signal.CALL_PERSON:
                call.make()
            case Signal.WITHDRAW_CALL:
                call.withdraw()

    async def serve(self) -> None:
        """Until cancelled; a visit under way then ends as if the guest had left."""
        while True:
            await self.serve_one()

    async def serve_one(self) -> None:
        """One visit, from the attract screen to the moment nothing of it is left."""
        self._show_ready()
        opening = await self._opening()
        visit = Visit(
            self._guest,
            opening.language or self._station.house.default_language,
            self._station.patience,
            opening.card,
        )
        call = StaffCall(self._station, visit)
        self._visit, self._call = visit, call
        self._station.light(Light.BUSY, on=True)
        self._station.light(Light.READY, on=False)
        log.info("visit.began", visit=visit.id, by="card" if opening.card else "touch")
        self._visiting = asyncio.ensure_future(self._guide(visit, choose_language=opening.language is None))
        try:
            await asyncio.wait({self._visiting})
            self._report(visit, self._visiting)
        finally:
            await stopped(self._visiting)
            self._visit = self._visiting = self._call = None
            await call.ended()
            self._station.light(Light.BUSY, on=False)
            log.info("visit.ended", visit=visit.id)

    def _report(self, visit: Visit, visiting: asyncio.Task[None]) -> None:
        """A visit that broke where nobody could be told any more is not to vanish without a word."""
        crash = None if visiting.cancelled() else visiting.exception()
        if crash is not None:
            log.error("service.crashed", visit=visit.id, service="lobby", kind=type(crash).__name__, exc_info=crash)

    def _show_ready(self) -> None:
        self._station.light(Light.READY, on=any(tile.available for tile in self._tiles()))

    def _tiles(self) -> tuple[ServiceTile, ...]:
        return tuple(service.tile(self._station) for service in self._services.values())

    async def _opening(self) -> Opening:
        """Attract, or say that nothing works, until somebody begins a visit."""
        situation = Situation(self._station.house.default_language)
        while True:
            tiles = self._tiles()
            offered = tuple(tile.name for tile in tiles if tile.available)
            reasons = tuple(dict.fromkeys(tile.reason for tile in tiles if tile.reason))
            question: Question[Any] = Attract(offered) if offered else OutOfService(reasons)
            touching = asyncio.ensure_future(self._guest.ask(question, situation))
            carding = asyncio.ensure_future(anext(aiter(self._station.devices.card_reader.cards())))
            button = asyncio.ensure_future(self._staff_button())
            changing = asyncio.ensure_future(self._offers_other_than(tiles))
            waiting: set[asyncio.Future[Any]] = {touching, carding, button, changing}
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if carding.done() and offered:
                    return Opening(card=carding.result())
                if touching.done() and offered:
                    language = touching.result()
                    return Opening(language=language if isinstance(language, str) else None)
                if button.done():
                    return Opening()
            finally:
                await stopped(*waiting)

    async def _staff_button(self) -> None:
        async for event in self._station.devices.panel.events():
            if event is PanelEvent.STAFF_BUTTON:
                return

    async def _guide(self, visit: Visit, *, choose_language: bool) -> None:
        """From language to farewell. Whatever goes wrong is said, logged and survived."""
        try:
            if choose_language:
                visit.language = await visit.ask(ChooseLanguage())
            while await self._one_service(visit):
                visit.trail, visit.at_stake, visit.signed = (), False, False
        except GuestLeft:
            log.info("visit.idle", visit=visit.id)

    async def _one_service(self, visit: Visit) -> bool:
        """Home, then a service; True to come back home."""
        choice = await self._home(visit)
        if isinstance(choice, ShowPrices):
            sections = tuple(service.prices(self._station) for service in self._services.values())
            await visit.ask(PriceList(sections))
            return True
        log.info("service.began", visit=visit.id, service=choice)
        try:
            return await self._services[choice].run(visit, self._station)
        except GuestLeft:
            raise
        except WentBack:
            return True
        except NotSigned:
            visit.tell(Notice("charge.voided"))
            return True
        except NotIdentified:
            return False
        except (DeviceError, DocumentError, StoreError, GuestsUnavailable) as fault:
            log.warning("service.failed", visit=visit.id, service=choice, key=fault.key)
            return await self._apologise(visit, choice, fault.key)
        except Exception as fault:
            # The top of a visit: whatever was not foreseen is logged and said, and the next guest is served.
            log.exception("service.crashed", visit=visit.id, service=choice, kind=type(fault).__name__)
            # Nobody can say here what was settled already; once the guest has signed it is not called free.
            return await self._apologise(visit, choice, "service.crashed", undecided=visit.signed)

    async def _apologise(self, visit: Visit, service: str, key: str, *, undecided: bool = False) -> bool:
        if ending():
            raise asyncio.CancelledError  # the visit was already being ended when this went wrong: nobody is there
        called = await self._station.tell_staff("service", visit, key, service=service)
        await visit.ask(Apology(key, undecided=undecided, staff_called=called))
        return True

    async def _home(self, visit: Visit) -> str | ShowPrices:
        """Asked anew whenever what can be offered changes, so that nothing is offered and then refused."""
        while True:
            tiles = self._tiles()
            changing = asyncio.ensure_future(self._offers_other_than(tiles))
            asking = asyncio.ensure_future(visit.ask(Home(tiles)))
            waiting: set[asyncio.Future[Any]] = {changing, asking}
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if asking.done():
                    return asking.result()
            finally:
                await stopped(changing, asking)

    async def _offers_other_than(self, tiles: tuple[ServiceTile, ...]) -> None:
        while self._tiles() == tiles:
            await self._station.change()
