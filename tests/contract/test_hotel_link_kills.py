"""SIGKILL of the link at every statement and every write to the wire of two charges: none doubled, none lost silently.

Run as a program this file is the zygote: it imports once and forks a link for every line it reads.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections import Counter
from pathlib import Path

import structlog

from kiosk.books.postings import PMS, POSTING, Posting, room_postings
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.fias.transport import StreamWire
from kiosk.outbox import DeliveryState, enqueue
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS
from tests.links import link_to

CHARGES = {"charge-1": 111, "charge-2": 222}
MOST_POINTS = 400
UNDECIDED = (DeliveryState.QUEUED, DeliveryState.SENDING)


class Point:
    """Counts what a crash could fall between, and is that crash at the ``last`` one (0: never)."""

    def __init__(self, last: int) -> None:
        self._last = last
        self._passed = 0

    def passed(self, *_: object) -> None:
        self._passed += 1
        if self._passed == self._last:
            os.kill(os.getpid(), signal.SIGKILL)


async def link(folder: Path, port: int, kill_at: int) -> None:
    """A link process until every charge is decided, or until it is killed."""
    point = Point(kill_at)
    db = Database(folder / "books.db", BOOKS)
    db.trace(point.passed)
    postings = room_postings(db)
    _count_writes(point)
    stop = asyncio.Event()
    serving = asyncio.ensure_future(link_to(port, postings, folder, stop))
    watched = room_postings(Database(folder / "books.db", BOOKS))
    while any(watched.in_state(state) for state in UNDECIDED):
        await asyncio.sleep(0.005)
    stop.set()
    await serving


def _count_writes(point: Point) -> None:
    write = StreamWire.write

    async def counted(wire: StreamWire, frame: bytes) -> None:
        point.passed()
        await write(wire, frame)
        point.passed()

    StreamWire.write = counted  # type: ignore[method-assign]


def zygote() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    for line in sys.stdin:
        folder, port, kill_at = json.loads(line)
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            asyncio.run(link(Path(folder), port, kill_at))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


async def test_no_kill_doubles_or_loses_a_charge(tmp_path):
    async with HotelSimulator(answer_seconds=0.005) as hotel:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            __file__,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        try:
            ends = Counter()
            for kill_at in range(1, MOST_POINTS):
                folder = tmp_path / str(kill_at)
                queue(folder)
                hotel.hotel.lines.clear()
                first = await one_link(process, folder, hotel.port, kill_at)
                if first == 0:
                    break
                assert first == -signal.SIGKILL
                assert await one_link(process, folder, hotel.port, 0) == 0
                for key, state in judged(folder, hotel):
                    ends[state] += 1
                    assert state in (DeliveryState.DELIVERED, DeliveryState.UNKNOWN), f"{key} after point {kill_at}"
        finally:
            process.kill()
            await process.wait()
    assert first == 0, "the points never came to an end"
    assert kill_at > 40, kill_at
    assert ends[DeliveryState.UNKNOWN] > 0
    assert ends[DeliveryState.DELIVERED] > ends[DeliveryState.UNKNOWN]
    assert hotel.observed.violations == []


async def one_link(process, folder, port, kill_at):
    """The exit code of a link that is killed at that point."""
    process.stdin.write(json.dumps([str(folder), port, kill_at]).encode() + b"\n")
    async with asyncio.timeout(25):
        return int(await process.stdout.readline())


def queue(folder):
    folder.mkdir()
    db = Database(folder / "books.db", BOOKS)
    with db.transaction() as tx:
        for number, (key, minor) in enumerate(CHARGES.items(), 1):
            posting = Posting(number, key, "copy", minor, 10, "CNY", "Copy A4", db.now(), room="0808")
            enqueue(tx, PMS, POSTING, key, posting.encode(), db.now())
    db.close()


def judged(folder, hotel):
    """Each charge's state, after the folio was held against it."""
    db = Database(folder / "books.db", BOOKS)
    postings = room_postings(db)
    booked = Counter(line.amount for line in hotel.folio("0808"))
    for key, minor in CHARGES.items():
        delivery = postings.by_key(key)
        allowed = {DeliveryState.DELIVERED: (1,), DeliveryState.UNKNOWN: (0, 1)}[delivery.state]
        assert booked[minor] in allowed, f"{key} is {delivery.state.value}, and {booked[minor]} times on the folio"
        yield key, delivery.state
    postings.close()
    db.close()


if __name__ == "__main__":
    zygote()
