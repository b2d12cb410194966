"""The first copy of a fresh engine by a guest who answers at once: how long, and how much of it is ours."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any, TypeVar

from hardware.protocols import JobRecord, PrintOrder, ScannedPage, ScanProgress, ScanSettings
from kiosk import bootstrap
from kiosk.engine import Engine
from kiosk.hotel.protocol import Guest as Resident
from kiosk.journeys.copy_questions import ApproveSample, ChooseCopy, Review, ReviewPages, Verdict
from kiosk.journeys.paying import Farewell, Identify, RoomAndName, Sign, Signature
from kiosk.journeys.welcome import Attract, Home
from kiosk.rig import Rig
from kiosk.visit import Question

ROUNDS = 5
ARRIVES = 3.0
"""Seconds after the start before the first guest touches the glass: nobody is quicker."""
Event = TypeVar("Event")


def measure() -> dict[str, float]:
    """Medians of five first copies: from the choice to the first sheet, and that less scanner's and printer's time."""
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder), seconds_a_sheet=0.1) as rig:
        rounds = [asyncio.run(_first_copy(rig)) for _ in range(ROUNDS)]
    return {
        "copy_first_s": round(median(total for total, _ in rounds), 3),
        "copy_own_share_ms": round(median(own for _, own in rounds) * 1000, 1),
    }


class _Stopwatch:
    """Time spent waiting for a device's next event; ``first_sheet_at`` is when the first sheet was proven."""

    def __init__(self) -> None:
        self.waited = 0.0
        self.first_sheet_at = 0.0

    async def watch(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        async with aclosing(events):
            while True:
                began = time.perf_counter()
                try:
                    event = await anext(events)
                except StopAsyncIteration:
                    return
                finally:
                    if not self.first_sheet_at:
                        self.waited += time.perf_counter() - began
                if isinstance(event, JobRecord) and event.sheets and not self.first_sheet_at:
                    self.first_sheet_at = time.perf_counter()
                yield event


class _Timed:
    """A device of which the waiting is measured."""

    def __init__(self, device: Any, watch: _Stopwatch) -> None:
        self._device = device
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._device, name)

    def scan(self, settings: ScanSettings, folder: Path) -> AsyncGenerator[ScanProgress | ScannedPage, None]:
        return self._watch.watch(self._device.scan(settings, folder))

    def print(self, order: PrintOrder) -> AsyncGenerator[JobRecord, None]:
        return self._watch.watch(self._device.print(order))


class _AnsweringGuest:
    """Knows every answer; ``chosen_at`` is when the copy was chosen. Leaves after one copy."""

    def __init__(self) -> None:
        self.chosen_at = 0.0
        self.left = asyncio.Event()
        self._answers: dict[type[Question[Any]], Any] = {
            Attract: "en",
            Home: "copy",
            ReviewPages: Review.CONTINUE,
            Identify: RoomAndName("0808", "any"),
            ApproveSample: Verdict.GOOD,
            Sign: Signature((((0, 0, 0), (500, 200, 80)),)),
        }

    async def ask(self, question: Question[Any], _situation: Any) -> Any:
        if isinstance(question, Attract):
            await asyncio.sleep(ARRIVES)
        if isinstance(question, Farewell):
            self.left.set()
            return False
        if self.left.is_set():
            await asyncio.Event().wait()
        if isinstance(question, ChooseCopy):
            self.chosen_at = time.perf_counter()
            return question.order
        return self._answers[type(question)]

    def show(self, *_: Any) -> None: ...

    def tell(self, *_: Any) -> None: ...


class _Everybody:
    """Whoever asks lives in 0808: identification is not what is measured."""

    async def identify(self, room: str, name: str) -> Resident | None:
        return Resident(room, "31001", name)

    async def identify_card(self, uid: str) -> Resident | None:
        return Resident("0808", "31001", uid)

    async def named(self, name: str) -> tuple[Resident, ...]:
        return (Resident("0808", "31001", name),)


async def _first_copy(rig: Rig) -> tuple[float, float]:
    """Seconds to the first sheet, and ours of them."""
    settings = rig.settings()
    devices = bootstrap.open_devices(settings, rig.panel.factory)
    watch = _Stopwatch()
    timed = replace(devices, printer=_Timed(devices.printer, watch), scanner=_Timed(devices.scanner, watch))
    station = bootstrap.open_station(settings, timed)
    station.guests = _Everybody()
    guest = _AnsweringGuest()
    serving = asyncio.ensure_future(Engine(station, settings.paths.status).run(guest))
    try:
        async with asyncio.timeout(60):
            await guest.left.wait()
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
        station.books.db.close()
        station.requests.db.close()
    total = watch.first_sheet_at - guest.chosen_at
    return total, total - watch.waited
