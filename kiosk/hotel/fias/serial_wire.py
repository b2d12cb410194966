"""The hotel link over a serial line; to the session it looks as TCP does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal

import structlog

from hardware.protocols import TryLater
from kiosk.hotel.fias.noise_log import NoiseLog
from kiosk.hotel.fias.serial_framing import Arrived, Fate, Garbled, Happening, Pace, SerialFraming, Transmit
from kiosk.hotel.fias.transport import Connect, RecordRefused, Wire, WireCut

if TYPE_CHECKING:
    from hardware.serial_line import Parity, SerialLine

log = structlog.get_logger()

MOST_UNREAD = 1 << 20
"""Bytes of records acknowledged and not yet read; a peer that sends more while nobody reads is cut."""
WRITE_SECONDS = 5.0
"""Beyond the time the bytes take on the line."""
RECORD_SECONDS = 30.0
"""For all sends of a record and the answers to them, beyond the time its bytes take twice: the session stands still
until then.
"""


class SerialWire:
    """A wire over an open serial line. A task of its own reads the line and answers the peer, whoever waits.

    ``byte_seconds`` is how long one byte takes on the line. After a write that was cancelled, only ``close`` is left.
    """

    def __init__(self, line: SerialLine, framing: SerialFraming, byte_seconds: float, bits: int = 8) -> None:
        self._line = line
        self._bits = bits
        self._framing = framing
        self._byte_seconds = byte_seconds
        self._loop = asyncio.get_running_loop()
        self._noises = NoiseLog()
        self._unread = bytearray()
        self._ended = ""
        """Why, once the line is of no more use."""
        self._news: asyncio.Future[None] = self._loop.create_future()
        """Done when there is something to read, or nothing ever will be."""
        self._wanted: asyncio.Future[bytes] = self._loop.create_future()
        """The next frame to send."""
        self._fate: asyncio.Future[Fate] | None = None
        self._task = asyncio.create_task(self._serve())

    async def read(self, within: float, unless: asyncio.Future[Any]) -> bytes:
        """Whole frames. Raises WireCut when the line is gone; what came before is read first."""
        if not self._news.done():
            await asyncio.wait({self._news, unless}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if not self._unread and self._ended:
            raise WireCut(self._ended)
        frames = bytes(self._unread)
        self._unread.clear()
        if self._news.done() and not self._ended:
            self._news = self._loop.create_future()
        return frames

    async def write(self, frame: bytes) -> None:
        """Returns when the peer has acknowledged the record.

        Raises RecordRefused after NAK to all sends or for what the line can't carry, WireCut when the peer said nothing
        that can be relied on.
        """
        if self._ended:
            raise WireCut(self._ended)
        if self._bits == 7 and not frame.isascii():
            raise RecordRefused("a line of seven bits carries ASCII only")
        self._fate = self._loop.create_future()
        self._wanted.set_result(frame)
        match await self._told(RECORD_SECONDS + 2 * len(frame) * self._byte_seconds):
            case Fate.REFUSED:
                log.warning("serial.record-refused", kind=frame[1:3].decode("ascii", "replace"))
                raise RecordRefused("not acknowledged")
            case Fate.UNKNOWN:
                raise WireCut(self._ended or "no answer on the serial line")

    def taken(self) -> bool:
        """A record that is not acknowledged is no finished write."""
        return True

    async def _told(self, within: float) -> Fate:
        assert self._fate is not None
        try:
            async with asyncio.timeout(within):
                return await self._fate
        except TimeoutError:
            raise WireCut("serial line too slow") from None

    async def close(self) -> None:
        """The port is free when this returns."""
        self._task.cancel()
        try:
            await asyncio.wait({self._task})
        finally:
            self._line.close()
        if not self._task.cancelled():
            self._task.result()

    async def _serve(self) -> None:
        try:
            await self._pump()
        except TryLater:
            self._end("serial line lost")
        except TimeoutError:
            self._end("serial line blocked")
        except WireCut as cut:
            self._end(str(cut))
        finally:
            self._end("closed")

    async def _pump(self) -> None:
        reading = asyncio.ensure_future(self._line.read())
        try:
            while True:
                await asyncio.wait(
                    {reading, self._wanted}, timeout=self._patience(), return_when=asyncio.FIRST_COMPLETED
                )
                now = self._loop.time()
                self._noises.tick(now)
                happenings: list[Happening] = []
                if reading.done():
                    happenings += self._framing.receive(reading.result(), now)
                    reading = asyncio.ensure_future(self._line.read())
                if self._wanted.done():
                    frame, self._wanted = self._wanted.result(), self._loop.create_future()
                    happenings += self._framing.send(frame, now)
                happenings += self._framing.tick(now)
                for happening in happenings:
                    await self._carry_out(happening)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    def _patience(self) -> float | None:
        due = self._framing.due()
        return None if due is None else max(0.0, due - self._loop.time())

    async def _carry_out(self, happening: Happening) -> None:
        match happening:
            case Transmit(data):
                async with asyncio.timeout(WRITE_SECONDS + len(data) * self._byte_seconds):
                    await self._line.write(data)
            case Arrived(frame):
                self._keep(frame)
            case Fate():
                self._tell(happening)
            case Garbled(what):
                self._noises.heard("serial.garbled", what, self._loop.time())

    def _keep(self, frame: bytes) -> None:
        if len(self._unread) + len(frame) > MOST_UNREAD:
            raise WireCut("too much unread")
        self._unread += frame
        if not self._news.done():
            self._news.set_result(None)

    def _tell(self, fate: Fate) -> None:
        if self._fate is not None and not self._fate.done():
            self._fate.set_result(fate)

    def _end(self, reason: str) -> None:
        self._ended = self._ended or reason
        self._tell(Fate.UNKNOWN)
        if not self._news.done():
            self._news.set_result(None)


def serial(
    path: str,
    baud: int = 9600,
    bits: Literal[7, 8] = 8,
    parity: Parity = "none",
    pace: Pace | None = None,
) -> Connect:
    """A line to the hotel's interface, one stop bit, no flow control; ``path`` is what pyserial opens.

    Its wire's write returns when the peer has acknowledged the record.
    """
    byte_seconds = (1 + bits + (parity != "none") + 1) / baud

    @asynccontextmanager
    async def connect() -> AsyncIterator[Wire]:
        # Only a hotel with a serial line needs the driver.
        from hardware.serial_line import SerialLine

        line = SerialLine(path, baud, offline="hotel.offline", bits=bits, parity=parity)
        try:
            line.open()
        except TryLater as fault:
            raise WireCut("the serial port can't be opened") from fault
        wire = SerialWire(line, SerialFraming(byte_seconds, pace), byte_seconds, bits)
        try:
            yield wire
        finally:
            await wire.close()

    return connect
