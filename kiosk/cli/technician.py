"""What a technician asks of the hotel link: watch the wire, look whether it is set up right, list guests, post once.

While ``kiosk-link`` runs, it alone talks to the hotel: these commands then ask it, or read what it wrote down. Where it
does not run they are the link themselves for a moment.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable, MutableMapping
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

import msgspec
import structlog

from kiosk import stores
from kiosk.books.trial import give_up, trial
from kiosk.cli import Failed
from kiosk.cli.verdict import INTERRUPTED, NO_LINK, NOT_NOW, WELL, WRONG, say, verdict
from kiosk.config.load import load_tariff
from kiosk.config.settings import Settings
from kiosk.hotel.desk import Desk
from kiosk.hotel.guest_lookup import GuestLookup
from kiosk.hotel.inspection import IN_AUDIT, Inspection, Weight
from kiosk.hotel.link import run_link
from kiosk.hotel.only_one import LinkRuns, only_one
from kiosk.hotel.protocol import Guest, GuestsUnavailable
from kiosk.hotel.roster import Roster
from kiosk.hotel.status import read_status
from kiosk.link_root import open_desk, open_line, station
from kiosk.outbox import DeliveryState, Outbox

PATIENCE = 60.0
"""Seconds for which a link is tried to be had, unless the technician says how long."""
SHORT_PATIENCE = 5.0
"""Seconds, of those, after which a try that fails is the last: an interface that was just left needs two or three to
reopen its port. A night audit is not waited for any longer either.
"""
SETTLING = 5.0
"""Seconds beyond the hotel's own time-out for its answer to be written down."""
STOP_FIRST = "kiosk-link is running and has the hotel's only slot: systemctl stop kiosk-link first"
LOOK = 0.05
LOOK_AGAIN = 1.0
"""Seconds after which it is tried once more to be the link oneself."""
UNDECIDED = (DeliveryState.QUEUED, DeliveryState.SENDING)


class _Ear:
    """In place of the log: the last reason why there was no connection, and when a try failed, for whoever asks."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.trouble = ""
        self.failed_at = float("-inf")

    def __call__(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> str:
        if event["event"] in ("link.cut", "link.hangup"):
            self.failed_at = time.monotonic()
        if event["event"] == "link.cut":
            self.trouble = str(event["reason"])
        raise structlog.DropEvent


_ear = _Ear()


class _Patience:
    """How long a technician waits for a link: ``seconds``, or as long as there is any hope."""

    def __init__(self, seconds: float | None) -> None:
        self._began = time.monotonic()
        self._hopes = seconds is None
        self._until = self._began + (PATIENCE if seconds is None else seconds)

    @property
    def left(self) -> float:
        """Seconds."""
        return self._until - time.monotonic()

    def ends(self, *, failed_at: float) -> bool:
        """Whether nothing is to be hoped for any more from a try that failed then."""
        return self.left <= 0 or (self._hopes and failed_at - self._began >= SHORT_PATIENCE)


class _Listening(Roster):
    """Writes down what is told and asks for nothing: one posting need not wait until everybody in house was told."""

    async def resync_due(self, wall: datetime) -> bool:
        del wall
        return False


def quietly(
    action: Callable[[Settings, argparse.Namespace], int],
) -> Callable[[Settings, argparse.Namespace], int]:
    """``action`` says itself what it has to say; the log of the link in it would be in the way."""

    def said(settings: Settings, options: argparse.Namespace) -> int:
        structlog.configure(processors=[_ear])
        _ear.clear()
        _end_as_by_ctrl_c()
        try:
            return action(settings, options)
        except KeyboardInterrupt:
            say("interrupted")
            return INTERRUPTED

    return said


def _end_as_by_ctrl_c() -> None:
    """Whatever ends the command, a lost connection to the station too, leaves it time to take back what was not sent.
    What is ignored, as by nohup, still is.
    """
    for reason in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(reason) is not signal.SIG_IGN:
            signal.signal(reason, _as_ctrl_c)


def _as_ctrl_c(_reason: int, frame: FrameType | None) -> None:
    # While a loop runs its own handler cancels what runs in it; an exception could come up anywhere in there.
    handler = signal.getsignal(signal.SIGINT)
    (handler if callable(handler) else signal.default_int_handler)(signal.SIGINT, frame)


@quietly
def post(settings: Settings, options: argparse.Namespace) -> int:
    """A real posting, without a guest and without a voucher; says what the hotel system answered.

    To another hotel system than the configured one it goes out of books of its own, lest what waits goes there as well.
    """
    open_line(settings)  # what cannot be set up is found out before anything is queued
    lock = stores.link_lock_file(settings)
    if not options.elsewhere:
        return _post(settings, options, _postings(settings), lambda: only_one(lock))
    try:
        with only_one(lock), TemporaryDirectory() as folder:
            postings = _postings(_elsewhere(settings, settings.paths.state / "elsewhere"))
            for left in postings.in_state(DeliveryState.QUEUED):  # by a command that was killed, for who knows whom
                give_up(postings, left.key, "no link")
            return _post(_elsewhere(settings, Path(folder)), options, postings, nullcontext)
    except LinkRuns:
        raise Failed(STOP_FIRST) from None


def _post(
    settings: Settings,
    options: argparse.Namespace,
    postings: Outbox,
    alone: Callable[[], AbstractContextManager[None]],
) -> int:
    """``alone`` holds for a moment that nobody else is the link, or raises LinkRuns."""
    currency = load_tariff(settings.tariff.file).currency
    patience = _Patience(options.seconds)
    seen: Inspection | None = None

    def answered() -> bool:
        return _state(postings, key) not in UNDECIDED

    key = trial(postings, options.room, options.amount, currency, options.text, options.reservation)
    try:
        while seen is None and not answered() and not patience.ends(failed_at=_service_failed_at(settings)):
            try:
                with alone():
                    seen = _inspection(settings)
                    asyncio.run(_be_the_link(settings, postings, answered, patience, seen, _Listening))
            except LinkRuns:  # or only another technician's command, which leaves before it has come to this
                asyncio.run(_until(postings, answered, min(patience.left, LOOK_AGAIN)))
    except KeyboardInterrupt:
        say("interrupted")
    finally:  # also when the technician has no more patience: it must not be posted hours later
        given_up = _state(postings, key) is DeliveryState.QUEUED and give_up(postings, key, "no link")
    if given_up:
        return _nothing_posted(settings, seen)
    asyncio.run(_until(postings, answered, settings.hotel.answer_seconds + SETTLING))
    by_guest = settings.hotel.posting == "guest"
    return verdict(postings, key, seen, by_guest=by_guest, in_books=not options.elsewhere)


def _service_failed_at(settings: Settings) -> float:
    """Now, as long as kiosk-link has no link or waits for the end of a night audit."""
    status = read_status(stores.link_status_file(settings))
    return float("-inf") if status is not None and status.alive and not status.audit else time.monotonic()


@quietly
def guests(settings: Settings, options: argparse.Namespace) -> int:
    """Everybody in house as the hotel system tells it now, or as the running link has it."""
    try:
        with only_one(stores.link_lock_file(settings)), TemporaryDirectory() as folder:
            return _fresh_guests(_elsewhere(settings, Path(folder)), options)
    except LinkRuns:
        if options.elsewhere:
            raise Failed(STOP_FIRST) from None
        return _listed(settings, "as kiosk-link has it")


@quietly
def check(settings: Settings, options: argparse.Namespace) -> int:
    """Connect, describe, ask for everybody, and judge what came."""
    if settings.hotel.adapter != "fias":
        raise Failed("only a FIAS interface can be checked in this way")
    seen = _inspection(settings)
    try:
        with only_one(stores.link_lock_file(settings)), TemporaryDirectory() as folder:
            place = _elsewhere(settings, Path(folder))
            patience = _Patience(options.seconds)
            asyncio.run(_be_the_link(place, _postings(place), lambda: seen.roll_over, patience, seen))
    except LinkRuns:
        raise Failed(STOP_FIRST) from None
    for finding in seen.findings():
        say(f"{finding.weight.value:5} {finding.words}" + (f"\n      -> {finding.todo}" if finding.todo else ""))
    if not seen.connected:
        return NO_LINK
    return WRONG if any(finding.weight is Weight.WRONG for finding in seen.findings()) else WELL


def trace(settings: Settings, options: argparse.Namespace) -> int:
    """The running link's wire, line by line, until interrupted or the seconds are over."""
    until = time.monotonic() + options.seconds if options.seconds else None
    with socket.socket(socket.AF_UNIX) as line:
        try:
            line.connect(str(stores.link_trace_socket(settings)))
        except OSError as fault:
            say("kiosk-link does not run: systemctl start kiosk-link, or try kiosk link check")
            raise SystemExit(NO_LINK) from fault
        with suppress(KeyboardInterrupt, TimeoutError):
            _copy(line, until)
    return WELL


def _copy(line: socket.socket, until: float | None) -> None:
    while until is None or time.monotonic() < until:
        line.settimeout(None if until is None else max(0.001, until - time.monotonic()))
        chunk = line.recv(65536)
        if not chunk:
            say("kiosk-link has ended")
            return
        sys.stdout.write(chunk.decode("utf-8", errors="replace"))
        sys.stdout.flush()


def _fresh_guests(settings: Settings, options: argparse.Namespace) -> int:
    seen = _inspection(settings)

    def complete() -> bool:
        with suppress(GuestsUnavailable), GuestLookup(stores.guests_file(settings)) as lookup:
            return lookup.complete
        return False

    patience = _Patience(options.seconds)
    asyncio.run(_be_the_link(settings, _postings(settings), lambda: complete() or seen.roll_over, patience, seen))
    if complete():
        return _listed(settings, "in house")
    if not seen.alive:
        say(_obstacle(seen))
        return NO_LINK
    say(f"it is not known who is in house: {seen.roll_missing()}")
    _listed(settings, "heard of meanwhile")
    return WRONG


def _listed(settings: Settings, which: str) -> int:
    try:
        with GuestLookup(stores.guests_file(settings)) as lookup:
            everybody, complete = lookup.everybody(), lookup.complete
    except GuestsUnavailable:
        say("there is no list of guests yet")
        return NO_LINK
    for guest in everybody:
        say(_row(guest))
    counted = "1 guest" if len(everybody) == 1 else f"{len(everybody)} guests"
    say(f"{counted} {which}" + ("" if complete else "; the list never came whole"))
    return WELL if complete else WRONG


def _row(guest: Guest) -> str:
    flags = [word for word, on in (("no-post", guest.no_post), ("vip", guest.vip)) if on]
    name = " ".join(filter(None, (guest.title, guest.name, guest.given)))
    return f"{guest.room:8} {guest.reservation:10} {guest.language:5} {name}" + (
        f"  [{', '.join(flags)}]" if flags else ""
    )


async def _be_the_link(
    settings: Settings,
    postings: Outbox,
    enough: Callable[[], bool],
    patience: _Patience,
    seen: Inspection,
    roster: type[Roster] = Roster,
) -> None:
    """Be the link until there is ``enough`` or ``patience`` ends; what is outstanding then is still waited for."""
    settings.paths.runtime.mkdir(parents=True, exist_ok=True)
    stop = asyncio.Event()
    desk: Desk = open_desk(settings, postings)
    desk.tap = seen.tap
    desk.roster = roster(stores.guests_file(settings))
    link = asyncio.ensure_future(run_link(open_line(settings), desk, stop))
    while not enough() and not patience.ends(failed_at=_failed_at(seen)) and not link.done():
        await asyncio.wait({link}, timeout=LOOK)
    seen.trouble = _ear.trouble
    stop.set()
    await link


def _failed_at(seen: Inspection) -> float:
    """When the last try failed; now, in a night audit. A link that came up once is hoped for."""
    if seen.audit:
        return time.monotonic()
    return float("-inf") if seen.alive else _ear.failed_at


async def _until(postings: Outbox, enough: Callable[[], bool], seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while not enough():
                await postings.wait(1.0)


def _elsewhere(settings: Settings, folder: Path) -> Settings:
    """The same station with empty files: looking must not change what the link knows, nor post what waits."""
    paths = msgspec.structs.replace(settings.paths, state=folder / "state", runtime=folder / "run")
    return msgspec.structs.replace(settings, paths=paths)


def _postings(settings: Settings) -> Outbox:
    return stores.open_postings(stores.open_books(settings), settings.hotel.highest_number)


def _state(postings: Outbox, key: str) -> DeliveryState:
    delivery = postings.by_key(key)
    assert delivery is not None
    return delivery.state


def _inspection(settings: Settings) -> Inspection:
    return Inspection(station(settings.hotel), _where(settings))


def _nothing_posted(settings: Settings, seen: Inspection | None) -> int:
    """Say what kept a posting back; ``seen`` is None where kiosk-link runs and it was left to it."""
    audit, why = (seen.audit, _obstacle(seen)) if seen else _obstacle_of_service(settings)
    say(f"nothing was posted: {why}")
    return NOT_NOW if audit else NO_LINK


def _obstacle(seen: Inspection) -> str:
    return seen.obstacle() if seen.alive else f"no link to the hotel system: {seen.obstacle()}"


def _obstacle_of_service(settings: Settings) -> tuple[bool, str]:
    """Whether it is the night audit, and in words what it is."""
    status = read_status(stores.link_status_file(settings))
    if status is None or not status.alive:
        return False, f"kiosk-link has no link to the hotel system at {_where(settings)}: kiosk link trace shows why"
    if status.audit:
        return True, IN_AUDIT
    return False, "kiosk-link has not come to it yet: kiosk link trace shows what it does"


def _where(settings: Settings) -> str:
    hotel = settings.hotel
    return hotel.serial.path if hotel.serial else f"{hotel.host}:{hotel.port}"
