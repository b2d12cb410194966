"""RDM6300: 125 kHz tags, 9600 8N1. The module only speaks, and only while a tag lies in its field."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from hardware.card_frames import ABSENCE, Rdm6300Frames
from hardware.protocols import Fitness, Health
from hardware.serial_card_reader import GARBLED_KEY, SerialCardReader

_READY = Health(Fitness.READY)
_GARBLED = Health(Fitness.READY, warnings=(GARBLED_KEY,))


class Rdm6300Reader(SerialCardReader):
    """A module that fell silent can't be told from one without a tag; noise on its line is a warning."""

    def __init__(
        self, name: str, path: Path | str, *, baud: int = 9600, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(name, path, baud, clock)
        self._frames = Rdm6300Frames()

    async def connect(self) -> None:
        self._line.open()
        self._frames.reset()
        self._health = _READY

    async def watch(self) -> None:
        while True:
            try:
                async with asyncio.timeout(ABSENCE if self._presentations.remembers else None):
                    heard = await self._line.read()
            except TimeoutError:
                self._presentations.absent()
                continue
            for uid in self._frames.feed(heard):
                self._saw(uid)
                self._presentations.absent()  # it repeats while a tag lies there: silence from here on is absence
            self._health = _GARBLED if self._frames.damaged else _READY
