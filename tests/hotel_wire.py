"""Talking to the hotel simulator by hand, apart from the kiosk's own codec and session."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from kiosk.hotel.fias.simulator import HotelSimulator

START = "LD|DA261121|TI120000|V#1.0|IFMS|"
ALIVE = "LA|DA261121|TI120000|"
INTRODUCTION = (START, "LR|RIPS|FLRNPTTADATIP#WSC#CTS1CO|", "LR|RIPA|FLASRNP#|", ALIVE)
POSTING = "PS|RN0808|PTC|TA150|DA261121|TI120000|P#1|WSK1|C#1|CTCopy|"


class Wire:
    """One connection. ``hear`` gives the next record's text."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, code_page: str = "gbk", seconds: float = 3.0
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


@asynccontextmanager
async def wired(*introduction: str, hotel: HotelSimulator | None = None) -> AsyncIterator[tuple[HotelSimulator, Wire]]:
    """A hotel and a line to it; with an introduction, alive."""
    async with hotel or HotelSimulator(answer_seconds=0.02) as running:
        wire = await connected(running)
        assert (await wire.hear()).startswith("LS|DA")
        wire.say(*introduction)
        if introduction:
            assert (await wire.hear()).startswith("LA|DA")
        yield running, wire
        wire.writer.close()


def asks_for(**fields: str) -> tuple[str, ...]:
    """An introduction with such LR records."""
    return (START, *(f"LR|RI{kind}|FL{names.replace(' ', '')}|" for kind, names in fields.items()), ALIVE)
