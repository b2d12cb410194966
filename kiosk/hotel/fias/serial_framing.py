"""The link layer of a serial line without any I/O: bytes and the time go in, what happened comes out (S23 p.91-98).

A record travels as ``02 record 03 LRC``. The receiver answers ACK or NAK; a sender that hears neither asks with ENQ,
and the receiver says its last answer again: a record is never repeated because an answer was lost, for the other side
would book it twice. Both sides may send at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import reduce
from operator import xor

from kiosk.hotel.fias.codec import ETX, MOST_BYTES, STX

NUL, ENQ, ACK, NAK = 0x00, 0x05, 0x06, 0x15

MOST_SENDS = 4
MOST_ENQUIRIES = 3


def lrc(record: bytes) -> int:
    """The check byte: all bytes after STX and the ETX, one xor the other."""
    return reduce(xor, record, ETX)


@dataclass(frozen=True)
class Pace:
    """All in seconds.

    The peer may take 3 s to answer, and forgets its own answer 3 s after it: whoever asks later is told NAK, sends
    again, and is booked twice. So all three ENQ leave within those 3 s. An answer that comes only then may be meant for
    the record or for an ENQ: nothing is sent until all of them have come or can't come any more, or one would be
    taken for the answer to what is sent next, and a NAK would have that booked twice.
    """

    answer: float = 1.5
    """From the end of a record to the first ENQ."""
    between: float = 0.6
    """From one ENQ to the next."""
    after_noise: float = 0.25
    """From a byte that is no answer to the ENQ."""
    last: float = 3.5
    """From the last ENQ to giving up: the peer's 3 s, and its answer's way."""
    remember: float = 3.5
    """How long our own answer may be asked for: 3 s, and what a peer that waits them out is late by."""
    gap: float = 2.0
    """The longest silence inside a record."""


@dataclass(frozen=True)
class Transmit:
    """Put these bytes on the line."""

    data: bytes = field(repr=False)


@dataclass(frozen=True)
class Arrived:
    """The peer's record, as ``02 record 03``; it has been acknowledged."""

    frame: bytes = field(repr=False)


class Fate(Enum):
    """What became of a record of ours."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """NAK to all sends, each heard without having to ask: the peer does not have it."""
    UNKNOWN = "unknown"
    """No answer at all, or so many NAK only after an answer was lost."""


@dataclass(frozen=True)
class Garbled:
    """Something on the line was no good: "lrc", "broken", "too-long", "unfinished", "foreign" or "stray-answer"."""

    what: str


Happening = Transmit | Arrived | Fate | Garbled


@dataclass
class _Sending:
    data: bytes
    due: float
    """When something must be done unless an answer comes before."""
    on_line: bool = False
    left: float = 0.0
    """When its last byte is out."""
    sends: int = 0
    enquiries: int = 0
    """Since it was sent last."""
    enquired: float = 0.0
    """When that was done last."""
    doubtful: bool = False


class SerialFraming:
    """One line. Feed it ``send``, ``receive`` and, at ``due``, ``tick``; carry out what they return, in order.

    ``byte_seconds`` is how long one byte takes on the line. Holds at most one record of ``most`` bytes each way.
    """

    def __init__(self, byte_seconds: float = 0.0, pace: Pace | None = None, most: int = MOST_BYTES) -> None:
        self._byte_seconds = byte_seconds
        self._pace = pace or Pace()
        self._most = most
        self._sending: _Sending | None = None
        self._owed = 0
        """Answers that the peer was asked for and has not given."""
        self._quiet_until = float("-inf")
        """When none of them can come any more."""
        self._body = bytearray()
        self._fault = ""
        """What is wrong with it, as in Garbled, whatever its check byte says."""
        self._listen: Callable[[int, float], Iterator[Happening]] = self._between
        self._heard = float("-inf")
        self._answer = NAK
        self._answered = float("-inf")
        self._noisy = False

    @property
    def sending(self) -> bool:
        """A record of ours has not met its fate."""
        return self._sending is not None

    @property
    def held(self) -> int:
        """Bytes of the peer's record whose end has not been seen."""
        return len(self._body)

    def due(self) -> float | None:
        """When ``tick`` should be called next, None when nothing is awaited."""
        return None if self._sending is None else self._sending.due

    def send(self, frame: bytes, now: float) -> list[Happening]:
        """Begin to send ``02 record 03``; its Fate will come. Raises RuntimeError while another is being sent."""
        if self._sending is not None:
            raise RuntimeError("one record at a time")
        data = frame + bytes((lrc(frame[1:-1]),))
        self._sending = _Sending(data, due=max(now, self._quiet_until))
        return self.tick(now)

    def receive(self, chunk: bytes, now: float) -> list[Happening]:
        """Whatever came from the line, in any pieces. Raises nothing, whatever it is."""
        happenings = list(self._gap(now))
        self._heard = now
        for byte in chunk:
            happenings += self._listen(byte, now)
        return happenings

    def tick(self, now: float) -> list[Happening]:
        """Do what is due."""
        sending = self._sending
        if sending is None or now < sending.due:
            return []
        if not sending.on_line:
            return [self._put(sending, now)]
        if sending.enquiries == MOST_ENQUIRIES:
            return [self._ended(Fate.UNKNOWN)]
        sending.enquiries += 1
        sending.enquired = now
        sending.doubtful = True
        self._owed += 1
        sending.due = now + (self._pace.last if sending.enquiries == MOST_ENQUIRIES else self._pace.between)
        return [Transmit(bytes((ENQ,)))]

    # What the peer says: one method for each place in the stream

    def _between(self, byte: int, now: float) -> Iterator[Happening]:
        if byte == STX:
            self._begin()
        elif byte in (ACK, NAK):
            yield from self._answered_with(byte, now)
        elif byte == ENQ:
            yield self._say_again(now)
        else:
            yield from self._foreign(now)
            if byte == ETX:
                # The end of a record that lost its beginning; what follows is its LRC and may look like an answer.
                self._listen = self._orphan

    def _inside(self, byte: int, now: float) -> Iterator[Happening]:
        if byte == ETX:
            self._listen = self._check
        elif byte == STX:
            yield self._spoilt("unfinished")
            self._begin()
        elif byte == NUL:
            # A break, or in place of a byte of wrong parity: what is left of the record may fit its check byte.
            self._fault = "broken"
        elif byte == ENQ:
            # No record holds one: its ETX was lost, and the peer asks what became of it.
            yield self._spoilt("unfinished")
            yield self._say_again(now)
        elif byte in (ACK, NAK) and self._awaits_answer():
            # Nor one of these: what seemed a record's beginning was noise. The answer is asked for again.
            yield self._spoilt("unfinished")
            self._one_came()
            self._enquire_soon(now)
        elif len(self._body) < self._most:
            self._body.append(byte)
        else:
            self._fault = "too-long"

    def _check(self, byte: int, now: float) -> Iterator[Happening]:
        body = bytes(self._body)
        if byte == lrc(body) and not self._fault:
            yield self._reply(ACK, now)
            yield Arrived(bytes((STX,)) + body + bytes((ETX,)))
            self._forget()
        else:
            yield self._spoilt(self._fault or "lrc")
            yield self._reply(NAK, now)

    def _orphan(self, byte: int, _now: float) -> Iterator[Happening]:
        self._listen = self._between
        if byte == STX:  # rather a beginning than a check byte: if it is none, the next one ends it
            self._begin()
        return iter(())

    def _begin(self) -> None:
        self._forget()
        self._listen = self._inside

    def _forget(self) -> None:
        self._body.clear()
        self._fault, self._noisy = "", False
        self._listen = self._between

    def _spoilt(self, what: str) -> Garbled:
        """A record is lost: an older ACK must not be taken for an answer to it."""
        self._forget()
        self._answer = NAK
        return Garbled(what)

    def _gap(self, now: float) -> Iterator[Happening]:
        if now - self._heard > self._pace.gap and self._listen != self._between:
            yield self._spoilt("unfinished")

    def _foreign(self, now: float) -> Iterator[Happening]:
        self._answer = NAK  # it may have been a record
        self._enquire_soon(now)
        if not self._noisy:
            self._noisy = True
            yield Garbled("foreign")

    # What we say to the peer's record

    def _reply(self, answer: int, now: float) -> Transmit:
        self._answer, self._answered = answer, now
        return Transmit(bytes((answer,)))

    def _say_again(self, now: float) -> Transmit:
        fresh = now - self._answered <= self._pace.remember
        return self._reply(self._answer if fresh else NAK, now)

    # What the peer says to ours

    def _awaits_answer(self) -> bool:
        return self._sending is not None and self._sending.on_line

    def _enquire_soon(self, now: float) -> None:
        sending = self._sending
        if sending is not None and sending.on_line and sending.enquiries < MOST_ENQUIRIES:
            sending.due = min(sending.due, max(now, sending.left) + self._pace.after_noise)

    def _answered_with(self, answer: int, now: float) -> Iterator[Happening]:
        sending = self._sending
        self._one_came()
        if sending is not None and sending.on_line:
            self._quiet_until = sending.enquired + self._pace.last if self._owed else now
            yield from self._judged(sending, answer, now)
        elif now >= self._quiet_until:
            yield Garbled("stray-answer")
        elif sending is not None and sending.sends and answer == ACK:
            # The NAK before was said by one who had not looked yet: it has the record.
            yield self._ended(Fate.ACCEPTED)
        elif not self._owed:
            self._quiet_until = now
            if sending is not None:
                sending.due = now
                yield from self.tick(now)

    def _one_came(self) -> None:
        self._owed = max(0, self._owed - 1)

    def _judged(self, sending: _Sending, answer: int, now: float) -> Iterator[Happening]:
        if answer == ACK:
            yield self._ended(Fate.ACCEPTED)
        elif sending.sends == MOST_SENDS:
            yield self._ended(Fate.UNKNOWN if sending.doubtful else Fate.REFUSED)
        else:
            sending.on_line, sending.due = False, self._quiet_until
            yield from self.tick(now)

    def _put(self, sending: _Sending, now: float) -> Transmit:
        sending.sends += 1
        sending.on_line, sending.enquiries = True, 0
        self._owed = 1
        sending.left = now + len(sending.data) * self._byte_seconds
        sending.due = sending.left + self._pace.answer
        return Transmit(sending.data)

    def _ended(self, fate: Fate) -> Fate:
        self._sending = None
        return fate
