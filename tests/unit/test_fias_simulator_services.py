"""What the virtual hotel does besides charges: guests come and go, wake-ups, messages, signs at the doors, bills."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kiosk.hotel.fias.house_services import WakeUp
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.fias.virtual_hotel import DEMO_STAYS, Stay
from tests.hotel_wire import asks_for, wired

SERVICES = asks_for(
    WR="RN DA TI",
    WC="RN DA TI",
    WA="RN DA TI AS",
    RE="RN DN ML RS",
    XL="G# RN MI $J MT DA TI",
    XT="G# RN MI MT",
    XM="G# RN RT",
    XD="G# RN MI",
    XR="G# RN",
    XI="G# RN BD BI FD",
    XB="G# RN BA AS",
    PS="RN PT TA DA TI P# CT",
    PA="AS P#",
)


def clock() -> datetime:
    return datetime(2026, 11, 21, 7, 0, 0, tzinfo=UTC)


def house() -> HotelSimulator:
    return HotelSimulator(answer_seconds=0, now=clock)


async def test_a_wake_up_is_registered_once_and_cancelled():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        wire.say("WR|RN0808|DA261122|TI063000|", "WR|RN0808|DA261122|TI063000|", "WR|RN9999|DA261122|TI063000|")
        await wire.hears_nothing()
        assert hotel.wake_ups() == [WakeUp("0808", "261122", "063000")]
        wire.say("WC|RN0808|DA261122|TI063000|")
        await wire.hears_nothing()
        assert hotel.wake_ups() == []
        assert hotel.observed.violations == []


@pytest.mark.parametrize("status", ["OK", "NR", "BY", "UR", "DE"])
async def test_a_wake_up_has_exactly_one_result_under_the_time_it_was_ordered_for(status):
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        await hotel.order_wake_up("1501", "261121", "083007")
        assert await wire.hear() == "WR|RN1501|DA261121|TI083007|"
        await hotel.wake_up_result("1501", status)
        assert await wire.hear() == f"WA|AS{status}|RN1501|DA261121|TI083007|"
        with pytest.raises(ValueError, match="no wake-up"):
            await hotel.wake_up_result("1501", status)


async def test_only_what_is_due_rings():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        wire.say(*(f"WR|RN{room}|DA261121|TI{time}|" for room, time in (("1203", "065900"), ("1501", "070000"))))
        wire.say("WR|RN0808|DA261121|TI070001|")
        await wire.hears_nothing()
        hotel.wake_up_answers("1501", "NR")
        assert await hotel.wake_up_rings() == 2
        assert await wire.hear() == "WA|ASOK|RN1203|DA261121|TI065900|"
        assert await wire.hear() == "WA|ASNR|RN1501|DA261121|TI070000|"
        assert await hotel.wake_up_rings() == 0


async def test_reception_cancels_a_wake_up():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        await hotel.order_wake_up("1501", "261121", "083000")
        await hotel.cancel_wake_up("1501", "261121", "083000")
        assert [await wire.hear() for _ in range(2)] == [f"W{kind}|RN1501|DA261121|TI083000|" for kind in "RC"]
        assert hotel.wake_ups() == []


async def test_a_result_for_a_call_that_nobody_ordered_is_a_violation():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        wire.say("WA|ASOK|RN0808|DA261121|TI070000|")
        await wire.hears_nothing()
        assert hotel.observed.violations == ["WA for no wake-up"]


async def test_a_message_left_at_the_kiosk_waits_for_the_guest_and_lights_the_lamp():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        wire.say("XL|RN1203|G#31003|$J5|MTDinner at eight?\nL.|")
        assert await wire.hear() == "RE|RN1203|MLY|"
        [message] = hotel.messages("31003")
        assert (message.text, message.label) == ("Dinner at eight?\nL.", "5")
        assert hotel.messages("31002") == []


@pytest.mark.parametrize("wrong", ["XL|RN1203|G#31001|$J5|MTx|", "XL|RN9999|G#31003|$J5|MTx|"])
async def test_a_message_for_a_wrong_pair_is_ignored_without_a_word(wrong):
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        wire.say(wrong)
        await wire.hears_nothing()
        assert [hotel.messages(stay.reservation) for stay in DEMO_STAYS] == [[]] * len(DEMO_STAYS)
        assert hotel.observed.violations == []


async def test_a_message_without_the_kiosk_s_own_number_is_dropped():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        wire.say("XL|RN1203|G#31003|MTx|")
        await wire.hears_nothing()
        assert hotel.observed.violations == ["XL without $J"]


async def test_messages_are_told_one_by_one_with_an_end_and_are_read_then():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        numbers = [await hotel.leave_message("1203", "31002", text) for text in ("一号", "two")]
        told = [await wire.hear() for _ in range(4)]
        assert told[0] == f"XL|RN1203|G#31002|MI{numbers[0]}|MT一号|DA261121|TI070000|"
        assert told[1] == told[3] == "RE|RN1203|MLY|"
        first, second, end = [
            f"XT|RN1203|G#31002|MI{numbers[0]}|MT一号|",
            f"XT|RN1203|G#31002|MI{numbers[1]}|MTtwo|",
            "XT|RN1203|G#31002|",
        ]
        wire.say("XM|RN1203|G#31002|RT0|")
        assert [await wire.hear() for _ in range(3)] == [first, second, end]
        wire.say("XM|RN1203|G#31002|")
        assert [await wire.hear() for _ in range(4)] == [first, second, end, "RE|RN1203|MLN|"]
        wire.say("XM|RN1203|G#31002|")
        assert await wire.hear() == end
        await wire.hears_nothing()


async def test_a_wrong_pair_has_no_messages():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        await hotel.leave_message("1203", "31002", "private")
        await wire.hear_all("RE|")
        wire.say("XM|RN0808|G#31002|")
        assert await wire.hear() == "XT|RN0808|G#31002|"
        assert len(hotel.messages("31002")) == 1
        with pytest.raises(ValueError, match="nobody"):
            await hotel.leave_message("0808", "31002", "x")


async def test_a_message_read_at_the_kiosk_is_echoed_and_puts_the_lamp_out():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        number = await hotel.leave_message("1203", "31002", "x")
        await wire.hear_all("RE|")
        read = f"XD|RN1203|G#31002|MI{number}|"
        wire.say(read, read)
        assert [await wire.hear() for _ in range(2)] == [read, "RE|RN1203|MLN|"]
        await wire.hears_nothing()
        assert hotel.messages("31002") == []


async def test_the_lamp_can_be_lit_for_what_is_no_message_here():
    async with wired(*SERVICES) as (hotel, wire):
        await hotel.message_light("0808", "31001")
        assert await wire.hear() == "RE|RN0808|MLY|"
        await hotel.message_light("0808", "31001", on=False)
        assert await wire.hear() == "RE|RN0808|MLN|"


async def test_a_message_read_elsewhere_is_told():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        number = await hotel.leave_message("1203", "31002", "x")
        await wire.hear_all("RE|")
        await hotel.read_message("1203", "31002", number)
        assert [await wire.hear() for _ in range(2)] == [f"XD|RN1203|G#31002|MI{number}|", "RE|RN1203|MLN|"]


async def test_the_sign_at_the_door_is_kept_apart_from_what_housekeeping_says():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        wire.say("RE|RN0808|RS8|", "RE|RN0808|RS3|", "RE|RN1501|RS10|")
        await wire.hears_nothing()
        assert hotel.door("0808") == {"wish": "8", "cleaning": "3"}
        assert hotel.door("1501") == {"wish": "10", "cleaning": None}
        hotel.guest_service(on=False)
        wire.say("RE|RN1501|RS9|")
        await wire.hears_nothing()
        assert hotel.door("1501")["wish"] == "10"
        assert hotel.observed.violations == []


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ("RE|RN0808|DNY|", "RE.DN is the hotel system's to say"),
        ("RE|RN0808|RS7|", "RE.RS out of form"),
        ("WR|RN0808|DA261122|TI0630|", "WR.TI out of form"),
        ("XM|RN0808|", "XM without G#"),
        ("XD|RN0808|G#31001|", "XD without MI"),
        ("XR|G#31001|", "XR without RN"),
    ],
)
async def test_a_wish_out_of_form_is_dropped(record, complaint):
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        wire.say(record)
        await wire.hears_nothing()
        assert hotel.observed.violations == [complaint]


async def test_the_telephone_s_state_is_told_by_the_hotel():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        await hotel.do_not_disturb("0808")
        await hotel.do_not_disturb("0808", on=False)
        assert [await wire.hear() for _ in range(2)] == ["RE|RN0808|DNY|", "RE|RN0808|DNN|"]


async def test_the_bill_is_told_line_by_line_and_its_balance_last():
    async with wired(*SERVICES, hotel=house()) as (_, wire):
        for number, (amount, text) in enumerate([("150", "Copy"), ("-50", "Correction")], 1):
            wire.say(f"PS|RN0808|PTC|TA{amount}|DA261121|TI070000|P#{number}|CT{text}|")
            assert await wire.hear() == f"PA|ASOK|P#{number}|"
        wire.say("XR|RN0808|G#31001|")
        assert await wire.hear_all("XB|") == [
            "XI|RN0808|G#31001|BDCopy|BI150|FDY|",
            "XI|RN0808|G#31001|BDCorrection|BI-50|FDY|",
            "XB|RN0808|G#31001|BA100|ASOK|",
        ]
        wire.say("XR|RN0808|G#31002|")
        assert await wire.hear() == "XB|RN0808|G#31002|BA0|ASNG|"


async def test_check_out_throws_away_what_was_the_guest_s():
    async with wired(*SERVICES, hotel=house()) as (hotel, wire):
        await hotel.leave_message("1203", "31003", "x")
        await hotel.order_wake_up("1203", "261122", "063000")
        wire.say("RE|RN1203|RS8|")
        await wire.hear_all("WR|")
        await wire.hears_nothing()
        await hotel.check_out("31003")
        assert hotel.messages("31003") == []
        assert len(hotel.wake_ups("1203")) == 1, "the other guest stays"
        await hotel.check_out("31002")
        assert hotel.wake_ups("1203") == []
        assert hotel.door("1203")["wish"] is None


GUESTS = {"GI": "RN G# GS GN", "GO": "RN G# GS"}


async def test_sharers_come_and_go():
    async with wired(*asks_for(**GUESTS)) as (hotel, wire):
        for number in ("1", "2"):
            await hotel.check_in(Stay("1505", number, "Beispiel"))
        await hotel.check_out("1")
        await hotel.check_out("2")
        assert [await wire.hear() for _ in range(4)] == [
            "GI|RN1505|G#1|GSN|GNBeispiel|",
            "GI|RN1505|G#2|GSY|GNBeispiel|",
            "GO|RN1505|G#1|GSY|",
            "GO|RN1505|G#2|GSN|",
        ]


async def test_a_move_is_a_change_or_a_departure_and_an_arrival_as_the_station_asked():
    async with wired(*asks_for(GC="RN G# GS RO")) as (hotel, wire):
        await hotel.move("31001", "1505")
        assert await wire.hear() == "GC|RN1505|G#31001|GSN|RO0808|GSN|"
        assert [stay.reservation for stay in hotel.hotel.in_room("1505")] == ["31001"]
        assert hotel.hotel.in_room("0808") == []
    async with wired(*asks_for(**GUESTS)) as (hotel, wire):
        await hotel.move("31002", "1505")
        assert [await wire.hear() for _ in range(2)] == ["GO|RN1203|G#31002|GSY|", "GI|RN1505|G#31002|GSN|GN样例|"]
        hotel.arrives_first()
        await hotel.move("31002", "1506")
        assert [await wire.hear() for _ in range(2)] == ["GI|RN1506|G#31002|GSN|GN样例|", "GO|RN1505|G#31002|GSN|"]


async def test_a_change_of_name_is_told():
    async with wired(*asks_for(GC="RN G# GN")) as (hotel, wire):
        await hotel.change(replace(DEMO_STAYS[0], name="Exempel"))
        assert await wire.hear() == "GC|RN0808|G#31001|GNExempel|"


async def test_what_happened_while_nobody_listened_is_told_when_a_station_does():
    async with wired() as (hotel, wire):
        await hotel.check_in(Stay("1505", "1", "Beispiel"))
        await hotel.check_out("1")
        wire.say(*asks_for(**GUESTS))
        assert [(await wire.hear())[:2] for _ in range(3)] == ["LA", "GI", "GO"]


async def test_guests_come_and_go_while_everybody_is_told_of():
    async with wired(*asks_for(**GUESTS)) as (hotel, wire):
        hotel.torn()
        wire.say("DR|DA261121|TI120000|")
        assert (await wire.hear()).startswith("DS|")
        await hotel.check_out("31024")
        await hotel.check_in(Stay("1505", "1", "Beispiel"))
        hotel.torn(on=False)
        told = await wire.hear_all("DE|")
        assert "GI|RN1505|G#1|GSN|GNBeispiel|" in told
        assert "GO|RNPM9001|G#31024|GSN|" in told
        assert not [record for record in told if record.startswith("GI|RNPM9001|")]
