"""A hotel system that has nothing in common with ours: what it says to what is a table, its wire is written by hand.

An answer is a sequence of steps: text is a record to send, with ``{RN}`` and the like for what it answers to; bytes go
out as they are; a number is a pause in seconds; HANG_UP closes the line; a function gives the text for a record.
"""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Any, Self

HANG_UP = object()
STAMP = "DA261122|TI020304"
LS, LA, LE, LC = (f"{kind}|{STAMP}|" for kind in ("LS", "LA", "LE", "LC"))
DS, DE, NS, NE = (f"{kind}|{STAMP}|" for kind in ("DS", "DE", "NS", "NE"))
POSTED = "PA|ASOK|RN{RN}|P#{P#}|DA{DA}|TI{TI}|WS{WS}|CTTransaction 660532|"
GUEST = "GI|RN0808|G#31001|GSN|GNExample|GFIda|GLEN|GVV1|NPN|SF|"
ROLL = (DS, GUEST, DE)

Step = Any
Answers = Mapping[str, tuple[Step, ...]]
USUAL: Answers = {"LA": (LA,), "DR": ROLL, "PS": (POSTED,), "LE": (LE, HANG_UP)}


@dataclass
class Manners:
    """``greets``: said to whoever connects. ``answers``: in place of the usual ones, by record; () is silence.

    ``complains`` names what is wrong with a record, given those before it: the line is dropped then. ``piece``: bytes
    a segment. ``first`` and ``last`` stand around every record.
    """

    greets: tuple[Step, ...] = (LS,)
    answers: Answers = field(default_factory=dict)
    complains: Callable[[list[str], str], str] = lambda _before, _record: ""
    code_page: str = "gbk"
    piece: int = 1 << 20
    careless: bool = False
    """Takes what one read brings for one record: what came behind it is lost."""
    first: bytes = b"\x02"
    last: bytes = b"\x03"
    every: tuple[float, str] | None = None
    """Said again and again after so many seconds."""
    tls: SSLContext | None = None


class StrangeInterface:
    """Serves in a thread of its own, within the ``with`` block. ``heard`` has every record of every line."""

    def __init__(self, manners: Manners) -> None:
        self.manners = manners
        self.heard: list[str] = []
        self.complaints: list[str] = []
        self.lines = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="stranger", daemon=True)
        self._writers: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._wait(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def of(self, kind: str) -> list[str]:
        return [record for record in self.heard if record[:2] == kind]

    def _wait(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.manners.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1
        said = asyncio.create_task(self._repeat(writer)) if self.manners.every else None
        with suppress(asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            await self._talk(reader, writer)
        if said:
            said.cancel()
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        before: list[str] = []
        if not await self._do(self.manners.greets, "", writer):
            return
        while True:
            frame = await (_first_of_a_read(reader) if self.manners.careless else reader.readuntil(b"\x03"))
            record = frame[1:-1].decode(self.manners.code_page)
            self.heard.append(record)
            complaint = "" if frame[:1] == b"\x02" else "no STX"
            if complaint := complaint or self.manners.complains(before, record):
                self.complaints.append(complaint)
                return
            before.append(record)
            steps = {**USUAL, **self.manners.answers}.get(record[:2], ())
            if not await self._do(steps, record, writer):
                return

    async def _do(self, steps: tuple[Step, ...], record: str, writer: asyncio.StreamWriter) -> bool:
        values = defaultdict(str, {part[:2]: part[2:] for part in record.split("|")[1:]})
        for step in steps:
            if step is HANG_UP:
                return False
            match step:
                case str():
                    await self._write(step.format_map(values), writer)
                case bytes():
                    writer.write(step)
                case int() | float():
                    await asyncio.sleep(step)
                case _:
                    await self._write(step(record).format_map(values), writer)
        return True

    async def _write(self, record: str, writer: asyncio.StreamWriter) -> None:
        frame = self.manners.first + record.encode(self.manners.code_page) + self.manners.last
        for begin in range(0, len(frame), self.manners.piece):
            writer.write(frame[begin : begin + self.manners.piece])
            await writer.drain()
            if self.manners.piece < len(frame):
                await asyncio.sleep(0)

    async def _repeat(self, writer: asyncio.StreamWriter) -> None:
        assert self.manners.every is not None
        seconds, record = self.manners.every
        with suppress(ConnectionError, asyncio.CancelledError):
            while True:
                await asyncio.sleep(seconds)
                await self._write(record, writer)


async def _first_of_a_read(reader: asyncio.StreamReader) -> bytes:
    frame, end, _ = (await reader.read(4096)).partition(b"\x03")
    if not end:
        raise asyncio.IncompleteReadError(frame, None)
    return frame + end
