"""The virtual hotel as a process of its own, and how quick it is."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from kiosk.hotel.fias.serial_far_side import LINE_VERBS, SerialFarSide
from kiosk.hotel.fias.serial_wire import serial
from kiosk.hotel.fias.simulator import VERBS, HotelSimulator
from kiosk.hotel.fias.virtual_hotel import big_hotel
from tests.hotel_wire import INTRODUCTION, POSTING, connected

BOOK = Path(__file__).parents[2] / "docs/hotel-link.md"
Told = dict[str, Any]


async def test_thousands_of_charges_are_answered_quickly():
    async with HotelSimulator(hotel=big_hotel(1000), answer_seconds=0) as hotel:
        wire = await connected(hotel)
        await wire.hear()
        wire.say(*INTRODUCTION)
        await wire.hear()
        began = perf_counter()
        for number in range(1, 2001):
            wire.say(POSTING.replace("0808", "1000").replace("P#1", f"P#{number}"))
            await wire.hear()
        assert perf_counter() - began < 10
        assert hotel.balance("100000") == 2000 * 150


@asynccontextmanager
async def process(*options: str) -> AsyncIterator[tuple[Told, Callable[..., Awaitable[Told]]]]:
    """What it says first, and how it is asked. It must end with its standard input."""
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "kiosk.hotel.fias.simulator", *options),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )

    async def told() -> Told:
        async with asyncio.timeout(10):
            return json.loads(await running.stdout.readline())

    async def asked(*verb: object) -> Told:
        running.stdin.write(json.dumps(verb).encode() + b"\n")
        return await told()

    try:
        yield await told(), asked
        running.stdin.close()
        async with asyncio.timeout(10):
            assert await running.wait() == 0
    finally:
        if running.returncode is None:
            running.kill()
            await running.wait()


async def test_the_command_line_obeys_verbs_and_ends_with_its_input():
    async with process("--guests", "20") as (first, asked):
        assert first["port"] > 0
        assert await asked("silent", *[False]) == {"result": None}
        assert await asked("refuse_next", "NP", 2) == {"result": None}
        assert await asked("check_in", {"room": "1000", "reservation": "7", "name": "Muster"}) == {"result": None}
        assert await asked("order_wake_up", "1000", "261122", "063000") == {"result": None}
        assert await asked("wake_ups", "1000") == {
            "result": [{"room": "1000", "date": "261122", "time": "063000"}],
        }
        assert (await asked("observed"))["result"]["violations"] == []
        assert "no such verb" in (await asked("interface"))["error"]
        assert "no such verb" in (await asked("line", "silent"))["error"]
        assert "no wake-up" in (await asked("wake_up_result", "9999"))["error"]


async def test_the_command_line_serves_a_serial_line_with_verbs_of_its_own():
    async with process("--serial") as (first, asked):
        assert await asked("line", "nak_next", 2) == {"result": None}
        async with serial(first["path"], 38400)() as wire:
            never = asyncio.get_running_loop().create_future()
            async with asyncio.timeout(10):
                assert (await wire.read(5.0, never)).startswith(b"\x02LS|DA")
                await wire.write(b"\x02LS|DA261121|TI120000|\x03")
        assert await asked("line", "one_by_one", *[False]) == {"result": None}
        assert await asked("line", "unplug") == {"result": None}
        assert (await asked("line", "plug_in"))["result"].startswith("/dev/pts/")
        assert "no such verb" in (await asked("line", "path"))["error"]


def test_each_verb_of_the_command_line_exists():
    assert [verb for verb in sorted(VERBS) if not hasattr(HotelSimulator, verb)] == ["observed"]
    assert [verb for verb in sorted(LINE_VERBS) if not hasattr(SerialFarSide, verb)] == []


def test_each_verb_of_the_command_line_is_in_the_book():
    words = set(re.findall(r"`([a-z_]+)`", BOOK.read_text(encoding="utf-8")))
    assert sorted((VERBS | LINE_VERBS) - words) == []
