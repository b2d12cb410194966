"""A hotel link for tests: everything kiosk-link is made of, on a folder of the test's, against a port of the test's."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.config.hotel import WakeUpSettings
from kiosk.hotel.clock import Clock, system_clock
from kiosk.hotel.desk import Desk
from kiosk.hotel.fias.line import FiasLine, Pace
from kiosk.hotel.fias.records import Description
from kiosk.hotel.fias.talk import Charges, Worker
from kiosk.hotel.fias.timings import Timings
from kiosk.hotel.fias.transport import Connect, tcp
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.link import run_link
from kiosk.hotel.postman import Postman
from kiosk.hotel.roster import Roster
from kiosk.hotel.runner import Runner
from kiosk.hotel.switchboard import Switchboard
from kiosk.outbox import Outbox
from kiosk.register.register import Register
from kiosk.register.rules import Rules
from kiosk.store.database import Database
from kiosk.store.migrations import REGISTER

UTC_ZONE = ZoneInfo("UTC")
WAKE_UP = WakeUpSettings("hotel-system", "", 45, 15, 5, 14)


def register_of(folder: Path, zone: ZoneInfo = UTC_ZONE) -> Register:
    """The station's register in ``folder``, of a hotel that does everything."""
    rules = Rules("lobby", zone, WAKE_UP, results=True, wishes=True, mail=True, post=True)
    return Register(Database(folder / "register.db", REGISTER), rules)


def desk_of(
    folder: Path,
    postings: Outbox,
    zone: ZoneInfo = UTC_ZONE,
    *,
    register: Register | None = None,
    clock: Clock | None = None,
    on_tick: Callable[[], None] = lambda: None,
    retry: float = 30.0,
    beat: float = 5.0,
) -> Desk:
    guests = CachedGuests(folder / "guests.db")
    clock = clock or system_clock(zone)
    return Desk(
        postman=Postman(postings, zone, retry, lambda: clock().seconds),
        runner=Runner(Switchboard(register or register_of(folder, zone), guests.room_of, guests.staying_in), retry),
        roster=Roster(folder / "guests.db"),
        clock=clock,
        status=folder / "link.json",
        on_tick=on_tick,
        beat=beat,
    )


def fias_line_to(
    where: int | Connect,
    station: Description | None = None,
    *,
    charges: Charges | None = None,
    doubts: Worker | None = None,
    timings: Timings | None = None,
    pace: Pace | None = None,
) -> FiasLine:
    connect = tcp("127.0.0.1", where) if isinstance(where, int) else where
    quick = pace or Pace(first_pause=0.05)
    return FiasLine(connect, station or Description(), charges=charges, doubts=doubts, timings=timings, pace=quick)


async def link_to(
    port: int,
    postings: Outbox,
    folder: Path,
    stop: asyncio.Event,
) -> None:
    """The plain one: room postings over TCP."""
    await run_link(fias_line_to(port), desk_of(folder, postings), stop)
