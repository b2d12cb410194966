"""The engine's work beside the guests: what hangs in one place holds up nothing in another."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from hardware.protocols import JobRecord, JobState, Light, PanelEvent
from hardware.supervisor import LOOK
from kiosk import engine
from kiosk.books.charge import ChargeEvent, ChargeState, IllegalTransition, Payer, Purpose, WorkState
from kiosk.books.postings import room_postings
from kiosk.engine import LOOK_AT_REST, Engine
from kiosk.journeys.welcome import Attract, Home
from kiosk.monitor import status
from kiosk.station import Station
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS
from kiosk.tasks import stopped
from kiosk.visit import Visit
from tests.books_kit import STROKES, copied, quote, signed
from tests.fault.place import Clerk
from tests.paper import PaperPrinter
from tests.scripted import SILENCE, ScriptedGuest
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
        close(station)


def close(station):
    station.books.db.close()
    station.requests.db.close()


async def until(right):
    async with asyncio.timeout(SOON):
        while not right():
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def busy_housekeeping(monkeypatch):
    """What the station does every few seconds is done at once."""
    monkeypatch.setattr(engine, "HOUSE", 0.2)


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
        await until(station.requests.list_open)
        (request,) = station.requests.list_open()
        assert request.kind == "charge-unknown"


async def test_devices_are_looked_at_often_only_while_a_guest_waits_for_them(tmp_path):
    station = paper_station(tmp_path, Clerk())
    guest = ScriptedGuest({Attract: "en", Home: SILENCE})
    working = Engine(station, tmp_path / "status")
    await until(lambda: LOOK < working._look_again() <= LOOK_AT_REST)
    serving = asyncio.ensure_future(working.run(guest))
    await until(lambda: guest.asked(Home))
    assert 0 < working._look_again() <= LOOK
    await stopped(serving)
    close(station)


async def test_the_staff_button_puts_the_lamp_out_also_while_a_guest_is_served(tmp_path):
    station = paper_station(tmp_path, Clerk())
    panel = station.devices.panel
    guest = ScriptedGuest({Attract: "en", Home: SILENCE})
    serving = asyncio.ensure_future(Engine(station, tmp_path / "status").run(guest))
    await until(lambda: guest.asked(Home))
    await station.request("call", Visit(guest, "en"), "request.call")
    assert Light.FAULT in panel.lit
    panel.air.send(PanelEvent.STAFF_BUTTON)
    await until(lambda: Light.FAULT not in panel.lit)
    assert guest.kinds() == ["Attract", "Home"]
    await stopped(serving)
    close(station)


async def test_a_part_that_fails_for_good_ends_the_engine_aloud_after_the_visit_is_over(tmp_path, monkeypatch):
    def crash(_station):
        raise RuntimeError("a programming error")

    station = paper_station(tmp_path, Clerk())
    guest = ScriptedGuest({Attract: "en", Home: SILENCE})
    with capture_logs() as lines:
        serving = asyncio.ensure_future(Engine(station, tmp_path / "status").run(guest))
        await until(lambda: guest.asked(Home))
        monkeypatch.setattr(Station, "attended", crash)
        station.devices.panel.air.send(PanelEvent.STAFF_BUTTON)
        async with asyncio.timeout(SOON):
            with pytest.raises(RuntimeError, match="a programming error"):
                await serving
    events = [(line["log_level"], line["event"]) for line in lines]
    assert events.index(("critical", "task.crashed")) < events.index(("info", "visit.ended"))
    close(station)


async def test_a_status_that_cannot_be_written_stops_no_housekeeping(tmp_path):
    station = paper_station(tmp_path, Clerk())
    folder = tmp_path / "status"
    folder.write_text("in the way")
    async with running(station, folder):
        station.books.mark_unknown(copied(station.books, "other"), "charge.test")
        await until(station.requests.list_open)
        folder.unlink()
        await until(lambda: status.read(folder))


async def test_a_charge_that_a_person_resolves_at_the_same_moment_stops_no_recovery(tmp_path, monkeypatch):
    async def overtaken(_books, _cancel):
        raise IllegalTransition("charge", ChargeState.SETTLED, ChargeEvent.SETTLE)

    printer = PaperPrinter(jobs={"rest": JobRecord(JobState.COMPLETED, 2)})
    station = paper_station(tmp_path, Clerk(), printer=printer)
    station.books.begin_work(signed(station.books), "rest", 2, Purpose.REST)
    with monkeypatch.context() as patched:
        patched.setattr(engine, "recover", _first(overtaken, engine.recover))
        async with running(station, tmp_path / "status"):
            await until(lambda: vouchers(station) == [(3, 300)])


def _first(once, after):
    """``once`` for the first call, ``after`` for the others."""
    calls = iter([once])
    return lambda *given: next(calls, after)(*given)


async def test_no_file_shows_a_name_or_a_room_any_more_once_the_posting_is_delivered(tmp_path):
    payer = Payer("R00M-4711", "RES-4712", "Forgotten, Example")
    private = [word.encode() for word in (payer.room, payer.reservation, payer.name)]
    station = paper_station(tmp_path, Clerk())
    books = station.books
    link = Database(books.db.path, BOOKS)
    charge = books.quote_charge("v1", quote())
    books.authorise(charge, payer)
    books.begin_work(charge, "v1-sample", 1, Purpose.SAMPLE)
    books.record_work("v1-sample", 1, WorkState.ENDED)
    books.approve("v1-sample")
    books.sign(charge, "3 sheets, CNY 3.00", STROKES)
    books.finish(charge)
    assert shown(tmp_path, private)
    async with running(station, tmp_path / "status"):
        postings = room_postings(link)
        postings.begin(delivery := postings.next_due())
        postings.delivered(delivery, "77")
        await until(lambda: not shown(tmp_path, private))
        # Not because the last one who used the file tidied up: both still have it open.
        assert link.path.with_name("books.db-wal").exists()
    link.close()


def shown(folder, private):
    """The files below ``folder`` in which one of the words can be read."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    return [file.name for file in files if any(word in file.read_bytes() for word in private)]


async def test_what_the_books_ask_of_staff_lights_the_lamp_and_stands_in_the_status(tmp_path):
    station = paper_station(tmp_path, Clerk(), printer=MutePrinter(lost=True))
    async with running(station, tmp_path / "status"):
        await until(lambda: (tmp_path / "status" / "kiosk.json").exists())
        assert Light.FAULT not in station.devices.panel.lit
        station.books.begin_work(signed(station.books), "rest", 2, Purpose.REST)
        await until(lambda: Light.FAULT in station.devices.panel.lit)
        await until(lambda: status.read(tmp_path / "status")[0].unknown_charges == 1)
        (seen,) = status.read(tmp_path / "status")
        assert (seen.open_charges, seen.money_in_doubt) == (0, True)
