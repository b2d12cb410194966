"""Errands: what the kiosk wants of the hotel system other than a posting. Payloads of the register's outbox.

An errand may be carried out twice without harm, so one that was under way when the link died is simply sent again;
only a message left for a guest can then be there twice, which is better than not at all.
"""

from __future__ import annotations

from typing import Literal

import msgspec

HOTEL = "hotel"
"""The destination in the register's outbox."""
ERRAND = "errand"

Wish = Literal["do-not-disturb", "make-up", "none"]


class Errand(msgspec.Struct, frozen=True, tag_field="errand"):
    """Rooms and reservation numbers as the hotel system writes them; times in ms since 1970 UTC."""

    def __repr__(self) -> str:
        return type(self).__name__

    def encode(self) -> str:
        return msgspec.json.encode(self).decode()


class WakeUpSet(Errand, frozen=True, tag="wake-up-set"):
    """Register wake-up ``number`` of the kiosk's own list for ``at``; ``reservation`` is who ordered it, "" unknown."""

    number: int
    room: str
    at: int
    reservation: str = ""


class WakeUpClear(Errand, frozen=True, tag="wake-up-clear"):
    """Take it back."""

    number: int
    room: str
    at: int
    reservation: str = ""


class RoomWished(Errand, frozen=True, tag="room-wished"):
    """The guest of ``room`` wants this shown at the door and the telephone."""

    room: str
    reservation: str
    wish: Wish


class MessageLeft(Errand, frozen=True, tag="message-left"):
    """``text`` for the guest, already short enough and free of control characters but LF."""

    room: str
    reservation: str
    text: str


class MessagesAsked(Errand, frozen=True, tag="messages-asked"):
    """Every message that waits for the guest. Done when the hotel system has told them all."""

    room: str
    reservation: str


class MessageRead(Errand, frozen=True, tag="message-read"):
    """The guest has read message ``id`` (the hotel system's number): the lamp may go out."""

    room: str
    reservation: str
    id: str


AnyErrand = WakeUpSet | WakeUpClear | RoomWished | MessageLeft | MessagesAsked | MessageRead


_DECODER: msgspec.json.Decoder[AnyErrand] = msgspec.json.Decoder(AnyErrand)


def decode(payload: str) -> AnyErrand:
    return _DECODER.decode(payload)
