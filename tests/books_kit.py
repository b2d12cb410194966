"""A house of account for tests: a tariff, a clock that can be set, and one guest's copy through the books."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hardware.protocols import PrintOptions, Sides, Staple
from kiosk.books.charge import ChargeId, Payer, Purpose, WorkState
from kiosk.books.ledger import Books
from kiosk.books.tariff import Quote, Tariff
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS

A4 = "iso_a4_210x297mm"
TARIFF = Tariff.parse(
    {
        "currency": "CNY",
        "tax_basis_points": 600,
        "copy": {
            "staple": "0.50",
            "sheets": [{"media": A4, "black": "1.00", "black_duplex": "1.50", "colour": "3.00"}],
        },
    }
)
PAYER = Payer("0101", "77", "Guest, A")
STROKES = (((1, 2, 0), (3, 4, 16)),)


class SetClock:
    """Stands still until it is moved, in either direction."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **amount: float) -> None:
        self.now += timedelta(**amount)

    @property
    def ms(self) -> int:
        return int(self.now.timestamp() * 1000)


def open_books(folder: Path, clock: SetClock | None = None) -> Books:
    return Books(Database(folder / "books.db", BOOKS, clock=clock or SetClock()))


def quote(pages: int = 1, copies: int = 3, *, sides: Sides = Sides.ONE, staple: Staple = Staple.NONE) -> Quote:
    return TARIFF.copy.quote(pages, PrintOptions(A4, sides=sides, copies=copies, staple=staple))


def signed(books: Books, name: str = "v1", copies: int = 3, payer: Payer = PAYER) -> ChargeId:
    """A charge of one page, ``copies`` times, with the approved sample, signed."""
    charge = books.quote_charge(name, quote(copies=copies))
    books.authorise(charge, payer)
    books.begin_work(charge, f"{name}-sample", 1, Purpose.SAMPLE)
    books.record_work(f"{name}-sample", 1, WorkState.ENDED)
    books.approve(f"{name}-sample")
    books.sign(charge, f"{copies} sheets, CNY {copies}.00", STROKES)
    return charge


def copied(books: Books, name: str = "v1", copies: int = 3, payer: Payer = PAYER) -> ChargeId:
    """A signed charge all of whose sheets came out, not yet settled."""
    charge = signed(books, name, copies, payer)
    books.begin_work(charge, f"{name}-rest", copies - 1, Purpose.REST)
    books.record_work(f"{name}-rest", copies - 1, WorkState.ENDED)
    return charge
