"""The TCP connection to the hotel system: one owner, bounded reads, closed whatever happens."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

MOST_AT_ONCE = 65_536
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 2.0
"""An interface waits that long after LE before it drops the port."""
WRITE_SECONDS = 5.0


class WireCut(Exception):
    """The connection is gone, or never came about."""


class Wire:
    """One open connection. Only its owner reads, writes and closes it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._reading: asyncio.Task[bytes] | None = None

    async def read(self, within: float, unless: asyncio.Task[bool]) -> bytes:
        """What has come; b"" when nothing came ``within`` seconds or ``unless`` is done.

        Raises WireCut at the end of the stream.
        """
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._reader.read(MOST_AT_ONCE))
        await asyncio.wait({self._reading, unless}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if not self._reading.done():
            return b""
        reading, self._reading = self._reading, None
        try:
            chunk = reading.result()
        except OSError as fault:
            raise WireCut(type(fault).__name__) from fault
        if not chunk:
            raise WireCut("end of stream")
        return chunk

    async def write(self, frame: bytes) -> None:
        """Raises WireCut when it can't be handed over: it may have left in part."""
        try:
            self._writer.write(frame)
            async with asyncio.timeout(WRITE_SECONDS):
                await self._writer.drain()
        except (OSError, TimeoutError) as fault:
            raise WireCut(type(fault).__name__) from fault

    async def close(self) -> None:
        """Close for certain; an unfinished goodbye is cut off, for a socket left behind holds the hotel's only slot."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        self._writer.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()


@asynccontextmanager
async def connection(host: str, port: int) -> AsyncIterator[Wire]:
    """Connect and close. Raises WireCut when nobody answers."""
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            reader, writer = await asyncio.open_connection(host, port, limit=MOST_AT_ONCE)
    except (OSError, TimeoutError) as fault:
        raise WireCut(type(fault).__name__) from fault
    wire = Wire(reader, writer)
    try:
        yield wire
    finally:
        await wire.close()


def pauses(first: float, longest: float) -> Iterator[float]:
    """Seconds to wait before each new try: doubling up to ``longest``, scattered so that kiosks do not come at once."""
    pause = first
    while True:
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - scatter, not a secret
        pause = min(pause * 2, longest)
