"""Wake-up, messages and room wishes for scripted guests: an evening, a station, a link that carries out."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from kiosk.hotel.errands import MessagesAsked, decode
from kiosk.hotel.news import MessageHere
from kiosk.hotel.switchboard import Switchboard
from kiosk.journeys.done import Done
from kiosk.journeys.message_questions import ChooseMessageWay, ConfirmMessage, ForWhom, ReadMessages, WriteMessage
from kiosk.journeys.paying import Identify, RoomAndName
from kiosk.journeys.room_wish_questions import ChooseRoomWish
from kiosk.journeys.service import discover
from kiosk.journeys.wake_up_questions import ChooseWakeUp, ConfirmCancel, ConfirmWakeUp, WakeUps
from kiosk.journeys.welcome import Apology, Attract, Home
from kiosk.lobby import Lobby
from tests.scripted import SILENCE, ScriptedGuest

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2026, 3, 1, 20, 0, tzinfo=SHANGHAI)
SIX = datetime(2026, 3, 2, 6, 0, tzinfo=SHANGHAI)
SEVEN = datetime(2026, 3, 2, 7, 0, tzinfo=SHANGHAI)
ROOM, STAY = "0808", "31001"
WHO = RoomAndName(ROOM, "Example")
ALL_STATES = "SELECT state FROM wake_ups ORDER BY number"


class Link:
    """Carries out the errands of a station as soon as they are there; ``mail`` is what the hotel system has to tell."""

    def __init__(self, station) -> None:
        self.board = Switchboard(station.register, lambda room, stay: None, lambda room: ())
        self.done: list[object] = []
        self.mail: list[MessageHere] = []

    async def run(self) -> None:
        changes = self.board.register.db.changes()
        while True:
            while delivery := self.board.errands.next_due():
                self.board.errands.begin(delivery)
                errand = decode(delivery.payload)
                if isinstance(errand, MessagesAsked):
                    self.board.told(self.mail)
                self.board.errands.delivered(delivery, "")
                self.done.append(errand)
            await changes.wait(1.0)


def still(station):
    """On the evening of NOW, until the test moves its clock."""
    station.clock = lambda: NOW
    station.register.db.clock = lambda: NOW
    return station


@asynccontextmanager
async def served(station, guest, *, link=True):
    """One whole visit; yields what the hotel system was told."""
    far = Link(station)
    working = asyncio.ensure_future(far.run())
    if not link:
        working.cancel()
    lobby = Lobby(station, guest, discover())
    try:
        await lobby.serve_one()
        if link:
            async with asyncio.timeout(5):
                while far.board.errands.next_due():
                    await asyncio.sleep(0.01)
        yield far
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        station.books.db.close()
        station.register.db.close()


def script(service: str, **answers: object) -> ScriptedGuest:
    kinds = {
        kind.__name__: kind
        for kind in (
            *(Attract, Home, Identify, Apology, Done, ChooseWakeUp, ConfirmWakeUp, WakeUps, ConfirmCancel),
            *(ChooseMessageWay, ReadMessages, ForWhom, WriteMessage, ConfirmMessage, ChooseRoomWish),
        )
    }
    usual = {
        Attract: "en",
        Home: [service, SILENCE],
        Identify: WHO,
        Apology: None,
        Done: False,
        ConfirmWakeUp: True,
        ConfirmCancel: True,
        ConfirmMessage: True,
    }
    return ScriptedGuest(usual | {kinds[name]: answer for name, answer in answers.items()})


def states(station) -> list[str]:
    with station.register.db.reading() as tx:
        return [row[0] for row in tx._connection.execute(ALL_STATES)]


def requests(station) -> list[tuple[str, dict]]:
    return [(request.kind, dict(request.values)) for request in station.requests.list_open()]
