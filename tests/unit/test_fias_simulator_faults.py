"""Each fault of the virtual hotel does what its name says, and no more: seen from the other end of either wire."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from kiosk.hotel.fias.fault_menu import SWITCHES
from kiosk.hotel.fias.simulator import HotelSimulator
from tests import hotel_wire
from tests.hotel_wire import INTRODUCTION, POSTING, asks_for

STATUSES = (
    *("OK", "NG", "NP", "CO", "DM", "IA", "NA", "RY", "UR", "FX"),
    *("DN", "NF", "NM", "NR", "BY", "DE", "BM", "CD", "AA", "AN"),
)
BOOKED = "PA|ASOK|RN0808|P#1|"


@pytest.fixture(params=["tcp", "serial"])
def wired(request):
    return partial(hotel_wire.wired, over=request.param)


def booked(hotel: HotelSimulator) -> list[str]:
    return [line.sequence for line in hotel.folio("0808")]


@pytest.mark.parametrize("status", [*STATUSES, "ZZ", ""])
async def test_any_answer_can_be_had_and_books_nothing(wired, status):
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.refuse_next(status)
        wire.say(POSTING)
        assert await wire.hear() == f"PA|AS{status}|RN0808|P#1|"
        assert booked(hotel) == []


async def test_a_lost_answer_is_booked_and_a_lost_posting_is_not(wired):
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.lose_answer()
        wire.say(POSTING)
        await wire.hears_nothing()
        assert booked(hotel) == ["1"]
        hotel.drop_posting()
        wire.say(POSTING.replace("P#1", "P#2"))
        await wire.hears_nothing()
        assert booked(hotel) == ["1"]
        wire.say(POSTING.replace("P#1", "P#3"))
        assert await wire.hear() == BOOKED.replace("P#1", "P#3")
        assert hotel.observed.violations == []


async def test_an_inquiry_whose_list_is_lost_is_answered_the_next_time(wired):
    async with wired(*asks_for(PR="PI PM P# WS", PL="RN P#", PA="AS P#")) as (hotel, wire):
        hotel.lose_list()
        wire.say("PR|PI0808|PMRC|P#1|WSK1|")
        await wire.hears_nothing()
        wire.say("PR|PI0808|PMRC|P#2|WSK1|")
        assert await wire.hear() == "PL|P#2|RN0808|"


async def test_a_slow_hotel_system_takes_its_time_over_each(wired):
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.slow(0.2)
        wire.say(POSTING)
        await wire.hears_nothing()
        assert await wire.hear() == BOOKED


async def test_a_late_answer_comes_after_the_next_one(wired):
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.late_answer(0.2)
        wire.say(POSTING)
        await wire.hears_nothing()
        wire.say(POSTING.replace("P#1", "P#2"))
        assert [await wire.hear(), await wire.hear()] == [BOOKED.replace("P#1", "P#2"), BOOKED]
        assert hotel.observed.violations == []


async def test_doubled_answers_come_at_once_or_late(wired):
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.double_answer()
        wire.say(POSTING)
        assert [await wire.hear(), await wire.hear()] == [BOOKED, BOOKED]
        hotel.late_and_doubled(0.2)
        wire.say(POSTING.replace("P#1", "P#2"))
        assert await wire.hear() == BOOKED.replace("P#1", "P#2")
        await wire.hears_nothing()
        assert await wire.hear() == BOOKED.replace("P#1", "P#2")
        hotel.late_answer(0.15)
        hotel.double_answer()
        wire.say(POSTING.replace("P#1", "P#3"))
        await wire.hears_nothing()
        assert [await wire.hear(), await wire.hear()] == [BOOKED.replace("P#1", "P#3")] * 2
        assert booked(hotel) == ["1", "2", "3"]


async def test_answers_come_for_other_numbers_and_other_workstations(wired):
    async with wired(*asks_for(PS="RN PT TA DA TI P# WS", PA="AS P# WS")) as (hotel, wire):
        hotel.wrong_sequence()
        wire.say(POSTING)
        assert await wire.hear() == "PA|ASOK|P#1001|WSK1|"
        hotel.foreign_answer("NG", 0)
        wire.say(POSTING)
        assert [await wire.hear(), await wire.hear()] == ["PA|ASNG|P#1|WSELSEWHERE|", "PA|ASOK|P#1|WSK1|"]
        await hotel.stray_answer(77)
        assert await wire.hear() == "PA|ASOK|P#77|WS|"


async def test_a_number_with_leading_zeros(wired):
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.leading_zeros()
        wire.say(POSTING)
        assert await wire.hear() == "PA|ASOK|RN0808|P#00000001|"


async def test_an_old_system_takes_four_digits_only_and_cuts_names(wired):
    async with wired(*asks_for(PS="RN PT TA DA TI P#", PA="AS P#", GC="GN")) as (hotel, wire):
        hotel.old_limits()
        wire.say(POSTING.replace("P#1", "P#10000"))
        await wire.hears_nothing()
        assert hotel.observed.violations == ["PS.P# out of form"]
        wire.say(POSTING.replace("P#1", "P#9999"))
        assert await wire.hear() == "PA|ASOK|P#9999|"
        guest = hotel.hotel.stays["31001"]
        await hotel.change(type(guest)("0808", "31001", "Beispiel" * 10))
        assert await wire.hear() == "GC|GN" + "Beispiel" * 5 + "|"


@pytest.mark.parametrize(("verb", "said"), [("restart_on_posting", "LS"), ("leave_on_posting", "LE")])
async def test_a_link_record_in_the_middle_of_a_posting(wired, verb, said):
    async with wired(*INTRODUCTION) as (hotel, wire):
        getattr(hotel, verb)()
        wire.say(POSTING)
        assert (await wire.hear()).startswith(f"{said}|DA")
        assert booked(hotel) == ["1"]
        if said == "LS":
            wire.say(POSTING)
            await wire.hears_nothing()
            assert hotel.observed.violations == ["PS before the link was alive"]


@pytest.mark.parametrize(("verb", "said"), [("restart", "LS"), ("leave", "LE")])
async def test_a_link_record_in_the_middle_of_everything(wired, verb, said):
    async with wired(*INTRODUCTION) as (hotel, wire):
        await getattr(hotel, verb)()
        assert (await wire.hear()).startswith(f"{said}|DA")
        assert not hotel.alive


async def test_a_silent_peer_hears_nothing_of_what_was_said_meanwhile(wired):
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.silent()
        wire.say(POSTING)
        await wire.hears_nothing()
        hotel.silent(on=False)
        await wire.hears_nothing()
        assert booked(hotel) == []


async def test_a_half_open_socket_that_comes_to_itself_reads_what_had_piled_up(wired):
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.half_open()
        wire.say(POSTING)
        await wire.hears_nothing()
        hotel.half_open(on=False)
        assert await wire.hear() == BOOKED


async def test_garbage_between_the_records_costs_none(wired):
    async with wired(*asks_for(GC="GN")) as (hotel, wire):
        await hotel.garbage()
        await hotel.change(hotel.hotel.stays["31001"])
        async with asyncio.timeout(10):
            assert await wire.reader.readuntil(b"\x02GC|GNLindqvist-Example|\x03")


async def test_records_and_fields_that_nobody_knows_in_any_order(wired):
    async with wired(*asks_for(GC="RN G# GN GF GL NP")) as (hotel, wire):
        hotel.unknown_records()
        hotel.shuffled()
        await hotel.change(hotel.hotel.stays["31001"])
        assert await wire.hear() == "ZX|QQfuture|"
        assert await wire.hear() == "GC|ZZfuture|NPN|GLEA|GFIngrid|GNLindqvist-Example|G#31001|RN0808|"


async def test_a_list_in_another_order_still_begins_each_guest_with_room_and_number(wired):
    async with wired(*asks_for(PR="PI PM P# WS", PL="RN G# GN NP P# WS", PA="AS P#")) as (hotel, wire):
        hotel.shuffled()
        wire.say("PR|PI1203|PMRC|P#1|WSK1|")
        assert await wire.hear() == (
            "PL|ZZfuture|RN1203|G#31002|NPN|GN样例|RN1203|G#31003|NPN|GNYANGLI XIAOQIAO|P#1|WSK1|"
        )


async def test_fields_without_a_value(wired):
    async with wired(*asks_for(GC="RN G# GN GF GL NP")) as (hotel, wire):
        hotel.empty_fields()
        await hotel.change(hotel.hotel.stays["31001"])
        assert await wire.hear() == "GC|RN0808|G#31001|GNLindqvist-Example|GF|GL|NP|"


async def test_another_code_page_than_was_agreed(wired):
    async with wired(*asks_for(GC="GN")) as (hotel, wire):
        hotel.code_page("utf-8")
        await hotel.change(hotel.hotel.stays["31002"])
        async with asyncio.timeout(10):
            assert await wire.reader.readuntil(b"\x03") == b"\x02GC|GN" + "样例".encode() + b"|\x03"


@pytest.mark.parametrize(
    ("verb", "kinds"),
    [("ignore_resync", []), ("empty_resync", ["DS", "DE"]), ("unfinished_resync", ["DS", "GI"])],
)
async def test_a_resync_that_is_refused(wired, verb, kinds):
    async with wired(*asks_for(GI="RN G#")) as (hotel, wire):
        getattr(hotel, verb)()
        wire.say("DR|DA261121|TI120000|", "LS|DA261121|TI120000|")
        heard = [record[:2] for record in await wire.hear_all("LA")]
        assert list(dict.fromkeys(heard)) == [*kinds, "LA"]


async def test_all_well_again(wired):
    async with wired(*INTRODUCTION) as (hotel, wire):
        for switch in SWITCHES:
            getattr(hotel, switch)()
        hotel.refuse_next("NG")
        hotel.lose_answer()
        hotel.all_well()
        wire.say(POSTING)
        assert await wire.hear() == BOOKED
