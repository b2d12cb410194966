"""What every room-card reader keeps, on both wires: the same tests, each driver against its strict far side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware.pn532_reader import ALIVE_EVERY, Pn532Reader
from hardware.protocols import Card, CardReader, Fitness, Health, TryLater
from hardware.rdm6300_reader import Rdm6300Reader
from hardware.supervisor import Supervisor
from hardware.virtual.card_reader import VirtualPn532, VirtualRdm6300

FarSide = VirtualPn532 | VirtualRdm6300

SOON = 10.0
QUIET = 0.7


@dataclass(frozen=True)
class Kind:
    far_side: Callable[[Path], FarSide]
    driver: type[Pn532Reader] | type[Rdm6300Reader]
    first: str
    second: str


KINDS = [
    Kind(VirtualPn532, Pn532Reader, "04A1B2C3D4E5F6", "DEADBEEF"),
    Kind(VirtualRdm6300, Rdm6300Reader, "0A00B1C2D3", "0A00B1C2D4"),
]


@dataclass
class Bench:
    """A driver under its supervisor, with the far side, a clock to turn by hand and everything that was heard."""

    kind: Kind
    far_side: FarSide
    reader: CardReader
    now: float = 100.0

    def __post_init__(self) -> None:
        self.healths: list[Health] = []
        self._changed = asyncio.Event()

    def published(self, _: str, health: Health) -> None:
        self.healths.append(health)
        self._changed.set()

    async def until(self, right: Callable[[Health], bool]) -> Health:
        async with asyncio.timeout(SOON):
            while not (self.healths and right(self.healths[-1])):
                self._changed.clear()
                await self._changed.wait()
        return self.healths[-1]

    async def ready(self) -> None:
        await self.until(lambda health: health.fitness is Fitness.READY)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.driver.__name__)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


@pytest.fixture
def far_side(kind: Kind, tmp_path: Path) -> Iterator[FarSide]:
    with kind.far_side(tmp_path) as device:
        yield device


@asynccontextmanager
async def supervised(kind: Kind, far_side: FarSide) -> AsyncIterator[Bench]:
    reader = kind.driver("card", far_side.path, clock=lambda: bench.now)
    bench = Bench(kind, far_side, reader)
    task = asyncio.create_task(Supervisor(reader, bench.published, lambda: 0.02).run())
    try:
        yield bench
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def bench(kind: Kind, far_side: FarSide) -> AsyncIterator[Bench]:
    async with supervised(kind, far_side) as made:
        await made.ready()
        yield made


async def next_card(cards: AsyncIterator[Card]) -> str:
    async with asyncio.timeout(SOON):
        return (await anext(cards)).uid


async def stays_quiet(cards: AsyncIterator[Card]) -> bool:
    """True when nothing is heard for several polls: the RDM6300 repeats every 66 ms, the PN532 is asked as often."""
    try:
        async with asyncio.timeout(QUIET):
            await anext(cards)
    except TimeoutError:
        return True
    return False


async def test_a_card_is_read_with_its_whole_uid(bench: Bench) -> None:
    cards = bench.reader.cards()
    bench.far_side.present(bench.kind.first)
    assert await next_card(cards) == bench.kind.first


async def test_a_card_left_lying_is_one_presentation(bench: Bench) -> None:
    cards = bench.reader.cards()
    bench.far_side.present(bench.kind.first)
    await next_card(cards)
    assert await stays_quiet(cards)


async def test_a_card_presented_again_after_half_a_second_counts_again(bench: Bench) -> None:
    cards = bench.reader.cards()
    bench.far_side.present(bench.kind.first)
    await next_card(cards)
    bench.far_side.remove()
    assert await stays_quiet(cards)
    bench.now += 0.5
    bench.far_side.present(bench.kind.first)
    assert await next_card(cards) == bench.kind.first


async def test_a_card_lifted_for_a_moment_does_not_count_again(bench: Bench) -> None:
    cards = bench.reader.cards()
    bench.far_side.present(bench.kind.first)
    await next_card(cards)
    bench.far_side.remove()
    assert await stays_quiet(cards)
    bench.now += 0.4
    bench.far_side.present(bench.kind.first)
    assert await stays_quiet(cards)


async def test_a_different_card_is_never_swallowed(bench: Bench) -> None:
    cards = bench.reader.cards()
    heard = []
    for uid in (bench.kind.first, bench.kind.second, bench.kind.first):
        bench.far_side.present(uid)
        heard.append(await next_card(cards))
    assert heard == [bench.kind.first, bench.kind.second, bench.kind.first]


async def test_every_listener_hears_a_card(bench: Bench) -> None:
    journey, metrics = bench.reader.cards(), bench.reader.cards()
    bench.far_side.present(bench.kind.first)
    assert await next_card(journey) == await next_card(metrics) == bench.kind.first


async def test_a_card_that_is_lifted_is_forgotten(bench: Bench) -> None:
    cards = bench.reader.cards()
    bench.far_side.present(bench.kind.first)
    await next_card(cards)
    assert bench.reader._presentations.remembers
    bench.far_side.remove()
    assert await stays_quiet(cards)
    bench.now += 0.5
    async with asyncio.timeout(SOON):
        while bench.reader._presentations.remembers:
            await asyncio.sleep(0.02)


async def test_a_card_nobody_waited_for_is_not_kept(bench: Bench) -> None:
    witness = bench.reader.cards()
    bench.far_side.present(bench.kind.first)
    await next_card(witness)
    assert await stays_quiet(bench.reader.cards())


async def test_a_wrong_checksum_is_no_card_and_the_next_good_frame_is(bench: Bench) -> None:
    cards = bench.reader.cards()
    bench.far_side.wrong_checksum()
    bench.far_side.present(bench.kind.first)
    health = await bench.until(lambda seen: "card-reader.garbled" in (seen.reason, *seen.warnings))
    assert health.fitness in (Fitness.OFFLINE, Fitness.READY)
    assert await stays_quiet(cards)
    bench.far_side.clear()
    assert await next_card(cards) == bench.kind.first
    await bench.until(lambda seen: seen == Health(Fitness.READY))


async def test_noise_is_no_card_and_the_reader_recovers(bench: Bench) -> None:
    cards = bench.reader.cards()
    bench.far_side.garble()
    bench.far_side.present(bench.kind.first)
    await bench.until(lambda seen: seen != Health(Fitness.READY))
    bench.far_side.clear()
    assert await next_card(cards) == bench.kind.first


async def test_frames_torn_into_single_bytes_are_read(bench: Bench) -> None:
    cards = bench.reader.cards()
    bench.far_side.slow()
    bench.far_side.present(bench.kind.first)
    assert await next_card(cards) == bench.kind.first
    assert await stays_quiet(cards)


async def test_unplugged_is_offline_and_replugged_reads_again(bench: Bench) -> None:
    cards = bench.reader.cards()
    bench.far_side.unplug()
    await bench.until(lambda seen: seen == Health(Fitness.OFFLINE, "card-reader.offline"))
    bench.far_side.replug()
    await bench.ready()
    bench.far_side.present(bench.kind.first)
    assert await next_card(cards) == bench.kind.first


async def test_a_second_owner_is_refused(bench: Bench) -> None:
    rival = bench.kind.driver("rival", bench.far_side.path)
    with pytest.raises(TryLater) as refused:
        await rival.connect()
    assert refused.value.key == "card-reader.offline"
    assert rival.health().fitness is Fitness.OFFLINE


async def test_no_text_about_a_card_carries_its_uid(bench: Bench) -> None:
    cards = bench.reader.cards()
    bench.far_side.present(bench.kind.first)
    async with asyncio.timeout(SOON):
        card = await anext(cards)
    assert bench.kind.first not in f"{card!r} {card} {bench.healths}"


async def test_a_closed_reader_is_offline_and_connects_again(kind: Kind, far_side: FarSide) -> None:
    reader = kind.driver("card", far_side.path)
    for _ in range(2):
        await reader.connect()
        assert reader.health() == Health(Fitness.READY)
        await reader.close()
        assert reader.health() == Health(Fitness.OFFLINE, "card-reader.offline")


# What only one of them can tell


async def test_a_silent_pn532_is_published_as_silent_and_comes_back(tmp_path: Path) -> None:
    with VirtualPn532(tmp_path) as chip:
        async with supervised(KINDS[0], chip) as bench:
            await bench.ready()
            chip.silent()
            await bench.until(lambda seen: seen == Health(Fitness.OFFLINE, "card-reader.silent"))
            chip.clear()
            await bench.ready()
            assert chip.refused == []


async def test_a_pn532_tells_of_a_card_without_being_asked_again(tmp_path: Path) -> None:
    with VirtualPn532(tmp_path) as chip:
        async with supervised(KINDS[0], chip) as bench:
            await bench.ready()
            cards = bench.reader.cards()
            for uid in ("04A1B2C3D4E5F6", "DEADBEEF"):
                asked = await next_question(chip)
                chip.present(uid)
                assert await next_card(cards) == uid
                assert chip.asked == asked
                chip.remove()
                bench.now += 0.5


async def test_a_pn532_without_a_card_is_asked_but_once_a_second(tmp_path: Path) -> None:
    with VirtualPn532(tmp_path) as chip:
        async with supervised(KINDS[0], chip) as bench:
            await bench.ready()
            asked = await next_question(chip)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(ALIVE_EVERY - 0.2):
                    await next_question(chip)
            assert chip.asked == asked
            async with asyncio.timeout(SOON):
                await next_question(chip)


async def next_question(chip: VirtualPn532) -> int:
    """How often the chip was asked for a card, when it has just been."""
    before = chip.asked
    while chip.asked == before:
        await asyncio.sleep(0.002)
    return chip.asked


async def test_a_pn532_that_is_silent_from_the_start_does_not_connect(tmp_path: Path) -> None:
    with VirtualPn532(tmp_path) as chip:
        chip.silent()
        reader = Pn532Reader("card", chip.path)
        with pytest.raises(TryLater) as refused:
            await reader.connect()
        await reader.close()
    assert refused.value.key == "card-reader.silent"
