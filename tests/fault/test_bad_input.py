"""What a device, the hotel, the disk or the clock may hand the station, and what the guest gets out of it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image
from structlog.testing import capture_logs

from hardware.cups_printer import CupsPrinter
from hardware.pn532_reader import Pn532Reader
from hardware.protocols import JobRecord, JobState
from hardware.sane_scanner import SaneScanner
from hardware.virtual.card_reader import VirtualPn532
from hardware.virtual.cups import PrivateCups
from hardware.virtual.printer import VirtualPrinter
from hardware.virtual.scanner import VirtualScanner
from kiosk.books.charge import Purpose
from kiosk.books.checks import check
from kiosk.books.hotel_journal import read_hotel_journal
from kiosk.books.ledger import Books
from kiosk.books.postings import room_postings
from kiosk.documents.vault import Vault
from kiosk.engine import Engine
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.protocol import GuestsUnavailable
from kiosk.journeys.copy_questions import ApproveSample, ChooseCopy, CopyOrder, ScanChoice, ScanTrouble
from kiosk.journeys.paying import Farewell, Identify, RoomAndName, Sign
from kiosk.journeys.service import discover
from kiosk.journeys.welcome import Apology, OutOfService
from kiosk.lobby import Lobby
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS
from kiosk.visit import Patience, Signal, StaffCalled
from tests.books_kit import signed
from tests.fault.place import Clerk
from tests.links import link_to
from tests.mounts import alone
from tests.scripted import SILENCE, ScriptedGuest
from tests.stations import CARD, happy, paper_station, vouchers

A4, B5 = "iso_a4_210x297mm", "jis_b5_182x257mm"
TWO = CopyOrder(A4, copies=2)
SOON = 20.0
ROOT = Path(__file__).parents[2]


async def until(right, seconds=SOON):
    async with asyncio.timeout(seconds):
        while not right():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def engine(station):
    """The station's devices are supervised, its books kept; everything is closed afterwards."""
    running = Engine(station, station.vault.base.parent / "status")
    station.health.clear()
    try:
        async with running.running():
            await until(lambda: all(station.works(device.name) for device in vars(station.devices).values()))
            yield running
    finally:
        station.books.db.close()
        station.requests.db.close()


async def served(running, guest):
    running.lobby = Lobby(running.station, guest, discover())
    async with asyncio.timeout(SOON):
        await running.lobby.serve_one()


def nothing_left(station):
    return not station.vault.base.exists() or not list(station.vault.base.iterdir())


def all_settled(station):
    return check(station.books.db).agree and not station.books.open_charges()


# Scanner


async def test_a_picture_of_no_size_is_told_and_scanned_again(tmp_path):
    page = tmp_path / "page.png"
    Image.new("L", (827, 1169), 200).save(page, dpi=(100, 100))
    with VirtualScanner(tmp_path / "far", originals=[page]) as far:
        far.zero_picture()

        def laid_again(_question):
            far.clear()
            return ScanChoice.RETRY

        scanner = SaneScanner("scanner", far.device, far.config_dir)
        station = paper_station(tmp_path, Clerk(), scanner=scanner)
        async with engine(station) as running:
            guest = ScriptedGuest(happy(TWO) | {ScanTrouble: laid_again})
            await served(running, guest)
            assert [trouble.key for trouble in guest.asked(ScanTrouble)] == ["scanner.failed"]
            assert vouchers(station) == [(2, 200)]
            assert all_settled(station)
            assert nothing_left(station)


# Printer


@asynccontextmanager
async def station_with_paper(tmp_path, *media):
    with (
        PrivateCups(tmp_path) as cups,
        VirtualPrinter(tmp_path / "printer", cups, "lobby", media=media, seconds_a_sheet=0) as far,
    ):
        printer = CupsPrinter("printer", far.name, cups.server, far.uri, idle_look_s=0.1)
        station = paper_station(tmp_path, Clerk(), printer=printer)
        async with engine(station) as running:
            yield running, far


async def test_without_a4_the_guest_copies_on_what_there_is(tmp_path):
    async with station_with_paper(tmp_path, B5) as (running, far):
        guest = ScriptedGuest(happy())
        await served(running, guest)
        (question,) = guest.asked(ChooseCopy)
        assert {choice.value: choice.reason for choice in question.choices.media}[A4] == "copy.reason.media"
        assert question.order.media == B5
        assert far.sheets_out == 1
        assert [sheets for sheets, _ in vouchers(running.station)] == [1]
        assert all_settled(running.station)


async def test_with_no_paper_that_is_sold_the_station_says_so_before_anybody_begins(tmp_path):
    async with station_with_paper(tmp_path, "iso_dl_110x220mm") as (running, _):
        guest = ScriptedGuest({OutOfService: SILENCE})
        copying = tuple(service for service in discover() if service.name == "copy")
        serving = asyncio.ensure_future(Lobby(running.station, guest, copying).serve_one())
        await until(lambda: guest.seen)
        assert guest.seen == [OutOfService(("copy.reason.no-paper",))]
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


# Card reader


async def test_frames_with_wrong_checksums_identify_nobody_and_the_guest_types_instead(tmp_path):
    with VirtualPn532(tmp_path) as far:
        reader = Pn532Reader("card-reader", far.path)
        station = paper_station(tmp_path, Clerk(), card_reader=reader)

        async def garbled_card(_question):
            far.wrong_checksum()
            far.present(CARD)
            await until(lambda: "card-reader.garbled" in heard())
            return RoomAndName("0808", "Example")

        def heard():
            health = station.health_of("card-reader")
            return (health.reason, *health.warnings)

        async with engine(station) as running:
            guest = ScriptedGuest(happy(TWO, Identify=garbled_card))
            await served(running, guest)
            assert len(guest.asked(Identify)) == 1
            assert [question.by_card for question in guest.asked(Sign)] == [False]
            assert vouchers(station) == [(2, 200)]


# Hotel


@asynccontextmanager
async def linked(station, folder, hotel):
    """The link serves ``station`` from ``hotel``; what it knows of the guests lies in ``folder``."""
    stop = asyncio.Event()
    postings = room_postings(Database(folder / "books.db", BOOKS))
    serving = asyncio.ensure_future(link_to(hotel.port, postings, folder, stop))
    try:
        yield postings
    finally:
        stop.set()
        await serving
        postings.db.close()


@pytest.mark.parametrize(
    ("room", "typed", "wrong"),
    [
        ("0808", "ingrid lindqvist", RoomAndName("808", "ingrid lindqvist")),
        ("1501", "例瑋蕓", RoomAndName("1501", "例瑋")),
    ],
    ids=["leading-zero", "0x7c-in-gbk"],
)
async def test_torn_records_bring_every_guest_to_the_right_folio(tmp_path, room, typed, wrong):
    async with HotelSimulator(answer_seconds=0.005) as hotel:
        hotel.torn()
        station = paper_station(tmp_path, Clerk(), guests=CachedGuests(tmp_path / "guests.db"))
        async with engine(station) as running, linked(station, tmp_path, hotel) as postings:
            await known(station, room, typed)
            await served(running, ScriptedGuest(happy(TWO, Identify=[wrong, RoomAndName(room, typed)])))
            await until(lambda: postings.pending_count() == 0)
            assert [(line.room, line.check, line.amount) for line in hotel.hotel.lines] == [(room, "1", 200)]
            assert check(station.books.db, exported(hotel, tmp_path)).agree
        assert hotel.observed.violations == []


async def known(station, room, name):
    """The link has told the station of this guest."""
    async with asyncio.timeout(SOON):
        while True:
            with suppress(GuestsUnavailable):
                if await station.guests.identify(room, name) is not None:
                    return
            await asyncio.sleep(0.02)


def exported(hotel, folder):
    hotel.journal_csv(folder / "hotel.csv")
    with (folder / "hotel.csv").open(encoding="utf-8", newline="") as lines:
        return read_hotel_journal(lines)


# Disk


def test_a_disk_that_fills_in_the_middle_of_a_copy_costs_nobody_anything(tmp_path):
    """In a mount namespace of its own, where a small disk can really be filled at every turn of the journey."""
    run = subprocess.run(
        [*alone(), sys.executable, "-m", "tests.fault.small_disk", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=110,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert len(run.stdout.splitlines()) == 5, run.stdout


@pytest.mark.parametrize("question", [Identify, ApproveSample, Sign], ids=lambda kind: kind.__name__)
async def test_books_that_turn_read_only_charge_nobody_and_go_on_when_they_can_be_written(tmp_path, question):
    station = paper_station(tmp_path, Clerk())

    def read_only(switch):
        station.books.db._connection.execute(f"PRAGMA query_only = {switch}")

    def turns_read_only(asked):
        read_only("ON")
        reply = happy(TWO)[question]
        return reply(asked) if callable(reply) else reply

    def mended(_question):
        read_only("OFF")

    async with engine(station) as running:
        guest = ScriptedGuest(
            happy(TWO, Home=["copy", SILENCE], Apology=mended, **{question.__name__: turns_read_only})
        )
        station.patience = Patience(quiet=0.01, warning=0)
        await served(running, guest)
        assert [apology.key for apology in guest.asked(Apology)] == ["store.read-only"]
        await until(lambda: not station.books.open_charges())
        assert vouchers(station) == []
        assert all_settled(station)
        assert nothing_left(station)


async def test_a_full_vault_is_told_before_anything_is_scanned(tmp_path):
    station = paper_station(tmp_path, Clerk())
    station.vault = Vault(tmp_path / "vault", room=1 << 60)
    station.patience = Patience(quiet=0.01, warning=0)
    async with engine(station) as running:
        guest = ScriptedGuest(happy(TWO, Home=["copy", SILENCE]))
        await served(running, guest)
        (apology,) = guest.asked(Apology)
        assert (apology.key, apology.staff_called) == ("documents.full", True)
        assert station.devices.scanner.scans == []
        assert check(station.books.db).charges == {}
        assert nothing_left(station)


# A register that cannot be written


async def test_a_call_that_cannot_be_written_down_is_told(tmp_path):
    station = paper_station(tmp_path, Clerk())
    station.requests.db._connection.execute("PRAGMA query_only = ON")

    async def call(question):
        running.lobby.hear(Signal.CALL_PERSON)
        await until(lambda: any(getattr(seen, "key", "") == "store.read-only" for seen in guest.seen))
        return question.order

    async with engine(station) as running:
        guest = ScriptedGuest(happy(ChooseCopy=call))
        await served(running, guest)
        assert vouchers(station) == [(1, 100)]


async def test_an_apology_promises_nobody_when_nobody_could_be_asked(tmp_path):
    station = paper_station(tmp_path, Clerk())
    station.vault = Vault(tmp_path / "vault", room=1 << 60)
    station.requests.db._connection.execute("PRAGMA query_only = ON")
    station.patience = Patience(quiet=0.01, warning=0)
    async with engine(station) as running:
        guest = ScriptedGuest(happy(TWO, Home=["copy", SILENCE]))
        await served(running, guest)
        (apology,) = guest.asked(Apology)
        assert (apology.key, apology.staff_called) == ("documents.full", False)


# What staff and the glass do meanwhile


async def test_a_call_that_staff_have_closed_can_still_be_withdrawn(tmp_path):
    station = paper_station(tmp_path, Clerk())

    async def call_and_withdraw(question):
        running.lobby.hear(Signal.CALL_PERSON)
        await until(lambda: calls())
        station.requests.close(calls()[0].number, "staff")
        running.lobby.hear(Signal.WITHDRAW_CALL)
        await until(lambda: calls()[-1] == StaffCalled(None))
        return question.order

    def calls():
        return [seen for seen in guest.seen if isinstance(seen, StaffCalled)]

    async with engine(station) as running:
        guest = ScriptedGuest(happy(ChooseCopy=call_and_withdraw))
        await served(running, guest)
        assert [call.number is None for call in calls()] == [False, True]
        assert vouchers(station) == [(1, 100)]


async def test_a_visit_that_breaks_where_nobody_can_be_told_is_in_the_log_and_the_next_guest_is_served(tmp_path):
    station = paper_station(tmp_path, Clerk())

    def glass_breaks(_question):
        raise ZeroDivisionError

    async with engine(station) as running:
        with capture_logs() as logged:
            await served(running, ScriptedGuest(happy(Home=glass_breaks)))
        crashes = [entry for entry in logged if entry["event"] == "service.crashed"]
        assert [(entry["service"], entry["kind"]) for entry in crashes] == [("lobby", "ZeroDivisionError")]
        await served(running, ScriptedGuest(happy()))
        assert vouchers(station) == [(1, 100)]


# Clock


class JumpingClock:
    """The time of day, which somebody sets."""

    def __init__(self):
        self.off = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self.off


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1)], ids=["an-hour", "a-day"])
@pytest.mark.parametrize("moment", [ApproveSample, Sign, Farewell], ids=lambda kind: kind.__name__)
async def test_a_clock_set_back_changes_neither_vouchers_nor_postings(tmp_path, back, moment):
    clock = JumpingClock()
    hotel = HotelSimulator(answer_seconds=0.005, now=clock)
    station = paper_station(tmp_path, Clerk())
    station.books.db.close()
    books = Books(Database(tmp_path / "books.db", BOOKS, clock=clock))
    station = replace(station, books=books, clock=clock)

    def jump(asked):
        clock.off -= back
        return happy(TWO)[moment]

    async with hotel, engine(station) as running, linked(station, tmp_path, hotel) as postings:
        for script in (happy(TWO), happy(CopyOrder(A4, copies=3), **{moment.__name__: jump}), happy()):
            await served(running, ScriptedGuest(script))
        assert [sheets for sheets, _ in vouchers(station)] == [2, 3, 1]
        await until(lambda: postings.pending_count() == 0)
        assert [(line.check, line.amount) for line in hotel.folio("0808")] == [("1", 200), ("2", 300), ("3", 100)]
        assert check(books.db, exported(hotel, tmp_path)).agree


async def test_recovery_does_not_care_for_a_clock_set_back(tmp_path):
    clock = JumpingClock()
    station = paper_station(tmp_path, Clerk())
    station.books.db.close()
    books = Books(Database(tmp_path / "books.db", BOOKS, clock=clock))
    station = replace(station, books=books, clock=clock)
    books.begin_work(signed(books), "rest", 2, Purpose.REST)
    station.devices.printer.jobs["rest"] = JobRecord(JobState.COMPLETED, 2)  # and then the power was gone
    clock.off -= timedelta(days=1)
    async with engine(station):
        await until(lambda: not books.open_charges())
        assert vouchers(station) == [(3, 300)]
        assert all_settled(station)
