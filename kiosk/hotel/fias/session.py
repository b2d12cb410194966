"""The FIAS conversation without any I/O: bytes and the time go in, effects come out (S23 p.25-36, 78-98).

One Session lives as long as the process, across connections, because the night audit and the keep-alive limit do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from functools import wraps
from itertools import groupby
from typing import ParamSpec

from kiosk.hotel.answers import Consequence, consequence
from kiosk.hotel.clock import Moment
from kiosk.hotel.fias.brake import Brake
from kiosk.hotel.fias.codec import Deframer, Malformed, Record, Skipped, encode, parse
from kiosk.hotel.fias.events import Effect, ErrandsHeard, ErrandsLost, Hangup, Noise, Send, Up
from kiosk.hotel.fias.exchanges import BillExchange, Exchange, InquiryExchange, PostingExchange, status
from kiosk.hotel.fias.inquiry import BillRequest, Inquiry
from kiosk.hotel.fias.outstanding import Outstanding, is_for_another, number_of
from kiosk.hotel.fias.records import Description, GuestPosting, RoomPosting, challenge, stamp
from kiosk.hotel.fias.telling import LISTENS, Telling
from kiosk.hotel.fias.timings import Timings
from kiosk.hotel.news import LateAnswer

Inputs = ParamSpec("Inputs")
Tap = Callable[[Record | str], None]
NUMBERED = ("GI", "GC")
"""What always names the guest by a reservation, where that is agreed."""


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


class Session:
    """Feed it ``connected``, ``received``, ``tick`` and ``lost``; carry out the effects in order.

    Invariant: at most one exchange is outstanding, and each ends in exactly one effect of its own: a posting in Answer,
    NoAnswer or Unsent, an inquiry in Found, InquiryRefused or InquiryLost, the request for a bill in Bill or
    InquiryLost. Beside it messages may be asked for, which ends in MessagesTold or MessagesLost.
    """

    def __init__(self, station: Description, timings: Timings | None = None, tap: Tap = lambda _heard: None) -> None:
        """``tap`` is shown every record that comes, and noise by its name."""
        self.station = station
        self.phase = Phase.DOWN
        self._timings = timings or Timings()
        self._telling = Telling(station, self._timings)
        self._brake = Brake(self._timings)
        self._tap = tap
        self._deframer = Deframer()
        self._since = 0.0
        """When this phase began."""
        self._heard = 0.0
        self._checked = float("-inf")
        self._spoke_of_life = float("-inf")
        """When LS or LA was sent last."""
        self._echo_due = False
        """The last LS or LA we sent has not been answered by an LA yet."""
        self._challenge = ("", "")
        """DA and TI of the last LS, whosever it was."""
        self._outstanding = Outstanding(self._timings.bill)
        self._errand_at: float | None = None
        """When the newest errand went out of which nobody knows whether it arrived."""
        self._handlers: dict[str, Callable[[Record, Moment], Iterator[Effect]]] = {
            "LS": self._link_start,
            "LA": self._link_alive,
            "LE": self._link_end,
            "PA": self._answer,
            "PL": self._guest_list,
            "XI": self._bill_item,
            "XB": self._bill_item,
            "NS": lambda _record, now: self._brake.audit_began(now),
            "NE": lambda _record, _now: self._brake.audit_ended(),
            **dict.fromkeys(LISTENS, self._telling.heard),
            **dict.fromkeys(("LC", "LD", "LR"), lambda _record, _now: iter(())),
        }

    @property
    def alive(self) -> bool:
        return self.phase in (Phase.ALIVE, Phase.CHECKING)

    @property
    def waiting(self) -> bool:
        """An answer is outstanding."""
        return self._outstanding.exchange is not None

    @property
    def in_audit(self) -> bool:
        return self._brake.in_audit

    @property
    def may_send(self) -> bool:
        """Errands may go, also in the night audit: alive beyond doubt, no resync under way, and no inquiry, for the
        posting must be what follows it (p.84).
        """
        asking = isinstance(self._outstanding.exchange, InquiryExchange)
        return self.phase is Phase.ALIVE and not self._telling.calling_the_roll and not asking

    @property
    def may_post(self) -> bool:
        """``may_send``, nothing outstanding, no audit, and the hotel system answers what is posted."""
        return self.may_send and not self.waiting and not self._brake.holds

    def connected(self, now: Moment) -> None:
        """A new connection stands; the hotel system has the first word."""
        self._deframer = Deframer()
        self._heard = now.seconds
        self._enter(Phase.LISTENING, now)

    @at_once
    def received(self, chunk: bytes, now: Moment) -> Iterator[Effect]:
        """Whatever came from the wire, in any pieces. Raises nothing, whatever it is."""
        # A peer that sends rubbish has sent one piece of it.
        for noise, items in groupby(self._deframer.feed(chunk), _noise_of):
            if noise is not None and self.phase is not Phase.DOWN:
                yield self._noise(noise, sum(item.count for item in items if isinstance(item, Skipped)))
                continue
            for item in items:
                if self.phase is Phase.DOWN:
                    return
                if isinstance(item, bytes):
                    yield from self._frame(item, now)

    @at_once
    def tick(self, now: Moment) -> Iterator[Effect]:
        """To be called often; does what is due."""
        yield from self._brake.tick(now)
        if self._outstanding.overdue(now):
            yield from self._timed_out(now)
        for effect in self._telling.tick(now):
            yield self._noise(effect.what) if isinstance(effect, Noise) else effect
        yield from self._keep_alive(now)

    @at_once
    def lost(self) -> Iterator[Effect]:
        """The connection is gone, by whosever will."""
        yield from self._down("cut")

    @at_once
    def end(self, now: Moment) -> Iterator[Effect]:
        """Say LE before going: what is outstanding stays unknown."""
        if self.phase is not Phase.DOWN:
            yield self._say("LE", now)
            yield from self._hang_up("ended")

    @at_once
    def post(self, posting: RoomPosting | GuestPosting, now: Moment) -> Iterator[Effect]:
        """Send one PS or PR. Raises RuntimeError unless ``may_post``; Malformed, before it is sent, for a bad value.

        A PR goes after its inquiry only (p.84): see to it that nothing comes between.
        """
        exchange = PostingExchange(posting.sequence)
        patience = self._timings.answer if isinstance(posting, RoomPosting) else self._timings.guest_answer
        yield self._begin(exchange, posting.record(self.station), patience, now)

    @at_once
    def inquire(self, inquiry: Inquiry, now: Moment) -> Iterator[Effect]:
        """Ask who stays in a room. Raises as ``post``."""
        exchange = InquiryExchange(inquiry.sequence)
        yield self._begin(exchange, inquiry.record(self.station), self._timings.guest_answer, now)

    @at_once
    def ask_bill(self, request: BillRequest, now: Moment) -> Iterator[Effect]:
        """Ask for a guest's bill. Raises as ``post``."""
        exchange = BillExchange(request.reservation)
        yield self._begin(exchange, request.record(self.station), self._timings.answer, now)

    @at_once
    def unsent(self) -> Iterator[Effect]:
        """The line says that the outstanding record surely was not taken."""
        if (exchange := self._outstanding.take()) is not None:
            yield exchange.unsent()

    def send(self, record: Record) -> Send:
        """A record that is not answered. Raises RuntimeError unless ``may_send``; Malformed for a bad value."""
        if not self.may_send:
            raise RuntimeError("not on a link that is not alive")
        return self._packed(record)

    def errand_sent(self, now: Moment) -> None:
        """One that is not answered has gone out. It and those before it end in ErrandsHeard or ErrandsLost."""
        self._errand_at = now.seconds

    @property
    def awaits_word(self) -> bool:
        """Errands are out, and nothing came since."""
        return self._errand_at is not None

    @at_once
    def taken(self, now: Moment) -> Iterator[Effect]:
        """The wire says that the other end has every byte. Where LS was answered so lately that it must not be asked
        again, that is word enough for errands: minutes of doubt would have staff make calls that are registered.
        """
        answered = self.phase is Phase.ALIVE and self._heard >= self._checked
        if answered and self._silent_since_errand(now) and self._checked_lately(now):
            self._errand_at = None
            yield ErrandsHeard()

    def messages_asked(self, now: Moment) -> None:
        """XM has gone out."""
        self._telling.messages_asked(now)

    @at_once
    def resync(self, now: Moment) -> Iterator[Effect]:
        """Ask for all guests in house (DR). Nothing is sent until DE. At most for an empty cache, see the facts."""
        self._telling.roll_asked(now)
        yield self._say("DR", now)

    def _begin(self, exchange: Exchange, record: Record, patience: float, now: Moment) -> Send:
        if not self.may_post:
            raise RuntimeError("one at a time, on a link that is alive")
        send = self._packed(record)
        self._outstanding.begin(exchange, patience, now)
        return send

    def _frame(self, body: bytes, now: Moment) -> Iterator[Effect]:
        self._heard = now.seconds
        if self._errand_at is not None:
            self._errand_at = None
            yield ErrandsHeard()
        try:
            record = parse(body, self.station.code_page)
        except Malformed:
            yield self._noise("malformed")
            return
        self._tap(record)
        if record.kind in NUMBERED and record.get("G#") is None and "G#" in self.station.fields.get(record.kind, ()):
            # A name that the other side cut inside a character takes the separator and the next field with it.
            yield self._noise("field-missing")
        handler = self._handlers.get(record.kind)
        if handler is None:
            yield self._noise("unknown-record")
        else:
            yield from handler(record, now)

    def _link_start(self, record: Record, now: Moment) -> Iterator[Effect]:
        # At any time: the interface has (re)started and knows nothing of us.
        self._challenge = challenge(record) or self._challenge
        yield from self._describe(now)

    def _describe(self, now: Moment) -> Iterator[Effect]:
        last = self._challenge if all(self._challenge) else (stamp(now.wall)[0][1], stamp(now.wall)[1][1])
        for record in self.station.records(now.wall, last):
            yield self._packed(record)
        self._spoke_of_life, self._echo_due = now.seconds, True
        self._enter(Phase.DESCRIBING, now)

    def _link_alive(self, _record: Record, now: Moment) -> Iterator[Effect]:
        echo, self._echo_due = self._echo_due, False
        since = now.seconds - self._spoke_of_life
        match self.phase:
            case Phase.DESCRIBING:
                self._enter(Phase.ALIVE, now)
                yield Up()
            case Phase.CHECKING:
                self._enter(Phase.ALIVE, now)
            case Phase.GREETING:
                # It takes us for the station it knew and would be content with LA (p.26). But that may have been
                # another life of ours, with other fields: only a description makes sure that both mean the same.
                yield from self._describe(now)
                self._enter(Phase.ALIVE, now)
                yield Up()
            case _ if since >= self._timings.between_alives and not (echo and since < self._timings.answer):
                yield self._say("LA", now)
                self._echo_due = True

    def _link_end(self, _record: Record, now: Moment) -> Iterator[Effect]:
        yield self._say("LE", now)
        yield from self._hang_up("ended")

    def _keep_alive(self, now: Moment) -> Iterator[Effect]:
        passed, quiet = now.seconds - self._since, now.seconds - self._heard
        if self.phase is Phase.LISTENING and (quiet >= self._timings.listen or passed >= self._timings.greet):
            self._enter(Phase.GREETING, now)
            yield self._start(now)
        elif self.phase is Phase.GREETING and passed >= self._timings.greet:
            yield from self._describe(now)
        elif self.phase in (Phase.DESCRIBING, Phase.CHECKING) and passed >= self._timings.answer:
            yield from self._hang_up("silent")
        elif self.phase is Phase.ALIVE and (quiet >= self._timings.check_every or self._may_ask_about_errands(now)):
            yield from self._check(now)

    def _may_ask_about_errands(self, now: Moment) -> bool:
        """Nothing came since the last one, and nothing is asked that would bring a word anyway."""
        return self._silent_since_errand(now) and not self.waiting and not self._checked_lately(now)

    def _silent_since_errand(self, now: Moment) -> bool:
        return self._errand_at is not None and now.seconds - self._errand_at >= self._timings.confirm

    def _checked_lately(self, now: Moment) -> bool:
        return now.seconds - self._checked < self._timings.check_every

    def _check(self, now: Moment) -> Iterator[Effect]:
        """Ask whether the peer still is there; where that was asked too lately, a new connection will tell."""
        if self._checked_lately(now):
            yield from self._hang_up("silent")
        else:
            self._checked = now.seconds
            self._enter(Phase.CHECKING, now)
            yield self._start(now)

    def _answer(self, record: Record, now: Moment) -> Iterator[Effect]:
        number, exchange = number_of(record), self._outstanding.exchange
        if number is None:
            yield self._noise("answer-without-number")
        elif is_for_another(record, self.station.workstation):
            yield self._noise("answer-for-another-station")
        elif (end := self._outstanding.answered(record, number)) is None:
            self._brake.answered()
            yield LateAnswer(number, status(record), record.get("CT") or "")
        else:
            if isinstance(exchange, PostingExchange):
                self._brake.answered()
            yield end
            if consequence(status(record)) is Consequence.AFTER_AUDIT:
                yield from self._brake.audit_began(now)

    def _guest_list(self, record: Record, _now: Moment) -> Iterator[Effect]:
        number, ours = number_of(record), not is_for_another(record, self.station.workstation)
        end = self._outstanding.answered(record, number) if number is not None and ours else None
        yield self._noise("stray-guest-list") if end is None else end

    def _bill_item(self, record: Record, now: Moment) -> Iterator[Effect]:
        if (end := self._outstanding.bill_item(record, now)) is not None:
            yield end

    def _timed_out(self, now: Moment) -> Iterator[Effect]:
        silent = self._outstanding.unbroken_silence(self._heard)
        yield from self._give_up("timeout")
        if silent and self.phase is Phase.ALIVE:
            # The next charge must not be lost to a dead line as well.
            yield from self._check(now)

    def _hang_up(self, reason: str) -> Iterator[Effect]:
        yield from self._down("ended" if reason == "ended" else "timeout")
        yield Hangup(reason)

    def _down(self, reason: str) -> Iterator[Effect]:
        self.phase = Phase.DOWN
        yield from self._give_up(reason)
        yield from self._telling.lost()
        if self._errand_at is not None:
            self._errand_at = None
            yield ErrandsLost()

    def _give_up(self, reason: str) -> Iterator[Effect]:
        if (exchange := self._outstanding.take()) is not None:
            yield exchange.lost(reason)
            if isinstance(exchange, PostingExchange):
                yield from self._brake.unanswered()

    def _enter(self, phase: Phase, now: Moment) -> None:
        self.phase, self._since = phase, now.seconds

    def _start(self, now: Moment) -> Send:
        send = self._say("LS", now)
        self._challenge = challenge(send.record) or self._challenge
        return send

    def _say(self, kind: str, now: Moment) -> Send:
        if kind in ("LS", "LA"):
            self._spoke_of_life = now.seconds
            self._echo_due = True
        return self._packed(Record(kind, stamp(now.wall)))

    def _packed(self, record: Record) -> Send:
        return Send(record, encode(record, self.station.code_page))

    def _noise(self, what: str, count: int = 1) -> Noise:
        self._tap(what)
        return Noise(what, count)


def _noise_of(item: bytes | Skipped) -> str | None:
    return item.reason if isinstance(item, Skipped) else None
