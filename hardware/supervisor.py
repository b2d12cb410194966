"""Owns one device: connects, serves, backs off, reconnects, stops; publishes one Health snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hardware.protocols import OFFLINE, Device, DeviceError, Health

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0

Listener = Callable[[str, Health], None]


class Supervisor:
    """Keeps ``device`` connected for as long as ``run`` is running.

    ``changed`` is called on the engine's loop with the device's name and each Health that differs from the last one.
    ``poll`` is how often a device that is served is looked at, in seconds.
    """

    def __init__(self, device: Device, changed: Listener, poll: float = 0.25) -> None:
        self.device = device
        self._changed = changed
        self._poll = poll
        self._published: Health | None = None

    async def run(self) -> None:
        """Until cancelled. A fault of the device is published and met with a longer pause each time, up to 10 s."""
        pause = FIRST_PAUSE
        while True:
            try:
                await self.device.connect()
                pause = FIRST_PAUSE
                await self._serve()
            except DeviceError as fault:
                self._publish(Health(OFFLINE.fitness, fault.key))
            finally:
                await self.device.close()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _serve(self) -> None:
        watching = asyncio.ensure_future(self.device.watch())
        try:
            while not watching.done():
                self._publish(self.device.health())
                await asyncio.wait({watching}, timeout=self._poll)
            await watching
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    def _publish(self, health: Health) -> None:
        if health != self._published:
            self._published = health
            self._changed(self.device.name, health)
