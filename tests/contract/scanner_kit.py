"""A scanner for contract suites: what is scanned, and how a scan is watched to its end."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from PIL import Image, ImageDraw

from hardware.protocols import DeviceError, ScannedPage, ScanProgress, ScanSettings, Source
from hardware.sane_scanner import Deadlines, SaneScanner
from hardware.virtual.scanner import FileScanner, PatternScanner, VirtualScanner

FEEDER = ScanSettings(source=Source.FEEDER, dpi=100)
GLASS = ScanSettings(dpi=100)
PATIENT = Deadlines(open=10, start=30, silence=10, cancel=5)
HASTY = Deadlines(open=2, start=1.5, silence=1, cancel=1)


def drawn(folder: Path) -> list[Path]:
    """Three A4 pages at 100 dpi, told apart by the colour of a square at (50, 50)."""
    papers = []
    for number, colour in enumerate(("red", "green", "blue")):
        page = Image.new("RGB", (827, 1169), "white")
        ImageDraw.Draw(page).rectangle((50, 50, 150, 150), fill=colour)
        papers.append(folder / f"{number}.png")
        page.save(papers[-1], dpi=(100, 100))
    return papers


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
