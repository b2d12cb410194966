"""Charges to one guest's folio: an inquiry, a list, a posting, each strictly in its turn (PR, PL)."""

from __future__ import annotations

import pytest

from tests.hotel_wire import asks_for, wired

GUEST_FIELDS = {
    "PR": "PI PM P# WS DA TI G# GN RN TA MX $2 S1 C# CT",
    "PL": "RN G# GN GF NP BA CL P# WS",
    "PA": "AS RN G# P# WS CT C#",
}
INQUIRY = "PR|PI1203|PMRC|P#1|WSK1|"
GUEST_POSTING = "PR|RN1203|G#31002|GN样例|PMRC|TA150|DA261121|TI120000|P#2|WSK1|C#9|CTCopy|"


async def test_a_guest_is_asked_for_and_charged_on_the_own_folio():
    async with wired(*asks_for(**GUEST_FIELDS)) as (hotel, wire):
        wire.say(INQUIRY)
        assert await wire.hear() == (
            "PL|P#1|WSK1|RN1203|G#31002|GN样例|GF小路|NPN|BA0|RN1203|G#31003|GNYANGLI XIAOQIAO|GF|NPN|BA0|"
        )
        wire.say(GUEST_POSTING.replace("31002", "31003").replace("样例", "YANGLI XIAOQIAO"))
        answer = await wire.hear()
        assert answer.startswith("PA|ASOK|RN1203|G#31003|P#2|CTPosting successful")
        assert answer.endswith("WSK1|C#9|")
        assert [line.amount for line in hotel.guest_folio("31003")] == [150]
        assert hotel.guest_folio("31002") == []
        assert hotel.observed.violations == []
        assert (hotel.observed.inquiries, hotel.observed.postings) == (1, 1)


@pytest.mark.parametrize(
    ("asked", "reservations"),
    [
        ("PIlind", ["31001"]),
        ("PIBeispiel", ["31008", "31009"]),
        ("PIBeispiel|MX1", ["31008"]),
        ("PI例", ["31004", "31013"]),
        ("PI808", []),
        ("PI1505", []),
        ("PI?|$204A1B2C3D4E580", ["31001"]),
    ],
)
async def test_guests_are_found_by_room_beginning_of_the_name_or_key(asked, reservations):
    async with wired(*asks_for(PR=GUEST_FIELDS["PR"], PL="G# P#", PA="AS P#")) as (_, wire):
        wire.say(f"PR|{asked}|PMRC|P#1|WSK1|")
        found = "".join(f"G#{number}|" for number in reservations)
        assert await wire.hear() == (f"PL|P#1|{found}" if found else "PA|ASNG|P#1|")


async def test_balance_and_limit_are_told_where_they_are_asked_for():
    async with wired(*asks_for(PR=GUEST_FIELDS["PR"], PL="RN G# BA CL P#", PA="AS P#")) as (hotel, wire):
        for number, name in ((1, "PR|PI1503|PMRC|P#{}|WSK1|"), (2, "PR|PI1503|PMRC|P#{}|WSK1|")):
            hotel.decimal_points(on=number == 2)
            wire.say(name.format(number))
            limit = "50.00" if number == 2 else "5000"
            assert await wire.hear() == f"PL|P#{number}|RN1503|G#31006|BA{'0.00' if number == 2 else '0'}|CL{limit}|"


async def test_a_charge_for_a_guest_without_an_inquiry_before_it_is_dropped():
    async with wired(*asks_for(**GUEST_FIELDS)) as (hotel, wire):
        wire.say(GUEST_POSTING)
        await wire.hears_nothing()
        assert hotel.observed.violations == ["PR posting without an inquiry before it"]


async def test_each_charge_needs_an_inquiry_of_its_own():
    async with wired(*asks_for(**GUEST_FIELDS)) as (hotel, wire):
        wire.say(INQUIRY)
        await wire.hear()
        wire.say(GUEST_POSTING)
        await wire.hear()
        wire.say(GUEST_POSTING.replace("P#2", "P#3"))
        await wire.hears_nothing()
        assert hotel.observed.violations == ["PR posting without an inquiry before it"]
        assert len(hotel.guest_folio("31002")) == 1


async def test_an_inquiry_before_a_restart_is_none():
    async with wired(*asks_for(**GUEST_FIELDS)) as (hotel, wire):
        wire.say(INQUIRY)
        await wire.hear()
        await hotel.restart()
        assert (await wire.hear()).startswith("LS|DA")
        wire.say(*asks_for(**GUEST_FIELDS), GUEST_POSTING)
        assert (await wire.hear()).startswith("LA|DA")
        await wire.hears_nothing()
        assert hotel.observed.violations == ["PR posting without an inquiry before it"]


async def test_a_name_is_compared_as_it_arrived():
    async with wired(*asks_for(**GUEST_FIELDS)) as (_, wire):
        wire.say("PR|PI12A|PMRC|P#1|WSK1|")
        assert "|GNPrzyk?ad-Wzorowska|" in await wire.hear()
        wire.say(GUEST_POSTING.replace("1203", "12A").replace("31002", "31023").replace("样例", "Przyk?ad-Wzorowska"))
        assert (await wire.hear()).startswith("PA|ASOK|RN12A|")


@pytest.mark.parametrize(("right", "wrong"), [("RN1203", "RN0808"), ("G#31002", "G#31001"), ("GN样例", "GN样")])
async def test_only_a_guest_of_the_last_list_can_be_charged(right, wrong):
    async with wired(*asks_for(**GUEST_FIELDS)) as (hotel, wire):
        wire.say(INQUIRY)
        await wire.hear()
        wire.say(GUEST_POSTING.replace(right, wrong))
        assert "|CTGuest not found|" in await wire.hear()
        assert hotel.observed.violations == ["PR for a guest who was not in the last PL"]
        assert len(hotel.hotel.lines) == 0


async def test_inquiry_and_charge_need_numbers_of_their_own():
    async with wired(*asks_for(**GUEST_FIELDS)) as (hotel, wire):
        wire.say(INQUIRY)
        await wire.hear()
        wire.say(GUEST_POSTING.replace("P#2", "P#1"))
        await wire.hear()
        assert hotel.observed.notes == ["PR with the P# of the last record"]


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ("PR|PI1203|P#1|WSK1|", "PR without PM"),
        ("PR|PI1203|PMRC|P#1|", "PR without WS"),
        (INQUIRY + "TA150|", "PR is inquiry and posting at once"),
        (INQUIRY.replace("PI1203", "PIeleven-long"), "PR.PI out of form"),
        (GUEST_POSTING.replace("GN样例|", ""), "PR without GN"),
    ],
)
async def test_an_inquiry_out_of_form_is_dropped(record, complaint):
    async with wired(*asks_for(**GUEST_FIELDS)) as (hotel, wire):
        wire.say(record)
        await wire.hears_nothing()
        assert complaint in hotel.observed.violations


async def test_two_inquiries_at_once_are_one_too_many():
    async with wired(*asks_for(**GUEST_FIELDS)) as (hotel, wire):
        wire.say(INQUIRY, INQUIRY.replace("P#1", "P#2"))
        assert (await wire.hear()).startswith("PL|P#1|")
        await wire.hears_nothing()
        assert hotel.observed.violations == ["second PR before the answer to the first"]


async def test_what_should_not_be_on_one_interface_is_noted():
    async with wired(*asks_for(GI="RN GN", PS="RN", **GUEST_FIELDS)) as (hotel, _):
        assert hotel.observed.notes == ["GI and PR on one interface", "PS and PR on one interface"]
