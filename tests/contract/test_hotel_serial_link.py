"""The whole hotel link on a serial line: charges, guests, and a line that spoils what crosses it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk.books.postings import PMS, POSTING, Posting, room_postings
from kiosk.hotel.fias.line import Pace as LinkPace
from kiosk.hotel.fias.serial_far_side import SerialFarSide
from kiosk.hotel.fias.serial_wire import serial
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.fias.timings import Timings
from kiosk.hotel.link import run_link
from kiosk.hotel.status import read_status
from kiosk.outbox import Delivery, DeliveryState, Outbox, enqueue
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS
from tests.contract.wire_kit import BRISK, PROMPT, SOON, until
from tests.links import desk_of, fias_line_to


@dataclass
class Kiosk:
    """A link process on a line to the simulated hotel, with books to post from."""

    hotel: HotelSimulator
    far: SerialFarSide
    postings: Outbox
    port: Path
    """Its name by udev, whatever the kernel calls it."""
    sold: int = 0
    ticks: int = 0

    def name_adapter(self) -> None:
        self.port.unlink(missing_ok=True)
        self.port.symlink_to(self.far.path)

    def tick(self) -> None:
        self.ticks += 1

    def sell(self, minor: int) -> str:
        self.sold += 1
        key = f"charge-{self.sold}"
        db = self.postings.db
        posting = Posting(self.sold, key, "copy", minor, 10, "CNY", "Copy A4", db.now(), room="0808")
        with db.transaction() as tx:
            enqueue(tx, PMS, POSTING, key, posting.encode(), db.now())
        return key

    def delivery(self, key: str) -> Delivery:
        delivery = self.postings.by_key(key)
        assert delivery is not None
        return delivery

    async def becomes(self, key: str, *states: DeliveryState) -> Delivery:
        await until(lambda: self.delivery(key).state in states)
        return self.delivery(key)

    def booked(self, minor: int) -> int:
        return sum(entry.amount == minor for entry in self.hotel.folio("0808"))


@asynccontextmanager
async def linked(folder: Path) -> AsyncIterator[Kiosk]:
    db = Database(folder / "books.db", BOOKS)
    postings = room_postings(db)
    hotel = HotelSimulator(answer_seconds=0.02)
    stop = asyncio.Event()
    try:
        async with SerialFarSide(hotel.serve, PROMPT) as far:
            kiosk = Kiosk(hotel, far, postings, folder / "hotel")
            kiosk.name_adapter()
            desk = desk_of(folder, postings, retry=0.05, beat=0.02, on_tick=kiosk.tick)
            timings = Timings(listen=0.5, answer=1.5)
            way = fias_line_to(serial(str(kiosk.port), pace=BRISK), timings=timings, pace=LinkPace(0.02, 0.05))
            link = asyncio.create_task(run_link(way, desk, stop))
            try:
                await until(lambda: (told := read_status(folder / "link.json")) and told.alive and told.guests)
                yield kiosk
            finally:
                stop.set()
                await asyncio.wait_for(link, SOON)
            assert far.violations == []
            assert hotel.observed.violations == []
    finally:
        postings.close()
        db.close()


async def test_guests_and_charges_cross_a_serial_line(tmp_path):
    async with linked(tmp_path) as kiosk:
        keys = [kiosk.sell(100 + number) for number in range(10)]
        await kiosk.becomes(keys[-1], DeliveryState.DELIVERED)
        assert [entry.amount for entry in kiosk.hotel.folio("0808")] == [100 + number for number in range(10)]


async def test_a_charge_the_line_refused_is_not_in_doubt_and_goes_again(tmp_path):
    async with linked(tmp_path) as kiosk:
        kiosk.far.nak_next(4)
        key = kiosk.sell(111)
        await kiosk.becomes(key, DeliveryState.DELIVERED)
        assert kiosk.booked(111) == 1


async def test_a_charge_whose_acknowledgement_was_lost_for_good_is_in_doubt_and_not_sent_again(tmp_path):
    async with linked(tmp_path) as kiosk:
        kiosk.far.no_ack(4)
        key = kiosk.sell(111)
        await kiosk.becomes(key, DeliveryState.UNKNOWN)
        await kiosk.becomes(kiosk.sell(222), DeliveryState.DELIVERED)
        assert (kiosk.booked(111), kiosk.booked(222)) == (1, 1)
        assert kiosk.delivery(key).attempts == 1


async def test_the_watchdog_is_fed_while_the_line_takes_its_time_over_a_record(tmp_path):
    async with linked(tmp_path) as kiosk:
        kiosk.far.no_ack(100)
        key = kiosk.sell(111)
        await until(lambda: kiosk.delivery(key).state is DeliveryState.SENDING)
        before = kiosk.ticks
        await kiosk.becomes(key, DeliveryState.UNKNOWN)
        kiosk.far.no_ack(0)
        assert kiosk.ticks - before > 10


async def test_an_adapter_pulled_and_plugged_in_again_is_found_under_its_name(tmp_path):
    async with linked(tmp_path) as kiosk:
        for turn in range(2):
            kiosk.far.unplug()
            kiosk.port.unlink()
            await until(lambda: not read_status(tmp_path / "link.json").alive)
            waiting = kiosk.sell(100 + turn)
            await asyncio.sleep(0.1)  # while it is looked for in vain
            assert kiosk.delivery(waiting).state is DeliveryState.QUEUED
            kiosk.far.plug_in()
            kiosk.name_adapter()
            await kiosk.becomes(waiting, DeliveryState.DELIVERED)
        assert (kiosk.booked(100), kiosk.booked(101)) == (1, 1)


async def test_an_adapter_pulled_over_a_posting_leaves_it_in_doubt_and_no_other(tmp_path):
    async with linked(tmp_path) as kiosk:
        kiosk.hotel.late_answer(30)
        key = kiosk.sell(111)
        await until(lambda: kiosk.booked(111))
        kiosk.far.unplug()
        kiosk.far.plug_in()
        kiosk.name_adapter()
        await kiosk.becomes(key, DeliveryState.UNKNOWN)
        await kiosk.becomes(kiosk.sell(222), DeliveryState.DELIVERED)
        assert (kiosk.booked(111), kiosk.booked(222)) == (1, 1)


@pytest.mark.parametrize("oddity", ["merged", "noisy", "shuffled", "unknown_records", "empty_fields", "double_answer"])
async def test_what_is_only_odd_on_the_line_costs_no_charge(tmp_path, oddity):
    async with linked(tmp_path) as kiosk:
        getattr(kiosk.hotel, oddity)()
        kiosk.far.one_by_one()
        keys = [kiosk.sell(100), kiosk.sell(101)]
        for key in keys:
            await kiosk.becomes(key, DeliveryState.DELIVERED)
        assert (kiosk.booked(100), kiosk.booked(101)) == (1, 1)


@pytest.mark.parametrize(
    ("mishap", "booked"),
    [
        *(("lose_answer", 1), ("drop_posting", 0), ("wrong_sequence", 1)),
        *(("restart_on_posting", 1), ("leave_on_posting", 1), ("cut_on_posting", 1)),
    ],
)
async def test_a_posting_without_an_answer_of_its_own_is_in_doubt_and_the_next_is_not(tmp_path, mishap, booked):
    async with linked(tmp_path) as kiosk:
        getattr(kiosk.hotel, mishap)()
        key = kiosk.sell(100)
        await kiosk.becomes(key, DeliveryState.UNKNOWN)
        await kiosk.becomes(kiosk.sell(101), DeliveryState.DELIVERED)
        assert (kiosk.booked(100), kiosk.booked(101)) == (booked, 1)
        assert kiosk.delivery(key).attempts == 1


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_the_line_does_no_charge_is_booked_twice_and_none_said_to_be_that_is_not(tmp_path, seed):
    chance = random.Random(seed)
    verbs = ("nak_next", "no_ack", "foreign_byte", "garble_lrc", "drop_stx", "drop_etx")
    ended = (DeliveryState.DELIVERED, DeliveryState.UNKNOWN)
    async with linked(tmp_path) as kiosk:
        sold = {}
        for minor in range(100, 106):
            getattr(kiosk.far, chance.choice(verbs))(chance.choice((1, 1, 2, 3, 4)))
            sold[minor] = kiosk.sell(minor)
            await kiosk.becomes(sold[minor], *ended)
        for minor, key in sold.items():
            delivered = kiosk.delivery(key).state is DeliveryState.DELIVERED
            assert delivered <= kiosk.booked(minor) <= 1
