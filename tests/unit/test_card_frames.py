"""Frames of card readers: the data sheets' own examples, then everything a wire does to them."""

from __future__ import annotations

from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.card_frames import (
    ABSENCE,
    Ack,
    Damaged,
    Information,
    Nack,
    Pn532Frames,
    Presentations,
    Rdm6300Frames,
    pn532_frame,
    uid_of_target,
)

UIDS = st.binary(min_size=5, max_size=5)
NOISE = st.binary(max_size=40)


def rdm6300(tag: bytes) -> bytes:
    return b"\x02" + (tag + bytes((reduce(xor, tag),))).hex().upper().encode() + b"\x03"


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = sorted({cut % (len(data) + 1) for cut in cuts} | {len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


# PN532


@pytest.mark.parametrize(
    ("body", "frame"),
    [
        ("D402", "0000FF02FED4022A00"),
        ("D41401", "0000FF03FDD4140117 00"),
        ("D44A0100", "0000FF04FCD44A0100E1 00"),
    ],
)
def test_commands_are_framed_as_in_the_manual(body: str, frame: str) -> None:
    assert pn532_frame(bytes.fromhex(body)) == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("wire", "frame"),
    [
        ("0000FF00FF00", Ack()),
        ("0000FFFF0000", Nack()),
        ("0000FF06FAD50332010607E800", Information(bytes.fromhex("D50332010607"))),
        ("0000FF01FF7F8100", Information(b"\x7f")),
        ("0000FF06FAD50332010607E900", Damaged()),
        ("0000FF06FBD50332010607E800", Damaged()),
        ("0000FFFFFF0106F9D50332010607E800", Damaged()),
    ],
    ids=["ack", "nack", "firmware version", "syntax error", "data checksum", "length checksum", "extended frame"],
)
def test_frames_of_the_chip_are_told_apart(wire: str, frame: object) -> None:
    assert Pn532Frames().feed(bytes.fromhex(wire))[0] == frame


@given(body=st.binary(min_size=1, max_size=254), cuts=st.lists(st.integers(min_value=0)))
def test_a_frame_in_any_pieces_is_the_same_frame(body: bytes, cuts: list[int]) -> None:
    parser = Pn532Frames()
    found = [frame for piece in pieces(pn532_frame(body), cuts) for frame in parser.feed(piece)]
    assert found == [Information(body)]


@given(noise=NOISE, body=st.binary(min_size=1, max_size=40))
def test_whole_frames_come_through_after_noise(noise: bytes, body: bytes) -> None:
    parser = Pn532Frames()
    parser.feed(noise)
    # Noise may look like the head of a frame of up to 254 bytes: that many later the parser has found its footing.
    found = parser.feed(pn532_frame(body) * (2 + 260 // (len(body) + 7)))
    assert Information(body) in found


@given(st.lists(NOISE, max_size=30))
def test_unfinished_frames_never_hold_more_than_one_frame(chunks: list[bytes]) -> None:
    parser = Pn532Frames()
    for chunk in chunks:
        parser.feed(chunk)
        assert len(parser._held) <= 4 + 254 + 1


@given(body=st.binary(min_size=1, max_size=30), place=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_flipped_bit_never_makes_another_body(body: bytes, place: int, bit: int) -> None:
    wire = bytearray(pn532_frame(body))
    wire[place % len(wire)] ^= 1 << bit
    bodies = [frame.body for frame in Pn532Frames().feed(bytes(wire)) if isinstance(frame, Information)]
    assert bodies in ([], [body])


@pytest.mark.parametrize("uid", ["DEADBEEF", "04A1B2C3D4E5F6", "0102030405060708090A"])
def test_the_uid_is_taken_out_of_the_target_data(uid: str) -> None:
    number = bytes.fromhex(uid)
    assert uid_of_target(bytes.fromhex("D54B0101000408") + bytes((len(number),)) + number) == uid


def test_no_target_is_no_uid() -> None:
    assert uid_of_target(bytes.fromhex("D54B00")) is None


@pytest.mark.parametrize(
    "body", ["D54B", "D54B01", "D54B01010004", "D54B010100040804DEAD", "D54B0101000408050102030405"]
)
def test_target_data_that_is_cut_short_or_odd_is_refused(body: str) -> None:
    with pytest.raises(ValueError, match=r"(?i)target"):
        uid_of_target(bytes.fromhex(body))


def test_no_representation_of_a_frame_shows_its_body() -> None:
    assert "222" not in repr(Information(b"\xde\xad"))
    assert "xde" not in repr(Information(b"\xde\xad"))


# RDM6300


def test_the_example_of_the_data_sheet_is_read() -> None:
    assert Rdm6300Frames().feed(b"\x0262E3086CED08\x03") == ["62E3086CED"]


@given(tag=UIDS, cuts=st.lists(st.integers(min_value=0)))
def test_a_tag_in_any_pieces_is_the_same_tag(tag: bytes, cuts: list[int]) -> None:
    parser = Rdm6300Frames()
    assert [uid for piece in pieces(rdm6300(tag), cuts) for uid in parser.feed(piece)] == [tag.hex().upper()]


@given(noise=NOISE, tag=UIDS)
def test_a_tag_is_read_right_after_noise(noise: bytes, tag: bytes) -> None:
    assert Rdm6300Frames().feed(noise + rdm6300(tag))[-1:] == [tag.hex().upper()]


@given(tag=UIDS, length=st.integers(1, 13))
def test_a_torn_frame_costs_only_itself(tag: bytes, length: int) -> None:
    assert Rdm6300Frames().feed(rdm6300(tag)[:length] + rdm6300(tag)) == [tag.hex().upper()]


@given(tag=UIDS, place=st.integers(0, 13), bit=st.integers(0, 7))
def test_one_flipped_bit_never_makes_another_tag(tag: bytes, place: int, bit: int) -> None:
    wire = bytearray(rdm6300(tag))
    wire[place] ^= 1 << bit
    assert Rdm6300Frames().feed(bytes(wire)) == []


def test_damage_is_counted_until_the_next_good_frame() -> None:
    parser = Rdm6300Frames()
    parser.feed(b"\x020A00B1C2D3FF\x03")
    assert parser.damaged == 1
    parser.feed(rdm6300(bytes.fromhex("0A00B1C2D3")))
    assert parser.damaged == 0


# Presentations


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_card_that_stays_is_one_presentation_however_long() -> None:
    clock = Clock()
    presentations = Presentations(clock)
    assert presentations.seen("AA")
    clock.now += 3600
    assert not presentations.seen("AA")


@pytest.mark.parametrize(("away", "counts"), [(0.0, False), (ABSENCE - 0.01, False), (ABSENCE, True), (60.0, True)])
def test_a_card_counts_again_by_how_long_it_was_away(away: float, counts: bool) -> None:
    clock = Clock()
    presentations = Presentations(clock)
    presentations.seen("AA")
    presentations.absent()
    clock.now += away / 2
    presentations.absent()
    clock.now += away / 2
    assert presentations.seen("AA") is counts


def test_a_card_that_is_away_is_forgotten() -> None:
    clock = Clock()
    presentations = Presentations(clock)
    presentations.seen("AA")
    presentations.absent()
    clock.now += ABSENCE / 2
    presentations.absent()
    assert presentations.remembers
    clock.now += ABSENCE / 2
    presentations.absent()
    assert not presentations.remembers
    assert "AA" not in repr(vars(presentations))


def test_two_cards_in_turn_count_every_time() -> None:
    presentations = Presentations(Clock())
    assert all(presentations.seen(uid) for uid in ("AA", "BB", "AA", "BB"))
