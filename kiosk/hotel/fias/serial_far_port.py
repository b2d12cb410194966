"""The link layer of the hotel's end of a serial line (S23 p.91-98), for one conversation."""

from __future__ import annotations

import asyncio
import os
import re
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field

SENDS = 4
ENQUIRIES = 3
RECORD_LENGTH = 2000
BACKLOG = 64
"""Records waiting for their turn, beyond which the conversation is held back."""

_FORBIDDEN = re.compile(rb"[\x00-\x09\x0b\x0e-\x1f\x7f]")
_PIECE = re.compile(rb"\x02[^\x03]*\x03|[^\x02]+|\x02[^\x03]*\Z")


@dataclass
class LineFaults:
    """What shall go wrong on the line; counts are of the next occasions."""

    nak: int = 0
    """Records refused although they are good."""
    lost_answers: int = 0
    """Answers, to a record or to ENQ, that never arrive; the record is taken all the same."""
    foreign_answers: int = 0
    """Answers that arrive as another byte."""
    unheard_answers: int = 0
    """The station's answers that never arrive here."""
    wrong_lrc: int = 0
    no_stx: int = 0
    no_etx: int = 0
    delay: float = 0.0
    """Seconds before each answer."""
    one_by_one: bool = False
    """No two bytes arrive at once."""
    silent: bool = False
    """Neither hears nor says anything."""


@dataclass(frozen=True)
class HotelPace:
    """In seconds: how long an answer is waited for, our own is remembered, and the port rests between two services."""

    answer: float = 3.0
    remember: float = 3.0
    reopen: float = 0.2


@dataclass(frozen=True)
class LineSeen:
    """What came over the line."""

    violations: list[str] = field(default_factory=list)
    """What a real interface would log: the station broke the rules of the line."""
    taken: list[bytes] = field(default_factory=list)
    """The records acknowledged, or that would have been, had the answer not been lost."""
    discarded: list[bytes] = field(default_factory=list)
    """The records the station would not take."""


class Port(asyncio.Transport):
    """What is on the line at ``master``, below a ``reader`` and a ``writer`` of bare ``02 record 03`` frames."""

    def __init__(self, master: int, faults: LineFaults, seen: LineSeen, pace: HotelPace) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._master = master
        self._faults = faults
        self._seen = seen
        self._pace = pace
        self.reader = asyncio.StreamReader(loop=self._loop)
        self._protocol = asyncio.StreamReaderProtocol(self.reader, loop=self._loop)
        self.writer = asyncio.StreamWriter(self, self._protocol, self.reader, self._loop)
        self._protocol.connection_made(self)
        self._heard = b""
        self._unsent = b""
        """Written by the conversation, and not yet a whole frame."""
        self._pending = b""
        """What the kernel has no room for yet."""
        self._outbox: deque[bytes] = deque()
        self._work = asyncio.Event()
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        self._said: tuple[bytes, float] = (b"\x15", float("-inf"))
        """Our last answer and when."""
        self._thinking = 0
        """Answers that are still to be given."""
        self._refused_in_a_row = 0
        self._asked_in_a_row = 0
        self._held_back = False
        self._closing = False
        self._over = asyncio.Event()
        self._loop.add_reader(master, self._readable)
        self._delivery = asyncio.create_task(self._deliver_all())

    # What an asyncio transport does

    def is_closing(self) -> bool:
        return self._closing

    @property
    def busy(self) -> bool:
        """Something is still to be delivered."""
        return bool(self._outbox)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Frames, whole or in pieces; what belongs to none is put on the line as it is."""
        self._unsent += bytes(data)
        *whole, last = [*_PIECE.findall(self._unsent), b""]
        if whole and whole[-1][:1] == b"\x02" and whole[-1][-1:] != b"\x03":
            last = whole.pop()
        self._unsent = last
        self._outbox.extend(whole)
        if len(self._outbox) > BACKLOG and not self._held_back:
            self._held_back = True
            self._protocol.pause_writing()
        self._work.set()

    def close(self) -> None:
        """When all has been delivered."""
        self._closing = True
        self._work.set()

    def abort(self) -> None:
        self._closing = True
        self.stop()

    def stop(self) -> None:
        """The conversation is over, whatever was still to be said."""
        if not self._over.is_set():
            self._over.set()
            self._loop.remove_reader(self._master)
            self._loop.remove_writer(self._master)
            self._delivery.cancel()
            self._protocol.connection_lost(None)

    async def ended(self) -> None:
        await asyncio.wait({self._delivery})
        if not self._delivery.cancelled():
            self._delivery.result()

    # What the hotel says

    async def _deliver_all(self) -> None:
        while not (self._closing and not self._outbox):
            while self._outbox:
                piece = self._outbox[0]
                if piece[:1] == b"\x02":
                    await self._deliver(piece)
                else:
                    self._put(piece)
                self._outbox.popleft()
                if len(self._outbox) <= BACKLOG // 2 and self._held_back:
                    self._held_back = False
                    self._protocol.resume_writing()
            self._work.clear()
            if not self._closing:
                await self._work.wait()
        self.stop()

    async def _deliver(self, frame: bytes) -> None:
        for _ in range(SENDS):
            spoilt = self._send(frame)
            answer = await self._answer()
            if answer == b"\x06":
                if spoilt:
                    self._seen.violations.append("ACK to a record that was spoilt")
                return
            if answer is None:
                self._seen.violations.append("no answer to ENQ")
                break
        self._seen.discarded.append(frame[1:-1])

    def _send(self, frame: bytes) -> bool:
        """True when a fault has spoilt it."""
        faults = self._faults
        check = 0
        for byte in frame[1:]:
            check ^= byte
        while not self._answers.empty():
            self._answers.get_nowait()
            self._seen.violations.append("an answer to nothing")
        if faults.wrong_lrc:
            faults.wrong_lrc -= 1
            self._put(frame + bytes((check ^ 0x01,)))
        elif faults.no_stx:
            faults.no_stx -= 1
            self._put(frame[1:] + bytes((check,)))
        elif faults.no_etx:
            faults.no_etx -= 1
            self._put(frame[:-1] + bytes((check,)))
        else:
            self._put(frame + bytes((check,)))
            return False
        return True

    async def _answer(self) -> bytes | None:
        for enquiry in range(ENQUIRIES + 1):
            if enquiry:
                self._put(b"\x05")
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pace.answer):
                    return await self._answers.get()
        return None

    def _put(self, data: bytes) -> None:
        if self._faults.silent or self._over.is_set():
            return
        self._pending += data
        self._flush()

    def _flush(self) -> None:
        self._loop.remove_writer(self._master)
        try:
            sent = os.write(self._master, self._pending[:1] if self._faults.one_by_one else self._pending)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.stop()
            return
        self._pending = self._pending[sent:]
        if self._pending:
            self._loop.add_writer(self._master, self._flush)

    # What the station says

    def _readable(self) -> None:
        try:
            data = os.read(self._master, 65536)
        except BlockingIOError:
            return
        except OSError:  # the station has closed the port
            data = b""
        if not data:
            self.stop()
        elif not self._faults.silent:
            self._heard += data
            while self._next():
                pass

    def _next(self) -> bool:
        """Deal with the first thing heard; False when it isn't complete."""
        first = self._heard[:1]
        if first == b"\x02":
            return self._next_record()
        self._heard = self._heard[1:]
        if first == b"\x05":
            self._enquired()
        elif first in (b"\x06", b"\x15"):
            self._answered(first)
        elif first:
            self._seen.violations.append("a byte outside a record")
        return bool(first)

    def _answered(self, answer: bytes) -> None:
        if self._faults.unheard_answers:
            self._faults.unheard_answers -= 1
        else:
            self._answers.put_nowait(answer)

    def _next_record(self) -> bool:
        body, end, after = self._heard[1:].partition(b"\x03")
        if len(body) > 4 * RECORD_LENGTH:
            self._seen.violations.append("a record without end")
            self._heard = b""
            return False
        if not end or not after:
            return False
        check, self._heard = after[0], after[1:]
        for byte in body + end:
            check ^= byte
        if check:
            self._seen.violations.append("wrong LRC")
        if _FORBIDDEN.search(body):
            self._seen.violations.append("a control character in a record")
        self._record(body, good=not check)
        return True

    def _record(self, body: bytes, *, good: bool) -> None:
        faults = self._faults
        self._asked_in_a_row = 0
        if self._thinking:
            self._seen.violations.append("a record before all answers to the last")
        if faults.nak:
            faults.nak -= 1
            good = False
        if good:
            self._refused_in_a_row = 0
            self._seen.taken.append(body)
            self.reader.feed_data(b"\x02" + body + b"\x03")
        else:
            self._refused_in_a_row += 1
            if self._refused_in_a_row > SENDS:
                self._seen.violations.append("a record sent more than four times")
        self._reply(b"\x06" if good else b"\x15")

    def _enquired(self) -> None:
        self._asked_in_a_row += 1
        if self._asked_in_a_row > ENQUIRIES:
            self._seen.violations.append("more than three ENQ")
        answer, at = self._said
        if at > float("-inf") and self._loop.time() - at > self._pace.remember:
            self._seen.violations.append("ENQ too late")
            answer = b"\x15"
        self._reply(answer)

    def _reply(self, answer: bytes) -> None:
        faults = self._faults
        self._said = (answer, self._loop.time())
        if faults.lost_answers:
            faults.lost_answers -= 1
            return
        if faults.foreign_answers:
            faults.foreign_answers -= 1
            answer = b"?"
        if faults.delay:
            self._thinking += 1
            self._loop.call_later(faults.delay, self._say_at_last, answer)
        else:
            self._put(answer)

    def _say_at_last(self, answer: bytes) -> None:
        self._thinking -= 1
        self._put(answer)
