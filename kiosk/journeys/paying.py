"""Identity, signature and farewell: what every chargeable service asks alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from kiosk.books.money import Money
from kiosk.books.vouchers import Stroke as Stroke
from kiosk.visit import Question


@dataclass(frozen=True)
class RoomAndName:
    """What the guest typed; its repr is empty, it must not reach a log."""

    room: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True)
class Identify(Question[RoomAndName]):
    """Lay the room card on the reader, or type room number and name. A card answers from outside the screen.

    ``failed`` says only that the last try was not confirmed, never why. ``purpose`` "charge": the room will pay;
    "guest": something is done for the guest's own room, free of charge.
    """

    stage: ClassVar[str | None] = "identify"
    tries_left: int
    card_reader: bool
    failed: bool = False
    purpose: Literal["charge", "guest"] = "charge"


@dataclass(frozen=True)
class BillLine:
    """One line of a bill: message ``key`` and ``values`` word it; ``amount`` includes tax."""

    key: str
    values: tuple[tuple[str, str | int], ...]
    amount: Money


@dataclass(frozen=True)
class Bill:
    """``total`` is what the lines add up to and includes ``tax`` at ``tax_basis_points``."""

    lines: tuple[BillLine, ...]
    total: Money
    tax: Money
    tax_basis_points: int


@dataclass(frozen=True)
class Signature:
    strokes: tuple[Stroke, ...] = field(repr=False)


class Declined:
    """Answer instead of a signature: the guest does not want to be charged."""


@dataclass(frozen=True)
class Sign(Question[Signature | Declined]):
    """Sign for at most ``bill``; only what is delivered will be charged.

    ``terms`` are what the guest puts the name under, by language: shown, and kept, word for word.
    """

    stage: ClassVar[str | None] = "sign"
    bill: Bill
    terms: Mapping[str, str]
    by_card: bool


@dataclass(frozen=True)
class Farewell(Question[bool]):
    """Done: take paper, originals and receipt. True asks for another service.

    ``sheets`` of ``asked`` came out and are charged; ``trouble`` is the message key of what kept the others back, if
    it is known. ``receipt`` is "printed", or the message key of why it was not; ``receipt_link`` is the text behind
    the QR code; ``originals_in`` "glass" or "feeder". What was free of charge has neither voucher nor receipt.
    """

    stage: ClassVar[str | None] = "collect"
    bill: Bill
    sheets: int
    asked: int
    voucher: str | None
    receipt: str | None
    receipt_link: str | None
    originals_in: str
    trouble: str | None = None
