"""The list of guests in house, read again and again, as the news that it makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from kiosk.hotel.news import GuestChanged, GuestIn, GuestNews, GuestOut, RollBegan, RollEnded


def housed(read: Iterable[GuestIn]) -> list[GuestIn]:
    """Those who have a room, by reservation number: the first of a room has it, the others share it."""
    taken: set[str] = set()
    guests = []
    for guest in sorted((each for each in read if each.room), key=lambda each: each.reservation):
        guests.append(replace(guest, told={**guest.told, "shares": guest.room in taken}))
        taken.add(guest.room)
    return guests


class Roll:
    """What the last reading said, by reservation. A reading in which nothing changed makes no news, and no write."""

    def __init__(self) -> None:
        self._present: dict[str, GuestIn] | None = None

    def __contains__(self, reservation: str) -> bool:
        return self._present is not None and reservation in self._present

    def forget(self) -> None:
        """The next reading names everybody: whoever keeps the guests has lost them."""
        self._present = None

    def reservations(self, room: str) -> list[str]:
        """The room's, by number; none for an empty room."""
        present = (self._present or {}).values()
        return sorted(guest.reservation for guest in present if guest.room == room)

    def news(self, read: Sequence[GuestIn]) -> list[GuestNews]:
        """``read`` is everybody in house. Who left comes first: the room may be somebody else's by now."""
        before, self._present = self._present, {guest.reservation: guest for guest in read}
        if before is None:
            return [RollBegan(), *read, RollEnded()]
        left = [GuestOut(old.room, key) for key, old in before.items() if key not in self._present]
        return [*left, *(_turned(before.get(guest.reservation), guest) for guest in read if _differs(before, guest))]


def _differs(before: dict[str, GuestIn], guest: GuestIn) -> bool:
    return before.get(guest.reservation) != guest


def _turned(old: GuestIn | None, guest: GuestIn) -> GuestNews:
    if old is None:
        return guest
    return GuestChanged(guest.room, guest.reservation, guest.told, old.room if old.room != guest.room else "")
