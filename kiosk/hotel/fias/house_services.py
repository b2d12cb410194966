"""What the virtual hotel knows besides guests and folios: wake-ups, messages, and the signs at the room doors."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class WakeUp:
    """``date`` (YYMMDD) and ``time`` (HHMMSS) as they were received: a result gives them back digit by digit."""

    room: str
    date: str
    time: str

    def due(self, now: datetime) -> bool:
        return self.date + self.time <= now.strftime("%y%m%d%H%M%S")


class WakeUps:
    """The switchboard's list. ``outcomes`` says for a room how its next call ends; the others are answered (OK)."""

    def __init__(self) -> None:
        self.outcomes: dict[str, str] = {}
        self._ordered: dict[WakeUp, None] = {}

    def order(self, wake_up: WakeUp) -> None:
        """The same one twice is one."""
        self._ordered[wake_up] = None

    def cancel(self, wake_up: WakeUp) -> bool:
        """Whether there was one."""
        known = wake_up in self._ordered
        self._ordered.pop(wake_up, None)
        return known

    def ring(self, wake_up: WakeUp) -> str:
        """The call is made, once: its only result."""
        self.cancel(wake_up)
        return self.outcomes.pop(wake_up.room, "OK")

    def listed(self, room: str | None = None) -> list[WakeUp]:
        """All, or those of one room, by time."""
        chosen = (wake_up for wake_up in self._ordered if room in (None, wake_up.room))
        return sorted(chosen, key=lambda wake_up: (wake_up.date, wake_up.time))

    def forget(self, room: str) -> None:
        """The room is empty."""
        for wake_up in self.listed(room):
            self.cancel(wake_up)


@dataclass(frozen=True)
class Message:
    """``id`` is the hotel's number (MI), ``label`` the kiosk's own ($J), "" for one that reception took."""

    id: str
    reservation: str
    text: str
    at: datetime
    label: str = ""


class Messages:
    """Messages wait for a guest, not for a room. The same one left twice is there twice."""

    def __init__(self) -> None:
        self._waiting: dict[str, dict[str, Message]] = {}
        self._numbers = 0

    def leave(self, reservation: str, text: str, at: datetime, label: str = "") -> Message:
        self._numbers += 1
        message = Message(str(7000 + self._numbers), reservation, text, at, label)
        self._waiting.setdefault(reservation, {})[message.id] = message
        return message

    def waiting(self, reservation: str) -> list[Message]:
        return list(self._waiting.get(reservation, {}).values())

    def read(self, reservation: str, number: str) -> bool:
        """Whether there was one."""
        return self._waiting.get(reservation, {}).pop(number, None) is not None

    def forget(self, reservation: str) -> None:
        """The guest has left."""
        self._waiting.pop(reservation, None)


class Doors:
    """By room, the RS values as they were told last."""

    def __init__(self) -> None:
        self.wishes: dict[str, str] = {}
        """8 do not disturb, 9 make up the room, 10 neither."""
        self.cleaning: dict[str, str] = {}
        """1 to 6, of housekeeping."""

    def tell(self, room: str, status: str) -> None:
        (self.wishes if int(status) >= 8 else self.cleaning)[room] = status

    def forget(self, room: str) -> None:
        """The room is empty: housekeeping's word stands, the guest's does not."""
        self.wishes.pop(room, None)
