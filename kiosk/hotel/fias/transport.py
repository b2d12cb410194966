"""How bytes travel to the hotel system: what a wire promises, and TCP with or without TLS.

One owner, bounded reads, closed whatever happens: an interface has one place for a station, and a socket left behind
holds it (S23 p.98).
"""

from __future__ import annotations

import asyncio
import fcntl
import random
import socket
import ssl
import termios
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

MOST_AT_ONCE = 65_536
CONNECT_SECONDS = 5.0
CLOSE_SECONDS = 2.0
"""An interface waits that long after LE before it drops the port."""
WRITE_SECONDS = 5.0

IDLE_PROBE_SECONDS = 30
PROBE_SECONDS = 10
PROBES = 3
UNACKNOWLEDGED_MS = 20_000
"""What the peer's kernel has not acknowledged by then, never will be."""


class WireCut(Exception):
    """The connection is gone, or never came about. What was being written may or may not have been taken."""


class RecordRefused(Exception):
    """The peer surely did not take this record, whose write raised this; the wire still stands."""


class Wire(Protocol):
    """One open connection. Only its owner reads, writes and closes it."""

    def taken(self) -> bool:
        """Whether the other end surely has every byte written so far, though perhaps not whoever reads it there."""
        ...

    async def read(self, within: float, unless: asyncio.Future[Any]) -> bytes:
        """What has come: frames, whole or in pieces. b"" when nothing came ``within`` seconds or ``unless`` is done.

        Raises WireCut.
        """
        ...

    async def write(self, frame: bytes) -> None:
        """Hand one frame, ``02 record 03``, over as surely as this wire can. Raises RecordRefused, WireCut."""
        ...

    async def close(self) -> None:
        """Close for certain."""
        ...


Connect = Callable[[], AbstractAsyncContextManager[Wire]]
"""Opens a wire and closes it with the block. Entering raises WireCut when there is nobody."""


class StreamWire:
    """A wire over TCP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A written frame is in the kernel's hands when drain() returns, not in a buffer of ours. TLS never drains at 0.
        writer.transport.set_write_buffer_limits(high=1, low=0)
        self._reader = reader
        self._writer = writer
        self._reading: asyncio.Task[bytes] | None = None

    async def read(self, within: float, unless: asyncio.Future[Any]) -> bytes:
        """Raises WireCut at the end of the stream."""
        if self._reading is None:
            self._reading = asyncio.ensure_future(self._reader.read(MOST_AT_ONCE))
        await asyncio.wait({self._reading, unless}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        if not self._reading.done():
            return b""
        reading, self._reading = self._reading, None
        try:
            chunk = reading.result()
        except OSError as fault:
            raise WireCut(_reason(fault)) from fault
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
            raise WireCut(_reason(fault)) from fault

    def taken(self) -> bool:
        """Its kernel has acknowledged it: a peer that is gone without a word never does."""
        if self._writer.is_closing():
            return False
        waiting = fcntl.ioctl(self._writer.get_extra_info("socket").fileno(), termios.TIOCOUTQ, bytes(4))
        return not any(waiting)

    async def close(self) -> None:
        """An unfinished goodbye is cut off, also when this is cancelled."""
        self._writer.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._end_reading()
                await self._writer.wait_closed()
        except TimeoutError:
            self._cut_off()
        except OSError:
            pass
        except asyncio.CancelledError:
            self._cut_off()
            raise

    def _cut_off(self) -> None:
        with suppress(AttributeError):  # what Python 3.11 says to it over TLS, when the connection is lost already
            self._writer.transport.abort()

    async def _end_reading(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)


def tcp(host: str, port: int, tls: ssl.SSLContext | None = None, server_name: str = "") -> Connect:
    """TCP to ``host``; encrypted where ``tls`` is given, to a peer whose certificate names ``server_name`` or ``host``.

    A peer that is gone without a word is noticed within a minute.
    """

    @asynccontextmanager
    async def connect() -> AsyncIterator[Wire]:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                reader, writer = await asyncio.open_connection(
                    host, port, limit=MOST_AT_ONCE, ssl=tls, server_hostname=(server_name or host) if tls else None
                )
        except (OSError, TimeoutError) as fault:
            raise WireCut(_reason(fault)) from fault
        wire = StreamWire(reader, writer)
        try:
            _notice_death(writer.get_extra_info("socket"))
            yield wire
        finally:
            await wire.close()

    return connect


def tls_context(authority: Path, certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 or later, where both sides show a certificate; the hotel's must be vouched for by ``authority``.

    PEM files. Raises OSError (ssl.SSLError is one) when a file is missing, no PEM, or key and certificate differ.
    """
    context = ssl.create_default_context(cafile=str(authority))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key, password=_no_password)
    return context


def pauses(first: float, longest: float) -> Iterator[float]:
    """Seconds to wait before each new try: doubling up to ``longest``, scattered so that kiosks do not come at once."""
    pause = first
    while True:
        yield pause * random.uniform(0.5, 1.0)  # noqa: S311 - scatter, not a secret
        pause = min(pause * 2, longest)


def _no_password() -> str:
    # Without this, OpenSSL asks for the password of an encrypted key on the terminal and waits for ever.
    return ""


def _notice_death(connected: socket.socket) -> None:
    for level, option, value in (
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, IDLE_PROBE_SECONDS),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_SECONDS),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS),
    ):
        connected.setsockopt(level, option, value)


def _reason(fault: Exception) -> str:
    """What a technician can act on, without addresses."""
    match fault:
        case ssl.SSLCertVerificationError():
            return f"certificate: {fault.verify_message}"
        case ssl.SSLError(reason=str(reason)):
            return f"TLS: {reason}"
        case _:
            return type(fault).__name__
