"""The records the link sends: sums that always agree, amounts in any currency, exactly the fields that were enabled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.hotel.errands import MessageLeft, MessageRead, MessagesAsked, RoomWished, WakeUpClear, WakeUpSet
from kiosk.hotel.fias.codec import Record, encode, parse, pms_amount
from kiosk.hotel.fias.inquiry import Candidate, Inquiry, candidates, chosen
from kiosk.hotel.fias.records import (
    DEFAULT_FIELDS,
    GUEST_POSTING_FIELDS,
    SALES,
    Charge,
    Description,
    GuestPosting,
    RoomPosting,
    minor_amount,
)
from kiosk.hotel.fias.services import errand_record, moment, service_news
from kiosk.hotel.news import (
    MessageGone,
    MessageHere,
    NoMoreMessages,
    RoomTold,
    WakeUpDropped,
    WakeUpOrdered,
    WakeUpResult,
)

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
SUMS = (*SALES, *(f"T{n}" for n in range(1, 10)), *(f"D{n}" for n in range(1, 10)), "TP", "SC")
NEEDED = ("RN", "PT", "TA", "DA", "TI", "P#")
OFFERED = {
    **DEFAULT_FIELDS,
    **GUEST_POSTING_FIELDS,
    "WR": ("RN", "DA", "TI"),
    "WC": ("RN", "DA", "TI"),
    "RE": ("RN", "RS", "DN", "ML"),
    "XL": ("RN", "G#", "$J", "MI", "MT", "DA", "TI"),
    "XM": ("RN", "G#", "RT"),
    "XD": ("RN", "G#", "MI"),
}
STATION = Description(fields=OFFERED)

amounts = st.integers(-(10**9), 10**9)


@given(
    enabled=st.sets(st.sampled_from(SUMS)),
    amount=amounts,
    parts=st.dictionaries(st.sampled_from(("T1", "D1", "SC", "TP")), amounts),
    decimals=st.integers(0, 3),
)
def test_whatever_is_enabled_the_subtotals_make_the_total(enabled, amount, parts, decimals):
    station = Description(fields={**DEFAULT_FIELDS, "PS": (*NEEDED, *sorted(enabled))})
    charge = Charge(1, amount, decimals, "Copy", 7, NOON, parts)
    record = RoomPosting("0808", charge).record(station)
    sent = [int(value) for name, value in record.fields if name in SUMS]
    assert not sent or sum(sent) == int(record.get("TA"))
    assert bool(sent) == bool(enabled & set(SALES))
    assert {name for name, _ in record.fields} <= {*NEEDED, *enabled}


def test_what_has_a_field_of_its_own_is_told_there():
    station = Description(fields={**DEFAULT_FIELDS, "PS": (*NEEDED, "S1", "T1", "D1", "SC", "TP")})
    charge = Charge(1, 1100, 2, "Copy", 7, NOON, {"T1": 60, "SC": 40, "TP": 30, "D1": -30})
    record = RoomPosting("0808", charge).record(station)
    told = {name: record.get(name) for name in ("TA", "S1", "T1", "D1", "SC", "TP")}
    assert told == {"TA": "1100", "S1": "1000", "T1": "60", "D1": "-30", "SC": "40", "TP": "30"}


def test_a_correction_is_the_same_with_a_minus():
    station = Description(fields={**DEFAULT_FIELDS, "PS": (*NEEDED, "S1", "SO")})
    record = RoomPosting("0808", Charge(1, -250, 0, "Copy", 7, NOON)).record(station)
    assert record.get("TA") == record.get("S1") == "-25000"


@pytest.mark.parametrize(
    ("minor", "decimals", "told"), [(150, 2, "150"), (150, 0, "15000"), (1500, 3, "1500"), (0, 2, "0"), (-5, 2, "-5")]
)
def test_amounts_have_two_decimals_implied_and_three_where_the_currency_has_them(minor, decimals, told):
    assert pms_amount(minor, decimals) == told


@pytest.mark.parametrize(
    ("text", "decimals", "minor"),
    [
        ("150", 2, 150),
        ("150.00", 2, 15000),
        ("150.5", 2, 15050),
        ("-1.50", 2, -150),
        ("+7", 2, 7),
        ("12.", 2, 1200),
        ("15000", 0, 150),
        ("150.00", 0, 150),
        ("15050", 0, None),
        ("1.500", 3, 1500),
        ("1500", 3, 1500),
        ("1.5055", 3, None),
        ("", 2, None),
        ("1,50", 2, None),
        ("NaN", 2, None),
        ("１５", 2, None),
        ("1e5", 2, None),
        ("9" * 40, 2, None),
    ],
)
def test_an_amount_from_the_hotel_system_is_read_with_or_without_a_point(text, decimals, minor):
    assert minor_amount(text, decimals) == minor


@given(amounts, st.integers(0, 3))
def test_what_is_told_is_what_is_read(minor, decimals):
    assert minor_amount(pms_amount(minor, decimals), decimals) == minor


def test_a_text_that_the_wire_cannot_carry_is_made_to_fit():
    charge = Charge(1, 150, 2, "複印|A4\x02 €瑋 and much more than fits", 123456789, NOON)
    record = RoomPosting("0808", charge).record(Description())
    assert record.get("CT") == "複印 A4  ?? and much m"[:20]
    assert record.get("C#") == "23456789"
    assert parse(encode(record, "gbk")[1:-1], "gbk") == record


def test_a_trial_has_no_check_number():
    assert RoomPosting("0808", Charge(1, 1, 2, "Trial", 0, NOON)).record(Description()).get("C#") is None


def test_a_guest_s_posting_names_the_guest_and_an_inquiry_no_money():
    station = STATION.posting("guest")
    record = GuestPosting("0808", "5", "Example", Charge(1, 150, 2, "Copy", 7, NOON)).record(station)
    assert [record.get(name) for name in ("RN", "G#", "GN", "PM", "TA", "PI")] == [
        "0808", "5", "Example", "ROOM", "150", None,
    ]  # fmt: skip
    asked = Inquiry(3, "0808").record(station)
    assert asked == Record("PR", (("PI", "0808"), ("PM", "ROOM"), ("P#", "3"), ("WS", "KIOSK1")))


def test_a_way_of_posting_asks_for_its_own_records_only():
    assert "PR" not in STATION.posting("room").fields
    assert "PS" not in STATION.posting("guest").fields
    with pytest.raises(ValueError, match="PR fields"):
        Description(fields={**DEFAULT_FIELDS, "PR": ("PI", "RN")}).posting("guest")


def test_a_house_that_posts_to_guests_need_not_list_the_usual_fields():
    fields = Description().posting("guest").fields
    assert {kind: fields[kind] for kind in ("PR", "PL")} == GUEST_POSTING_FIELDS
    own = {"PR": tuple(name for name in GUEST_POSTING_FIELDS["PR"] if name != "CT")}
    assert Description(fields={**DEFAULT_FIELDS, **own}).posting("guest").fields["PR"] == own["PR"]


@pytest.mark.parametrize("kind", ["PS", "PA"])
def test_a_station_that_could_not_tell_its_postings_apart_is_refused(kind):
    fields = {**DEFAULT_FIELDS, kind: tuple(name for name in DEFAULT_FIELDS[kind] if name != "P#")}
    with pytest.raises(ValueError, match="P#"):
        Description(fields=fields)


LIST = (("RN", "0808"), ("G#", "1"), ("GN", "One"), ("BA", "1"), ("RN", "0808"), ("G#", "2"), ("GN", "Two"))


def test_the_guests_of_a_list_are_told_apart_in_any_order_of_fields():
    plain = candidates(Record("PL", (("P#", "7"), ("WS", "K"), *LIST)))
    assert plain == (Candidate("0808", "1", "One", "1"), Candidate("0808", "2", "Two"))
    turned = candidates(Record("PL", (("ZZ", "x"), *reversed(LIST), ("P#", "7"))))
    assert {(guest.room, guest.reservation, guest.name) for guest in turned} == {
        ("0808", "1", "One"),
        ("0808", "2", "Two"),
    }
    assert candidates(Record("PL", (("P#", "7"),))) == ()


@pytest.mark.parametrize(
    ("guests", "reservation", "found"),
    [
        ([("0808", "1"), ("0808", "2")], "2", "2"),
        ([("0808", "1"), ("0808", "2")], "3", None),
        ([("0808", "1"), ("0808", "2")], "", None),
        ([("0808", "1")], "", "1"),
        ([("0808", "")], "2", ""),
        ([("0808", "1")], "2", None),  # another guest, who moved in since
        ([("0809", "")], "2", None),
        ([("0909", "2")], "2", "2"),  # moved
        ([("0808", "2"), ("0808", "2")], "2", None),
        ([], "2", None),
    ],
)
def test_a_charge_goes_to_the_guest_who_signed_or_to_nobody(guests, reservation, found):
    guest = chosen([Candidate(*one) for one in guests], "0808", reservation)
    assert (guest.reservation if guest else None) == found


def test_errands_are_written_as_the_hotel_enabled_them():
    at = int(datetime(2026, 11, 22, 6, 30, tzinfo=BERLIN).timestamp() * 1000)
    wall = datetime(2026, 11, 21, 22, 0, tzinfo=BERLIN)
    written = [
        errand_record(errand, 9, STATION, wall)
        for errand in (
            WakeUpSet(1, "0808", at),
            WakeUpClear(1, "0808", at),
            RoomWished("0808", "5", "do-not-disturb"),
            RoomWished("0808", "5", "make-up"),
            RoomWished("0808", "5", "none"),
            MessageLeft("0808", "5", "Call | home\nat\x07once"),
            MessagesAsked("0808", "5"),
            MessageRead("0808", "5", "77"),
        )
    ]
    assert [encode(record, "gbk")[1:-1].decode("gbk") for record in written] == [
        "WR|RN0808|DA261122|TI063000|",
        "WC|RN0808|DA261122|TI063000|",
        "RE|RN0808|RS8|",
        "RE|RN0808|RS9|",
        "RE|RN0808|RS10|",
        "XL|RN0808|G#5|$J9|MTCall   home\nat once|DA261121|TI220000|",
        "XM|RN0808|G#5|RT0|",
        "XD|RN0808|G#5|MI77|",
    ]
    assert errand_record(MessagesAsked("0808", "5"), 9, Description(), wall) is None


@pytest.mark.parametrize(
    ("text", "code_page", "sent"),
    [
        ("四点回来", "gbk", True),
        ("四点回来", "latin-1", False),
        ("四點回來", "big5", False),
        ("Call me… 🙂", "latin-1", True),
    ],
)
def test_a_message_that_the_guest_could_not_read_is_not_sent_but_left_to_a_person(text, code_page, sent):
    wall = datetime(2026, 11, 21, 22, 0, tzinfo=BERLIN)
    station = Description(fields=OFFERED, code_page=code_page)
    assert (errand_record(MessageLeft("0808", "5", text), 9, station, wall) is not None) is sent


@pytest.mark.parametrize("length", [1900, 1960, 2000, 5000])
def test_a_message_of_any_length_fits_a_record(length):
    wall = datetime(2026, 11, 21, 22, 0, tzinfo=BERLIN)
    record = errand_record(MessageLeft("0808", "5", "x" * length), 9, STATION, wall)
    frame = encode(record, "gbk")
    assert len(frame) == min(2000, length + len("XL|RN0808|G#5|$J9|MT|DA261121|TI220000|")) + 2


def test_news_are_read_from_what_the_hotel_system_says():
    when = datetime(2026, 11, 22, 6, 30, tzinfo=BERLIN)
    told = [
        service_news(parse(text.encode(), "gbk"), BERLIN)
        for text in (
            "WR|RN0808|DA261122|TI063000|",
            "WC|RN0808|DA261122|TI0630|",
            "WA|RN0808|DA261122|TI063000|ASNR|",
            "XL|RN0808|G#5|MI7|MTCall home|DA261122|TI063000|",
            "XT|RN0808|G#5|MI7|MTCall home|",
            "XT|RN0808|G#5|",
            "XD|RN0808|G#5|MI7|",
            "RE|RN0808|DNY|MLN|",
            "RE|RN0808|",
            "WR|DA261122|TI063000|",
            "WA|RN0808|DA261122|TI063000|",
            "XL|RN0808|G#5|MTCall home|",
        )
    ]
    assert told == [
        WakeUpOrdered("0808", when),
        WakeUpDropped("0808", when),
        WakeUpResult("0808", when, "NR"),
        MessageHere("0808", "5", "7", "Call home", when),
        MessageHere("0808", "5", "7", "Call home"),
        NoMoreMessages("0808", "5"),
        MessageGone("0808", "5", "7"),
        RoomTold("0808", do_not_disturb=True),
        None,
        None,
        None,
        None,
    ]


@given(st.integers(0, 2 * 366 * 24 * 60))
def test_a_wake_up_keeps_its_instant_over_clock_changes(minutes):
    """But for the hour that comes twice: the wire cannot say which, the first is taken."""
    instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    record = errand_record(
        WakeUpSet(1, "0808", int(instant.timestamp() * 1000)), 1, STATION, instant.astimezone(BERLIN)
    )
    heard = moment(record, BERLIN)
    local = instant.astimezone(BERLIN)
    assert heard.astimezone(UTC) == (instant - timedelta(hours=1) if local.fold else instant)


def test_a_time_that_a_clock_change_leaves_out_is_the_one_it_became():
    heard = moment(Record("WR", (("DA", "260329"), ("TI", "023000"))), BERLIN)
    assert heard == datetime(2026, 3, 29, 3, 30, tzinfo=BERLIN)
    assert heard.utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize(("enabled", "told"), [((), None), (("G#",), "31001")])
def test_whose_it_is_is_told_in_a_posting_to_a_room_only_where_that_is_enabled(enabled, told):
    station = Description(fields={**DEFAULT_FIELDS, "PS": (*NEEDED, *enabled)})
    charge = Charge(1, 150, 2, "Copy", 7, NOON)
    assert RoomPosting("0808", charge, "31001").record(station).get("G#") == told
    assert RoomPosting("0808", charge).record(station).get("G#") is None
