"""Charges to one guest's folio, doubts cleared up by the hotel system, and the switchboard's services, on real TCP."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kiosk.books.doubts import Outcome, resolve
from kiosk.books.trial import give_up, trial
from kiosk.hotel.desk import Desk
from kiosk.hotel.errands import MessageLeft, MessageRead, MessagesAsked, RoomWished
from kiosk.hotel.fias.charges import GuestCharges, RoomCharges
from kiosk.hotel.fias.clearing_up import ByBalance, ByBill
from kiosk.hotel.fias.codec import Record
from kiosk.hotel.fias.fidcrypt import Key
from kiosk.hotel.fias.records import GUEST_POSTING_FIELDS
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.fias.virtual_hotel import Stay
from kiosk.hotel.postman import Postman
from kiosk.outbox import DeliveryState
from kiosk.store.database import instant
from tests.house import FIELDS, QUIET, SHANGHAI, Station, house, until

BILL = {
    "XR": ("RN", "G#"),
    "XI": ("RN", "G#", "BD", "BI", "F#", "FD"),
    "XB": ("RN", "G#", "BA", "AS"),
}
SERVICES = {
    "WR": ("RN", "DA", "TI"),
    "WC": ("RN", "DA", "TI"),
    "WA": ("RN", "DA", "TI", "AS"),
    "RE": ("RN", "RS", "DN", "ML"),
    "XL": ("G#", "RN", "MI", "$J", "MT", "DA", "TI"),
    "XT": ("G#", "RN", "MI", "MT", "DA", "TI"),
    "XM": ("G#", "RN", "DA", "TI", "RT"),
    "XD": ("G#", "RN", "MI"),
}


def to_guests(folder, *, doubts=None, more=None):
    fields = {**FIELDS, **GUEST_POSTING_FIELDS, **(more or {})}
    return house(folder, fields=fields, posting="guest", charges=GuestCharges(), doubts=doubts)


def with_services(folder):
    return house(folder, fields={**FIELDS, **SERVICES})


async def test_a_charge_goes_to_the_folio_of_the_guest_who_signed(tmp_path):
    async with to_guests(tmp_path) as station:
        key = station.sell("1203", 150, guest="31003")
        await station.becomes(key, DeliveryState.DELIVERED)
        assert station.hotel.guest_folio("31002") == []
        assert [line.amount for line in station.hotel.guest_folio("31003")] == [150]
        assert (station.hotel.observed.inquiries, station.hotel.observed.postings) == (1, 1)


@pytest.mark.parametrize("minor", [150, -150])
async def test_the_tax_in_the_price_is_told_in_its_own_field_where_the_hotel_has_one(tmp_path, monkeypatch, minor):
    wire = []
    monkeypatch.setattr(Desk, "trace", lambda _desk, _way, what: wire.append(what))
    fields = {**FIELDS, "PS": (*FIELDS["PS"], "S1", "T1", "D1")}
    async with house(tmp_path, fields=fields) as station:
        await station.becomes(station.sell("0808", minor), DeliveryState.DELIVERED)
    [sent] = [record for record in wire if isinstance(record, Record) and record.kind == "PS"]
    assert [sent.get(name) for name in ("TA", "S1", "T1", "D1")] == [str(minor), str(minor - 10), "10", None]


async def test_many_charges_to_guests_go_in_order(tmp_path):
    async with to_guests(tmp_path) as station:
        keys = [station.sell("1203", 100 + n, guest="31002") for n in range(6)]
        await station.becomes(keys[-1], DeliveryState.DELIVERED)
        assert [line.amount for line in station.hotel.guest_folio("31002")] == [100 + n for n in range(6)]


@pytest.mark.parametrize("fault", ["torn", "merged", "shuffled", "decimal_points", "leading_zeros", "noisy"])
async def test_however_the_list_arrives_it_is_the_same_guest(tmp_path, fault):
    async with to_guests(tmp_path) as station:
        getattr(station.hotel, fault)()
        await station.becomes(station.sell("1203", guest="31003"), DeliveryState.DELIVERED)
        assert len(station.hotel.guest_folio("31003")) == 1


@pytest.mark.parametrize(("room", "guest"), [("1505", "31099"), ("0808", "31099"), ("1203", "")])
async def test_where_the_guest_is_not_found_staff_are_told_and_nobody_is_charged(tmp_path, room, guest):
    async with to_guests(tmp_path) as station:
        done = await station.becomes(station.sell(room, guest=guest), DeliveryState.REFUSED)
        assert done.remark == "hotel.refused.ng"
        assert station.hotel.observed.postings == 0


async def test_a_lost_list_leaves_nothing_in_doubt(tmp_path):
    async with to_guests(tmp_path) as station:
        station.hotel.lose_list()
        key = station.sell("0808", guest="31001")
        await until(lambda: station.hotel.observed.inquiries == 1)
        await asyncio.sleep(QUIET)
        station.clock.push(61)
        await station.becomes(key, DeliveryState.DELIVERED)
        assert len(station.hotel.guest_folio("31001")) == 1


async def test_an_inquiry_in_the_night_audit_is_asked_again_afterwards(tmp_path):
    async with to_guests(tmp_path) as station:
        await station.hotel.night_audit_begin()
        key = station.sell("0808", guest="31001")
        await asyncio.sleep(QUIET)
        assert station.hotel.observed.inquiries == 0
        await station.hotel.night_audit_end()
        await station.becomes(key, DeliveryState.DELIVERED)


async def test_a_link_killed_between_inquiry_and_posting_has_posted_nothing(tmp_path):
    async with to_guests(tmp_path) as station:
        station.hotel.slow(0.5)
        key = station.sell("0808", guest="31001")
        await until(lambda: station.hotel.observed.inquiries == 1)
        await station.kill()
        assert station.delivery(key).state is DeliveryState.QUEUED
        station.hotel.slow(0.02)
        station.start()
        await station.becomes(key, DeliveryState.DELIVERED)
        assert len(station.hotel.guest_folio("31001")) == 1


async def test_a_trial_given_up_while_the_guest_is_asked_for_does_not_end_the_link(tmp_path):
    async with to_guests(tmp_path) as station:
        station.hotel.lose_list()
        tried = trial(station.postings, "0808", 100, "CNY", "TEST", "31001")
        await until(lambda: station.hotel.observed.inquiries == 1)
        assert give_up(station.postings, tried, "no link")
        await asyncio.sleep(QUIET)  # the hotel system is done with the list that it loses
        station.clock.push(61)
        await station.becomes(station.sell("0808", guest="31001"), DeliveryState.DELIVERED)
        assert station.delivery(tried).attempts == 0


async def test_a_late_answer_while_the_guest_is_asked_for_does_not_end_the_link(tmp_path):
    async with to_guests(tmp_path) as station:
        station.hotel.lose_answer()
        key = await lost_charge(station)
        number, asked = station.delivery(key).number, station.hotel.observed.inquiries
        station.hotel.lose_list()
        resolve(station.postings, key, Outcome.NOT_POSTED, "AB")
        await until(lambda: station.hotel.observed.inquiries > asked)
        await station.hotel.stray_answer(number, "OK", "0808")
        await station.becomes(key, DeliveryState.DELIVERED)
        await asyncio.sleep(QUIET)  # the hotel system is done with the list that it loses
        station.clock.push(61)
        await station.becomes(station.sell("0808", guest="31001"), DeliveryState.DELIVERED)
        assert station.delivery(key).attempts == 1


async def lost_charge(station, minor=150):
    key = station.sell("0808", minor, guest="31001")
    await until(lambda: station.hotel.observed.postings == 1)
    await asyncio.sleep(QUIET)
    station.clock.push(61)
    await station.becomes(key, DeliveryState.UNKNOWN)
    await until(lambda: station.status.phase == "alive")
    return key


@pytest.mark.parametrize("pointed", [False, True])
async def test_the_balance_shows_that_a_charge_without_an_answer_was_booked(tmp_path, pointed):
    async with to_guests(tmp_path, doubts=ByBalance()) as station:
        station.hotel.decimal_points(on=pointed)
        station.hotel.lose_answer()
        key = await lost_charge(station)
        station.clock.push(70)
        done = await station.becomes(key, DeliveryState.DELIVERED)
        assert (done.remark, done.attempts) == ("balance", 1)
        assert len(station.hotel.guest_folio("31001")) == 1


async def test_an_unchanged_balance_does_not_send_a_charge_again(tmp_path):
    """It may be on the folio of somebody who pays for this guest."""
    async with to_guests(tmp_path, doubts=ByBalance()) as station:
        station.hotel.drop_posting()
        key = await lost_charge(station)
        asked = station.hotel.observed.inquiries
        station.clock.push(70)
        await until(lambda: station.hotel.observed.inquiries > asked)
        await asyncio.sleep(QUIET)
        left = station.delivery(key)
        assert (left.state, left.attempts) == (DeliveryState.UNKNOWN, 1)
        assert station.hotel.guest_folio("31001") == []


@pytest.mark.parametrize("hours", [-5, 5])
async def test_a_clock_that_is_set_lets_no_balance_be_asked_for_before_the_hotel_has_booked(tmp_path, hours):
    async with to_guests(tmp_path, doubts=ByBalance()) as station:
        station.hotel.lose_answer()
        key = await lost_charge(station)
        asked = station.hotel.observed.inquiries
        station.clock.push(50)
        station.clock.wall_off += timedelta(hours=hours)
        await asyncio.sleep(QUIET)
        assert station.hotel.observed.inquiries == asked
        station.clock.push(20)
        await station.becomes(key, DeliveryState.DELIVERED)


@pytest.mark.parametrize("guest", ["31001", ""], ids=["by reservation", "by room"])
async def test_a_balance_that_something_else_of_ours_has_moved_decides_nothing(tmp_path, guest):
    async with to_guests(tmp_path, doubts=ByBalance()) as station:
        station.hotel.drop_posting()
        key = await lost_charge(station)
        await station.becomes(station.sell("0808", 150, guest=guest), DeliveryState.DELIVERED)
        asked = station.hotel.observed.inquiries
        for _ in range(5):
            station.clock.push(1000)
            await asyncio.sleep(QUIET)
        assert station.delivery(key).state is DeliveryState.UNKNOWN
        assert station.hotel.observed.inquiries == asked


async def test_a_doubt_that_the_balance_cannot_decide_is_asked_about_three_times(tmp_path):
    async with to_guests(tmp_path, doubts=ByBalance()) as station:
        station.hotel.lose_answer()
        key = await lost_charge(station)
        [line] = station.hotel.guest_folio("31001")
        station.hotel.hotel.lines.add(line)  # somebody else's charge
        asked = station.hotel.observed.inquiries
        for _ in range(8):
            station.clock.push(1000)
            await asyncio.sleep(QUIET)
        assert station.delivery(key).state is DeliveryState.UNKNOWN
        assert station.hotel.observed.inquiries - asked == 3


async def test_the_bill_shows_a_charge_without_an_answer_by_its_voucher(tmp_path):
    fields = {**FIELDS, **BILL}
    async with house(tmp_path, fields=fields, charges=RoomCharges(numbered=True), doubts=ByBill()) as station:
        station.hotel.lose_answer()
        key = station.sell("0808", 150, guest="31001")
        await station.times_out(key)
        await station.becomes(key, DeliveryState.UNKNOWN)
        station.clock.push(70)
        done = await station.becomes(key, DeliveryState.DELIVERED)
        assert (done.remark, done.attempts) == ("bill", 1)
        assert [line.text for line in station.hotel.folio("0808")] == ["Copy A4 x3 000001"]


async def test_a_line_of_the_bill_that_is_another_posting_s_proves_nothing(tmp_path, monkeypatch):
    async def one(_postman, _delivery):
        return 1

    monkeypatch.setattr(Postman, "delivered_alike", one)
    fields = {**FIELDS, **BILL}
    async with house(tmp_path, fields=fields, charges=RoomCharges(numbered=True), doubts=ByBill()) as station:
        station.hotel.lose_answer()
        key = station.sell("0808", 150, guest="31001")
        await station.times_out(key)
        await station.becomes(key, DeliveryState.UNKNOWN)
        station.clock.push(70)
        await until(lambda: not station.postings.doubts())
        await asyncio.sleep(QUIET)
        assert station.delivery(key).state is DeliveryState.UNKNOWN


async def test_a_bill_without_the_charge_proves_nothing(tmp_path):
    fields = {**FIELDS, **BILL}
    async with house(tmp_path, fields=fields, charges=RoomCharges(numbered=True), doubts=ByBill()) as station:
        station.hotel.drop_posting()
        key = station.sell("0808", 150, guest="31001")
        await until(lambda: station.hotel.observed.postings == 1)
        await asyncio.sleep(QUIET)
        station.clock.push(31)
        await station.becomes(key, DeliveryState.UNKNOWN)
        station.clock.push(70)
        await asyncio.sleep(QUIET)
        assert station.delivery(key).state is DeliveryState.UNKNOWN


async def test_a_wake_up_is_registered_and_cancelled(tmp_path):
    async with with_services(tmp_path) as station:
        when = (datetime.now(SHANGHAI) + timedelta(days=1)).replace(hour=6, minute=30, second=0, microsecond=0)
        number = station.register.wake_ups.order("0808", "31001", instant(when))
        await until(lambda: station.hotel.wake_ups("0808"))
        [call] = station.hotel.wake_ups("0808")
        assert call.date + call.time == when.strftime("%y%m%d%H%M%S")
        station.register.wake_ups.cancel(number, "0808", "31001")
        await until(lambda: not station.hotel.wake_ups("0808"))


async def test_errands_go_during_the_night_audit_too(tmp_path):
    async with with_services(tmp_path) as station:
        await station.hotel.night_audit_begin()
        await until(lambda: station.status.audit)
        station.register.wishes.wish("0808", "31001", "do-not-disturb")
        await until(lambda: station.hotel.door("0808")["wish"] == "8")


async def test_errands_wait_while_the_hotel_system_is_down(tmp_path):
    async with with_services(tmp_path) as station:
        await station.hotel.close()
        await until(lambda: not station.status.alive)
        key = station.send(RoomWished("0808", "31001", "make-up"))
        await asyncio.sleep(QUIET)
        assert station.errand(key) is DeliveryState.QUEUED
        await station.hotel.open()
        await until(lambda: station.errand(key) is DeliveryState.DELIVERED)


async def test_what_the_hotel_has_not_enabled_is_refused(tmp_path):
    async with house(tmp_path) as station:
        key = station.send(RoomWished("0808", "31001", "make-up"))
        await until(lambda: station.errand(key) not in (DeliveryState.QUEUED, DeliveryState.SENDING))
        assert station.errand(key) is not DeliveryState.DELIVERED


async def test_messages_are_asked_for_read_and_left(tmp_path):
    async with with_services(tmp_path) as station:
        number = await station.hotel.leave_message("0808", "31001", "Call home")
        asked = station.send(MessagesAsked("0808", "31001"))
        await until(lambda: station.errand(asked) is DeliveryState.DELIVERED)
        read = station.send(MessageRead("0808", "31001", number))
        await until(lambda: not station.hotel.messages("31001"))
        station.send(MessageLeft("0808", "31001", "See you at eight"))
        await until(lambda: station.hotel.messages("31001"))
        assert [message.text for message in station.hotel.messages("31001")] == ["See you at eight"]
        await until(lambda: station.errand(read) is DeliveryState.DELIVERED)


async def test_a_charge_does_not_wait_for_messages(tmp_path):
    async with with_services(tmp_path) as station:
        asked = station.send(MessagesAsked("9999", "31001"))  # such a pair is ignored or answered by nothing
        key = station.sell("0808")
        await station.becomes(key, DeliveryState.DELIVERED)
        await until(lambda: station.errand(asked) is DeliveryState.DELIVERED)


async def test_a_hotel_system_that_waits_for_the_first_word_gets_it_after_three_seconds(tmp_path):
    async with HotelSimulator(answer_seconds=0.02, speaks_first=False) as hotel:
        station = Station(tmp_path, hotel)
        station.start()
        try:
            await until(lambda: station.status.phase == "listening")
            assert not hotel.alive
            station.clock.push(3.1)
            await station.up()
            await station.becomes(station.sell("0808"), DeliveryState.DELIVERED)
        finally:
            await station.kill()
            station.close()
    assert hotel.observed.violations == []


async def test_a_hotel_system_that_still_knows_us_is_told_our_fields_all_the_same(tmp_path):
    async with house(tmp_path) as station:
        await station.stop()
        station.hotel.still_knows()
        station.fields = {**station.fields, "RE": ("RN", "RS")}
        station.start()
        await until(lambda: station.status.phase == "listening")
        station.clock.push(3.1)
        await station.up()
        station.register.wishes.wish("0808", "31001", "make-up")
        await until(lambda: station.hotel.door("0808")["wish"] == "9")


async def test_a_key_opens_the_interface_and_a_wrong_one_does_not(tmp_path):
    key = Key.parse("FidCrypt0S|AAECAwQFBgcICQoLDA0ODw==")
    async with house(tmp_path, HotelSimulator(answer_seconds=0.02, key=key), key=key) as station:
        await station.becomes(station.sell("0808"), DeliveryState.DELIVERED)


@pytest.mark.parametrize("way", [house, to_guests])
async def test_a_charge_follows_its_guest_into_another_room(tmp_path, way):
    async with way(tmp_path) as station:
        await station.hotel.night_audit_begin()
        await until(lambda: station.status.audit)
        key = station.sell("0808", 150, guest="31001")
        await station.hotel.move("31001", "1505")
        await until(lambda: station.room_of("31001") == "1505")
        await station.hotel.night_audit_end()
        await station.becomes(key, DeliveryState.DELIVERED)
        assert [line.amount for line in station.hotel.guest_folio("31001")] == [150]
        assert station.hotel.folio("0808") == []


@pytest.mark.parametrize("way", [house, to_guests])
async def test_whoever_moves_in_does_not_pay_for_the_guest_before(tmp_path, way):
    async with way(tmp_path) as station:
        await station.hotel.night_audit_begin()
        await until(lambda: station.status.audit)
        key = station.sell("0808", 150, guest="31001")
        await station.hotel.check_out("31001")
        await station.hotel.check_in(Stay("0808", "31999", "Beispiel", "Nova"))
        await until(lambda: station.room_of("31999") == "0808")
        await station.hotel.night_audit_end()
        done = await station.becomes(key, DeliveryState.REFUSED)
        assert done.remark == "hotel.refused.ng"
        assert station.hotel.folio("0808") == []


async def test_a_balance_that_another_doubt_may_move_decides_nothing(tmp_path):
    async with to_guests(tmp_path, doubts=ByBalance()) as station:
        doubtful = []
        for lose in (station.hotel.drop_posting, station.hotel.lose_answer):
            lose()
            doubtful.append(station.sell("0808", 150, guest="31001"))
            await until(lambda: station.delivery(doubtful[-1]).state is DeliveryState.SENDING)
            await asyncio.sleep(QUIET)
            station.clock.push(61.0)
            await station.becomes(doubtful[-1], DeliveryState.UNKNOWN)
        for _ in range(3):
            station.clock.push(1000.0)
            await asyncio.sleep(QUIET)
        assert [station.delivery(key).state for key in doubtful] == [DeliveryState.UNKNOWN] * 2


@asynccontextmanager
async def house_that_tells_no_roll(folder, way):
    """Only what happens now is known: the hotel system does not answer DR."""
    async with way(folder) as station:
        await station.stop()
        (folder / "guests.db").unlink()
        station.hotel.ignore_resync()
        station.start()
        await until(lambda: station.hotel.alive and station.status.alive)
        station.clock.push(31)
        await station.hotel.check_in(Stay("1505", "31901", "Beispiel", "Alma"))
        await until(lambda: station.room_of("31901") == "1505")
        yield station


@pytest.mark.parametrize("way", [house, to_guests])
async def test_a_move_that_was_told_counts_though_not_everybody_is_known(tmp_path, way):
    async with house_that_tells_no_roll(tmp_path, way) as station:
        await station.hotel.night_audit_begin()
        await until(lambda: station.status.audit)
        key = station.sell("1505", 150, guest="31901")
        await station.hotel.move("31901", "1506")
        await station.hotel.check_in(Stay("1505", "31902", "Beispiel", "Bela"))
        await station.hotel.night_audit_end()
        await station.becomes(key, DeliveryState.DELIVERED)
        assert [line.amount for line in station.hotel.guest_folio("31901")] == [150]


@pytest.mark.parametrize("way", [house, to_guests])
async def test_a_check_out_that_was_told_counts_though_not_everybody_is_known(tmp_path, way):
    async with house_that_tells_no_roll(tmp_path, way) as station:
        await station.hotel.night_audit_begin()
        await until(lambda: station.status.audit)
        key = station.sell("1505", 150, guest="31901")
        await station.hotel.check_out("31901")
        await station.hotel.check_in(Stay("1505", "31902", "Beispiel", "Bela"))
        await station.hotel.night_audit_end()
        done = await station.becomes(key, DeliveryState.REFUSED)
        assert done.remark == "hotel.refused.ng"
        assert station.hotel.guest_folio("31902") == []


WITHOUT_NUMBERS = {kind: tuple(name for name in FIELDS[kind] if name != "G#") for kind in ("GI", "GC", "GO")}


def to_rooms(folder, *, more):
    return house(folder, fields={**FIELDS, **more})


@pytest.mark.parametrize("way", [to_rooms, to_guests])
async def test_without_numbers_whoever_has_the_name_pays_and_the_next_guest_does_not(tmp_path, way):
    async with way(tmp_path, more=WITHOUT_NUMBERS) as station:
        first = station.sell("0808", 150, name="Lindqvist-Example")
        await station.becomes(first, DeliveryState.DELIVERED)
        assert [line.amount for line in station.hotel.guest_folio("31001")] == [150]
        await station.hotel.night_audit_begin()
        await until(lambda: station.status.audit)
        second = station.sell("0808", 250, name="Lindqvist-Example")
        trial = station.sell("0808", 1)
        await station.hotel.check_out("31001")
        await station.hotel.check_in(Stay("0808", "31902", "Beispiel", "Bela"))
        await station.hotel.night_audit_end()
        done = await station.becomes(second, DeliveryState.REFUSED)
        assert done.remark == "hotel.refused.ng"
        await station.becomes(trial, DeliveryState.DELIVERED)
        assert [line.amount for line in station.hotel.guest_folio("31902")] == [1]


async def test_a_list_with_another_name_than_the_signer_s_is_not_charged(tmp_path):
    async with to_guests(tmp_path, more=WITHOUT_NUMBERS) as station:
        key = station.sell("0808", 150, name="Lindqvist-Example")
        stay = station.hotel.hotel.stays.pop("31001")
        station.hotel.hotel.stays["31902"] = replace(stay, reservation="31902", name="Beispiel", given="Bela")
        await station.becomes(key, DeliveryState.REFUSED)
        assert station.hotel.guest_folio("31902") == []


async def test_a_list_of_guests_that_did_not_come_is_asked_for_again_on_a_link_that_stays_up(tmp_path):
    async with house_that_tells_no_roll(tmp_path, house) as station:
        asked = station.hotel.observed.resyncs
        station.hotel.ignore_resync(on=False)
        station.clock.push(61)
        await until(lambda: station.hotel.observed.resyncs > asked)
        await until(lambda: station.room_of("31001") == "0808")
        await until(lambda: station.room_of("no such number") == "")
