"""The switchboard's services in FIAS's words: errands to records, records to news (WR WC WA, XL XM XT XD, RE)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType

from kiosk.hotel.errands import (
    AnyErrand,
    MessageLeft,
    MessageRead,
    MessagesAsked,
    RoomWished,
    WakeUpClear,
    WakeUpSet,
    Wish,
)
from kiosk.hotel.fias.codec import MOST_CHARACTERS, Record, keeps_its_letters, plain_text, shortened
from kiosk.hotel.fias.records import Description, stamp
from kiosk.hotel.news import (
    MessageGone,
    MessageHere,
    NoMoreMessages,
    RoomTold,
    ServiceNews,
    WakeUpDropped,
    WakeUpOrdered,
    WakeUpResult,
)

KEEP_UNREAD = "0"

ROOM_STATES: Mapping[Wish, str] = MappingProxyType({"do-not-disturb": "8", "make-up": "9", "none": "10"})
"""RS. The kiosk cannot send DN: that field only comes from the hotel system (S23, RE)."""

NEEDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "WR": frozenset({"RN", "DA", "TI"}),
        "WC": frozenset({"RN", "DA", "TI"}),
        "RE": frozenset({"RN", "RS"}),
        "XL": frozenset({"RN", "G#", "$J", "MT"}),
        "XM": frozenset({"RN", "G#"}),
        "XD": frozenset({"RN", "G#", "MI"}),
    }
)
"""A record with less than these would say nothing; the hotel then does not offer the service."""


def errand_record(errand: AnyErrand, number: int, station: Description, wall: datetime) -> Record | None:
    """What to send; None where the hotel has not enabled it, or a message could not be read in its code page.

    ``number`` is the kiosk's own number of a message left. One that is too long for a record ends where that does.
    """
    if isinstance(errand, MessageLeft) and not keeps_its_letters(errand.text, station.code_page):
        return None
    kind, values = _said(errand, number, station, wall)
    if not NEEDS[kind] <= set(station.fields.get(kind, ())):
        return None
    return shortened(station.only_enabled(kind, values), "MT")


def service_news(record: Record, zone: tzinfo | None) -> ServiceNews | None:
    """What the record tells, None where it cannot be used. ``zone`` is the hotel's."""
    room = record.get("RN")
    return _NEWS[record.kind](record, room, zone) if room else None


def local(ms: int, zone: tzinfo | None) -> datetime:
    """The hotel's time of an instant in milliseconds since 1970 UTC; of an hour that comes twice it knows which."""
    return datetime.fromtimestamp(ms / 1000, zone)


def moment(record: Record, zone: tzinfo | None) -> datetime | None:
    """DA and TI as the hotel's time. A time that a clock change leaves out is the one it became; of one that comes
    twice the wire cannot say which: it is the first.
    """
    try:
        told = datetime.strptime(
            (record.get("DA") or "") + (record.get("TI") or "").ljust(6, "0"), "%y%m%d%H%M%S"
        ).replace(tzinfo=zone)
    except ValueError:
        return None
    return told.astimezone(UTC).astimezone(zone)


def _said(errand: AnyErrand, number: int, station: Description, wall: datetime) -> tuple[str, dict[str, str]]:
    now = dict(stamp(wall))
    match errand:
        case WakeUpSet(room=room, at=at):
            return "WR", {"RN": room, **dict(stamp(local(at, wall.tzinfo)))}
        case WakeUpClear(room=room, at=at):
            return "WC", {"RN": room, **dict(stamp(local(at, wall.tzinfo)))}
        case RoomWished(room=room, wish=wish):
            return "RE", {"RN": room, "RS": ROOM_STATES[wish]}
        case MessageLeft(room=room, reservation=reservation, text=text):
            # Only a message may have lines (S23 ch.7).
            lines = (plain_text(line, MOST_CHARACTERS, station.code_page) for line in text.split("\n"))
            return "XL", {"RN": room, "G#": reservation, "$J": str(number), "MT": "\n".join(lines), **now}
        case MessagesAsked(room=room, reservation=reservation):
            return "XM", {"RN": room, "G#": reservation, "RT": KEEP_UNREAD, **now}
        case MessageRead(room=room, reservation=reservation, id=message):
            return "XD", {"RN": room, "G#": reservation, "MI": message}


def _ordered(record: Record, room: str, zone: tzinfo | None) -> ServiceNews | None:
    at = moment(record, zone)
    return WakeUpOrdered(room, at) if at else None


def _dropped(record: Record, room: str, zone: tzinfo | None) -> ServiceNews | None:
    at = moment(record, zone)
    return WakeUpDropped(room, at) if at else None


def _result(record: Record, room: str, zone: tzinfo | None) -> ServiceNews | None:
    at, status = moment(record, zone), (record.get("AS") or "").strip().upper()
    return WakeUpResult(room, at, status) if at and status else None


def _message(record: Record, room: str, zone: tzinfo | None) -> ServiceNews | None:
    number, text = record.get("MI"), record.get("MT")
    if number and text:
        return MessageHere(room, record.get("G#") or "", number, text, moment(record, zone))
    return None


def _message_asked_for(record: Record, room: str, zone: tzinfo | None) -> ServiceNews | None:
    if not record.get("MI") and not record.get("MT"):
        return NoMoreMessages(room, record.get("G#") or "")
    return _message(record, room, zone)


def _gone(record: Record, room: str, _zone: tzinfo | None) -> ServiceNews | None:
    number = record.get("MI")
    return MessageGone(room, record.get("G#") or "", number) if number else None


def _room_told(record: Record, room: str, _zone: tzinfo | None) -> ServiceNews | None:
    """The lamp (ML) tells nothing that is not told when the messages are asked for."""
    do_not_disturb = _yes_or_no(record.get("DN"))
    return None if do_not_disturb is None else RoomTold(room, do_not_disturb)


def _yes_or_no(value: str | None) -> bool | None:
    return {"Y": True, "N": False}.get((value or "").strip().upper())


_NEWS: Mapping[str, Callable[[Record, str, tzinfo | None], ServiceNews | None]] = MappingProxyType(
    {
        "WR": _ordered,
        "WC": _dropped,
        "WA": _result,
        "XL": _message,
        "XT": _message_asked_for,
        "XD": _gone,
        "RE": _room_told,
    }
)

SERVICE_RECORDS = tuple(_NEWS)
