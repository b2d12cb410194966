"""What card readers on a serial line have in common: the line, the listeners, one event per presentation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

from hardware.broadcast import Broadcast
from hardware.card_frames import Presentations
from hardware.protocols import Card, Fitness, Health
from hardware.serial_line import SerialLine

OFFLINE_KEY = "card-reader.offline"
SILENT_KEY = "card-reader.silent"
GARBLED_KEY = "card-reader.garbled"
REASONS = (OFFLINE_KEY, SILENT_KEY, GARBLED_KEY)

_OFFLINE = Health(Fitness.OFFLINE, OFFLINE_KEY)


class SerialCardReader:
    """Base of the readers; a subclass adds ``connect`` and ``watch``. No uid is ever logged or put in an error."""

    def __init__(self, name: str, path: Path | str, baud: int, clock: Callable[[], float]) -> None:
        self.name = name
        self._line = SerialLine(path, baud, offline=OFFLINE_KEY)
        self._cards: Broadcast[Card] = Broadcast()
        self._presentations = Presentations(clock)
        self._health = _OFFLINE

    async def close(self) -> None:
        self._line.close()
        self._presentations.absent()
        self._health = _OFFLINE

    def health(self) -> Health:
        return self._health

    def cards(self) -> AsyncIterator[Card]:
        """Each card once per presentation, from this call on, also across unplugging."""
        return self._cards.listen()

    def _saw(self, uid: str) -> None:
        if self._presentations.seen(uid):
            self._cards.send(Card(uid))
