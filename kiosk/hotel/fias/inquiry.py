"""Asking before telling: who stays in a room and what they owe (PR, PL), and what stands on a bill (XR, XI, XB)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from kiosk.hotel.fias.codec import Record
from kiosk.hotel.fias.records import ROOM_ACCOUNT, Description
from kiosk.hotel.names import matches_whole

_OF_THE_WHOLE = frozenset({"P#", "WS", "DA", "TI", "ID", "PM", "SO"})
"""Fields of PL that belong to none of its guests."""


@dataclass(frozen=True)
class Inquiry:
    """Who stays in ``room``. ``sequence`` is a P# of its own: it identifies the record, not the charge (p.78)."""

    sequence: int
    room: str = field(repr=False)

    def record(self, station: Description) -> Record:
        """PR without G# and TA, or it would be a posting."""
        values = {"PI": self.room, "PM": ROOM_ACCOUNT, "P#": str(self.sequence), "WS": station.workstation}
        return station.only_enabled("PR", values)


@dataclass(frozen=True)
class BillRequest:
    """What stands on a guest's bill."""

    room: str = field(repr=False)
    reservation: str = field(repr=False)

    def record(self, station: Description) -> Record:
        return station.only_enabled("XR", {"RN": self.room, "G#": self.reservation})


@dataclass(frozen=True)
class Candidate:
    """One guest of a PL. ``balance`` as the hotel system writes amounts, "" where it does not say."""

    room: str = field(repr=False)
    reservation: str = field(repr=False)
    name: str = field(default="", repr=False)
    balance: str = field(default="", repr=False)


def candidates(record: Record) -> tuple[Candidate, ...]:
    """The guests of a PL, in its order. What names neither a room nor a guest is none."""
    found = (
        Candidate(group.get("RN", ""), group.get("G#", ""), group.get("GN", ""), group.get("BA", ""))
        for group in _groups(record)
    )
    return tuple(guest for guest in found if guest.room or guest.reservation)


def chosen(guests: Sequence[Candidate], room: str, reservation: str, name: str = "") -> Candidate | None:
    """The guest ``reservation`` of ``room``, who is called ``name``; None where it cannot be told who is meant.

    A guest under another number is another guest, who moved in since. Only where one side has no numbers the only
    guest of the room is the one, unless under another name.
    """
    same = [guest for guest in guests if reservation and guest.reservation == reservation]
    if len(same) == 1:
        return same[0]
    unnumbered = [guest for guest in guests if guest.room == room and not (reservation and guest.reservation)]
    if len(guests) != 1 or not unnumbered or not _may_be_called(unnumbered[0], name):
        return None
    return unnumbered[0]


def _may_be_called(guest: Candidate, name: str) -> bool:
    """Whether ``name``, as the hotel system told it once, is not another one's."""
    return "" in (name, guest.name) or name == guest.name or matches_whole(name, guest.name)


def _groups(record: Record) -> Iterator[dict[str, str]]:
    """A field that was there already begins the next guest: holds in whatever order the fields come."""
    group: dict[str, str] = {}
    for name, value in record.fields:
        if name in _OF_THE_WHOLE:
            continue
        if name in group:
            yield group
            group = {}
        group[name] = value
    if group:
        yield group
