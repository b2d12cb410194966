"""Receipts over ESC/POS on a serial line, with the printer's own word for what became of them.

python-escpos makes the bytes; status and delivery are ours, because its queries take silence for "paper adequate".
Status: DLE EOT n, answered at once whatever the printer is doing. Proof of printing: GS r 1, answered in its turn,
that is after everything before it came out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from hardware.escpos_bytes import FENCE, QR_TEXT_KEY, compose, unfinished_ending
from hardware.escpos_status import (
    COVER_OPEN_KEY,
    FAULT_KEY,
    OFFLINE_KEY,
    PAPER_LOW_KEY,
    PAPER_OUT_KEY,
    QUERIES,
    RollStatus,
    is_fence_answer,
    is_status_answer,
    read_status,
    status_query,
)
from hardware.protocols import Fitness, Health, NeedsPerson, OutcomeUnknown, ReceiptPart, TryLater
from hardware.receipt_layout import Faces
from hardware.serial_line import SerialLine

UNKNOWN_KEY = "receipt.unknown"
REASONS = (OFFLINE_KEY, PAPER_OUT_KEY, PAPER_LOW_KEY, COVER_OPEN_KEY, FAULT_KEY, UNKNOWN_KEY, QR_TEXT_KEY)

ANSWER_WITHIN = 0.5
ATTEMPTS = 2
BITS_PER_BYTE = 10

_OFFLINE = Health(Fitness.OFFLINE, OFFLINE_KEY)
_BUSY = Health(Fitness.BUSY)


class EscposReceiptPrinter:
    """An 80 mm, 203 dpi printer. ``face`` is the index in a font collection. Raises OSError for an unreadable font.

    ``patience``: seconds allowed for printing and cutting beyond the time the bytes take on the line.
    ``poll``: seconds between looks at an idle printer. ``rtscts`` where the printer's DTR is wired to our CTS.
    """

    def __init__(
        self,
        name: str,
        path: Path | str,
        font: Path,
        bold_font: Path,
        *,
        face: int = 0,
        baud: int = 115200,
        rtscts: bool = False,
        patience: float = 5.0,
        poll: float = 2.0,
    ) -> None:
        self.name = name
        self._faces = Faces(font, bold_font, face)
        self._faces.check()
        self._baud = baud
        self._patience = patience
        self._poll = poll
        self._line = SerialLine(path, baud, offline=OFFLINE_KEY, rtscts=rtscts)
        self._turn = asyncio.Lock()
        self._health = _OFFLINE
        self._torn = False  # the printer may sit inside an unfinished picture

    async def connect(self) -> None:
        """Raises TryLater when the printer is not there or does not answer; out of paper is a health, not an error."""
        self._line.open()
        async with self._turn:
            await self._look()

    async def watch(self) -> None:
        while True:
            try:
                async with asyncio.timeout(self._poll):
                    await self._line.broken()
            except TimeoutError:
                async with self._turn:
                    await self._look()
            else:
                raise TryLater(OFFLINE_KEY)

    async def close(self) -> None:
        self._line.close()
        self._health = _OFFLINE

    def health(self) -> Health:
        return self._health

    async def print(self, receipt: Sequence[ReceiptPart]) -> None:
        """As the protocol says. A receipt begun is carried through even when the caller is cancelled.

        Raises Unsupported for a QR text no code can hold. A printer that stopped half-way (paper out, cover open) is
        OutcomeUnknown with that reason: it goes on by itself when helped.
        """
        await asyncio.shield(asyncio.ensure_future(self._print(receipt)))

    async def _print(self, receipt: Sequence[ReceiptPart]) -> None:
        async with self._turn:
            data = await asyncio.to_thread(compose, receipt, self._faces)
            _require_well(await self._look())
            self._health = _BUSY
            try:
                await self._deliver(data)
                await self._look()
            except (TryLater, TimeoutError) as fault:
                self._health = _OFFLINE
                raise OutcomeUnknown(UNKNOWN_KEY) from fault

    async def _deliver(self, data: bytes) -> None:
        """Send ``data`` and wait for the proof that it came out."""
        if self._torn:
            data = unfinished_ending() + data
        self._torn = True
        async with asyncio.timeout(self._patience + 2 * len(data) * BITS_PER_BYTE / self._baud):
            await self._line.write(data + FENCE)
        stopped: Health | None = None
        try:
            async with asyncio.timeout(self._patience):
                await self._byte(is_fence_answer)
        except TimeoutError:
            stopped = (await self._look()).health()
        self._torn = False  # it has everything and still answers
        if stopped is not None:
            place = {"place": stopped.place} if stopped.place else {}
            raise OutcomeUnknown(stopped.reason or UNKNOWN_KEY, **place)

    async def _look(self) -> RollStatus:
        """Ask all four status bytes and keep what they mean. Raises TryLater when the printer is silent."""
        status = read_status(bytes([await self._status_byte(number) for number in QUERIES]))
        self._health = status.health()
        return status

    async def _status_byte(self, number: int) -> int:
        for _ in range(ATTEMPTS):
            self._line.discard()
            try:
                async with asyncio.timeout(ANSWER_WITHIN):
                    await self._line.write(status_query(number))  # may wait too: a printer can hold the line
                    return await self._byte(is_status_answer)
            except TimeoutError:
                continue
        self._health = _OFFLINE
        raise TryLater(OFFLINE_KEY)

    async def _byte(self, wanted: Callable[[int], bool]) -> int:
        while True:
            for byte in await self._line.read():
                if wanted(byte):
                    return byte


def _require_well(status: RollStatus) -> None:
    health = status.health()
    if health.fitness is Fitness.NEEDS_PERSON:
        raise NeedsPerson(str(health.reason), place=str(health.place))
    if health.fitness is Fitness.OFFLINE:
        raise TryLater(OFFLINE_KEY)
