"""The price list: read from the ``[tariff]`` section, typed and frozen; and the quotes that are made from it.

[tariff]
currency = "CNY"
tax_basis_points = 600                 # included in the prices; 600 is 6 %

[tariff.copy]
staple = "0.00"                        # per set
posting_text = "Photocopies"           # on the folio, at most 20 ASCII characters

[[tariff.copy.sheets]]
media = "iso_a4_210x297mm"             # PWG 5101.1 name
black = "1.00"                         # per sheet, one side
black_duplex = "1.50"
colour = "3.00"
colour_duplex = "5.00"
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

import msgspec

from hardware.protocols import PrintOptions, Sides, Staple, sheets_of
from kiosk.books.money import Money, MoneyError, tax_included

Value = str | int


class TariffError(ValueError):
    """A tariff that cannot count; the text names the key and the reason."""


class Unpriced(LookupError):
    """The tariff has no price for this choice; it must not be offered."""


class QuoteLine(msgspec.Struct, frozen=True):
    """``quantity`` times ``unit_minor``; worded by the message ``key`` with ``values``.

    One unit is earned by every ``every`` sheets that came out (a staple by a whole set).
    """

    key: str
    quantity: int
    unit_minor: int
    every: int = 1
    values: dict[str, Value] = {}

    @property
    def total(self) -> int:
        """Minor units."""
        return self.quantity * self.unit_minor

    def after(self, sheets: int) -> Self:
        return msgspec.structs.replace(self, quantity=min(self.quantity, sheets // self.every))


class Quote(msgspec.Struct, frozen=True):
    """A price told before, and the terms by which less is charged when less came out. ``sheets`` is the most."""

    service: str
    currency: str
    tax_basis_points: int
    sheets: int
    lines: tuple[QuoteLine, ...]
    posting_text: str

    @property
    def total(self) -> int:
        """Minor units, tax included."""
        return sum(line.total for line in self.lines)

    @property
    def tax(self) -> int:
        """Minor units of tax inside the total."""
        return tax_included(self.total, self.tax_basis_points)

    @property
    def net(self) -> int:
        return self.total - self.tax

    @property
    def money(self) -> Money:
        return Money(self.total, self.currency)

    def after(self, sheets: int) -> Self:
        """The same terms for the ``sheets`` that really came out: never more than was quoted."""
        if sheets < 0:
            raise ValueError(f"sheets: {sheets}")
        delivered = min(sheets, self.sheets)
        lines = tuple(line.after(delivered) for line in self.lines)
        return msgspec.structs.replace(self, sheets=delivered, lines=tuple(line for line in lines if line.quantity))


class SheetPrices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One ``[[tariff.copy.sheets]]``; a price left out means the choice is not sold."""

    media: str
    black: str | None = None
    black_duplex: str | None = None
    colour: str | None = None
    colour_duplex: str | None = None


class CopySection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sheets: tuple[SheetPrices, ...]
    staple: str = "0"
    posting_text: str = "Photocopies"


class TariffSection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ``[tariff]`` section as written, for embedding in the configuration."""

    currency: str
    tax_basis_points: Annotated[int, msgspec.Meta(ge=0, le=10_000)]
    copy: CopySection


_FOLIO_TEXT = re.compile(r"[ -{}~]{1,20}", re.ASCII)  # ASCII without the field separator of the hotel link

# Column of SheetPrices -> what the guest chose.
_CHOICES: dict[str, tuple[bool, bool]] = {
    "black": (False, False),
    "black_duplex": (False, True),
    "colour": (True, False),
    "colour_duplex": (True, True),
}


@dataclass(frozen=True)
class SheetPrice:
    """What one sheet costs, for the price list; minor units."""

    media: str
    colour: bool
    duplex: bool
    minor: int


@dataclass(frozen=True)
class CopyTariff:
    """Prices of copying by (media, colour, duplex), minor units."""

    currency: str
    tax_basis_points: int
    staple_minor: int
    posting_text: str
    prices: tuple[SheetPrice, ...]

    def sheet_price(self, media: str, *, colour: bool, sides: Sides) -> int:
        """Minor units per sheet. Raises Unpriced."""
        wanted = (media, colour, sides is not Sides.ONE)
        for price in self.prices:
            if (price.media, price.colour, price.duplex) == wanted:
                return price.minor
        raise Unpriced(f"copy: {wanted}")

    @property
    def media(self) -> tuple[str, ...]:
        """The sizes that are sold, in the order of the tariff."""
        return tuple(dict.fromkeys(price.media for price in self.prices))

    def quote(self, pages: int, options: PrintOptions) -> Quote:
        """The price of ``options.copies`` sets of ``pages`` originals each. Raises Unpriced."""
        if pages < 1 or options.copies < 1:
            raise ValueError(f"nothing to copy: {pages} pages, {options.copies} copies")
        sheets_a_set = sheets_of(pages, options.sides)
        sheets = sheets_a_set * options.copies
        price = self.sheet_price(options.media, colour=options.colour, sides=options.sides)
        values: dict[str, Value] = {
            "media": options.media,
            "colour": "colour" if options.colour else "black",
            "sides": options.sides.value,
        }
        lines = [QuoteLine("tariff.copy.sheet", sheets, price, values=values)]
        if options.staple is not Staple.NONE and self.staple_minor:
            lines.append(QuoteLine("tariff.copy.staple", options.copies, self.staple_minor, every=sheets_a_set))
        return Quote("copy", self.currency, self.tax_basis_points, sheets, tuple(lines), self.posting_text)


@dataclass(frozen=True)
class Tariff:
    """The whole price list, checked. A service is a field here and a section there."""

    currency: str
    tax_basis_points: int
    copy: CopyTariff

    @classmethod
    def parse(cls, section: Mapping[str, object]) -> Tariff:
        """From the section as TOML gives it. Raises TariffError naming key and reason."""
        try:
            return cls.of(msgspec.convert(section, TariffSection))
        except msgspec.ValidationError as fault:
            raise TariffError(f"tariff: {fault}") from fault

    @classmethod
    def of(cls, section: TariffSection) -> Tariff:
        """From the typed section. Raises TariffError naming key and reason."""
        copy = section.copy
        if not copy.sheets:
            raise TariffError("tariff.copy.sheets: no prices")
        if not _FOLIO_TEXT.fullmatch(copy.posting_text):
            raise TariffError("tariff.copy.posting_text: 1 to 20 ASCII characters without '|'")
        return cls(
            section.currency,
            section.tax_basis_points,
            CopyTariff(
                section.currency,
                section.tax_basis_points,
                _minor("tariff.copy.staple", copy.staple, section.currency),
                copy.posting_text,
                _sheet_prices(copy.sheets, section.currency),
            ),
        )


def _sheet_prices(sheets: tuple[SheetPrices, ...], currency: str) -> tuple[SheetPrice, ...]:
    prices: list[SheetPrice] = []
    for number, row in enumerate(sheets):
        where = f"tariff.copy.sheets[{number}]"
        if any(row.media == earlier.media for earlier in sheets[:number]):
            raise TariffError(f"{where}.media: {row.media} is priced twice")
        for column, (colour, duplex) in _CHOICES.items():
            text: str | None = getattr(row, column)
            if text is not None:
                prices.append(SheetPrice(row.media, colour, duplex, _minor(f"{where}.{column}", text, currency)))
    return tuple(prices)


def _minor(key: str, text: str, currency: str) -> int:
    try:
        return Money.parse(text, currency).minor
    except MoneyError as fault:
        raise TariffError(f"{key}: {fault}") from fault
