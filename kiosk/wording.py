"""How amounts, rates, days and times are written, on screens and on paper alike."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Protocol

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


class Words(Protocol):
    """The messages of a language (kiosk.texts.Texts)."""

    language: str

    def __call__(self, key: str, **values: str | int) -> str: ...


def clock(at: datetime) -> str:
    """``06:30``: 24 hours in every language."""
    return f"{at:%H:%M}"


def day_and_month(day: date, t: Words) -> str:
    """``23 Nov``, ``11月23日``: where there is little room."""
    return _dated(day, t("date.short"), t)


def full_date(day: date, t: Words) -> str:
    """``Monday 23 November``, ``11月23日 星期一``."""
    return _dated(day, t("date.full"), t)


def near_day(day: date, today: date, t: Words) -> str:
    """``Today``, ``Tomorrow``; other days ``Wed``, ``周三``."""
    return t(f"day.{_NEAR[day - today]}") if day - today in _NEAR else _dated(day, "EEE", t)


def day_words(day: date, today: date, t: Words, *, short: bool = False) -> str:
    """``Tomorrow, Monday 23 November``; short ``Tomorrow, Mon 23 Nov``."""
    written = _dated(day, t("date.medium"), t) if short else full_date(day, t)
    return t(f"day.{_NEAR[day - today]}-dated", date=written) if day - today in _NEAR else written


def moment(at: datetime, today: date, t: Words) -> str:
    """``tomorrow, 06:30`` inside a sentence; other days by date."""
    if at.date() - today not in _NEAR:
        return moment_dated(at, t)
    return t(f"moment.{_NEAR[at.date() - today]}", time=clock(at))


def moment_dated(at: datetime, t: Words) -> str:
    """``Monday 23 November, 06:30``: true on any day it is read."""
    return t("moment.dated", date=full_date(at.date(), t), time=clock(at))


def time_until(at: datetime, now: datetime, t: Words) -> str:
    """``in 7 h 20 min``: days with hours, else hours with minutes; a minute begun counts."""
    minutes = -(-int((at - now).total_seconds()) // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return t("until.days", days=days, hours=hours)
    return t("until.hours", hours=hours, minutes=minutes) if hours else t("until.minutes", minutes=minutes)


_NEAR = {timedelta(0): "today", timedelta(days=1): "tomorrow"}


def _dated(day: date, pattern: str, t: Words) -> str:
    from babel.dates import format_date  # not needed for the first frame, and slow to load

    return format_date(day, pattern, locale=t.language)
