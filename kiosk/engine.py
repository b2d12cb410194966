"""What the engine's thread runs: device supervisors, recovery, filing, status, and one guest after another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from hardware.protocols import Device, PanelEvent
from hardware.supervisor import LOOK, Supervisor
from kiosk.books.charge import ChargeState, IllegalTransition
from kiosk.books.recovery import Outcome, recover
from kiosk.hotel.protocol import GuestsUnavailable
from kiosk.journeys.service import discover
from kiosk.lobby import Lobby
from kiosk.monitor import status
from kiosk.monitor.watchdog import Watchdog
from kiosk.register.requests import desk_outbox, file_requests
from kiosk.station import Station
from kiosk.store.database import StoreError
from kiosk.tasks import beside
from kiosk.visit import Guest, Progress, Situation
from kiosk.wake_watch import WakeWatch

log = structlog.get_logger()

LIT = frozenset(
    (
        "wake-up-unanswered",
        "wake-up-unconfirmed",
        "wake-up-missed",
        "wake-up-cancelled",
        "wake-up-test-failed",
        "wake-up",
        "wake-up-due",
    )
)
"""Kinds of requests that are written behind the guests' backs and cannot wait until somebody looks.

A message is none of them: the lamp would tell whoever left it that the guest is not in house.
"""

START_PATIENCE = 4.0
"""Seconds the devices have to answer before the first guest is told that something does not work."""

LOOK_AT_REST = 1.0
"""Seconds between two looks at a device while nobody uses the station."""

HOUSE = 5.0
"""Seconds between two rounds of the housekeeping; a status is stale after thirty."""

ROUND = 1.0
"""Seconds between two looks for charges to put right."""

SELDOM = 15.0
"""Seconds between two questions about a charge of which nothing new can be learned for the time being."""


@dataclass
class Engine:
    """Everything of one station that runs; ``beat`` is the watchdog's "engine" source."""

    station: Station
    status_folder: Path
    watchdog: Watchdog | None = None
    watch_interval: float = 5.0
    wake_watch: WakeWatch | None = None
    started: datetime = field(init=False)
    lobby: Lobby | None = None

    _newest: int = field(init=False, default=0)
    """The highest number of a request when the lamp was last seen to."""

    def __post_init__(self) -> None:
        self.started = self.station.clock()

    async def run(self, guest: Guest, hear: Callable[[Lobby], None] = lambda _lobby: None) -> None:
        """Until cancelled. ``hear`` is given the lobby once it can take signals.

        The work of the last visit is put right before this returns; what a crash left open is recovered first.
        """
        async with self.running():
            self.lobby = Lobby(self.station, guest, discover())
            hear(self.lobby)
            guest.show(Progress("station.starting"), Situation(self.station.house.default_language))
            await self._devices_known()
            await self.lobby.serve()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Devices, documents, recovery and housekeeping run inside; everything is stopped and closed on the way out.

        What runs inside may end the body: see ``tasks.beside``.
        """
        self.station.vault.sweep()
        await self.station.documents.start()
        try:
            async with beside(*self._works()):
                yield
        finally:
            await self.station.documents.stop()

    def _works(self) -> list[Coroutine[Any, Any, None]]:
        devices: list[Device] = list(vars(self.station.devices).values())
        works = [Supervisor(device, self.station.publish, self._look_again).run() for device in devices]
        works += [self._put_right(), self._keep_house(), self._hear_staff()]
        if self.watchdog is not None:
            works.append(self.watchdog.run(self.watch_interval))
        return works

    def _look_again(self) -> float:
        """A guest waits for what a device does next; nobody else does. All are looked at in one waking of the loop."""
        pause = LOOK if self.lobby is not None and self.lobby.visiting else LOOK_AT_REST
        return pause - asyncio.get_running_loop().time() % pause

    async def _devices_known(self) -> None:
        wanted = {device.name for device in vars(self.station.devices).values()}
        try:
            async with asyncio.timeout(START_PATIENCE):
                while not wanted <= self.station.health.keys():
                    await self.station.change()
        except TimeoutError:
            log.warning("device.slow-to-start", devices=sorted(wanted - self.station.health.keys()))

    async def _hear_staff(self) -> None:
        """Somebody who presses the staff button has seen the lamp, whatever the guest is doing meanwhile."""
        async for event in self.station.devices.panel.events():
            if event is PanelEvent.STAFF_BUTTON:
                self.station.attended()

    async def _keep_house(self) -> None:
        """File what the books ask of staff, publish the status, forget for good, feed the watchdog."""
        while True:
            if self.watchdog is not None:
                self.watchdog.beat("engine")
            for chore in (self._watch_calls, self._file, self._light, self._know_guests, self._publish, self._forget):
                try:
                    await chore()
                except StoreError as fault:
                    log.error("store.failed", key=fault.key)  # noqa: TRY400  the key says it all
                except OSError:
                    log.exception("status.unwritable")
            await asyncio.sleep(HOUSE)

    async def _put_right(self) -> None:
        """Recover what was left open. Beside the housekeeping: a printer may take long to answer for each charge."""
        pause = ROUND
        while True:
            outcomes: set[Outcome] = set()
            try:
                outcomes = await self._recover()
            except StoreError as fault:
                log.error("store.failed", key=fault.key)  # noqa: TRY400  the key says it all
            except IllegalTransition as overtaken:
                # A person has resolved the charge at this very moment; the next round sees what is left.
                log.warning("charge.overtaken", state=overtaken.state, step=overtaken.event)
            pause = min(2 * pause, SELDOM) if outcomes == {Outcome.LATER} else ROUND
            await asyncio.sleep(pause)

    async def _recover(self) -> set[Outcome]:
        """Charges that no visit is working on any more: from before a crash, or from a visit the disk failed."""
        if self.lobby is not None and self.lobby.visiting:
            return set()
        if not self.station.works(self.station.devices.printer.name):
            return set()
        outcomes = await recover(self.station.books, self.station.devices.printer.cancel)
        for recovered in outcomes:
            if recovered.outcome is not Outcome.LATER:
                log.info("charge.recovered", charge=recovered.charge, outcome=recovered.outcome.value)
        return {recovered.outcome for recovered in outcomes}

    async def _file(self) -> None:
        station = self.station
        filed = await station.books.db.run(
            file_requests, desk_outbox(station.books.db), station.requests, station.house.place
        )
        if filed:
            station.expect_staff(filed)
            log.info("request.filed", count=len(filed))

    async def _watch_calls(self) -> None:
        if self.wake_watch is not None:
            await self.station.register.db.run(self.wake_watch.look)

    async def _light(self) -> None:
        """The lamp follows the queue: lit for what the link or the watch have written, of late or before this start,
        and no longer for what was closed there.
        """
        requests, lit_for = self.station.requests, self.station.calls
        waiting = await requests.db.run(requests.open_kinds)
        new = {number for number in waiting if number > self._newest}
        self.station.need_nobody(lit_for - waiting.keys())
        if calls := [number for number in new if waiting[number] in LIT]:
            self.station.expect_staff(calls)
        self._newest = max(new, default=self._newest)

    async def _know_guests(self) -> None:
        """What takes an identity is offered only while guests can be identified."""
        try:
            await self.station.guests.identify_card("")
        except GuestsUnavailable:
            self.station.know_guests(known=False)
        else:
            self.station.know_guests(known=True)

    async def _forget(self) -> None:
        """Names and rooms that the books have let go must not stay readable in a log beside them."""
        for db in (self.station.books.db, self.station.requests.db):
            await db.run(db.cut_log)

    async def _publish(self) -> None:
        station = self.station
        opened = await station.books.db.run(station.books.open_charges)
        in_doubt = [charge.charge.state is ChargeState.UNKNOWN for charge in opened]
        snapshot = status.Status(
            process="kiosk",
            at=status.now(),
            started=self.started,
            devices={name: status.DeviceStatus.of(health) for name, health in station.health.items()},
            visit_open=self.lobby is not None and self.lobby.visiting,
            open_charges=in_doubt.count(False),
            unknown_charges=in_doubt.count(True),
        )
        status.write(snapshot, self.status_folder)
