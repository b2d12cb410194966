"""Money as integer minor units of one currency. How it looks on a screen is the screens' business."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Digits after the point, ISO 4217; what is not listed has two.
_EXPONENTS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "KWD": 3, "BHD": 3, "JOD": 3, "OMR": 3, "TND": 3}
_CURRENCY = re.compile(r"[A-Z]{3}")
_AMOUNT = re.compile(r"([0-9]+)(?:\.([0-9]+))?", re.ASCII)

BASIS = 10_000  # basis points in a whole


class MoneyError(ValueError):
    """An amount or a currency that is not one, or a sum over two currencies."""


def exponent_of(currency: str) -> int:
    """How many digits of ``currency`` stand after the point."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, order=False, slots=True)
class Money:
    """``minor`` units (fen, cents) of ``currency`` (ISO 4217). Raises MoneyError for anything but a whole number."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.minor) is not int:
            raise MoneyError(f"not a whole number of minor units: {self.minor!r}")
        if not _CURRENCY.fullmatch(self.currency):
            raise MoneyError(f"not a currency: {self.currency!r}")

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """ "1.00" as a tariff writes it: digits, a point, at most as many decimals as the currency has. No sign."""
        match = _AMOUNT.fullmatch(text)
        if not match:
            raise MoneyError(f"not an amount: {text!r}")
        whole, decimals = match[1], match[2] or ""
        exponent = exponent_of(currency)
        if len(decimals) > exponent:
            raise MoneyError(f"{currency} has {exponent} decimals: {text!r}")
        return cls(int(whole + decimals.ljust(exponent, "0")), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._minor_of(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._minor_of(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __mul__(self, times: int) -> Money:
        if type(times) is not int:
            raise MoneyError(f"money is multiplied by whole numbers only: {times!r}")
        return Money(self.minor * times, self.currency)

    __rmul__ = __mul__

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._minor_of(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._minor_of(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def _minor_of(self, other: Money) -> int:
        if not isinstance(other, Money) or other.currency != self.currency:
            raise MoneyError(f"cannot reckon {self!r} with {other!r}")
        return other.minor


def tax_included(total: int, basis_points: int) -> int:
    """The tax inside ``total`` (minor units, >= 0) at a rate of ``basis_points`` (600 is 6 %), half a unit rounded up.

    What is left of ``total`` is the net amount: the two always make the total again.
    """
    if total < 0 or basis_points < 0:
        raise MoneyError(f"no tax in {total} at {basis_points}")
    whole = BASIS + basis_points
    return (2 * total * basis_points + whole) // (2 * whole)
