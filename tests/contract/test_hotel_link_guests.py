"""What the hotel link tells of guests, and does for them, against a strict hotel system on real TCP."""

from __future__ import annotations

import asyncio

from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.fias.virtual_hotel import DEMO_STAYS, Stay
from kiosk.outbox import DeliveryState
from tests.house import FIELDS, QUIET, SOON, Station, house, until

SWITCHBOARD = {**FIELDS, "WR": ("RN", "DA", "TI")}


async def test_a_name_with_a_separator_byte_is_whole(tmp_path):
    async with house(tmp_path) as station:
        guest = await station.guests.identify("1501", "例瑋蕓")
        assert guest is not None
        assert guest.name == "例瑋蕓"
        assert guest.reservation == "31004"


async def test_another_code_page_is_a_matter_of_configuration(tmp_path):
    async with house(tmp_path, code_page="utf-8") as station:
        await station.hotel.check_in(Stay("1505", "32001", "Åström-Example", "Łucja"))
        await until(lambda: station.status.guests == len(DEMO_STAYS) + 1)
        assert await station.guests.identify("1505", "lucja astrom example")


async def test_a_room_with_a_leading_zero_is_not_the_room_without(tmp_path):
    async with house(tmp_path) as station:
        assert await station.guests.identify("0808", "Ingrid Lindqvist-Example")
        assert await station.guests.identify("808", "Ingrid Lindqvist-Example") is None


async def test_sharers_are_told_apart_and_move_and_leave_alone(tmp_path):
    async with house(tmp_path) as station:
        await station.hotel.move("31003", "1506")
        await station.hotel.check_out("31002")
        await until(lambda: station.status.guests == len(DEMO_STAYS) - 1)
        moved = await station.guests.identify("1506", "Xiaoqiao Yangli")
        assert moved is not None
        assert moved.reservation == "31003"
        assert await station.guests.identify("1203", "Xiaoqiao Yangli") is None
        assert await station.guests.identify("1203", "样例小路") is None
        assert await station.guests.identify_card("04112233445566") is None


async def test_news_from_while_the_link_was_down_is_caught_up_on(tmp_path):
    async with house(tmp_path) as station:
        await station.stop()
        await station.hotel.check_out("31001")
        await station.hotel.check_in(Stay("1505", "32001", "Latecomer Example"))
        station.start()
        await until(lambda: station.status.alive)
        async with asyncio.timeout(SOON):
            while not await station.guests.identify("1505", "Latecomer Example"):
                await asyncio.sleep(0.01)
        assert await station.guests.identify("0808", "Ingrid Lindqvist-Example") is None


def order_wake_up(station: Station, hours: int) -> str:
    """The key of its errand."""
    at = (station.db.now() // 60_000 + hours * 60) * 60_000
    return f"wake-up-set:{station.register.wake_ups.order('0808', '31001', at)}"


async def test_an_errand_is_done_when_the_hotel_system_has_said_something_since(tmp_path):
    async with house(tmp_path, fields=dict(SWITCHBOARD)) as station:
        station.hotel.silent()
        key = order_wake_up(station, 8)
        await until(lambda: station.errand(key) is DeliveryState.SENDING)
        await asyncio.sleep(QUIET)
        station.clock.push(2)
        await until(lambda: station.status.phase == "checking")
        await asyncio.sleep(QUIET)
        assert station.errand(key) is DeliveryState.SENDING
        assert station.hotel.wake_ups("0808") == []
        station.hotel.silent(on=False)
        station.clock.push(31)
        await until(lambda: station.errand(key) is DeliveryState.DELIVERED)
        assert len(station.hotel.wake_ups("0808")) == 1
        assert station.hotel.observed.connections == 2


async def test_an_errand_on_a_line_that_is_cut_before_a_word_goes_again(tmp_path):
    async with house(tmp_path, fields=dict(SWITCHBOARD)) as station:
        station.hotel.silent()
        key = order_wake_up(station, 8)
        await until(lambda: station.errand(key) is DeliveryState.SENDING)
        await asyncio.sleep(QUIET)
        station.hotel.silent(on=False)
        await station.hotel.cut_line()
        await until(lambda: len(station.hotel.wake_ups("0808")) == 1)
        await until(lambda: station.errand(key) is DeliveryState.DELIVERED)


async def test_errands_in_a_row_on_a_quiet_line_are_done_within_seconds(tmp_path):
    async with house(tmp_path, fields=dict(SWITCHBOARD)) as station:
        for done, hours in enumerate((6, 7, 8), 1):
            key = order_wake_up(station, hours)
            await until(lambda done=done: len(station.hotel.wake_ups("0808")) == done)
            await asyncio.sleep(QUIET)
            station.clock.push(2)
            await until(lambda key=key: station.errand(key) is DeliveryState.DELIVERED)


async def test_a_damaged_guest_cache_is_thrown_away_and_asked_for_again(tmp_path):
    (tmp_path / "guests.db").write_bytes(b"no database at all, and of some length" * 500)
    async with house(tmp_path) as station:
        assert await station.guests.identify("0808", "Ingrid Lindqvist-Example")


async def test_a_hotel_system_that_ignores_the_resync_still_gets_the_charges(tmp_path):
    async with HotelSimulator(answer_seconds=0.02) as hotel:
        hotel.ignore_resync()
        station = Station(tmp_path, hotel)
        station.start()
        try:
            await until(lambda: station.status.alive)
            key = station.sell("0808")
            await asyncio.sleep(QUIET)
            assert station.delivery(key).state is DeliveryState.QUEUED
            station.clock.push(61)
            await station.becomes(key, DeliveryState.DELIVERED)
        finally:
            await station.kill()
            station.close()
