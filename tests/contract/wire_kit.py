"""What the tests of wires to the hotel system have in common: a far side that serves conversations by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from kiosk.hotel.fias.serial_far_side import HotelPace, SerialFarSide
from kiosk.hotel.fias.serial_framing import Pace
from kiosk.hotel.fias.transport import Wire

SOON = 10.0
LS, LA, PS = b"\x02LS|DA161117|TI102926|\x03", b"\x02LA|DA161117|TI102927|\x03", b"\x02PS|RN0808|TA150|P#7|\x03"
BRISK = Pace(answer=0.15, between=0.06, after_noise=0.03, last=0.3)
PROMPT = HotelPace(answer=0.3, reopen=0.02)


class House:
    """Serves one conversation after another: keeps what it hears, says what the test wants said."""

    def __init__(self) -> None:
        self.heard = b""
        self.conversations = 0
        self.ended = 0
        self.writer: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.conversations += 1
        self.writer = writer
        try:
            while chunk := await reader.read(4096):
                self.heard += chunk
        except OSError:
            pass
        finally:
            self.ended += 1
            self.writer = None
            writer.close()

    def say(self, data: bytes) -> None:
        assert self.writer is not None
        self.writer.write(data)

    async def has(self, *, conversations: int = 0, ended: int = 0, heard: bytes = b"") -> None:
        await until(lambda: self.conversations >= conversations and self.ended >= ended and heard in self.heard)


async def until(right: Callable[[], object]) -> None:
    async with asyncio.timeout(SOON):
        while not right():
            await asyncio.sleep(0.005)


def never() -> asyncio.Future[bool]:
    return asyncio.get_running_loop().create_future()


async def read(wire: Wire, count: int) -> bytes:
    got = b""
    async with asyncio.timeout(SOON):
        while len(got) < count:
            got += await wire.read(1.0, never())
    return got


@asynccontextmanager
async def line(house: House) -> AsyncIterator[SerialFarSide]:
    async with SerialFarSide(house.serve, PROMPT) as far:
        yield far
