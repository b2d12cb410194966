"""The owner of a serial port, against a bare pty."""

from __future__ import annotations

import asyncio
import os
import pty
import termios
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.protocols import TryLater
from hardware.serial_line import LARGEST_BACKLOG, Parity, SerialLine

SOON = 5.0


class Far:
    """The other end, by hand."""

    def __init__(self) -> None:
        self.master, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave: int | None = slave

    def say(self, data: bytes) -> None:
        while data:
            data = data[os.write(self.master, data) :]

    def drain(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += os.read(self.master, 65536)
        return data

    @property
    def checks_parity(self) -> bool:
        assert self._slave is not None
        iflag: int = termios.tcgetattr(self._slave)[0]
        return bool(iflag & termios.INPCK)

    def pull(self) -> None:
        if self._slave is not None:
            os.close(self._slave)
            os.close(self.master)
            self._slave = None


@pytest.fixture
def far() -> Iterator[Far]:
    end = Far()
    yield end
    end.pull()


def opened(far: Far, **settings: bool) -> SerialLine:
    line = SerialLine(far.path, 115200, offline="line.offline", **settings)
    line.open()
    return line


async def test_bytes_go_both_ways(far: Far) -> None:
    line = opened(far)
    far.say(b"from the device")
    assert await line.read() == b"from the device"
    await line.write(b"to the device")
    assert far.drain(13) == b"to the device"
    line.close()


async def test_flow_control_by_wire_can_be_asked_for(far: Far) -> None:
    line = opened(far, rtscts=True)
    await line.write(b"x")
    assert far.drain(1) == b"x"
    line.close()


async def test_more_than_the_kernel_holds_is_written_while_the_device_reads(far: Far) -> None:
    line = opened(far)
    data = os.urandom(300_000)
    heard: list[bytes] = []
    reader = threading.Thread(target=lambda: heard.append(far.drain(len(data))))
    reader.start()
    async with asyncio.timeout(SOON):
        await line.write(data)
    reader.join(SOON)
    assert heard == [data]
    line.close()


async def test_a_device_that_stops_reading_is_left_by_a_deadline_and_the_loop_lives_on(far: Far) -> None:
    line = opened(far)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await line.write(bytes(300_000))
    far.say(b"still here")
    assert await line.read() == b"still here"
    line.close()


@pytest.mark.parametrize("waiting", ["read", "write", "broken"])
async def test_pulling_the_plug_wakes_whoever_waits(far: Far, waiting: str) -> None:
    line = opened(far)
    waits = {"read": line.read, "write": lambda: line.write(bytes(300_000)), "broken": line.broken}
    task = asyncio.ensure_future(waits[waiting]())
    await asyncio.sleep(0.05)
    assert not task.done()
    far.pull()
    async with asyncio.timeout(SOON):
        [result] = await asyncio.gather(task, return_exceptions=True)
    assert result is None if waiting == "broken" else isinstance(result, TryLater)
    line.close()


async def test_the_last_bytes_before_the_plug_was_pulled_are_still_read(far: Far) -> None:
    line = opened(far)
    far.say(b"last")
    async with asyncio.timeout(SOON):
        while not line._arrived:
            await asyncio.sleep(0.005)
    far.pull()
    async with asyncio.timeout(SOON):
        await line.broken()
    assert await line.read() == b"last"
    with pytest.raises(TryLater):
        await line.read()
    line.close()


async def test_a_closed_line_refuses_and_opens_again(far: Far) -> None:
    line = opened(far)
    line.close()
    with pytest.raises(TryLater):
        await line.write(b"x")
    line.open()
    far.say(b"again")
    assert await line.read() == b"again"
    line.close()


@pytest.mark.parametrize(("parity", "checked"), [("none", False), ("even", True), ("odd", True)])
async def test_a_parity_that_was_agreed_is_checked(far: Far, parity: Parity, checked: bool) -> None:
    line = SerialLine(far.path, 9600, offline="line.offline", parity=parity)
    line.open()
    assert far.checks_parity is checked
    line.close()


async def test_a_port_that_is_not_there_says_so(tmp_path: Path) -> None:
    line = SerialLine(tmp_path / "ttyNone", 9600, offline="line.offline")
    with pytest.raises(TryLater) as told:
        line.open()
    assert told.value.key == "line.offline"


async def test_what_nobody_reads_does_not_grow_without_end(far: Far) -> None:
    line = opened(far)
    await asyncio.to_thread(far.say, bytes(200_000) + b"newest")
    async with asyncio.timeout(SOON):
        while not line._arrived.endswith(b"newest"):
            await asyncio.sleep(0.005)
    data = await line.read()
    assert len(data) == LARGEST_BACKLOG
    line.close()
