"""The engine's work beside the guests: what hangs in one place holds up nothing in another."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from hardware.protocols import JobRecord, JobState
from kiosk import engine
from kiosk.books.charge import Purpose
from kiosk.engine import Engine
from kiosk.monitor import status
from tests.books_kit import copied, signed
from tests.fault.place import Clerk
from tests.paper import PaperPrinter
from tests.stations import paper_station, vouchers

SOON = 10.0


@dataclass
class MutePrinter(PaperPrinter):
    """Does not answer for a job until ``speaks``; counts how often it was asked."""

    speaks: asyncio.Event = field(default_factory=asyncio.Event)
    asked: int = 0
    lost: bool = False

    async def cancel(self, name):
        self.asked += 1
        if self.lost:
            return JobRecord(JobState.LOST, 0)
        await self.speaks.wait()
        return await super().cancel(name)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(engine, "ROUND", 0.01)


@asynccontextmanager
async def running(station, folder):
    try:
        async with Engine(station, folder).running():
            yield
    finally:
        station.books.db.close()
        station.requests.db.close()


async def until(right):
    async with asyncio.timeout(SOON):
        while not right():
            await asyncio.sleep(0.005)


async def test_a_printer_that_does_not_answer_for_a_charge_holds_up_no_housekeeping(tmp_path):
    printer = MutePrinter(jobs={"rest": JobRecord(JobState.COMPLETED, 2)})
    station = paper_station(tmp_path, Clerk(), printer=printer)
    books = station.books
    books.begin_work(signed(books), "rest", 2, Purpose.REST)
    async with running(station, tmp_path / "status"):
        await until(lambda: printer.asked)
        books.mark_unknown(copied(books, "other"), "charge.test")
        await until(station.requests.list_open)
        (seen,) = status.read(tmp_path / "status")
        await until(lambda: status.read(tmp_path / "status")[0].at > seen.at)
        assert vouchers(station) == []
        printer.speaks.set()
        await until(lambda: vouchers(station) == [(3, 300)])


async def test_what_the_printer_has_forgotten_is_asked_about_ever_less_often(tmp_path, monkeypatch):
    monkeypatch.setattr(engine, "SELDOM", 60.0)
    printer = MutePrinter(lost=True)
    station = paper_station(tmp_path, Clerk(), printer=printer)
    station.books.begin_work(signed(station.books), "rest", 2, Purpose.REST)
    async with running(station, tmp_path / "status"):
        await until(lambda: printer.asked >= 4)
        rounds = asyncio.get_running_loop().time()
        await until(lambda: printer.asked >= 6)
        assert asyncio.get_running_loop().time() - rounds >= (4 + 8) * engine.ROUND
        (request,) = station.requests.list_open()
        assert request.kind == "charge-unknown"
