"""Where every way to a hotel system meets the kiosk: charges and errands go out over it, answers and news come in.

An adapter is a ``Line``; it knows its own wire and this desk, and nothing of files, books or other adapters.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import structlog

from kiosk.hotel.clock import Clock
from kiosk.hotel.news import GuestNews, ServiceNews
from kiosk.hotel.postman import Postman
from kiosk.hotel.roster import Roster
from kiosk.hotel.runner import Runner
from kiosk.hotel.status import LinkStatus, write_status
from kiosk.hotel.trace import Direction, Spoken
from kiosk.store.database import StoreError, instant

log = structlog.get_logger()

Tap = Callable[[Direction, Spoken | str], None]
"""Shown every record that comes or goes, and noise by its name. What it shows is personal: for a technician's eyes."""

LOOK_UP = 0.5
"""Longest time in seconds between two turns while a line is down."""


class Desk:
    """The parts an adapter works on. Its calls raise StoreError only where the books cannot be written any more.

    ``postman`` hands out charges one at a time, ``runner`` errands; ``tap`` may be set to watch the wire.
    """

    def __init__(
        self,
        *,
        postman: Postman,
        runner: Runner,
        roster: Roster,
        clock: Clock,
        status: Path,
        on_tick: Callable[[], None] = lambda: None,
        beat: float = 5.0,
    ) -> None:
        """``status`` is the file of LinkStatus, written at every change and every ``beat`` seconds; ``on_tick`` is
        called at every turn, connected or not, and feeds the watchdog.
        """
        self.postman = postman
        self.runner = runner
        self.roster = roster
        self.clock = clock
        self.tap: Tap | None = None
        self._status = status
        self._on_tick = on_tick
        self._beat = beat
        self._beat_at = float("-inf")
        self._said: tuple[bool, bool] | None = None
        self._since = datetime.now(UTC)

    def trace(self, way: Direction, what: Spoken | str) -> None:
        """Show it to whoever watches."""
        if self.tap is not None:
            self.tap(way, what)

    async def told(self, news: Sequence[GuestNews | ServiceNews]) -> None:
        """What the hotel system told, in order: guests into the cache, then all of it to the switchboard."""
        guests = [item for item in news if isinstance(item, GuestNews)]
        if guests:
            await self.roster.apply(guests)
        await self.runner.told(news)

    async def turn(self, alive: bool, phase: str, audit: bool) -> None:
        """To be called at every turn of an adapter's loop, connected or not, at least twice a second."""
        self._on_tick()
        if (alive, audit) != self._said:
            self._said, self._since = (alive, audit), datetime.now(UTC)
        elif asyncio.get_running_loop().time() - self._beat_at < self._beat:
            return
        self._beat_at = asyncio.get_running_loop().time()
        await self.postman.tell_waiting()
        try:
            waiting = await self.postman.open_count()
        except StoreError as fault:
            log.error("posting.store", key=fault.key)  # noqa: TRY400 - a state, not a bug to trace
            return
        status = LinkStatus(
            alive=alive,
            phase=phase,
            since=instant(self._since),
            seen_at=instant(datetime.now(UTC)),
            audit=audit,
            open_postings=waiting,
            guests=await self.roster.count(),
            pid=os.getpid(),
        )
        try:
            write_status(self._status, status)
        except OSError as fault:
            # The link goes on: a charge may be on its way, and who reads the old file sees that it is stale.
            log.error("status.unwritable", reason=fault.strerror)  # noqa: TRY400 - a state, not a bug to trace

    async def rest(self, seconds: float, stop: asyncio.Event, phase: str, audit: bool = False) -> None:
        """Wait while the line is down, without falling silent; ends early when ``stop`` is set."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0 and not stop.is_set():
            await self.turn(alive=False, phase=phase, audit=audit)
            await asyncio.wait({stopping := asyncio.ensure_future(stop.wait())}, timeout=min(left, LOOK_UP))
            stopping.cancel()

    async def open(self) -> None:
        """Once, before a line is served: what was under way when the process ended is put right."""
        await self.postman.recover()

    async def close(self) -> None:
        await self.postman.close()
        await self.runner.close()
        self.roster.close()


class Line(Protocol):
    """One way to a hotel system."""

    async def serve(self, desk: Desk, stop: asyncio.Event) -> None:
        """Keep connected and carry out what ``desk`` has, until ``stop`` is set.

        An answer that is outstanding then is still waited for. Raises StoreError when the books cannot be written.
        """
        ...
