"""What a hotel system tells, whatever wire it came by: answers to postings, guests, and the switchboard's services.

Frozen values that an adapter makes of its wire's own words. Rooms, names and texts are personal: no repr shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

Told = Mapping[str, str | bool]
"""What was told of a guest, by field of ``Guest``: name, given, title, language, no_post, vip, shares. Others keep."""


@dataclass(frozen=True)
class Answer:
    """The hotel system's word on the posting attempt ``sequence``.

    ``status`` is one of the 20 answers of FIAS (AS), which are the vocabulary of every adapter. ``note`` is the hotel
    system's own text.
    """

    sequence: int
    status: str
    note: str = field(default="", repr=False)


@dataclass(frozen=True)
class LateAnswer:
    """As Answer, for an attempt that is not outstanding: given up as unknown, answered before, or somebody else's."""

    sequence: int
    status: str
    note: str = field(default="", repr=False)


@dataclass(frozen=True)
class NoAnswer:
    """The outstanding attempt may or may not have been carried out: "timeout", "ended" or "cut"."""

    sequence: int
    reason: str


@dataclass(frozen=True)
class RollBegan:
    """From here on everybody in house is named; whoever is not by RollEnded has left."""


@dataclass(frozen=True)
class RollEnded:
    """Everybody was named."""


@dataclass(frozen=True)
class GuestIn:
    """A guest checked in, or was named in the roll. What is not ``told`` is unknown."""

    room: str = field(repr=False)
    reservation: str = field(repr=False)
    told: Told = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class GuestChanged:
    """Something changed; what is not ``told`` stays. ``old_room`` where the guest moved ("" where it is not said)."""

    room: str = field(repr=False)
    reservation: str = field(repr=False)
    told: Told = field(default_factory=dict, repr=False)
    old_room: str = field(default="", repr=False)


@dataclass(frozen=True)
class GuestOut:
    """A guest checked out; with ``reservation`` "" the whole room is empty."""

    room: str = field(repr=False)
    reservation: str = field(default="", repr=False)


@dataclass(frozen=True)
class KeyMade:
    """A room card was made. ``replaces``: the guest's former ones no longer open the lock."""

    room: str = field(repr=False)
    reservation: str = field(repr=False)
    uid: str = field(repr=False)
    replaces: bool = False


@dataclass(frozen=True)
class KeyVoid:
    """The cards of a guest, or with ``reservation`` "" of the room, no longer open the lock."""

    room: str = field(repr=False)
    reservation: str = field(default="", repr=False)


GuestNews = RollBegan | RollEnded | GuestIn | GuestChanged | GuestOut | KeyMade | KeyVoid
"""To be applied in order."""


@dataclass(frozen=True)
class WakeUpOrdered:
    """Somebody ordered a wake-up for a room elsewhere: reception, the telephone. ``at`` is the hotel's local time."""

    room: str = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class WakeUpDropped:
    """A wake-up was cancelled elsewhere."""

    room: str = field(repr=False)
    at: datetime


@dataclass(frozen=True)
class WakeUpResult:
    """How a wake-up call ended: ``status`` is OK, NR (no response), BY (busy), UR (could not be made) or DE (deleted).

    ``at`` is the time the call was ordered for, never the time of the result (S23, WA).
    """

    room: str = field(repr=False)
    at: datetime
    status: str


@dataclass(frozen=True)
class MessageHere:
    """A message waits for a guest. ``id`` is the hotel system's number of it (MI)."""

    room: str = field(repr=False)
    reservation: str = field(repr=False)
    id: str
    text: str = field(repr=False)
    at: datetime | None = None


@dataclass(frozen=True)
class NoMoreMessages:
    """The answer to MessagesAsked is complete (XT without text)."""

    room: str = field(repr=False)
    reservation: str = field(repr=False)


@dataclass(frozen=True)
class MessageGone:
    """A message was read or deleted elsewhere."""

    room: str = field(repr=False)
    reservation: str = field(repr=False)
    id: str


@dataclass(frozen=True)
class RoomTold:
    """What the telephone of a room shows has changed (RE)."""

    room: str = field(repr=False)
    do_not_disturb: bool


ServiceNews = WakeUpOrdered | WakeUpDropped | WakeUpResult | MessageHere | NoMoreMessages | MessageGone | RoomTold
