"""Before and between services: attract, language, home, price list, and what is said when nothing works."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.books.money import Money
from kiosk.visit import Question

LANGUAGES = ("zh_CN", "en")


@dataclass(frozen=True)
class Attract(Question[str | None]):
    """Invite whoever passes. The answer is the language touched, or None for a touch elsewhere.

    ``services`` are names to advertise, in order. The greeting follows the clock on the wall.
    """

    services: tuple[str, ...]


@dataclass(frozen=True)
class ChooseLanguage(Question[str]):
    """The answer is one of ``languages``, gettext locale names."""

    languages: tuple[str, ...] = LANGUAGES


@dataclass(frozen=True)
class ServiceTile:
    """One service as the home screen shows it.

    ``hint`` and ``reason`` are message keys: a hint when the service is available, why not (and what to do) when not.
    """

    name: str
    hint: str
    price_from: Money | None = None
    reason: str | None = None

    @property
    def available(self) -> bool:
        return self.reason is None


class ShowPrices:
    """Answer of the home screen: the guest wants the price list first."""


@dataclass(frozen=True)
class Home(Question[str | ShowPrices]):
    """The answer is the name of an available service, or ShowPrices."""

    tiles: tuple[ServiceTile, ...]


@dataclass(frozen=True)
class PriceLine:
    """One line of the tariff: message ``key`` with ``values`` (media, sides, colour) and the price of a ``unit``."""

    key: str
    values: tuple[tuple[str, str], ...]
    price: Money
    unit: str


@dataclass(frozen=True)
class PriceSection:
    """The prices of one service, named by ``service``; ``tax_basis_points`` are included in every price."""

    service: str
    lines: tuple[PriceLine, ...]
    tax_basis_points: int


@dataclass(frozen=True)
class PriceList(Question[None]):
    sections: tuple[PriceSection, ...]


@dataclass(frozen=True)
class OutOfService(Question[None]):
    """Nothing can be offered. ``reasons`` are message keys; taken off the screen when a service becomes available."""

    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Apology(Question[None]):
    """Something could not be done: message ``key`` with ``values``, and whether staff were called.

    Nothing is charged, except where it is ``undecided``: then a person finds out what came out, and only that is.
    """

    key: str
    values: tuple[tuple[str, str | int], ...] = ()
    undecided: bool = False
    staff_called: bool = False
