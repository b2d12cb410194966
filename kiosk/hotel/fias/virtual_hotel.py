"""A small invented hotel for the far side of the wire: its rooms, guests and folios, and how it judges a charge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from kiosk.hotel.fias.demo_guests import DEMO_CREDIT, DEMO_ROOMS, DEMO_STAYS, invented_stays
from kiosk.hotel.fias.folios import FolioLine, Folios
from kiosk.hotel.fias.house_services import Doors, Messages, WakeUps
from kiosk.hotel.fias.stays import Stay, Stays

__all__ = [
    "DEMO_CREDIT",
    "DEMO_ROOMS",
    "DEMO_STAYS",
    "FolioLine",
    "Stay",
    "VirtualHotel",
    "big_hotel",
    "demo_hotel",
]

Values = Mapping[str, str]

_KINDS_OF_SUM = ("S", "T", "D")


class VirtualHotel:
    """The ``rooms`` of the house, who stays, what they owe. ``credit`` limits each guest of a room, in digits of TA.

    The hotel knows no duplicates: the same charge sent twice is posted twice. What a charge to a room comes to is on
    the folio of the first guest there who may charge.
    """

    def __init__(
        self,
        stays: Iterable[Stay],
        rooms: tuple[str, ...] = (),
        credit: Mapping[str, int] | None = None,
        ledger: Path | None = None,
    ) -> None:
        self.stays = Stays(stays)
        self.rooms = rooms
        self.credit = dict(credit or {})
        self.lines = Folios(ledger)
        self.wake_ups = WakeUps()
        self.messages = Messages()
        self.doors = Doors()
        self.auditing = False
        self.override_allowed = True
        """Whether a charge with CO|Y goes over the credit limit."""
        self.business_date: datetime | None = None
        """Where it is not the date of the clock: a charge between midnight and the audit counts for yesterday."""

    def folio(self, room: str) -> list[FolioLine]:
        return self.lines.of_room(room)

    def guest_folio(self, reservation: str) -> list[FolioLine]:
        return self.lines.of_guest(reservation)

    def in_room(self, room: str) -> list[Stay]:
        """In the order of their arrival."""
        return self.stays.in_room(room)

    def is_sharer(self, stay: Stay) -> bool:
        """Whether somebody came into the room before."""
        return self.in_room(stay.room)[0].reservation != stay.reservation

    def staying(self, room: str, reservation: str) -> Stay | None:
        """The guest, if room and reservation belong together."""
        stay = self.stays.get(reservation)
        return stay if stay is not None and stay.room == room else None

    def inquire(self, asked: str, key: str = "") -> list[Stay]:
        """Guests in house by room, beginning of the name, or key card."""
        if key:
            return [stay for stay in self.stays.values() if key in stay.cards]
        if in_room := self.in_room(asked):
            return in_room
        start = asked.casefold()
        return [stay for stay in self.stays.values() if start and stay.name.casefold().startswith(start)]

    def limit(self, stay: Stay) -> int | None:
        """What the guest may owe, None without a limit."""
        return stay.credit if stay.credit is not None else self.credit.get(stay.room)

    def post(self, charge: Values, now: datetime) -> str:
        """The answer status to a well-formed PS, or PR with its G#; booked when that is OK.

        The time on the folio is the kiosk's, the date the hotel's own (p.79).
        """
        status, payer = self._judge(charge)
        if status == "OK":
            assert payer is not None
            self._book(charge, payer, now)
        return status

    def journal_csv(self, path: Path) -> None:
        """The day's postings as the front office exports them for reconciliation."""
        self.lines.journal_csv(path)

    def leave(self, reservation: str) -> Stay:
        """The guest checks out: what was kept for him is thrown away, and with the last guest what the room wanted."""
        stay = self.stays.pop(reservation)
        self.messages.forget(reservation)
        if not self.in_room(stay.room):
            self.wake_ups.forget(stay.room)
            self.doors.forget(stay.room)
        return stay

    def end_day(self) -> None:
        """The night audit is over: the next business date."""
        self.auditing = False
        if self.business_date is not None:
            self.business_date += timedelta(days=1)

    def _judge(self, charge: Values) -> tuple[str, Stay | None]:
        guests = self._payers(charge)
        payer = next((guest for guest in guests if not guest.no_post), None)
        if self.auditing:
            return "NA", None
        if not guests:
            return "NG", None
        if payer is None:
            return "NP", None
        if _subtotals(charge) not in (None, int(charge["TA"])):
            return "DM", None
        return ("CO" if self._over_limit(payer, charge) else "OK"), payer

    def _payers(self, charge: Values) -> list[Stay]:
        if "G#" not in charge:
            return self.in_room(charge["RN"])
        stay = self.staying(charge["RN"], charge["G#"])
        return [stay] if stay is not None else []

    def _over_limit(self, payer: Stay, charge: Values) -> bool:
        limit, total = self.limit(payer), int(charge["TA"])
        if limit is None or total <= 0 or (charge.get("CO") == "Y" and self.override_allowed):
            return False
        return self.lines.balance(payer.reservation) + total > limit

    def _book(self, charge: Values, payer: Stay, now: datetime) -> None:
        self.lines.add(
            FolioLine(
                date=(self.business_date or now).strftime("%Y-%m-%d"),
                time=charge["TI"],
                room=charge["RN"],
                check=charge.get("C#", ""),
                sequence=charge["P#"],
                amount=int(charge["TA"]),
                text=charge.get("CT", ""),
                reservation=payer.reservation,
            )
        )


def _subtotals(charge: Values) -> int | None:
    """S1-9, T1-9, D1-9, TP and SC must add up to TA where any is sent (p.82)."""
    parts = [
        value
        for name, value in charge.items()
        if name in ("TP", "SC") or (name[0] in _KINDS_OF_SUM and name[1] in "123456789")
    ]
    return sum(map(int, parts)) if parts else None


def demo_hotel(ledger: Path | None = None, stays: Iterable[Stay] = DEMO_STAYS) -> VirtualHotel:
    """The house of the demo, the rig and the suites."""
    return VirtualHotel(stays, DEMO_ROOMS, DEMO_CREDIT, ledger)


def big_hotel(guests: int = 5000, seed: int = 1, ledger: Path | None = None) -> VirtualHotel:
    """A house with so many guests, for measuring; the same ones for the same ``seed``."""
    stays = invented_stays(guests, seed)
    return VirtualHotel(stays, tuple(dict.fromkeys(stay.room for stay in stays)), ledger=ledger)
