"""What a hotel system tells on a FIAS link: news at any time, everybody in house (DS to DE), messages (XM)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.hotel.clock import Moment
from kiosk.hotel.fias.codec import Record
from kiosk.hotel.fias.events import Effect, MessagesLost, MessagesTold, Noise, Told, Unusable
from kiosk.hotel.fias.guest_news import guest_news
from kiosk.hotel.fias.records import Description
from kiosk.hotel.fias.services import SERVICE_RECORDS, service_news
from kiosk.hotel.fias.timings import Timings
from kiosk.hotel.news import NoMoreMessages

RESYNC_UNFINISHED = "resync-unfinished"
ROLL = ("GI", "GO")
"""Who is in house, told between DS and DE; SF marks them there, where it is agreed."""
GUESTS_AND_CARDS = ("GI", "GC", "GO", "KR", "KD")


@dataclass
class _Awaited:
    """Something that comes in many records: given up at ``until`` unless it goes on, at ``latest`` in any case."""

    until: float
    began: bool = False
    """One has come."""
    latest: float = float("inf")

    def goes_on(self, until: float) -> None:
        self.until = min(until, self.latest)


class Telling:
    """The session's part that listens. Times in seconds of the clock that never jumps."""

    def __init__(self, station: Description, timings: Timings) -> None:
        self._timings = timings
        self._marks_the_roll = {kind: "SF" in station.fields.get(kind, ()) for kind in ROLL}
        self._roll: _Awaited | None = None
        self._listed = False
        """DS has come over this line, and no DE since, whether or not anybody still waits for it."""
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
        if record.kind == "DE" and not self._listed:
            # Its DS was lost with the connection before: whoever was named in between is not gone.
            self._roll = None
            yield Noise("resync-without-beginning")
            return
        news = service_news(record, now.wall.tzinfo) if record.kind in SERVICE_RECORDS else guest_news(record)
        yield Unusable(record.kind) if news is None else Told(news)
        match record.kind:
            case "DS":
                self._listed = True
                latest = now.seconds + self._timings.longest_resync
                self._roll = _Awaited(now.seconds + self._timings.resync, began=True, latest=latest)
            case "DE":
                self._roll, self._listed = None, False
            case "XT" if self._messages is not None:
                yield from self._message(isinstance(news, NoMoreMessages), now)
            case _ if self._roll is not None and self._roll.began and self._is_of_the_roll(record):
                self._roll.goes_on(now.seconds + self._timings.resync)

    def tick(self, now: Moment) -> Iterator[Effect]:
        if self._roll is not None and now.seconds >= self._roll.until:
            self._roll = None
            yield Noise(RESYNC_UNFINISHED)
        if self._messages is not None and now.seconds >= self._messages.until:
            answered, self._messages = self._messages.began, None
            yield MessagesTold(answered)

    def lost(self) -> Iterator[Effect]:
        """The connection is gone."""
        self._roll, self._listed = None, False
        if self._messages is not None:
            self._messages = None
            yield MessagesLost()

    def _is_of_the_roll(self, record: Record) -> bool:
        """News of any other sort may come for ever after a DE was lost."""
        marked = self._marks_the_roll.get(record.kind)
        return marked is not None and (not marked or record.get("SF") is not None)

    def _message(self, last: bool, now: Moment) -> Iterator[Effect]:
        if last:
            self._messages = None
            yield MessagesTold(answered=True)
        else:
            self._messages = _Awaited(now.seconds + self._timings.next_message, began=True)


LISTENS = (*GUESTS_AND_CARDS, *SERVICE_RECORDS, "DS", "DE")
