"""Who stays in the virtual hotel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, MutableMapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Stay:
    """A guest in house. ``reservation`` is unique; ``cards`` are uids of the room keys made for this guest.

    ``credit`` limits what the guest may owe, in the digits of TA.
    """

    room: str
    reservation: str
    name: str
    given: str = ""
    language: str = "EA"
    vip: str = ""
    no_post: bool = False
    cards: tuple[str, ...] = ()
    title: str = ""
    credit: int | None = None


class Stays(MutableMapping[str, Stay]):
    """The guests by reservation, in the order of their arrival, and by room without a search."""

    def __init__(self, stays: Iterable[Stay] = ()) -> None:
        self._stays: dict[str, Stay] = {}
        self._rooms: dict[str, dict[str, Stay]] = {}
        for stay in stays:
            self[stay.reservation] = stay

    def __getitem__(self, reservation: str) -> Stay:
        return self._stays[reservation]

    def __setitem__(self, reservation: str, stay: Stay) -> None:
        former = self._stays.get(reservation)
        if former is not None and former.room != stay.room:
            del self[reservation]
        self._stays[reservation] = stay
        self._rooms.setdefault(stay.room, {})[reservation] = stay

    def __delitem__(self, reservation: str) -> None:
        room = self._stays.pop(reservation).room
        del self._rooms[room][reservation]

    def __iter__(self) -> Iterator[str]:
        return iter(self._stays)

    def __len__(self) -> int:
        return len(self._stays)

    def in_room(self, room: str) -> list[Stay]:
        """In the order of their arrival."""
        return list(self._rooms.get(room, {}).values())
