"""What every scanner promises, on the real driver over three real SANE backends."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from hardware.protocols import (
    DeviceError,
    Fitness,
    Health,
    NeedsPerson,
    ScannedPage,
    ScanProgress,
    ScanSettings,
    Source,
    Tone,
    TryLater,
    Unsupported,
)
from hardware.sane_scanner import Deadlines, SaneScanner
from hardware.supervisor import Supervisor
from hardware.virtual.scanner import FileScanner, PatternScanner, VirtualScanner

FEEDER = ScanSettings(source=Source.FEEDER, dpi=100)
GLASS = ScanSettings(dpi=100)
PATIENT = Deadlines(open=10, start=30, silence=10, cancel=5)
HASTY = Deadlines(open=2, start=1.5, silence=1, cancel=1)


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Three A4 pages at 100 dpi, told apart by the colour of a square at (50, 50)."""
    folder = tmp_path_factory.mktemp("originals")
    papers = []
    for number, colour in enumerate(("red", "green", "blue")):
        page = Image.new("RGB", (827, 1169), "white")
        ImageDraw.Draw(page).rectangle((50, 50, 150, 150), fill=colour)
        papers.append(folder / f"{number}.png")
        page.save(papers[-1], dpi=(100, 100))
    return papers


@pytest.fixture
def far(tmp_path: Path, originals: list[Path]) -> Iterator[VirtualScanner]:
    with VirtualScanner(tmp_path / "far", originals=originals) as device:
        yield device


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "visit"
    made.mkdir()
    return made


@asynccontextmanager
async def connected(
    far: VirtualScanner | PatternScanner | FileScanner, deadlines: Deadlines = PATIENT, **options: str
) -> AsyncIterator[SaneScanner]:
    scanner = SaneScanner("scanner", far.device, far.config_dir, options=options, deadlines=deadlines)
    await scanner.connect()
    try:
        yield scanner
    finally:
        await scanner.close()


async def pages_left(scan: AsyncIterator[ScanProgress | ScannedPage]) -> list[ScannedPage]:
    return [event async for event in scan if isinstance(event, ScannedPage)]


async def mid_page(scan: AsyncIterator[ScanProgress | ScannedPage]) -> None:
    async for event in scan:
        if isinstance(event, ScanProgress) and event.part > 0.1:
            return


async def pages_of(scanner: SaneScanner, settings: ScanSettings, folder: Path) -> list[ScannedPage]:
    async with aclosing(scanner.scan(settings, folder)) as scan:
        return await pages_left(scan)


async def fault_of(
    scanner: SaneScanner, settings: ScanSettings, folder: Path
) -> tuple[type[DeviceError], str, list[ScannedPage]]:
    """The fault the scan ends with, and the pages that came before it."""
    came: list[ScannedPage] = []
    try:
        async with aclosing(scanner.scan(settings, folder)) as scan:
            async for event in scan:
                if isinstance(event, ScannedPage):
                    came.append(event)
    except DeviceError as fault:
        return type(fault), fault.key, came
    raise AssertionError("the scan ended well")


def child_of_this_process() -> int:
    """The process id of the one SANE child this test has."""
    mine = str(os.getpid())
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == mine and b"hardware.sane_child" in command:
            return int(entry.name)
    raise AssertionError("no SANE child")


def alive(process: int) -> bool:
    return Path(f"/proc/{process}").exists()


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def memory_peak_kib(process: int) -> int:
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


# Capabilities


async def test_capabilities_are_read_from_the_device(far: VirtualScanner) -> None:
    async with connected(far) as scanner:
        able = scanner.capabilities()
    assert able.sources == {Source.GLASS, Source.FEEDER}
    assert able.tones == {Tone.COLOUR, Tone.GREY}
    assert able.resolutions == (100, 150, 200, 300, 600)
    assert able.area_mm[Source.GLASS] == pytest.approx((215.9, 297.0), abs=0.1)


async def test_a_backend_that_names_things_otherwise_is_understood(tmp_path: Path) -> None:
    async with connected(PatternScanner(tmp_path)) as scanner:
        able = scanner.capabilities()
    assert able.sources == {Source.GLASS, Source.FEEDER}
    assert 300 in able.resolutions
    assert able.area_mm[Source.FEEDER] == (300.0, 300.0)


@pytest.mark.parametrize(
    ("settings", "option"),
    [
        (ScanSettings(dpi=1200), "dpi"),
        (ScanSettings(width_mm=297, height_mm=420), "area"),
    ],
)
async def test_what_the_device_cannot_do_is_refused_before_it_starts(
    far: VirtualScanner, folder: Path, settings: ScanSettings, option: str
) -> None:
    async with connected(far) as scanner:
        with pytest.raises(Unsupported) as refusal:
            await pages_of(scanner, settings, folder)
    assert refusal.value.values == {"option": option}


async def test_a_device_without_feeder_refuses_the_feeder(tmp_path: Path, folder: Path) -> None:
    picture = tmp_path / "page.pnm"
    Image.new("RGB", (827, 1169), "white").save(picture)
    far = FileScanner(tmp_path, picture)
    async with connected(far, **far.options) as scanner:
        with pytest.raises(Unsupported):
            await pages_of(scanner, FEEDER, folder)


# Pages


async def test_the_glass_gives_one_page_with_its_colours(far: VirtualScanner, folder: Path) -> None:
    async with connected(far) as scanner:
        (page,) = await pages_of(scanner, GLASS, folder)
    assert (page.width, page.height, page.dpi) == (827, 1169, 100)
    with Image.open(page.path) as picture:
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (827, 1169))
        assert picture.info["dpi"] == (100, 100)
        red, green, blue = picture.getpixel((100, 100))
    assert red > 230
    assert green < 30
    assert blue < 30


async def test_grey_is_a_grey_jpeg(far: VirtualScanner, folder: Path) -> None:
    async with connected(far) as scanner:
        (page,) = await pages_of(scanner, ScanSettings(dpi=100, tone=Tone.GREY), folder)
    with Image.open(page.path) as picture:
        assert picture.mode == "L"


async def test_the_resolution_asked_for_is_delivered(far: VirtualScanner, folder: Path) -> None:
    async with connected(far) as scanner:
        (page,) = await pages_of(scanner, ScanSettings(dpi=200), folder)
    assert page.dpi == 200
    assert (page.width, page.height) == pytest.approx((1654, 2339), abs=2)


async def test_the_feeder_gives_the_whole_stack_in_order(far: VirtualScanner, folder: Path) -> None:
    async with connected(far) as scanner:
        pages = await pages_of(scanner, FEEDER, folder)
    assert [page.path.name for page in pages] == ["page-0001.jpg", "page-0002.jpg", "page-0003.jpg"]
    strongest = []
    for page in pages:
        with Image.open(page.path) as picture:
            colours = picture.getpixel((100, 100))
            strongest.append(colours.index(max(colours)))
    assert strongest == [0, 1, 2]
    assert far.waiting() == 0


async def test_a_second_scan_goes_on_numbering_in_the_same_folder(far: VirtualScanner, folder: Path) -> None:
    async with connected(far) as scanner:
        await pages_of(scanner, GLASS, folder)
        await pages_of(scanner, GLASS, folder)
    assert files_in(folder) == ["page-0001.jpg", "page-0002.jpg"]


async def test_progress_of_each_page_only_grows(far: VirtualScanner, folder: Path) -> None:
    parts: dict[int, list[float]] = {}
    async with connected(far) as scanner, aclosing(scanner.scan(FEEDER, folder)) as scan:
        async for event in scan:
            if isinstance(event, ScanProgress):
                parts.setdefault(event.page, []).append(event.part)
    assert list(parts) == [1, 2, 3]
    for of_page in parts.values():
        assert of_page == sorted(set(of_page))
        assert of_page[0] == 0.0
        assert 0.9 < of_page[-1] <= 1.0


async def test_a_page_of_unknown_length_is_whole(tmp_path: Path, folder: Path) -> None:
    far = PatternScanner(tmp_path, {"hand-scanner": "true"})
    async with connected(far) as scanner:
        (page,) = await pages_of(scanner, ScanSettings(dpi=100), folder)
    with Image.open(page.path) as picture:
        assert picture.size == (page.width, page.height) == (433, page.height)
    assert page.height > 100


async def test_the_pixels_of_a_file_come_through(tmp_path: Path, folder: Path) -> None:
    picture = tmp_path / "page.pnm"
    Image.linear_gradient("L").convert("RGB").save(picture)
    far = FileScanner(tmp_path, picture)
    async with connected(far, **far.options) as scanner:
        (page,) = await pages_of(scanner, ScanSettings(), folder)
    with Image.open(page.path) as scanned:
        assert scanned.size == (256, 256)
        assert [scanned.getpixel((9, y))[0] for y in (0, 128, 255)] == pytest.approx([0, 128, 255], abs=3)


# Faults


async def test_a_jam_keeps_the_pages_before_it(far: VirtualScanner, folder: Path) -> None:
    far.jam(after_pages=2)
    async with connected(far) as scanner:
        kind, key, came = await fault_of(scanner, FEEDER, folder)
        assert scanner.health() == Health(Fitness.NEEDS_PERSON, "scanner.jam")
        assert (kind, key) == (NeedsPerson, "scanner.jam")
        assert files_in(folder) == [page.path.name for page in came] == ["page-0001.jpg", "page-0002.jpg"]
        far.clear()
        assert len(await pages_of(scanner, FEEDER, folder)) == 1
        assert scanner.health().fitness is Fitness.READY


async def test_a_cleared_jam_is_not_held_against_the_scanner_for_ever(far: VirtualScanner, folder: Path) -> None:
    now = [0.0]
    scanner = SaneScanner("scanner", far.device, far.config_dir, fault_lasts=60, clock=lambda: now[0])
    await scanner.connect()
    far.jam()
    assert (await fault_of(scanner, FEEDER, folder))[1] == "scanner.jam"
    now[0] = 59.0
    assert scanner.health().fitness is Fitness.NEEDS_PERSON
    now[0] = 61.0
    assert scanner.health().fitness is Fitness.READY
    await scanner.close()


async def test_an_open_cover_needs_a_person(far: VirtualScanner, folder: Path) -> None:
    far.cover_open()
    async with connected(far) as scanner:
        assert await fault_of(scanner, FEEDER, folder) == (NeedsPerson, "scanner.cover-open", [])


async def test_an_empty_feeder_is_the_guests_to_fill(far: VirtualScanner, folder: Path) -> None:
    far.feeder_empty()
    async with connected(far) as scanner:
        assert await fault_of(scanner, FEEDER, folder) == (NeedsPerson, "scanner.feeder-empty", [])
        assert scanner.health().fitness is Fitness.READY


async def test_a_scanner_used_by_somebody_else_is_busy(far: VirtualScanner, folder: Path) -> None:
    far.busy()
    async with connected(far) as scanner:
        assert await fault_of(scanner, GLASS, folder) == (TryLater, "scanner.busy", [])


async def test_two_scans_at_once_are_refused(far: VirtualScanner, folder: Path) -> None:
    far.slow(0.5)
    async with connected(far) as scanner:
        first = asyncio.create_task(pages_of(scanner, GLASS, folder))
        await asyncio.to_thread(far.wait_until_scanning)
        assert scanner.health().fitness is Fitness.BUSY
        assert (await fault_of(scanner, GLASS, folder))[1] == "scanner.busy"
        assert len(await first) == 1


async def test_a_refusal_is_a_failed_scan_and_the_next_one_works(far: VirtualScanner, folder: Path) -> None:
    far.refuse()
    async with connected(far) as scanner:
        assert await fault_of(scanner, GLASS, folder) == (TryLater, "scanner.failed", [])
        far.clear()
        assert len(await pages_of(scanner, GLASS, folder)) == 1


async def test_a_picture_without_a_size_on_the_wire_is_never_a_page(far: VirtualScanner, folder: Path) -> None:
    far.zero_picture(after_pages=1)
    async with connected(far) as scanner:
        kind, key, came = await fault_of(scanner, FEEDER, folder)
    assert (kind, key) == (TryLater, "scanner.failed")
    assert files_in(folder) == [page.path.name for page in came] == ["page-0001.jpg"]


@pytest.mark.parametrize(
    "header", [b"P6 0 0 255\n", b"P6 827 0 255\n", b"P6 2000000 1 255\n"], ids=["0x0", "no-lines", "too-wide"]
)
async def test_an_impossible_picture_needs_a_person(tmp_path: Path, folder: Path, header: bytes) -> None:
    picture = tmp_path / "page.pnm"
    picture.write_bytes(header)
    far = FileScanner(tmp_path, picture)
    async with connected(far, **far.options) as scanner:
        assert await fault_of(scanner, ScanSettings(), folder) == (NeedsPerson, "scanner.picture-unusable", [])
    assert files_in(folder) == []


async def test_a_picture_that_ends_early_is_never_a_page(tmp_path: Path, folder: Path) -> None:
    picture = tmp_path / "page.pnm"
    Image.new("RGB", (827, 1169), "white").save(picture)
    picture.write_bytes(picture.read_bytes()[:900_000])
    far = FileScanner(tmp_path, picture)
    async with connected(far, **far.options) as scanner:
        assert await fault_of(scanner, ScanSettings(), folder) == (TryLater, "scanner.failed", [])
    assert files_in(folder) == []


async def test_a_silent_scanner_is_given_up_in_bounded_time(far: VirtualScanner, folder: Path) -> None:
    async with connected(far, HASTY) as scanner:
        far.silent()
        async with asyncio.timeout(HASTY.start + HASTY.cancel + 1):
            assert await fault_of(scanner, GLASS, folder) == (TryLater, "scanner.silent", [])
        assert scanner.health().fitness is Fitness.OFFLINE
        far.clear()
        await scanner.close()
        await scanner.connect()
        assert len(await pages_of(scanner, GLASS, folder)) == 1


async def test_connecting_to_a_silent_scanner_is_bounded_too(far: VirtualScanner) -> None:
    far.silent()
    scanner = SaneScanner("scanner", far.device, far.config_dir, deadlines=HASTY)
    async with asyncio.timeout(HASTY.open + 2):
        with pytest.raises(TryLater):
            await scanner.connect()
    assert scanner.health().fitness is Fitness.OFFLINE


async def test_a_scanner_that_is_not_there_is_offline(tmp_path: Path) -> None:
    scanner = SaneScanner("scanner", "test:7", PatternScanner(tmp_path).config_dir)
    with pytest.raises(TryLater) as fault:
        await scanner.connect()
    assert fault.value.key == "scanner.offline"


async def test_power_lost_between_pages_keeps_what_came(far: VirtualScanner, folder: Path) -> None:
    async with connected(far) as scanner, aclosing(scanner.scan(FEEDER, folder)) as scan:
        far.slow(0.3)
        async for event in scan:
            if isinstance(event, ScannedPage):
                break
        far.die()
        with pytest.raises(TryLater) as fault:
            await pages_left(scan)
        assert fault.value.key == "scanner.offline"
    assert files_in(folder) == ["page-0001.jpg"]


async def test_a_lost_scanner_is_noticed_while_idle_and_found_again(far: VirtualScanner) -> None:
    seen: asyncio.Queue[Health] = asyncio.Queue()
    scanner = SaneScanner("scanner", far.device, far.config_dir, probe=0.1)
    supervisor = Supervisor(scanner, lambda name, health: seen.put_nowait(health), lambda: 0.05)
    running = asyncio.create_task(supervisor.run())

    async def until(fitness: Fitness) -> None:
        while (await seen.get()).fitness is not fitness:
            pass

    async with asyncio.timeout(10):
        await until(Fitness.READY)
        far.die()
        await until(Fitness.OFFLINE)
        far.start()
        await until(Fitness.READY)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_looking_after_an_idle_scanner_never_makes_a_guest_wait(far: VirtualScanner, folder: Path) -> None:
    seen: list[Health] = []
    scanner = SaneScanner("scanner", far.device, far.config_dir, probe=0.001)
    supervisor = Supervisor(scanner, lambda name, health: seen.append(health), lambda: 0.001)
    running = asyncio.create_task(supervisor.run())
    async with asyncio.timeout(20):
        while not seen:
            await asyncio.sleep(0.01)
        for _ in range(10):
            assert len(await pages_of(scanner, GLASS, folder)) == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert {health.fitness for health in seen} <= {Fitness.READY, Fitness.BUSY}


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
        async with asyncio.timeout(HASTY.cancel + 1):
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
