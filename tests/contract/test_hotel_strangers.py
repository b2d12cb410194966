"""Hotel systems that are not ours and take the specification lightly: each a few lines at the far end of a port."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kiosk.books.postings import PMS, POSTING, Posting, room_postings
from kiosk.hotel.fias.timings import Timings
from kiosk.hotel.link import run_link
from kiosk.outbox import DeliveryState, Outbox, enqueue
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS
from tests.house import until
from tests.links import desk_of, fias_line_to

Say = Callable[[str], Awaitable[None]]
QUICK = Timings(listen=0.1, greet=0.2, answer=1.0, resync=0.3)


class Stranger:
    """One line at a time; ``heard`` has every record of every line. Subclasses are as sloppy as real systems are."""

    first: tuple[str, ...] = ("LS|DA261122|TI010203|",)

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.folio: list[str] = []
        self.lines = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines += 1

        async def say(text: str) -> None:
            writer.write(b"\x02" + text.encode() + b"\x03")
            await writer.drain()

        for text in self.first:
            await say(text)
        try:
            while True:
                frame = await reader.readuntil(b"\x03")
                record = frame.rpartition(b"\x02")[2][:-1].decode()
                self.heard.append(record)
                if record.startswith("PS"):
                    self.folio.append(record)
                await self.answer(record[:2], record, say)
                if record.startswith("LE"):
                    return
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def answer(self, kind: str, record: str, say: Say) -> None:
        match kind:
            case "LA":
                await say("LA|DA261122|TI010203|")
            case "PS":
                await say(self.posted(number(record)))

    def posted(self, sequence: str) -> str:
        return f"PA|ASOK|RN0808|P#{sequence}|DA261122|TI010203|CTdone 660001|WSKIOSK1|"


class WithoutWorkstation(Stranger):
    """P# of eight digits, no WS, no bar at the end."""

    def posted(self, sequence: str) -> str:
        return f"PA|P#{sequence.zfill(8)}|CT|ASOK"


class WaitsForTheFirstWord(Stranger):
    """Says nothing of its own, answers LS with LS."""

    first = ()

    async def answer(self, kind: str, record: str, say: Say) -> None:
        if kind == "LS":
            await say("LS|DA261122|TI010203|")
        await super().answer(kind, record, say)


class AnswersLinkStartWithAlive(Stranger):
    """Takes a station for known, and does not answer its LA."""

    first = ()

    async def answer(self, kind: str, record: str, say: Say) -> None:
        if kind == "LS":
            await say("LA|DA261122|TI010203|")
        elif kind == "PS":
            await say(self.posted(number(record)))


class WantsTheDescriptionUnasked(Stranger):
    """Ignores LS; is content with LD."""

    first = ()


class SaysEverythingTwice(Stranger):
    first = ("LS|DA261122|TI010203|", "LS|DA261122|TI010203|")

    async def answer(self, kind: str, record: str, say: Say) -> None:
        await super().answer(kind, record, say)
        await super().answer(kind, record, say)


class AnswersAliveLate(Stranger):
    async def answer(self, kind: str, record: str, say: Say) -> None:
        if kind == "LA":
            await asyncio.sleep(0.5)
        await super().answer(kind, record, say)


class DescribesItself(Stranger):
    """LD and LR from the hotel's side, an LC that nobody asked for, everybody in house without being asked."""

    first = (
        "LS|DA261122|TI010203|",
        "LD|DA261122|TI010203|V#5.6|IFPM|",
        "LR|RIGI|FLRNGN|",
        "LC|DA261122|TI010203|",
        "DS|DA261122|TI010203|",
        "GI|RN0808|G#1|GNExample|SF|",
        "DE|DA261122|TI010203|",
    )


class PlaysLinkAlive(Stranger):
    """Answers every LA with an LA, and says one of its own in between."""

    async def answer(self, kind: str, record: str, say: Say) -> None:
        await super().answer(kind, record, say)
        if kind == "LR":
            await say("LA|DA261122|TI010203|")


class Till:
    """Sells, and knows what became of it."""

    def __init__(self, postings: Outbox) -> None:
        self._postings = postings

    def sell(self, key: str) -> str:
        db = self._postings.db
        charge = Posting(7, key, "copy", 150, 10, "CNY", "Copy A4", db.now(), "0808")
        with db.transaction() as tx:
            enqueue(tx, PMS, POSTING, key, charge.encode(), db.now())
        return key

    def state(self, key: str) -> DeliveryState | None:
        delivery = self._postings.by_key(key)
        return delivery and delivery.state


@asynccontextmanager
async def linked(folder: Path, stranger: Stranger) -> AsyncIterator[Till]:
    """The link on this hotel system."""
    db = Database(folder / "books.db", BOOKS)
    postings = room_postings(db)
    server = await asyncio.start_server(stranger.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    stop = asyncio.Event()
    link = asyncio.create_task(run_link(fias_line_to(port, timings=QUICK), desk_of(folder, postings), stop))

    try:
        yield Till(postings)
    finally:
        stop.set()
        await link
        server.close()
        db.close()


def number(record: str) -> str:
    return next(field[2:] for field in record.split("|") if field.startswith("P#"))


@pytest.mark.parametrize(
    "stranger",
    [
        Stranger,
        WithoutWorkstation,
        WaitsForTheFirstWord,
        AnswersLinkStartWithAlive,
        WantsTheDescriptionUnasked,
        SaysEverythingTwice,
        AnswersAliveLate,
        DescribesItself,
        PlaysLinkAlive,
    ],
)
async def test_each_gets_every_charge_once(tmp_path, stranger):
    far_side = stranger()
    async with linked(tmp_path, far_side) as till:
        keys = [till.sell(f"charge-{count}") for count in range(3)]
        await until(lambda: all(till.state(key) is DeliveryState.DELIVERED for key in keys))
    assert [number(record) for record in far_side.folio] == ["1", "2", "3"]
    assert far_side.lines == 1
    assert sum(record.startswith("LA") for record in far_side.heard) < 10
    assert sum(record.startswith("DR") for record in far_side.heard) <= 3


async def test_an_answer_without_a_number_is_no_answer(tmp_path):
    class Numberless(Stranger):
        def posted(self, sequence: str) -> str:
            del sequence
            return "PA|ASOK|RN0808|CTdone|"

    far_side = Numberless()
    async with linked(tmp_path, far_side) as till:
        key = till.sell("charge-1")
        await until(lambda: till.state(key) is DeliveryState.UNKNOWN)
    assert len(far_side.folio) == 1
