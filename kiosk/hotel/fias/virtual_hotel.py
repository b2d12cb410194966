"""A small invented hotel for the far side of the wire: its rooms, guests and folios, and how it judges a charge."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

Values = Mapping[str, str]


@dataclass(frozen=True)
class Stay:
    """A guest in house. ``reservation`` is unique; ``cards`` are uids of the room keys made for this guest."""

    room: str
    reservation: str
    name: str
    given: str = ""
    language: str = "EA"
    vip: str = ""
    no_post: bool = False
    cards: tuple[str, ...] = ()


@dataclass(frozen=True)
class FolioLine:
    """One charge as the hotel has it. ``amount`` in the digits of TA: two decimals implied."""

    date: str
    time: str
    room: str
    check: str
    sequence: str
    amount: int
    text: str


@dataclass
class VirtualHotel:
    """The ``rooms`` of the house, who stays, what they owe. ``credit`` limits a room, in the digits of TA.

    Given a ``ledger`` file, each folio line is in it before the hotel answers, and read back by the next process.
    The hotel knows no duplicates: the same charge sent twice is posted twice.
    """

    stays: dict[str, Stay]
    rooms: tuple[str, ...] = ()
    credit: Mapping[str, int] = field(default_factory=dict)
    ledger: Path | None = None
    auditing: bool = False
    lines: list[FolioLine] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.ledger is not None and self.ledger.exists():
            whole = self.ledger.read_text("utf-8").splitlines()
            self.lines = [FolioLine(**json.loads(line)) for line in whole]

    def folio(self, room: str) -> list[FolioLine]:
        return [line for line in self.lines if line.room == room]

    def in_room(self, room: str) -> list[Stay]:
        """In the order of their arrival."""
        return [stay for stay in self.stays.values() if stay.room == room]

    def is_sharer(self, stay: Stay) -> bool:
        """Whether somebody came into the room before."""
        return self.in_room(stay.room)[0] != stay

    def post(self, charge: Values, business: datetime) -> str:
        """The answer status to a well-formed PS; books it when that is OK. The PMS puts its own date on it (p.79)."""
        status = self._judge(charge)
        if status == "OK":
            self._book(charge, business)
        return status

    def journal_csv(self, path: Path) -> None:
        """The day's postings as the front office exports them for reconciliation."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, ["date", "time", "room", "check", "sequence", "amount", "text"])
            writer.writeheader()
            writer.writerows(asdict(line) for line in self.lines)

    def _judge(self, charge: Values) -> str:
        room, total = charge["RN"], int(charge["TA"])
        guests = self.in_room(room)
        if self.auditing:
            return "NA"
        if not guests:
            return "NG"
        if all(guest.no_post for guest in guests):
            return "NP"
        if _subtotals(charge) not in (None, total):
            return "DM"
        owed = sum(line.amount for line in self.folio(room))
        if owed + total > self.credit.get(room, 10**15):
            return "CO"
        return "OK"

    def _book(self, charge: Values, business: datetime) -> None:
        line = FolioLine(
            date=business.strftime("%Y-%m-%d"),
            time=charge["TI"],
            room=charge["RN"],
            check=charge.get("C#", ""),
            sequence=charge["P#"],
            amount=int(charge["TA"]),
            text=charge.get("CT", ""),
        )
        if self.ledger is not None:
            with self.ledger.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
        self.lines.append(line)


def _subtotals(charge: Values) -> int | None:
    """S1-9, T1-9, D1-9, TP and SC must add up to TA where any is sent (p.82)."""
    parts = [
        value for name, value in charge.items() if name in ("TP", "SC") or (name[0] in "STD" and name[1] in "123456789")
    ]
    return sum(map(int, parts)) if parts else None


DEMO_STAYS = (
    Stay("0808", "31001", "Lindqvist-Example", "Ingrid", cards=("04A1B2C3D4E580",)),
    Stay("1203", "31002", "样例", "小路", language="ZH", cards=("04112233445566",)),
    Stay("1203", "31003", "YANGLI XIAOQIAO", language="ZH"),
    Stay("1501", "31004", "例瑋蕓", language="ZH", cards=("0A0B0C0D0E",)),
    Stay("1502", "31005", "Nopost-Example", "Otto", no_post=True, cards=("04DEADBEEF0102",)),
    Stay("1503", "31006", "Limit-Example", "Lena", vip="2"),
    Stay("1504", "31007", "O'Example", "Seán Paul"),
)
"""Nobody real. The second bytes of 瑋 and 蕓 in GBK are 0x7C; 1203 is shared; 0808 has its leading zero."""

DEMO_CREDIT: Mapping[str, int] = {"1503": 5000}
DEMO_ROOMS = ("0808", "1203", "1501", "1502", "1503", "1504", "1505", "1506")
"""1505 and 1506 are empty."""


def demo_hotel(ledger: Path | None = None, stays: Iterable[Stay] = DEMO_STAYS) -> VirtualHotel:
    """The house of the demo, the rig and the suites."""
    return VirtualHotel({stay.reservation: stay for stay in stays}, DEMO_ROOMS, DEMO_CREDIT, ledger)
