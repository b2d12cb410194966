"""The ``kiosk-link`` process: drains the postings to the hotel system and keeps the guest cache, until told to stop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from zoneinfo import ZoneInfo

import structlog

from kiosk.config.hotel import HotelSettings
from kiosk.hotel.clock import Clock, system_clock
from kiosk.hotel.fias import events
from kiosk.hotel.fias.codec import Malformed, Record
from kiosk.hotel.fias.records import Description
from kiosk.hotel.fias.session import Phase, Session, Timings
from kiosk.hotel.fias.transport import Wire, WireCut, connection, pauses
from kiosk.hotel.postman import Postman
from kiosk.hotel.roster import Roster
from kiosk.hotel.status import LinkStatus, write_status
from kiosk.outbox import Outbox
from kiosk.store.database import instant

log = structlog.get_logger()


@dataclass(frozen=True)
class LinkSettings:
    """How the hotel is reached; times in seconds.

    ``look``: how soon a new charge is noticed; ``tick``: how exactly time-outs are kept and how often the watchdog is
    fed; ``beat``: of the status file; ``retry``: of a charge put off (RY); ``first_pause`` to ``longest_pause`` pass
    between tries to connect.
    """

    host: str
    port: int
    zone: ZoneInfo
    station: Description = field(default_factory=Description)
    timings: Timings = field(default_factory=Timings)
    look: float = 0.02
    tick: float = 0.25
    beat: float = 5.0
    retry: float = 30.0
    first_pause: float = 1.0
    longest_pause: float = 30.0

    @classmethod
    def of(cls, hotel: HotelSettings, timezone: str) -> LinkSettings:
        """From the station's configuration; ``timezone`` is the house's."""
        timings = Timings(answer=hotel.answer_seconds)
        return cls(hotel.host, hotel.port, ZoneInfo(timezone), hotel.description(), timings)


async def run_link(
    settings: LinkSettings,
    postings: Outbox,
    guests: Path,
    status: Path,
    stop: asyncio.Event,
    *,
    clock: Clock | None = None,
    on_tick: Callable[[], None] = lambda: None,
) -> None:
    """Serve the hotel link until ``stop`` is set; an answer that is outstanding then is still waited for.

    ``guests`` is the cache's file, ``status`` the file of LinkStatus; ``on_tick`` is called at every turn of the loop,
    connected or not, and feeds the watchdog. Raises StoreError when the books cannot be written.
    """
    link = _Link(settings, postings, guests, status, clock or system_clock(settings.zone), on_tick)
    await link.run(stop)


class _Link:
    def __init__(
        self,
        settings: LinkSettings,
        postings: Outbox,
        guests: Path,
        status: Path,
        clock: Clock,
        on_tick: Callable[[], None],
    ) -> None:
        self._settings = settings
        self._postman = Postman(postings, settings.zone, settings.retry, settings.look)
        self._roster = Roster(guests)
        self._status_file = status
        self._clock = clock
        self._on_tick = on_tick
        self._session = Session(settings.station, settings.timings)
        self._was_up = False
        self._said: tuple[bool, bool] | None = None
        self._since = datetime.now(UTC)
        self._beat_at = float("-inf")

    async def run(self, stop: asyncio.Event) -> None:
        try:
            await self._postman.recover()
            await self._keep_connected(stop)
        finally:
            self._roster.close()
            await self._postman.close()

    async def _keep_connected(self, stop: asyncio.Event) -> None:
        waits = pauses(self._settings.first_pause, self._settings.longest_pause)
        while not stop.is_set():
            self._was_up = False
            try:
                async with connection(self._settings.host, self._settings.port) as wire:
                    await self._serve(wire, stop)
            except WireCut as cut:
                log.warning("link.cut", reason=str(cut))
            finally:
                await self._carry_out(self._session.lost())
            if self._was_up:
                log.warning("link.down")
                waits = pauses(self._settings.first_pause, self._settings.longest_pause)
            await self._rest(next(waits), stop)

    async def _serve(self, wire: Wire, stop: asyncio.Event) -> None:
        session = self._session
        session.connected(self._clock())
        while session.phase is not Phase.DOWN:
            chunk = await wire.read(self._settings.tick, unless=self._postman.commit())
            now = self._clock()
            await self._carry_out((*session.received(chunk, now), *session.tick(now)), wire)
            if stop.is_set() and not session.waiting:
                await self._carry_out(session.end(self._clock()), wire)
            elif self._postman.has_work() and session.may_post:
                await self._post_next(wire)
            await self._turn()

    async def _post_next(self, wire: Wire) -> None:
        posting = await self._postman.take()
        if posting is None:
            return
        try:
            effects = self._session.post(posting, self._clock())
        except Malformed as fault:
            await self._postman.unsendable(str(fault))
        else:
            await self._carry_out(effects, wire)

    async def _carry_out(self, effects: Iterable[events.Effect], wire: Wire | None = None) -> None:
        """Everything that was learned is written down, also when the wire breaks in between. Raises WireCut then."""
        news: list[Record] = []
        cut: WireCut | None = None
        for effect in effects:
            match effect:
                case events.Send(frame) if wire is not None and cut is None:
                    try:
                        await wire.write(frame)
                    except WireCut as fault:
                        cut = fault
                case events.GuestNews(record):
                    news.append(record)
                case _:
                    await self._note(effect, wire)
        if news:
            await self._roster.apply(news)
        if cut is not None:
            raise cut

    async def _note(self, effect: events.Effect, wire: Wire | None) -> None:
        match effect:
            case events.Answer():
                await self._postman.answered(effect)
            case events.LateAnswer():
                await self._postman.late(effect)
            case events.NoAnswer():
                await self._postman.unanswered(effect)
            case events.Up():
                await self._came_up(wire)
            case events.Hangup(reason):
                log.warning("link.hangup", reason=reason)
            case events.AuditBegan():
                log.info("audit.began")
            case events.AuditEnded():
                log.info("audit.ended")
            case events.Noise(what, count):
                log.warning("link.noise", what=what, count=count)

    async def _came_up(self, wire: Wire | None) -> None:
        self._was_up = True
        log.info("link.up")
        now = self._clock()
        if await self._roster.resync_due(now.wall):
            log.info("guests.resync")
            await self._carry_out(self._session.resync(now), wire)

    async def _rest(self, seconds: float, stop: asyncio.Event) -> None:
        """Wait between two connections without falling silent."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0 and not stop.is_set():
            await self._turn()
            await asyncio.wait({stopping := asyncio.ensure_future(stop.wait())}, timeout=min(left, 0.5))
            stopping.cancel()

    async def _turn(self) -> None:
        self._on_tick()
        saying = (self._session.alive, self._session.in_audit)
        if saying != self._said:
            self._said, self._since = saying, datetime.now(UTC)
        elif monotonic() - self._beat_at < self._settings.beat:
            return
        self._beat_at = monotonic()
        status = LinkStatus(
            alive=self._session.alive,
            phase=self._session.phase.value,
            since=instant(self._since),
            seen_at=instant(datetime.now(UTC)),
            audit=self._session.in_audit,
            open_postings=await self._postman.open_count(),
            guests=await self._roster.count(),
            pid=os.getpid(),
        )
        write_status(self._status_file, status)
