"""The copy journey when something fails: what is charged, what is said, who is called. Paper devices, no window."""

import asyncio
from dataclasses import replace

import pytest

from hardware.protocols import NeedsPerson, OutcomeUnknown, Source, TryLater
from kiosk.books.checks import check
from kiosk.journeys.copy_questions import CopyOrder, Patient, PrinterTrouble, ReviewPages, ScanChoice, ScanTrouble
from kiosk.journeys.paying import Farewell, RoomAndName, Sign
from kiosk.journeys.service import discover
from kiosk.journeys.welcome import Apology
from kiosk.lobby import Lobby
from kiosk.store.database import StoreFull
from kiosk.visit import Patience, Signal
from tests.paper import PaperPrinter, PaperReceipts, PaperScanner
from tests.scripted import SILENCE, ScriptedGuest
from tests.stations import happy, nothing_left, paper_station, states, visited, vouchers

pytestmark = pytest.mark.asyncio(loop_scope="module")
A4 = "iso_a4_210x297mm"
THREE = CopyOrder(A4, copies=3)


async def test_a_printer_that_is_gone_before_the_rest_is_handed_over_settles_the_sample(tmp_path, documents):
    printer = PaperPrinter()
    station = paper_station(tmp_path, documents, printer=printer)

    def sign_then_leave(_question):
        printer.refuses = TryLater("printer.offline")
        return happy()[Sign]

    guest = ScriptedGuest(happy(THREE, Sign=sign_then_leave, Home=["copy", SILENCE]))
    station.patience = Patience(quiet=0.01, warning=0)
    async with visited(station, guest):
        assert vouchers(station) == [(1, 100)]
        assert check(station.books.db).agree


async def test_end_while_the_rest_is_written_down_settles_the_sample(tmp_path, documents):
    station = paper_station(tmp_path, documents)
    lobby = Lobby(station, ScriptedGuest(happy(THREE)), discover())
    begin_work, loop = station.books.begin_work, asyncio.get_running_loop()

    def interrupted(charge, job, sheets, purpose):
        if "rest" in job:
            asyncio.run_coroutine_threadsafe(_hear(lobby, Signal.END), loop).result()
        begin_work(charge, job, sheets, purpose)

    station.books.begin_work = interrupted
    await lobby.serve_one()
    assert vouchers(station) == [(1, 100)]
    assert [order.options.copies for order in station.devices.printer.orders] == [1]


async def _hear(lobby, signal):
    lobby.hear(signal)


async def test_a_job_that_is_stopped_is_cancelled_while_the_driver_still_follows_it(tmp_path, documents):
    printer = PaperPrinter(jam_before=2)
    station = paper_station(tmp_path, documents, printer=printer)
    guest = ScriptedGuest(happy(CopyOrder(A4, copies=10)) | {PrinterTrouble: Patient.STOP})
    async with visited(station, guest):
        assert printer.cancelled_while_followed == [True]


async def test_a_guest_whose_rest_could_not_be_printed_hears_why_and_gets_a_receipt(tmp_path, documents):
    printer = PaperPrinter()
    station = paper_station(tmp_path, documents, printer=printer)

    def sign_then_leave(_question):
        printer.refuses = TryLater("printer.offline")
        return happy()[Sign]

    guest = ScriptedGuest(happy(THREE, Sign=sign_then_leave))
    async with visited(station, guest):
        (farewell,) = guest.asked(Farewell)
        assert (farewell.sheets, farewell.asked, farewell.trouble) == (1, 3, "printer.offline")
        assert farewell.bill.total.minor == 100
        assert len(station.devices.receipt_printer.printed) == 1
        assert not guest.asked(Apology)


def refuse(*_args, **_kwargs):
    raise StoreFull(path="x")


async def test_a_jam_on_a_full_disk_promises_nobody_and_goes_on_when_it_is_cleared(tmp_path, documents):
    printer = PaperPrinter(jam_before=2)
    station = paper_station(tmp_path, documents, printer=printer)
    station.requests.open = refuse

    def wait(_question):
        asyncio.get_running_loop().call_soon(printer.clear)
        return Patient.WAIT

    guest = ScriptedGuest(happy(CopyOrder(A4, copies=10)) | {PrinterTrouble: [wait, SILENCE]})
    async with visited(station, guest):
        assert guest.asked(PrinterTrouble)[0].minutes is None
        assert vouchers(station) == [(10, 1000)]


async def test_a_guest_who_cannot_be_identified_on_a_full_disk_is_promised_nobody(station):
    station.requests.open = refuse
    guest = ScriptedGuest(happy(Identify=RoomAndName("0808", "Nobody")))
    async with visited(station, guest):
        (apology,) = guest.asked(Apology)
        assert (apology.key, apology.staff_called) == ("identify.to-staff", False)


async def test_books_that_cannot_be_closed_leave_it_open_what_is_charged(station):
    station.books.finish = refuse
    station.patience = Patience(quiet=0.01, warning=0)
    guest = ScriptedGuest(happy(THREE, Home=["copy", SILENCE]))
    async with visited(station, guest):
        (apology,) = guest.asked(Apology)
        assert (apology.key, apology.undecided) == ("store.full", True)
        assert states(station) == ["authorised"]


async def test_a_charge_that_is_unknown_is_not_called_free(tmp_path, documents):
    printer = PaperPrinter()
    station = paper_station(tmp_path, documents, printer=printer, patience=Patience(quiet=0.01, warning=0))

    def sign_then_fail(_question):
        printer.fails = OutcomeUnknown("printer.submit-unknown")
        return happy()[Sign]

    guest = ScriptedGuest(happy(THREE, Sign=sign_then_fail, Home=["copy", SILENCE]))
    async with visited(station, guest):
        (apology,) = guest.asked(Apology)
        assert (apology.undecided, apology.staff_called) == (True, True)


async def test_what_costs_nothing_ends_in_a_farewell_without_a_receipt(station):
    copy = station.tariff.copy
    free = tuple(replace(price, minor=0) for price in copy.prices)
    station.tariff = replace(station.tariff, copy=replace(copy, prices=free))
    guest = ScriptedGuest(happy(THREE))
    async with visited(station, guest):
        (farewell,) = guest.asked(Farewell)
        assert (farewell.sheets, farewell.asked, farewell.voucher, farewell.receipt) == (3, 3, None, None)
        assert states(station) == ["voided"]
        assert not station.devices.receipt_printer.printed
        assert not station.requests.list_open()


async def test_the_end_is_not_held_up_by_books_that_refuse(station):
    station.books.finish = refuse
    guest = ScriptedGuest(happy(THREE, Sign=SILENCE, Apology=SILENCE))
    serving = asyncio.ensure_future(Lobby(station, guest, discover()).serve_one())
    async with asyncio.timeout(10):
        while not guest.asked(Sign):
            await asyncio.sleep(0)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving
    assert not guest.asked(Apology)


async def test_the_trouble_changes_with_what_is_wrong_and_staff_are_called_once(tmp_path, documents):
    printer = PaperPrinter(jam_before=2)
    station = paper_station(tmp_path, documents, printer=printer)

    def wait(question):
        asyncio.get_running_loop().call_soon(printer.stand_still, "printer.door-open")
        return Patient.WAIT

    def stop_at_the_door(question):
        return Patient.STOP if question.key == "printer.door-open" else SILENCE

    guest = ScriptedGuest(happy(CopyOrder(A4, copies=10)) | {PrinterTrouble: [wait, *[stop_at_the_door] * 2]})
    async with visited(station, guest):
        troubles = [(q.key, q.waiting) for q in guest.asked(PrinterTrouble)]
        assert troubles[0] == ("printer.media-jam", False)
        assert troubles[-1] == ("printer.door-open", True)
        assert len(station.requests.list_open()) == 1


async def test_one_jam_of_the_sample_is_one_request(tmp_path, documents):
    station = paper_station(tmp_path, documents, printer=PaperPrinter(jam_before=1))
    station.patience = Patience(quiet=0.01, warning=0)
    guest = ScriptedGuest(happy(THREE, Home=["copy", SILENCE]) | {PrinterTrouble: Patient.STOP})
    async with visited(station, guest):
        (apology,) = guest.asked(Apology)
        assert (apology.key, apology.staff_called) == ("printer.media-jam", True)
        assert [request.kind for request in station.requests.list_open()] == ["printer"]


async def test_a_jam_that_is_cleared_goes_on_to_the_last_sheet(tmp_path, documents):
    printer = PaperPrinter(jam_before=2)
    station = paper_station(tmp_path, documents, printer=printer)

    def wait(_question):
        asyncio.get_running_loop().call_soon(printer.clear)
        return Patient.WAIT

    guest = ScriptedGuest(happy(CopyOrder(A4, copies=10)) | {PrinterTrouble: [wait, SILENCE]})
    async with visited(station, guest):
        trouble = guest.asked(PrinterTrouble)[0]
        assert (trouble.done, trouble.total, trouble.charged.minor) == (2, 10, 200)
        assert vouchers(station) == [(10, 1000)]
        assert [request.kind for request in station.requests.list_open()] == ["printer"]


async def test_a_jam_that_the_guest_does_not_wait_for_settles_what_came_out(tmp_path, documents):
    station = paper_station(tmp_path, documents, printer=PaperPrinter(jam_before=2))
    guest = ScriptedGuest(happy(CopyOrder(A4, copies=10)) | {PrinterTrouble: Patient.STOP})
    async with visited(station, guest):
        assert vouchers(station) == [(2, 200)]
        (farewell,) = guest.asked(Farewell)
        assert (farewell.sheets, farewell.asked) == (2, 10)


async def test_a_printer_that_gives_up_settles_what_came_out(tmp_path, documents):
    station = paper_station(tmp_path, documents, printer=PaperPrinter(aborts_before=4))
    async with visited(station, ScriptedGuest(happy(CopyOrder(A4, copies=10)))):
        assert vouchers(station) == [(4, 400)]


async def test_a_sample_that_does_not_come_out_costs_nothing_and_is_said(tmp_path, documents):
    station = paper_station(tmp_path, documents, printer=PaperPrinter(aborts_before=1))
    guest = ScriptedGuest(happy(Home=["copy", SILENCE]))
    station.patience = Patience(quiet=0.01, warning=0)
    async with visited(station, guest):
        assert guest.asked(Apology)[0].key == "printer.aborted"
        assert states(station) == ["voided"]


async def test_a_job_whose_fate_is_unknown_makes_the_charge_unknown_and_tells_staff(tmp_path, documents):
    printer = PaperPrinter()
    station = paper_station(tmp_path, documents, printer=printer)

    def sign_then_fail(question):
        printer.fails = OutcomeUnknown("printer.submit-unknown")
        return happy()[Sign]

    guest = ScriptedGuest(happy(THREE, Sign=sign_then_fail, Home=["copy", SILENCE]))
    station.patience = Patience(quiet=0.01, warning=0)
    async with visited(station, guest):
        assert states(station) == ["unknown"]
        assert vouchers(station) == []
        assert guest.asked(Apology)[0].key == "printer.submit-unknown"


async def test_a_scanner_fault_before_any_page_can_be_tried_again(tmp_path, documents):
    scanner = PaperScanner(fault=TryLater("scanner.busy"))
    station = paper_station(tmp_path, documents, scanner=scanner)
    guest = ScriptedGuest(happy() | {ScanTrouble: ScanChoice.RETRY})
    async with visited(station, guest):
        assert guest.asked(ScanTrouble)[0].key == "scanner.busy"
        assert vouchers(station) == [(1, 100)]


async def test_a_feeder_that_jams_keeps_the_pages_it_read(tmp_path, documents):
    station = paper_station(tmp_path, documents, scanner=PaperScanner.jammed(after=2))
    guest = ScriptedGuest(happy(CopyOrder(A4, source=Source.FEEDER)))
    async with visited(station, guest):
        (review,) = guest.asked(ReviewPages)
        assert (len(review.pages), review.trouble) == (2, "scanner.jam")


async def test_a_receipt_that_fails_is_said_and_costs_no_charge(tmp_path, documents):
    receipts = PaperReceipts(fault=NeedsPerson("receipt.paper-out"))
    station = paper_station(tmp_path, documents, receipt_printer=receipts)
    guest = ScriptedGuest(happy())
    async with visited(station, guest):
        assert guest.asked(Farewell)[0].receipt == "receipt.paper-out"
        assert vouchers(station) == [(1, 100)]


async def test_an_unforeseen_error_is_said_and_the_next_guest_is_served(station):
    def crash(_question):
        raise RuntimeError("a programming error")

    station.patience = Patience(quiet=0.01, warning=0)
    guest = ScriptedGuest(happy(ChooseCopy=crash, Home=["copy", SILENCE]))
    async with visited(station, guest):
        assert guest.asked(Apology)[0].key == "service.crashed"
        assert not guest.asked(Apology)[0].undecided
        assert nothing_left(station)


async def test_an_unforeseen_error_after_the_signature_is_not_called_free(station):
    def crash(_question):
        raise RuntimeError("a programming error")

    station.patience = Patience(quiet=0.01, warning=0)
    guest = ScriptedGuest(happy(Farewell=crash, Home=["copy", SILENCE]))
    async with visited(station, guest):
        assert vouchers(station) == [(1, 100)]
        at_farewell = guest.asked(Apology)[0]
        assert (at_farewell.key, at_farewell.undecided) == ("service.crashed", True)
