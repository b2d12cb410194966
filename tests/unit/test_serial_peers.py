"""The serial link layer and peers by the book: any three seconds they take, whatever of it gets lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

from hypothesis import given
from hypothesis import strategies as st

from kiosk.hotel.fias.serial_framing import Arrived, Fate, Transmit
from tests.unit.serial_kit import ACK, ENQ, NAK, Line, checked


@dataclass
class Peer:
    """A receiver by the book, however slow; ``delays``: what it takes over each thing it hears, in seconds."""

    delays: Iterator[float]
    spoilt: int = 0
    """Records that do not reach it whole."""
    lost: int = 0
    """Answers that don't reach us."""
    hasty: bool = False
    """It answers ENQ at once, and what it is about only later."""
    taken: list[bytes] = field(default_factory=list)
    _coming: list[tuple[float, bytes]] = field(default_factory=list)
    _last: tuple[bytes, float] = (NAK, float("-inf"))
    _free: float = 0.0

    def hear(self, data: bytes, now: float) -> None:
        if data == ENQ:
            answer, said = self._last
            at = now if self.hasty else self._after_a_while(now)
            self._say(answer if said <= at and now <= said + 3.0 else NAK, at)
            return
        good = not self.spoilt
        self.spoilt = max(0, self.spoilt - 1)
        if good:
            self.taken.append(data)
        at = self._after_a_while(now)
        self._last = (ACK if good else NAK, at)
        self._say(self._last[0], at)

    def _after_a_while(self, now: float) -> float:
        self._free = max(self._free, now + next(self.delays))
        return self._free

    def _say(self, answer: bytes, at: float) -> None:
        if self.lost:
            self.lost -= 1
        else:
            self._coming.append((at, answer))
            self._coming.sort()

    def next(self) -> float:
        return self._coming[0][0] if self._coming else float("inf")

    def says(self) -> bytes:
        return self._coming.pop(0)[1]


def conversation(peer: Peer, records: list[bytes]) -> list[Fate]:
    """What became of the records, each sent when the fate of the one before is known."""
    line, fates, waiting = Line(now=0.0), [], list(records)
    while waiting or line.framing.sending:
        happened = line.send(waiting.pop(0)) if not line.framing.sending else []
        if not happened:
            due = line.framing.due()
            line.now = max(line.now, min(float("inf") if due is None else due, peer.next()))
            happened = line.hear(peer.says()) if peer.next() <= line.now else line.framing.tick(line.now)
        for what in happened:
            if isinstance(what, Transmit):
                peer.hear(what.data, line.now)
            elif isinstance(what, Fate):
                fates.append(what)
    return fates


RECORDS = [b"\x02PS|P#%d|\x03" % number for number in range(1, 5)]
SECONDS = st.lists(st.floats(0.0, 2.9), min_size=1, max_size=12).map(cycle)


@given(SECONDS, st.integers(0, 5), st.integers(0, 3))
def test_a_peer_that_uses_its_three_seconds_takes_each_record_once_and_what_it_says_is_understood(delays, spoilt, lost):
    peer = Peer(delays, spoilt, lost)
    fates = conversation(peer, RECORDS)
    assert len(peer.taken) == len(set(peer.taken))
    for record, fate in zip(RECORDS, fates, strict=True):
        if fate is not Fate.UNKNOWN:
            assert (checked(record) in peer.taken) == (fate is Fate.ACCEPTED)


@given(SECONDS, st.integers(0, 3))
def test_a_slow_peer_that_answers_enq_before_it_knows_takes_no_record_twice(delays, spoilt):
    peer = Peer(delays, spoilt, hasty=True)
    conversation(peer, RECORDS)
    assert len(peer.taken) == len(set(peer.taken))


SPOILT = {
    "a check byte": lambda data: data[:-1] + bytes((data[-1] ^ 0x20,)),
    "no beginning": lambda data: data[1:],
    "no end": lambda data: data[:-2] + data[-1:],
    "half of it": lambda data: data[: len(data) // 2],
    "nothing": lambda _data: b"~",
    "a break": lambda data: data[:5] + b"\x00" + data[5:],
}


@dataclass
class Sender:
    """By the book: ENQ where no answer came, the record again where it was NAK, four times in all."""

    line: Line
    patience: Iterator[float]
    heard: list[bytes] = field(default_factory=list)

    def send(self, frame: bytes, trouble: list[tuple[str, int]]) -> None:
        """``trouble``: for each attempt what spoils the record, and how many of the answers to it get lost."""
        for spoilt, lost in [*trouble, ("", 0)]:
            answers = self.say(SPOILT.get(spoilt, bytes)(checked(frame)))
            while not answers or lost:
                lost -= bool(answers)
                self.line.after(next(self.patience))
                answers = self.say(ENQ)
            if answers[-1] == ACK:
                return

    def say(self, data: bytes) -> list[bytes]:
        happened = self.line.hear(data)
        self.heard += [what.frame for what in happened if isinstance(what, Arrived)]
        return [what.data for what in happened if isinstance(what, Transmit)]


TROUBLE = st.lists(st.tuples(st.sampled_from(["", *SPOILT]), st.integers(0, 3)), max_size=3)


@given(st.lists(TROUBLE, min_size=4, max_size=4), st.lists(st.floats(0.1, 3.0), min_size=1).map(cycle))
def test_whatever_gets_lost_between_a_sender_and_us_each_record_arrives_once_and_in_order(troubles, patience):
    sender = Sender(Line(), patience)
    for record, trouble in zip(RECORDS, troubles, strict=True):
        sender.send(record, trouble)
    assert sender.heard == RECORDS
