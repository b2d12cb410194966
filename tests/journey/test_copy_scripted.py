"""The copy journey by a scripted guest on paper devices: the whole engine, real books and documents, no window."""

import asyncio
from dataclasses import replace

import pytest

from hardware.protocols import (
    Card,
    Light,
    NeedsPerson,
    QrCode,
    Sides,
    Source,
    Staple,
    Tone,
)
from kiosk.books.checks import check
from kiosk.hotel.protocol import Guest
from kiosk.journeys.copy_questions import (
    ApproveSample,
    ChooseCopy,
    CopyOrder,
    Review,
    ReviewPages,
    ScanAgain,
    ScanChoice,
    ScanTrouble,
    Verdict,
)
from kiosk.journeys.paying import Declined, Farewell, Identify, RoomAndName, Sign
from kiosk.journeys.service import discover
from kiosk.journeys.welcome import Apology, Attract, ChooseLanguage, OutOfService, PriceList, ShowPrices
from kiosk.lobby import Lobby
from kiosk.visit import BACK, LanguageChosen, Patience, Signal, StaffCalled
from tests.paper import PaperPrinter
from tests.scripted import SILENCE, ScriptedGuest, progress_of
from tests.stations import CARD, RESIDENT, PaperGuests, happy, nothing_left, paper_station, states, visited, vouchers

pytestmark = pytest.mark.asyncio(loop_scope="module")
A4 = "iso_a4_210x297mm"
THREE = CopyOrder(A4, copies=3)


async def test_a_copy_is_made_charged_and_forgotten(station):
    guest = ScriptedGuest(happy(THREE))
    async with visited(station, guest):
        assert guest.kinds() == [
            *("Attract", "Home", "ChooseCopy", "ReviewPages", "Identify", "ApproveSample", "Sign", "Farewell"),
        ]
        assert vouchers(station) == [(3, 300)]
        assert station.devices.printer.sheets_out == 3
        assert check(station.books.db).agree
        assert nothing_left(station)
        assert [order.options.copies for order in station.devices.printer.orders] == [1, 2]


async def test_the_receipt_shows_tax_voucher_and_both_languages_but_nobody(station):
    async with visited(station, ScriptedGuest(happy(THREE))):
        (receipt,) = station.devices.receipt_printer.printed
        text = " ".join(str(part) for part in receipt)
        assert "¥3.00" in text
        assert "000001" in text
        assert "云山饭店" in text
        assert "Cloud Hill Hotel" in text
        assert any(isinstance(part, QrCode) for part in receipt)
        assert RESIDENT.name not in text
        assert RESIDENT.room not in text
        assert "{" not in text


async def test_progress_counts_sheets_that_came_out(station):
    guest = ScriptedGuest(happy(THREE))
    async with visited(station, guest):
        assert progress_of(guest.seen, "copy.printing.rest")[-1] == (3, 3)


async def test_refused_samples_are_free_and_change_the_order(station):
    verdicts = [Verdict.TOO_LIGHT, Verdict.TOO_DARK, Verdict.GOOD]
    guest = ScriptedGuest(happy(THREE, ApproveSample=verdicts))
    async with visited(station, guest):
        assert vouchers(station) == [(3, 300)]
        assert station.devices.printer.sheets_out == 5
        assert [q.total.minor for q in guest.asked(ApproveSample)] == [300, 300, 300]


async def test_a_sample_in_the_wrong_place_may_be_scanned_again(station):
    choices = [THREE, ScanAgain()]
    guest = ScriptedGuest(happy(ApproveSample=[Verdict.WRONG_PLACE, Verdict.GOOD], ChooseCopy=choices))
    async with visited(station, guest):
        assert len(station.devices.scanner.scans) == 2
        assert guest.asked(ChooseCopy)[1].adjusting
        assert vouchers(station) == [(3, 300)]


async def test_a_copy_that_becomes_coloured_at_the_sample_is_scanned_in_colour(station):
    choices = [THREE, replace(THREE, colour=True)]
    guest = ScriptedGuest(happy(ApproveSample=[Verdict.WRONG_PLACE, Verdict.GOOD], ChooseCopy=choices))
    async with visited(station, guest):
        assert [scan.tone for scan in station.devices.scanner.scans] == [Tone.GREY, Tone.COLOUR]
        assert vouchers(station) == [(3, 900)]


async def test_back_while_the_originals_are_laid_anew_leads_to_the_options_not_out_of_the_charge(station):
    choices, reviews = [THREE, ScanAgain(), THREE], [Review.CONTINUE, BACK]
    verdicts = [Verdict.WRONG_PLACE, Verdict.GOOD]
    guest = ScriptedGuest(happy(ApproveSample=verdicts, ChooseCopy=choices, ReviewPages=reviews))
    async with visited(station, guest):
        assert [q.adjusting for q in guest.asked(ChooseCopy)] == [False, True, True]
        assert len(station.devices.scanner.scans) == 2
        assert states(station) == ["settled"]
        assert vouchers(station) == [(3, 300)]


async def test_at_the_sample_the_originals_may_come_from_the_other_source(station):
    scanner = station.devices.scanner

    def scan_again(_question):
        scanner.fault = NeedsPerson("scanner.cover-open")
        return ScanAgain()

    choices = [THREE, scan_again, replace(THREE, source=Source.FEEDER)]
    verdicts = [Verdict.WRONG_PLACE, Verdict.GOOD]
    guest = ScriptedGuest(happy(ApproveSample=verdicts, ChooseCopy=choices) | {ScanTrouble: ScanChoice.OTHER_SOURCE})
    async with visited(station, guest):
        assert guest.asked(ScanTrouble)[0].other_source
        assert [q.source_asked for q in guest.asked(ChooseCopy)] == [True, False, True]
        assert [scan.source for scan in scanner.scans] == [Source.GLASS, Source.GLASS, Source.FEEDER]
        assert vouchers(station) == [(9, 900)]


async def test_pages_from_the_feeder_are_copied_duplex_and_stapled(station):
    order = CopyOrder(A4, sides=Sides.LONG_EDGE, colour=True, copies=2, staple=Staple.TOP_LEFT, source=Source.FEEDER)
    guest = ScriptedGuest(happy(order))
    async with visited(station, guest):
        (review,) = guest.asked(ReviewPages)
        assert len(review.pages) == 3
        assert vouchers(station) == [(4, 4 * 500 + 2 * 50)]
        assert station.devices.scanner.scans[0].tone is Tone.COLOUR


async def test_another_page_from_the_glass_and_one_laid_again(station):
    reviews = [Review.ANOTHER_PAGE, Review.REDO_LAST, Review.CONTINUE]
    guest = ScriptedGuest(happy(ReviewPages=reviews))
    async with visited(station, guest):
        assert [len(q.pages) for q in guest.asked(ReviewPages)] == [1, 2, 2]
        assert vouchers(station) == [(2, 200)]


async def test_unsorted_copies_are_one_job_with_repeated_pages(station):
    order = CopyOrder(A4, copies=4, sorted=False, source=Source.FEEDER)
    async with visited(station, ScriptedGuest(happy(order))):
        rest = station.devices.printer.orders[1]
        assert (rest.pages, rest.options.copies) == (9, 1)
        assert vouchers(station) == [(12, 1200)]


async def test_unsorted_copies_have_no_staple_and_none_is_charged(station):
    order = CopyOrder(A4, copies=4, sorted=False, staple=Staple.TOP_LEFT, source=Source.FEEDER)
    guest = ScriptedGuest(happy(order))
    async with visited(station, guest):
        assert {job.options.staple for job in station.devices.printer.orders} == {Staple.NONE}
        assert vouchers(station) == [(12, 1200)]
        (question,) = guest.asked(ChooseCopy)
        offered = {choice.value: choice.reason for choice in question.staples(order)}
        assert offered == {Staple.NONE: None, Staple.TOP_LEFT: "copy.reason.unsorted"}


async def test_back_from_the_review_leads_to_the_options_with_pages_kept(station):
    guest = ScriptedGuest(happy(ReviewPages=[BACK, Review.CONTINUE]))
    async with visited(station, guest):
        assert guest.asked(ChooseCopy)[1].pages == 1
        assert len(station.devices.scanner.scans) == 1


async def test_back_from_the_options_leads_home(station):
    guest = ScriptedGuest(happy(ChooseCopy=[BACK, THREE]))
    async with visited(station, guest):
        assert guest.kinds().count("Home") == 2


async def test_other_options_that_need_another_scan_scan_again(station):
    choices = [THREE, replace(THREE, colour=True)]
    guest = ScriptedGuest(happy(ReviewPages=[BACK, Review.CONTINUE], ChooseCopy=choices))
    async with visited(station, guest):
        assert [scan.tone for scan in station.devices.scanner.scans] == [Tone.GREY, Tone.COLOUR]
        assert vouchers(station) == [(3, 900)]


async def test_prices_can_be_read_before_anything_is_started(station):
    guest = ScriptedGuest(happy(Home=[ShowPrices(), "copy"]) | {PriceList: None})
    async with visited(station, guest):
        (prices,) = guest.asked(PriceList)
        assert prices.sections[0].service == "copy"
        assert prices.sections[0].tax_basis_points == 600


async def test_a_touch_without_a_language_asks_for_one(station):
    guest = ScriptedGuest(happy() | {Attract: None, ChooseLanguage: "en"})
    async with visited(station, guest):
        assert guest.kinds()[:2] == ["Attract", "ChooseLanguage"]
        assert guest.situations[2].language == "en"


async def test_a_card_on_the_reader_begins_the_visit_and_identifies(station):
    def present(_question):
        asyncio.get_running_loop().call_soon(station.devices.card_reader.air.send, Card(CARD))
        return SILENCE

    guest = ScriptedGuest(happy() | {Attract: present, ChooseLanguage: "en"})
    async with visited(station, guest):
        assert not guest.asked(Identify)
        assert guest.asked(Sign)[0].by_card
        assert vouchers(station) == [(1, 100)]


async def test_a_card_laid_down_at_the_question_identifies(station):
    def present(_question):
        assert Light.CARD_SLOT in station.devices.panel.lit
        asyncio.get_running_loop().call_soon(station.devices.card_reader.air.send, Card(CARD))
        return SILENCE

    guest = ScriptedGuest(happy(Identify=present))
    async with visited(station, guest):
        assert vouchers(station) == [(1, 100)]
        assert Light.CARD_SLOT not in station.devices.panel.lit


async def test_three_wrong_tries_lead_to_staff_and_reveal_nothing(station):
    guest = ScriptedGuest(happy(Identify=RoomAndName("0808", "Nobody")))
    async with visited(station, guest):
        assert [(q.tries_left, q.failed) for q in guest.asked(Identify)] == [(3, False), (2, True), (1, True)]
        assert guest.asked(Apology)[0].key == "identify.to-staff"
        assert vouchers(station) == []
        assert station.devices.printer.sheets_out == 0
        assert [request.kind for request in station.requests.list_open()] == ["identify"]


async def test_going_back_gives_no_further_tries(station):
    wrong = RoomAndName("0808", "Nobody")
    guest = ScriptedGuest(happy(Identify=[wrong, wrong, BACK, wrong]))
    async with visited(station, guest):
        assert [q.tries_left for q in guest.asked(Identify)] == [3, 2, 1, 1]
        assert guest.asked(Apology)[0].key == "identify.to-staff"
        assert vouchers(station) == []


async def test_an_empty_room_and_a_wrong_name_look_the_same(tmp_path, documents):
    seen = []
    for number, answer in enumerate((RoomAndName("9999", "Nobody"), RoomAndName("0808", "Nobody"))):
        (tmp_path / str(number)).mkdir()
        station = paper_station(tmp_path / str(number), documents)
        guest = ScriptedGuest(happy(Identify=answer))
        async with visited(station, guest):
            seen.append([q for q in guest.seen if isinstance(q, Identify | Apology)])
    assert seen[0] == seen[1]


async def test_a_guest_the_house_does_not_charge_is_sent_to_the_front_desk(tmp_path, documents):
    guests = PaperGuests(Guest("0808", "31001", "Example", no_post=True))
    station = paper_station(tmp_path, documents, guests=guests)
    guest = ScriptedGuest(happy())
    async with visited(station, guest):
        assert guest.asked(Apology)[0].key == "identify.front-desk"
        assert vouchers(station) == []


async def test_a_guest_who_declines_to_sign_owes_nothing(station):
    guest = ScriptedGuest(happy(Home=["copy", SILENCE], Sign=Declined()))
    station.patience = Patience(quiet=0.01, warning=0)
    async with visited(station, guest):
        assert states(station) == ["voided"]
        assert vouchers(station) == []
        assert nothing_left(station)


async def test_what_is_kept_with_the_signature_is_what_was_shown_in_the_guests_language(station):
    def turn_to_chinese_and_sign(_question):
        lobby.hear(LanguageChosen("zh_CN"))
        return happy()[Sign]

    guest = ScriptedGuest(happy(THREE, Sign=turn_to_chinese_and_sign))
    lobby = Lobby(station, guest, discover())
    await lobby.serve_one()
    (question,) = guest.asked(Sign)
    signature = station.books.voucher(1).signature
    assert signature.text == question.terms["zh_CN"]
    assert "¥3.00" in signature.text
    assert signature.intact


@pytest.mark.parametrize("question", [ChooseCopy, ReviewPages, Identify, ApproveSample, Sign, Farewell])
async def test_silence_at_any_question_leaves_money_and_documents_right(tmp_path, documents, question):
    station = paper_station(tmp_path, documents, patience=Patience(quiet=0.01, warning=0))
    guest = ScriptedGuest(happy(THREE, **{question.__name__: SILENCE}))
    async with visited(station, guest):
        assert nothing_left(station)
        assert check(station.books.db).agree
        settled = question is Farewell
        assert vouchers(station) == ([(3, 300)] if settled else [])
        assert set(states(station)) <= {"settled" if settled else "voided"}


@pytest.mark.parametrize("question", [ChooseCopy, ReviewPages, Identify, ApproveSample, Sign, Farewell])
async def test_end_at_any_question_leaves_money_and_documents_right(tmp_path, documents, question):
    station = paper_station(tmp_path, documents)

    def end(_question):
        asyncio.get_running_loop().call_soon(lobby.hear, Signal.END)
        return SILENCE

    guest = ScriptedGuest(happy(THREE, **{question.__name__: end}))
    lobby = Lobby(station, guest, discover())
    await lobby.serve_one()
    assert nothing_left(station)
    assert vouchers(station) == ([(3, 300)] if question is Farewell else [])
    assert not station.books.open_charges()


async def test_without_a4_the_option_is_shown_with_its_reason(tmp_path, documents):
    printer = PaperPrinter(media=("jis_b5_182x257mm",))
    station = paper_station(tmp_path, documents, printer=printer)
    guest = ScriptedGuest(happy())
    async with visited(station, guest):
        (question,) = guest.asked(ChooseCopy)
        assert {choice.value: choice.reason for choice in question.choices.media}[A4] == "copy.reason.media"
        assert question.order.media == "jis_b5_182x257mm"


async def test_a_printer_without_any_paper_that_is_sold_is_out_of_service(tmp_path, documents):
    station = paper_station(tmp_path, documents, printer=PaperPrinter(media=("iso_dl_110x220mm",)))
    guest = ScriptedGuest({OutOfService: SILENCE})
    copying = tuple(service for service in discover() if service.name == "copy")
    serving = asyncio.ensure_future(Lobby(station, guest, copying).serve_one())
    while not guest.seen:
        await asyncio.sleep(0)
    assert guest.seen == [OutOfService(("copy.reason.no-paper",))]
    serving.cancel()


async def test_calling_a_person_writes_one_request_and_lights_the_lamp(station):
    def call(question):
        lobby.hear(Signal.CALL_PERSON)
        return question.order

    guest = ScriptedGuest(happy(ChooseCopy=call))
    lobby = Lobby(station, guest, discover())
    await lobby.serve_one()
    (called,) = [seen for seen in guest.seen if isinstance(seen, StaffCalled)]
    assert called.minutes == 2
    assert [request.number for request in station.requests.list_open()] == [called.number]
    assert Light.FAULT in station.devices.panel.lit
