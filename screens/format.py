"""How amounts, times and paper are written for the guest."""

from __future__ import annotations

from kiosk.books.money import Money, exponent_of

SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "HKD": "HK$", "JPY": "JP¥"}


def money(amount: Money) -> str:
    """``¥4.50``: symbol, thousands apart, as many decimals as the currency has."""
    symbol = SYMBOLS.get(amount.currency, f"{amount.currency} ")
    sign = "−" if amount.minor < 0 else ""
    base = 10 ** exponent_of(amount.currency)
    whole, rest = divmod(abs(amount.minor), base)
    return f"{sign}{symbol}{whole:,}" + (f".{rest:0{len(str(base)) - 1}}" if base > 1 else "")


def percent(basis_points: int) -> str:
    """``6%`` or ``8.25%``."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + "%"
