"""Talking to the hotel simulator by hand, apart from the kiosk's own codec and session."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal, Protocol

import pytest

from kiosk.hotel.fias.serial_far_side import HotelPace, SerialFarSide
from kiosk.hotel.fias.serial_wire import serial
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.fias.transport import Wire as LineWire
from kiosk.hotel.fias.transport import WireCut

Over = Literal["tcp", "serial"]
PROMPT = HotelPace(reopen=0.02)

START = "LD|DA261121|TI120000|V#1.0|IFMS|"
ALIVE = "LA|DA261121|TI120000|"
INTRODUCTION = (START, "LR|RIPS|FLRNPTTADATIP#WSC#CTS1CO|", "LR|RIPA|FLASRNP#|", ALIVE)
POSTING = "PS|RN0808|PTC|TA150|DA261121|TI120000|P#1|WSK1|C#1|CTCopy|"


class Writer(Protocol):
    """As much of asyncio.StreamWriter as both kinds of line have."""

    def write(self, data: bytes, /) -> None: ...

    def close(self) -> None: ...


class Wire:
    """One connection. ``hear`` gives the next record's text."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: Writer, code_page: str = "gbk", seconds: float = 10.0
    ) -> None:
        self.reader, self.writer = reader, writer
        self._code_page, self._seconds = code_page, seconds

    def say(self, *records: str) -> None:
        self.writer.write(b"".join(b"\x02" + record.encode(self._code_page) + b"\x03" for record in records))

    async def hear(self) -> str:
        async with asyncio.timeout(self._seconds):
            frame = await self.reader.readuntil(b"\x03")
        assert frame[:1] == b"\x02", "bytes between the frames"
        return frame[1:-1].decode(self._code_page)

    async def hear_all(self, last: str) -> list[str]:
        """Up to the record that begins so, that one included."""
        heard = [await self.hear()]
        while not heard[-1].startswith(last):
            heard.append(await self.hear())
        return heard

    async def hears_nothing(self, seconds: float = 0.1) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.reader.read(1)

    async def is_closed(self) -> bool:
        async with asyncio.timeout(self._seconds):
            try:
                return await self.reader.read(1) == b""
            except ConnectionError:
                return True


async def connected(hotel: HotelSimulator, tls: ssl.SSLContext | None = None) -> Wire:
    return Wire(*await asyncio.open_connection("127.0.0.1", hotel.port, ssl=tls))


class _SerialEnd:
    """Reads and writes a serial line in the background; its writes are the records written, one after another."""

    def __init__(self, line: LineWire) -> None:
        self.reader = asyncio.StreamReader()
        self._line = line
        self._records: asyncio.Queue[bytes] = asyncio.Queue()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]

    def write(self, data: bytes) -> None:
        for body in data.split(b"\x03")[:-1]:
            self._records.put_nowait(body + b"\x03")

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()

    async def _read(self) -> None:
        never = asyncio.get_running_loop().create_future()
        try:
            while True:
                self.reader.feed_data(await self._line.read(60.0, never))
        except WireCut:
            self.reader.feed_eof()

    async def _write(self) -> None:
        while True:
            await self._line.write(await self._records.get())


@asynccontextmanager
async def over_serial(hotel: HotelSimulator) -> AsyncIterator[tuple[SerialFarSide, Wire]]:
    async with SerialFarSide(hotel.serve, PROMPT) as far, serial(far.path, 38400)() as line:
        end = _SerialEnd(line)
        try:
            yield far, Wire(end.reader, end)
        finally:
            end.close()
        assert far.violations == []


@asynccontextmanager
async def _over_tcp(hotel: HotelSimulator) -> AsyncIterator[tuple[None, Wire]]:
    wire = await connected(hotel)
    yield None, wire
    wire.writer.close()


@asynccontextmanager
async def wired(
    *introduction: str, hotel: HotelSimulator | None = None, over: Over = "tcp"
) -> AsyncIterator[tuple[HotelSimulator, Wire]]:
    """A hotel and a line to it; with an introduction, alive."""
    running = hotel or HotelSimulator(answer_seconds=0.02)
    line = over_serial if over == "serial" else _over_tcp
    async with running, line(running) as (_, wire):
        assert (await wire.hear()).startswith("LS|DA")
        wire.say(*introduction)
        if introduction:
            assert (await wire.hear()).startswith("LA|DA")
        yield running, wire


def asks_for(**fields: str) -> tuple[str, ...]:
    """An introduction with such LR records."""
    return (START, *(f"LR|RI{kind}|FL{names.replace(' ', '')}|" for kind, names in fields.items()), ALIVE)
