"""What all lines of the virtual hotel's interface share: how it is set up, what shall go wrong, what it has seen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from kiosk.hotel.fias.virtual_hotel import Stay, VirtualHotel

Pairs = list[tuple[str, str]]
Fields = dict[str, tuple[str, ...]]


@dataclass
class Faults:
    """What shall go wrong; numbers are of the next answers, switches stay until they are put back."""

    lose_answers: int = 0
    lose_lists: int = 0
    drop_postings: int = 0
    answer_late: float = 0.0
    """Extra seconds for the next answer only."""
    answer_again: float = 0.0
    """The next answer is given in time, and again so many seconds later."""
    refuse: list[str] = field(default_factory=list)
    """Answer statuses for the next postings, instead of booking them."""
    wrong_sequence: int = 0
    double_answers: int = 0
    foreign: list[tuple[int, str]] = field(default_factory=list)
    """Before the next answers: one for another workstation, so far ahead in its P#, with that status."""
    cut_after_booking: int = 0
    restart_after_booking: int = 0
    leave_after_booking: int = 0
    crash_after_booking: int = 0
    silent: bool = False
    torn: bool = False
    merged: bool = False
    shuffled: bool = False
    noisy: bool = False
    unknown_records: bool = False
    empty_fields: bool = False
    leading_zeros: bool = False
    old_limits: bool = False
    decimal_points: bool = False
    cross_answers: bool = False
    arrives_first: bool = False
    ignore_resync: bool = False
    empty_resync: bool = False
    unfinished_resync: bool = False
    hearing: asyncio.Event = field(default_factory=asyncio.Event)
    """Cleared: nothing is read from any line, nor written, nor is one closed."""

    def __post_init__(self) -> None:
        self.hearing.set()

    def take(self, name: str) -> bool:
        """Whether the counted fault ``name`` is due; it is one fewer then."""
        left: int = getattr(self, name)
        setattr(self, name, max(0, left - 1))
        return left > 0


@dataclass
class Observed:
    """What the stations did, over all connections.

    ``violations`` is what a real interface logs and drops; ``notes`` what it takes, but the specification does not
    want.
    """

    violations: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    connections: int = 0
    resyncs: int = 0
    inquiries: int = 0
    postings: int = 0


@dataclass
class Ways:
    """How this interface is set up; ``answer_seconds`` is how long a posting or an inquiry takes the hotel system."""

    code_page: str
    answer_seconds: float
    now: Callable[[], datetime]
    speaks_first: bool = True
    """LS at once; otherwise the station's LS is waited for."""
    still_knows: bool = False
    """A station that described itself before may answer LA at once: its LS is answered LA."""
    newcomer: Literal["replaces", "refused", "joins"] = "replaces"
    guest_service: bool = True
    """RS 8, 9 and 10 are taken."""
    echoes_reads: bool = True
    """A message that the station marks as read is told to all lines."""


class KeyCheck(Protocol):
    """A FidCrypt key as the hotel's interface uses it."""

    def check(self, cg: str, da: str, ti: str) -> bool:
        """Whether ``cg`` was made with this key of the last LS's date and time."""
        ...


class Line(Protocol):
    """One connection, for those who have something to say on it."""

    @property
    def fields(self) -> Fields:
        """What was agreed, by record."""
        ...

    async def say(self, kind: str, pairs: Pairs, *, agreed: bool = False) -> None: ...

    async def restart(self) -> None: ...

    async def leave(self) -> None: ...

    def abort(self) -> None: ...


@dataclass
class Interface:
    """The interface program: it outlives its lines. ``crash`` takes the whole host down, at the next opportunity."""

    hotel: VirtualHotel
    ways: Ways
    crash: Callable[[], None]
    key: KeyCheck | None = None
    locked: bool = False
    """A wrong key was shown: everything is ignored until a person has entered it again."""
    remembered: Fields = field(default_factory=dict)
    """The last station's description, for an interface that still knows it."""
    faults: Faults = field(default_factory=Faults)
    observed: Observed = field(default_factory=Observed)
    lines: list[Line] = field(default_factory=list)

    @contextmanager
    def line(self, line: Line) -> Iterator[None]:
        """``line`` hears what is told to everybody."""
        self.lines.append(line)
        try:
            yield
        finally:
            self.lines.remove(line)

    async def tell_all(self, kind: str, pairs: Pairs) -> None:
        for line in list(self.lines):
            await line.say(kind, pairs, agreed=True)

    def stamp(self) -> Pairs:
        """DA and TI of the hotel's clock."""
        return stamp(self.ways.now())

    def guest(self, stay: Stay) -> Pairs:
        """What GI and GC say of a guest."""
        return [
            ("RN", stay.room),
            ("G#", stay.reservation),
            ("GS", "Y" if self.hotel.is_sharer(stay) else "N"),
            ("GN", stay.name),
            ("GF", stay.given),
            ("GT", stay.title),
            ("GL", stay.language),
            ("GV", stay.vip),
            ("NP", "Y" if stay.no_post else "N"),
        ]

    def departure(self, stay: Stay) -> Pairs:
        """What GO says once the guest is gone; GS N when the room is empty now."""
        shared = "Y" if self.hotel.in_room(stay.room) else "N"
        return [("RN", stay.room), ("G#", stay.reservation), ("GS", shared), *self.stamp()]

    def money(self, amount: int) -> str:
        """An amount to the station: in digits with two decimals implied, or as some systems do, with a point."""
        return f"{amount / 100:.2f}" if self.faults.decimal_points else str(amount)


def stamp(now: datetime) -> Pairs:
    return [("DA", now.strftime("%y%m%d")), ("TI", now.strftime("%H%M%S"))]


def cards(stay: Stay) -> list[Pairs]:
    """KR for each room card of a guest: duplicates, none makes another one void."""
    known = [("RN", stay.room), ("G#", stay.reservation)]
    return [[*known, ("KC", "1"), ("KT", "D"), ("$2", card), ("WS", "ENC1")] for card in stay.cards]
