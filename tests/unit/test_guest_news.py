"""What the records of FIAS tell about guests and cards."""

import pytest

from kiosk.hotel.fias.codec import parse
from kiosk.hotel.fias.guest_news import guest_news
from kiosk.hotel.news import GuestChanged, GuestIn, GuestOut, KeyMade, KeyVoid, RollBegan, RollEnded


def told(wire):
    return guest_news(parse(wire.encode(), "utf-8"))


@pytest.mark.parametrize(
    ("wire", "news"),
    [
        ("DS|DA160101|TI120000|", RollBegan()),
        ("DE|DA160101|TI120000|", RollEnded()),
        ("GO|RN12|G#7|GSN|", GuestOut("12", "7")),
        ("GO|RN12|GSN|SF|", GuestOut("12")),
        ("KD|RN12|G#7|", KeyVoid("12", "7")),
        ("KR|RN12|G#7|KTN|$204ab|", KeyMade("12", "7", "04AB", replaces=True)),
        ("KR|RN12|KTD|$204AB|", KeyMade("12", "", "04AB")),
        ("KR|RN12|G#7|KTN|", KeyVoid("12", "7")),
    ],
)
def test_a_record_becomes_news(wire, news):
    assert told(wire) == news


@pytest.mark.parametrize(
    "wire", ["GI|G#7|GNExample|", "GO|RN|G#7|", "GC|", "KR|RN12|KTO|$204AB|", "KR|RN12|KTD|", "XL|RN12|G#7|"]
)
def test_what_cannot_be_used_is_none(wire):
    assert told(wire) is None


def test_a_check_in_tells_everything_that_is_known():
    news = told("GI|RN0808|G#7|GSY|GNExample|GFAda|GTDr|GLGE|GV2|NPY|SF|")
    assert news == GuestIn("0808", "7", news.told)
    assert news.told == {
        "name": "Example",
        "given": "Ada",
        "title": "Dr",
        "language": "DE",
        "vip": True,
        "no_post": True,
        "shares": True,
    }


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("EA", "EN"), ("GE", "DE"), ("JA", "JA"), ("SP", "ES"), ("FR", "FR"), ("IT", "IT"), ("ZH", "ZH"), ("EN", "EN"),
        ("zh-CN", "ZH"), ("JP", "JA"), ("CN", "ZH"), ("", ""), ("?", ""), ("ENGLISH", ""),
    ],
)  # fmt: skip
def test_languages_are_iso_codes_or_unknown(code, language):
    assert told(f"GI|RN1|G#1|GL{code}|").told == {"language": language}


@pytest.mark.parametrize(("value", "vip"), [("", False), ("0", False), ("N", False), ("1", True), ("VIP", True)])
def test_vip_is_whatever_is_not_nothing(value, vip):
    assert told(f"GI|RN1|G#1|GV{value}|").told["vip"] is vip


def test_an_empty_name_or_no_post_flag_was_left_out_and_an_empty_given_name_is_none():
    assert told("GC|RN1|G#1|GN|GF|NP|").told == {"given": ""}


@pytest.mark.parametrize(
    "wire",
    [
        "GC|RN14|GSY|G#7|RO12|GSN|",
        "GC|RO12|GSN|G#7|RN14|GSY|",
        "GC|G#7|RN14|GSY|RO12|GSN|",
        "GC|GSY|RN14|G#7|RO12|GSN|",
    ],
)
def test_of_the_two_share_flags_of_a_move_the_new_room_s_counts_in_any_order(wire):
    assert told(wire) == GuestChanged("14", "7", {"shares": True}, old_room="12")


def test_only_the_old_room_s_share_flag_is_none():
    assert told("GC|RN14|G#7|RO12|GSY|").told == {}
