"""The supervisor with a scripted device and a clock turned by hand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from hardware.protocols import OFFLINE, DeviceError, Fitness, Health, NeedsPerson, TryLater
from hardware.supervisor import FIRST_PAUSE, LONGEST_PAUSE, STEADY, Supervisor

READY = Health(Fitness.READY)
GONE = Health(Fitness.OFFLINE, "card-reader.offline")


class ScriptedDevice:
    """Connects as ``refusals`` allows; serves until ``broken`` holds a fault. ``life`` records what was called."""

    name = "card"

    def __init__(self, refusals: list[DeviceError] | None = None) -> None:
        self.refusals = refusals or []
        self.life: list[str] = []
        self.state = READY
        self.stirred = asyncio.Event()
        self.broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def connect(self) -> None:
        self._note("connect")
        if self.refusals:
            raise self.refusals.pop(0)
        self.broken = asyncio.get_running_loop().create_future()

    async def watch(self) -> None:
        self._note("watch")
        await self.broken

    async def close(self) -> None:
        self._note("close")

    def health(self) -> Health:
        return self.state

    def _note(self, step: str) -> None:
        self.life.append(step)
        self.stirred.set()


class Bench:
    """A running supervisor: the pauses it took, what it published, and the clock."""

    def __init__(self, device: ScriptedDevice) -> None:
        self.device = device
        self.now = 0.0
        self.pauses: list[float] = []
        self.published: list[Health] = []
        self.supervisor = Supervisor(
            device,
            self.changed,
            lambda: 0.001,
            clock=lambda: self.now,
            sleep=self.sleep,
        )

    def changed(self, _: str, health: Health) -> None:
        self.published.append(health)
        self.device.stirred.set()

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds
        self.device.stirred.set()
        await asyncio.sleep(0)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not true():
                self.device.stirred.clear()
                await self.device.stirred.wait()


@asynccontextmanager
async def running(device: ScriptedDevice) -> AsyncIterator[Bench]:
    bench = Bench(device)
    task = asyncio.create_task(bench.supervisor.run())
    try:
        yield bench
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def offline(times: int) -> list[DeviceError]:
    return [TryLater("card-reader.offline") for _ in range(times)]


async def test_it_connects_again_with_a_longer_pause_each_time_up_to_the_longest() -> None:
    async with running(ScriptedDevice(offline(9))) as bench:
        await bench.until(lambda: bench.published[-1:] == [READY])
        assert bench.pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0, 10.0]
        assert bench.pauses[0] == FIRST_PAUSE
        assert bench.pauses[-1] == LONGEST_PAUSE


async def test_the_same_fault_again_is_published_once() -> None:
    async with running(ScriptedDevice(offline(5))) as bench:
        await bench.until(lambda: READY in bench.published)
        assert bench.published == [GONE, READY]


async def test_a_health_that_changes_while_serving_is_published_and_one_that_stays_is_not() -> None:
    async with running(ScriptedDevice()) as bench:
        await bench.until(lambda: bench.published == [READY])
        bench.device.state = low = Health(Fitness.READY, warnings=("receipt.paper-low",))
        await bench.until(lambda: len(bench.published) == 2)
        await asyncio.sleep(0.02)
        assert bench.published == [READY, low]


async def test_how_soon_it_looks_again_is_asked_each_time() -> None:
    asked = 0

    def seldom_after_three() -> float:
        nonlocal asked
        asked += 1
        return 0.001 if asked < 3 else 60.0

    device = ScriptedDevice()
    published: list[Health] = []
    task = asyncio.create_task(Supervisor(device, lambda _, health: published.append(health), seldom_after_three).run())
    async with asyncio.timeout(10):
        while asked < 3:
            await asyncio.sleep(0.001)
    device.state = Health(Fitness.READY, warnings=("receipt.paper-low",))
    await asyncio.sleep(0.05)
    assert (asked, published) == (3, [READY])
    device.broken.set_exception(TryLater("card-reader.offline"))
    async with asyncio.timeout(10):
        while published[-1] != GONE:
            await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_line_that_breaks_is_closed_and_connected_again() -> None:
    async with running(ScriptedDevice()) as bench:
        await bench.until(lambda: bench.published == [READY])
        bench.device.broken.set_exception(TryLater("card-reader.offline"))
        await bench.until(lambda: bench.device.life == ["connect", "watch", "close", "connect", "watch"])
        assert bench.published == [READY, GONE, READY]


async def test_a_connection_that_held_makes_the_next_pause_short_again() -> None:
    async with running(ScriptedDevice(offline(3))) as bench:
        await bench.until(lambda: READY in bench.published)
        bench.now += STEADY
        bench.device.broken.set_exception(TryLater("card-reader.offline"))
        await bench.until(lambda: len(bench.pauses) == 4)
        assert bench.pauses == [0.2, 0.4, 0.8, FIRST_PAUSE]


async def test_a_connection_that_breaks_at_once_keeps_backing_off() -> None:
    async with running(ScriptedDevice(offline(3))) as bench:
        await bench.until(lambda: READY in bench.published)
        bench.device.broken.set_exception(TryLater("card-reader.offline"))
        await bench.until(lambda: len(bench.pauses) == 4)
        assert bench.pauses == [0.2, 0.4, 0.8, 1.6]


async def test_a_fault_for_a_person_is_published_with_its_place() -> None:
    async with running(ScriptedDevice([NeedsPerson("printer.cover-open", place="side-door")])) as bench:
        await bench.until(lambda: bool(bench.published))
        assert bench.published[0] == Health(Fitness.NEEDS_PERSON, "printer.cover-open", "side-door")


async def test_cancelled_while_serving_it_closes_the_device() -> None:
    async with running(ScriptedDevice()) as bench:
        await bench.until(lambda: bench.published == [READY])
    assert bench.device.life == ["connect", "watch", "close"]
    assert bench.device.broken.cancelled()


async def test_cancelled_while_connecting_it_closes_the_device() -> None:
    device = ScriptedDevice()
    started, never = asyncio.Event(), asyncio.Event()

    async def connect() -> None:
        started.set()
        await never.wait()

    device.connect = connect  # type: ignore[method-assign]
    async with running(device):
        await started.wait()
    assert device.life == ["close"]


async def test_what_a_driver_did_not_foresee_is_logged_counts_as_offline_and_is_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(ScriptedDevice()) as bench:
        await bench.until(lambda: bench.published == [READY])
        bench.device.broken.set_exception(BlockingIOError("no more processes"))
        await bench.until(lambda: bench.device.life == ["connect", "watch", "close", "connect", "watch"])
        assert bench.published == [READY, OFFLINE, READY]
    (line,) = caplog.records
    assert line.exc_info is not None
    assert line.exc_info[0] is BlockingIOError


async def test_a_device_that_cannot_even_be_closed_is_tried_again() -> None:
    device = ScriptedDevice(offline(1))
    closing = device.close

    async def close() -> None:
        await closing()
        if len(device.life) == 2:
            raise OSError("cannot close")

    device.close = close  # type: ignore[method-assign]
    async with running(device) as bench:
        await bench.until(lambda: bench.published == [GONE, OFFLINE, READY])
