"""Identifying guests from the cache that ``kiosk-link`` keeps: works while the hotel system is down."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

from kiosk.hotel.guest_lookup import GuestLookup
from kiosk.hotel.protocol import Guest, GuestsUnavailable


class CachedGuests:
    """``Guests`` over the file at ``path``. Opened for each question: the link may have begun a new file since.

    All questions raise GuestsUnavailable.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    async def identify(self, room: str, name: str) -> Guest | None:
        return await asyncio.to_thread(self._by_name, room, name)

    async def identify_card(self, uid: str) -> Guest | None:
        return await asyncio.to_thread(self._by_card, uid)

    async def named(self, name: str) -> tuple[Guest, ...]:
        return await asyncio.to_thread(self._named, name)

    def room_of(self, room: str, reservation: str, name: str = "") -> str | None:
        """As ``GuestLookup.room_of``; blocks. None also when the cache cannot be used: then nobody knows."""
        with suppress(GuestsUnavailable), GuestLookup(self._path) as store:
            return store.room_of(room, reservation, name)
        return None

    def staying_in(self, room: str) -> tuple[str, ...]:
        """The reservations of those who are in ``room``; blocks. Nobody's while the cache does not know everybody."""
        with suppress(GuestsUnavailable), GuestLookup(self._path) as store:
            if store.complete:
                return tuple(guest.reservation for guest in store.by_room(room) if guest.reservation)
        return ()

    def _by_name(self, room: str, name: str) -> Guest | None:
        with GuestLookup(self._path) as store:
            return store.find(room, name)

    def _by_card(self, uid: str) -> Guest | None:
        with GuestLookup(self._path) as store:
            return store.by_card(uid)

    def _named(self, name: str) -> tuple[Guest, ...]:
        with GuestLookup(self._path) as store:
            return store.named(name)
