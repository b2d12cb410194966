"""Every screen by itself: what it answers, what it refuses, what it keeps when it is built anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from kivy.uix.label import Label

from hardware.protocols import Sides, Staple
from kiosk.journeys.copy_questions import (
    STAGES,
    ApproveSample,
    ChooseCopy,
    Patient,
    PrinterTrouble,
    Review,
    ReviewPages,
    ScanAgain,
    ScanChoice,
    ScanTrouble,
    Verdict,
)
from kiosk.journeys.paying import Declined, Farewell, Identify, RoomAndName, Sign, Signature
from kiosk.journeys.welcome import (
    Apology,
    Attract,
    ChooseLanguage,
    Home,
    OutOfService,
    PriceList,
    PriceSection,
    ShowPrices,
)
from kiosk.visit import (
    BACK,
    IdleWarning,
    LanguageChosen,
    Notice,
    Progress,
    Signal,
    Situation,
    StaffCalled,
)
from screens import samples
from screens.hand import touch_at
from screens.layout_check import faults_of

ZH = Situation("zh_CN")
IN_COPY = Situation("zh_CN", STAGES, can_go_back=True)


@pytest.fixture
def page(tmp_path: Path) -> Path:
    return samples.page_picture(tmp_path)


def test_a_touch_anywhere_on_the_attract_screen_begins(glass, asked):
    answer = asked(Attract(("copy", "print")))
    glass.tap("start")
    assert glass.result(answer) is None


@pytest.mark.parametrize("question", [Attract(("copy",)), ChooseLanguage()])
def test_a_language_can_be_touched(glass, asked, question):
    answer = asked(question)
    glass.tap("language-en")
    assert glass.result(answer) == "en"


def test_home_answers_with_the_service(glass, asked):
    answer = asked(Home(samples.TILES))
    glass.tap("service-copy")
    assert glass.result(answer) == "copy"


def test_a_service_that_is_not_available_says_why_and_is_not_answered(glass, asked):
    answer = asked(Home(samples.TILES))
    glass.tap("service-fax")
    assert not answer.done()
    assert glass.station._toast is not None
    glass.tap("service-print")
    assert glass.result(answer) == "print"


def test_prices_can_be_read_before_anything_is_begun(glass, asked):
    answer = asked(Home(samples.TILES))
    glass.tap("prices")
    assert isinstance(glass.result(answer), ShowPrices)
    answer = asked(PriceList((PriceSection("copy", samples.PRICES, 600),)))
    glass.tap("close")
    assert glass.result(answer) is None


def test_every_option_of_the_copy_is_in_the_answer(glass, asked):
    answer = asked(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy), IN_COPY)
    for test_id in (
        "copies-more", "media-jis_b5_182x257mm", "sides-one", "darkness-2", "scale-0",
        "staple-top-left", "source-feeder",
    ):  # fmt: skip
        glass.tap(test_id)
    glass.tap("continue")
    order = glass.result(answer)
    assert (order.copies, order.sorted, order.media, order.sides) == (4, True, samples.B5, Sides.ONE)
    assert (order.darkness, order.scale, order.staple.name, order.source.value) == (2, 0, "TOP_LEFT", "feeder")


def test_copies_by_page_cannot_be_stapled(glass, asked):
    answer = asked(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy), IN_COPY)
    glass.tap("staple-top-left")
    glass.tap("sorted-false")
    assert glass.find("staple-top-left").off
    glass.tap("staple-top-left")
    assert glass.station._toast is not None
    glass.tap("continue")
    order = glass.result(answer)
    assert (order.sorted, order.staple) == (False, Staple.NONE)


def test_the_price_follows_each_option_at_once(glass, asked):
    asked(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy), IN_COPY)
    bar = glass.screen.ids.bar
    assert bar.price == "约 ¥4.50"
    glass.tap("copies-more")
    assert "¥6.00" in bar.price
    glass.tap("colour-true")
    assert "¥20.00" in bar.price


def test_the_price_is_exact_when_the_pages_are_known(glass, asked):
    asked(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy, pages=4, adjusting=True), IN_COPY)
    assert glass.screen.ids.bar.price == "¥9.00"


def test_what_cannot_be_had_says_why_and_is_not_chosen(glass, asked):
    answer = asked(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy), IN_COPY)
    glass.tap(f"media-{samples.A3}")
    assert glass.station._toast is not None
    glass.tap("continue")
    assert glass.result(answer).media == samples.A4


def test_a_combination_without_a_price_cannot_be_ordered(glass, asked):
    asked(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy), IN_COPY)
    glass.tap("media-jis_b5_182x257mm")
    glass.tap("colour-true")
    assert glass.find("continue").off
    glass.tap("colour-false")
    assert not glass.find("continue").off


def test_a_scale_of_ones_own_goes_by_steps_and_stays_within_its_bounds(glass, asked):
    answer = asked(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy), IN_COPY)
    glass.tap("scale-custom")
    for _ in range(3):
        glass.tap("scale-less")
    glass.tap("continue")
    assert glass.result(answer).scale == 85


def test_adjusting_offers_to_lay_the_originals_anew(glass, asked):
    answer = asked(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy, pages=1, adjusting=True), IN_COPY)
    glass.tap("scan-again")
    assert isinstance(glass.result(answer), ScanAgain)


def test_back_is_an_answer_of_its_own(glass, asked):
    answer = asked(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy), IN_COPY)
    glass.tap("back")
    assert glass.result(answer) is BACK


def test_back_is_not_offered_where_there_is_no_way_back(glass, asked):
    asked(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy), Situation("zh_CN", STAGES))
    assert glass.find("back") is None


@pytest.mark.parametrize(
    ("test_id", "expected"),
    [("continue", Review.CONTINUE), ("another-page", Review.ANOTHER_PAGE), ("redo", Review.REDO_LAST)],
)
def test_reviewing_the_pages(glass, asked, page, test_id, expected):
    view = samples.PageView(page)
    answer = asked(ReviewPages((view, view), samples.Source.GLASS, samples.yuan(450)), IN_COPY)
    glass.tap(test_id)
    assert glass.result(answer) is expected


def test_review_opens_at_the_first_page_with_a_warning(glass, asked, page):
    marked = samples.PageView(page, (samples.Finding("skewed", (0.1, 0.1, 0.5, 0.5)),))
    asked(ReviewPages((marked, samples.PageView(page)), samples.Source.GLASS, samples.yuan(450)), IN_COPY)
    assert glass.screen.page == 0
    glass.tap("next-page")
    assert glass.screen.page == 1


@pytest.mark.parametrize(
    ("test_id", "expected"), [("retry", ScanChoice.RETRY), ("other-source", ScanChoice.OTHER_SOURCE)]
)
def test_scan_trouble_has_two_ways_out(glass, asked, test_id, expected):
    answer = asked(ScanTrouble("scanner.jam", samples.Source.FEEDER, other_source=True), IN_COPY)
    glass.tap(test_id)
    assert glass.result(answer) is expected


@pytest.mark.parametrize("verdict", list(Verdict))
def test_each_verdict_on_the_sample(glass, asked, page, verdict):
    answer = asked(ApproveSample(page, 1, 2, samples.yuan(450), lighter_possible=True, darker_possible=True), IN_COPY)
    glass.tap("good" if verdict is Verdict.GOOD else verdict.value)
    assert glass.result(answer) is verdict


def test_the_darkest_sample_cannot_be_too_light(glass, asked, page):
    answer = asked(ApproveSample(page, 1, 2, samples.yuan(450), lighter_possible=True, darker_possible=False), IN_COPY)
    glass.tap("too-light")
    assert not answer.done()


def test_room_and_name_are_typed_on_the_glass(glass, asked):
    answer = asked(Identify(3, card_reader=True), IN_COPY)
    assert glass.find("confirm").off
    glass.type("0812")
    glass.tap("name")
    glass.type("zhang x")
    glass.tap("key-erase")
    glass.tap("confirm")
    assert glass.result(answer) == RoomAndName("0812", "ZHANG")


def test_a_signature_is_strokes_and_a_touch_is_none(glass, asked):
    answer = asked(Sign(samples.BILL, samples.TERMS, by_card=True), IN_COPY)
    glass.tap("confirm")
    glass.tap("signature")
    glass.tap("confirm")
    assert not answer.done()
    glass.sign()
    glass.tap("confirm")
    signature = glass.result(answer)
    assert isinstance(signature, Signature)
    xs, ys, times = zip(*signature.strokes[-1], strict=True)
    assert min(xs) >= 90
    assert max(xs) <= 910
    assert min(ys) > 0
    assert list(times) == sorted(times)


def test_what_is_signed_stands_over_the_field(glass, asked):
    asked(Sign(samples.BILL, samples.TERMS, by_card=True), IN_COPY)
    terms = samples.TERMS[IN_COPY.language]
    assert terms in [label.text for label in glass.screen.walk() if isinstance(label, Label)]


def test_a_signature_can_be_redone_and_declined(glass, asked):
    answer = asked(Sign(samples.BILL, samples.TERMS, by_card=False), IN_COPY)
    glass.sign()
    glass.tap("redo")
    assert glass.screen.ids.field.strokes == ()
    glass.tap("decline")
    assert isinstance(glass.result(answer), Declined)


@pytest.mark.parametrize(("test_id", "expected"), [("wait", Patient.WAIT), ("stop", Patient.STOP)])
def test_printer_trouble_has_two_choices(glass, asked, test_id, expected):
    answer = asked(PrinterTrouble("printer.media-jam", "door", 2, 10, samples.yuan(200), 2), IN_COPY)
    glass.tap(test_id)
    assert glass.result(answer) is expected


@pytest.mark.parametrize(("test_id", "expected"), [("another", True), ("leave", False)])
def test_farewell_ends_or_goes_on(glass, asked, test_id, expected):
    answer = asked(Farewell(samples.BILL, 3, 3, "000217", "printed", "K | 000217", "glass"), IN_COPY)
    glass.tap(test_id)
    assert glass.result(answer) is expected


def words_on(screen):
    return [label.text for label in screen.walk() if isinstance(label, Label)]


def test_what_was_free_of_charge_has_no_voucher_and_no_code(glass, asked):
    asked(Farewell(samples.BILL, 3, 3, None, None, None, "glass"), IN_COPY)
    words = words_on(glass.screen)
    assert glass.screen.t("farewell.free") in words
    assert glass.screen.t("farewell.qr") not in words
    assert not faults_of(glass.screen)


def test_farewell_says_what_cut_the_copy_short(glass, asked):
    asked(Farewell(samples.BILL, 3, 10, "000217", "printed", "K", "glass", "printer.offline"), IN_COPY)
    assert glass.screen.t("printer.offline") in words_on(glass.screen)
    assert not faults_of(glass.screen)


def test_nobody_is_promised_where_nobody_could_be_called(glass, asked):
    asked(PrinterTrouble("printer.media-jam", "door", 2, 10, samples.yuan(200), None), IN_COPY)
    assert glass.screen.t("printer.staff", minutes=2) not in words_on(glass.screen)
    assert not faults_of(glass.screen)


def test_apology_is_read_and_closed(glass, asked):
    answer = asked(Apology("printer.submit-unknown", undecided=True, staff_called=True))
    glass.tap("close")
    assert glass.result(answer) is None


def test_out_of_service_goes_when_it_is_taken_back(glass, asked):
    answer = asked(OutOfService(("printer.offline",)))
    answer.cancel()
    glass.wait_until(lambda: glass.shown is None or isinstance(glass.shown, Progress), "the question to be gone")


# The bridge


def test_a_second_tap_cannot_answer_the_next_question(glass, asked):
    first = asked(Home(samples.TILES))
    dead = glass.find("service-copy")
    glass.tap("service-copy")
    assert glass.result(first) == "copy"
    touch = touch_at(*dead.to_window(*dead.center))
    touch.touch_down()
    glass.frames()
    touch.touch_up()
    second = asked(Home(samples.TILES))
    glass.frames(5)
    assert not second.done()


def test_nothing_of_a_question_stays_when_nothing_follows_it(glass, asked):
    answer = asked(Identify(3, card_reader=True), IN_COPY)
    glass.type("0812")
    answer.cancel()
    glass.wait_for(Progress)
    assert glass.find("room") is None


def test_another_language_keeps_what_was_chosen(glass, asked):
    heard = []
    glass.listen(heard.append)
    answer = asked(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy), IN_COPY)
    glass.tap("copies-more")
    glass.tap("language")
    glass.wait_until(lambda: LanguageChosen("en") in heard, "the engine to hear of it")
    assert glass.screen.title == "How shall we copy?"
    glass.tap("continue")
    assert glass.result(answer).copies == 4


def test_looks_go_from_large_to_contrast_to_the_usual_and_keep_the_signature(glass, asked):
    from screens.theme import theme

    asked(Sign(samples.BILL, samples.TERMS, by_card=True), IN_COPY)
    glass.sign()
    strokes = glass.screen.ids.field.strokes
    seen = []
    for _ in range(3):
        glass.tap("look")
        seen.append((theme.large, theme.contrast))
        assert glass.screen.ids.field.strokes == strokes
    assert seen == [(True, False), (True, True), (False, False)]


def test_the_next_guest_finds_the_usual_look(glass, asked):
    from screens.theme import theme

    asked(Home(samples.TILES)).cancel()
    glass.tap("look")
    asked(Attract(("copy",)))
    assert not theme.large


def test_a_touch_is_reported_at_most_once_in_a_pause(glass, asked, monkeypatch):
    monkeypatch.setattr("screens.bridge.TOUCH_PAUSE", 60.0)  # a machine under load may take a second for two taps
    heard = []
    glass.listen(heard.append)
    asked(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy), IN_COPY)
    glass.tap("copies-more")
    glass.tap("copies-more")
    glass.wait_until(lambda: heard, "a touch to be heard")
    glass.result(glass.start(asyncio.sleep(0)))
    assert heard == [Signal.TOUCHED]


def test_calling_a_person_shows_the_number_and_can_be_withdrawn(glass, asked):
    heard = []
    glass.listen(heard.append)
    asked(Home(samples.TILES))
    glass.tap("call")
    glass.wait_until(lambda: Signal.CALL_PERSON in heard, "the call")
    glass.guest.tell(StaffCalled(12, 3))
    glass.tap("call-withdraw")
    glass.wait_until(lambda: Signal.WITHDRAW_CALL in heard, "the withdrawal")
    glass.guest.tell(StaffCalled(None))
    glass.wait_until(lambda: glass.station.called.number is None, "the call to be gone")


def test_ending_asks_once_when_something_is_at_stake(glass, asked):
    heard = []
    glass.listen(heard.append)
    asked(Sign(samples.BILL, samples.TERMS, by_card=True), Situation("zh_CN", STAGES, at_stake=True))
    glass.tap("end")
    glass.tap("end-cancel")
    assert Signal.END not in heard
    glass.tap("end")
    glass.tap("end-confirm")
    glass.wait_until(lambda: Signal.END in heard, "the end")


def test_ending_asks_nothing_when_nothing_is_at_stake(glass, asked):
    heard = []
    glass.listen(heard.append)
    asked(Home(samples.TILES))
    glass.tap("end")
    glass.wait_until(lambda: Signal.END in heard, "the end")


def test_the_idle_warning_counts_down_and_gives_more_time(glass, asked):
    heard = []
    glass.listen(heard.append)
    asked(Home(samples.TILES))
    glass.guest.tell(IdleWarning(14))
    glass.wait_until(lambda: glass.find("still-here"), "the warning")
    glass.guest.tell(IdleWarning(13))
    glass.wait_until(lambda: "13" in glass.station._overlay.words.text, "the countdown")
    glass.tap("still-here")
    glass.wait_until(lambda: Signal.TOUCHED in heard, "the touch")
    assert glass.find("service-copy") is not None


def test_progress_moves_in_place(glass):
    glass.guest.show(Progress("copy.printing.rest", 1, 10, stage="collect"), IN_COPY)
    glass.wait_for(Progress)
    screen = glass.screen
    glass.guest.show(Progress("copy.printing.rest", 2, 10, seconds_left=40, stage="collect"), IN_COPY)
    glass.wait_until(lambda: "3" in screen.count, "the third sheet")
    assert glass.screen is screen
    assert "40" in screen.left_words


def test_a_notice_is_said_beside_the_question(glass, asked):
    asked(Home(samples.TILES))
    glass.guest.tell(Notice("charge.voided"))
    glass.wait_until(lambda: glass.station._toast is not None, "the notice")
