"""The far sides are as strict as the devices: what a real one refuses, these refuse, and say so."""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.virtual.card_reader import VirtualPn532, VirtualRdm6300
from hardware.virtual.escpos_paper import EscposPaper

WAKE = bytes.fromhex("5555") + bytes(14)
SAM = bytes.fromhex("0000FF03FDD414011700")
LIST = bytes.fromhex("0000FF04FCD44A0100E100")
ACK, NACK, SYNTAX_ERROR = (bytes.fromhex(text) for text in ("0000FF00FF00", "0000FFFF0000", "0000FF01FF7F8100"))
SAM_DONE = bytes.fromhex("0000FF02FED5151600")
TWO_TRIES = bytes.fromhex("0000FF06FAD43205FF0102F300")


class Wire:
    def __init__(self, path: Path) -> None:
        self._end = os.open(path, os.O_RDWR | os.O_NOCTTY)

    def close(self) -> None:
        os.close(self._end)

    def say(self, *frames: bytes) -> None:
        os.write(self._end, b"".join(frames))

    def hears(self, expected: bytes, within: float = 2.0) -> bytes:
        """What arrives until ``expected`` has, or until the time is up."""
        heard = b""
        while not heard.endswith(expected) and select.select([self._end], [], [], within)[0]:
            heard += os.read(self._end, 4096)
        return heard


@pytest.fixture
def chip(tmp_path: Path) -> Iterator[VirtualPn532]:
    with VirtualPn532(tmp_path) as device:
        yield device


@pytest.fixture
def wire(chip: VirtualPn532) -> Iterator[Wire]:
    made = Wire(chip.path)
    yield made
    made.close()


def test_a_sleeping_pn532_hears_nothing(wire: Wire) -> None:
    wire.say(SAM)
    assert wire.hears(ACK, within=0.2) == b""


def test_a_pn532_acknowledges_and_answers(wire: Wire) -> None:
    wire.say(WAKE, SAM)
    assert wire.hears(SAM_DONE) == ACK + SAM_DONE


def test_a_pn532_looks_for_no_card_before_it_is_configured(wire: Wire, chip: VirtualPn532) -> None:
    chip.present("DEADBEEF")
    wire.say(WAKE, LIST)
    assert wire.hears(SYNTAX_ERROR) == ACK + SYNTAX_ERROR
    assert chip.refused == ["InListPassiveTarget before SAMConfiguration"]


@pytest.mark.parametrize("spoilt", [SAM[:3] + b"\x03\xfe" + SAM[5:], SAM[:-2] + b"\x18\x00"], ids=["length", "data"])
def test_a_pn532_does_not_acknowledge_a_wrong_checksum(wire: Wire, chip: VirtualPn532, spoilt: bytes) -> None:
    wire.say(WAKE, spoilt)
    assert wire.hears(NACK) == NACK
    assert len(chip.refused) == 1


def test_a_pn532_repeats_its_answer_when_asked(wire: Wire) -> None:
    wire.say(WAKE, SAM)
    wire.hears(SAM_DONE)
    wire.say(NACK)
    assert wire.hears(SAM_DONE) == SAM_DONE


def test_a_pn532_searches_for_ever_unless_told_how_often(wire: Wire, chip: VirtualPn532) -> None:
    wire.say(WAKE, SAM)
    wire.hears(SAM_DONE)
    wire.say(LIST)
    assert wire.hears(b"never", within=0.2) == ACK
    chip.present("DEADBEEF")
    assert b"\xde\xad\xbe\xef" in wire.hears(b"never", within=0.2)
    chip.remove()
    wire.say(TWO_TRIES)
    wire.hears(bytes.fromhex("0000FF02FED533F800"))
    wire.say(LIST)
    assert wire.hears(bytes.fromhex("D54B00E000")).endswith(bytes.fromhex("D54B00E000"))


def test_a_pn532_that_lost_its_cable_has_forgotten_everything(chip: VirtualPn532) -> None:
    for _ in range(2):
        wire = Wire(chip.path)
        wire.say(WAKE, SAM)
        assert wire.hears(SAM_DONE) == ACK + SAM_DONE
        wire.close()
        chip.unplug()
        assert not chip.path.exists()
        chip.replug()
    wire = Wire(chip.path)
    wire.say(SAM)
    assert wire.hears(ACK, within=0.2) == b""
    wire.close()


@pytest.mark.parametrize(("kind", "uid"), [(VirtualPn532, "0A00B1C2D3"), (VirtualRdm6300, "DEADBEEF")])
def test_a_uid_of_the_wrong_length_is_no_card(tmp_path: Path, kind: type[VirtualPn532], uid: str) -> None:
    with pytest.raises(ValueError, match="bytes"):
        kind(tmp_path).present(uid)


# ESC/POS


@pytest.fixture
def paper(tmp_path: Path) -> EscposPaper:
    return EscposPaper(tmp_path, answer=lambda _: None, roll=lambda: 0)


@pytest.mark.parametrize(
    ("command", "noted"),
    [
        (b"\x1bZ", "1b 5a"),
        (b"\x07", "07"),
        (b"\x1dv1\x00", "1d 76 31 00"),
        (b"\x1bt\x0f", "code page 15"),
        (b"\x1d(k\x03\x00\x31\x51\x30", "symbol printed before it was stored"),
        (b"\x1dv0\x00\x49\x00\x01\x00", "1d 76 30 00 49 00 01 00"),
    ],
    ids=["unknown escape", "bell", "unknown raster", "code page", "empty symbol", "wider than the paper"],
)
def test_what_the_firmware_does_not_know_is_noted(paper: EscposPaper, command: bytes, noted: str) -> None:
    paper.feed(command)
    assert paper.refused[0] == noted


def test_a_command_in_pieces_is_one_command(paper: EscposPaper) -> None:
    for byte in b"\x1b@\x1bE\x01bold\n\x1d!\x11big\n\x1dv0\x00\x01\x00\x02\x00\xff\xff\x1dVB\x00":
        paper.feed(bytes((byte,)))
    assert paper.refused == []
    assert len(paper.receipts) == 1
    assert paper.uncut == 0
