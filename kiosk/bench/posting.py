"""How fast charges reach the hotel system, against what its answer time permits."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from kiosk.books.postings import PMS, POSTING, Posting, room_postings
from kiosk.config.hotel import WakeUpSettings
from kiosk.hotel.clock import system_clock
from kiosk.hotel.desk import Desk
from kiosk.hotel.fias.line import FiasLine
from kiosk.hotel.fias.records import Description
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.fias.transport import tcp
from kiosk.hotel.link import run_link
from kiosk.hotel.postman import Postman
from kiosk.hotel.roster import Roster
from kiosk.hotel.runner import Runner
from kiosk.hotel.status import read_status
from kiosk.hotel.switchboard import Switchboard
from kiosk.link_root import RETRY
from kiosk.outbox import Outbox, enqueue
from kiosk.register.register import Register
from kiosk.register.rules import Rules
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS, REGISTER

QUEUED = 10_000
"""Charges that wait when the night audit ends."""
WATCHED = 250
"""So many of them are watched on their way, at the head of the full queue: all would take a quarter of an hour."""
ALONE = 20
LONGEST = 300.0


def measure() -> dict[str, float]:
    """``post_drain_ratio``: what the answer time permits to what it took, from the end of a night audit with a full
    queue; ``post_latency_extra_ms``: what a single charge waits beyond the answer time; ``post_per_s`` while draining.
    """
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    with TemporaryDirectory() as folder:
        db = Database(Path(folder) / "books.db", BOOKS)
        postings = room_postings(db)
        try:
            async with HotelSimulator() as hotel, asyncio.timeout(LONGEST):
                return await _linked(Path(folder), postings, hotel)
        finally:
            postings.close()
            db.close()


async def _linked(folder: Path, postings: Outbox, hotel: HotelSimulator) -> dict[str, float]:
    stop = asyncio.Event()
    desk = _desk(folder, postings)
    link = asyncio.create_task(run_link(FiasLine(tcp("127.0.0.1", hotel.port), Description()), desk, stop))
    status = folder / "link.json"
    while not ((told := read_status(status)) and told.alive):
        await asyncio.sleep(0.01)
    alone = [await _alone(postings, f"alone-{number}") for number in range(ALONE)]
    drained = await _drained(postings, hotel, status)
    stop.set()
    await link
    return {
        "post_drain_ratio": round(WATCHED * hotel.answer_seconds / drained, 3),
        "post_per_s": round(WATCHED / drained, 2),
        "post_latency_extra_ms": round((median(alone) - hotel.answer_seconds) * 1000, 1),
    }


async def _alone(postings: Outbox, key: str) -> float:
    """Seconds from the charge's commit until the hotel system has booked it and its answer has come."""
    _queue(postings, [key])
    began = time.perf_counter()
    while postings.pending_count():
        await asyncio.sleep(0.002)
    return time.perf_counter() - began


async def _drained(postings: Outbox, hotel: HotelSimulator, status: Path) -> float:
    """Seconds in which the first charges of a full queue reach the folios once the night audit has ended."""
    await hotel.night_audit_begin()
    while not ((told := read_status(status)) and told.audit):
        await asyncio.sleep(0.01)
    await asyncio.to_thread(_queue, postings, [f"queued-{number}" for number in range(QUEUED)])
    before = hotel.observed.postings
    await hotel.night_audit_end()
    began = time.perf_counter()
    while hotel.observed.postings < before + WATCHED:
        await asyncio.sleep(0.01)
    return time.perf_counter() - began


def _queue(postings: Outbox, keys: list[str]) -> None:
    with postings.db.transaction() as tx:
        now = postings.db.now()
        for number, key in enumerate(keys, 1):
            posting = Posting(number, key, "copy", 150, 10, "CNY", "Copy A4", now, room="0808", reservation="31001")
            enqueue(tx, PMS, POSTING, key, posting.encode(), now)


def _desk(folder: Path, postings: Outbox) -> Desk:
    zone = ZoneInfo("UTC")
    wake_up = WakeUpSettings("operator", "", 45, 15, 5, 14)
    rules = Rules("lobby", zone, wake_up, results=False, wishes=False, mail=False, post=False)
    switchboard = Switchboard(
        Register(Database(folder / "register.db", REGISTER), rules), lambda _room, _guest: None, lambda _room: ()
    )
    return Desk(
        postman=Postman(postings, zone, RETRY),
        runner=Runner(switchboard),
        roster=Roster(folder / "guests.db"),
        clock=system_clock(zone),
        status=folder / "link.json",
    )
