"""How a scan ends in the middle: cancelled, killed, with its parent, on a full disk; and what it may cost."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from hardware.protocols import Fitness, ScannedPage, ScanSettings, Source, TryLater
from hardware.virtual.scanner import PatternScanner, VirtualScanner
from tests.contract.scanner_kit import (
    FEEDER,
    GLASS,
    HASTY,
    alive,
    child_of_this_process,
    connected,
    drawn,
    fault_of,
    files_in,
    memory_peak_kib,
    mid_page,
    pages_left,
    pages_of,
)


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return drawn(tmp_path_factory.mktemp("originals"))


@pytest.fixture
def far(tmp_path: Path, originals: list[Path]) -> Iterator[VirtualScanner]:
    with VirtualScanner(tmp_path / "far", originals=originals) as device:
        yield device


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "visit"
    made.mkdir()
    return made


# Cancelling and dying in the middle


async def test_closing_the_iterator_in_mid_page_leaves_no_file(tmp_path: Path, folder: Path) -> None:
    slow = PatternScanner(
        tmp_path, {"read-delay": "true", "read-delay-duration": 2000, "read-limit": "true", "read-limit-size": 4096}
    )
    async with connected(slow) as scanner:
        async with aclosing(scanner.scan(ScanSettings(dpi=150), folder)) as scan:
            await mid_page(scan)
        assert files_in(folder) == []
        child = child_of_this_process()
        (page,) = await pages_of(scanner, ScanSettings(dpi=75), folder)
        assert page.height == pytest.approx(297 / 25.4 * 75, abs=1)
        assert child_of_this_process() == child


async def test_closing_the_iterator_in_mid_stack_keeps_only_what_was_yielded(far: VirtualScanner, folder: Path) -> None:
    async with connected(far) as scanner:
        async with aclosing(scanner.scan(FEEDER, folder)) as scan:
            async for event in scan:
                if isinstance(event, ScannedPage):
                    far.slow(0.3)
                    break
        assert files_in(folder) == ["page-0001.jpg"]
        far.slow(0)
        assert len(await pages_of(scanner, GLASS, folder)) == 1


async def test_a_cancelled_task_cancels_the_scan(far: VirtualScanner, folder: Path) -> None:
    far.slow(1.0)
    async with connected(far) as scanner:
        scanning = asyncio.create_task(pages_of(scanner, GLASS, folder))
        await asyncio.to_thread(far.wait_until_scanning)
        scanning.cancel()
        with pytest.raises(asyncio.CancelledError):
            await scanning
        assert files_in(folder) == []
        far.slow(0)
        assert len(await pages_of(scanner, GLASS, folder)) == 1


async def test_a_driver_that_ignores_cancelling_is_killed(far: VirtualScanner, folder: Path) -> None:
    async with connected(far, HASTY) as scanner:
        child = child_of_this_process()
        far.slow(30.0)
        scanning = asyncio.create_task(pages_of(scanner, GLASS, folder))
        await asyncio.to_thread(far.wait_until_scanning)
        os.kill(child, signal.SIGSTOP)
        scanning.cancel()
        async with asyncio.timeout(HASTY.cancel + 10):
            with pytest.raises(asyncio.CancelledError):
                await scanning
        assert not alive(child)
        assert scanner.health().fitness is Fitness.OFFLINE


async def test_a_driver_that_crashes_in_mid_page_is_started_again(tmp_path: Path, folder: Path) -> None:
    slow = PatternScanner(
        tmp_path, {"read-delay": "true", "read-delay-duration": 2000, "read-limit": "true", "read-limit-size": 4096}
    )
    async with connected(slow) as scanner:
        async with aclosing(scanner.scan(ScanSettings(dpi=150), folder)) as scan:
            await mid_page(scan)
            os.kill(child_of_this_process(), signal.SIGKILL)
            with pytest.raises(TryLater) as fault:
                await pages_left(scan)
        assert fault.value.key == "scanner.died"
        assert files_in(folder) == []
        with pytest.raises(TryLater):
            await scanner.watch()
        await scanner.close()
        await scanner.connect()
        assert len(await pages_of(scanner, ScanSettings(dpi=75), folder)) == 1


# Resources


async def test_fifty_pages_take_no_more_memory_than_three(
    far: VirtualScanner, folder: Path, originals: list[Path]
) -> None:
    far.load([originals[0]] * 50, Source.FEEDER)
    peaks: list[int] = []
    async with connected(far) as scanner:
        child = child_of_this_process()
        async with aclosing(scanner.scan(ScanSettings(source=Source.FEEDER, dpi=300), folder)) as scan:
            async for event in scan:
                if isinstance(event, ScannedPage):
                    peaks.append(memory_peak_kib(child))
                    event.path.unlink()
    assert len(peaks) == 50
    assert peaks[-1] - peaks[2] < 4 * 1024


async def test_a_full_disk_is_named_and_leaves_no_part(far: VirtualScanner, folder: Path) -> None:
    async with connected(far) as scanner:
        child = child_of_this_process()
        _, most = resource.prlimit(child, resource.RLIMIT_FSIZE)
        resource.prlimit(child, resource.RLIMIT_FSIZE, (2048, most))
        assert await fault_of(scanner, GLASS, folder) == (TryLater, "scanner.no-space", [])
        assert files_in(folder) == []
        resource.prlimit(child, resource.RLIMIT_FSIZE, (most, most))
        assert len(await pages_of(scanner, GLASS, folder)) == 1


PARENT = """
import asyncio, sys
from pathlib import Path
from hardware.sane_scanner import SaneScanner

async def main():
    scanner = SaneScanner("scanner", sys.argv[1], Path(sys.argv[2]))
    await scanner.connect()
    print(scanner._child.process.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_the_child_dies_with_its_parent(far: VirtualScanner) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, far.device, str(far.config_dir), stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = os.pidfd_open(int(await parent.stdout.readline()))
    parent.kill()
    await parent.wait()
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(child, gone.set)
    async with asyncio.timeout(5):
        await gone.wait()
    asyncio.get_running_loop().remove_reader(child)
    os.close(child)
