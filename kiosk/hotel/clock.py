"""The two clocks every way to a hotel system needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Moment:
    """Both at once: ``seconds`` of a clock that never jumps, for time-outs; ``wall`` as the hotel reads it."""

    seconds: float
    wall: datetime


Clock = Callable[[], Moment]


def system_clock(zone: ZoneInfo) -> Clock:
    """The machine's clocks; the wall clock as the hotel reads it."""
    return lambda: Moment(monotonic(), datetime.now(zone))
