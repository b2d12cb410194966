"""The wire in plain words for whoever stands beside the machine. Who stays in the house is not shown.

The link serves it on a socket in its runtime folder; nothing of it is kept. Of a value that is not known to be harmless
only the length is told.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol

Direction = Literal["in", "out"]


class Spoken(Protocol):
    """A record of any protocol: what sort it is, and its fields in the order of the wire."""

    @property
    def kind(self) -> str: ...

    @property
    def fields(self) -> tuple[tuple[str, str], ...]: ...


_SUBTOTALS = tuple(kind + str(number) for kind in "STD" for number in range(1, 10))
_HARMLESS = frozenset(_SUBTOTALS) | {
    "RN",
    "RO",
    "G#",
    "GS",
    "GL",
    "GV",
    "NP",
    "SF",
    "DN",
    "ML",
    "RS",
    "CS",
    "DA",
    "TI",
    "P#",
    "WS",
    "AS",
    "PT",
    "TA",
    "C#",
    "SO",
    "SC",
    "TP",
    "PM",
    "DC",
    "F#",
    "FD",
    "IF",
    "V#",
    "RT",
    "RL",
    "RI",
    "FL",
    "KC",
    "KT",
    "MI",
    "BI",
}
_OURS = frozenset(("CT", "X1"))
"""Harmless in what we send, for we wrote it; the hotel's own text may name a guest."""

_ARROWS = {"in": "<-", "out": "->"}
BACKLOG = 65536
"""Bytes that may wait for a reader; a slower one is dropped, the link waits for nobody."""


def trace_line(direction: Direction, heard: Spoken | str, at: datetime) -> str:
    """One record, or a few words about what was no record: ``12:00:01.250 <- GI RN=0808 G#=31001 GN=(9)``.

    What would move the reader's cursor or begin another line is shown as "?".
    """
    said = heard if isinstance(heard, str) else " ".join((heard.kind, *_fields(direction, heard)))
    plain = "".join(char if char.isprintable() else "?" for char in said)
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03} {_ARROWS[direction]} {plain}"


def _fields(direction: Direction, record: Spoken) -> list[str]:
    return [f"{name}={_shown(direction, name, value)}" for name, value in record.fields]


def _shown(direction: Direction, name: str, value: str) -> str:
    if not value or name in _HARMLESS or (direction == "out" and name in _OURS):
        return value
    return f"({len(value)})"


@contextmanager
def _bound(path: Path) -> Iterator[socket.socket]:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as ours:
        ours.bind(str(path))
        path.chmod(0o600)
        yield ours
    path.unlink(missing_ok=True)


class Trace:
    """Listeners that are shown every line from now on."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.StreamWriter] = set()

    @property
    def heard(self) -> bool:
        """Somebody listens."""
        return bool(self._listeners)

    def tap(self, direction: Direction, heard: Spoken | str) -> None:
        """Costs nothing while nobody listens."""
        if self._listeners:
            self._say(trace_line(direction, heard, datetime.now().astimezone()))

    @asynccontextmanager
    async def served(self, path: Path) -> AsyncIterator[None]:
        """Listeners are taken in at ``path``, readable by the station's own user only."""
        with _bound(path) as ours:
            server = await asyncio.start_unix_server(self._listen, sock=ours)
            try:
                yield
            finally:
                server.close()
                for listener in tuple(self._listeners):
                    listener.close()

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._listeners.add(writer)
        try:
            with suppress(ConnectionError):
                await reader.read()  # until the listener goes
        finally:
            self._listeners.discard(writer)
            writer.close()

    def _say(self, line: str) -> None:
        for listener in tuple(self._listeners):
            if listener.transport.get_write_buffer_size() > BACKLOG:
                self._listeners.discard(listener)
                listener.transport.abort()
            else:
                listener.write(line.encode() + b"\n")
