"""A whole station on paper devices: real books, real documents, a real guest cache."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from hardware.protocols import Fitness, Health
from kiosk.books.checks import check
from kiosk.books.ledger import Books
from kiosk.config.hotel import WakeUpSettings
from kiosk.config.load import DEFAULTS, load_tariff
from kiosk.documents.vault import Vault
from kiosk.documents.worker import DocumentWorker
from kiosk.hotel.protocol import Guest
from kiosk.journeys.copy_questions import ApproveSample, ChooseCopy, Review, ReviewPages, Verdict
from kiosk.journeys.paying import Farewell, Identify, RoomAndName, Sign, Signature
from kiosk.journeys.service import discover
from kiosk.journeys.welcome import Apology, Attract, Home
from kiosk.lobby import Lobby
from kiosk.register.register import Register
from kiosk.register.rules import Rules
from kiosk.station import Devices, House, Station
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS, REGISTER
from kiosk.visit import Patience
from tests.paper import PaperPanel, PaperPrinter, PaperReader, PaperReceipts, PaperScanner
from tests.scripted import ScriptedGuest

HOUSE = House("云山饭店", "Cloud Hill Hotel", "Lobby", "zh_CN", 2)
RULES = Rules(
    "Lobby",
    ZoneInfo("Asia/Shanghai"),
    WakeUpSettings(
        by="hotel-system", test_room="", test_minutes=45, hand_over_minutes=15, result_minutes=5, days_ahead=14
    ),
    results=True,
    wishes=True,
    mail=True,
    post=True,
)
"""A hotel system that does everything of the switchboard's services."""
STROKES = (((100, 200, 0), (300, 260, 40), (500, 180, 90)),)
RESIDENT = Guest("0808", "31001", "Example", "Anna")
CARD = "04A1B2C3"


@dataclass
class PaperGuests:
    """One guest in room 0808; ``unpostable`` for a guest the house does not charge."""

    resident: Guest = RESIDENT

    async def identify(self, room: str, name: str) -> Guest | None:
        known = (room, name.casefold()) == (self.resident.room, self.resident.name.casefold())
        return self.resident if known else None

    async def identify_card(self, uid: str) -> Guest | None:
        return self.resident if uid == CARD else None

    async def named(self, name: str) -> tuple[Guest, ...]:
        return (self.resident,) if name.casefold() == self.resident.name.casefold() else ()


def paper_station(root: Path, documents: DocumentWorker, **parts: object) -> Station:
    """``parts`` replace devices or guests by name."""
    devices = {
        "printer": PaperPrinter(),
        "scanner": PaperScanner(),
        "card_reader": PaperReader(),
        "receipt_printer": PaperReceipts(),
        "panel": PaperPanel(),
    }
    devices |= {name: part for name, part in parts.items() if name in devices}
    station = Station(
        house=HOUSE,
        devices=Devices(**devices),
        books=Books(Database(root / "books.db", BOOKS)),
        register=Register(Database(root / "register.db", REGISTER), parts.get("rules", RULES)),
        guests=parts.get("guests", PaperGuests()),
        tariff=load_tariff(DEFAULTS.parent / "tariff.toml"),
        vault=Vault(root / "vault"),
        documents=documents,
        clock=lambda: datetime.now(UTC),
        patience=parts.get("patience", Patience(quiet=60, warning=20)),
    )
    for device in vars(station.devices).values():
        station.health[device.name] = Health(Fitness.READY)
    return station


def happy(order: object = None, **answers: object) -> dict:
    """The script of a guest who copies one page and is content; ``answers`` replace replies by question name."""
    script = {
        Attract: "en",
        Home: "copy",
        ChooseCopy: (lambda question: order) if order else (lambda question: question.order),
        ReviewPages: Review.CONTINUE,
        Identify: RoomAndName("0808", "Example"),
        ApproveSample: Verdict.GOOD,
        Sign: Signature(STROKES),
        Farewell: False,
        Apology: None,
    }
    by_name = {kind.__name__: kind for kind in script}
    return script | {by_name[name]: answer for name, answer in answers.items()}


@asynccontextmanager
async def visited(station: Station, guest: ScriptedGuest):
    """One whole visit has been served; the station is closed afterwards."""
    try:
        yield await Lobby(station, guest, discover()).serve_one()
    finally:
        station.books.db.close()
        station.requests.db.close()


def vouchers(station: Station) -> list[tuple[int, int]]:
    """(sheets, minor units) of every voucher so far."""
    found, number = [], 1
    while (voucher := station.books.voucher(number)) is not None:
        found.append((voucher.sheets, voucher.minor))
        number += 1
    return found


def states(station: Station) -> list[str]:
    """The states the charges are in."""
    return list(check(station.books.db).charges)


def nothing_left(station: Station) -> bool:
    """Whether no document of any guest is on the disk."""
    return not list(station.vault.base.iterdir())
