"""The far side refuses what a real hotel system refuses: otherwise the link's own tests would prove nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kiosk.hotel.fias.fidcrypt import Key
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.fias.virtual_hotel import DEMO_STAYS, big_hotel, demo_hotel
from tests.hotel_wire import ALIVE, INTRODUCTION, POSTING, connected, wired


async def test_a_posting_is_answered_with_the_fields_that_were_asked_for():
    async with wired(*INTRODUCTION) as (hotel, wire):
        wire.say(POSTING)
        assert await wire.hear() == "PA|ASOK|RN0808|P#1|"
        assert [(line.amount, line.check, line.text) for line in hotel.folio("0808")] == [(150, "1", "Copy")]
        assert hotel.observed.violations == []


async def test_nothing_is_believed_before_the_station_has_described_itself():
    async with wired() as (hotel, wire):
        wire.say(POSTING, "LA|DA261121|TI120000|", "LR|RIPS|FLRN|", "DR|DA261121|TI120000|")
        await wire.hears_nothing()
        assert hotel.folio("0808") == []
        assert hotel.observed.violations == [
            "PS before the link was alive",
            "LR out of form",
            "DR before the link was alive",
        ]


@pytest.mark.parametrize("wrong", ["LR|FLRN|RIPS|", "LR|RIPS|FLRNP|", "LR|RIPS|", "LR|RIPS|FLRN|ZZ|"])
async def test_a_description_out_of_form_is_dropped(wrong):
    async with wired(INTRODUCTION[0], wrong, *INTRODUCTION[2:]) as (hotel, wire):
        wire.say(POSTING)
        await wire.hears_nothing()
        assert hotel.observed.violations[0] == "LR out of form"
        assert "PS was not agreed" in hotel.observed.violations


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("P#1", "P#01"),
        ("P#1", "P#0"),
        ("P#1", "P#123456789"),
        ("P#1", "P#x"),
        ("TA150", "TA1.50"),
        ("TA150", "TA"),
        ("TA150", "TA0150"),
        ("TI120000", "TI250000"),
        ("DA261121", "DA2026-11-21"),
        ("CTCopy", "CTa text of more than twenty characters"),
        ("PTC", "PTD"),
        ("RN0808", "RN"),
    ],
)
async def test_a_posting_out_of_form_is_dropped(field, wrong):
    async with wired(*INTRODUCTION) as (hotel, wire):
        wire.say(POSTING.replace(field, wrong))
        await wire.hears_nothing()
        assert hotel.observed.violations == [f"PS.{field[:2]} out of form"]
        assert hotel.folio("0808") == []


@pytest.mark.parametrize("missing", ["RN0808|", "PTC|", "TA150|", "DA261121|", "TI120000|", "P#1|"])
async def test_a_posting_with_a_field_missing_is_dropped(missing):
    async with wired(*INTRODUCTION) as (hotel, wire):
        wire.say(POSTING.replace(missing, ""))
        await wire.hears_nothing()
        assert hotel.observed.violations == [f"PS without {missing[:2]}"]


async def test_a_second_posting_before_the_answer_to_the_first_is_dropped():
    async with wired(*INTRODUCTION) as (hotel, wire):
        wire.say(POSTING, POSTING.replace("P#1", "P#2"))
        assert await wire.hear() == "PA|ASOK|RN0808|P#1|"
        await wire.hears_nothing()
        assert hotel.observed.violations == ["second PS before the answer to the first"]


async def test_subtotals_that_do_not_add_up_are_a_mismatch():
    async with wired(*INTRODUCTION) as (_, wire):
        wire.say(POSTING + "S1149|")
        assert await wire.hear() == "PA|ASDM|RN0808|P#1|"
        wire.say(POSTING + "S1150|")
        assert await wire.hear() == "PA|ASOK|RN0808|P#1|"


async def test_a_link_that_is_alive_is_not_answered_link_alive_again():
    async with wired(*INTRODUCTION) as (_, wire):
        wire.say("LA|DA261121|TI120000|")
        await wire.hears_nothing()
        wire.say("LS|DA261121|TI120000|")
        assert (await wire.hear()).startswith("LA|DA")


async def test_only_guests_are_told_of_that_were_asked_for():
    async with wired(*INTRODUCTION) as (_, wire):
        wire.say("DR|DA261121|TI120000|")
        assert [(await wire.hear())[:2], (await wire.hear())[:2]] == ["DS", "DE"]


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ("PS|RN0808", "PS is no record"),
        ("ps|RN0808|", "ps is no record"),
        ("PS|RN08\x0108|", "PS is no record"),
        ("PS|" + "CTx|" * 600, "PS is too long"),
        ("GI|RN0808|", "GI was not expected"),
        ("XR|RN0808|G#31001|", "XR was not agreed"),
    ],
)
async def test_what_is_no_record_for_a_hotel_is_dropped(record, complaint):
    async with wired(*INTRODUCTION) as (hotel, wire):
        wire.say(record)
        await wire.hears_nothing()
        assert complaint in hotel.observed.violations


async def test_bytes_of_another_code_page_are_no_record():
    async with wired(*INTRODUCTION) as (hotel, wire):
        wire.writer.write(b"\x02PS|RN0808|CT\xff\xff|\x03")
        await wire.hears_nothing()
        assert hotel.observed.violations == ["PS is not in the code page"]


async def test_bytes_outside_a_frame_and_a_record_without_end_are_noticed():
    async with wired(*INTRODUCTION) as (hotel, wire):
        wire.writer.write(b"noise" + b"\x02" + POSTING.encode() + b"\x03" + b"\x02" + b"x" * 30_000)
        assert await wire.hear() == "PA|ASOK|RN0808|P#1|"
        await wire.hears_nothing()
        assert hotel.observed.violations[:2] == ["bytes outside a frame", "no end of a record"]


@pytest.mark.parametrize(
    ("start", "complaint"),
    [
        ("LD|DA261121|TI120000|V#1.0|", "LD without IF"),
        ("LD|DA261121|TI120000|IFMS|", "LD without V#"),
        ("LD|DA261121|TI120000|V#1.0|IFXX|", "LD.IF out of form"),
        ("LD|DA261321|TI120000|V#1.0|IFMS|", "LD.DA out of form"),
    ],
)
async def test_an_introduction_out_of_form_brings_no_link(start, complaint):
    async with wired() as (hotel, wire):
        wire.say(start, *INTRODUCTION[1:])
        await wire.hears_nothing()
        assert hotel.observed.violations[0] == complaint
        assert not hotel.alive


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        ("LR|RIZZ|FLRN|", "LR for ZZ, which is no record"),
        ("LR|RIGO|FLRNGN|", "LR for GO.GN, which is no field"),
        ("LR|RIPA|FLRN|", "second LR for PA"),
    ],
)
async def test_what_cannot_be_asked_for_is_not_agreed(record, complaint):
    async with wired(*INTRODUCTION[:-1], record, ALIVE) as (hotel, _):
        assert hotel.observed.violations == [complaint]


async def test_a_field_that_was_not_agreed_is_ignored_and_noted():
    async with wired(*INTRODUCTION) as (hotel, wire):
        wire.say(POSTING + "SO2|")
        assert await wire.hear() == "PA|ASOK|RN0808|P#1|"
        assert hotel.observed.notes == ["PS.SO was not agreed"]


async def test_the_versions_are_told_to_a_station_that_wants_them():
    async with wired() as (_, wire):
        wire.say("LD|DA261121|TI120000|V#1.0|IFMS|RT133|", *INTRODUCTION[1:])
        assert await wire.hear() == "LC|RP1CH;2CC|A15.6|A060|"
        assert (await wire.hear()).startswith("LA|DA")


async def test_an_interface_that_waits_hears_the_station_first():
    async with HotelSimulator(speaks_first=False) as hotel:
        wire = await connected(hotel)
        await wire.hears_nothing()
    async with HotelSimulator(speaks_first=False) as hotel:
        wire = await connected(hotel)
        wire.say("LS|DA261121|TI120000|")
        assert (await wire.hear()).startswith("LS|DA")


async def test_an_interface_can_be_told_to_wait_for_the_station():
    async with HotelSimulator() as hotel:
        hotel.mute_start()
        wire = await connected(hotel)
        await wire.hears_nothing()
        wire.say("LS|DA261121|TI120000|")
        assert (await wire.hear()).startswith("LS|DA")


async def test_an_interface_that_still_knows_the_station_answers_it_link_alive():
    async with HotelSimulator(answer_seconds=0) as hotel:
        hotel.still_knows()
        first = await connected(hotel)
        await first.hear()
        first.say(*INTRODUCTION)
        await first.hear()
        second = await connected(hotel)
        await second.hears_nothing()
        second = await connected(hotel)
        second.say("LS|DA261121|TI120000|", POSTING)
        assert (await second.hear()).startswith("LA|DA")
        assert await second.hear() == "PA|ASOK|RN0808|P#1|"


KEY = Key.parse("FidCrypt0S|AAECAwQFBgcICQoLDA0ODw==")


async def test_the_right_key_opens_the_link_and_a_wrong_one_locks_it_until_a_person_comes():
    async with HotelSimulator(answer_seconds=0, key=KEY) as hotel:
        wire = await connected(hotel)
        stamp = await wire.hear()
        wire.say(f"LD|DA261121|TI120000|V#1.0|IFMS|RT1|CG{KEY.answer('260101', '000000')}|", *INTRODUCTION[1:])
        await wire.hears_nothing()
        assert hotel.observed.violations == ["LD.CG is not of this key"]
        wire = await connected(hotel)
        wire.say("LS|DA261121|TI120000|")
        await wire.hears_nothing()
        wire = await connected(hotel)
        await hotel.reenter_key()
        stamp = await wire.hear()
        answer = KEY.answer(stamp[5:11], stamp[14:20])
        wire.say(f"LD|DA261121|TI120000|V#1.0|IFMS|RT1|CG{answer}|", *INTRODUCTION[1:])
        assert (await wire.hear()).startswith("LC|RP")
        assert (await wire.hear()).startswith("LA|DA")


async def test_without_a_key_nobody_is_let_in_where_one_is_wanted():
    async with HotelSimulator(key=KEY) as hotel:
        wire = await connected(hotel)
        await wire.hear()
        wire.say(*INTRODUCTION)
        await wire.hears_nothing()
        assert not hotel.alive


async def test_a_correction_is_taken_and_a_limit_holds_for_the_guest():
    async with wired(*INTRODUCTION) as (hotel, wire):
        limited = POSTING.replace("0808", "1503")
        for number, (amount, status) in enumerate([("4000", "OK"), ("2000", "CO"), ("-3000", "OK"), ("2000", "OK")], 2):
            wire.say(limited.replace("TA150", f"TA{amount}").replace("P#1", f"P#{number}"))
            assert await wire.hear() == f"PA|AS{status}|RN1503|P#{number}|"
        assert hotel.balance("31006") == 3000
        wire.say(limited.replace("TA150", "TA9000") + "COY|")
        assert await wire.hear() == "PA|ASOK|RN1503|P#1|"


async def test_a_limit_can_be_set_and_taken_away():
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.credit_limit("31001", 100)
        wire.say(POSTING)
        assert await wire.hear() == "PA|ASCO|RN0808|P#1|"
        hotel.credit_limit("31001", None)
        wire.say(POSTING)
        assert await wire.hear() == "PA|ASOK|RN0808|P#1|"


async def test_the_journal_has_what_was_posted(tmp_path):
    async with wired(*INTRODUCTION) as (hotel, wire):
        wire.say(POSTING)
        await wire.hear()
        hotel.journal_csv(tmp_path / "day.csv")
        head, line = (tmp_path / "day.csv").read_text().splitlines()
        assert head == "date,time,room,check,sequence,amount,text"
        assert line.split(",")[2:] == ["0808", "1", "1", "150", "Copy"]


async def test_minus_nothing_is_no_amount():
    async with wired(*INTRODUCTION) as (hotel, wire):
        wire.say(POSTING.replace("TA150", "TA-0"))
        await wire.hears_nothing()
        assert hotel.observed.violations == ["PS.TA out of form"]


async def test_a_charge_to_a_shared_room_is_on_the_folio_of_the_first_who_may_charge():
    async with wired(*INTRODUCTION) as (hotel, wire):
        wire.say(POSTING.replace("0808", "1203"))
        await wire.hear()
        assert [line.reservation for line in hotel.folio("1203")] == ["31002"]
        await hotel.no_post("31002")
        wire.say(POSTING.replace("0808", "1203").replace("P#1", "P#2"))
        await wire.hear()
        assert [line.sequence for line in hotel.guest_folio("31003")] == ["2"]
        await hotel.no_post("31003")
        wire.say(POSTING.replace("0808", "1203").replace("P#1", "P#3"))
        assert await wire.hear() == "PA|ASNP|RN1203|P#3|"


async def test_the_next_guest_of_a_room_does_not_owe_what_the_last_one_did():
    async with wired(*INTRODUCTION) as (hotel, wire):
        wire.say(POSTING.replace("0808", "1503").replace("TA150", "TA5000"))
        await wire.hear()
        await hotel.check_out("31006")
        await hotel.check_in(replace(DEMO_STAYS[5], reservation="31999"))
        wire.say(POSTING.replace("0808", "1503").replace("TA150", "TA5000").replace("P#1", "P#2"))
        assert await wire.hear() == "PA|ASOK|RN1503|P#2|"
        assert (hotel.balance("31006"), hotel.balance("31999")) == (5000, 5000)


async def test_a_charge_before_the_audit_counts_for_the_business_date():
    async with wired(*INTRODUCTION) as (hotel, wire):
        hotel.hotel.business_date = datetime(2026, 2, 28, tzinfo=UTC)
        wire.say(POSTING)
        await wire.hear()
        await hotel.night_audit_begin()
        wire.say(POSTING.replace("P#1", "P#2"))
        assert await wire.hear() == "PA|ASNA|RN0808|P#2|"
        await hotel.night_audit_end()
        wire.say(POSTING.replace("P#1", "P#3"))
        await wire.hear()
        assert [line.date for line in hotel.folio("0808")] == ["2026-02-28", "2026-03-01"]


async def test_a_number_used_again_is_noted_but_posted_like_any_other():
    async with wired(*INTRODUCTION) as (hotel, wire):
        for _ in range(2):
            wire.say(POSTING)
            assert await wire.hear() == "PA|ASOK|RN0808|P#1|"
        assert len(hotel.folio("0808")) == 2
        assert hotel.observed.notes == ["PS with the P# of the last record"]


def test_the_house_s_names_cover_what_goes_wrong_with_names():
    hotel = demo_hotel()
    assert list(hotel.stays.values())[: len(DEMO_STAYS)] == list(DEMO_STAYS)
    assert len(DEMO_STAYS) >= 24
    second_bytes = {bytes((char.encode("gbk", "replace") + b"??")[1:2]) for stay in DEMO_STAYS for char in stay.name}
    assert b"|" in second_bytes
    assert any(stay.room.startswith("0") for stay in DEMO_STAYS)
    assert {stay.room for stay in DEMO_STAYS} <= set(hotel.rooms)


def test_a_big_house_is_the_same_each_time_and_has_sharers():
    one, other = big_hotel(500, seed=7), big_hotel(500, seed=7)
    assert list(one.stays.values()) == list(other.stays.values())
    assert len(one.stays) == 500
    assert sum(one.is_sharer(stay) for stay in one.stays.values()) == 50
    assert big_hotel(500, seed=8).stays["100001"] != one.stays["100001"]
