"""The records this link sends, field by field, and the fields it asks the hotel system for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from kiosk.hotel.fias.codec import Record, plain_text, pms_amount

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

POSTING_NEEDS = frozenset({"RN", "PT", "TA", "DA", "TI", "P#"})
CHECK_NUMBERS = 100_000_000
TEXT_LENGTH, DETAIL_LENGTH = 20, 25


@dataclass(frozen=True)
class Description:
    """How this station introduces itself: LD and the LR records.

    ``interface`` is the IF code agreed with the hotel ("MS"); ``workstation`` (WS) names this kiosk; ``fields`` maps a
    record kind to the fields the hotel has enabled for it. Raises ValueError when a posting could not be told apart.
    """

    interface: str = "MS"
    version: str = "1.0"
    workstation: str = "KIOSK1"
    code_page: str = "gbk"
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: DEFAULT_FIELDS)

    def __post_init__(self) -> None:
        missing = POSTING_NEEDS.difference(self.fields.get("PS", ()))
        if missing:
            raise ValueError(f"the hotel link needs the PS fields {', '.join(sorted(missing))}")
        if not {"AS", "P#"} <= set(self.fields.get("PA", ())):
            raise ValueError("the hotel link needs the PA fields AS and P#")

    def records(self, wall: datetime) -> tuple[Record, ...]:
        """LD, one LR for each kind, LA: the whole introduction in the order of the specification (p.25)."""
        start = Record("LD", (*stamp(wall), ("V#", self.version), ("IF", self.interface)))
        wanted = (Record("LR", (("RI", kind), ("FL", "".join(names)))) for kind, names in self.fields.items())
        return (start, *wanted, Record("LA", stamp(wall)))


@dataclass(frozen=True)
class RoomPosting:
    """One charge for one room, as the hotel system shall hear it.

    ``amount`` in minor units of a currency with ``decimals``, negative for a correction; ``voucher`` is the check
    number the guest's receipt shows; ``sold_at`` the hotel's local time of the service; ``sequence`` the P# that
    identifies this one attempt.
    """

    sequence: int
    room: str = field(repr=False)
    amount: int
    decimals: int
    text: str
    voucher: int
    sold_at: datetime

    def record(self, station: Description) -> Record:
        """PS with the fields that the hotel has enabled, and no other (p.78)."""
        amount = pms_amount(self.amount, self.decimals)
        values = {
            "RN": self.room,
            "PT": "C",
            "TA": amount,
            **dict(stamp(self.sold_at)),
            "P#": str(self.sequence),
            "WS": station.workstation,
            "C#": str(self.voucher % CHECK_NUMBERS),
            "CT": plain_text(self.text, TEXT_LENGTH, station.code_page),
            "X1": plain_text(self.text, DETAIL_LENGTH, station.code_page),
            # The only subtotal, and equal to the total: the sums can't disagree (DM).
            "S1": amount,
            "SO": "1",
        }
        return Record("PS", tuple((name, values[name]) for name in station.fields["PS"] if name in values))


def stamp(wall: datetime) -> tuple[tuple[str, str], tuple[str, str]]:
    """DA and TI, the hotel's local date and time."""
    return ("DA", wall.strftime("%y%m%d")), ("TI", wall.strftime("%H%M%S"))
