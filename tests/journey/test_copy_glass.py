"""The copy journey by finger in a real window: the whole engine behind it, on paper devices. A picture of each step."""

from __future__ import annotations

import pytest

from hardware.protocols import Card
from kiosk.books.checks import check
from kiosk.documents.worker import DocumentWorker
from kiosk.journeys.copy_questions import ApproveSample, ChooseCopy, PrinterTrouble, ReviewPages
from kiosk.journeys.paying import Farewell, Identify, Sign
from kiosk.journeys.service import discover
from kiosk.journeys.welcome import Attract, ChooseLanguage, Home, PriceList
from kiosk.lobby import Lobby
from kiosk.visit import Patience
from tests.paper import PaperPrinter
from tests.stations import CARD, paper_station, vouchers


class AtTheKiosk:
    """A lobby on paper devices behind the glass, serving one visit."""

    def __init__(self, glass, folder, **parts):
        self.glass = glass

        async def begin():
            worker = DocumentWorker(warm_after=0)
            await worker.start()
            return paper_station(folder, worker, **parts)

        self.station = glass.result(glass.start(begin()))
        self.lobby = Lobby(self.station, glass.guest, discover())
        glass.listen(self.lobby.hear)
        self.visit = glass.start(self.lobby.serve_one())

    def over(self):
        self.glass.result(self.visit)

    def lay_card(self):
        self.glass.loop.call_soon_threadsafe(self.station.devices.card_reader.air.send, Card(CARD))

    def until_options(self, language):
        glass = self.glass
        glass.wait_for(Attract)
        glass.picture(f"{language}-attract")
        glass.tap("start")
        glass.wait_for(ChooseLanguage)
        glass.picture(f"{language}-language")
        glass.tap(f"language-{language}")
        glass.wait_for(Home)
        glass.picture(f"{language}-home")
        glass.tap("service-copy")
        glass.wait_for(ChooseCopy)

    def until_sample(self, language):
        glass = self.glass
        glass.picture(f"{language}-choose")
        glass.tap("continue")
        scanned = glass.wait_for(ReviewPages)
        assert all(page.picture.exists() for page in scanned.pages), "the guest would look at blank paper"
        glass.picture(f"{language}-review")
        glass.tap("continue")
        glass.wait_for(Identify)
        glass.picture(f"{language}-identify")
        self.lay_card()
        glass.wait_for(ApproveSample)
        glass.picture(f"{language}-sample")

    def until_signed(self, language):
        glass = self.glass
        glass.tap("good")
        glass.wait_for(Sign)
        glass.sign()
        glass.picture(f"{language}-sign")
        glass.tap("confirm")


@pytest.fixture
def kiosk(glass, tmp_path):
    opened = []

    def begin(**parts):
        opened.append(AtTheKiosk(glass, tmp_path, **parts))
        return opened[-1]

    yield begin
    for at in opened:
        at.visit.cancel()
        glass.result(glass.start(at.station.documents.stop()))
        at.station.books.db.close()
        at.station.requests.db.close()


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_stranger_copies_with_a_card_and_pays_what_came_out(glass, kiosk, language):
    at = kiosk()
    at.until_options(language)
    glass.tap("copies-more")
    glass.tap("copies-more")
    at.until_sample(language)
    at.until_signed(language)
    farewell = glass.wait_for(Farewell)
    glass.picture(f"{language}-farewell")
    assert (farewell.sheets, farewell.bill.total.minor) == (3, 300)
    glass.tap("leave")
    at.over()
    assert vouchers(at.station) == [(3, 300)]
    assert check(at.station.books.db).agree
    assert not list(at.station.vault.base.iterdir())


def test_a_stranger_copies_with_room_and_name(glass, kiosk):
    at = kiosk()
    at.until_options("en")
    glass.tap("continue")
    glass.wait_for(ReviewPages)
    glass.tap("continue")
    glass.wait_for(Identify)
    glass.tap("room")
    glass.type("0808")
    glass.tap("name")
    glass.type("Exampl")
    glass.tap("confirm")
    glass.wait_until(lambda: getattr(glass.shown, "failed", False), "the try to be refused")
    glass.wait_for(Identify)
    glass.picture("en-identify-again")
    glass.tap("room")
    glass.type("0808")
    glass.tap("name")
    glass.type("Example")
    glass.tap("confirm")
    glass.wait_for(ApproveSample)
    at.until_signed("en")
    glass.wait_for(Farewell)
    glass.tap("leave")
    at.over()
    assert vouchers(at.station) == [(1, 100)]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_jam_is_shown_and_the_rest_comes_when_it_is_cleared(glass, kiosk, language):
    printer = PaperPrinter(jam_before=3)
    at = kiosk(printer=printer)
    at.until_options(language)
    for _ in range(9):
        glass.tap("copies-more")
    at.until_sample(language)
    at.until_signed(language)
    trouble = glass.wait_for(PrinterTrouble)
    glass.picture(f"{language}-jam")
    assert (trouble.done, trouble.total) == (3, 10)
    glass.tap("wait")
    glass.wait_until(lambda: getattr(glass.shown, "waiting", False), "the wait to be noted")
    glass.picture(f"{language}-jam-waiting")
    glass.loop.call_soon_threadsafe(printer.clear)
    glass.wait_for(Farewell)
    glass.tap("leave")
    at.over()
    assert vouchers(at.station) == [(10, 1000)]


def test_a_guest_who_does_not_wait_pays_what_came_out(glass, kiosk):
    at = kiosk(printer=PaperPrinter(jam_before=3))
    at.until_options("en")
    for _ in range(9):
        glass.tap("copies-more")
    at.until_sample("en")
    at.until_signed("en")
    glass.wait_for(PrinterTrouble)
    glass.tap("stop")
    glass.wait_for(Farewell)
    glass.picture("en-farewell-part")
    glass.tap("leave")
    at.over()
    assert vouchers(at.station) == [(3, 300)]


def test_prices_are_read_and_the_guest_comes_back_home(glass, kiosk):
    at = kiosk()
    glass.wait_for(Attract)
    glass.tap("start")
    glass.wait_for(ChooseLanguage)
    glass.tap("language-zh_CN")
    glass.wait_for(Home)
    glass.tap("prices")
    glass.wait_for(PriceList)
    glass.picture("zh_CN-prices")
    glass.tap("close")
    glass.wait_for(Home)
    assert vouchers(at.station) == []


def test_ending_with_documents_at_stake_asks_once_and_leaves_nothing(glass, kiosk):
    at = kiosk()
    at.until_options("en")
    at.until_sample("en")
    glass.tap("end")
    glass.picture("en-end-confirm")
    glass.tap("end-cancel")
    glass.wait_for(ApproveSample)
    glass.tap("end")
    glass.tap("end-confirm")
    at.over()
    assert vouchers(at.station) == []
    assert not list(at.station.vault.base.iterdir())
    assert not at.station.books.open_charges()


def test_the_language_changes_in_the_middle_and_nothing_chosen_is_lost(glass, kiosk):
    at = kiosk()
    at.until_options("zh_CN")
    glass.tap("copies-more")
    glass.tap("language")
    glass.wait_for(ChooseCopy)
    glass.picture("en-choose-after-change")
    at.until_sample("en")
    at.until_signed("en")
    farewell = glass.wait_for(Farewell)
    assert farewell.sheets == 2
    glass.tap("leave")
    at.over()
    assert "room" in at.station.books.voucher(1).signature.text.lower()


def test_large_type_in_the_middle_loses_nothing(glass, kiosk):
    at = kiosk()
    at.until_options("zh_CN")
    glass.tap("copies-more")
    glass.tap("look")
    glass.wait_for(ChooseCopy)
    glass.picture("zh_CN-choose-large")
    at.until_sample("zh_CN")
    at.until_signed("zh_CN")
    assert glass.wait_for(Farewell).sheets == 2


def test_a_person_is_called_and_sent_away_again(glass, kiosk):
    at = kiosk()
    at.until_options("en")
    glass.tap("call")
    glass.wait_until(lambda: glass.find("call-withdraw"), "staff to be called")
    glass.picture("en-staff-called")
    assert len(at.station.requests.list_open()) == 1
    glass.tap("call-withdraw")
    glass.wait_until(lambda: not at.station.requests.list_open(), "the call to be withdrawn")


def test_a_silent_guest_is_warned_and_then_forgotten(glass, kiosk):
    at = kiosk(patience=Patience(quiet=0.3, warning=2))
    glass.wait_for(Attract)
    glass.tap("start")
    glass.wait_until(lambda: glass.find("still-here"), "the warning")
    glass.picture("en-idle")
    at.over()
    assert check(at.station.books.db).charges == {}
