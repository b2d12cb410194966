"""The document process: kept, limited, killed and replaced."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PIL import Image

from kiosk.documents.errors import DocumentError
from kiosk.documents.layout import CopyLayout
from kiosk.documents.worker import DocumentWorker

A4 = CopyLayout("iso_a4_210x297mm")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.jpg"
    Image.new("RGB", (827, 1169), "white").save(path, dpi=(100, 100))
    return path


@asynccontextmanager
async def working(deadline: float = 20.0, warm_after: float = 0.0) -> AsyncIterator[DocumentWorker]:
    worker = DocumentWorker(deadline=deadline, warm_after=warm_after)
    await worker.start()
    try:
        yield worker
    finally:
        await worker.stop()


def children() -> list[int]:
    """The document processes of this test."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if parent == os.getpid() and b"kiosk.documents.child" in command:
            found.append(int(entry.name))
    return found


def stalled(page: Path) -> Path:
    """A page that nobody ever delivers: reading it blocks."""
    pipe = page.with_name("stalled.jpg")
    os.mkfifo(pipe)
    return pipe


async def test_one_process_does_everything(page: Path, tmp_path: Path) -> None:
    async with working() as worker:
        (finding,) = await worker.check(page)
        assert (finding.kind, finding.box) == ("blank", (0.0, 0.0, 1.0, 1.0))
        before = children()
        done = await worker.compose([page, page], A4, tmp_path / "out.pdf", copies=2)
        await worker.preview(done.path, tmp_path / "small.jpg", 300)
        assert done.pages == 4
        assert children() == before
        assert len(before) == 1
    assert children() == []


async def test_starting_costs_nothing_until_it_is_warm(page: Path) -> None:
    async with working(warm_after=60.0) as worker:
        assert children() == []
        await worker.check(page)
        assert len(children()) == 1


async def test_requests_take_turns(page: Path, tmp_path: Path) -> None:
    async with working() as worker:
        await asyncio.gather(
            *(worker.preview(page, tmp_path / f"{size}.jpg", size) for size in (100, 200, 300)), worker.check(page)
        )
        assert len(children()) == 1
    for size in (100, 200, 300):
        with Image.open(tmp_path / f"{size}.jpg") as small:
            assert max(small.size) == size


async def test_a_broken_file_is_named_and_the_process_stays(page: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0 no picture")
    async with working() as worker:
        await worker.check(page)
        before = children()
        for work in (
            worker.check(broken),
            worker.compose([broken], A4, tmp_path / "out.pdf"),
            worker.preview(broken, tmp_path / "small.jpg", 300),
        ):
            with pytest.raises(DocumentError) as refusal:
                await work
            assert refusal.value.key == "documents.unreadable"
        assert children() == before


async def test_an_unknown_paper_is_named(page: Path, tmp_path: Path) -> None:
    async with working() as worker:
        with pytest.raises(DocumentError) as refusal:
            await worker.compose([page], CopyLayout("custom"), tmp_path / "out.pdf")
    assert refusal.value.key == "documents.media"


async def test_an_overrun_costs_the_process_and_not_the_worker(page: Path) -> None:
    pipe = stalled(page)
    async with working(deadline=3.0) as worker:
        await worker.check(page)
        (before,) = children()
        with pytest.raises(DocumentError) as refusal:
            await worker.check(pipe)
        assert refusal.value.key == "documents.too-slow"
        assert children() == []
        await worker.check(page)
        assert children() != [before]


async def test_a_guest_who_leaves_takes_the_work_along(page: Path, tmp_path: Path) -> None:
    pipe = stalled(page)
    async with working() as worker:
        await worker.check(page)
        waiting = asyncio.create_task(worker.compose([pipe], A4, tmp_path / "out.pdf"))
        opened = await asyncio.to_thread(os.open, pipe, os.O_WRONLY)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert children() == []
        os.close(opened)
        await worker.check(page)


async def test_a_crash_is_named_and_survived(page: Path) -> None:
    pipe = stalled(page)
    async with working() as worker:
        await worker.check(page)
        waiting = asyncio.create_task(worker.check(pipe))
        opened = await asyncio.to_thread(os.open, pipe, os.O_WRONLY)
        os.kill(children()[0], signal.SIGKILL)
        with pytest.raises(DocumentError) as refusal:
            await waiting
        os.close(opened)
        assert refusal.value.key == "documents.failed"
        await worker.check(page)


async def test_a_picture_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png_that_claims(30_000, 30_000))
    async with working() as worker:
        with pytest.raises(DocumentError) as refusal:
            await worker.check(bomb)
    assert refusal.value.key == "documents.too-large"


def png_that_claims(width: int, height: int) -> bytes:
    """A small file whose header promises that many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    rows = zlib.compress(bytes(width + 1) * 100)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_the_kiosk_itself_loads_no_decoder() -> None:
    heavy = ("numpy", "PIL", "pikepdf", "pypdfium2")
    code = f"import sys, kiosk.documents.worker, kiosk.documents.vault; print([m for m in {heavy} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"
