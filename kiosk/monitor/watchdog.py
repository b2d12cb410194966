"""Telling systemd that the process works: not that it exists, but that each of its loops has just gone round."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import structlog

log = structlog.get_logger()

UNWATCHED_INTERVAL = 5.0
"""Seconds between two looks where nobody has set a watchdog: lateness is then only logged."""


class ServiceManager(Protocol):
    """What a process may tell whoever started it."""

    def ready(self) -> None:
        """Start-up is done: units ordered after this one may start."""
        ...

    def alive(self) -> None: ...

    def status(self, text: str) -> None:
        """One line shown by ``systemctl status``; no personal data."""
        ...

    def stopping(self) -> None: ...


class Systemd:
    """sd_notify(3). Without NOTIFY_SOCKET (no systemd, or Type is not notify) it says nothing and imports nothing."""

    def __init__(self) -> None:
        self._listening = "NOTIFY_SOCKET" in os.environ

    def ready(self) -> None:
        self._send("READY")

    def alive(self) -> None:
        self._send("WATCHDOG")

    def status(self, text: str) -> None:
        self._send("STATUS", text)

    def stopping(self) -> None:
        self._send("STOPPING")

    def _send(self, what: str, text: str = "") -> None:
        if not self._listening:
            return
        # 14 ms, which nobody else has to wait for
        from cysystemd.daemon import Notification, notify

        notify(Notification[what], text)


def watchdog_interval(environ: Mapping[str, str]) -> float:
    """Seconds between two signs of life: a third of the unit's WatchdogSec, so that one may be late."""
    usec = environ.get("WATCHDOG_USEC", "")
    meant_for_us = environ.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
    return int(usec) / 3_000_000 if usec.isdigit() and meant_for_us else UNWATCHED_INTERVAL


class Watchdog:
    """Passes signs of life on to ``manager`` only while every source gives them.

    ``limits``: the longest silence of each source in seconds ("frame": a frame was drawn; "engine": the loop went
    round). One silent source is enough to be restarted: a picture that stands still serves nobody.
    """

    def __init__(
        self,
        limits: Mapping[str, float],
        manager: ServiceManager,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits = dict(limits)
        self._manager = manager
        self._clock = clock
        now = clock()
        self._heard = dict.fromkeys(self._limits, now)
        self._told: frozenset[str] = frozenset()

    def beat(self, source: str) -> None:
        """A sign of life; cheap, and safe from any thread. Raises KeyError for a source nobody waits for."""
        if source not in self._limits:
            raise KeyError(source)
        self._heard[source] = self._clock()

    def late(self) -> frozenset[str]:
        """The sources that have been silent for longer than they may."""
        now = self._clock()
        return frozenset(source for source, limit in self._limits.items() if now - self._heard[source] > limit)

    def check(self) -> None:
        """Tell the manager that all is well, or log once which source fell silent."""
        late = self.late()
        for source in sorted(late - self._told):
            log.error("watchdog.late", source=source, limit_s=self._limits[source])
        for source in sorted(self._told - late):
            log.warning("watchdog.recovered", source=source)
        self._told = late
        if not late:
            self._manager.alive()

    async def run(self, interval: float) -> None:
        """Check every ``interval`` seconds until cancelled; runs on the engine's loop, and stands still with it."""
        while True:
            self.check()
            await asyncio.sleep(interval)
