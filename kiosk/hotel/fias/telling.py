"""What a hotel system tells on a FIAS link: news at any time, everybody in house (DS to DE), messages (XM)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.hotel.clock import Moment
from kiosk.hotel.fias.codec import Record
from kiosk.hotel.fias.events import Effect, MessagesLost, MessagesTold, Noise, Told, Unusable
from kiosk.hotel.fias.guest_news import guest_news
from kiosk.hotel.fias.services import SERVICE_RECORDS, service_news
from kiosk.hotel.fias.timings import Timings
from kiosk.hotel.news import NoMoreMessages

RESYNC_UNFINISHED = "resync-unfinished"
GUESTS_AND_CARDS = ("GI", "GC", "GO", "KR", "KD")


@dataclass
class _Awaited:
    """Something that comes in many records: given up at ``until`` unless it goes on; ``began`` once one has come."""

    until: float
    began: bool = False


class Telling:
    """The session's part that listens. Times in seconds of the clock that never jumps."""

    def __init__(self, timings: Timings) -> None:
        self._timings = timings
        self._roll: _Awaited | None = None
        self._messages: _Awaited | None = None

    @property
    def calling_the_roll(self) -> bool:
        """Everybody in house is being told, or was asked for: nothing may be sent."""
        return self._roll is not None

    def roll_asked(self, now: Moment) -> None:
        """DR has gone out."""
        self._roll = _Awaited(now.seconds + self._timings.answer)

    def messages_asked(self, now: Moment) -> None:
        """XM has gone out."""
        self._messages = _Awaited(now.seconds + self._timings.first_message)

    def heard(self, record: Record, now: Moment) -> Iterator[Effect]:
        """Any record of LISTENS."""
        if record.kind == "DE" and not (self._roll is not None and self._roll.began):
            # Its DS was lost with the connection before: whoever was named in between is not gone.
            self._roll = None
            yield Noise("resync-without-beginning")
            return
        news = service_news(record, now.wall.tzinfo) if record.kind in SERVICE_RECORDS else guest_news(record)
        yield Unusable(record.kind) if news is None else Told(news)
        match record.kind:
            case "DS":
                self._roll = _Awaited(now.seconds + self._timings.resync, began=True)
            case "DE":
                self._roll = None
            case "XT" if self._messages is not None:
                yield from self._message(isinstance(news, NoMoreMessages), now)
            case _ if self._roll is not None and self._roll.began:
                self._roll.until = now.seconds + self._timings.resync

    def tick(self, now: Moment) -> Iterator[Effect]:
        if self._roll is not None and now.seconds >= self._roll.until:
            self._roll = None
            yield Noise(RESYNC_UNFINISHED)
        if self._messages is not None and now.seconds >= self._messages.until:
            answered, self._messages = self._messages.began, None
            yield MessagesTold(answered)

    def lost(self) -> Iterator[Effect]:
        """The connection is gone."""
        self._roll = None
        if self._messages is not None:
            self._messages = None
            yield MessagesLost()

    def _message(self, last: bool, now: Moment) -> Iterator[Effect]:
        if last:
            self._messages = None
            yield MessagesTold(answered=True)
        else:
            self._messages = _Awaited(now.seconds + self._timings.next_message, began=True)


LISTENS = (*GUESTS_AND_CARDS, *SERVICE_RECORDS, "DS", "DE")
