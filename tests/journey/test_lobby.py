"""The lobby: one guest after another, and a call for a person that belongs to the guest who made it."""

from __future__ import annotations

import asyncio

import pytest

from hardware.protocols import Light, PanelEvent
from kiosk.journeys.service import discover
from kiosk.journeys.welcome import Attract, ChooseLanguage, Home
from kiosk.lobby import Lobby
from kiosk.register.requests import NotOpen
from kiosk.visit import Patience, Signal, StaffCalled
from tests.fault.place import Clerk
from tests.scripted import SILENCE, ScriptedGuest
from tests.stations import paper_station


@pytest.fixture
def station(tmp_path):
    station = paper_station(tmp_path, Clerk())
    yield station
    station.books.db.close()
    station.requests.db.close()


class Caller:
    """Visits the station, sends ``signals`` from the home screen and leaves."""

    def __init__(self, station) -> None:
        self.station = station
        self.guest = ScriptedGuest({Attract: "en", Home: self._press})
        self.lobby = Lobby(station, self.guest, discover())
        self.signals: tuple[Signal, ...] = ()

    async def visit(self, *signals: Signal) -> list[int | None]:
        """The numbers the guest was told; None for "withdrawn"."""
        self.signals = signals
        seen = len(self.guest.seen)
        async with asyncio.timeout(10):
            await self.lobby.serve_one()
        return [told.number for told in self.guest.seen[seen:] if isinstance(told, StaffCalled)]

    def open(self) -> list[int]:
        return [request.number for request in self.station.requests.list_open()]

    def _press(self, _question):
        for signal in (*self.signals, Signal.END):
            self.lobby.hear(signal)
        return SILENCE


async def test_a_call_just_before_the_end_is_written_told_and_not_given_to_the_next_guest(station):
    caller = Caller(station)
    first = await caller.visit(Signal.CALL_PERSON)
    second = await caller.visit(Signal.CALL_PERSON)
    assert (first, second) == ([1], [2])
    assert caller.open() == [1, 2]
    assert len({request.visit for request in station.requests.list_open()}) == 2


async def test_pressing_twice_writes_one_request(station):
    caller = Caller(station)
    assert await caller.visit(Signal.CALL_PERSON, Signal.CALL_PERSON) == [1, 1]
    assert caller.open() == [1]


async def test_a_withdrawal_waits_for_the_call_it_takes_back(station):
    caller = Caller(station)
    assert await caller.visit(Signal.CALL_PERSON, Signal.WITHDRAW_CALL) == [1, None]
    assert caller.open() == []
    with pytest.raises(NotOpen):
        station.requests.close(1, "test")


async def test_a_call_can_be_made_again_after_it_was_withdrawn(station):
    caller = Caller(station)
    assert await caller.visit(Signal.CALL_PERSON, Signal.WITHDRAW_CALL, Signal.CALL_PERSON) == [1, None, 2]
    assert caller.open() == [2]


async def test_the_staff_button_opens_the_station(station):
    station.patience = Patience(quiet=0.01, warning=0)
    guest = ScriptedGuest({Attract: SILENCE, ChooseLanguage: SILENCE})
    serving = asyncio.ensure_future(Lobby(station, guest, discover()).serve_one())
    async with asyncio.timeout(10):
        while not guest.seen:
            await asyncio.sleep(0)
        station.devices.panel.air.send(PanelEvent.STAFF_BUTTON)
        await serving
    assert guest.kinds() == ["Attract", "ChooseLanguage"]
    assert Light.BUSY not in station.devices.panel.lit
