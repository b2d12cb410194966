"""The life of a charge and of the work that earns it, as transition tables: whatever is not in them is refused."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NewType

from kiosk.books.tariff import Quote
from kiosk.store.database import instant

ChargeId = NewType("ChargeId", str)


class ChargeState(Enum):
    QUOTED = "quoted"  # the price was told
    AUTHORISED = "authorised"  # somebody is known to pay; work may begin
    DELIVERED = "delivered"  # it is proven what came out
    SETTLED = "settled"  # in the journal, with a voucher
    VOIDED = "voided"  # nothing is owed
    UNKNOWN = "unknown"  # what came out must be found out by the printer's record or a person

    @property
    def ended(self) -> bool:
        return self in (ChargeState.SETTLED, ChargeState.VOIDED)


class ChargeEvent(Enum):
    AUTHORISE = "authorise"
    REQUOTE = "requote"
    SIGN = "sign"
    DELIVER = "deliver"
    SETTLE = "settle"
    VOID = "void"
    LOSE = "lose"


class WorkState(Enum):
    """One print job. A sample is ENDED until the guest has said yes or no; refused ones are waste, free of charge."""

    BEGUN = "begun"  # the printer may have been told
    ENDED = "ended"  # no more sheets will come out
    APPROVED = "approved"
    REFUSED = "refused"


class Purpose(Enum):
    SAMPLE = "sample"
    REST = "rest"


class BooksError(Exception):
    """The books refused an operation; nothing was written."""


class IllegalTransition(BooksError):
    """The charge (or job) is in a state where this cannot happen."""

    def __init__(self, subject: str, state: Enum, event: Enum) -> None:
        super().__init__(f"{subject}: {event.value} while {state.value}")
        self.state = state
        self.event = event


_S, _E = ChargeState, ChargeEvent

TRANSITIONS: dict[tuple[ChargeState, ChargeEvent], ChargeState] = {
    (_S.QUOTED, _E.AUTHORISE): _S.AUTHORISED,
    (_S.QUOTED, _E.REQUOTE): _S.QUOTED,
    (_S.QUOTED, _E.VOID): _S.VOIDED,
    (_S.AUTHORISED, _E.REQUOTE): _S.AUTHORISED,
    (_S.AUTHORISED, _E.SIGN): _S.AUTHORISED,
    (_S.AUTHORISED, _E.DELIVER): _S.DELIVERED,
    (_S.AUTHORISED, _E.LOSE): _S.UNKNOWN,
    (_S.AUTHORISED, _E.VOID): _S.VOIDED,
    (_S.DELIVERED, _E.SETTLE): _S.SETTLED,
    (_S.DELIVERED, _E.VOID): _S.VOIDED,
    (_S.UNKNOWN, _E.DELIVER): _S.DELIVERED,
    (_S.UNKNOWN, _E.VOID): _S.VOIDED,
}

WORK_TRANSITIONS: frozenset[tuple[WorkState, WorkState]] = frozenset(
    {
        (WorkState.BEGUN, WorkState.BEGUN),  # more sheets are proven
        (WorkState.BEGUN, WorkState.ENDED),
        (WorkState.ENDED, WorkState.ENDED),  # the same record read again
        (WorkState.ENDED, WorkState.APPROVED),
        (WorkState.ENDED, WorkState.REFUSED),
    }
)


def step(subject: str, state: ChargeState, event: ChargeEvent) -> ChargeState:
    """The state after ``event``. Raises IllegalTransition."""
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise IllegalTransition(subject, state, event)
    return after


@dataclass(frozen=True)
class Payer:
    """Whose folio is charged, as the hotel system knows the guest: room and reservation number are text.

    ``name`` as on the folio. Kept only until the posting is answered; never printed by accident.
    """

    room: str
    reservation: str
    name: str

    def __repr__(self) -> str:
        return "Payer(...)"


@dataclass(frozen=True)
class Work:
    """A print job of a charge: written before the printer is told. ``proven`` sheets came out so far."""

    job: str
    charge: ChargeId
    purpose: Purpose
    state: WorkState
    ordered: int
    proven: int

    @property
    def earns(self) -> bool:
        """Whether its sheets are charged: everything but a sample that was not approved."""
        return self.purpose is Purpose.REST or self.state is WorkState.APPROVED


@dataclass(frozen=True)
class Charge:
    """A charge as the books have it now; minor units."""

    id: ChargeId
    visit: str
    service: str
    state: ChargeState
    quote: Quote
    signed: bool
    delivered: int | None
    total: int | None
    tax: int | None
    reason: str | None


_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_charge_id(now: datetime) -> ChargeId:
    """A ULID: 48 bits of milliseconds, 80 of chance, in 26 characters of Crockford's base 32."""
    bits = (instant(now) << 80) | secrets.randbits(80)
    return ChargeId("".join(_ALPHABET[(bits >> shift) & 31] for shift in range(125, -1, -5)))
