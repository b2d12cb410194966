"""The printer's contract, on the real chain: pycups, cupsd, its filters and ipp backend, an IPP printer with paper."""

from __future__ import annotations

import asyncio
import time

import pytest

from hardware.cups_printer import CupsPrinter
from hardware.ipp import IppPrinter
from hardware.printer_record import MESSAGE_KEYS
from hardware.protocols import (
    DeviceError,
    Fitness,
    JobRecord,
    JobState,
    OutcomeUnknown,
    PrintOptions,
    PrintOrder,
    Sides,
    Staple,
    Supply,
    TryLater,
    Unsupported,
)
from hardware.virtual.cups import PrivateCups
from hardware.virtual.printer import VirtualPrinter
from tests.contract.printer_kit import A4, Job, eventually, order, printed, watched


@pytest.fixture
def cups(tmp_path):
    with PrivateCups(tmp_path) as private:
        yield private


@pytest.fixture
def machine(tmp_path, cups):
    with VirtualPrinter(tmp_path / "printer", cups, "lobby", seconds_a_sheet=0.03) as virtual:
        yield virtual


@pytest.fixture
async def printer(cups, machine):
    async with watched(driver(cups, machine)) as served:
        yield served


def driver(cups, machine):
    return CupsPrinter("printer", machine.name, cups.server, machine.uri, idle_look_s=0.1)


# What it can do


async def test_capabilities_are_what_the_printer_says(printer):
    can = printer.capabilities()
    assert can.media == (A4, "iso_a3_297x420mm", "jis_b5_182x257mm", "na_letter_8.5x11in")
    assert can.sides == {Sides.ONE, Sides.LONG_EDGE, Sides.SHORT_EDGE}
    assert can.colour
    assert can.staples == {Staple.NONE, Staple.TOP_LEFT}
    assert can.copies_most == 99
    assert "application/pdf" in can.formats


async def test_a_plain_printer_without_a4_promises_nothing_more(tmp_path, cups):
    with VirtualPrinter(
        tmp_path / "p", cups, "plain", media=("na_letter_8.5x11in",), mono=True, duplex=False, staple=False
    ) as machine:
        printer = driver(cups, machine)
        await printer.connect()
        can = printer.capabilities()
        assert (can.media, can.sides, can.colour, can.staples) == (
            ("na_letter_8.5x11in",),
            {Sides.ONE},
            False,
            {Staple.NONE},
        )
        with pytest.raises(Unsupported, match=r"printer\.unsupported\.media"):
            printer.validate(PrintOptions(media=A4))


async def test_other_paper_in_a_tray_is_noticed_while_the_printer_is_served(tmp_path, cups):
    a3 = "iso_a3_297x420mm"
    with VirtualPrinter(tmp_path / "p", cups, "trays", media=(A4, a3)) as machine:
        async with watched(driver(cups, machine)) as printer:
            assert printer.capabilities().media == printer.health().media == (A4, a3)
            machine.load(a3, a3)
            await eventually(lambda: printer.health().media != (A4, a3))
            assert set(printer.capabilities().media) == {a3}
            with pytest.raises(Unsupported, match=r"printer\.unsupported\.media"):
                printer.validate(PrintOptions(media=A4))


def test_nothing_is_known_before_the_first_connection(cups, machine):
    with pytest.raises(TryLater):
        driver(cups, machine).capabilities()


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"media": "iso_a5_148x210mm"}, "printer.unsupported.media"),
        ({"sides": Sides.LONG_EDGE}, "printer.unsupported.sides"),
        ({"colour": True}, "printer.unsupported.colour"),
        ({"copies": 100}, "printer.unsupported.copies"),
        ({"copies": 0}, "printer.unsupported.copies"),
        ({"staple": Staple.TOP_LEFT}, "printer.unsupported.staple"),
    ],
)
async def test_what_it_cannot_do_is_refused_before_anything_is_submitted(tmp_path, cups, options, key):
    with VirtualPrinter(tmp_path / "p", cups, "plain", mono=True, duplex=False, staple=False) as machine:
        printer = driver(cups, machine)
        await printer.connect()
        with pytest.raises(Unsupported) as refusal:
            await printed(printer, order(tmp_path, 1, **options))
        assert refusal.value.key == key
        assert key in MESSAGE_KEYS
        assert IppPrinter(machine.uri, 2).jobs() == []
        assert cups.documents() == []


# What comes out


@pytest.mark.parametrize(
    ("pages", "options", "sheets"),
    [
        (1, {}, 1),
        (3, {}, 3),
        (3, {"sides": Sides.LONG_EDGE}, 2),
        (4, {"sides": Sides.SHORT_EDGE}, 2),
        (3, {"copies": 2, "staple": Staple.TOP_LEFT}, 6),
        (3, {"copies": 3, "sides": Sides.LONG_EDGE, "colour": True}, 6),
    ],
)
async def test_every_sheet_that_came_out_is_proven_and_no_other(
    tmp_path, printer, machine, cups, pages, options, sheets
):
    wanted = order(tmp_path, pages, **options)
    records = await printed(printer, wanted)
    assert records[-1] == JobRecord(JobState.COMPLETED, sheets)
    assert machine.sheets_out == wanted.sheets == sheets
    assert [record.sheets for record in records] == sorted(record.sheets for record in records)
    assert {sheet.job for sheet in machine.sheets()} == {wanted.name}
    assert (await printer.find(wanted.name)).sheets == sheets
    assert cups.documents() == []


async def test_progress_is_told_sheet_by_sheet(tmp_path, printer, machine):
    machine.slow(0.2)
    records = await printed(printer, order(tmp_path, 4))
    assert sorted({record.sheets for record in records if record.state is JobState.PRINTING})[:4] == [0, 1, 2, 3]


async def test_no_sheet_is_claimed_before_it_lies_in_the_tray(tmp_path, printer, machine):
    machine.slow(0.1)
    async for record in printer.print(order(tmp_path, 5, sides=Sides.LONG_EDGE, copies=2)):
        assert record.sheets <= machine.sheets_out


async def test_the_pages_come_out_sorted_in_sets_and_unscaled(tmp_path, printer, machine):
    wanted = order(tmp_path, 3, sides=Sides.LONG_EDGE, copies=2)
    await printed(printer, wanted)
    assert [sheet.pages for sheet in machine.sheets()] == [(1, 2), (3,)] * 2
    images = machine.render_sheets(tmp_path / "png")
    assert len(images) == 6
    assert all(image.stat().st_size > 0 for image in images)


async def test_one_name_is_printed_once_only(tmp_path, printer, machine):
    wanted = order(tmp_path, 1)
    await printed(printer, wanted)
    with pytest.raises(OutcomeUnknown):
        await printed(printer, wanted)
    assert machine.sheets_out == 1


async def test_jobs_follow_one_another_without_waiting_for_the_spooler(tmp_path, printer, machine):
    begun = time.monotonic()
    for _ in range(3):
        assert (await printed(printer, order(tmp_path, 1)))[-1].state is JobState.COMPLETED
    assert time.monotonic() - begun < 3
    assert machine.sheets_out == 3


# Trouble at the printer


async def test_a_jam_stops_with_what_is_proven_and_goes_on_when_cleared(tmp_path, printer, machine):
    machine.jam(after_sheets=2)
    job = Job(printer, order(tmp_path, 5))
    stopped = await job.state(JobState.STOPPED)
    assert stopped == JobRecord(JobState.STOPPED, 2, "printer.media-jam", "paper-path")
    assert printer.health().fitness is Fitness.NEEDS_PERSON
    assert machine.sheets_out == 2
    machine.clear()
    assert await job.end() == JobRecord(JobState.COMPLETED, 5)
    assert machine.sheets_out == 5


@pytest.mark.parametrize(
    ("fault", "reason", "place"),
    [("cover_open", "printer.cover-open", "cover"), ("paper_out", "printer.media-empty", "tray")],
)
async def test_a_fault_before_the_first_sheet_is_told_and_waited_for(tmp_path, printer, machine, fault, reason, place):
    getattr(machine, fault)()
    job = Job(printer, order(tmp_path, 2))
    assert await job.state(JobState.STOPPED) == JobRecord(JobState.STOPPED, 0, reason, place)
    await eventually(lambda: IppPrinter(machine.uri, 2).attributes("queued-job-count") == {"queued-job-count": [1]})
    assert machine.sheets_out == 0
    machine.clear()
    assert await job.end() == JobRecord(JobState.COMPLETED, 2)


async def test_paper_that_runs_out_in_the_middle_is_a_stop(tmp_path, printer, machine):
    machine.slow(0.15)
    job = Job(printer, order(tmp_path, 4))
    await job.until(lambda record: record.sheets >= 1)
    machine.paper_out()
    stopped = await job.state(JobState.STOPPED)
    assert (stopped.reason, stopped.sheets) == ("printer.media-empty", machine.sheets_out)
    machine.clear()
    assert await job.end() == JobRecord(JobState.COMPLETED, 4)
    assert machine.sheets_out == 4


async def test_cancelling_during_a_jam_settles_for_what_is_proven(tmp_path, printer, machine, cups):
    machine.jam(after_sheets=1)
    wanted = order(tmp_path, 4, copies=2)
    job = Job(printer, wanted)
    await job.until(lambda record: record.state is JobState.STOPPED and record.sheets == 1)
    assert await printer.cancel(wanted.name) == JobRecord(JobState.CANCELLED, 1)
    assert await job.end() == JobRecord(JobState.CANCELLED, 1)
    machine.clear()
    assert (await printed(printer, order(tmp_path, 1)))[-1].state is JobState.COMPLETED
    assert machine.sheets_out == 2
    await eventually(lambda: cups.documents() == [])


async def test_a_job_that_the_printer_aborts_is_aborted(tmp_path, printer, machine, cups):
    machine.refuse()
    record = (await printed(printer, order(tmp_path, 2)))[-1]
    assert record == JobRecord(JobState.ABORTED, 0, "printer.job-aborted")
    assert machine.sheets_out == 0
    assert cups.documents() == []


async def test_a_job_aborted_in_the_middle_keeps_its_proven_sheets(tmp_path, printer, machine):
    machine.slow(0.15)
    job = Job(printer, order(tmp_path, 6))
    await job.until(lambda record: record.sheets == 2)
    machine.refuse()
    record = await job.end()
    assert record == JobRecord(JobState.ABORTED, machine.sheets_out, "printer.job-aborted")
    assert 2 <= record.sheets < 6


async def test_a_document_the_filters_cannot_read_is_aborted_and_forgotten(tmp_path, printer, machine, cups):
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nno page in here\n")
    wanted = PrintOrder("order-broken", broken, 1, PrintOptions(media=A4))
    record = (await printed(printer, wanted))[-1]
    assert (record.state, record.sheets) == (JobState.ABORTED, 0)
    assert record.reason in ("printer.document-refused", "printer.job-aborted")
    assert machine.sheets_out == 0
    assert cups.documents() == []


async def test_cancel_stops_at_the_next_sheet(tmp_path, printer, machine, cups):
    machine.slow(0.15)
    wanted = order(tmp_path, 20)
    job = Job(printer, wanted)
    await job.until(lambda record: record.sheets == 2)
    record = await printer.cancel(wanted.name)
    assert record == JobRecord(JobState.CANCELLED, machine.sheets_out)
    assert 2 <= record.sheets <= 5
    assert await job.end() == record
    assert await printer.cancel(wanted.name) == record
    await eventually(lambda: cups.documents() == [])
    assert machine.sheets_out == record.sheets


async def test_leaving_the_iteration_does_not_cancel(tmp_path, printer, machine):
    wanted = order(tmp_path, 3)
    records = printer.print(wanted)
    await anext(records)
    await records.aclose()
    await eventually(lambda: machine.sheets_out == 3)


async def test_an_unknown_job_is_lost_and_cancelling_it_is_no_error(printer):
    assert await printer.find("order-never-seen") == JobRecord(JobState.LOST, 0)
    assert await printer.cancel("order-never-seen") == JobRecord(JobState.LOST, 0)


# The printer goes away


async def test_a_printer_without_power_never_completes(tmp_path, printer, machine):
    machine.slow(0.15)
    job = Job(printer, order(tmp_path, 8))
    await job.until(lambda record: record.sheets == 2)
    machine.die()
    came_out = machine.sheets_out
    offline = await job.until(lambda record: record.reason == "printer.offline")
    assert offline.state is JobState.STOPPED
    machine.start()
    last = await job.end()
    assert last.state is JobState.LOST
    assert 2 <= last.sheets <= came_out
    assert printer.health().fitness in (Fitness.READY, Fitness.BUSY)
    after = order(tmp_path, 1)
    assert (await printed(printer, after))[-1].state is JobState.COMPLETED
    assert [sheet.job for sheet in machine.sheets()][came_out:] == [after.name]


async def test_a_printer_that_falls_silent_is_waited_for_and_its_paper_is_proven(tmp_path, printer, machine):
    machine.slow(0.2)
    job = Job(printer, order(tmp_path, 3))
    await job.until(lambda record: record.sheets == 1)
    machine.silent()
    assert (await job.until(lambda record: record.reason == "printer.offline")).state is JobState.STOPPED
    machine.resume()
    assert await job.end() == JobRecord(JobState.COMPLETED, 3)
    assert machine.sheets_out == 3


async def test_nothing_is_submitted_to_a_printer_that_is_off(tmp_path, printer, machine, cups):
    machine.die()
    with pytest.raises(TryLater) as late:
        await printed(printer, order(tmp_path, 1))
    assert late.value.key == "printer.offline"
    assert cups.documents() == []


async def test_a_cancel_that_cannot_be_proven_is_unknown_and_still_carried_out(tmp_path, printer, machine, monkeypatch):
    monkeypatch.setattr("hardware.cups_printer.CANCEL_S", 2.0)
    machine.slow(0.3)
    wanted = order(tmp_path, 40)
    job = Job(printer, wanted)
    await job.until(lambda record: record.sheets == 1)
    machine.silent()
    with pytest.raises(OutcomeUnknown) as unknown:
        await printer.cancel(wanted.name)
    assert unknown.value.key == "printer.cancel-unknown"
    machine.resume()
    last = await job.end()
    assert last == JobRecord(JobState.CANCELLED, machine.sheets_out)
    assert last.sheets < 40


# cupsd goes away


@pytest.mark.parametrize("keep_spool", [False, True], ids=["emptied", "kept"])
async def test_a_killed_spooler_prints_nothing_twice(tmp_path, printer, machine, cups, keep_spool):
    machine.slow(0.15)
    wanted = order(tmp_path, 8)
    job = Job(printer, wanted)
    await job.until(lambda record: record.sheets == 2)
    cups.kill()
    cups.restart(keep_spool)
    assert await job.end() == JobRecord(JobState.COMPLETED, 8)
    await eventually(lambda: cups.documents() == [])
    after = order(tmp_path, 1)
    assert (await printed(printer, after))[-1].state is JobState.COMPLETED
    assert [sheet.job for sheet in machine.sheets()] == [wanted.name] * 8 + [after.name]


async def test_a_spooler_that_comes_back_after_the_job_has_ended_prints_nothing_twice(tmp_path, printer, machine, cups):
    machine.slow(0.15)
    wanted = order(tmp_path, 4)
    job = Job(printer, wanted)
    await job.until(lambda record: record.sheets == 1)
    cups.kill()
    assert await job.end() == JobRecord(JobState.COMPLETED, 4)
    # The product's own cupsd always starts with an empty spool. One that keeps it sends the job again at once; the
    # driver has as long to end it as a printer needs for its first sheet.
    machine.slow(20.0)
    cups.restart(keep_spool=True)
    await eventually(lambda: cups.documents() == [])
    machine.slow(0.15)
    after = order(tmp_path, 1)
    assert (await printed(printer, after))[-1].state is JobState.COMPLETED
    assert [sheet.job for sheet in machine.sheets()] == [wanted.name] * 4 + [after.name]


async def test_jobs_of_an_earlier_life_are_forgotten_at_the_first_connection(tmp_path, cups, machine):
    machine.slow(0.15)
    first = driver(cups, machine)
    await first.connect()
    wanted = order(tmp_path, 6)
    job = Job(first, wanted)
    await job.until(lambda record: record.sheets == 1)
    await job.close()
    cups.kill()
    machine.slow(2.0)  # as above: a printer's first sheet takes its time
    cups.restart(keep_spool=True)
    second = driver(cups, machine)
    await second.connect()
    assert cups.documents() == []
    last = await second.find(wanted.name)
    assert last.sheets <= machine.sheets_out < 6


@pytest.mark.parametrize("keep_spool", [False, True], ids=["emptied", "kept"])
async def test_a_spooler_killed_as_soon_as_it_has_the_job_prints_it_once_or_not_at_all(
    tmp_path, printer, machine, cups, keep_spool
):
    job = Job(printer, order(tmp_path, 3))
    await job.until(lambda record: True)
    cups.kill()
    cups.restart(keep_spool)
    last = await job.end()
    assert last.state in (JobState.COMPLETED, JobState.LOST, JobState.ABORTED, JobState.CANCELLED)
    assert last.sheets == machine.sheets_out <= 3
    await printed(printer, order(tmp_path, 1))
    assert machine.sheets_out == last.sheets + 1


async def test_a_silent_spooler_holds_nobody_up_and_prints_nothing_later(tmp_path, printer, machine, cups, monkeypatch):
    monkeypatch.setattr("hardware.cups_spooler.SUBMIT_S", 0.5)
    cups.silent()
    begun = time.monotonic()
    with pytest.raises(TryLater) as late:
        await printed(printer, order(tmp_path, 1))
    assert late.value.key == "printer.spooler-down"
    assert time.monotonic() - begun < 4
    cups.resume()
    await eventually(lambda: cups.documents() == [])
    after = order(tmp_path, 1)
    await eventually_printed(printer, after)
    assert [sheet.job for sheet in machine.sheets()] == [after.name]


async def test_a_spooler_silent_in_the_middle_does_not_stop_the_proof(tmp_path, printer, machine, cups):
    machine.slow(0.15)
    job = Job(printer, order(tmp_path, 4))
    await job.until(lambda record: record.sheets == 1)
    cups.silent()
    last = await job.end()
    cups.resume()
    assert last == JobRecord(JobState.COMPLETED, 4)
    await eventually(lambda: cups.documents() == [])
    assert machine.sheets_out == 4


async def test_without_a_spooler_printing_can_be_tried_later(tmp_path, printer, machine, cups):
    cups.kill()
    with pytest.raises(TryLater) as late:
        await printed(printer, order(tmp_path, 1))
    assert late.value.key == "printer.spooler-down"
    cups.restart()
    after = order(tmp_path, 1)
    await eventually_printed(printer, after)
    assert machine.sheets_out == 1


async def test_a_missing_queue_is_named(cups, machine):
    printer = CupsPrinter("printer", "elsewhere", cups.server, machine.uri)
    with pytest.raises(TryLater) as late:
        await printer.connect()
    assert late.value.key == "printer.queue-missing"


async def eventually_printed(printer, wanted):
    async with asyncio.timeout(8):
        while True:
            try:
                assert (await printed(printer, wanted))[-1].state is JobState.COMPLETED
            except TryLater:
                await asyncio.sleep(0.1)
            else:
                return


# Health


async def test_health_follows_the_printer(printer, machine):
    assert printer.health().fitness is Fitness.READY
    machine.cover_open()
    await eventually(lambda: printer.health().reason == "printer.cover-open")
    assert (printer.health().fitness, printer.health().place) == (Fitness.NEEDS_PERSON, "cover")
    machine.clear()
    await eventually(lambda: printer.health().fitness is Fitness.READY)
    machine.paper_out()
    await eventually(lambda: printer.health().reason == "printer.media-empty")
    assert Supply("paper-main", 0) in printer.health().supplies
    machine.clear()
    await eventually(lambda: printer.health().fitness is Fitness.READY)


async def test_supplies_are_levels_and_a_low_one_warns(printer, machine):
    assert {Supply("toner-black", 75), Supply("waste", 25), Supply("paper-main", 80)} <= set(printer.health().supplies)
    assert printer.health().warnings == ()
    machine.supply(1, 5)
    await eventually(lambda: printer.health().warnings == ("printer.toner-low",))
    assert Supply("toner-black", 5) in printer.health().supplies
    assert printer.health().fitness is Fitness.READY


async def test_watching_ends_when_the_wire_breaks_and_begins_anew(cups, machine):
    printer = driver(cups, machine)
    await printer.connect()
    machine.die()
    with pytest.raises(DeviceError) as broken:
        async with asyncio.timeout(5):
            await printer.watch()
    assert broken.value.key == "printer.offline"
    await printer.close()
    assert printer.health().fitness is Fitness.OFFLINE
    with pytest.raises(TryLater):
        await printer.connect()
    machine.start()
    await printer.connect()
    assert printer.health().fitness is Fitness.READY


async def test_the_printer_is_busy_while_it_prints(tmp_path, printer, machine):
    machine.slow(0.2)
    job = Job(printer, order(tmp_path, 2))
    await job.state(JobState.PRINTING)
    assert printer.health().fitness is Fitness.BUSY
    await job.end()
    await eventually(lambda: printer.health().fitness is Fitness.READY)


async def test_the_printers_total_outlives_its_power(tmp_path, printer, machine):
    await printed(printer, order(tmp_path, 2))
    machine.die()
    machine.start()
    assert machine.sheets_out == 2
