"""A hotel system in a few lines, and a wire in memory: what the model check holds the whole link against.

Written apart from the product's codec and from its simulator. The hotel is forgetful, as real ones are: what it is sent
twice, it posts twice. Time is the event loop's own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

from kiosk.hotel.fias.transport import WireCut

ANSWER = 0.05
"""Seconds the hotel takes for an answer."""
LATE = 45.0
"""Seconds of an answer, or of a booking, that comes long after anybody waits for it."""
ROOM, RESERVATION = "0101", "77"


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


class Fate(Enum):
    """What becomes of the next posting."""

    BOOKED = "booked"
    ANSWER_LOST = "answer lost"
    ANSWER_LATE = "answer late"
    ANSWER_TWICE = "answer twice"
    ANSWER_TWICE_LATE = "answer again much later"
    STRANGER_FIRST = "answer for another number first"
    DROPPED = "never read"
    BOOKED_LATE = "booked and answered much later"
    CUT_BEFORE = "line cut before it was booked"
    CUT_AFTER = "line cut after it was booked"
    LE_AFTER = "LE after it was booked"
    LS_AFTER = "LS after it was booked, the answer lost"


REFUSALS = (
    "NG",
    "NP",
    "CO",
    "DM",
    "IA",
    "RY",
    "UR",
    "FX",
    "DN",
    "NF",
    "NM",
    "NR",
    "BY",
    "DE",
    "BM",
    "CD",
    "AA",
    "AN",
    "??",
)


@dataclass
class MemoryWire:
    """The kiosk's end. ``writes`` are points at which the process may be killed."""

    hotel: Hotel
    died: asyncio.Future[None] | None = None
    arrived: bytearray = field(default_factory=bytearray)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    cut: bool = False

    async def read(self, within: float, unless: asyncio.Future[object]) -> bytes:
        if not self.arrived and not self.cut:
            waiting = asyncio.ensure_future(self.news.wait())
            try:
                await asyncio.wait({waiting, unless}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
        if not self.arrived:
            if self.cut:
                raise WireCut("end of stream")
            return b""
        size = 3 if self.hotel.torn else len(self.arrived)
        piece = bytes(self.arrived[:size])
        del self.arrived[:size]
        if not self.arrived and not self.cut:
            self.news.clear()
        return piece

    async def write(self, frame: bytes) -> None:
        self.hotel.point()
        if self.cut:
            raise WireCut("closed")
        self.hotel.hear(self, frame)
        self.hotel.point()

    async def close(self) -> None:
        self.cut = True
        if self.hotel.wire is self:
            self.hotel.wire = None

    def deliver(self, data: bytes) -> None:
        if not self.cut:
            self.arrived += data
            self.news.set()

    def break_off(self) -> None:
        self.cut = True
        self.news.set()


@dataclass
class Hotel:
    """``folio`` counts what was posted by check number; ``point`` is called where the process may die."""

    folio: Counter[str] = field(default_factory=Counter)
    owed: int = 0
    amounts: dict[str, int] = field(default_factory=dict)
    lines: list[tuple[str, str, int]] = field(default_factory=list)
    """Check number, sequence, amount in the digits of TA."""
    fates: list[Fate] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    wire: MemoryWire | None = None
    alive: bool = False
    reachable: bool = True
    silent: bool = False
    torn: bool = False
    mute_start: bool = False
    auditing: bool = False
    late: int = 0
    """What will still happen by itself."""
    inquired: bool = False
    point: Callable[[], None] = lambda: None

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[MemoryWire]:
        if not self.reachable:
            raise WireCut("refused")
        if self.wire is not None:
            self.wire.break_off()
        self.wire = wire = MemoryWire(self)
        self.alive = False
        if not self.mute_start:
            self.say(wire, "LS|DA261122|TI120000|")
        try:
            yield wire
        finally:
            await wire.close()

    def say(self, wire: MemoryWire | None, text: str) -> None:
        if wire is not None and not self.silent:
            wire.deliver(b"\x02" + text.encode("gbk") + b"\x03")

    def cut(self) -> None:
        if self.wire is not None:
            self.wire.break_off()
            self.wire, self.alive = None, False

    def restart(self) -> None:
        """The interface has forgotten the station."""
        self.alive = False
        self.say(self.wire, "LS|DA261122|TI120000|")

    def leave(self) -> None:
        self.say(self.wire, "LE|DA261122|TI120000|")
        asyncio.get_running_loop().call_later(2.0, self.cut)

    def audit(self, *, on: bool) -> None:
        self.auditing = on
        if self.alive:
            self.say(self.wire, f"{'NS' if on else 'NE'}|DA261122|TI030000|")

    def garbage(self) -> None:
        if self.wire is not None:
            self.wire.deliver(b"\xff|\x00" * 9 + b"\x02||\x03\x02" + b"ZZ|XX1|\x03\x03")

    def hear(self, wire: MemoryWire, frame: bytes) -> None:
        if self.silent:
            return
        text = frame.strip(b"\x02\x03").decode("gbk")
        match text[:2]:
            case "LS":
                self.say(wire, "LA|DA261122|TI120000|" if self.alive else "LS|DA261122|TI120000|")
            case "LD":
                self.alive = False
            case "LA" if not self.alive:
                self.alive = True
                self.say(wire, "LA|DA261122|TI120000|")
                if self.auditing:
                    self.say(wire, "NS|DA261122|TI030000|")
            case "LE":
                self.cut()
            case "DR":
                guest = f"RN{ROOM}|G#{RESERVATION}|GSN|GNGuest|SF|"
                for record in ("DS|DA261122|TI120000|", f"GI|{guest}", "DE|DA261122|TI120000|"):
                    self.say(wire, record)
            case "PR" if "|PI" in text and self.alive:
                self.inquired = True
                fields = _fields(text)
                balance = f"BA{self.owed / 100:.2f}|"
                found = f"PL|P#{fields['P#']}|WS{fields['WS']}|RN{ROOM}|G#{RESERVATION}|GNGuest|{balance}"
                self._later(ANSWER, lambda: self.say(wire, found))
            case "PS" | "PR" if self.alive:
                self._posting(wire, _fields(text))

    def _posting(self, wire: MemoryWire, fields: dict[str, str]) -> None:
        sequence = fields["P#"]
        if self.auditing:
            self._answer(wire, sequence, "NA")
        elif self.refusals:
            self._answer(wire, sequence, self.refusals.pop(0))
        else:
            fate = self.fates.pop(0) if self.fates else Fate.BOOKED
            if fate is Fate.DROPPED:
                return
            if fate is Fate.CUT_BEFORE:
                self.cut()
                return
            if fate is Fate.BOOKED_LATE:
                self._later(LATE, lambda: self._book_and_answer(wire, fields))
                return
            self._book(fields)
            self._after_booking(wire, sequence, fate)

    def _after_booking(self, wire: MemoryWire, sequence: str, fate: Fate) -> None:
        match fate:
            case Fate.BOOKED:
                self._answer(wire, sequence, "OK")
            case Fate.ANSWER_LATE:
                self._answer(wire, sequence, "OK", LATE)
            case Fate.ANSWER_TWICE:
                self._answer(wire, sequence, "OK")
                self._answer(wire, sequence, "OK")
            case Fate.ANSWER_TWICE_LATE:
                self._answer(wire, sequence, "OK")
                self._answer(wire, sequence, "OK", LATE)
            case Fate.STRANGER_FIRST:
                self._answer(wire, str(int(sequence) + 4711), "NG")
                self._answer(wire, sequence, "OK")
            case Fate.CUT_AFTER:
                self.cut()
            case Fate.LE_AFTER:
                self.leave()
            case Fate.LS_AFTER:
                self.restart()
            case Fate.ANSWER_LOST:
                pass

    def _book_and_answer(self, wire: MemoryWire, fields: dict[str, str]) -> None:
        self._book(fields)
        self._answer(wire, fields["P#"], "OK")

    def _book(self, fields: dict[str, str]) -> None:
        self.folio[fields["C#"]] += 1
        self.owed += int(fields["TA"])
        self.lines.append((fields["C#"], fields["P#"], int(fields["TA"])))

    def _answer(self, wire: MemoryWire, sequence: str, status: str, seconds: float = ANSWER) -> None:
        answer = f"PA|AS{status}|RN{ROOM}|P#{sequence}|DA261122|TI120000|CT|WSKIOSK1|"
        # An interface that restarted on the same line still says what the hotel system answers.
        self._later(seconds, lambda: self.say(wire if not wire.cut else self.wire, answer))

    def _later(self, seconds: float, what: object) -> None:
        self.late += 1

        def happen() -> None:
            self.late -= 1
            what()  # type: ignore[operator]

        asyncio.get_running_loop().call_later(seconds, happen)


def _fields(text: str) -> dict[str, str]:
    return {part[:2]: part[2:] for part in text.split("|")[1:] if part}
