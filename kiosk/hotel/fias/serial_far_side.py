"""The hotel's end of a serial line, on a pty: apart from the kiosk's own link layer, and strict.

Whoever serves a TCP connection serves this line unchanged: it is handed an asyncio reader and writer that carry bare
``02 record 03`` frames, while ACK, NAK, ENQ and LRC are dealt with below. A conversation begins when the port is
opened, as an interface sees it by DTR, and ends when it is closed.
"""

from __future__ import annotations

import asyncio
import os
import select
import termios
from collections.abc import Awaitable, Callable
from typing import Self

from kiosk.hotel.fias.serial_far_port import HotelPace, LineFaults, LineSeen, Port

Conversation = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

LOOK_SECONDS = 0.01
SETTLE_SECONDS = 0.03
"""Between the port becoming raw and the end of its being opened, which empties its buffers."""

LINE_VERBS = frozenset(
    {
        *("nak_next", "no_ack", "foreign_byte", "hear_no_ack", "garble_lrc", "drop_stx", "drop_etx"),
        *("delay", "silent", "one_by_one", "all_well", "unplug", "plug_in"),
    }
)
"""What can be done to the line; each is the method of that name."""

__all__ = ["LINE_VERBS", "HotelPace", "SerialFarSide"]


class SerialFarSide:
    """A line at ``path``, served by ``conversation`` as often as the port is opened, within ``async with``."""

    def __init__(self, conversation: Conversation, pace: HotelPace | None = None) -> None:
        self.path = ""
        self.faults = LineFaults()
        self._seen = LineSeen()
        self.violations, self.taken, self.discarded = self._seen.violations, self._seen.taken, self._seen.discarded
        self._conversation = conversation
        self._pace = pace or HotelPace()
        self._master: int | None = None
        self._service: asyncio.Task[None] | None = None
        self._port: Port | None = None

    async def __aenter__(self) -> Self:
        self.plug_in()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._service is not None:
            self._service.cancel()
            await asyncio.gather(self._service, return_exceptions=True)
        self._drop()

    def nak_next(self, count: int = 1) -> None:
        """Refuse the next records, good as they are."""
        self.faults.nak = count

    def no_ack(self, count: int = 1) -> None:
        """Take what comes, but let the next answers, to ENQ too, get lost."""
        self.faults.lost_answers = count

    def foreign_byte(self, count: int = 1) -> None:
        """Take what comes, but let the next answers arrive as something else."""
        self.faults.foreign_answers = count

    def hear_no_ack(self, count: int = 1) -> None:
        """The station's next answers get lost."""
        self.faults.unheard_answers = count

    def garble_lrc(self, count: int = 1) -> None:
        """The next records come with a wrong check byte."""
        self.faults.wrong_lrc = count

    def drop_stx(self, count: int = 1) -> None:
        """The next records come without their beginning."""
        self.faults.no_stx = count

    def drop_etx(self, count: int = 1) -> None:
        """The next records come without their end."""
        self.faults.no_etx = count

    def delay(self, seconds: float) -> None:
        """Take so long over each answer."""
        self.faults.delay = seconds

    def silent(self, *, on: bool = True) -> None:
        """Neither hears nor says anything, not even an answer to a record."""
        self.faults.silent = on

    def one_by_one(self, *, on: bool = True) -> None:
        """Bytes arrive as a slow line brings them."""
        self.faults.one_by_one = on

    def all_well(self) -> None:
        """Nothing goes wrong on the line from here on."""
        for name, value in vars(LineFaults()).items():
            setattr(self.faults, name, value)

    def plug_in(self) -> str:
        """The adapter is there, at a ``path`` of its own each time, which is returned."""
        self._master, slave = os.openpty()
        self.path = os.ttyname(slave)
        os.close(slave)
        os.set_blocking(self._master, False)
        self._service = asyncio.create_task(self._serve(self._master))
        return self.path

    def unplug(self) -> None:
        """The adapter is pulled out."""
        if self._service is not None:
            self._service.cancel()
        if self._port is not None:
            self._port.stop()
        self._drop()

    def _drop(self) -> None:
        if self._master is not None:
            master, self._master = self._master, None
            asyncio.get_running_loop().remove_reader(master)
            asyncio.get_running_loop().remove_writer(master)
            os.close(master)

    async def _serve(self, master: int) -> None:
        while True:
            # Nothing tells when a pty is opened.
            while not _in_use(master):  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
            await asyncio.sleep(SETTLE_SECONDS)
            self._port = port = Port(master, self.faults, self._seen, self._pace)
            # Whoever converses may be cancelled by its own house; the line is there for the next one.
            talk = asyncio.ensure_future(self._conversation(port.reader, port.writer))
            try:
                await asyncio.wait({talk})
                await port.ended()
            finally:
                talk.cancel()
                port.stop()
            if not talk.cancelled():
                talk.result()
            await asyncio.sleep(self._pace.reopen)


def _in_use(master: int) -> bool:
    """Whether a station has opened the port and set it up."""
    poll = select.poll()
    poll.register(master, 0)
    if any(event & select.POLLHUP for _, event in poll.poll(0)):
        return False
    return not termios.tcgetattr(master)[3] & (termios.ICANON | termios.ECHO)
