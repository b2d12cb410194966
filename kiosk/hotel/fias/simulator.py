"""A hotel system for the kiosk to talk to: a FIAS interface on TCP with a small hotel behind it and a menu of faults.

Strict as a real one, and as forgetful: a charge sent twice is posted twice. Runs inside a test, or as a process of its
own (``python -m kiosk.hotel.fias.simulator``) that takes verbs as JSON lines and ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from kiosk.hotel.fias.far_side import Faults, Observed, Station, Ways
from kiosk.hotel.fias.virtual_hotel import FolioLine, Stay, VirtualHotel, demo_hotel

News = Callable[[Station], Awaitable[None]]


class HotelSimulator:
    """Listens while used as ``async with``. One station at a time: a newcomer takes the place of the former.

    ``port`` 0 takes a free one; ``answer_seconds`` is how long a posting takes the hotel system.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        hotel: VirtualHotel | None = None,
        answer_seconds: float = 0.08,
        code_page: str = "gbk",
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
    ) -> None:
        self.host = host
        self.port = port
        self.hotel = hotel or demo_hotel()
        self.faults = Faults()
        self.observed = Observed()
        self._ways = Ways(code_page, answer_seconds, now)
        self._station: Station | None = None
        self._server: asyncio.Server | None = None
        self._untold: list[News] = []

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def answer_seconds(self) -> float:
        return self._ways.answer_seconds

    @property
    def alive(self) -> bool:
        """Whether a station is connected and has described itself."""
        return self._station is not None and self._station.alive

    async def open(self) -> None:
        """Listen; after ``close`` on the same port again."""
        self._server = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """As a host that goes down: no LE."""
        if self._server is not None:
            self._server.close()
            await self.cut_line()
            await self._server.wait_closed()
            self._server = None

    def folio(self, room: str) -> list[FolioLine]:
        """What stands on the room's bill, oldest first."""
        return self.hotel.folio(room)

    def journal_csv(self, path: Path) -> None:
        """Export every posting: header ``date,time,room,check,sequence,amount,text``, amount in the digits of TA."""
        self.hotel.journal_csv(path)

    async def check_in(self, stay: Stay) -> None:
        """GI, now or as soon as a station listens; KR for each card."""
        self.hotel.stays[stay.reservation] = stay
        await self._tell(lambda station: station.check_in(stay))

    async def check_out(self, reservation: str) -> None:
        shared = self.hotel.is_sharer(self.hotel.stays[reservation])
        stay = self.hotel.stays.pop(reservation)
        await self._tell(lambda station: station.check_out(stay, shared=shared))

    async def move(self, reservation: str, room: str) -> None:
        """GC with the new room and the old."""
        old = self.hotel.stays[reservation]
        self.hotel.stays[reservation] = new = replace(old, room=room)
        await self._tell(lambda station: station.change(new, old.room))

    async def night_audit_begin(self) -> None:
        """NS; postings are answered NA."""
        self.hotel.auditing = True
        await self._tell(lambda station: station.audit(began=True))

    async def night_audit_end(self) -> None:
        """NE."""
        self.hotel.auditing = False
        await self._tell(lambda station: station.audit(began=False))

    def lose_answer(self, count: int = 1) -> None:
        """Book the next postings and never answer them."""
        self.faults.lose_answers = count

    def late_answer(self, seconds: float) -> None:
        """Book the next posting now and answer it that much later."""
        self.faults.answer_late = seconds

    def refuse_next(self, status: str, count: int = 1) -> None:
        """Answer the next postings with this status; "OK" would lie."""
        self.faults.refuse += [status] * count

    def wrong_sequence(self, count: int = 1) -> None:
        """Answer the next postings under another P#."""
        self.faults.wrong_sequence = count

    def double_answer(self, count: int = 1) -> None:
        self.faults.double_answers = count

    def cut_on_posting(self, count: int = 1) -> None:
        """Book the next postings and cut the line instead of answering."""
        self.faults.cut_after_booking = count

    def silent(self, *, on: bool = True) -> None:
        """Accept connections and bytes, but neither hear nor say anything."""
        self.faults.silent = on

    def torn(self, *, on: bool = True) -> None:
        """Records arrive in pieces of three bytes."""
        self.faults.torn = on

    def merged(self, *, on: bool = True) -> None:
        """Several records arrive at once."""
        self.faults.merged = on

    def shuffled(self, *, on: bool = True) -> None:
        """Fields in reverse order, after one that nobody knows."""
        self.faults.shuffled = on

    def ignore_resync(self, *, on: bool = True) -> None:
        """As newer interfaces do with a DR that they think needless."""
        self.faults.ignore_resync = on

    async def garbage(self, count: int = 40) -> None:
        """Bytes that belong to no frame, and a frame that is no record."""
        if self._station is not None:
            await self._station.raw(b"\xff\x00|~" * count + b"\x02|||\x03\x03")

    async def restart(self) -> None:
        """LS in the middle of everything."""
        if self._station is not None:
            await self._station.restart()

    async def leave(self) -> None:
        """LE."""
        if self._station is not None:
            await self._station.leave()

    async def cut_line(self) -> None:
        if self._station is not None:
            self._station.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.observed.connections += 1
        await self.cut_line()
        station = Station(self.hotel, self._ways, self.faults, self.observed, writer, self._catch_up)
        self._station = station
        try:
            await station.serve(reader)
        except ConnectionError:
            pass
        finally:
            station.close()
            if self._station is station:
                self._station = None

    async def _tell(self, news: News) -> None:
        """Now, or when a station listens: a hotel system keeps check-ins and check-outs for it."""
        if self.alive:
            assert self._station is not None
            await news(self._station)
        else:
            self._untold.append(news)

    async def _catch_up(self) -> None:
        untold, self._untold = self._untold, []
        for news in untold:
            await self._tell(news)


async def _obey(simulator: HotelSimulator, line: str) -> object:
    """One verb of the command line: ``["lose_answer", 2]`` calls the method of that name. Raises ValueError."""
    name, *values = json.loads(line)
    if name not in VERBS:
        raise ValueError(f"no such verb; there are {', '.join(sorted(VERBS))}")
    result = VERBS[name](simulator, *values)
    return await result if asyncio.iscoroutine(result) else result


VERBS: dict[str, Callable[..., object]] = {
    name: getattr(HotelSimulator, name)
    for name in (
        "check_out",
        "cut_line",
        "cut_on_posting",
        "double_answer",
        "garbage",
        "late_answer",
        "leave",
        "lose_answer",
        "move",
        "night_audit_begin",
        "night_audit_end",
        "refuse_next",
        "restart",
        "wrong_sequence",
    )
} | {
    "silent": lambda hotel, on=True: hotel.silent(on=on),
    "torn": lambda hotel, on=True: hotel.torn(on=on),
    "merged": lambda hotel, on=True: hotel.merged(on=on),
    "shuffled": lambda hotel, on=True: hotel.shuffled(on=on),
    "ignore_resync": lambda hotel, on=True: hotel.ignore_resync(on=on),
    "folio": lambda hotel, room: [asdict(line) for line in hotel.folio(room)],
    "journal_csv": lambda hotel, path: hotel.journal_csv(Path(path)),
    "observed": lambda hotel: asdict(hotel.observed),
}


async def _run(arguments: argparse.Namespace) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    hotel = demo_hotel(arguments.ledger)
    async with HotelSimulator(
        arguments.host, arguments.port, hotel, arguments.answer_seconds, arguments.code_page
    ) as simulator:
        _report({"port": simulator.port})
        while line := await reader.readline():
            try:
                _report({"result": await _obey(simulator, line.decode())})
            except (ValueError, TypeError, KeyError) as fault:
                _report({"error": str(fault)})


def _report(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print ``{"port": N}``, then answer each verb with one JSON line; end with the standard input."""
    parser = argparse.ArgumentParser(
        description="A hotel system on the far side of a FIAS link, for trying things out."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--ledger", type=Path, help="file of folio lines, kept over restarts")
    parser.add_argument("--answer-seconds", type=float, default=0.08, help="how long a posting takes")
    parser.add_argument("--code-page", default="gbk")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
