"""A hotel system for the kiosk to talk to: a FIAS interface on TCP with a small hotel behind it and a menu of faults.

Strict as a real one, and as forgetful: a charge sent twice is posted twice. Runs inside a test, or as a process of its
own (``python -m kiosk.hotel.fias.simulator``) that takes verbs as JSON lines and ends with its standard input.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import asdict, is_dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from kiosk.hotel.fias.far_side import Reader, Station, Writer
from kiosk.hotel.fias.fault_menu import COUNTED, SWITCHES, FaultMenu
from kiosk.hotel.fias.interface import Interface, KeyCheck, Observed, Ways
from kiosk.hotel.fias.reception import News, Reception
from kiosk.hotel.fias.serial_far_side import LINE_VERBS, SerialFarSide
from kiosk.hotel.fias.virtual_hotel import FolioLine, Stay, VirtualHotel, big_hotel, demo_hotel
from kiosk.hotel.fias.wire_faults import GARBAGE

LOOK_SECONDS = 1.0

__all__ = ["FolioLine", "HotelSimulator", "Stay", "demo_hotel"]


class HotelSimulator(FaultMenu, Reception):
    """Listens while used as ``async with``. One station at a time, unless the way of ``newcomer`` is "joins".

    ``port`` 0 takes a free one; ``answer_seconds`` is how long a posting takes the hotel system. With a ``key`` the
    station has to show that it has the same one, with ``tls`` the stream is encrypted.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        hotel: VirtualHotel | None = None,
        answer_seconds: float = 0.08,
        code_page: str = "gbk",
        now: Callable[[], datetime] = lambda: datetime.now().astimezone(),
        *,
        tls: ssl.SSLContext | None = None,
        key: KeyCheck | None = None,
        newcomer: Literal["replaces", "refused", "joins"] = "replaces",
        speaks_first: bool = True,
        still_knows: bool = False,
    ) -> None:
        ways = Ways(code_page, answer_seconds, now, speaks_first, still_knows, newcomer)
        interface = Interface(hotel or demo_hotel(), ways, self._crash, key)
        FaultMenu.__init__(self, interface)
        Reception.__init__(self, interface)
        self.host = host
        self.port = port
        self.ways = ways
        self.observed: Observed = interface.observed
        self._tls = tls
        self._stations: list[Station] = []
        self._orphans: list[Station] = []
        """Their peers believe them alive."""
        self._serving: set[asyncio.Task[Any]] = set()
        self._server: asyncio.Server | None = None
        self._crashing: asyncio.Task[None] | None = None
        self._down = False
        """The host has gone down; a serial line has nobody behind it."""
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
        return self.ways.answer_seconds

    @property
    def alive(self) -> bool:
        """Whether a station is connected and has described itself."""
        return any(station.alive for station in self._stations)

    async def open(self) -> None:
        """Listen; after ``close`` on the same port again."""
        self._down = False
        self._server = await asyncio.start_server(self.serve, self.host, self.port, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """As a host that goes down: no LE."""
        self._down = True
        if self._server is not None:
            self._server.close()
            await self.cut_line()
            await self.free_slot()
            for line in self._serving:
                line.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    async def serve(self, reader: Reader, writer: Writer) -> None:
        """One line, of TCP or another kind, until it ends."""
        if self._down:
            writer.close()
            return
        self.observed.connections += 1
        taken = [*self._stations, *self._orphans]
        if taken and self.ways.newcomer == "refused":
            writer.close()
            return
        if self.ways.newcomer == "replaces":
            await self.cut_line()
        station = Station(self.interface, writer, self._catch_up)
        self._stations.append(station)
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            with self.interface.line(station):
                await station.serve(reader)
        except ConnectionError:
            pass
        finally:
            station.close()
            self._serving.discard(task)
            for held in (self._stations, self._orphans):
                if station in held:
                    held.remove(station)

    async def tell(self, news: News) -> None:
        """Now, or when a station listens: a hotel system keeps check-ins and check-outs for it."""
        listening = [station for station in self._stations if station.alive]
        for station in listening:
            await news(station)
        if not listening:
            self._untold.append(news)

    async def garbage(self, count: int = 40) -> None:
        """Bytes that belong to no frame, and a frame that is no record."""
        for station in self._stations:
            await station.raw(GARBAGE * count + b"\x02|||\x03\x03")

    async def restart(self) -> None:
        """LS in the middle of everything."""
        for station in list(self._stations):
            await station.restart()

    async def leave(self) -> None:
        """LE."""
        for station in list(self._stations):
            await station.leave()

    async def cut_line(self) -> None:
        for station in list(self._stations):
            station.abort()

    async def vanish(self) -> None:
        """The stations' peer is gone without a word: their lines stay open, and nobody is at the other end.

        New connections are served; under the way "refused" not before ``free_slot``.
        """
        for station in self._stations:
            station.orphan()
        self._orphans += self._stations
        self._stations.clear()

    async def free_slot(self) -> None:
        """The lines that nobody is at any more are cut."""
        for station in list(self._orphans):
            station.abort()

    async def stray_answer(self, sequence: int, status: str = "OK", room: str = "") -> None:
        """PA out of nowhere."""
        answer = [("AS", status), ("RN", room), ("P#", str(sequence)), *self.interface.stamp(), ("WS", "")]
        await self.interface.tell_all("PA", answer)

    async def reenter_key(self) -> None:
        """A person has seen to the key; the interface starts anew."""
        self.interface.locked = False
        await self.restart()

    async def ring_on_time(self) -> None:
        """The switchboard at work, until it is cancelled: it looks at its list every second."""
        while True:
            await self.wake_up_rings()
            await asyncio.sleep(LOOK_SECONDS)

    def code_page(self, name: str) -> None:
        """Another code page than was agreed, both ways."""
        self.ways.code_page = name

    def refuse_newcomer(self, *, on: bool = True) -> None:
        """While one station is connected, others are shown the door; off: they take its place."""
        self.ways.newcomer = "refused" if on else "replaces"

    def mute_start(self, *, on: bool = True) -> None:
        """The station has to say LS first."""
        self.ways.speaks_first = not on

    def still_knows(self, *, on: bool = True) -> None:
        """A station that has described itself once is alive as soon as it is back: its LS is answered LA."""
        self.ways.still_knows = on

    def guest_service(self, *, on: bool = True) -> None:
        """Off: RS 8, 9 and 10 are ignored, as where Guest Service Status is not active."""
        self.ways.guest_service = on

    def _crash(self) -> None:
        self._crashing = asyncio.ensure_future(self.close())

    async def _catch_up(self) -> None:
        untold, self._untold = self._untold, []
        for news in untold:
            await self.tell(news)


SWITCHED = frozenset(
    {
        *SWITCHES,
        *("refuse_newcomer", "mute_start", "still_knows", "guest_service"),
        *("no_post", "message_light", "do_not_disturb"),
    }
)
"""Verbs that take, last and by the way, whether it is to be so (true) or no longer."""

VERBS = frozenset(
    {
        *SWITCHED,
        *COUNTED,
        *("all_well", "garbage", "restart", "leave", "cut_line", "vanish", "free_slot", "open", "close"),
        *("stray_answer", "reenter_key", "code_page"),
        *("check_in", "check_out", "move", "credit_limit", "night_audit_begin", "night_audit_end"),
        *("folio", "guest_folio", "balance", "journal_csv"),
        *("wake_ups", "order_wake_up", "cancel_wake_up", "wake_up_result", "wake_up_answers", "wake_up_rings"),
        *("messages", "leave_message", "read_message", "door", "observed"),
    }
)
"""Of the command line; each is the method of that name."""


async def _obey(simulator: HotelSimulator, serial: SerialFarSide | None, line: str) -> object:
    """One verb of the command line: ``["lose_answer", 2]`` calls the method of that name. Raises ValueError.

    ``["line", "nak_next", 2]`` is one of the serial line.
    """
    name, *values = json.loads(line)
    owner: object = simulator
    verbs = VERBS
    if name == "line" and serial is not None and values:
        owner, verbs, name = serial, LINE_VERBS, values.pop(0)
    if name not in verbs:
        raise ValueError(f"no such verb; there are {', '.join(sorted(verbs))}")
    choice = {"on": values.pop()} if values and isinstance(values[-1], bool) else {}
    verb = getattr(owner, name)
    if not callable(verb):
        return verb
    result = verb(*_understood(name, values), **choice)
    return await result if asyncio.iscoroutine(result) else result


def _understood(name: str, values: list[Any]) -> list[Any]:
    match name:
        case "journal_csv":
            return [Path(value) for value in values]
        case "check_in":
            return [Stay(**value) for value in values]
        case _:
            return values


async def _run(arguments: argparse.Namespace) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    hotel = big_hotel(arguments.guests, ledger=arguments.ledger) if arguments.guests else demo_hotel(arguments.ledger)
    simulator = HotelSimulator(arguments.host, arguments.port, hotel, arguments.answer_seconds, arguments.code_page)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(simulator)
        serial = await stack.enter_async_context(SerialFarSide(simulator.serve)) if arguments.serial else None
        _report({"port": simulator.port, **({"path": serial.path} if serial else {})})
        while line := await reader.readline():
            try:
                _report({"result": await _obey(simulator, serial, line.decode())})
            except (ValueError, TypeError, KeyError) as fault:
                _report({"error": str(fault)})


def _report(answer: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False, default=_plain) + "\n")
    sys.stdout.flush()


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)


def main() -> None:
    """Print ``{"port": N}``, and of a serial line its ``path``; answer each verb with a JSON line; end with stdin."""
    parser = argparse.ArgumentParser(
        description="A hotel system on the far side of a FIAS link, for trying things out."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--serial", action="store_true", help="also a serial line, on a pty of its own")
    parser.add_argument("--ledger", type=Path, help="file of folio lines, kept over restarts")
    parser.add_argument("--answer-seconds", type=float, default=0.08, help="how long a posting takes")
    parser.add_argument("--code-page", default="gbk")
    parser.add_argument("--guests", type=int, default=0, help="so many invented guests, instead of the small house")
    asyncio.run(_run(parser.parse_args()))


if __name__ == "__main__":
    main()
