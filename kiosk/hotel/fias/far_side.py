"""One connection as the hotel's interface sees it: as strict as a real one, and apart from the kiosk's own codec.

Nothing is sent before the station has described itself, nothing it did not ask for, nothing it says is believed that
was not agreed. What a real interface would log and drop is in ``violations``.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from typing import Protocol

from kiosk.hotel.fias.far_postings import PostingDesk
from kiosk.hotel.fias.far_services import ServiceDesk
from kiosk.hotel.fias.interface import Fields, Interface, Pairs, cards
from kiosk.hotel.fias.record_rules import (
    FIELDS,
    INTERFACE_CODES,
    LINK_RECORD,
    LONGEST,
    RECORD,
    is_known,
    violations,
)
from kiosk.hotel.fias.virtual_hotel import Stay
from kiosk.hotel.fias.wire_faults import GARBAGE, disturbed, record

CHUNK = 4096
MOST_UNFRAMED = 16_384
"""Bytes without the end of a record that are kept."""
MERGED_SECONDS = 0.02

_VERSIONS = {1: ("RP", "1CH;2CC"), 4: ("A1", "5.6"), 16: ("A2", "8.14"), 32: ("A3", "3.0"), 128: ("A0", "60")}
"""What LC tells for each bit of RT; the values are this house's."""


class Transport(Protocol):
    def abort(self) -> None: ...


class Reader(Protocol):
    """As much of asyncio.StreamReader as a line needs."""

    async def read(self, n: int, /) -> bytes: ...


class Writer(Protocol):
    """As much of asyncio.StreamWriter as a line needs."""

    @property
    def transport(self) -> Transport: ...

    def write(self, data: bytes, /) -> None: ...

    async def drain(self) -> None: ...

    def close(self) -> None: ...

    def is_closing(self) -> bool: ...


class Station:
    """The other end of one line; ``on_alive`` is awaited when the link has come up."""

    def __init__(self, interface: Interface, writer: Writer, on_alive: Callable[[], Awaitable[None]]) -> None:
        self.fields: Fields = {}
        self.alive = False
        self._interface = interface
        self._hotel = interface.hotel
        self._ways = interface.ways
        self._faults = interface.faults
        self._observed = interface.observed
        self._writer = writer
        self._on_alive = on_alive
        self._postings = PostingDesk(interface, self)
        self._services = ServiceDesk(interface, self)
        self._started: dict[str, str] = {}
        """Date and time of the last LS, which a key is checked with."""
        self._introduced = False
        self._orphaned = False
        self._wanted = 0
        """RT of the last LD."""
        self._buffer = b""
        self._held: list[bytes] = []
        self._speaking = asyncio.Lock()
        """However a record is cut to pieces, no other comes between them."""

    def orphan(self) -> None:
        """From now on nobody is at this end, though the line stays open."""
        self.alive, self._orphaned = False, True

    async def serve(self, reader: Reader) -> None:
        """Until the line ends."""
        if self._ways.still_knows and self._interface.remembered:
            self.fields, self.alive, self._introduced = self._interface.remembered, True, True
            await self._on_alive()
        elif self._ways.speaks_first:
            await self._start()
        while True:
            await self._faults.hearing.wait()
            chunk = await reader.read(CHUNK)
            await self._faults.hearing.wait()
            if not chunk or self._writer.is_closing():
                return  # what crossed our own goodbye is nobody's
            if not self._faults.silent and not self._orphaned:
                await self._take(chunk)

    async def restart(self) -> None:
        """The interface starts anew on the same line: it has forgotten the station."""
        self._forget()
        await self._start()

    async def leave(self) -> None:
        """LE, and the line goes down."""
        await self.say("LE", self._interface.stamp())
        self.close()

    def close(self) -> None:
        self.alive = False
        self._postings.close()
        self._writer.close()

    def abort(self) -> None:
        """As a pulled cable or a crashed server does it."""
        self.alive = False
        self._postings.close()
        self._writer.transport.abort()

    async def say(self, kind: str, pairs: Pairs, *, agreed: bool = False) -> None:
        """Send a record; if it has to be ``agreed``, only the fields asked for, and nothing where none were."""
        if self._interface.locked:
            return
        if agreed:
            if not self.alive or kind not in self.fields:
                return
            pairs = [(name, value) for name, value in pairs if name in self.fields[kind]]
        if self._faults.unknown_records:
            await self.raw(record("ZX", [("QQ", "future")], self._ways.code_page))
        await self.raw(record(kind, disturbed(kind, pairs, self._faults), self._ways.code_page))

    async def raw(self, data: bytes) -> None:
        """Bytes onto the wire as the faults will have them cut."""
        deaf = self._faults.silent or self._orphaned or not self._faults.hearing.is_set()
        if deaf or self._writer.is_closing():
            return
        if self._faults.noisy:
            data = GARBAGE + data
        if self._faults.merged:
            self._held.append(data)
            asyncio.get_running_loop().call_later(MERGED_SECONDS, self._flush)
            return
        async with self._speaking:
            for piece in [data[i : i + 3] for i in range(0, len(data), 3)] if self._faults.torn else [data]:
                self._writer.write(piece)
                await asyncio.sleep(0)
            await self._drain()

    async def check_in(self, guest: Pairs, cards: list[Pairs]) -> None:
        """GI, and KR for each card."""
        await self.say("GI", guest, agreed=True)
        for card in cards:
            await self.say("KR", card, agreed=True)

    async def move(self, guest: Pairs, old: Pairs, cards: list[Pairs]) -> None:
        """GC. A station that did not ask for moves hears of a departure from the ``old`` room and an arrival."""
        if "RO" in self.fields.get("GC", ()):
            await self.say("GC", [*guest, ("RO", dict(old)["RN"]), ("GS", dict(old)["GS"])], agreed=True)
            return
        if self._faults.arrives_first:
            await self.check_in(guest, cards)
        await self.say("GO", old, agreed=True)
        if not self._faults.arrives_first:
            await self.check_in(guest, cards)

    async def _start(self) -> None:
        stamp = self._interface.stamp()
        self._started = dict(stamp)
        await self.say("LS", stamp)

    def _flush(self) -> None:
        held, self._held = self._held, []
        if held and not self._writer.is_closing():
            self._writer.write(b"".join(held))

    async def _drain(self) -> None:
        try:
            await self._writer.drain()
        except ConnectionError:
            self._writer.close()

    async def _take(self, chunk: bytes) -> None:
        self._buffer += chunk
        while b"\x03" in self._buffer:
            frame, _, self._buffer = self._buffer.partition(b"\x03")
            noise, start, body = frame.partition(b"\x02")
            if noise or not start:
                self._observed.violations.append("bytes outside a frame")
            await self._hear(body.decode(self._ways.code_page, errors="replace"))
        if len(self._buffer) > MOST_UNFRAMED:
            self._observed.violations.append("no end of a record")
            self._buffer = b""

    async def _hear(self, text: str) -> None:
        if self._interface.locked:
            return
        kind = text[:2]
        if kind != "LR" and not RECORD.fullmatch(text):
            self._observed.violations.append(f"{kind} is no record")
            return
        if len(text) > LONGEST:
            self._observed.violations.append(f"{kind} is too long")
            return
        if "\ufffd" in text:
            self._observed.violations.append(f"{kind} is not in the code page")
            return
        if kind in ("LS", "LA", "LE", "DR") and (wrong := list(violations(kind, _fields(text)))):
            self._observed.violations.extend(wrong)
            return
        match kind:
            case "LS":
                await self._link_started()
            case "LD":
                self._link_described(_fields(text))
            case "LR":
                self._agree(text)
            case "LA":
                await self._link_alive()
            case "LE":
                await self.leave()
            case _ if not self.alive:
                self._observed.violations.append(f"{kind} before the link was alive")
            case "DR":
                await self._resync()
            case _:
                await self._hear_data(kind, text)

    async def _link_started(self) -> None:
        if self.alive:
            await self.say("LA", self._interface.stamp())
        else:
            await self._start()

    def _forget(self) -> None:
        self.fields, self.alive, self._introduced = {}, False, False
        self._postings.forget()

    def _link_described(self, values: dict[str, str]) -> None:
        self._forget()
        wrong = list(violations("LD", values))
        if not wrong and values["IF"] not in INTERFACE_CODES:
            wrong.append("LD.IF out of form")
        if wrong:
            self._observed.violations.extend(wrong)
            return
        self._wanted = int(values.get("RT", "0"))
        if self._interface.key is not None and not self._is_authentic(values):
            self._observed.violations.append("LD.CG is not of this key")
            self._interface.locked = True
            return
        self._introduced = True

    def _is_authentic(self, values: dict[str, str]) -> bool:
        assert self._interface.key is not None
        if not self._wanted or "CG" not in values or not self._started:
            return False
        return self._interface.key.check(values["CG"], self._started["DA"], self._started["TI"])

    def _agree(self, text: str) -> None:
        match = LINK_RECORD.fullmatch(text)
        if not match or not self._introduced:
            self._observed.violations.append("LR out of form")
            return
        kind, names = match[1], tuple(re.findall("..", match[2]))
        if kind in self.fields:
            self._observed.violations.append(f"second LR for {kind}")
            return
        if kind not in FIELDS:
            self._observed.violations.append(f"LR for {kind}, which is no record")
            return
        unknown = [name for name in names if name not in FIELDS[kind]]
        self._observed.violations.extend(f"LR for {kind}.{name}, which is no field" for name in unknown)
        self.fields[kind] = tuple(name for name in names if name not in unknown)

    async def _link_alive(self) -> None:
        if not self._introduced or not self.fields or self.alive:
            return
        self._observed.notes.extend(_mixtures(self.fields))
        self._interface.remembered = self.fields
        self.alive = True
        if told := [pair for bit, pair in _VERSIONS.items() if self._wanted & bit]:
            await self.say("LC", told)
        await self.say("LA", self._interface.stamp())
        await self._on_alive()

    async def _resync(self) -> None:
        self._observed.resyncs += 1
        if self._faults.ignore_resync:
            return
        await self.say("DS", self._interface.stamp())
        if self._faults.empty_resync:
            await self.say("DE", self._interface.stamp())
            return
        for room in self._hotel.rooms:
            if not self._hotel.in_room(room):
                await self.say("GO", [("RN", room), ("GS", "N"), ("SF", "")], agreed=True)
        asked = list(self._hotel.stays)
        for stay in self._still_here(asked):
            await self.say("GI", [*self._interface.guest(stay), ("SF", "")], agreed=True)
        if self._faults.unfinished_resync:
            return
        await self.say("DE", self._interface.stamp())
        for stay in self._still_here(asked):
            for card in cards(stay):
                await self.say("KR", card, agreed=True)

    def _still_here(self, reservations: list[str]) -> Iterator[Stay]:
        """The hotel does not stand still while it tells of its guests."""
        return (self._hotel.stays[number] for number in reservations if number in self._hotel.stays)

    async def _hear_data(self, kind: str, text: str) -> None:
        if not is_known(kind):
            self._observed.violations.append(f"{kind} was not expected")
            return
        if kind not in self.fields:
            self._observed.violations.append(f"{kind} was not agreed")
            return
        told = _fields(text)
        values = {name: value for name, value in told.items() if name in self.fields[kind]}
        self._observed.notes.extend(f"{kind}.{name} was not agreed" for name in told.keys() - values.keys())
        wrong = list(violations(kind, values))
        self._observed.violations.extend(wrong)
        if wrong:
            return
        if self._services.takes(kind):
            await self._services.hear(kind, values)
        else:
            self._postings.hear(kind, values)


def _fields(text: str) -> dict[str, str]:
    """Of a field that comes twice, the first."""
    pairs = [(part[:2], part[2:]) for part in text.split("|")[1:-1]]
    return dict(reversed(pairs))


def _mixtures(fields: Fields) -> Iterator[str]:
    """What one interface should not be asked to be at once (p.80)."""
    if "PR" in fields and "GI" in fields:
        yield "GI and PR on one interface"
    if "PR" in fields and "PS" in fields:
        yield "PS and PR on one interface"
