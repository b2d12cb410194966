"""The FIAS conversation without any I/O: bytes and the time go in, effects come out (S23 p.25-36, 78-98).

One Session lives as long as the process, across connections, because the night audit and the keep-alive limit do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from typing import ParamSpec

from kiosk.hotel.answers import Consequence, consequence
from kiosk.hotel.clock import Moment
from kiosk.hotel.fias.codec import Deframer, Malformed, Record, Skipped, encode, parse
from kiosk.hotel.fias.events import (
    Answer,
    AuditBegan,
    AuditEnded,
    Effect,
    GuestNews,
    Hangup,
    LateAnswer,
    NoAnswer,
    Noise,
    Send,
    Up,
)
from kiosk.hotel.fias.records import Description, RoomPosting, stamp

Inputs = ParamSpec("Inputs")


def at_once(step: Callable[Inputs, Iterator[Effect]]) -> Callable[Inputs, tuple[Effect, ...]]:
    """Run the step to its end before anybody sees an effect, so that the state is never seen half changed."""

    @wraps(step)
    def whole(*args: Inputs.args, **kwargs: Inputs.kwargs) -> tuple[Effect, ...]:
        return tuple(step(*args, **kwargs))

    return whole


class Phase(Enum):
    DOWN = "down"
    LISTENING = "listening"
    """Connected; the hotel system is given the first word."""
    GREETING = "greeting"
    """It said nothing, so we did: LS is out."""
    DESCRIBING = "describing"
    """LD, LR and LA are out; LA is awaited."""
    ALIVE = "alive"
    CHECKING = "checking"
    """Alive so far; LS is out to see whether it still is."""


@dataclass(frozen=True)
class Timings:
    """All in seconds, as the specification wants them."""

    listen: float = 3.0
    answer: float = 30.0
    check_every: float = 300.0
    resync: float = 60.0
    """The longest silence inside DR..DE."""
    between_alives: float = 10.0
    """LA is answered at most that often, so that two polite sides do not play it back and forth."""
    audit_probe: float = 900.0
    """How long a night audit is believed in without NE: that may have passed while the line was down."""


class Session:
    """Feed it ``connected``, ``received``, ``tick`` and ``lost``; carry out the effects in order.

    Invariant: at most one posting is outstanding, and each ends in exactly one Answer or NoAnswer.
    """

    def __init__(self, station: Description, timings: Timings | None = None) -> None:
        self.station = station
        self.phase = Phase.DOWN
        self._timings = timings or Timings()
        self._deframer = Deframer()
        self._since = 0.0
        """When this phase began."""
        self._heard = 0.0
        self._checked = float("-inf")
        self._spoke_of_life = float("-inf")
        """When LS or LA was sent last."""
        self._outstanding: int | None = None
        self._posted_at = 0.0
        self._resync_heard: float | None = None
        self._audit_since: float | None = None
        self._handlers: dict[str, Callable[[Record, Moment], Iterator[Effect]]] = {
            "LS": self._link_start,
            "LA": self._link_alive,
            "LE": self._link_end,
            "PA": self._posting_answer,
            "NS": self._audit_start,
            "NE": self._audit_end,
            "DS": self._resync_start,
            "DE": self._resync_end,
            **dict.fromkeys(("GI", "GC", "GO", "KR", "KD"), self._guest_news),
            "LC": self._ignore,
        }

    @property
    def alive(self) -> bool:
        return self.phase in (Phase.ALIVE, Phase.CHECKING)

    @property
    def waiting(self) -> bool:
        """A posting is outstanding."""
        return self._outstanding is not None

    @property
    def in_audit(self) -> bool:
        return self._audit_since is not None

    @property
    def may_post(self) -> bool:
        """Alive beyond doubt, no audit, no resync under way, nothing outstanding."""
        return (
            self.phase is Phase.ALIVE and not self.in_audit and self._resync_heard is None and self._outstanding is None
        )

    def connected(self, now: Moment) -> None:
        """A new connection stands; the hotel system has the first word."""
        self._deframer = Deframer()
        self._heard = now.seconds
        self._enter(Phase.LISTENING, now)

    @at_once
    def received(self, chunk: bytes, now: Moment) -> Iterator[Effect]:
        """Whatever came from the wire, in any pieces. Raises nothing, whatever it is."""
        for item in self._deframer.feed(chunk):
            if self.phase is Phase.DOWN:
                return
            if isinstance(item, Skipped):
                yield Noise(item.reason, item.count)
            else:
                yield from self._frame(item, now)

    @at_once
    def tick(self, now: Moment) -> Iterator[Effect]:
        """To be called often; does what is due."""
        if self._outstanding is not None and now.seconds - self._posted_at >= self._timings.answer:
            yield from self._posting_timed_out(now)
        if self._resync_heard is not None and now.seconds - self._resync_heard >= self._timings.resync:
            self._resync_heard = None
            yield Noise("resync-unfinished")
        if self._audit_since is not None and now.seconds - self._audit_since >= self._timings.audit_probe:
            yield from self._audit_over()
        passed = now.seconds - self._since
        if self.phase is Phase.LISTENING and passed >= self._timings.listen:
            self._enter(Phase.GREETING, now)
            yield self._say("LS", now)
        elif self.phase in (Phase.GREETING, Phase.DESCRIBING, Phase.CHECKING) and passed >= self._timings.answer:
            yield from self._hang_up("silent")
        elif self.phase is Phase.ALIVE and now.seconds - self._heard >= self._timings.check_every:
            yield from self._check(now)

    @at_once
    def lost(self) -> Iterator[Effect]:
        """The connection is gone, by whosever will."""
        self.phase, self._resync_heard = Phase.DOWN, None
        yield from self._give_up("cut")

    @at_once
    def end(self, now: Moment) -> Iterator[Effect]:
        """Say LE before going: what is outstanding stays unknown."""
        if self.phase is not Phase.DOWN:
            yield self._say("LE", now)
            yield from self._hang_up("ended")

    @at_once
    def post(self, posting: RoomPosting, now: Moment) -> Iterator[Effect]:
        """Send one PS. Raises RuntimeError unless ``may_post``; Malformed, before anything is sent, for a bad value."""
        if not self.may_post:
            raise RuntimeError("one posting at a time, on a link that is alive")
        frame = encode(posting.record(self.station), self.station.code_page)
        self._outstanding, self._posted_at = posting.sequence, now.seconds
        yield Send(frame)

    @at_once
    def resync(self, now: Moment) -> Iterator[Effect]:
        """Ask for all guests in house (DR). Nothing is posted until DE. At most for an empty cache, see the facts."""
        self._resync_heard = now.seconds
        yield self._say("DR", now)

    def _frame(self, body: bytes, now: Moment) -> Iterator[Effect]:
        self._heard = now.seconds
        try:
            record = parse(body, self.station.code_page)
        except Malformed:
            yield Noise("malformed")
            return
        handler = self._handlers.get(record.kind)
        if handler is None:
            yield Noise("unknown-record")
        else:
            yield from handler(record, now)

    def _link_start(self, _record: Record, now: Moment) -> Iterator[Effect]:
        # At any time: the interface has (re)started and knows nothing of us.
        for record in self.station.records(now.wall):
            yield Send(encode(record, self.station.code_page))
        self._spoke_of_life = now.seconds
        self._enter(Phase.DESCRIBING, now)

    def _link_alive(self, record: Record, now: Moment) -> Iterator[Effect]:
        match self.phase:
            case Phase.DESCRIBING | Phase.CHECKING:
                # The answer to ours: answering it again would never end.
                began = self.phase is Phase.DESCRIBING
                self._enter(Phase.ALIVE, now)
                if began:
                    yield Up()
            case Phase.GREETING:
                # It takes us for the station it knew; our fields may have changed since.
                yield from self._link_start(record, now)
                self._enter(Phase.ALIVE, now)
                yield Up()
            case _ if now.seconds - self._spoke_of_life >= self._timings.between_alives:
                yield self._say("LA", now)

    def _link_end(self, _record: Record, now: Moment) -> Iterator[Effect]:
        yield self._say("LE", now)
        yield from self._hang_up("ended")

    def _posting_answer(self, record: Record, now: Moment) -> Iterator[Effect]:
        number, status = record.get("P#") or "", record.get("AS") or ""
        note = record.get("CT") or ""
        if not re.fullmatch(r"[0-9]{1,10}", number):
            yield Noise("answer-without-number")
        elif int(number) != self._outstanding:
            yield LateAnswer(int(number), status, note)
        else:
            self._outstanding = None
            yield Answer(int(number), status, note)
            if consequence(status) is Consequence.AFTER_AUDIT:
                yield from self._audit_start(record, now)

    def _posting_timed_out(self, now: Moment) -> Iterator[Effect]:
        heard_since = self._heard > self._posted_at
        yield from self._give_up("timeout")
        if not heard_since and self.phase is Phase.ALIVE:
            # The next charge must not be lost to a dead line as well.
            yield from self._check(now)

    def _check(self, now: Moment) -> Iterator[Effect]:
        """Ask whether the peer still is there; where that was asked too lately, a new connection will tell."""
        if now.seconds - self._checked < self._timings.check_every:
            yield from self._hang_up("silent")
        else:
            self._checked = now.seconds
            self._enter(Phase.CHECKING, now)
            yield self._say("LS", now)

    def _audit_start(self, _record: Record, now: Moment) -> Iterator[Effect]:
        began = self._audit_since is None
        self._audit_since = now.seconds
        if began:
            yield AuditBegan()

    def _audit_end(self, _record: Record, _now: Moment) -> Iterator[Effect]:
        return self._audit_over()

    def _audit_over(self) -> Iterator[Effect]:
        if self._audit_since is not None:
            self._audit_since = None
            yield AuditEnded()

    def _resync_start(self, record: Record, now: Moment) -> Iterator[Effect]:
        self._resync_heard = now.seconds
        yield GuestNews(record)

    def _resync_end(self, record: Record, _now: Moment) -> Iterator[Effect]:
        self._resync_heard = None
        yield GuestNews(record)

    def _guest_news(self, record: Record, now: Moment) -> Iterator[Effect]:
        if self._resync_heard is not None:
            self._resync_heard = now.seconds
        yield GuestNews(record)

    def _ignore(self, _record: Record, _now: Moment) -> Iterator[Effect]:
        return iter(())

    def _hang_up(self, reason: str) -> Iterator[Effect]:
        self.phase, self._resync_heard = Phase.DOWN, None
        yield from self._give_up("ended" if reason == "ended" else "timeout")
        yield Hangup(reason)

    def _give_up(self, reason: str) -> Iterator[Effect]:
        if self._outstanding is not None:
            sequence, self._outstanding = self._outstanding, None
            yield NoAnswer(sequence, reason)

    def _enter(self, phase: Phase, now: Moment) -> None:
        self.phase, self._since = phase, now.seconds

    def _say(self, kind: str, now: Moment) -> Send:
        if kind in ("LS", "LA"):
            self._spoke_of_life = now.seconds
        return Send(encode(Record(kind, stamp(now.wall)), self.station.code_page))
