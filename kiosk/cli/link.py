"""``kiosk link``: the process that alone talks to the hotel system."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal

from kiosk import bootstrap
from kiosk.config.load import load
from kiosk.hotel.link import LinkSettings, run_link
from kiosk.monitor import logs
from kiosk.monitor.watchdog import Systemd, Watchdog, watchdog_interval

LOOP_LIMIT = 10.0
"""Seconds the link's loop may be silent before systemd is left to restart it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    del parser  # what it needs is in the configuration


def run(options: argparse.Namespace) -> int:
    """Until SIGTERM or SIGINT."""
    settings = load(options.config)
    logs.start("kiosk-link")
    settings.paths.runtime.mkdir(parents=True, exist_ok=True)
    manager = Systemd()
    watchdog = Watchdog({"link-loop": LOOP_LIMIT}, manager)

    async def serve() -> None:
        stop = asyncio.Event()
        for reason in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(reason, stop.set)
        manager.ready()
        watching = asyncio.ensure_future(watchdog.run(watchdog_interval(os.environ)))
        try:
            await run_link(
                LinkSettings.of(settings.hotel, settings.house.timezone),
                bootstrap.open_postings(bootstrap.open_books(settings)),
                bootstrap.guests_file(settings),
                bootstrap.link_status_file(settings),
                stop,
                on_tick=lambda: watchdog.beat("link-loop"),
            )
        finally:
            watching.cancel()
            manager.stopping()

    asyncio.run(serve())
    return 0
