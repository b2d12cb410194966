"""What happens in the virtual hotel, as reception, the switchboard and the guests do it; the stations are told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from kiosk.hotel.fias.far_services import told
from kiosk.hotel.fias.far_side import Station
from kiosk.hotel.fias.folios import FolioLine
from kiosk.hotel.fias.house_services import Message, WakeUp
from kiosk.hotel.fias.interface import Interface, Pairs, cards
from kiosk.hotel.fias.virtual_hotel import Stay

News = Callable[[Station], Awaitable[None]]


class Reception(ABC):
    """The verbs over a hotel. What is told while no station listens is told as soon as one does."""

    def __init__(self, interface: Interface) -> None:
        self.interface = interface
        self.hotel = interface.hotel

    @abstractmethod
    async def tell(self, news: News) -> None:
        """To every station that has described itself; kept where there is none."""

    def folio(self, room: str) -> list[FolioLine]:
        """What was charged to the room, oldest first."""
        return self.hotel.folio(room)

    def guest_folio(self, reservation: str) -> list[FolioLine]:
        """What stands on one guest's bill, oldest first."""
        return self.hotel.guest_folio(reservation)

    def balance(self, reservation: str) -> int:
        """What the guest owes, in the digits of TA."""
        return self.hotel.lines.balance(reservation)

    def journal_csv(self, path: Path) -> None:
        """Export every posting: header ``date,time,room,check,sequence,amount,text``, amount in the digits of TA."""
        self.hotel.journal_csv(path)

    async def check_in(self, stay: Stay) -> None:
        """GI, now or as soon as a station listens; KR for each card."""
        self.hotel.stays[stay.reservation] = stay
        guest = self.interface.guest(stay)
        await self.tell(lambda station: station.check_in(guest, cards(stay)))

    async def check_out(self, reservation: str) -> None:
        """GO. Messages are thrown away; with the last guest also the room's wake-ups and its sign. Raises KeyError."""
        departure = self.interface.departure(self.hotel.leave(reservation))
        await self._say("GO", departure)

    async def move(self, reservation: str, room: str) -> None:
        """GC with the new room and the old."""
        old = self.hotel.stays[reservation]
        self.hotel.stays[reservation] = new = replace(old, room=room)
        guest, departure = self.interface.guest(new), self.interface.departure(old)
        await self.tell(lambda station: station.move(guest, departure, cards(new)))

    async def change(self, stay: Stay) -> None:
        """GC in the same room: another name, language, no-post flag or limit."""
        self.hotel.stays[stay.reservation] = stay
        await self._say("GC", self.interface.guest(stay))

    async def no_post(self, reservation: str, *, on: bool = True) -> None:
        """GC: the guest may not charge any more."""
        await self.change(replace(self.hotel.stays[reservation], no_post=on))

    def credit_limit(self, reservation: str, amount: int | None) -> None:
        """What the guest may owe, in the digits of TA; None: without limit."""
        self.hotel.stays[reservation] = replace(self.hotel.stays[reservation], credit=amount)

    async def night_audit_begin(self) -> None:
        """NS; postings are answered NA."""
        self.hotel.auditing = True
        await self._say("NS", self.interface.stamp())

    async def night_audit_end(self) -> None:
        """NE."""
        self.hotel.end_day()
        await self._say("NE", self.interface.stamp())

    def wake_ups(self, room: str | None = None) -> list[WakeUp]:
        """The switchboard's list, by time."""
        return self.hotel.wake_ups.listed(room)

    async def order_wake_up(self, room: str, date: str, time: str) -> None:
        """WR: reception puts a wake-up on the list; ``date`` as YYMMDD, ``time`` as HHMMSS."""
        self.hotel.wake_ups.order(WakeUp(room, date, time))
        await self._say("WR", _call(room, date, time))

    async def cancel_wake_up(self, room: str, date: str, time: str) -> None:
        """WC."""
        self.hotel.wake_ups.cancel(WakeUp(room, date, time))
        await self._say("WC", _call(room, date, time))

    async def wake_up_result(self, room: str, status: str = "OK") -> None:
        """The room's next wake-up call ends like this, now: WA (OK, NR, BY, UR or DE). Raises ValueError if none is."""
        listed = self.hotel.wake_ups.listed(room)
        if not listed:
            raise ValueError("no wake-up for that room")
        self.wake_up_answers(room, status)
        await self._ring(listed[0])

    def wake_up_answers(self, room: str, status: str) -> None:
        """How the room's next call will end when it rings."""
        self.hotel.wake_ups.outcomes[room] = status

    async def wake_up_rings(self) -> int:
        """Every call that is due is made, its result told (WA); how many those were."""
        due = [wake_up for wake_up in self.hotel.wake_ups.listed() if wake_up.due(self.interface.ways.now())]
        for wake_up in due:
            await self._ring(wake_up)
        return len(due)

    def messages(self, reservation: str) -> list[Message]:
        """What waits for the guest."""
        return self.hotel.messages.waiting(reservation)

    async def leave_message(self, room: str, reservation: str, text: str) -> str:
        """XL, and the lamp goes on (RE ML Y); the message's number. Raises ValueError for a wrong pair."""
        if not self.hotel.staying(room, reservation):
            raise ValueError("nobody of that number stays in that room")
        message = self.hotel.messages.leave(reservation, text, self.interface.ways.now())
        await self._say("XL", told(room, message))
        await self.message_light(room, reservation)
        return message.id

    async def read_message(self, room: str, reservation: str, number: str) -> None:
        """XD: the message was read or thrown away elsewhere; the lamp goes out with the last one."""
        self.hotel.messages.read(reservation, number)
        read = [("RN", room), ("G#", reservation), ("MI", number)]
        await self._say("XD", read)
        await self.message_light(room, reservation, on=bool(self.messages(reservation)))

    async def message_light(self, room: str, reservation: str, *, on: bool = True) -> None:
        """RE ML."""
        lamp = [("RN", room), ("G#", reservation), ("ML", "Y" if on else "N")]
        await self._say("RE", lamp)

    async def do_not_disturb(self, room: str, *, on: bool = True) -> None:
        """RE DN: somebody set it elsewhere."""
        await self._say("RE", [("RN", room), ("DN", "Y" if on else "N")])

    def door(self, room: str) -> dict[str, str | None]:
        """What the room's guest wished (RS 8, 9 or 10), and what housekeeping said of it (RS 1 to 6)."""
        return {"wish": self.hotel.doors.wishes.get(room), "cleaning": self.hotel.doors.cleaning.get(room)}

    async def _say(self, kind: str, pairs: Pairs) -> None:
        await self.tell(lambda station: station.say(kind, pairs, agreed=True))

    async def _ring(self, wake_up: WakeUp) -> None:
        result = [("AS", self.hotel.wake_ups.ring(wake_up)), *_call(wake_up.room, wake_up.date, wake_up.time)]
        await self._say("WA", result)


def _call(room: str, date: str, time: str) -> Pairs:
    return [("RN", room), ("DA", date), ("TI", time)]
