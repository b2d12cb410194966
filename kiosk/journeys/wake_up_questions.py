"""What the wake-up journey asks and shows. The journey itself is in wake_up.py. Times are the hotel's local time."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from typing import ClassVar

from kiosk.visit import Question

STAGES = ("identify", "time", "confirm", "done")


class CallState(Enum):
    """What a guest may know of a call."""

    PENDING = "pending"
    """Taken down here; the hotel system has not got it yet. The station sees to it that somebody calls."""
    CONFIRMED = "confirmed"
    """The hotel system has it and will call; not every one says so, so the guest is told no more than that it has."""
    OPERATOR = "operator"
    """A person at the switchboard will call."""


class Caller(Enum):
    """Who calls in this house, and what may be promised therefore."""

    WATCHED = "watched"
    """The hotel system; a person goes to whoever did not answer, or may not have."""
    SYSTEM = "system"
    """The hotel system; nobody learns whether the guest answered."""
    PERSON = "person"
    """A person at the switchboard."""


@dataclass(frozen=True)
class WakeUpView:
    """One call of the guest's own room; ``number`` is the station's."""

    number: int
    at: datetime
    state: CallState


@dataclass(frozen=True)
class OrderCall:
    """Answer: one more call."""


@dataclass(frozen=True)
class ChangeCall:
    number: int


@dataclass(frozen=True)
class CancelCall:
    number: int


class Just(Enum):
    """What has just been done with a call."""

    ORDERED = "ordered"
    CHANGED = "changed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class WakeUps(Question[OrderCall | ChangeCall | CancelCall | bool]):
    """The calls that are ordered, in time order. ``full``: no more can be ordered.

    It ends the service: with ``just`` it says what was done. True asks for another service, False: the guest leaves.
    """

    stage: ClassVar[str | None] = "done"
    calls: tuple[WakeUpView, ...]
    today: date
    caller: Caller
    full: bool = False
    just: Just | None = None


@dataclass(frozen=True)
class ChooseWakeUp(Question[datetime]):
    """When to call: on one of ``days``, to the minute, not before ``earliest``. ``suggested`` is shown first.

    ``changing`` is the time of the call that is being changed. A time that is taken already is told by ``taken``.
    """

    stage: ClassVar[str | None] = "time"
    days: tuple[date, ...]
    earliest: datetime
    suggested: datetime
    changing: datetime | None = None
    taken: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class ConfirmWakeUp(Question[bool]):
    """Read back day, time and room. ``room`` only where the guest typed it: a card that was found tells no room."""

    stage: ClassVar[str | None] = "confirm"
    at: datetime
    today: date
    caller: Caller
    room: str | None = field(default=None, repr=False)
    instead_of: datetime | None = None


@dataclass(frozen=True)
class ConfirmCancel(Question[bool]):
    """Really cancel the call at ``at``?"""

    stage: ClassVar[str | None] = "confirm"
    at: datetime
    today: date
