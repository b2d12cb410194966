"""The receipt driver against a strict ESC/POS printer: what comes out on paper, and what is said when nothing does."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hardware.escpos_bytes import compose
from hardware.escpos_receipt import EscposReceiptPrinter
from hardware.protocols import (
    Align,
    Fitness,
    Health,
    NeedsPerson,
    OutcomeUnknown,
    QrCode,
    ReceiptPart,
    Row,
    Rule,
    Supply,
    TryLater,
    Unsupported,
    Words,
)
from hardware.receipt_layout import Faces, Picture, lay_out
from hardware.supervisor import Supervisor
from hardware.virtual.receipt_printer import VirtualReceiptPrinter

NOTO = Path("/usr/share/fonts/opentype/noto")
FACES = Faces(NOTO / "NotoSansCJK-Regular.ttc", NOTO / "NotoSansCJK-Bold.ttc", 2)

PAPER = 640  # 80 mm
MARGIN = 32  # what the head can't reach, each side

SHORT: list[ReceiptPart] = [Words("凭证 Voucher K1-000128"), Row("合计 Total", "¥4.50", size=3, bold=True)]
WHOLE: list[ReceiptPart] = [
    Words("云栖湖畔酒店", size=2, bold=True, align=Align.CENTRE),
    Words("商务中心自助服务 Business centre", align=Align.CENTRE),
    Rule(),
    Row("凭证号 Voucher", "K1-000128"),
    Row("彩色双面复印（含装订），原稿共十二页 Colour duplex copies with stapling, 12 originals at 94 %", "¥1,234.50"),
    Rule(),
    Row("合计 Total", "¥1,234.50", size=3, bold=True),
    QrCode("https://hotel.example/v/K1-000128"),
    Words("感谢您的光临 Thank you", align=Align.CENTRE),
]
REAL_TIME = (b"\x10\x04", b"\x10\x05", b"\x10\x14")
READY = Health(Fitness.READY, supplies=(Supply("receipt-roll", None),))


@pytest.fixture
def far_side(tmp_path: Path) -> Iterator[VirtualReceiptPrinter]:
    with VirtualReceiptPrinter(tmp_path) as device:
        yield device


def driver(far_side: VirtualReceiptPrinter) -> EscposReceiptPrinter:
    return EscposReceiptPrinter(
        "receipt", far_side.path, FACES.regular, FACES.bold, face=FACES.index, patience=0.5, poll=0.1
    )


@pytest.fixture
async def printer(far_side: VirtualReceiptPrinter) -> AsyncIterator[EscposReceiptPrinter]:
    printer = driver(far_side)
    await printer.connect()
    yield printer
    await printer.close()


class Watched:
    """A printer under its supervisor; ``until`` waits for a Health."""

    def __init__(self, printer: EscposReceiptPrinter) -> None:
        self.printer = printer
        self.health: Health | None = None
        self._changed = asyncio.Event()

    def published(self, _: str, health: Health) -> None:
        self.health = health
        self._changed.set()

    async def until(self, fitness: Fitness, reason: str | None = None) -> Health:
        async with asyncio.timeout(5):
            while self.health is None or (self.health.fitness, self.health.reason) != (fitness, reason):
                self._changed.clear()
                await self._changed.wait()
        return self.health


@pytest.fixture
async def watched(far_side: VirtualReceiptPrinter) -> AsyncIterator[Watched]:
    made = Watched(driver(far_side))
    task = asyncio.create_task(Supervisor(made.printer, made.published, lambda: 0.02).run())
    await made.until(Fitness.READY)
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def ink(path: Path) -> np.ndarray:
    """The paper as rows of dots, True where it is black."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L")) < 128


# On paper


async def test_a_receipt_comes_out_whole_on_80_mm_paper(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    await printer.print(WHOLE)
    assert far_side.refused == []
    [receipt] = far_side.receipts
    with Image.open(receipt) as picture:
        assert picture.width == PAPER
        assert picture.height > PAPER
    assert printer.health() == READY


async def test_nothing_is_cut_off_and_amounts_end_at_the_right_edge(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    await printer.print([Row("复印 Copy", "¥4.50"), Row("税 Tax", "¥1,234.50"), Rule()])
    dots = ink(far_side.receipts[0])
    columns = np.flatnonzero(dots.any(axis=0))
    assert MARGIN <= columns[0] <= MARGIN + 3
    assert PAPER - MARGIN - 3 <= columns[-1] < PAPER - MARGIN
    lines = np.split(
        np.flatnonzero(dots.any(axis=1)), np.flatnonzero(np.diff(np.flatnonzero(dots.any(axis=1))) > 4) + 1
    )
    assert len(lines) == 3
    ends = [np.flatnonzero(dots[line].any(axis=0))[-1] for line in lines[:2]]
    assert all(PAPER - MARGIN - 4 <= end < PAPER - MARGIN for end in ends)


async def test_a_long_text_wraps_and_takes_more_paper(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    await printer.print([Row("复印", "¥1")])
    await printer.print([Row("复印 copies " * 20, "¥1")])
    short, long = (ink(path).any(axis=1).sum() for path in far_side.receipts)
    assert long > 5 * short


async def test_the_paper_carries_the_very_text_drawn_by_the_font(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    """Two characters that code page 437 lacks: had they gone as text, the same rubbish would stand for both."""
    await printer.print([Words("云", size=2)])
    await printer.print([Words("栖", size=2)])
    first, second = (ink(path) for path in far_side.receipts)
    assert first.any()
    assert second.any()
    assert first.shape != second.shape or (first != second).any()


async def test_the_qr_code_is_square_and_in_the_middle(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    await printer.print([QrCode("https://hotel.example/v/K1-000128")])
    rows, columns = (np.flatnonzero(ink(far_side.receipts[0]).any(axis=axis)) for axis in (1, 0))
    assert np.ptp(rows) == np.ptp(columns) > 150
    assert abs(int(columns[0] + columns[-1]) - (PAPER - 1)) <= 1


async def test_a_qr_text_no_code_can_hold_is_refused_before_anything_is_sent(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    with pytest.raises(Unsupported):
        await printer.print([QrCode("x" * 3000)])
    assert far_side.printed_bytes == 0


def test_a_receipt_takes_less_than_64_kilobytes() -> None:
    assert len(compose(WHOLE, FACES)) < 65536


async def test_dots_that_look_like_a_real_time_command_do_not_reach_the_printer_as_one(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    receipt = [Words("".join(map(chr, range(0x4E00, 0x5600))))]
    pictures = [band.image for band in lay_out(receipt, FACES) if isinstance(band, Picture)]
    dots = b"".join(picture.point(lambda level: 255 - level).convert("1").tobytes() for picture in pictures)
    assert any(command in dots for command in REAL_TIME), "this text puts nothing to the test"
    assert not [command for command in REAL_TIME if command in compose(receipt, FACES)]
    await printer.print(receipt)
    assert len(far_side.receipts) == 1
    assert far_side.refused == []


async def test_receipts_asked_for_at_once_come_out_one_after_the_other(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    await asyncio.gather(*(printer.print(SHORT) for _ in range(3)))
    first, *others = (ink(path) for path in far_side.receipts)
    assert len(others) == 2
    assert all((first == other).all() for other in others)
    assert far_side.refused == []


async def test_a_receipt_begun_is_finished_though_its_guest_has_gone(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    loop, begun = asyncio.get_running_loop(), asyncio.Event()
    far_side.after(1000, lambda: loop.call_soon_threadsafe(begun.set))
    guest = asyncio.create_task(printer.print(WHOLE))
    await begun.wait()
    assert printer.health() == Health(Fitness.BUSY)
    guest.cancel()
    with pytest.raises(asyncio.CancelledError):
        await guest
    await printer.print(SHORT)
    assert len(far_side.receipts) == 2
    assert far_side.refused == []


# What needs a person


@pytest.mark.parametrize(
    ("fault", "reason", "place"),
    [("paper_out", "receipt.paper-out", "roll"), ("cover_open", "receipt.cover-open", "cover")],
)
async def test_a_printer_not_well_is_left_alone(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter, fault: str, reason: str, place: str
) -> None:
    getattr(far_side, fault)()
    with pytest.raises(NeedsPerson) as told:
        await printer.print(SHORT)
    assert (told.value.key, told.value.values["place"]) == (reason, place)
    assert far_side.printed_bytes == 0
    assert printer.health().fitness is Fitness.NEEDS_PERSON
    far_side.clear()
    await printer.print(SHORT)
    assert len(far_side.receipts) == 1


async def test_health_follows_paper_and_cover_without_printing(
    watched: Watched, far_side: VirtualReceiptPrinter
) -> None:
    far_side.cover_open()
    assert (await watched.until(Fitness.NEEDS_PERSON, "receipt.cover-open")).place == "cover"
    far_side.clear()
    await watched.until(Fitness.READY)
    far_side.paper_out()
    health = await watched.until(Fitness.NEEDS_PERSON, "receipt.paper-out")
    assert health.supplies == (Supply("receipt-roll", 0),)
    far_side.clear()
    await watched.until(Fitness.READY)


async def test_paper_near_its_end_is_a_warning_and_prints(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    far_side.paper_near_end()
    await printer.print(SHORT)
    assert len(far_side.receipts) == 1
    assert printer.health().fitness is Fitness.READY
    assert printer.health().warnings == ("receipt.paper-low",)


async def test_paper_that_ends_half_way_is_unknown_and_says_why(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    far_side.after(2000, far_side.paper_out)
    with pytest.raises(OutcomeUnknown) as told:
        await printer.print(WHOLE)
    assert told.value.key == "receipt.paper-out"
    assert far_side.receipts == []
    far_side.clear()  # a new roll: the printer goes on by itself
    await printer.print(SHORT)
    assert len(far_side.receipts) == 2


# Silence


async def test_a_silent_printer_is_offline_before_anything_is_sent(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    far_side.silent()
    with pytest.raises(TryLater) as told:
        await printer.print(SHORT)
    assert told.value.key == "receipt.offline"
    assert far_side.printed_bytes == 0
    assert printer.health().fitness is Fitness.OFFLINE


async def test_a_printer_silent_from_the_start_does_not_connect(far_side: VirtualReceiptPrinter) -> None:
    far_side.silent()
    printer = driver(far_side)
    with pytest.raises(TryLater):
        await printer.connect()
    await printer.close()


async def test_a_printer_that_holds_its_line_is_offline_and_nobody_waits_for_it() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(slave, False)
    with suppress(BlockingIOError):
        while os.write(slave, bytes(4096)):  # what waits in front of it, and nobody takes
            pass
    holding = EscposReceiptPrinter("receipt", os.ttyname(slave), FACES.regular, FACES.bold, face=FACES.index)
    try:
        async with asyncio.timeout(5):
            with pytest.raises(TryLater):
                await holding.connect()
        assert holding.health().fitness is Fitness.OFFLINE
    finally:
        await holding.close()
        os.close(master)
        os.close(slave)


async def test_silence_after_data_is_an_unknown_outcome(
    printer: EscposReceiptPrinter, far_side: VirtualReceiptPrinter
) -> None:
    far_side.after(2000, far_side.silent)
    with pytest.raises(OutcomeUnknown) as told:
        await printer.print(WHOLE)
    assert told.value.key == "receipt.unknown"
    assert printer.health().fitness is Fitness.OFFLINE


async def test_a_silent_printer_comes_back_under_its_supervisor(
    watched: Watched, far_side: VirtualReceiptPrinter
) -> None:
    far_side.silent()
    await watched.until(Fitness.OFFLINE, "receipt.offline")
    far_side.clear()
    await watched.until(Fitness.READY)
    await watched.printer.print(SHORT)
    assert len(far_side.receipts) == 1


# The plug


async def test_unplugged_is_offline_and_replugged_prints_again(
    watched: Watched, far_side: VirtualReceiptPrinter
) -> None:
    far_side.unplug()
    await watched.until(Fitness.OFFLINE, "receipt.offline")
    with pytest.raises(TryLater):
        await watched.printer.print(SHORT)
    far_side.replug()
    await watched.until(Fitness.READY)
    await watched.printer.print(SHORT)
    assert len(far_side.receipts) == 1
    assert far_side.refused == []


async def test_a_cable_pulled_in_the_middle_is_unknown_and_the_next_receipt_is_clean(
    watched: Watched, far_side: VirtualReceiptPrinter
) -> None:
    """The printer keeps its power and sits inside a picture: the next receipt must not be swallowed by it."""
    far_side.after(3000, far_side.unplug)
    with pytest.raises(OutcomeUnknown):
        await watched.printer.print(WHOLE)
    await watched.until(Fitness.OFFLINE, "receipt.offline")
    far_side.replug()
    await watched.until(Fitness.READY)
    await watched.printer.print(SHORT)
    torn, whole = far_side.receipts
    far_side.clear()
    await watched.printer.print(SHORT)
    assert (ink(whole) == ink(far_side.receipts[-1])).all()
    assert ink(torn).any()
    assert far_side.refused == []
