"""Realistic values of every question, for the picture gallery and the tests of the screens. No real person's data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hardware.protocols import Sides, Source, Staple
from kiosk.books.money import Money
from kiosk.books.tariff import Tariff
from kiosk.journeys.copy_questions import (
    STAGES,
    ApproveSample,
    Choice,
    ChooseCopy,
    CopyChoices,
    CopyOrder,
    Finding,
    PageView,
    PrinterTrouble,
    ReviewPages,
    ScanTrouble,
)
from kiosk.journeys.paying import Bill, BillLine, Farewell, Identify, Sign
from kiosk.journeys.room_wish_questions import STAGES as ROOM_WISH_STAGES
from kiosk.journeys.welcome import (
    Apology,
    Attract,
    ChooseLanguage,
    Home,
    OutOfService,
    PriceLine,
    PriceList,
    PriceSection,
    ServiceTile,
)
from kiosk.texts import LANGUAGES, texts
from kiosk.visit import Progress, Situation
from kiosk.wording import money
from screens.samples_of_guest_services import guest_services

A4, A3, B5, LETTER = (
    "iso_a4_210x297mm",
    "iso_a3_297x420mm",
    "jis_b5_182x257mm",
    "na_letter_8.5x11in",
)

TARIFF = Tariff.parse(
    {
        "currency": "CNY",
        "tax_basis_points": 600,
        "copy": {
            "staple": "0.50",
            "sheets": [
                {"media": A4, "black": "1.00", "black_duplex": "1.50", "colour": "3.00", "colour_duplex": "5.00"},
                {"media": A3, "black": "2.00", "black_duplex": "3.00", "colour": "6.00"},
                {"media": B5, "black": "1.00", "black_duplex": "1.50"},
                {"media": LETTER, "black": "1.00", "black_duplex": "1.50"},
            ],
        },
    }
)


def yuan(minor: int) -> Money:
    return Money(minor, "CNY")


ORDER = CopyOrder(media=A4, sides=Sides.LONG_EDGE, copies=3)
CHOICES = CopyChoices(
    media=(Choice(A4), Choice(A3, "copy.reason.media"), Choice(B5), Choice(LETTER)),
    sides=(Choice(Sides.ONE), Choice(Sides.LONG_EDGE)),
    colour=(Choice(value=False), Choice(value=True)),
    staple=(Choice(Staple.NONE), Choice(Staple.TOP_LEFT)),
    source=(Choice(Source.GLASS), Choice(Source.FEEDER)),
    copies_most=99,
)
SHEET = {"media": A4, "sides": Sides.LONG_EDGE.value, "colour": "black"}
BILL = Bill(
    lines=(BillLine("tariff.copy.sheet", (*SHEET.items(), ("n", 3)), yuan(450)),),
    total=yuan(450),
    tax=yuan(25),
    tax_basis_points=600,
)
TERMS = {language: texts(language)("sign.text", amount=money(BILL.total)) for language in LANGUAGES}
TILES = (
    ServiceTile("copy", "copy.tile.hint", yuan(100)),
    ServiceTile("print", "service.print.hint"),
    ServiceTile("scan", "service.scan.hint"),
    ServiceTile("fax", "service.fax.hint", reason="service.fault"),
    ServiceTile("luggage", "service.luggage.hint"),
    ServiceTile("wake-up", "service.wake-up.hint"),
    ServiceTile("internet", "service.internet.hint"),
    ServiceTile("phone", "service.phone.hint"),
    ServiceTile("courier", "service.courier.hint"),
    ServiceTile("tickets", "service.tickets.hint"),
)
FOUR = (
    TILES[0],
    TILES[5],
    ServiceTile("messages", "service.messages.hint"),
    ServiceTile("room-wish", "service.room-wish.hint"),
)
PRICES = tuple(
    PriceLine("tariff.copy.sheet", (("media", media), ("sides", sides.value), ("colour", colour)), yuan(minor), "sheet")
    for media, sides, colour, minor in (
        (A4, Sides.ONE, "black", 100),
        (A4, Sides.LONG_EDGE, "black", 150),
        (A4, Sides.ONE, "colour", 300),
        (A4, Sides.LONG_EDGE, "colour", 500),
        (A3, Sides.ONE, "black", 200),
        (A3, Sides.ONE, "colour", 600),
        (B5, Sides.ONE, "black", 100),
    )
)
SECTIONS = (
    PriceSection("copy", PRICES, 600),
    *(PriceSection(service, (), 600) for service in ("wake-up", "messages", "room-wish")),
)


def page_picture(folder: Path, *, faint: bool = False) -> Path:
    """A small picture of a written page, made once."""
    target = folder / f"page-{'faint' if faint else 'plain'}.jpg"
    if target.exists():
        return target
    from PIL import Image, ImageDraw

    page = Image.new("RGB", (620, 877), "white")
    pen = ImageDraw.Draw(page)
    dark, grey = (200, 200, 205) if faint else (70, 70, 74), (228, 228, 230) if faint else (190, 190, 192)
    pen.rectangle((62, 70, 470, 104), fill=dark)
    for line in range(16):
        pen.rectangle((62, 150 + line * 40, 62 + 380 + (line * 67) % 118, 162 + line * 40), fill=grey)
    page.save(target, quality=88)
    return target


Sample = Callable[[Path], tuple[Any, Situation]]


def _in_copy(**more: Any) -> Callable[[str], Situation]:
    return lambda language: Situation(language, STAGES, **more)


def samples(folder: Path, language: str) -> Mapping[str, tuple[Any, Situation]]:
    """Name of the picture -> what is shown and its situation. ``folder`` takes the pictures of pages."""
    plain = Situation(language)
    choosing = Situation(language, STAGES, can_go_back=True)
    working = Situation(language, STAGES, at_stake=True)
    good, faint = page_picture(folder), page_picture(folder, faint=True)
    marked = PageView(faint, (Finding("faint", (0.08, 0.15, 0.8, 0.3)), Finding("cut-off", (0.0, 0.9, 1.0, 0.1))))
    return {
        **guest_services(language),
        "attract": (Attract(("copy", "print", "scan", "luggage", "wake-up")), plain),
        "attract-one": (Attract(("copy",)), plain),
        "language": (ChooseLanguage(), plain),
        "home": (Home(TILES), plain),
        "home-four": (Home(FOUR), plain),
        "home-few": (Home((TILES[0], ServiceTile("scan", "service.scan.hint", None, "service.coming"))), plain),
        "home-one": (Home(TILES[:1]), plain),
        "prices": (PriceList(SECTIONS), Situation(language, can_go_back=True)),
        "out-of-service": (OutOfService(("printer.offline", "scanner.cover-open")), plain),
        "apology": (Apology("printer.submit-unknown", undecided=True, staff_called=True), plain),
        "apology-free": (Apology("scanner.offline"), plain),
        "choose": (ChooseCopy(CHOICES, ORDER, TARIFF.copy), choosing),
        "choose-adjusting": (
            ChooseCopy(CHOICES, CopyOrder(media=A4, scale=85, copies=3), TARIFF.copy, pages=2, adjusting=True),
            working,
        ),
        "scanning": (Progress("copy.scanning", 0, 0, 0.4, stage="scan"), working),
        "review": (ReviewPages((PageView(good), PageView(good)), Source.GLASS, yuan(450)), choosing),
        "review-marked": (
            ReviewPages((PageView(good), marked), Source.GLASS, yuan(450), "scanner.jam"),
            choosing,
        ),
        "scan-trouble": (ScanTrouble("scanner.jam", Source.FEEDER, other_source=True), choosing),
        "identify": (Identify(3, card_reader=True), choosing),
        "identify-guest": (
            Identify(3, card_reader=True, purpose="guest"),
            Situation(language, ROOM_WISH_STAGES, can_go_back=True),
        ),
        "identify-failed": (Identify(1, card_reader=True, failed=True), choosing),
        "identify-typed": (Identify(3, card_reader=False), choosing),
        "sampling": (Progress("copy.printing.sample", 0, 1, 0.0, stage="sample"), working),
        "sample": (ApproveSample(good, 1, 2, yuan(450), lighter_possible=True, darker_possible=True), working),
        "sample-only": (ApproveSample(good, 1, 0, yuan(150), lighter_possible=False, darker_possible=True), working),
        "sign": (Sign(BILL, TERMS, by_card=True), working),
        "printing": (Progress("copy.printing.rest", 3, 10, 0.4, seconds_left=42, stage="collect"), working),
        "trouble": (
            PrinterTrouble("printer.media-jam", "door", 2, 10, yuan(200), 2),
            working,
        ),
        "trouble-waiting": (
            PrinterTrouble("printer.media-empty", "tray-2", 2, 10, yuan(200), 2, waiting=True),
            working,
        ),
        "farewell": (
            Farewell(BILL, 3, 3, "K1-000217", "printed", "https://kiosk.example/r/K1-000217", "glass"),
            Situation(language, STAGES),
        ),
        "farewell-no-paper": (
            Farewell(BILL, 3, 3, "K1-000217", "receipt.paper-out", "https://kiosk.example/r/K1-000217", "feeder"),
            Situation(language, STAGES),
        ),
        "moment": (Progress("progress.moment"), plain),
    }
