"""What the virtual hotel's interface does besides charges: wake-ups, messages, the signs at the doors, and bills."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from kiosk.hotel.fias.house_services import Message, WakeUp
from kiosk.hotel.fias.interface import Interface, Line, Pairs, stamp
from kiosk.hotel.fias.record_rules import Values

Take = Callable[[Values], Awaitable[None]]


class ServiceDesk:
    """For one line. A room and a guest who do not belong together are ignored without a word, as the real ones do."""

    def __init__(self, interface: Interface, line: Line) -> None:
        self._interface = interface
        self._hotel = interface.hotel
        self._line = line
        self._takers: Mapping[str, Take] = {
            "WR": self._wake_up_ordered,
            "WC": self._wake_up_cancelled,
            "WA": self._wake_up_done,
            "XL": self._message_left,
            "XM": self._messages_asked,
            "XD": self._message_read,
            "XR": self._bill_asked,
            "RE": self._room_told,
            "VA": self._number_assigned,
        }

    def takes(self, kind: str) -> bool:
        return kind in self._takers

    async def hear(self, kind: str, values: Values) -> None:
        """A record in form."""
        await self._takers[kind](values)

    async def _wake_up_ordered(self, values: Values) -> None:
        if values["RN"] in self._hotel.rooms:
            self._hotel.wake_ups.order(_wake_up(values))

    async def _wake_up_cancelled(self, values: Values) -> None:
        self._hotel.wake_ups.cancel(_wake_up(values))

    async def _wake_up_done(self, values: Values) -> None:
        """Exactly one final result for each wake-up (S23, WA)."""
        if not self._hotel.wake_ups.cancel(_wake_up(values)):
            self._interface.observed.violations.append("WA for no wake-up")

    async def _message_left(self, values: Values) -> None:
        if self._hotel.staying(values["RN"], values["G#"]):
            now = self._interface.ways.now()
            self._hotel.messages.leave(values["G#"], values["MT"], now, values["$J"])
            await self._lamp(values)

    async def _messages_asked(self, values: Values) -> None:
        known = self._hotel.staying(values["RN"], values["G#"]) is not None
        waiting = self._hotel.messages.waiting(values["G#"]) if known else []
        chosen = [message for message in waiting if values.get("MI") in (None, message.id)]
        for message in chosen:
            await self._line.say("XT", told(values["RN"], message), agreed=True)
        await self._line.say("XT", [("RN", values["RN"]), ("G#", values["G#"])], agreed=True)
        if values.get("RT") != "0":
            for message in chosen:
                self._hotel.messages.read(message.reservation, message.id)
            if chosen:
                await self._lamp(values)

    async def _message_read(self, values: Values) -> None:
        if not self._hotel.staying(values["RN"], values["G#"]):
            return
        if self._hotel.messages.read(values["G#"], values["MI"]):
            if self._interface.ways.echoes_reads:
                read = [(name, values[name]) for name in ("RN", "G#", "MI")]
                await self._interface.tell_all("XD", read)
            await self._lamp(values)

    async def _bill_asked(self, values: Values) -> None:
        guest = [("RN", values["RN"]), ("G#", values["G#"])]
        if not self._hotel.staying(values["RN"], values["G#"]):
            await self._line.say("XB", [*guest, ("BA", "0"), ("AS", "NG"), *self._interface.stamp()], agreed=True)
            return
        for line in self._hotel.guest_folio(values["G#"]):
            item = [("BD", line.text), ("BI", str(line.amount)), ("DC", "1"), ("F#", "1"), ("FD", "Y")]
            date = [("DA", line.date.replace("-", "")[2:]), ("TI", line.time)]
            await self._line.say("XI", [*guest, *item, *date], agreed=True)
        balance = str(self._hotel.lines.balance(values["G#"]))
        await self._line.say("XB", [*guest, ("BA", balance), ("AS", "OK"), *self._interface.stamp()], agreed=True)

    async def _room_told(self, values: Values) -> None:
        status = values.get("RS")
        wish = status in ("8", "9", "10")
        if status and values["RN"] in self._hotel.rooms and (self._interface.ways.guest_service or not wish):
            self._hotel.doors.tell(values["RN"], status)

    async def _number_assigned(self, _values: Values) -> None:
        """This house gives no numbers for direct dialling: the answer to none is of no use."""

    async def _lamp(self, values: Values) -> None:
        lit = "Y" if self._hotel.messages.waiting(values["G#"]) else "N"
        await self._interface.tell_all("RE", [("RN", values["RN"]), ("G#", values["G#"]), ("ML", lit)])


def told(room: str, message: Message) -> Pairs:
    """XL or XT: one message."""
    return [
        ("RN", room),
        ("G#", message.reservation),
        ("MI", message.id),
        ("MT", message.text),
        *stamp(message.at),
    ]


def _wake_up(values: Values) -> WakeUp:
    return WakeUp(values["RN"], values["DA"], values["TI"])
