"""The virtual hotel: every far side a kiosk is wired to, on this computer, with a menu of faults."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from hardware.protocols import Source
from hardware.virtual.card_reader import VirtualPn532
from hardware.virtual.cups import PrivateCups
from hardware.virtual.originals import original
from hardware.virtual.panel import VirtualPanel
from hardware.virtual.printer import VirtualPrinter
from hardware.virtual.receipt_printer import VirtualReceiptPrinter
from hardware.virtual.scanner import VirtualScanner
from kiosk.bootstrap import panel_pins
from kiosk.config.load import load
from kiosk.config.settings import Settings
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.fias.virtual_hotel import DEMO_STAYS, demo_hotel

Result = TypeVar("Result")

GUEST = DEMO_STAYS[0]
CARD = GUEST.cards[0]
"""A key card of the virtual hotel, for room 0808."""


class VirtualHotelHost:
    """The hotel simulator on a thread of its own; ``simulator`` is touched through ``do`` only."""

    def __init__(self, ledger: Path, answer_seconds: float) -> None:
        self.simulator = HotelSimulator(hotel=demo_hotel(ledger), answer_seconds=answer_seconds)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hotel", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self.wait(self.simulator.open())
        self._switchboard = asyncio.run_coroutine_threadsafe(self.simulator.ring_on_time(), self._loop)

    def stop(self) -> None:
        self._switchboard.cancel()
        self.wait(self.simulator.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=10)

    def do(self, verb: Callable[[], object]) -> Any:
        """Call ``verb`` on the simulator's thread; a verb that is a coroutine is awaited there."""

        async def call() -> Any:
            answer = verb()
            return await answer if asyncio.iscoroutine(answer) else answer

        return self.wait(call())

    async def leave_message(self) -> None:
        if GUEST.reservation in self.simulator.hotel.stays:
            await self.simulator.leave_message(GUEST.room, GUEST.reservation, "Your parcel is at the desk.")

    async def check_out(self) -> None:
        if GUEST.reservation in self.simulator.hotel.stays:
            await self.simulator.check_out(GUEST.reservation)

    async def order_wake_up(self) -> None:
        at = self.simulator.ways.now() + timedelta(minutes=2)
        await self.simulator.order_wake_up(GUEST.room, at.strftime("%y%m%d"), at.strftime("%H%M%S"))

    def sleep_through(self) -> None:
        self.simulator.wake_up_answers(GUEST.room, "NR")

    def may_disturb(self) -> Awaitable[None]:
        return self.simulator.do_not_disturb(GUEST.room, on=False)


@dataclass(frozen=True)
class Verb:
    """Something that can happen to a device, for the control page: ``device`` and what happens, in plain words."""

    device: str
    words: str
    act: Callable[[], object]

    @property
    def id(self) -> str:
        return f"{self.device}-{self.words}".replace(" ", "-")


class Rig:
    """Everything a kiosk needs, under ``root``; ``settings_file`` is the configuration that points a kiosk at it.

    ``seconds_a_sheet`` is the printer's pace, ``answer_seconds`` the hotel system's, ``page_seconds`` the scanner's.
    """

    def __init__(
        self,
        root: Path,
        *,
        seconds_a_sheet: float = 0.3,
        answer_seconds: float = 0.08,
        page_seconds: float = 0.0,
        overrides: str = "",
    ) -> None:
        self.root = root
        self.settings_file = root / "kiosk.toml"
        self.originals = root / "originals"
        self._overrides = overrides
        self.page_seconds = page_seconds
        self.cups = PrivateCups(root / "cups")
        self.printer = VirtualPrinter(root / "printer", self.cups, "lobby", seconds_a_sheet=seconds_a_sheet)
        self.scanner = VirtualScanner(root / "scanner")
        self.card_reader = VirtualPn532(root / "card-reader")
        self.receipts = VirtualReceiptPrinter(root / "receipts")
        self.hotel = VirtualHotelHost(root / "folios.jsonl", answer_seconds)
        self.panel = VirtualPanel(panel_pins(load(None).panel))
        self._open = ExitStack()

    def __enter__(self) -> Self:
        for folder in (self.root, self.root / "card-reader", self.root / "receipts", self.root / "scanner"):
            folder.mkdir(parents=True, exist_ok=True)
        for part in (self.cups, self.printer, self.scanner, self.card_reader, self.receipts, self.hotel):
            part.start()
            self._open.callback(part.stop)
        self._open.callback(self.panel.stop)
        self.scanner.slow(self.page_seconds)
        self.lay_original()
        self.settings_file.write_text(self._configuration(), encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def settings(self) -> Settings:
        return load(self.settings_file)

    def lay_original(self, name: str = "letter", source: Source = Source.GLASS) -> None:
        """Put one of the invented originals on the glass or into the feeder."""
        self.scanner.load([self.original(name)], source)

    def load_feeder(self, *names: str) -> None:
        self.scanner.load([self.original(name) for name in names], Source.FEEDER)

    def verbs(self) -> tuple[Verb, ...]:
        """The menu of faults and of what a guest does with the hands."""
        return tuple(Verb(device, words, act) for device, words, act in self._menu())

    def _menu(self) -> list[tuple[str, str, Callable[[], object]]]:
        hotel, simulator = self.hotel, self.hotel.simulator
        return [
            ("card", "lay the card of room 0808 on the reader", lambda: self.card_reader.present(CARD)),
            ("card", "take the card away", self.card_reader.remove),
            ("card", "unplug the reader", self.card_reader.unplug),
            ("card", "plug the reader in", self.card_reader.replug),
            ("card", "wrong checksums", self.card_reader.wrong_checksum),
            ("card", "all well", self.card_reader.clear),
            ("scanner", "lay a letter on the glass", self.lay_original),
            ("scanner", "lay a skewed page on the glass", lambda: self.lay_original("skewed")),
            ("scanner", "lay a blank page on the glass", lambda: self.lay_original("blank")),
            ("scanner", "three pages into the feeder", lambda: self.load_feeder("letter", "table", "picture")),
            ("scanner", "jam after one page", lambda: self.scanner.jam(1)),
            ("scanner", "open the cover", self.scanner.cover_open),
            ("scanner", "busy", self.scanner.busy),
            ("scanner", "dies", self.scanner.die),
            ("scanner", "all well", self.scanner.clear),
            ("printer", "jam after one more sheet", lambda: self.printer.jam(1)),
            ("printer", "paper out", self.printer.paper_out),
            ("printer", "open the cover", self.printer.cover_open),
            ("printer", "refuses jobs", self.printer.refuse),
            ("printer", "slow, 3 s a sheet", lambda: self.printer.slow(3.0)),
            ("printer", "dies", self.printer.die),
            ("printer", "switch on", self.printer.start),
            ("printer", "all well", self.printer.clear),
            ("receipt", "paper out", self.receipts.paper_out),
            ("receipt", "unplug", self.receipts.unplug),
            ("receipt", "plug in", self.receipts.replug),
            ("receipt", "all well", self.receipts.clear),
            ("panel", "press the staff button", self.panel.press_staff_button),
            ("panel", "open the door", self.panel.open_door),
            ("panel", "close the door", self.panel.close_door),
            ("hotel", "lose the next answer", lambda: hotel.do(simulator.lose_answer)),
            ("hotel", "answer the next posting 40 s late", lambda: hotel.do(lambda: simulator.late_answer(40.0))),
            ("hotel", "answer the next posting twice", lambda: hotel.do(simulator.double_answer)),
            ("hotel", "refuse the next posting (NP)", lambda: hotel.do(lambda: simulator.refuse_next("NP"))),
            ("hotel", "refuse the next posting (CO)", lambda: hotel.do(lambda: simulator.refuse_next("CO"))),
            ("hotel", "put the next posting off (RY)", lambda: hotel.do(lambda: simulator.refuse_next("RY"))),
            ("hotel", "book the next posting and cut the line", lambda: hotel.do(simulator.cut_on_posting)),
            ("hotel", "lose the next posting", lambda: hotel.do(simulator.drop_posting)),
            ("hotel", "begin the night audit", lambda: hotel.do(simulator.night_audit_begin)),
            ("hotel", "end the night audit", lambda: hotel.do(simulator.night_audit_end)),
            ("hotel", "message for room 0808", lambda: hotel.do(hotel.leave_message)),
            ("hotel", "wake room 0808 in two minutes", lambda: hotel.do(hotel.order_wake_up)),
            ("hotel", "room 0808 sleeps through its next call", lambda: hotel.do(hotel.sleep_through)),
            ("hotel", "do not disturb room 0808", lambda: hotel.do(lambda: simulator.do_not_disturb(GUEST.room))),
            ("hotel", "room 0808 may be disturbed", lambda: hotel.do(hotel.may_disturb)),
            (
                "hotel",
                "the guest of room 0808 leaves",
                lambda: hotel.do(hotel.check_out),
            ),
            ("hotel", "the guest of room 0808 comes", lambda: hotel.do(lambda: simulator.check_in(GUEST))),
            ("hotel", "restart the interface", lambda: hotel.do(simulator.restart)),
            ("hotel", "cut the line", lambda: hotel.do(simulator.cut_line)),
            ("hotel", "vanish without a word", lambda: hotel.do(simulator.vanish)),
            ("hotel", "fall silent", lambda: hotel.do(simulator.silent)),
            ("hotel", "speak again", lambda: hotel.do(lambda: simulator.silent(on=False))),
            ("hotel", "all well", lambda: hotel.do(simulator.all_well)),
        ]

    def original(self, name: str) -> Path:
        """An invented original by name: letter, table, picture, blank, faint, skewed, cut-off."""
        return original(name, self.originals)

    def _configuration(self) -> str:
        return f"""# Written by the rig: a kiosk on virtual devices.
[house]
name_zh = "云山饭店"
name_en = "Cloud Hill Hotel"
place = "Lobby, beside the lifts"

[paths]
state = "{self.root}/state"
runtime = "{self.root}/run"
assets = "{Path.cwd()}/build/assets"

[display]
fullscreen = false

[sound]
volume = 0

[printer]
queue = "{self.printer.name}"
server = "{self.cups.server}"
device_uri = "{self.printer.uri}"

[scanner]
device = "{self.scanner.device}"
config_dir = "{self.scanner.config_dir}"

[card_reader]
kind = "pn532"
path = "{self.card_reader.path}"

[receipt]
path = "{self.receipts.path}"
baud = 115200

[panel]
pin_factory = "mock"

[hotel]
host = "127.0.0.1"
port = {self.hotel.simulator.port}

[hotel.fields]
WR = ["RN", "DA", "TI"]
WC = ["RN", "DA", "TI"]
WA = ["RN", "DA", "TI", "AS"]
RE = ["RN", "DN", "ML", "RS"]
XL = ["G#", "RN", "MI", "$J", "MT", "DA", "TI"]
XT = ["G#", "RN", "MI", "MT", "DA", "TI"]
XM = ["G#", "RN", "RT", "DA", "TI"]
XD = ["G#", "RN", "MI"]

[wake_up]
by = "hotel-system"

{self._overrides}
"""
