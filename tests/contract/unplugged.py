"""A program for a network namespace of its own, whose loopback can be pulled like a cable: a line that is half open.

No packet passes then, in neither direction, and nobody is told: neither FIN nor RST, only the kernel's own patience.
``python -m tests.contract.unplugged CASE FOLDER`` prints what came of it as JSON.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

from kiosk.hotel.fias import transport
from kiosk.hotel.fias.transport import Wire, WireCut, tcp
from kiosk.outbox import DeliveryState
from tests.house import house, until

SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
REQUEST = "16sH22x"
RECORD = b"\x02LS|DA261122|TI120000|\x03"


def cable(*, plugged: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = fcntl.ioctl(any_socket, SIOCGIFFLAGS, struct.pack(REQUEST, b"lo", 0))
        flags = struct.unpack(REQUEST, asked)[1] & ~IFF_UP | (IFF_UP if plugged else 0)
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack(REQUEST, b"lo", flags))


@asynccontextmanager
async def connected() -> AsyncIterator[Wire]:
    cable(plugged=True)
    heard = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\x03")
        heard.set()
        await asyncio.Event().wait()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with tcp("127.0.0.1", server.sockets[0].getsockname()[1])() as wire:
        await wire.write(RECORD)
        await heard.wait()
        yield wire
    server.close()


async def noticed(*, with_a_record: bool) -> float:
    async with connected() as wire:
        cable(plugged=False)
        began = monotonic()
        if with_a_record:
            await wire.write(RECORD)
            assert not wire.taken(), "nobody has it"
        try:
            while True:
                await wire.read(60.0, asyncio.get_running_loop().create_future())
        except WireCut:
            return monotonic() - began


async def idle(_folder: Path) -> float:
    """Seconds until it is noticed."""
    return await noticed(with_a_record=False)


async def written(_folder: Path) -> float:
    """The same, with a record under way."""
    return await noticed(with_a_record=True)


async def posting(folder: Path) -> list[object]:
    """A charge that went into the dead line, and one after it is mended: states, and how often each is booked."""
    async with house(folder) as station:
        cable(plugged=False)
        lost = station.sell("0808", 111)
        await station.becomes(lost, DeliveryState.UNKNOWN)
        cable(plugged=True)
        next_one = station.sell("0808", 222)
        await station.becomes(next_one, DeliveryState.DELIVERED)
        booked = [line.amount for line in station.hotel.folio("0808")]
        return [station.delivery(lost).attempts, booked, station.hotel.observed.connections]


async def blink(folder: Path) -> list[object]:
    """The line is dead for less than the kernel's patience: the record arrives in the end."""
    async with house(folder) as station:
        cable(plugged=False)
        key = station.sell("0808", 111)
        await until(lambda: station.delivery(key).state is DeliveryState.SENDING)
        await asyncio.sleep(0.2)
        cable(plugged=True)
        await station.becomes(key, DeliveryState.DELIVERED)
        booked = [line.amount for line in station.hotel.folio("0808")]
        return [station.delivery(key).attempts, booked, station.hotel.observed.connections]


CASES = {case.__name__: case for case in (idle, written, posting, blink)}

if __name__ == "__main__":
    transport.IDLE_PROBE_SECONDS = transport.PROBE_SECONDS = transport.PROBES = 1
    transport.UNACKNOWLEDGED_MS = 1000
    cable(plugged=True)
    sys.stdout.write(json.dumps(asyncio.run(CASES[sys.argv[1]](Path(sys.argv[2])))) + "\n")
