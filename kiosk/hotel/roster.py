"""The link's side of the guest cache: writes what the hotel system tells, and begins anew when the file is no good."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import TypeVar

import structlog

from kiosk.hotel.guest_lookup import GuestsDamaged
from kiosk.hotel.guest_store import GuestStore, discard
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.news import GuestChanged, GuestIn, GuestNews, GuestOut
from kiosk.hotel.protocol import GuestsUnavailable

Result = TypeVar("Result")
log = structlog.get_logger()

ASK_AGAIN = 60.0
"""Seconds before a resync that did not come to its end is asked for again."""
SELDOM = 3600.0
"""The longest such pause. Each is twice the one before: nothing is posted while the hotel system's word is awaited."""
MOST_UNWRITTEN = 20_000
"""News that wait for a file that does not take them; if there are more the hotel system has to say it all again."""


class Roster:
    """Owned by the link. No call raises: without a cache charges are still posted, and status says what is missing.

    News that a busy file or a full disk does not take are kept, and written before anything else is.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._readable = CachedGuests(path)
        self._store: GuestStore | None = None
        self._turn = Lock()
        self._unwritten: list[GuestNews] = []
        self._lost = False
        """News were: the file must not be taken for complete."""
        self.came_up()

    def came_up(self) -> None:
        """The link has: a hotel system that would not tell before may do so now."""
        self._asked, self._pause = float("-inf"), ASK_AGAIN / 2

    async def apply(self, news: Sequence[GuestNews]) -> None:
        """Write the news down, in order, now or as soon as the file takes them."""
        self._unwritten += news
        await self._try(lambda _store: None)

    async def resync_due(self, wall: datetime) -> bool:
        """Whether the hotel system should be asked for everybody now; True counts as having asked.

        May be asked at every turn: looks at the file once in ASK_AGAIN seconds, or more seldom.
        """
        now = wall.timestamp()
        if 0 <= now - self._asked < self._pause:
            return False
        self._asked = now
        due = await self._try(lambda store: store.may_ask(now, ASK_AGAIN))
        if due is not None:
            self._pause = min(2 * self._pause, SELDOM) if due else ASK_AGAIN
        return bool(due)

    async def room_of(self, room: str, reservation: str, name: str = "") -> str | None:
        """Where the guest ``reservation`` of ``room`` is now, or with "" whoever is called ``name``: "" has left, None
        where nobody knows.
        """
        return await asyncio.to_thread(self._room_of, room, reservation, name)

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
            result = self._guarded(work) if self._guarded(self._write) else None
            # Apart, or news that were written would count as missed where this must wait, and be written twice.
            self._guarded(GuestStore.forget)
            return result

    def _room_of(self, room: str, reservation: str, name: str) -> str | None:
        with self._turn:
            self._guarded(self._write)
            told = _told_last(self._unwritten, room, reservation)
        # A file that is busy can be read all the same.
        return self._readable.room_of(room, reservation, name) if told is None else told

    def _write(self, store: GuestStore) -> bool:
        """What the file has missed."""
        if self._lost:
            store.incomplete()
            self._lost = False
        if self._unwritten:
            count = len(self._unwritten)
            store.apply(self._unwritten[:count])
            del self._unwritten[:count]
        return True

    def _guarded(self, work: Callable[[GuestStore], Result]) -> Result | None:
        try:
            self._store = self._store or GuestStore(self._path)
            return work(self._store)
        except GuestsUnavailable as fault:
            log.error("guests.unavailable", reason=str(fault))  # noqa: TRY400 - a state, not a bug to trace
            self._shut()
            if isinstance(fault, GuestsDamaged):
                self._begin_anew()
            elif len(self._unwritten) > MOST_UNWRITTEN:
                self._give_up_news()
            return None

    def _begin_anew(self) -> None:
        """Whatever the file could not take has no place in the next one either: all of it will be told again."""
        self._give_up_news()
        try:
            discard(self._path)
        except OSError as fault:
            log.error("guests.not-discarded", reason=type(fault).__name__)  # noqa: TRY400 - as above

    def _give_up_news(self) -> None:
        self._unwritten.clear()
        self._lost = True
        self.came_up()

    def _shut(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None


def _told_last(news: Iterable[GuestNews], room: str, reservation: str) -> str | None:
    """As ``room_of``, by news that are not in the file. Of a guest without a number nobody can tell who it is."""
    said: str | None = None
    for one in news:
        match one:
            case GuestOut(left, number) if reservation and (number == reservation or (left, number) == (room, "")):
                said = ""
            case GuestIn(now, number) | GuestChanged(now, number) if reservation and number == reservation:
                said = now
            case GuestIn(there) | GuestChanged(there) | GuestOut(there) if not reservation and there == room:
                said = ""
    return said
