"""What every scanner promises, on the real driver over three real SANE backends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from PIL import Image

from hardware.protocols import (
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
from hardware.sane_scanner import SaneScanner
from hardware.supervisor import Supervisor
from hardware.virtual.scanner import FileScanner, PatternScanner, VirtualScanner
from tests.contract.scanner_kit import FEEDER, GLASS, HASTY, connected, drawn, fault_of, files_in, pages_left, pages_of


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
