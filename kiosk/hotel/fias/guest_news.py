"""FIAS's words about guests and their cards, in the kiosk's own (S23 ch.3: DS, DE, GI, GC, GO, KR, KD)."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType

from kiosk.hotel.fias.codec import Record
from kiosk.hotel.news import (
    GuestChanged,
    GuestIn,
    GuestNews,
    GuestOut,
    KeyMade,
    KeyVoid,
    RollBegan,
    RollEnded,
    Told,
)

ISO_LANGUAGES = MappingProxyType(
    {"EA": "EN", "GE": "DE", "SP": "ES", "JP": "JA", "CN": "ZH"},
)
"""Codes of GL that are not ISO 639: the first three are FIAS's own, the others are countries put for languages."""

NEW, ONE_SHOT = "N", "O"
"""KT of a card that replaces the guest's former ones, and of one that opens once and belongs to nobody."""


def guest_news(record: Record) -> GuestNews | None:
    """What ``record`` tells, None where it cannot be used: another kind, or no room."""
    match record.kind:
        case "DS":
            return RollBegan()
        case "DE":
            return RollEnded()
    room, reservation = record.get("RN"), record.get("G#") or ""
    if not room:
        return None
    match record.kind:
        case "GI":
            return GuestIn(room, reservation, _told(record))
        case "GC":
            return GuestChanged(room, reservation, _told(record), record.get("RO") or "")
        case "GO":
            return GuestOut(room, reservation)
        case "KR":
            return _key_made(record, room, reservation)
        case "KD":
            return KeyVoid(room, reservation)
    return None


def _key_made(record: Record, room: str, reservation: str) -> KeyMade | KeyVoid | None:
    uid, sort = record.get("$2"), record.get("KT")
    if uid and sort != ONE_SHOT:
        return KeyMade(room, reservation, uid.upper(), replaces=sort == NEW)
    # A new card that this station could not read all the same ends the former ones.
    return KeyVoid(room, reservation) if sort == NEW else None


def _told(record: Record) -> Told:
    """What the record says and how it is understood. A name or no-post flag that came empty was left out."""
    told: dict[str, str | bool] = {}
    for name, (key, understood) in _FIELDS.items():
        value = record.get(name)
        if value or (value == "" and name not in _NEVER_EMPTY):
            told[key] = understood(value)
    shares = _shares(record)
    return told if shares is None else {**told, "shares": shares}


def _shares(record: Record) -> bool | None:
    """GS of the room the guest is in now. A move sends it twice, after RN and after RO (the room left)."""
    place = "RN"
    for name, value in record.fields:
        if name in ("RN", "RO"):
            place = name
        elif name == "GS" and place == "RN" and value:
            return value == "Y"
    return None


def _language(value: str) -> str:
    """An ISO 639 code in upper case, "" for what is none; "zh-CN" and the like keep their language."""
    found = re.match(r"\s*([A-Za-z]{2})(?![A-Za-z])", value)
    return ISO_LANGUAGES.get(code := found[1].upper(), code) if found else ""


_FIELDS: dict[str, tuple[str, Callable[[str], str | bool]]] = {
    "GN": ("name", str.strip),
    "GF": ("given", str.strip),
    "GT": ("title", str.strip),
    "GL": ("language", _language),
    "NP": ("no_post", lambda value: value == "Y"),
    "GV": ("vip", lambda value: value.strip() not in ("", "0", "N")),
}
"""Field of a guest record: field of Guest, and how its value is understood."""

_NEVER_EMPTY = frozenset(("GN", "NP"))
