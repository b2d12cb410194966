"""The lives of the station's processes: each is a child of the campaign, and ends by itself or by SIGKILL.

A life is the product's own code from the engine or the link downwards; only where it may die is the campaign's.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import select
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from hardware.cups_spooler import CupsSpooler
from kiosk import engine
from kiosk.books.charge import ChargeState
from kiosk.books.postings import room_postings
from kiosk.engine import Engine
from kiosk.hotel.fias.transport import StreamWire
from kiosk.hotel.status import read_status
from kiosk.journeys.copy_questions import ChooseCopy, CopyOrder, PrinterTrouble, Verdict
from kiosk.journeys.paying import RoomAndName
from kiosk.journeys.service import discover
from kiosk.journeys.welcome import Apology, Attract
from kiosk.lobby import Lobby
from kiosk.outbox import DeliveryState
from kiosk.register.requests import desk_outbox
from kiosk.station import Station
from tests.fault.place import NAME, ROOM, Place
from tests.links import link_to
from tests.scripted import SILENCE, ScriptedGuest
from tests.stations import happy

NEVER = 1 << 30
LONGEST_LIFE = 40
"""Seconds after which a life that does not end is a failure."""
A4 = "iso_a4_210x297mm"
_PR_SET_PDEATHSIG = 1


class Point:
    """Counts what a death can fall between, from ``arm`` on, and is that death before number ``at``."""

    def __init__(self, at: int = NEVER) -> None:
        self._at = at
        self._armed = False
        self.passed = 0

    def arm(self) -> None:
        self._armed = True

    def pass_(self) -> None:
        if self._armed:
            self.passed += 1
            if self.passed == self._at:
                os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, sql: str) -> None:
        if not sql.startswith("--"):  # statements of triggers are inside one that was counted
            self.pass_()


class Writing:
    """Passes ``point`` before each statement of a transaction that writes, and before the first one after it.

    What only looks may look as often as the clock will have it; the disk is the same before and after.
    """

    def __init__(self, point: Point) -> None:
        self._point = point
        self._inside = False

    def __call__(self, sql: str) -> None:
        if self._inside or sql == "BEGIN IMMEDIATE":
            self._inside = sql not in ("COMMIT", "ROLLBACK")
            self._point.statement(sql)


class Life:
    """A forked child that does ``work``; nothing of it survives this process."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        parent = os.getpid()
        self._pid = os.fork()
        if self._pid == 0:
            _live(parent, work)
        self._watch = os.pidfd_open(self._pid)

    def ended(self, seconds: float) -> bool:
        """Wait at most so long for its end."""
        poll = select.poll()
        poll.register(self._watch, select.POLLIN)
        return bool(poll.poll(seconds * 1000))

    def kill(self) -> None:
        signal.pidfd_send_signal(self._watch, signal.SIGKILL)

    def killed(self) -> bool:
        """Wait for its end; True when it was SIGKILL, False when it ended well. Anything else is a failure."""
        _, status = os.waitpid(self._pid, 0)
        os.close(self._watch)
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, -signal.SIGKILL), f"a life ended with {code}"
        return code != 0


def _live(parent: int, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    status = 1
    try:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        signal.alarm(LONGEST_LIFE)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
        asyncio.run(work())
        status = 0
    finally:
        if status:  # the parent sees nothing but the status
            traceback.print_exc()
        sys.stderr.flush()
        os._exit(status)


@dataclass(frozen=True)
class Errand:
    """What a guest comes for: ``copies`` of one page, ``refused`` samples before the one that is good."""

    copies: int = 2
    refused: int = 0

    def script(self, began: Callable[[], None]) -> dict[Any, Any]:
        def touch(_question: Attract) -> str:
            began()
            return "en"

        verdicts = [*[Verdict.TOO_LIGHT] * self.refused, Verdict.GOOD]
        answers = happy(CopyOrder(A4, copies=self.copies), ApproveSample=verdicts, Identify=RoomAndName(ROOM, NAME))
        # A guest who waits for a busy machine; a printer that stays in trouble is a life that does not end.
        return {**answers, Attract: touch, ChooseCopy: CopyOrder(A4, copies=self.copies), PrinterTrouble: SILENCE}


async def serve(place: Place, errand: Errand, point: Point) -> None:
    """A kiosk that serves one guest; its deaths lie between the guest's first touch and the end of the visit."""
    engine.ROUND = engine.HOUSE = 60.0  # housekeeping is for the lives after it
    station = place.station()
    station.books.db.trace(point.statement)
    _count_orders(point)
    running = Engine(station, place.kiosk / "status")
    async with running.running():
        await running._devices_known()
        guest = ScriptedGuest(errand.script(point.arm))
        running.lobby = Lobby(station, guest, discover())
        await running.lobby.serve_one()
        assert guest.kinds()[-1] == "Farewell", guest.kinds()
        assert "Apology" not in guest.kinds(), guest.asked(Apology)


async def restart(place: Place, point: Point) -> None:
    """A kiosk that starts again, until nothing is open but what a person was asked about."""
    engine.ROUND = engine.HOUSE = 0.05
    station = place.station()
    station.books.db.trace(Writing(point))
    point.arm()
    async with Engine(station, place.kiosk / "status").running():
        while await station.books.db.run(_unsettled, station):
            await asyncio.sleep(0.02)


def _unsettled(station: Station) -> bool:
    opened = [charge.charge.state for charge in station.books.open_charges()]
    untold = desk_outbox(station.books.db).pending_count()
    return bool(untold) or any(state is not ChargeState.UNKNOWN for state in opened)


async def link(place: Place, point: Point, *, first: bool = False) -> None:
    """A link until every posting is decided; the ``first`` one until it knows the guests."""
    books = place.books()
    books.db.trace(point.statement)
    _count_writes(point)
    point.arm()
    postings = room_postings(books.db)
    stop = asyncio.Event()
    status = place.kiosk / "link.json"
    serving = asyncio.ensure_future(link_to(place.hotel.port, postings, place.kiosk, stop))
    watched = room_postings(place.books().db)
    while first and not ((told := read_status(status)) and told.guests):
        await asyncio.sleep(0.005)
    while watched.counts().keys() & {DeliveryState.QUEUED, DeliveryState.SENDING}:
        await asyncio.sleep(0.005)
    stop.set()
    await serving


def _count_orders(point: Point) -> None:
    submit = CupsSpooler.submit

    async def counted(spooler: CupsSpooler, name: str, document: Path, options: Mapping[str, str]) -> None:
        point.pass_()
        await submit(spooler, name, document, options)
        point.pass_()

    CupsSpooler.submit = counted  # type: ignore[method-assign]


def _count_writes(point: Point) -> None:
    write = StreamWire.write

    async def counted(wire: StreamWire, frame: bytes) -> None:
        point.pass_()
        await write(wire, frame)
        point.pass_()

    StreamWire.write = counted  # type: ignore[method-assign]
