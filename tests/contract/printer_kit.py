"""Small documents, and the records of a print as it goes, for the printer's contract."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pikepdf

from hardware.cups_printer import CupsPrinter
from hardware.protocols import DeviceError, JobRecord, JobState, PrintOptions, PrintOrder

A4 = "iso_a4_210x297mm"
_names = itertools.count(1)


def pdf(path: Path, pages: int) -> Path:
    """A PDF of A4 pages that each bear a mark."""
    document = pikepdf.new()
    for number in range(pages):
        page = document.add_blank_page(page_size=(595, 842))
        page.Contents = document.make_stream(f"{50 + 10 * number} 50 200 100 re f".encode())
    document.save(path)
    return path


def order(folder: Path, pages: int, **options: object) -> PrintOrder:
    name = f"order-{next(_names)}"
    return PrintOrder(name, pdf(folder / f"{name}.pdf", pages), pages, PrintOptions(**{"media": A4, **options}))


async def printed(printer: CupsPrinter, wanted: PrintOrder) -> list[JobRecord]:
    return [record async for record in printer.print(wanted)]


class Job:
    """A print going on in the background, whose records can be awaited."""

    def __init__(self, printer: CupsPrinter, wanted: PrintOrder) -> None:
        self.records: list[JobRecord] = []
        self._changed = asyncio.Condition()
        self._task = asyncio.ensure_future(self._follow(printer, wanted))

    async def _follow(self, printer: CupsPrinter, wanted: PrintOrder) -> None:
        async for record in printer.print(wanted):
            async with self._changed:
                self.records.append(record)
                self._changed.notify_all()

    async def until(self, condition: Callable[[JobRecord], bool], seconds: float = 8) -> JobRecord:
        """The first record, seen or yet to come, that fulfils ``condition``."""
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: any(map(condition, self.records)) or self._task.done())
        found = next(filter(condition, self.records), None)
        assert found is not None, self.records
        return found

    async def state(self, state: JobState, seconds: float = 8) -> JobRecord:
        return await self.until(lambda record: record.state is state, seconds)

    async def end(self, seconds: float = 12) -> JobRecord:
        """The last record, when the iteration is over."""
        async with asyncio.timeout(seconds):
            await self._task
        return self.records[-1]

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


@asynccontextmanager
async def watched(printer: CupsPrinter) -> AsyncIterator[CupsPrinter]:
    """``printer`` connected and served as a supervisor does it, connected again whenever the wire breaks."""

    async def serve() -> None:
        while True:
            try:
                await printer.watch()
            except DeviceError:
                await printer.close()
            await reconnected(printer)

    await printer.connect()
    serving = asyncio.ensure_future(serve())
    try:
        yield printer
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def reconnected(printer: CupsPrinter) -> None:
    while True:
        try:
            return await printer.connect()
        except DeviceError:
            await asyncio.sleep(0.05)


async def eventually(condition: Callable[[], bool], seconds: float = 6) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.02)
