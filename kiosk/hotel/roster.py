"""The link's side of the guest cache: writes what the hotel system tells, and begins anew when the file is no good."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TypeVar

import structlog

from kiosk.hotel.guest_store import GuestStore, discard
from kiosk.hotel.news import GuestNews
from kiosk.hotel.protocol import GuestsUnavailable

Result = TypeVar("Result")
log = structlog.get_logger()

ASK_AGAIN = 60.0
"""Seconds before a resync that did not come to its end is asked for again, at the next start of the link."""


class Roster:
    """Owned by the link. No call raises: without a cache charges are still posted, and status says what is missing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store: GuestStore | None = None
        self._turn = Lock()

    async def apply(self, news: Sequence[GuestNews]) -> None:
        """Write the news down, in order. A file that cannot take them is thrown away: it would be wrong from now on."""
        await self._try(lambda store: store.apply(news))

    async def resync_due(self, wall: datetime) -> bool:
        """Whether the hotel system should be asked for everybody now; True counts as having asked."""
        return bool(await self._try(lambda store: store.may_ask(wall.timestamp(), ASK_AGAIN)))

    async def room_of(self, room: str, reservation: str) -> str | None:
        """Where the guest ``reservation`` of ``room`` is now: "" has left, None where nobody knows."""
        return await self._try(lambda store: store.room_of(room, reservation))

    async def count(self) -> int | None:
        """Guests in house, None without a cache."""
        return await self._try(GuestStore.count)

    def close(self) -> None:
        """Once what a thread may still be writing is written, also when nobody waits for it any more."""
        with self._turn:
            self._shut()

    async def _try(self, work: Callable[[GuestStore], Result]) -> Result | None:
        return await asyncio.to_thread(self._work, work)

    def _work(self, work: Callable[[GuestStore], Result]) -> Result | None:
        with self._turn:
            try:
                self._store = self._store or GuestStore(self._path)
                return work(self._store)
            except GuestsUnavailable as fault:
                log.error("guests.unavailable", reason=str(fault))  # noqa: TRY400 - a state, not a bug to trace
                self._shut()
                discard(self._path)
                return None

    def _shut(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None
