"""The station's disk fills up at each turn of a copy. Run as root of a mount namespace: ``small_disk FOLDER``.

Prints one line for each turn that came out right; books and register share the disk, as on the real station.
"""

from __future__ import annotations

import asyncio
import logging
import os
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog

from hardware.protocols import JobRecord, PrintOrder
from kiosk import engine
from kiosk.books.checks import check
from kiosk.documents.vault import Vault
from kiosk.engine import Engine
from kiosk.journeys.copy_questions import ApproveSample, CopyOrder
from kiosk.journeys.paying import Identify, Sign
from kiosk.journeys.service import discover
from kiosk.journeys.welcome import Apology
from kiosk.lobby import Lobby
from tests.fault.place import Clerk
from tests.paper import PaperPrinter
from tests.scripted import ScriptedGuest
from tests.stations import happy, paper_station, vouchers

THREE = CopyOrder("iso_a4_210x297mm", copies=3)
AGAIN = (1, 100)
"""Sheets and minor units of the copy that the guest makes when there is room again."""


@dataclass
class Disk:
    """A small tmpfs at ``root`` that can be filled to the last byte and emptied again."""

    root: Path

    def __post_init__(self) -> None:
        self.root.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "small", self.root], check=True)

    def fill(self) -> None:
        with (self.root / "filler").open("ab", buffering=0) as filler:
            for size in (65536, 4096, 1):
                with suppress(OSError):
                    while filler.write(bytes(size)):
                        pass
        assert os.statvfs(self.root).f_bavail == 0

    def empty(self) -> None:
        (self.root / "filler").unlink()


@dataclass
class FillingPrinter(PaperPrinter):
    """Fills the disk when ``fill_after`` sheets have come out."""

    disk: Disk | None = None
    fill_after: int = 0
    filled: bool = field(default=False)

    async def print(self, order: PrintOrder) -> AsyncGenerator[JobRecord, None]:
        async for record in super().print(order):
            if self.disk and not self.filled and self.sheets_out >= self.fill_after:
                self.disk.fill()
                self.filled = True
            yield record


async def copy(disk: Disk, name: str, settled: list[tuple[int, int]], question: Any = None, sheets: int = 0) -> None:
    """The disk is full from ``question`` on, or when ``sheets`` have come out; empty again after the apology."""
    printer = FillingPrinter(disk=disk if sheets else None, fill_after=sheets)
    station = paper_station(disk.root, Clerk(), printer=printer)
    station.vault = Vault(disk.root.parent / "vault")  # in memory, as on the station
    script = happy(Home=["copy", "copy"], ChooseCopy=[THREE, CopyOrder(THREE.media)])
    usual = script.get(question)

    def full_now(asked: Any) -> Any:
        if not guest.asked(Apology):
            disk.fill()
        return usual(asked) if callable(usual) else usual

    def room_again(_asked: Apology) -> None:
        disk.empty()

    script[Apology] = room_again
    if question is not None:
        script[question] = full_now
    guest = ScriptedGuest(script)
    running = Engine(station, disk.root.parent / "status")
    async with running.running():
        running.lobby = Lobby(station, guest, discover())
        await running.lobby.serve_one()
        async with asyncio.timeout(20):
            while station.books.open_charges():
                await asyncio.sleep(0.02)
        (apology,) = guest.asked(Apology)
        assert (apology.key, apology.staff_called) == ("store.full", False), apology
        assert vouchers(station) == settled, (vouchers(station), settled)
        assert check(station.books.db).agree
        assert not list(station.vault.base.iterdir())
    station.books.db.close()
    station.requests.db.close()
    sys.stdout.write(f"{name}: {settled}\n")


def main(folder: Path) -> None:
    engine.ROUND = engine.HOUSE = 0.05
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    turns: list[tuple[str, list[tuple[int, int]], Any, int]] = [
        ("before it is known who pays", [AGAIN], Identify, 0),
        ("before the sample is approved", [AGAIN], ApproveSample, 0),
        ("before the signature", [AGAIN], Sign, 0),
        ("after the first sheet", [AGAIN], None, 1),
        ("after the second sheet", [AGAIN, (2, 200)], None, 2),
    ]
    for number, (name, settled, question, sheets) in enumerate(turns):
        asyncio.run(copy(Disk(folder / str(number)), name, settled, question, sheets))


if __name__ == "__main__":
    assert os.geteuid() == 0
    main(Path(sys.argv[1]))
