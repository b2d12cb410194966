"""``kiosk link``: the process that alone talks to the hotel system."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal

import structlog

from kiosk import stores
from kiosk.config.load import load
from kiosk.config.settings import Settings
from kiosk.hotel.link import run_link
from kiosk.hotel.status import LinkStatus, read_status
from kiosk.link_root import open_desk, open_line
from kiosk.monitor import logs, status
from kiosk.monitor.watchdog import Systemd, Watchdog, watchdog_interval
from kiosk.outbox import DeliveryState, Outbox
from kiosk.store.database import StoreError
from kiosk.tasks import beside

PUBLISH_EVERY = 2.0
"""Seconds between two snapshots of the process's status."""
LOOP_LIMIT = 10.0
"""Seconds the link's loop may be silent before systemd is left to restart it."""

log = structlog.get_logger()


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
        postings = stores.open_postings(stores.open_books(settings))
        for reason in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(reason, stop.set)
        manager.ready()
        try:
            async with beside(watchdog.run(watchdog_interval(os.environ)), _publish(settings, postings)):
                desk = open_desk(settings, postings, on_tick=lambda: watchdog.beat("link-loop"))
                await run_link(open_line(settings), desk, stop)
        finally:
            manager.stopping()

    asyncio.run(serve())
    return 0


async def _publish(settings: Settings, postings: Outbox) -> None:
    """The process's status for ``kiosk status`` and the collector, until cancelled.

    At the same time names that went with a posting are forgotten for good, also while ``kiosk`` stands still.
    """
    started = status.now()
    while True:
        await asyncio.sleep(PUBLISH_EVERY)
        link = read_status(stores.link_status_file(settings))
        try:
            counts = await postings.db.run(postings.counts)
            await postings.db.run(postings.db.cut_log)
        except StoreError as fault:
            log.error("store.failed", key=fault.key)  # noqa: TRY400  the key says it all
            continue
        snapshot = status.Status(
            process="kiosk-link",
            at=status.now(),
            started=started,
            link=_state(link),
            unknown_postings=counts.get(DeliveryState.UNKNOWN, 0),
            refused_postings=counts.get(DeliveryState.REFUSED, 0),
            queue_length=counts.get(DeliveryState.QUEUED, 0) + counts.get(DeliveryState.SENDING, 0),
        )
        try:
            status.write(snapshot, settings.paths.status)
        except OSError:
            log.exception("status.unwritable")


def _state(link: LinkStatus | None) -> status.LinkState:
    if link is None:
        return "starting"
    if not link.alive:
        return "down"
    return "night-audit" if link.audit else "alive"
