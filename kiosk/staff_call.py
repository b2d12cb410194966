"""A guest's call for a person: at most one open request a visit, written and withdrawn one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

import structlog

from kiosk.station import Station
from kiosk.store.database import StoreError
from kiosk.visit import Notice, StaffCalled, Visit

log = structlog.get_logger()


class StaffCall:
    """Belongs to one visit and ends with it; the request itself stays until somebody has come."""

    def __init__(self, station: Station, visit: Visit) -> None:
        self._station = station
        self._visit = visit
        self._number: int | None = None
        self._turn = asyncio.Lock()
        self._errands: set[asyncio.Task[None]] = set()

    def make(self) -> None:
        """Called again while the request is open, it only says the number again."""
        self._send(self._make())

    def withdraw(self) -> None:
        """Does nothing when nobody is called."""
        self._send(self._withdraw())

    async def ended(self) -> None:
        """Until what was asked for is written. To be awaited before the next guest is let in."""
        for fault in await asyncio.gather(*self._errands, return_exceptions=True):
            if isinstance(fault, Exception):
                log.error("service.crashed", visit=self._visit.id, service="call", exc_info=fault)

    async def _make(self) -> None:
        async with self._turn:
            if self._number is None:
                try:
                    self._number = await self._station.request("call", self._visit, "request.call")
                except StoreError as fault:
                    log.error("store.failed", key=fault.key)  # noqa: TRY400  the key says it all
                    self._visit.tell(Notice(fault.key))
                    return
            self._visit.guest.tell(StaffCalled(self._number, self._station.house.staff_minutes))

    async def _withdraw(self) -> None:
        async with self._turn:
            if self._number is None:
                return
            number, self._number = self._number, None
            try:
                await self._station.withdraw(number)
            except StoreError as fault:
                log.error("store.failed", key=fault.key)  # noqa: TRY400  the key says it all
            self._visit.guest.tell(StaffCalled(None))

    def _send(self, errand: Coroutine[None, None, None]) -> None:
        """Beside the visit; the lock takes them in the order of the calls."""
        self._errands.add(asyncio.ensure_future(errand))
