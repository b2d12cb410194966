"""The one owner of a serial port: opened exclusively, served by the event loop, broken when the plug is pulled.

pyserial opens and sets up the port; bytes then go through the non-blocking descriptor itself, because pyserial's own
write spins while the kernel's buffer is full.
"""

from __future__ import annotations

import asyncio
import os
import termios
from contextlib import suppress
from pathlib import Path
from typing import Literal

import serial

from hardware.protocols import TryLater

CHUNK = 4096
LARGEST_BACKLOG = 65536

Parity = Literal["none", "even", "odd"]
_PARITIES = {"none": serial.PARITY_NONE, "even": serial.PARITY_EVEN, "odd": serial.PARITY_ODD}


class SerialLine:
    """``baud`` on ``path``, 8N1 unless ``bits`` and ``parity`` say otherwise; a byte of wrong parity is read as 0.

    Every failure is ``TryLater(offline)``: the line is gone and may come back. One coroutine reads at a time and one
    writes. Bytes nobody reads are kept up to 64 kB, then the oldest go.
    """

    def __init__(
        self,
        path: Path | str,
        baud: int,
        *,
        offline: str,
        rtscts: bool = False,
        bits: Literal[7, 8] = 8,
        parity: Parity = "none",
    ) -> None:
        self._path = str(path)
        self._baud = baud
        self._offline = offline
        self._rtscts = rtscts
        self._bits = bits
        self._parity = parity
        self._port: serial.Serial | None = None
        self._arrived = bytearray()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._broken = asyncio.Event()

    def open(self) -> None:
        """Take the port for ourselves and forget what it held. Opening is non-blocking: it waits for no carrier."""
        self.close()
        try:
            port = serial.Serial(
                self._path,
                self._baud,
                bytesize=self._bits,
                parity=_PARITIES[self._parity],
                timeout=0,
                write_timeout=0,
                exclusive=True,
                rtscts=self._rtscts,
            )
            if self._parity != "none":
                _check_parity(port.fileno())
        except (OSError, termios.error) as fault:
            raise TryLater(self._offline, path=self._path) from fault
        self._arrived.clear()
        for event in (self._news, self._room, self._broken):
            event.clear()
        self._port = port
        asyncio.get_running_loop().add_reader(port.fileno(), self._readable)

    def close(self) -> None:
        """Let the port go. Unsent output is thrown away: closing must not wait for a printer that stopped listening."""
        if self._port is None:
            return
        self._break()
        port, self._port = self._port, None
        with suppress(OSError, termios.error):
            port.reset_output_buffer()
        with suppress(OSError):
            port.close()

    async def read(self) -> bytes:
        """Whatever has arrived, at least one byte. Bytes that came before the line broke are still handed out."""
        await self._news.wait()
        if not self._arrived:
            raise TryLater(self._offline, path=self._path)
        data = bytes(self._arrived)
        self.discard()
        return data

    def discard(self) -> None:
        """Forget what has arrived and was not read."""
        self._arrived.clear()
        if not self._broken.is_set():
            self._news.clear()

    async def write(self, data: bytes) -> None:
        """Hand all of ``data`` to the kernel; waits while a slow device has its buffer full (bound it from outside)."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._write_some(rest) :]
            if rest:
                await self._writable()

    async def broken(self) -> None:
        """Wait until the line is gone."""
        await self._broken.wait()

    def _write_some(self, data: memoryview) -> int:
        if self._port is None or self._broken.is_set():
            raise TryLater(self._offline, path=self._path)
        try:
            return os.write(self._port.fileno(), data)
        except BlockingIOError:
            return 0
        except OSError as fault:
            self._break()
            raise TryLater(self._offline, path=self._path) from fault

    async def _writable(self) -> None:
        if self._port is None:
            return
        loop, descriptor = asyncio.get_running_loop(), self._port.fileno()
        self._room.clear()
        loop.add_writer(descriptor, self._room.set)
        try:
            await self._room.wait()
        finally:
            if not self._broken.is_set():
                loop.remove_writer(descriptor)

    def _readable(self) -> None:
        if self._port is None:
            return
        try:
            data = os.read(self._port.fileno(), CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:  # readable without data: the plug was pulled
            self._break()
            return
        self._arrived += data
        del self._arrived[:-LARGEST_BACKLOG]
        self._news.set()

    def _break(self) -> None:
        if self._port is None or self._broken.is_set():
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._port.fileno())
        loop.remove_writer(self._port.fileno())
        for event in (self._broken, self._news, self._room):
            event.set()


def _check_parity(port: int) -> None:
    """What is received too: pyserial has it sent only. termios(3), INPCK. Raises termios.error."""
    iflag, *rest = termios.tcgetattr(port)
    termios.tcsetattr(port, termios.TCSANOW, [iflag | termios.INPCK, *rest])
