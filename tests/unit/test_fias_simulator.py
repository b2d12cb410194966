"""The far side refuses what a real hotel system refuses: otherwise the link's own tests would prove nothing."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from kiosk.hotel.fias.simulator import HotelSimulator

INTRODUCTION = (
    "LD|DA261121|TI120000|V#1.0|IFMS|",
    "LR|RIPS|FLRNPTTADATIP#WSC#CTS1|",
    "LR|RIPA|FLASRNP#|",
    "LA|DA261121|TI120000|",
)
POSTING = "PS|RN0808|PTC|TA150|DA261121|TI120000|P#1|WSK1|C#1|CTCopy|"


class Wire:
    """Talks by hand."""

    def __init__(self, reader, writer):
        self._reader, self._writer = reader, writer

    def say(self, *records):
        self._writer.write(b"".join(b"\x02" + record.encode("gbk") + b"\x03" for record in records))

    async def hear(self):
        async with asyncio.timeout(3):
            frame = await self._reader.readuntil(b"\x03")
        return frame[1:-1].decode("gbk")

    async def hears_nothing(self, seconds=0.1):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._reader.read(1)


@asynccontextmanager
async def wired(*introduction):
    async with HotelSimulator(answer_seconds=0.02) as hotel:
        reader, writer = await asyncio.open_connection("127.0.0.1", hotel.port)
        wire = Wire(reader, writer)
        assert (await wire.hear()).startswith("LS|DA")
        wire.say(*introduction)
        if introduction:
            assert (await wire.hear()).startswith("LA|DA")
        yield hotel, wire
        writer.close()


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
