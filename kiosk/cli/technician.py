"""What a technician asks of the hotel link: watch the wire, look whether it is set up right, list guests, post once.

While ``kiosk-link`` runs, it alone talks to the hotel: these commands then ask it, or read what it wrote down. Where it
does not run they are the link themselves for a moment.
"""

from __future__ import annotations

import argparse
import asyncio
import socket
import sys
import time
from collections.abc import Callable, MutableMapping
from contextlib import AbstractContextManager, nullcontext, suppress
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import structlog

from kiosk import stores
from kiosk.books.trial import give_up, trial
from kiosk.cli import Failed
from kiosk.cli.requests import REASONS
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

WELL, WRONG, NO_LINK, UNKNOWN, NOT_NOW, INTERRUPTED = 0, 1, 3, 4, 5, 130
EXIT_CODES = """\
exit code: 0 well or posted, 1 refused or something is wrong, 2 wrong usage or configuration,
           3 no link: nothing was sent, 4 outcome unknown: look at the folio, 5 not now: night audit or try later"""

LATER = {
    "hotel.refused.na": "a night audit is under way",
    "hotel.refused.ry": "to be sent again later",
    "hotel.refused.by": "busy",
    "hotel.refused.unsent": "the hotel system did not hear it out",
    "hotel.refused.untold": "the hotel system did not say who stays in the room",
}
"""Answers after which the same may well be posted another time, as said of one try."""
NOT_FOUND = "hotel.refused.ng"
OF_A_TRIAL = {NOT_FOUND: "no such room, or nobody in it"}
"""Where what is said of a guest's charge is not what a technician wants to know."""
SILENCE = {
    "timeout": "did not answer in time",
    "cut": "was cut off before it answered",
    "ended": "ended the link before it answered",
    "answer ''": "answered without saying what became of it (AS)",
}
"""Why nothing is known of a posting."""
UNHEARD = {
    "answer-without-number": "an answer came without a number: the hotel must enable P# for PA",
    "answer-for-another-station": "an answer came for another workstation: is ours (WS) the one agreed?",
}
"""What came in place of an answer, by the name of the noise."""
SETTLING = 5.0
"""Seconds beyond the hotel's own time-out for its answer to be written down."""
PATIENCE = 60.0
"""Seconds for which a link is tried to be had, unless the technician says how long."""
SHORT_PATIENCE = 10.0
"""Seconds, of those, after which a try that fails is the last: an interface that was just left needs some to reopen its
port. A night audit is not waited for any longer either.
"""
STOP_FIRST = "kiosk-link is running and has the hotel's only slot: systemctl stop kiosk-link first"
LOOK = 0.05
LOOK_AGAIN = 1.0
"""Seconds after which it is tried once more to be the link oneself."""
STATUS_LENGTH = 2
"""Of AS; longer is what the station says itself."""
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
        try:
            return action(settings, options)
        except KeyboardInterrupt:
            _say("interrupted")
            return INTERRUPTED

    return said


@quietly
def post(settings: Settings, options: argparse.Namespace) -> int:
    """A real posting, without a guest and without a voucher; says what the hotel system answered."""
    postings = stores.open_postings(stores.open_books(settings), settings.hotel.highest_number)
    open_line(settings)  # what cannot be set up is found out before anything is queued
    if not options.elsewhere:
        return _post(settings, options, postings, lambda: only_one(stores.link_lock_file(settings)))
    try:
        with only_one(stores.link_lock_file(settings)):  # before it is queued: kiosk-link would post it where it links to
            return _post(settings, options, postings, nullcontext)
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
    key = trial(postings, options.room, options.amount, currency, options.text, options.reservation)
    seen: Inspection | None = None

    def answered() -> bool:
        return _state(postings, key) not in UNDECIDED

    patience = _Patience(options.seconds)
    try:
        while seen is None and not answered() and not patience.ends(failed_at=_service_failed_at(settings)):
            try:
                with alone():
                    seen = _inspection(settings)
                    asyncio.run(_be_the_link(settings, postings, answered, patience, seen, _Listening))
            except LinkRuns:  # or only another technician's command, which leaves before it has come to this
                asyncio.run(_until(postings, answered, min(patience.left, LOOK_AGAIN)))
    except KeyboardInterrupt:
        _say("interrupted")
    finally:  # also when the technician has no more patience: it must not be posted hours later
        given_up = _state(postings, key) is DeliveryState.QUEUED and give_up(postings, key, "no link")
    if given_up:
        return _nothing_posted(settings, seen)
    asyncio.run(_until(postings, answered, settings.hotel.answer_seconds + SETTLING))
    return _verdict(settings, postings, key, seen)


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
        _say(f"{finding.weight.value:5} {finding.words}" + (f"\n      -> {finding.todo}" if finding.todo else ""))
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
            _say("kiosk-link does not run: systemctl start kiosk-link, or try kiosk link check")
            raise SystemExit(NO_LINK) from fault
        with suppress(KeyboardInterrupt, TimeoutError):
            _copy(line, until)
    return WELL


def _copy(line: socket.socket, until: float | None) -> None:
    while until is None or time.monotonic() < until:
        line.settimeout(None if until is None else max(0.001, until - time.monotonic()))
        chunk = line.recv(65536)
        if not chunk:
            _say("kiosk-link has ended")
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
        _say(_obstacle(seen))
        return NO_LINK
    _say("the hotel system did not tell who is in house (DR was not answered)")
    _listed(settings, "heard of meanwhile")
    return WRONG


def _listed(settings: Settings, which: str) -> int:
    try:
        with GuestLookup(stores.guests_file(settings)) as lookup:
            everybody, complete = lookup.everybody(), lookup.complete
    except GuestsUnavailable:
        _say("there is no list of guests yet")
        return NO_LINK
    for guest in everybody:
        _say(_row(guest))
    _say(f"{len(everybody)} {'guest' if len(everybody) == 1 else 'guests'} {which}" + ("" if complete else "; the list never came whole"))
    return WELL if complete else WRONG


def _row(guest: Guest) -> str:
    flags = [word for word, on in (("no-post", guest.no_post), ("vip", guest.vip)) if on]
    name = " ".join(filter(None, (guest.title, guest.name, guest.given)))
    return f"{guest.room:8} {guest.reservation:10} {guest.language:5} {name}" + (
        f"  [{', '.join(flags)}]" if flags else ""
    )


def _verdict(settings: Settings, postings: Outbox, key: str, seen: Inspection | None) -> int:
    delivery = postings.by_key(key)
    assert delivery is not None
    remark = delivery.remark
    text = _its_own_words(postings, key, seen) if seen else ""
    match delivery.state:
        case DeliveryState.DELIVERED:
            _say(f"posted: the hotel system answered OK ({remark})")
            _say_its_own(text)
            return WELL
        case DeliveryState.UNKNOWN:
            _say(f"unknown: the hotel system {_silence(remark)}")
            _say_its_own(text)
            for noise in seen.noise if seen else ():
                if noise in UNHEARD:
                    _say(UNHEARD[noise])
            _say(f"look at the folio, then: kiosk books resolve {key} posted --by WHO, or not-posted")
            return UNKNOWN
        case DeliveryState.REFUSED | DeliveryState.WITHDRAWN:
            _say(f"not posted: {_worded(remark)}")
            _say_its_own(text)
            if remark == NOT_FOUND:
                shared = "; where it is shared, say who with --reservation" if settings.hotel.posting == "guest" else ""
                _say(f"write the room as kiosk link guests does{shared}")
            return NOT_NOW if remark in LATER else WRONG
    _say("still under way: kiosk books open tells later what became of it")
    return UNKNOWN


def _its_own_words(postings: Outbox, key: str, seen: Inspection) -> str:
    """What the hotel system wrote to the posting ``key``, or to the inquiry before it, whose number is nobody's."""
    texts = {number: text for number, text in seen.texts.items() if number.isdecimal()}
    whose = {number: postings.by_number(int(number)) for number in texts}
    ours = [text for number, text in texts.items() if (found := whose[number]) is None or found.key == key]
    return ours[-1] if ours else ""


def _say_its_own(text: str) -> None:
    if text:
        _say(f'it wrote: "{"".join(char if char.isprintable() else "?" for char in text)}"')


def _worded(reason: str) -> str:
    status = reason.removeprefix("hotel.refused.").upper()
    words = OF_A_TRIAL.get(reason) or LATER.get(reason) or REASONS.get(reason, "no words for it").partition(":")[0]
    return f"{words} ({status})" if len(status) == STATUS_LENGTH else words


def _silence(remark: str) -> str:
    if remark in SILENCE:
        return SILENCE[remark]
    if remark.startswith("answer "):
        return f"answered {remark.removeprefix('answer ')}, which is no answer to a posting"
    return f"did not answer ({remark})"


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
    return stores.open_postings(stores.open_books(settings))


def _state(postings: Outbox, key: str) -> DeliveryState:
    delivery = postings.by_key(key)
    assert delivery is not None
    return delivery.state


def _inspection(settings: Settings) -> Inspection:
    return Inspection(station(settings.hotel), _where(settings))


def _nothing_posted(settings: Settings, seen: Inspection | None) -> int:
    """Say what kept a posting back; ``seen`` is None where kiosk-link runs and it was left to it."""
    audit, why = (seen.audit, _obstacle(seen)) if seen else _obstacle_of_service(settings)
    _say(f"nothing was posted: {why}")
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


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
