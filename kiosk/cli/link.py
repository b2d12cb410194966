"""``kiosk link``: the process that alone talks to the hotel system, and what a technician asks of it."""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import msgspec
import structlog

from kiosk import stores
from kiosk.cli import Failed, technician
from kiosk.cli.verdict import EXIT_CODES
from kiosk.config.load import DEFAULTS, load
from kiosk.config.settings import Settings
from kiosk.config.typed import ConfigError, FieldError
from kiosk.hotel.fias.records import InterfaceType, Posting
from kiosk.hotel.link import run_link
from kiosk.hotel.only_one import LinkRuns, only_one
from kiosk.hotel.status import BARRED, LinkStatus, read_status
from kiosk.hotel.trace import Trace
from kiosk.link_root import LinkUnusable, open_desk, open_line
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
    parser.epilog = EXIT_CODES
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    tracing = actions.add_parser("trace", help="show the running link's wire, readable, names masked")
    tracing.add_argument("--seconds", type=float, metavar="N", help="end after so long; else with Ctrl-C")
    checking = actions.add_parser("check", help="is the hotel's interface set up right, which fields does it lack")
    listing = actions.add_parser("guests", help="list who is in house as the hotel system tells it")
    posting = actions.add_parser("post", help="post one amount for real and say what the hotel system answered")
    posting.add_argument(
        "--room", required=True, type=_room, metavar="R", help="as the hotel system writes it, leading zeros too"
    )
    posting.add_argument(
        "--amount", required=True, type=_amount, metavar="MINOR", help="in minor units; negative takes off"
    )
    posting.add_argument("--text", required=True, metavar="T", help="on the folio: at most 20 characters")
    posting.add_argument("--reservation", default="", metavar="G", help="of the guest, where a room is shared")
    for action in (checking, listing, posting):
        action.add_argument(
            "--seconds",
            type=_seconds,
            metavar="N",
            help="try so long; else 60, or until it is plain that there is no link",
        )
        action.add_argument("--host", type=_host, help="of any FIAS server, in place of the configured one")
        action.add_argument("--port", type=_port, help="in place of the configured one")
        action.add_argument("--code-page", metavar="NAME", help="gbk, utf-8... in place of the configured one")
        action.add_argument(
            "--interface", choices=get_args(InterfaceType), help="our type, in place of the configured one"
        )
        action.add_argument(
            "--posting", choices=get_args(Posting), help="PS, or PR after an inquiry, in place of the configured way"
        )
    for action in actions.choices.values():  # also after the action, where one thinks of it
        action.epilog, action.formatter_class = EXIT_CODES, argparse.RawDescriptionHelpFormatter
        action.add_argument(
            "--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help="the station's configuration (TOML)"
        )


def run(options: argparse.Namespace) -> int:
    """The service until SIGTERM or SIGINT, or a technician's action. Raises Failed, ConfigError."""
    settings = load(options.config)
    try:
        return ACTIONS[options.action](settings, options)
    except LinkUnusable as wrong:
        raise ConfigError(options.config or DEFAULTS, wrong.key, wrong.reason) from wrong
    except StoreError as fault:
        raise Failed(f"the books cannot be opened: {fault.key} {dict(fault.values)}") from fault
    except OSError as fault:
        if fault.filename is None:
            raise
        own = "run this as the station's user, or name other folders under [paths] in --config FILE"
        raise Failed(f"{fault.filename} can't be used ({fault.strerror}): {own}") from fault


def _pointed(settings: Settings, options: argparse.Namespace) -> Settings:
    """At the interface that the options name."""
    named = {name: getattr(options, name) for name in ("host", "port", "code_page", "interface", "posting")}
    chosen = {name: value for name, value in named.items() if value is not None}
    try:
        pointed = msgspec.structs.replace(settings, hotel=msgspec.structs.replace(settings.hotel, **chosen))
    except FieldError as wrong:
        raise ConfigError(options.config or DEFAULTS, f"hotel.{wrong.key}", wrong.reason) from wrong
    options.elsewhere = pointed != settings
    return pointed


def _room(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("a room has a number")
    return text


def _host(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("a host has a name or an address")
    return text.strip()


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]+)?", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return float(text)


def _port(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,5}", text, re.ASCII) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")
    return int(text)


def _amount(text: str) -> int:
    """In minor units. FIAS has 15 characters for it, of which zeros and a minus may still take three."""
    if not re.fullmatch(r"[+-]?[0-9]{1,12}", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of minor units (12 digits): 150 is 1.50")
    if int(text) == 0:
        raise argparse.ArgumentTypeError("nothing is no amount to post")
    return int(text)


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    del options
    try:
        with only_one(stores.link_lock_file(settings)):
            return _service(settings)
    except LinkRuns as other:
        raise Failed(f"another link of this station runs: it holds {other}") from other


def _service(settings: Settings) -> int:
    logs.start("kiosk-link")
    settings.paths.runtime.mkdir(parents=True, exist_ok=True)
    manager = Systemd()
    watchdog = Watchdog({"link-loop": LOOP_LIMIT}, manager)
    trace = Trace()

    async def serve() -> None:
        stop = asyncio.Event()
        postings = stores.open_postings(stores.open_books(settings), settings.hotel.highest_number)
        for reason in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(reason, stop.set)
        manager.ready()
        try:
            async with (
                beside(watchdog.run(watchdog_interval(os.environ)), _publish(settings, postings)),
                trace.served(stores.link_trace_socket(settings)),
            ):
                desk = open_desk(settings, postings, on_tick=lambda: watchdog.beat("link-loop"))
                desk.tap = trace.tap
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
        return "barred" if link.phase == BARRED else "down"
    return "night-audit" if link.audit else "alive"


ACTIONS: dict[str | None, Callable[[Settings, argparse.Namespace], int]] = {
    None: _serve,
    "trace": technician.trace,
    "check": lambda settings, options: technician.check(_pointed(settings, options), options),
    "guests": lambda settings, options: technician.guests(_pointed(settings, options), options),
    "post": lambda settings, options: technician.post(_pointed(settings, options), options),
}
