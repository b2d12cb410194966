"""A hotel system in a few lines, and a wire in memory: what the model check holds the whole link against.

Written apart from the product's codec and from its simulator. The hotel is forgetful, as real ones are: what it is sent
twice, it posts twice. Time is the event loop's own.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

from kiosk.hotel.fias.transport import WireCut

ANSWER = 0.05
"""Seconds the hotel takes for an answer."""
LATE = 45.0
"""Seconds of an answer, or of a booking, that comes long after anybody waits for it."""
SOON = 8.0
"""Seconds of an answer that an interface still has after it broke the line: another attempt may be under way."""
ROOMS = ("0101", "0102")


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


class Fate(Enum):
    """What becomes of the next posting: booked unless it is refused, and then so answered."""

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
    ANSWERED_ON_THE_NEXT = "line cut after it was booked, answered on the next one"


LOSSES = (
    Fate.ANSWER_LOST,
    Fate.ANSWER_LATE,
    Fate.DROPPED,
    Fate.BOOKED_LATE,
    Fate.CUT_BEFORE,
    Fate.CUT_AFTER,
    *[Fate.ANSWERED_ON_THE_NEXT] * 4,
)
"""After which the station knows nothing."""


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
MEANINGLESS = ("NM", "NR", "DE", "AA", "AN", "??")
"""No answers to a posting: they leave it in doubt, though nothing was booked."""


@dataclass
class Relocation:
    """What reception did to a guest. ``told``: the link took it off its wire and came back for more."""

    told: bool = False

    def is_told(self) -> None:
        self.told = True


@dataclass
class Person:
    """A guest. ``room`` is "" once left; ``said`` is where the kiosk thinks this one is, "" for nowhere."""

    number: str
    name: str
    room: str
    said: str
    moved: Relocation | None = None
    """The last time; whoever never moved is where everybody thinks."""

    @property
    def known(self) -> bool:
        return self.moved is None or self.moved.told


@dataclass
class MemoryWire:
    """The kiosk's end. ``writes`` are points at which the process may be killed."""

    hotel: Hotel
    died: asyncio.Future[None] | None = None
    arrived: bytearray = field(default_factory=bytearray)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    cut: bool = False
    taken: int = 0
    waiting: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    """What is so once that many bytes were taken and dealt with."""

    async def read(self, within: float, unless: asyncio.Future[object]) -> bytes:
        while self.waiting and self.waiting[0][0] <= self.taken:
            self.waiting.pop(0)[1]()
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
        self.taken += size
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

    def heard(self, so: Callable[[], None]) -> None:
        """``so`` is called when the link has dealt with what was delivered last: it comes back for more."""
        if not self.cut:
            self.waiting.append((self.taken + len(self.arrived), so))

    def break_off(self) -> None:
        self.cut = True
        self.news.set()


def _three() -> list[Person]:
    """Two who share a room, and one alone."""
    return [Person(number, f"Guest, {name}", room, room) for number, name, room in STAYS]


STAYS = (("77", "A", ROOMS[0]), ("78", "B", ROOMS[0]), ("79", "C", ROOMS[1]))


@dataclass
class Heard:
    """Numbers of attempts whose answer the link took off its wire, and came back for more."""

    yes: set[str] = field(default_factory=set)
    no: set[str] = field(default_factory=set)


@dataclass
class Hotel:
    """``folio`` counts what was posted by check number; ``point`` is called where the process may die.

    ``strangers`` are those on whose folio a charge is that another signed though the link had been told where.
    """

    folio: Counter[str] = field(default_factory=Counter)
    heard: defaultdict[str, Heard] = field(default_factory=lambda: defaultdict(Heard))
    """By check number."""
    owed: Counter[str] = field(default_factory=Counter)
    """By guest, in the digits of TA."""
    people: list[Person] = field(default_factory=_three)
    """In the order they came."""
    signed: dict[str, Person] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    untold: list[tuple[str, Person]] = field(default_factory=list)
    """Records that reception will send, in order, and of whom."""
    unnumbered: bool = False
    """Guests alone in a room have no reservation number on this wire."""
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

    def say(self, wire: MemoryWire | None, text: str, heard: Callable[[], None] | None = None) -> None:
        if wire is not None and not self.silent:
            wire.deliver(b"\x02" + text.encode("gbk") + b"\x03")
            if heard is not None:
                wire.heard(heard)

    def cut(self) -> None:
        if self.wire is not None:
            self.wire.break_off()
            self.wire, self.alive = None, False

    def restart(self) -> None:
        """The interface has forgotten the station."""
        self.alive = False
        self.say(self.wire, "LS|DA261122|TI120000|")

    def leave(self) -> None:
        self.alive = False
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
                self._roll(wire)
            case "PR" if "|PI" in text and self.alive:
                self.inquired = True
                self._inquiry(wire, _fields(text))
            case "PS" | "PR" if self.alive:
                self._posting(wire, _fields(text))

    def move(self, person: Person, room: str) -> None:
        """GC. ``tell`` sends it, and whatever else waits."""
        old, person.room = person.room, room
        self._relocated(person, f"GC|RN{room}|{self._who(person)}RO{old}|GSN|")

    def check_out(self, person: Person) -> None:
        """GO."""
        old, person.room = person.room, ""
        self._relocated(person, f"GO|RN{old}|{self._number(person)}GSN|")

    def check_in(self, name: str, room: str) -> None:
        """GI of somebody new, who signs nothing before it is told."""
        person = Person(str(77 + len(self.people)), f"Guest, {name}", room, "")
        self.people.append(person)
        self._relocated(person, f"GI|RN{room}|{self._who(person)}{self._shares(person)}")

    def tell(self) -> None:
        """What reception has not sent yet goes out now, if anybody listens."""
        if self.wire is None or not self.alive or self.silent:
            return
        for record, person in self.untold:
            self.say(self.wire, record)
            self._said(self.wire, person)
        self.untold.clear()

    def in_room(self, room: str) -> list[Person]:
        return [person for person in self.people if room and person.room == room]

    def number_of(self, person: Person) -> str:
        """On this wire."""
        return "" if self.unnumbered and person.name == "Guest, C" else person.number

    def _relocated(self, person: Person, record: str) -> None:
        person.moved = Relocation()
        self.untold.append((record, person))

    def _said(self, wire: MemoryWire, person: Person) -> None:
        person.said = person.room
        if person.moved is not None:
            wire.heard(person.moved.is_told)

    def _number(self, person: Person) -> str:
        return f"G#{number}|" if (number := self.number_of(person)) else ""

    def _who(self, person: Person) -> str:
        return f"{self._number(person)}GN{person.name}|"

    def _shares(self, person: Person) -> str:
        return "GSN|" if self.in_room(person.room)[0] is person else "GSY|"

    def _roll(self, wire: MemoryWire) -> None:
        self.say(wire, "DS|DA261122|TI120000|")
        for person in self.people:
            if person.room:
                self.say(wire, f"GI|RN{person.room}|{self._who(person)}{self._shares(person)}SF|")
        self.say(wire, "DE|DA261122|TI120000|")
        self.untold.clear()
        for person in self.people:
            self._said(wire, person)

    def _inquiry(self, wire: MemoryWire, fields: dict[str, str]) -> None:
        there = self.in_room(fields["PI"])
        if not there:
            self._answer(wire, fields, "NG")
            return
        listed = "".join(
            f"RN{person.room}|{self._who(person)}BA{self.owed[person.number] / 100:.2f}|" for person in there
        )
        found = f"PL|P#{fields['P#']}|WS{fields['WS']}|{listed}"
        self._later(ANSWER, lambda: self.say(wire, found))

    def _payer(self, fields: dict[str, str]) -> Person | None:
        """A guest who is named pays; of a room, whoever came first."""
        there = self.in_room(fields["RN"])
        number, name = fields.get("G#"), fields.get("GN")
        meant = [person for person in there if number in (None, person.number) and name in (None, person.name)]
        return meant[0] if meant else None

    def _posting(self, wire: MemoryWire, fields: dict[str, str]) -> None:
        payer = self._payer(fields)
        status = self._status(payer)
        if payer is not None and status == "OK":
            self._compare(fields, payer)
        fate = self.fates.pop(0) if self.fates else Fate.BOOKED
        match fate:
            case Fate.DROPPED:
                pass
            case Fate.CUT_BEFORE:
                self.cut()
            case Fate.BOOKED_LATE:
                self._later(LATE, lambda: self._book_and_answer(wire, fields, status, payer))
            case _:
                self._book(fields, status, payer)
                self._after_booking(wire, fields, status, fate)

    def _status(self, payer: Person | None) -> str:
        if self.auditing:
            return "NA"
        if self.refusals:
            return self.refusals.pop(0)
        return "OK" if payer else "NG"

    def _compare(self, fields: dict[str, str], payer: Person) -> None:
        """A charge to a room is its guests' together, one to a guest nobody else's."""
        signer = self.signed.get(fields.get("C#", ""))
        if signer is None or not signer.known or signer is payer:
            return
        if "G#" in fields or "GN" in fields or signer.room != payer.room:
            self.strangers.append(payer.name)

    def _after_booking(self, wire: MemoryWire, fields: dict[str, str], status: str, fate: Fate) -> None:
        match fate:
            case Fate.BOOKED:
                self._answer(wire, fields, status)
            case Fate.ANSWER_LATE:
                self._answer(wire, fields, status, LATE)
            case Fate.ANSWER_TWICE:
                self._answer(wire, fields, status)
                self._answer(wire, fields, status)
            case Fate.ANSWER_TWICE_LATE:
                self._answer(wire, fields, status)
                self._answer(wire, fields, status, LATE)
            case Fate.STRANGER_FIRST:
                self._answer(wire, {"P#": str(int(fields["P#"]) + 4711)}, "NG")
                self._answer(wire, fields, status)
            case Fate.CUT_AFTER:
                self.cut()
            case Fate.LE_AFTER:
                self.leave()
            case Fate.LS_AFTER:
                self.restart()
            case Fate.ANSWERED_ON_THE_NEXT:
                self.cut()
                self._answer(wire, fields, status, SOON)
            case Fate.ANSWER_LOST:
                pass

    def _book_and_answer(self, wire: MemoryWire, fields: dict[str, str], status: str, payer: Person | None) -> None:
        self._book(fields, status, payer)
        self._answer(wire, fields, status)

    def _book(self, fields: dict[str, str], status: str, payer: Person | None) -> None:
        if payer is not None and status == "OK":
            self.folio[_check(fields)] += 1
            self.owed[payer.number] += int(fields["TA"])

    def _answer(self, wire: MemoryWire, fields: dict[str, str], status: str, seconds: float = ANSWER) -> None:
        """To the posting or inquiry of these ``fields``."""
        answer = f"PA|AS{status}|P#{fields['P#']}|DA261122|TI120000|CT|WSKIOSK1|"
        # An interface that restarted on the same line still says what the hotel system answers.
        self._later(
            seconds,
            lambda: self.say(wire if not wire.cut else self.wire, answer, lambda: self._heard(fields, status)),
        )

    def _heard(self, fields: dict[str, str], status: str) -> None:
        if "TA" in fields and status not in MEANINGLESS:
            heard = self.heard[_check(fields)]
            (heard.yes if status == "OK" else heard.no).add(fields["P#"])

    def _later(self, seconds: float, what: object) -> None:
        self.late += 1

        def happen() -> None:
            self.late -= 1
            what()  # type: ignore[operator]

        asyncio.get_running_loop().call_later(seconds, happen)


def _check(fields: dict[str, str]) -> str:
    """A technician's posting has no check number; its text says which it is."""
    return fields.get("C#") or fields["CT"]


def _fields(text: str) -> dict[str, str]:
    return {part[:2]: part[2:] for part in text.split("|")[1:] if part}
