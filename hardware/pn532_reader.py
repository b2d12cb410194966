"""PN532 over its high-speed UART (115200 8N1): asks five times a second which card lies there. UID only.

Commands from the PN532 User Manual (UM0701-02): SAMConfiguration §7.2.10, RFConfiguration §7.3.1,
InListPassiveTarget §7.3.5.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

from hardware.card_frames import FROM_CHIP, Ack, Information, Pn532Frames, pn532_frame, uid_of_target
from hardware.protocols import Fitness, Health, TryLater
from hardware.serial_card_reader import GARBLED_KEY, SILENT_KEY, SerialCardReader

WAKE_UP = b"\x55\x55" + bytes(14)
SAM_NORMAL = bytes.fromhex("D41401")
# Item 5, retries: by default the chip looks for a card for ever and answers nothing until one comes.
TWO_TRIES = bytes.fromhex("D43205FF0102")
WHICH_CARD = bytes.fromhex("D44A0100")

ANSWER_WITHIN = 0.5
ATTEMPTS = 3
PAUSE = 0.2


class Pn532Reader(SerialCardReader):
    """A card that stays on the reader is one presentation however long it lies; a lost answer is not an absence."""

    def __init__(
        self, name: str, path: Path | str, *, baud: int = 115200, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(name, path, baud, clock)
        self._frames = Pn532Frames()

    async def connect(self) -> None:
        """Wake the chip and set it up. Raises TryLater when it does not answer or answers nonsense."""
        self._line.open()
        await self._line.write(WAKE_UP)
        await self._ask(SAM_NORMAL)
        await self._ask(TWO_TRIES)
        self._health = Health(Fitness.READY)

    async def watch(self) -> None:
        while True:
            self._look(await self._ask(WHICH_CARD))
            await asyncio.sleep(PAUSE)

    def _look(self, answer: bytes) -> None:
        try:
            uid = uid_of_target(answer)
        except ValueError as fault:
            raise TryLater(GARBLED_KEY) from fault
        if uid is None:
            self._presentations.absent()
        else:
            self._saw(uid)

    async def _ask(self, command: bytes) -> bytes:
        """The answer's body. Every command here may safely be given twice, so a damaged exchange is repeated."""
        reason = SILENT_KEY
        for _ in range(ATTEMPTS):
            self._line.discard()
            self._frames.reset()
            await self._line.write(pn532_frame(command))
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    answer = await self._answer(command)
            except TimeoutError:
                reason = SILENT_KEY
            else:
                if answer is not None:
                    return answer
                reason = GARBLED_KEY
        raise TryLater(reason)

    async def _answer(self, command: bytes) -> bytes | None:
        """Wait for the acknowledgement and the answer; None when the exchange was damaged on either side."""
        acknowledged = False
        expected = bytes((FROM_CHIP, command[1] + 1))
        while True:
            for frame in self._frames.feed(await self._line.read()):
                if isinstance(frame, Ack):
                    acknowledged = True
                elif isinstance(frame, Information) and acknowledged and frame.body.startswith(expected):
                    return frame.body
                else:
                    return None
