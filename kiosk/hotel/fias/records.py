"""The records this link sends, field by field, and the fields it asks the hotel system for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Literal

from kiosk.hotel.fias.codec import Record, plain_text, pms_amount
from kiosk.hotel.fias.fidcrypt import Key

GUEST = ("RN", "G#", "GS", "GN", "GF", "GL", "GV", "NP")

DEFAULT_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "GI": (*GUEST, "SF"),
        "GC": (*GUEST, "RO"),
        "GO": ("RN", "G#", "GS", "SF"),
        "PS": ("RN", "PT", "TA", "DA", "TI", "P#", "WS", "C#", "CT"),
        "PA": ("AS", "RN", "P#", "DA", "TI", "CT", "WS"),
        "NS": ("DA", "TI"),
        "NE": ("DA", "TI"),
    }
)
"""What is asked of the hotel unless it is configured otherwise: no more of a guest than identifying takes."""

CARD_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"KR": ("RN", "KC", "KT", "G#", "$2", "WS"), "KD": ("RN", "KC", "G#", "WS")}
)
"""In addition, where the hotel system announces the room cards it has made."""

GUEST_POSTING_FIELDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "PR": ("PI", "RN", "G#", "GN", "PM", "TA", "DA", "TI", "P#", "WS", "C#", "CT"),
        "PL": ("RN", "G#", "GN", "BA", "NP", "P#", "WS", "DA", "TI"),
    }
)
"""In place of PS, where charges go to the folio of one guest and the house lists none of its own."""

Posting = Literal["room", "guest"]
InterfaceType = Literal["MS", "MB", "VI", "WW", "PB", "CA", "VM", "DL", "EM"]
"""Every one of S23 but PO, which speaks another protocol. What the hotel has entered counts, whatever it calls us."""

POSTING_NEEDS: Mapping[Posting, Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "room": {"PS": frozenset({"RN", "PT", "TA", "DA", "TI", "P#"}), "PA": frozenset({"AS", "P#"})},
        "guest": {
            "PR": frozenset({"PI", "RN", "G#", "GN", "PM", "TA", "DA", "TI", "P#", "WS"}),
            "PL": frozenset({"RN", "G#", "P#"}),
            "PA": frozenset({"AS", "P#"}),
        },
    }
)
"""Without these a charge could not be made, or not be told from another."""

CHECK_NUMBERS = 100_000_000
TEXT_LENGTH, DETAIL_LENGTH = 20, 25
SALES = tuple(f"S{number}" for number in range(1, 10))
OUTLET = "1"
DIRECT = "C"
"""PT: the amount is final, in TA."""
ROOM_ACCOUNT = "ROOM"
"""PM: onto the bill of somebody in house."""
WITH_KEY = "1"
"""RT of a station that shows a key: it asks for LC, for without an RT no CG is looked at."""


@dataclass(frozen=True)
class Description:
    """How this station introduces itself: LD and the LR records.

    ``interface`` is the IF code agreed with the hotel ("MS"); ``workstation`` (WS) names this kiosk; ``fields`` maps a
    record kind to the fields the hotel has enabled for it; ``key`` where the interface wants authentication. Raises
    ValueError when a posting could not be told apart.
    """

    interface: str = "MS"
    version: str = "1.0"
    workstation: str = "KIOSK1"
    code_page: str = "gbk"
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DEFAULT_FIELDS)
    key: Key | None = None

    def __post_init__(self) -> None:
        # Both may be enabled in the configuration; ``posting`` says which one is used.
        posting: Posting = "guest" if "PR" in self.fields and "PS" not in self.fields else "room"
        self._need(posting)

    def posting(self, posting: Posting) -> Description:
        """With the records of this way of posting only: an interface knows one of them. Those of ``guest`` that are not
        listed are asked for with the usual fields. Raises ValueError.
        """
        usual = GUEST_POSTING_FIELDS if posting == "guest" else {}
        unused = {kind for kinds in POSTING_NEEDS.values() for kind in kinds} - set(POSTING_NEEDS[posting])
        return replace(
            self, fields={kind: names for kind, names in {**usual, **self.fields}.items() if kind not in unused}
        )

    def records(self, wall: datetime, challenge: tuple[str, str] = ("", "")) -> tuple[Record, ...]:
        """LD, one LR for each kind, LA: the whole introduction in the order of the specification (p.25).

        ``challenge`` is DA and TI of the last LS, six digits each; only looked at where there is a key.
        """
        start = Record("LD", (*stamp(wall), ("V#", self.version), ("IF", self.interface), *self._proof(*challenge)))
        wanted = (Record("LR", (("RI", kind), ("FL", "".join(names)))) for kind, names in self.fields.items())
        return (start, *wanted, Record("LA", stamp(wall)))

    def only_enabled(self, kind: str, values: Mapping[str, str]) -> Record:
        """A record of ``kind`` with those of the values that the hotel has enabled, in the order agreed, no other."""
        return Record(kind, tuple((name, values[name]) for name in self.fields[kind] if name in values))

    def _proof(self, da: str, ti: str) -> Iterable[tuple[str, str]]:
        return (("RT", WITH_KEY), ("CG", self.key.answer(da, ti))) if self.key else ()

    def _need(self, posting: Posting) -> None:
        for kind, needed in POSTING_NEEDS[posting].items():
            missing = needed.difference(self.fields.get(kind, ()))
            if missing:
                raise ValueError(f"the hotel link needs the {kind} fields {' and '.join(sorted(missing))}")


@dataclass(frozen=True)
class Charge:
    """What a charge says of itself, whether it goes to a room (PS) or to a guest (PR).

    ``amount`` is all that is owed, in minor units of a currency with ``decimals``, negative for a correction. Of it
    ``parts`` have a field of their own, by its name: "T1" tax, "D1" a discount (negative, for it was taken off), "SC" a
    service charge, "TP" a tip. ``voucher`` is the check number the guest's receipt shows; ``sold_at`` the hotel's local
    time of the service; ``sequence`` the P# that identifies this one attempt. ``voucher`` 0: a technician's trial.
    """

    sequence: int
    amount: int
    decimals: int
    text: str
    voucher: int
    sold_at: datetime
    parts: Mapping[str, int] = field(default_factory=dict)

    def values(self, station: Description, kind: str) -> dict[str, str]:
        """Every field there is, of ``kind`` PS or PR."""
        return {
            "PT": DIRECT,
            "TA": pms_amount(self.amount, self.decimals),
            **dict(stamp(self.sold_at)),
            "P#": str(self.sequence),
            "WS": station.workstation,
            **({"C#": str(self.voucher % CHECK_NUMBERS)} if self.voucher else {}),
            "CT": plain_text(self.text, TEXT_LENGTH, station.code_page),
            "X1": plain_text(self.text, DETAIL_LENGTH, station.code_page),
            "SO": OUTLET,
            **self._subtotals(station.fields[kind]),
        }

    def _subtotals(self, enabled: Iterable[str]) -> dict[str, str]:
        """Whichever fields are enabled, those sent add up to TA (else DM, p.82): what has none of its own is sales.

        Without a field for sales none is sent at all, for the rest alone does not make the total.
        """
        carrier = next((name for name in SALES if name in enabled), None)
        if carrier is None:
            return {}
        told = {name: minor for name, minor in self.parts.items() if minor and name in enabled}
        told[carrier] = self.amount - sum(told.values())
        return {name: pms_amount(minor, self.decimals) for name, minor in told.items()}


@dataclass(frozen=True)
class RoomPosting:
    """One charge for one room (PS), as the hotel system shall hear it.

    ``reservation`` is told where G# is enabled: the specification has none in PS, yet some systems take it (Protel).
    """

    room: str = field(repr=False)
    charge: Charge
    reservation: str = field(default="", repr=False)

    @property
    def sequence(self) -> int:
        return self.charge.sequence

    def record(self, station: Description) -> Record:
        """With the fields that the hotel has enabled, and no other (p.78)."""
        who = {"RN": self.room, **({"G#": self.reservation} if self.reservation else {})}
        return station.only_enabled("PS", {**who, **self.charge.values(station, "PS")})


@dataclass(frozen=True)
class GuestPosting:
    """One charge for one guest (PR), as chosen from the answer to an inquiry."""

    room: str = field(repr=False)
    reservation: str = field(repr=False)
    name: str = field(repr=False)
    charge: Charge

    @property
    def sequence(self) -> int:
        return self.charge.sequence

    def record(self, station: Description) -> Record:
        """With the fields that the hotel has enabled, and no other (p.84)."""
        who = {"RN": self.room, "G#": self.reservation, "GN": self.name, "PM": ROOM_ACCOUNT}
        return station.only_enabled("PR", {**who, **self.charge.values(station, "PR")})


def stamp(wall: datetime) -> tuple[tuple[str, str], tuple[str, str]]:
    """DA and TI, the hotel's local date and time."""
    return ("DA", wall.strftime("%y%m%d")), ("TI", wall.strftime("%H%M%S"))


def challenge(record: Record) -> tuple[str, str] | None:
    """DA and TI of an LS; None where they are not six digits each."""
    da, ti = record.get("DA") or "", record.get("TI") or ""
    return (da, ti) if re.fullmatch(r"[0-9]{12}", da + ti) and len(da) == len(ti) else None


def minor_amount(text: str, decimals: int) -> int | None:
    """An amount from the hotel system (BA, BI) in minor units: two decimals implied unless it shows a point.

    None where it is none, or does not come to whole minor units.
    """
    match = re.fullmatch(r"\s*([+-]?[0-9]{1,18})(\.[0-9]{0,6})?\s*", text, re.ASCII)
    if match is None:
        return None
    whole = Decimal(match[1] + (match[2] or "")).scaleb(decimals if match[2] else decimals - max(2, decimals))
    return int(whole) if whole == whole.to_integral_value() else None
