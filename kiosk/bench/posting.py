"""How fast charges reach the hotel system, against what its answer time permits."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from kiosk.books.postings import PMS, POSTING, Posting, room_postings
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.link import LinkSettings, run_link
from kiosk.hotel.status import read_status
from kiosk.outbox import Outbox, enqueue
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS

CHARGES = 50
ALONE = 10
LONGEST = 60.0


def measure() -> dict[str, float]:
    """``post_per_s`` of a full queue, ``post_floor_per_s`` by the answer time, and what a single charge waits more."""
    return asyncio.run(_measure())


async def _measure() -> dict[str, float]:
    with TemporaryDirectory() as folder:
        db = Database(Path(folder) / "books.db", BOOKS)
        postings = room_postings(db)
        try:
            async with HotelSimulator() as hotel, asyncio.timeout(LONGEST):
                return await _drain(Path(folder), postings, hotel)
        finally:
            postings.close()
            db.close()


async def _drain(folder: Path, postings: Outbox, hotel: HotelSimulator) -> dict[str, float]:
    stop = asyncio.Event()
    status = folder / "link.json"
    settings = LinkSettings("127.0.0.1", hotel.port, ZoneInfo("UTC"))
    link = asyncio.create_task(run_link(settings, postings, folder / "guests.db", status, stop))
    while not ((told := read_status(status)) and told.alive):
        await asyncio.sleep(0.01)
    alone = [await _post(postings, [f"alone-{number}"]) for number in range(ALONE)]
    together = await _post(postings, [f"queued-{number}" for number in range(CHARGES)])
    stop.set()
    await link
    return {
        "post_per_s": round(CHARGES / together, 2),
        "post_floor_per_s": round(1 / hotel.answer_seconds, 2),
        "post_latency_extra_ms": round((sorted(alone)[ALONE // 2] - hotel.answer_seconds) * 1000, 1),
    }


async def _post(postings: Outbox, keys: list[str]) -> float:
    """Seconds from the commit until the last of them is known to be delivered."""
    with postings.db.transaction() as tx:
        now = postings.db.now()
        for key in keys:
            posting = Posting(1, key, "copy", 150, 10, "CNY", "Copy A4", now, room="0808")
            enqueue(tx, PMS, POSTING, key, posting.encode(), now)
    began = time.perf_counter()
    while postings.pending_count():
        await asyncio.sleep(0.002)
    return time.perf_counter() - began
