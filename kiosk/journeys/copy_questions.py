"""What the copy journey asks and shows. The journey itself is in copy.py."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import ClassVar

from hardware.protocols import PrintOptions, Sides, Source, Staple
from kiosk.books.money import Money
from kiosk.books.tariff import CopyTariff
from kiosk.visit import Question

STAGES = ("choose", "scan", "identify", "sample", "sign", "collect")

DARKNESS = (-2, -1, 0, 1, 2)
FIT = 0
"""Scale value for "fit to the paper"; others are percent, 25 to 400."""


@dataclass(frozen=True)
class CopyOrder:
    """What the guest wants. ``media`` is a PWG 5101.1 name; ``scale`` percent or FIT; ``darkness`` -2 (light) to 2."""

    media: str
    sides: Sides = Sides.ONE
    colour: bool = False
    darkness: int = 0
    scale: int = 100
    copies: int = 1
    sorted: bool = True
    staple: Staple = Staple.NONE
    source: Source = Source.GLASS

    def options(self) -> PrintOptions:
        """What the printer must be able to do. Unsorted copies have no set that could be stapled."""
        staple = self.staple if self.sorted else Staple.NONE
        return PrintOptions(self.media, self.sides, self.colour, self.copies, staple)


@dataclass(frozen=True)
class Choice:
    """One value of an option. ``reason`` is the message key of why it can't be had, None when it can."""

    value: object
    reason: str | None = None


@dataclass(frozen=True)
class CopyChoices:
    """Every option with its values, from capabilities and tariff; what is impossible carries a reason."""

    media: tuple[Choice, ...]
    sides: tuple[Choice, ...]
    colour: tuple[Choice, ...]
    staple: tuple[Choice, ...]
    source: tuple[Choice, ...]
    copies_most: int


class ScanAgain:
    """Answer while adjusting: lay the originals anew."""


@dataclass(frozen=True)
class ChooseCopy(Question[CopyOrder | ScanAgain]):
    """How to copy. ``pages`` is None until the originals are scanned; ``adjusting`` after a refused sample."""

    stage: ClassVar[str | None] = "choose"
    choices: CopyChoices
    order: CopyOrder
    tariff: CopyTariff
    pages: int | None = None
    adjusting: bool = False

    @property
    def source_asked(self) -> bool:
        """Whether the originals are still to be laid somewhere; those that are scanned lie where they lay."""
        return not self.adjusting or self.pages is None

    def staples(self, order: CopyOrder) -> tuple[Choice, ...]:
        """The staples that ``order`` can have, as sorted as it is."""
        if order.sorted:
            return self.choices.staple
        return tuple(
            choice if choice.value is Staple.NONE else replace(choice, reason=choice.reason or "copy.reason.unsorted")
            for choice in self.choices.staple
        )

    def price(self, order: CopyOrder) -> Money:
        """What the order costs for the pages scanned, or for one page while they are not known."""
        return self.tariff.quote(self.pages or 1, order.options()).money

    def sheet_price(self, order: CopyOrder) -> Money:
        minor = self.tariff.sheet_price(order.media, colour=order.colour, sides=order.sides)
        return Money(minor, self.tariff.currency)


@dataclass(frozen=True)
class Finding:
    """A warning about an original: ``kind`` "blank", "faint", "skewed" or "cut-off".

    ``box`` is where on the picture, as parts of its width and height: x, y (from the top left), width, height.
    """

    kind: str
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class PageView:
    """A scanned page as the guest sees it; ``picture`` is a small JPEG."""

    picture: Path
    findings: tuple[Finding, ...] = ()


class Review(Enum):
    CONTINUE = "continue"
    ANOTHER_PAGE = "another-page"
    REDO_LAST = "redo-last"


@dataclass(frozen=True)
class ReviewPages(Question[Review]):
    """The pages so far with their warnings. From the feeder REDO_LAST means the whole stack.

    ``trouble`` is the message key of why the scan ended early (a jam after some pages), None when it went well.
    """

    stage: ClassVar[str | None] = "scan"
    pages: tuple[PageView, ...]
    source: Source
    estimate: Money
    trouble: str | None = None


class ScanChoice(Enum):
    RETRY = "retry"
    OTHER_SOURCE = "other-source"


@dataclass(frozen=True)
class ScanTrouble(Question[ScanChoice]):
    """The scanner could not read anything: message ``key``, what to do, and whether another source is left."""

    stage: ClassVar[str | None] = "scan"
    key: str
    source: Source
    other_source: bool


class Verdict(Enum):
    GOOD = "good"
    TOO_LIGHT = "too-light"
    TOO_DARK = "too-dark"
    WRONG_PLACE = "wrong-place"


@dataclass(frozen=True)
class ApproveSample(Question[Verdict]):
    """One set has come out. ``remaining`` copies are still to print; ``total`` is the price of all when approved."""

    stage: ClassVar[str | None] = "sample"
    picture: Path
    sheets: int
    remaining: int
    total: Money
    lighter_possible: bool
    darker_possible: bool


class Patient(Enum):
    WAIT = "wait"
    STOP = "stop"


@dataclass(frozen=True)
class PrinterTrouble(Question[Patient]):
    """The printer stopped: message ``key`` and ``place``. Taken off the screen when the printer goes on.

    ``charged`` is the price of the ``done`` sheets that came out, of ``total``; somebody comes in ``minutes``, None
    where nobody could be called; ``waiting``: the guest chose to wait.
    """

    stage: ClassVar[str | None] = "collect"
    key: str
    place: str | None
    done: int
    total: int
    charged: Money
    minutes: int | None
    waiting: bool = False
