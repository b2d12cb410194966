"""The virtual hotel, the link and the kiosk on them; what was printed, charged and posted, and whether all agree."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from hardware.protocols import Source
from kiosk import stores
from kiosk.books.checks import check
from kiosk.books.hotel_journal import read_hotel_journal
from kiosk.books.ledger import Books
from kiosk.books.vouchers import Voucher
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.protocol import GuestsUnavailable
from kiosk.outbox import DeliveryState
from kiosk.rig import CARD, Rig

LINK_PATIENCE = 10.0
"""Seconds for the link to come up, or for the last posting to be answered."""
GAPS_TOLD = 20


class LinkDown(RuntimeError):
    """The hotel link did not do its work in time."""


@dataclass(frozen=True)
class Outcome:
    """One journey as report.json tells it; money in minor units, ``seconds`` by stage."""

    service: str
    language: str
    sheets_asked: int
    sheets_delivered: int
    charge_minor: int
    currency: str
    posting: str
    receipt: str
    screens: list[str]
    seconds: dict[str, float]


@dataclass(frozen=True)
class Service:
    """A service free of charge as report.json tells it: ``hotel`` counts what the hotel system has of it."""

    service: str
    language: str
    hotel: dict[str, int]
    screens: list[str]
    seconds: dict[str, float]


@contextmanager
def link_beside(rig: Rig, log: Path) -> Iterator[None]:
    """``kiosk link`` as a process of its own, up and with the hotel's guests in its cache. Raises LinkDown."""
    with log.open("ab") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "kiosk", "link", "--config", str(rig.settings_file)], stdout=lines
        )
        try:
            guests = CachedGuests(stores.guests_file(rig.settings()))
            _wait(lambda: _knows_card(guests), "the guests of the hotel")
            yield
        finally:
            process.terminate()
            process.wait(LINK_PATIENCE)


def happenings(rig: Rig) -> Mapping[str, Callable[[], object]]:
    """What the played guests make happen."""
    return {
        "card": lambda: rig.card_reader.present(CARD),
        "card-away": rig.card_reader.remove,
        "jam": lambda: rig.printer.jam(after_sheets=2),
        "clear": rig.printer.clear,
        "feeder-jam": lambda: _jam_feeder(rig),
        "stack": lambda: _load_stack(rig),
    }


class Accounts:
    """Reads the three independent records: the hotel's folio, the printer's own count, the books."""

    def __init__(self, rig: Rig, folder: Path) -> None:
        self._rig = rig
        self._folder = folder
        self._books: Books = stores.open_books(rig.settings())

    def settled(self) -> None:
        """Until every posting has its answer. Raises LinkDown."""
        postings = stores.open_postings(self._books)
        waiting = (DeliveryState.QUEUED, DeliveryState.SENDING)
        _wait(lambda: not any(postings.in_state(state) for state in waiting), "the last posting's answer")

    def outcome(self, number: int, journey: Any) -> Outcome:
        """The journey that earned voucher ``number``."""
        voucher = self._books.voucher(number)
        receipts = self._rig.receipts.receipts
        if voucher is None:
            return Outcome(**asdict(journey), **_nothing())
        posting = stores.open_postings(self._books).by_key(voucher.charge)
        return Outcome(
            **asdict(journey),
            sheets_delivered=voucher.sheets,
            charge_minor=voucher.minor,
            currency=voucher.currency,
            posting=posting.state.value if posting else "missing",
            receipt=receipts[number - 1].name if len(receipts) >= number else "missing",
        )

    def served(self, journey: Any, room: str, other: str) -> Service:
        """The wake-up for ``room`` and the message for the guest ``other`` are where they belong. Raises LinkDown."""
        hotel = self._rig.hotel

        def calls() -> int:
            return len(hotel.do(lambda: hotel.simulator.wake_ups(room)))

        def messages() -> int:
            return len(hotel.do(lambda: hotel.simulator.messages(other)))

        _wait(lambda: calls() and messages(), "the wake-up and the message to reach the hotel system")
        hotel_has = {"wake_ups": calls(), "messages": messages()}
        return Service(journey.service, journey.language, hotel_has, journey.screens, journey.seconds)

    def agree(self, outcomes: list[Outcome]) -> bool:
        """Folio, printer and journal say the same, and each guest got what was asked."""
        report = check(self._books.db, read_hotel_journal(self.folio().read_text("utf-8").splitlines()))
        vouchers = [self._books.voucher(number) for number in range(1, len(outcomes) + 1)]
        printed = all(voucher is not None and self._earned(voucher) == voucher.sheets for voucher in vouchers)
        counted = self._rig.printer.sheets_out == len(self._rig.printer.sheets())
        posted = all(outcome.posting == DeliveryState.DELIVERED.value for outcome in outcomes)
        whole = all(outcome.sheets_delivered == outcome.sheets_asked for outcome in outcomes)
        return report.agree and printed and counted and posted and whole

    def folio(self) -> Path:
        """The hotel system's own journal of what it put on folios."""
        path = self._folder / "folio.csv"
        self._rig.hotel.do(lambda: self._rig.hotel.simulator.journal_csv(path))
        return path

    def _earned(self, voucher: Voucher) -> int:
        """Sheets the printer itself counted for the jobs that this voucher charges."""
        jobs = {job.job for job in self._books.jobs(voucher.charge) if job.earns}
        return sum(sheet.job in jobs for sheet in self._rig.printer.sheets())


def write_report(
    folder: Path,
    rig: Rig,
    outcomes: list[Outcome],
    services: list[Service],
    longest_gap: float,
    gaps: list[Any],
    *,
    agree: bool,
) -> None:
    """report.json, the sheets and the receipts as PNG. ``longest_gap`` between two frames in seconds; ``gaps`` are
    the noticeable ones, each with what was on the glass."""
    rig.printer.render_sheets(folder / "sheets")
    receipts = folder / "receipts"
    receipts.mkdir(exist_ok=True)
    for receipt in rig.receipts.receipts:
        shutil.copy(receipt, receipts / receipt.name)
    report = {
        "journeys": [asdict(outcome) for outcome in outcomes],
        "services": [asdict(service) for service in services],
        "longest_frame_gap_ms": round(longest_gap * 1000, 1),
        "frame_gaps_ms": [
            {"screen": gap.screen, "gap": round(gap.seconds * 1000, 1), "busy": round(gap.busy * 1000, 1)}
            for gap in sorted(gaps, key=lambda gap: -gap.seconds)[:GAPS_TOLD]
        ],
        "agree": agree,
    }
    (folder / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")


def lay_second_page(rig: Rig) -> None:
    """The glass gets the letter first and the table next, as a guest turns a page."""
    rig.scanner.load([rig.original("letter"), rig.original("table")], Source.GLASS)


def _jam_feeder(rig: Rig) -> None:
    rig.load_feeder("letter")
    rig.scanner.jam()


def _load_stack(rig: Rig) -> None:
    """Somebody has cleared the feeder and laid three pages in."""
    rig.scanner.clear()
    rig.scanner.slow(rig.page_seconds)
    rig.load_feeder("letter", "table", "picture")


def _nothing() -> dict[str, Any]:
    return {"sheets_delivered": 0, "charge_minor": 0, "currency": "", "posting": "missing", "receipt": "missing"}


def _knows_card(guests: CachedGuests) -> bool:
    try:
        return asyncio.run(guests.identify_card(CARD)) is not None
    except GuestsUnavailable:
        return False  # the link has not made its cache yet


def _wait(holds: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + LINK_PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise LinkDown(f"waited {LINK_PATIENCE:.0f} s for {what}")
        time.sleep(0.02)
