"""A serial line to the hotel system: every rule of its link layer, on a pty, against a far side that knows them too."""

from __future__ import annotations

import asyncio
import os
import termios
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from hardware.serial_line import SerialLine
from kiosk.hotel.fias import serial_wire
from kiosk.hotel.fias.serial_far_side import SerialFarSide
from kiosk.hotel.fias.serial_wire import serial
from kiosk.hotel.fias.transport import RecordRefused, Wire, WireCut
from tests.contract.wire_kit import BRISK, LA, LS, PROMPT, PS, SOON, House, line, never, read, until


@asynccontextmanager
async def cable(**settings: object) -> AsyncIterator[tuple[Wire, SerialFarSide, House]]:
    house = House()
    async with line(house) as far, serial(far.path, pace=BRISK, **settings)() as wire:
        await house.has(conversations=1)
        yield wire, far, house


async def test_a_refused_record_is_sent_again_up_to_three_times():
    async with cable() as (wire, far, house):
        far.nak_next(3)
        await wire.write(PS)
        assert house.heard == PS
        assert far.violations == []


async def test_a_record_refused_four_times_is_given_up_and_the_wire_stands():
    async with cable() as (wire, far, house):
        far.nak_next(4)
        with pytest.raises(RecordRefused):
            await wire.write(PS)
        await wire.write(LA)
        assert (house.heard, far.violations) == (LA, [])


@pytest.mark.parametrize("lost", [1, 2, 3])
async def test_a_lost_answer_is_asked_for_and_the_record_is_not_sent_twice(lost):
    async with cable() as (wire, far, house):
        far.no_ack(lost)
        await wire.write(PS)
        await wire.write(LA)
        assert (house.heard, far.violations) == (PS + LA, [])


@pytest.mark.parametrize("spoilt", [1, 3])
async def test_a_garbled_answer_is_asked_for_and_the_record_is_not_sent_twice(spoilt):
    async with cable() as (wire, far, house):
        far.foreign_byte(spoilt)
        await wire.write(PS)
        await wire.write(LA)
        assert (house.heard, far.violations) == (PS + LA, [])


async def test_without_any_answer_the_wire_is_cut_and_the_record_was_sent_once():
    async with cable() as (wire, far, _):
        far.no_ack(100)
        with pytest.raises(WireCut, match="no answer"):
            await wire.write(PS)
        assert (far.taken, far.violations) == ([PS[1:-1]], [])


async def test_a_silent_peer_is_given_up_in_bounded_time():
    async with cable() as (wire, far, _):
        far.silent()
        with pytest.raises(WireCut):
            async with asyncio.timeout(SOON):
                await wire.write(LS)


async def test_a_record_that_takes_too_long_altogether_is_given_up(monkeypatch):
    monkeypatch.setattr(serial_wire, "RECORD_SECONDS", 0.05)
    async with cable() as (wire, far, _):
        far.silent()
        with pytest.raises(WireCut, match="slow"):
            await wire.write(LS)


async def test_noise_without_end_is_a_few_lines_in_the_log():
    async with cable() as (wire, _, house):
        with capture_logs() as logs:
            house.say((b"~~~" + LA) * 50)
            assert await read(wire, 50 * len(LA)) == LA * 50
        assert 1 <= sum(entry["event"] == "serial.garbled" for entry in logs) <= 10


async def test_an_answer_that_takes_its_time_is_waited_for():
    async with cable() as (wire, far, house):
        far.delay(0.08)
        await wire.write(PS)
        await wire.write(LA)
        assert (house.heard, far.violations) == (PS + LA, [])


async def test_a_peer_slower_than_our_patience_is_understood_and_takes_nothing_twice():
    async with cable() as (wire, far, house):
        far.delay(0.2)
        far.nak_next()
        await wire.write(PS)
        await wire.write(LA)
        await wire.write(LS)
        assert (house.heard, far.violations) == (PS + LA + LS, [])


@pytest.mark.parametrize("noise", [b"\x02", b"\x02LA|DA", b"|DA161117|\x03a", b"\x05", b"\x15"])
async def test_half_a_record_before_ours_leaves_no_doubt_about_it(noise):
    async with cable() as (wire, far, house):
        os.write(far._master, noise)
        await asyncio.sleep(0.02)
        await wire.write(PS)
        assert (house.heard, far.taken) == (PS, [PS[1:-1]])


@pytest.mark.parametrize("verb", ["garble_lrc", "drop_stx", "drop_etx"])
async def test_a_spoilt_record_is_asked_for_again_and_read_once(verb):
    async with cable() as (wire, far, house):
        getattr(far, verb)(2)
        house.say(LA + LS)
        assert await read(wire, len(LA + LS)) == LA + LS
        assert (far.violations, far.discarded) == ([], [])


@pytest.mark.parametrize("lost", [1, 2, 3])
async def test_when_our_answer_is_lost_we_give_it_again_and_read_the_record_once(lost):
    async with cable() as (wire, far, house):
        far.hear_no_ack(lost)
        house.say(LA + LS)
        assert await read(wire, len(LA + LS)) == LA + LS
        assert (far.violations, far.discarded) == ([], [])


async def test_at_the_pace_of_the_specification_a_lost_answer_costs_no_record_and_doubles_none():
    house = House()
    async with SerialFarSide(house.serve) as far, serial(far.path, 38400)() as wire:
        await house.has(conversations=1)
        far.no_ack(2)
        far.hear_no_ack()
        house.say(LA + LS)
        await wire.write(PS)
        assert await read(wire, len(LA + LS)) == LA + LS
        assert (house.heard, far.violations, far.discarded) == (PS, [], [])


async def test_a_record_that_stays_spoilt_is_left_out_and_the_next_is_read():
    async with cable() as (wire, far, house):
        far.garble_lrc(4)
        house.say(LA + LS)
        assert await read(wire, len(LS)) == LS
        assert (far.violations, far.discarded) == ([], [LA[1:-1]])


async def test_noise_on_the_line_costs_no_record():
    async with cable() as (wire, far, house):
        house.say(b"\xff\x00~" * 5 + LA + b"||\x03\x06\x15~" + LS)
        assert await read(wire, len(LA + LS)) == LA + LS
        await wire.write(PS)
        assert house.heard == PS
        assert far.discarded == []


async def test_a_pulled_plug_is_a_cut_wire_for_reader_and_writer():
    async with cable() as (wire, far, _):
        reading = asyncio.ensure_future(wire.read(SOON, never()))
        await asyncio.sleep(0.02)
        far.unplug()
        with pytest.raises(WireCut, match="serial line lost"):
            await reading
        with pytest.raises(WireCut):
            await wire.write(LS)


async def test_what_was_acknowledged_before_the_plug_was_pulled_is_read():
    async with cable() as (wire, far, house):
        house.say(LA)
        await _settled(house)
        far.unplug()
        assert await wire.read(SOON, never()) == LA


async def _settled(house: House) -> None:
    await until(lambda: house.writer is not None and not house.writer.transport.busy)


async def test_a_port_that_is_not_there_is_a_cut_wire(tmp_path):
    with pytest.raises(WireCut, match="can't be opened"):
        async with serial(str(tmp_path / "ttyNone"))():
            pytest.fail("opened nothing")


async def test_the_port_is_taken_for_ourselves():
    async with cable() as (_, far, _):
        with pytest.raises(WireCut, match="can't be opened"):
            async with serial(far.path)():
                pytest.fail("two programs on one line")


async def test_however_the_terminal_was_left_every_byte_crosses_it_as_it_is():
    """As a login on the line, or a program before us, may have set it up: cooked, echoing, with software handshake."""
    async with SerialFarSide(House().serve, PROMPT) as far:
        _spoil(far.path)
        line = SerialLine(far.path, 9600, offline="line.offline")
        line.open()
        every = bytes(range(256))
        os.write(far._master, every)
        heard = b""
        async with asyncio.timeout(SOON):
            while len(heard) < len(every):
                heard += await line.read()
        await line.write(every)
        assert (heard, _drained(far._master)) == (every, every)
        line.close()


def _spoil(path: str) -> None:
    with Path(path).open("rb+", buffering=0) as port:
        iflag, oflag, cflag, lflag, *rest = termios.tcgetattr(port)
        iflag |= termios.IXON | termios.IXOFF | termios.IXANY | termios.ISTRIP | termios.PARMRK | termios.INLCR
        iflag |= termios.ICRNL | termios.IGNCR | termios.IUCLC | termios.BRKINT | termios.INPCK
        oflag |= termios.OPOST | termios.ONLCR | termios.OLCUC | termios.XTABS
        lflag |= termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN
        termios.tcsetattr(port, termios.TCSANOW, [iflag, oflag, cflag, lflag, *rest])


def _drained(master: int) -> bytes:
    data = b""
    with suppress(BlockingIOError):
        while chunk := os.read(master, 4096):
            data += chunk
    return data


async def test_seven_bits_carry_ascii_only():
    async with cable(bits=7, parity="even") as (wire, far, house):
        port = wire._line._port
        assert (port.bytesize, port.parity, port.stopbits) == (7, "E", 1)  # a pty itself has no parity to look at
        with pytest.raises(RecordRefused):
            await wire.write("\x02XL|MTé|\x03".encode("latin-1"))
        await wire.write(PS)
        assert (house.heard, far.taken) == (PS, [PS[1:-1]])


async def test_a_text_with_lines_and_chinese_crosses_the_line_whole():
    async with cable() as (wire, far, house):
        frame = b"\x02XL|G#7|RN0808|MT" + "一\r\n二".encode("gbk") + b"|\x03"
        house.say(frame)
        assert await read(wire, len(frame)) == frame
        await wire.write(frame)
        assert (house.heard, far.violations) == (frame, [])


async def test_a_check_byte_may_look_like_any_control():
    odd = [body for byte in range(0x20, 0x7F) if _lrc(body := b"LA|A%c|" % byte) < 0x20]
    assert {_lrc(body) for body in odd} >= {0x02, 0x03, 0x05, 0x06, 0x15}
    async with cable() as (wire, far, house):
        for body in odd:
            frame = b"\x02" + body + b"\x03"
            house.say(frame)
            assert await read(wire, len(frame)) == frame
            await wire.write(frame)
        assert (far.taken, far.violations) == (odd, [])


def _lrc(body: bytes) -> int:
    check = 3
    for byte in body:
        check ^= byte
    return check
