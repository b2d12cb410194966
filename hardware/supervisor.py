"""Owns one device: connects, serves, backs off, reconnects, stops; publishes one Health snapshot."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from hardware.protocols import OFFLINE, Device, DeviceError, Fitness, Health, NeedsPerson

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
STEADY = 5.0
LOOK = 0.25

log = logging.getLogger(__name__)

Listener = Callable[[str, Health], None]


class Supervisor:
    """Keeps ``device`` connected for as long as ``run`` is running.

    ``changed`` is called on the engine's loop with the device's name and each Health that differs from the last one.
    ``look_again`` tells after how many seconds a device that is served is looked at again; that its wire broke is
    noticed at once. ``clock`` and ``sleep`` are for tests.
    """

    def __init__(
        self,
        device: Device,
        changed: Listener,
        look_again: Callable[[], float] = lambda: LOOK,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self.device = device
        self._changed = changed
        self._look_again = look_again
        self._clock = clock
        self._sleep = sleep
        self._published: Health | None = None

    async def run(self) -> None:
        """Until cancelled. A fault of the device is published and met with a longer pause each time, up to 10 s.

        Only a connection that held for 5 s makes the next pause short again: a device that connects and breaks at once
        is not worth hurrying for. The device is closed whenever this stops, also when cancelled. What the driver did
        not foresee (no memory, no more processes) is logged, counts as offline and is met in the same way.
        """
        pause = FIRST_PAUSE
        while True:
            if await self._survived() >= STEADY:
                pause = FIRST_PAUSE
            await self._sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _survived(self) -> float:
        """``_connection``, whatever happens in it: a device nobody attends any more would keep its last health."""
        try:
            return await self._connection()
        except Exception:
            log.exception("device.crashed")  # which one is told with its health
            self._publish(OFFLINE)
            return 0.0

    async def _connection(self) -> float:
        """One connection from ``connect`` to ``close``; returns how many seconds it held."""
        connected = self._clock()
        try:
            await self.device.connect()
            connected = self._clock()
            await self._serve()
        except DeviceError as fault:
            self._publish(_health_of(fault))
        finally:
            await self.device.close()
        return self._clock() - connected

    async def _serve(self) -> None:
        watching = asyncio.ensure_future(self.device.watch())
        try:
            while not watching.done():
                self._publish(self.device.health())
                await asyncio.wait({watching}, timeout=self._look_again())
            await watching
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    def _publish(self, health: Health) -> None:
        if health != self._published:
            self._published = health
            self._changed(self.device.name, health)


def _health_of(fault: DeviceError) -> Health:
    place = fault.values.get("place")
    fitness = Fitness.NEEDS_PERSON if isinstance(fault, NeedsPerson) else Fitness.OFFLINE
    return Health(fitness, fault.key, str(place) if place is not None else None)
