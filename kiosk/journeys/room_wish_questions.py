"""What the room-wish journey asks and shows: do not disturb, make up room. The journey itself is in room_wish.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import ClassVar

from kiosk.visit import Question

STAGES = ("identify", "choose", "done")


class RoomWish(Enum):
    NONE = "none"
    DO_NOT_DISTURB = "do-not-disturb"
    MAKE_UP = "make-up"


@dataclass(frozen=True)
class Wished:
    """``until`` (local time) only for DO_NOT_DISTURB; None: until it is lifted, or check-out."""

    wish: RoomWish
    until: datetime | None = None


@dataclass(frozen=True)
class ChooseRoomWish(Question[Wished]):
    """What shall hold for the guest's own room. ``now`` holds at the moment; ``ends`` are the times on offer.

    To make up the room may be wished again while it holds; anything else that holds already is no answer.
    """

    stage: ClassVar[str | None] = "choose"
    now: Wished
    ends: tuple[datetime, ...]
    today: date
