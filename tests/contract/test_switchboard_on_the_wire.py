"""The switchboard's services from the guest's order to the hotel's exchange and back, over a real FIAS line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kiosk.hotel.fias.line import Pace
from kiosk.hotel.protocol import Guest
from kiosk.outbox import DeliveryState
from kiosk.register.wake_up_states import WakeUpState
from kiosk.store.database import instant
from tests.house import FIELDS, SHANGHAI, SOON, Station, house, until

ROOM, STAY = "0808", "31001"
SERVICES = {
    **FIELDS,
    "WR": ("RN", "DA", "TI"),
    "WC": ("RN", "DA", "TI"),
    "WA": ("RN", "DA", "TI", "AS"),
    "RE": ("RN", "G#", "DN", "ML", "RS"),
    "XL": ("G#", "RN", "MI", "$J", "MT", "DA", "TI"),
    "XT": ("G#", "RN", "MI", "MT", "DA", "TI"),
    "XM": ("G#", "RN", "DA", "TI", "RT"),
    "XD": ("G#", "RN", "MI"),
}


@asynccontextmanager
async def served(folder) -> AsyncIterator[Station]:
    async with house(folder, fields=dict(SERVICES)) as station:
        yield station


def tomorrow() -> datetime:
    return (datetime.now(SHANGHAI) + timedelta(days=1)).replace(hour=6, minute=30, second=0, microsecond=0)


def next_minute() -> datetime:
    return datetime.now(SHANGHAI).replace(second=0, microsecond=0) + timedelta(minutes=1)


def stamp(at: datetime) -> tuple[str, str]:
    return at.strftime("%y%m%d"), at.strftime("%H%M%S")


def on_exchange(station: Station, room: str = ROOM) -> list[tuple[str, str]]:
    return [(call.date, call.time) for call in station.hotel.wake_ups(room)]


def state(station: Station, number: int) -> WakeUpState:
    return station.register.wake_ups.state_of(number)


def asked(station: Station) -> list[str]:
    return [request.kind for request in station.register.requests.list_open()]


async def test_a_charge_an_errand_and_the_end_wait_for_no_tick(tmp_path):
    async with served(tmp_path) as station:
        await station.stop()
        station.pace = Pace(tick=60.0, first_pause=0.05)
        station.start()
        for _ in range(2):  # the first may have been there before the line was
            await station.becomes(station.sell(ROOM), DeliveryState.DELIVERED)
        at = tomorrow()
        station.register.wake_ups.order(ROOM, STAY, instant(at))
        await until(lambda: on_exchange(station) == [stamp(at)])
        async with asyncio.timeout(SOON):
            await station.stop()


async def test_an_order_a_change_and_a_cancelling_reach_the_exchange(tmp_path):
    async with served(tmp_path) as station:
        wake_ups, at = station.register.wake_ups, tomorrow()
        number = wake_ups.order(ROOM, STAY, instant(at))
        await until(lambda: on_exchange(station) == [stamp(at)])
        await until(lambda: state(station, number) is WakeUpState.REGISTERED)
        later = at + timedelta(minutes=45)
        changed = wake_ups.change(number, ROOM, STAY, instant(later))
        await until(lambda: on_exchange(station) == [stamp(later)])
        await until(lambda: state(station, changed) is WakeUpState.REGISTERED)
        wake_ups.cancel(changed, ROOM, STAY)
        await until(lambda: on_exchange(station) == [])


async def test_an_unanswered_call_becomes_a_request_and_an_answered_one_none(tmp_path):
    async with served(tmp_path) as station:
        number = station.register.wake_ups.order(ROOM, STAY, instant(next_minute()))
        other = station.register.wake_ups.order("1501", "31004", instant(next_minute()))
        await until(lambda: on_exchange(station) and on_exchange(station, "1501"))
        await until(lambda: state(station, other) is WakeUpState.REGISTERED)
        await station.hotel.wake_up_result(ROOM, "NR")
        await station.hotel.wake_up_result("1501", "OK")
        await until(lambda: state(station, other) is WakeUpState.ANSWERED)
        assert state(station, number) is WakeUpState.UNANSWERED
        assert asked(station) == ["wake-up-unanswered"]


async def test_a_call_ordered_at_the_reception_is_on_the_list_until_it_is_dropped_there(tmp_path):
    async with served(tmp_path) as station:
        await station.hotel.order_wake_up(ROOM, *stamp(tomorrow()))
        await until(lambda: station.register.wake_ups.of_guest(ROOM, STAY))
        (call,) = station.register.wake_ups.of_guest(ROOM, STAY)
        assert call.at == instant(tomorrow())
        await station.hotel.cancel_wake_up(ROOM, *stamp(tomorrow()))
        await until(lambda: not station.register.wake_ups.of_guest(ROOM, STAY))


async def test_check_out_clears_and_a_move_takes_along(tmp_path):
    async with served(tmp_path) as station:
        leaving = station.register.wake_ups.order(ROOM, STAY, instant(tomorrow()))
        moving = station.register.wake_ups.order("1501", "31004", instant(tomorrow()))
        await until(lambda: state(station, moving) is WakeUpState.REGISTERED)
        await station.hotel.check_out(STAY)
        await until(lambda: state(station, leaving) is WakeUpState.CLEARED)
        await station.hotel.move("31004", "1505")
        await until(lambda: on_exchange(station, "1505") == [stamp(tomorrow())])
        assert [call.room for call in station.register.wake_ups.list_open()] == ["1505"]


@pytest.mark.parametrize("arrives_first", [False, True], ids=["left and came", "came and left"])
async def test_a_move_that_is_told_as_a_check_out_and_a_check_in_takes_along_as_well(tmp_path, arrives_first):
    without = {record: fields for record, fields in SERVICES.items() if record != "GC"}
    async with house(tmp_path, fields=without) as station:
        station.register.rules = replace(station.register.rules, moves=False)
        station.hotel.faults.arrives_first = arrives_first
        number = station.register.wake_ups.order("1501", "31004", instant(tomorrow()))
        await until(lambda: state(station, number) is WakeUpState.REGISTERED)
        await station.hotel.move("31004", "1505")
        await until(lambda: on_exchange(station, "1505") == [stamp(tomorrow())])
        assert [call.room for call in station.register.wake_ups.list_open()] == ["1505"]


async def test_who_left_while_the_link_was_down_is_cleared_by_the_roll(tmp_path):
    async with served(tmp_path) as station:
        number = station.register.wake_ups.order(ROOM, STAY, instant(tomorrow()))
        await until(lambda: state(station, number) is WakeUpState.REGISTERED)
        await station.kill()
        del station.hotel.hotel.stays[STAY]
        (tmp_path / "guests.db").unlink()
        station.start()
        await station.up()
        await until(lambda: state(station, number) is WakeUpState.CLEARED)


async def test_ordered_while_the_link_is_down_it_is_registered_when_it_is_up(tmp_path):
    async with served(tmp_path) as station:
        await station.kill()
        number = station.register.wake_ups.order(ROOM, STAY, instant(tomorrow()))
        station.start()
        await until(lambda: state(station, number) is WakeUpState.REGISTERED)
        assert on_exchange(station) == [stamp(tomorrow())]


async def test_messages_are_told_read_and_left(tmp_path):
    async with served(tmp_path) as station:
        await station.hotel.leave_message(ROOM, STAY, "A parcel has come")
        messages = station.register.messages
        await until(lambda: messages.waiting(ROOM, STAY))
        key = messages.ask(ROOM, STAY)
        assert key is not None
        await until(lambda: messages.answered(key))
        (message,) = messages.waiting(ROOM, STAY)
        assert message.text == "A parcel has come"
        messages.read(ROOM, STAY, message.number)
        await until(lambda: not station.hotel.messages(STAY))
        messages.leave((Guest(ROOM, STAY, "Example"),), "Example", "Call Sam\nSam", "v1", "en")
        await until(lambda: [one.text for one in station.hotel.messages(STAY)] == ["Call Sam\nSam"])
        assert asked(station) == []


async def test_a_wish_is_shown_at_the_door_and_ends_with_the_stay(tmp_path):
    async with served(tmp_path) as station:
        station.register.wishes.wish(ROOM, STAY, "do-not-disturb")
        await until(lambda: station.hotel.door(ROOM)["wish"] == "8")
        await station.hotel.do_not_disturb(ROOM, on=False)
        await until(lambda: station.register.wishes.of(ROOM) is None)
        station.register.wishes.wish(ROOM, STAY, "make-up")
        await until(lambda: station.hotel.door(ROOM)["wish"] == "9")
        await station.hotel.check_out(STAY)
        await until(lambda: station.register.wishes.of(ROOM) is None)


async def test_where_the_hotel_does_not_show_wishes_a_person_does(tmp_path):
    async with house(tmp_path) as station:
        station.register.wishes.wish(ROOM, STAY, "make-up")
        await until(lambda: asked(station) == ["room-wish"])
