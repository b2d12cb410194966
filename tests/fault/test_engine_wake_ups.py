"""The chores around the switchboard: the watch goes round, the lamp is lit, services follow the guest cache."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from hardware.protocols import Light
from kiosk import engine
from kiosk.engine import Engine
from kiosk.hotel.protocol import GuestsUnavailable
from kiosk.journeys.service import discover
from kiosk.wake_watch import WakeWatch
from tests.fault.place import Clerk
from tests.stations import PaperGuests, paper_station

MINUTE = 60_000


class LostGuests(PaperGuests):
    """No cache, until ``found``."""

    found = False

    async def identify_card(self, uid):
        if not self.found:
            raise GuestsUnavailable
        return


@pytest.fixture(autouse=True)
def _busy(monkeypatch):
    monkeypatch.setattr(engine, "HOUSE", 0.02)


@asynccontextmanager
async def running(station, folder):
    watch = WakeWatch(station.register, lambda: True, lambda _room, _stay: None)
    try:
        async with Engine(station, folder, wake_watch=watch).running():
            yield
    finally:
        station.books.db.close()
        station.register.db.close()


async def until(right):
    async with asyncio.timeout(10):
        while not right():
            await asyncio.sleep(0.005)


def lit(station):
    return Light.FAULT in station.devices.panel.lit


async def test_a_call_missed_while_the_station_was_off_is_told_and_the_lamp_lit_at_its_start(tmp_path):
    station = paper_station(tmp_path, Clerk())
    register = station.register
    register.db.clock = lambda: datetime.now(UTC) - timedelta(days=1)
    register.wake_ups.order("0808", "31001", register.db.now() + 60 * MINUTE)
    register.db.clock = lambda: datetime.now(UTC)
    async with running(station, tmp_path / "status"):
        await until(station.requests.list_open)
        assert [request.kind for request in station.requests.list_open()] == ["wake-up-missed"]
        await until(lambda: lit(station))


async def test_the_lamp_goes_out_when_what_it_was_lit_for_is_closed_or_taken_back(tmp_path):
    station = paper_station(tmp_path, Clerk())
    register = station.register
    async with running(station, tmp_path / "status"):
        for room, stay in (("0808", "31001"), ("0909", "31002")):
            number = register.wake_ups.order(room, stay, register.db.now() + 600 * MINUTE)
            with register.db.transaction() as tx:
                register.wake_up_news.refused_in(tx, number, "hotel.refused.ur")
        await until(lambda: len(station.calls) == 2)
        register.requests.close(station.requests.list_open()[0].number, "AB")
        await until(lambda: len(station.calls) == 1)
        assert lit(station)
        register.wake_ups.cancel(number, "0909", "31002")
        await until(lambda: not lit(station))


async def test_what_the_link_writes_lights_the_lamp_and_the_staff_button_puts_it_out_for_good(tmp_path):
    station = paper_station(tmp_path, Clerk())
    wake_ups = station.register.wake_ups
    async with running(station, tmp_path / "status"):
        number = wake_ups.order("0808", "31001", wake_ups.db.now() + 600 * MINUTE)
        with wake_ups.db.transaction() as tx:
            station.register.wake_up_news.refused_in(tx, number, "hotel.refused.ur")
        await until(lambda: lit(station))
        station.attended()
        await asyncio.sleep(0.1)
        assert not lit(station)


async def test_a_message_for_staff_lights_nothing_whoever_left_it_would_see_it(tmp_path):
    station = paper_station(tmp_path, Clerk())
    async with running(station, tmp_path / "status"):
        station.register.messages.leave((), "Example", "Call Sam", "v1", "en")
        await asyncio.sleep(0.1)
        assert not lit(station)


async def test_services_for_guests_come_and_go_with_the_guest_cache(tmp_path):
    guests = LostGuests()
    station = paper_station(tmp_path, Clerk(), guests=guests)

    def offered():
        return {service.name for service in discover() if service.tile(station).available}

    async with running(station, tmp_path / "status"):
        await until(lambda: not offered() & {"wake-up", "messages", "room-wish"})
        guests.found = True
        await until(lambda: {"wake-up", "messages", "room-wish"} <= offered())
