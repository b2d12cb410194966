"""What the hotel link keeps, against a strict hotel system on real TCP: it comes up, holds, comes back and ends."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from kiosk.hotel.fias.line import Pace
from kiosk.hotel.fias.serial_wire import RECORD_SECONDS
from kiosk.hotel.fias.virtual_hotel import DEMO_STAYS, Stay
from kiosk.outbox import DeliveryState
from tests.house import QUIET, SOON, house, until


async def test_the_link_comes_up_as_agreed_and_fetches_the_guests_once(tmp_path):
    async with house(tmp_path) as station:
        await until(lambda: station.status.guests == len(DEMO_STAYS))
        assert (station.hotel.observed.connections, station.hotel.observed.resyncs) == (1, 1)
        await station.stop()
        assert not station.status.alive
        station.start()
        await station.up()
        assert station.hotel.observed.resyncs == 1
        assert station.ticks > 2


async def test_the_hotel_system_may_leave_and_come_back(tmp_path):
    async with house(tmp_path) as station:
        await station.hotel.leave()
        await until(lambda: station.hotel.observed.connections == 2)
        await station.becomes(station.sell("0808"), DeliveryState.DELIVERED)


async def test_a_restarted_interface_is_described_to_again(tmp_path):
    async with house(tmp_path) as station:
        await station.hotel.restart()
        await until(lambda: station.hotel.alive)
        await station.becomes(station.sell("0808"), DeliveryState.DELIVERED)
        assert station.hotel.observed.connections == 1


async def test_a_newcomer_takes_the_slot_and_the_link_takes_it_back(tmp_path):
    async with house(tmp_path) as station:
        _, writer = await asyncio.open_connection("127.0.0.1", station.hotel.port)
        await until(lambda: station.hotel.observed.connections >= 3 and station.hotel.alive)
        writer.close()
        await station.becomes(station.sell("0808"), DeliveryState.DELIVERED)


async def test_a_hotel_system_fallen_silent_is_noticed_and_found_again(tmp_path):
    async with house(tmp_path) as station:
        station.hotel.silent()
        station.clock.push(301)
        await until(lambda: station.status.phase == "checking")
        station.clock.push(31)
        await until(lambda: station.hotel.observed.connections >= 2)
        station.hotel.silent(on=False)
        await station.hotel.cut_line()
        await station.becomes(station.sell("0808"), DeliveryState.DELIVERED)


@pytest.mark.parametrize("fault", ["torn", "merged", "shuffled"])
async def test_however_records_arrive_they_are_the_same_records(tmp_path, fault):
    async with house(tmp_path) as station:
        getattr(station.hotel, fault)()
        new = Stay("1505", "32001", "样例", "瑋", language="ZH", cards=("04AA",))
        await station.hotel.check_in(new)
        await until(lambda: station.status.guests == len(DEMO_STAYS) + 1)
        guest = await station.guests.identify("1505", "样例瑋")
        assert guest is not None
        assert guest == await station.guests.identify_card("04AA")
        await station.becomes(station.sell("1505"), DeliveryState.DELIVERED)


async def test_garbage_between_records_is_reported_and_left_out(tmp_path):
    async with house(tmp_path) as station:
        with capture_logs() as logs:
            await station.hotel.garbage()
            await station.becomes(station.sell("0808"), DeliveryState.DELIVERED)
        noises = [entry["what"] for entry in logs if entry["event"] == "link.noise"]
        assert noises == ["between-frames", "malformed"] or noises == ["between-frames", "malformed", "between-frames"]


@pytest.mark.parametrize("days", [-400, 400])
async def test_a_wall_clock_that_jumps_disturbs_nothing(tmp_path, days):
    async with house(tmp_path) as station:
        station.hotel.late_answer(0.3)
        key = station.sell("0808")
        await until(lambda: station.hotel.observed.postings == 1)
        station.clock.wall_off = timedelta(days=days)
        done = await station.becomes(key, DeliveryState.DELIVERED)
        assert done.attempts == 1
        assert station.hotel.observed.connections == 1


async def test_a_link_told_to_stop_waits_for_the_answer(tmp_path):
    async with house(tmp_path) as station:
        station.hotel.late_answer(0.2)
        key = station.sell("0808")
        await until(lambda: station.hotel.observed.postings == 1)
        await station.stop()
        assert station.delivery(key).state is DeliveryState.DELIVERED


async def test_a_link_told_to_stop_waits_so_long_and_no_longer(tmp_path):
    async with house(tmp_path, pace=Pace(0.02, 0.05, 0.1, last_answer=20.0)) as station:
        station.hotel.lose_answer()
        key = station.sell("0808")
        await until(lambda: station.hotel.observed.postings == 1)
        stopping = asyncio.create_task(station.stop())
        await asyncio.sleep(QUIET)
        station.clock.push(19)
        await asyncio.sleep(QUIET)
        assert not stopping.done()
        station.clock.push(2)
        await asyncio.wait_for(stopping, SOON)
        assert (station.delivery(key).state, station.delivery(key).remark) == (DeliveryState.UNKNOWN, "ended")


def test_systemd_gives_the_link_the_time_it_takes_to_stop():
    unit = Path("systemd/system/kiosk-link.service").read_text("utf-8")
    (patience,) = re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)
    assert int(patience) >= Pace().last_answer + RECORD_SECONDS


async def test_a_flood_of_rubbish_is_a_few_lines_in_the_log(tmp_path):
    async with house(tmp_path) as station:
        with capture_logs() as logs:
            for _ in range(300):
                await station.hotel.garbage(1)
            await station.becomes(station.sell("0808"), DeliveryState.DELIVERED)
        noises = [entry for entry in logs if entry["event"] == "link.noise"]
        assert 2 <= len(noises) <= 10


async def test_no_log_line_names_a_guest_or_a_room(tmp_path):
    with capture_logs() as logs:
        async with house(tmp_path) as station:
            station.hotel.refuse_next("NG")
            station.sell("0808", guest="31001")
            station.sell("1502", guest="31005")
            await station.becomes(station.sell("1501", guest="31004"), DeliveryState.DELIVERED)
            await station.hotel.garbage()
            async with asyncio.timeout(5):
                while "posting.delivered" not in repr(logs):  # it is on disk before it is told
                    await asyncio.sleep(0.005)
    told = repr(logs)
    for secret in ("0808", "1501", "1502", "Not To Be Logged", *(stay.name for stay in DEMO_STAYS)):
        assert not re.search(rf"\b{re.escape(secret)}\b", told)  # inside a charge's id the digits are chance


async def test_a_link_told_to_stop_in_the_middle_of_a_queue_leaves_nothing_in_doubt(tmp_path):
    async with house(tmp_path) as station:
        keys = [station.sell("0808", 100 + n) for n in range(30)]
        await station.becomes(keys[4], DeliveryState.DELIVERED)
        await station.stop()
        assert {station.delivery(key).state for key in keys} == {DeliveryState.DELIVERED, DeliveryState.QUEUED}
        station.start()
        await station.becomes(keys[-1], DeliveryState.DELIVERED)
        assert [line.amount for line in station.hotel.folio("0808")] == [100 + n for n in range(30)]
