"""PN532 over its high-speed UART (115200 8N1): it looks for cards by itself and tells of one that comes. UID only.

Commands from the PN532 User Manual (UM0701-02): SAMConfiguration §7.2.10, RFConfiguration §7.3.1,
InListPassiveTarget §7.3.5; the ACK that ends a command §6.2.1.3.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from hardware.card_frames import FROM_CHIP, Ack, Information, Pn532Frame, Pn532Frames, pn532_frame, uid_of_target
from hardware.protocols import Fitness, Health, TryLater
from hardware.serial_card_reader import GARBLED_KEY, SILENT_KEY, SerialCardReader

T = TypeVar("T")

WAKE_UP = b"\x55\x55" + bytes(14)
SAM_NORMAL = bytes.fromhex("D41401")
# Item 5, retries. To look for ever is what the chip does by default; it keeps another setting while it has current.
LOOK_FOR_EVER = bytes.fromhex("D43205FF01FF")
WHICH_CARD = bytes.fromhex("D44A0100")
END_COMMAND = bytes.fromhex("0000FF00FF00")

ANSWER_WITHIN = 0.5
ATTEMPTS = 3
ALIVE_EVERY = 1.0
"""Seconds after which a chip that tells of no card has to show that it still listens."""
PAUSE = 0.1
"""Seconds between two questions."""
GONE_AFTER = 0.3
"""Seconds in which a card that still lies there has long been found again."""


class _Garbled(Exception):
    """The exchange was damaged on either side."""


class Pn532Reader(SerialCardReader):
    """A card that stays on the reader is one presentation however long it lies; a lost answer is not an absence."""

    def __init__(
        self, name: str, path: Path | str, *, baud: int = 115200, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(name, path, baud, clock)
        self._frames = Pn532Frames()
        self._unread: deque[Pn532Frame] = deque()

    async def connect(self) -> None:
        """Wake the chip and set it up. Raises TryLater when it does not answer or answers nonsense."""
        self._line.open()
        await self._line.write(WAKE_UP)
        for command in (SAM_NORMAL, LOOK_FOR_EVER):
            await self._repeated(partial(self._ask, command))
        self._health = Health(Fitness.READY)

    async def watch(self) -> None:
        while True:
            uid = await self._repeated(self._search)
            if uid is None:
                self._presentations.absent()
            else:
                self._saw(uid)
            await asyncio.sleep(PAUSE)  # also where a chip says at once that there is none, whatever it was told

    async def _search(self) -> str | None:
        """The card that lies there, or the next that comes; None when none does for a while.

        A search under way is given up for this one, which the chip must acknowledge: so it shows that it is there.
        """
        async with asyncio.timeout(ANSWER_WITHIN):
            await self._give(WHICH_CARD)
        try:
            async with asyncio.timeout(GONE_AFTER if self._presentations.remembers else ALIVE_EVERY):
                return uid_of_target(await self._answer(WHICH_CARD))
        except TimeoutError:
            return None
        except ValueError as fault:
            raise _Garbled from fault

    async def _ask(self, command: bytes) -> bytes:
        """The answer's body. Raises TimeoutError, _Garbled."""
        async with asyncio.timeout(ANSWER_WITHIN):
            await self._give(command)
            return await self._answer(command)

    async def _repeated(self, exchange: Callable[[], Awaitable[T]]) -> T:
        """A damaged exchange is made again: every command here may safely be given twice. Raises TryLater."""
        reason = SILENT_KEY
        for _ in range(ATTEMPTS):
            try:
                return await exchange()
            except TimeoutError:
                reason = SILENT_KEY
            except _Garbled:
                reason = GARBLED_KEY
        raise TryLater(reason)

    async def _give(self, command: bytes) -> None:
        """In place of whatever the chip does; returns when it has taken it."""
        self._line.discard()
        self._frames.reset()
        self._unread.clear()
        await self._line.write(END_COMMAND + pn532_frame(command))
        if not isinstance(await self._frame(), Ack):
            raise _Garbled

    async def _answer(self, command: bytes) -> bytes:
        frame = await self._frame()
        if isinstance(frame, Information) and frame.body.startswith(bytes((FROM_CHIP, command[1] + 1))):
            return frame.body
        raise _Garbled

    async def _frame(self) -> Pn532Frame:
        while not self._unread:
            self._unread.extend(self._frames.feed(await self._line.read()))
        return self._unread.popleft()
