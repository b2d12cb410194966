"""FIAS as a ``Line``: one connection at a time to the hotel's interface, over whatever wire, kept up with patience."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import structlog

from kiosk.hotel.desk import Desk
from kiosk.hotel.errands import MessagesAsked
from kiosk.hotel.fias import events
from kiosk.hotel.fias.charges import RoomCharges
from kiosk.hotel.fias.codec import Malformed
from kiosk.hotel.fias.exchanges import EXCHANGES
from kiosk.hotel.fias.noise_log import NoiseLog
from kiosk.hotel.fias.records import Description
from kiosk.hotel.fias.services import errand_record
from kiosk.hotel.fias.session import Phase, Session
from kiosk.hotel.fias.talk import Asker, Charges, Worker
from kiosk.hotel.fias.timings import Timings
from kiosk.hotel.fias.transport import Connect, RecordRefused, Wire, WireCut, pauses
from kiosk.hotel.news import Answer, GuestNews, LateAnswer, NoAnswer, ServiceNews
from kiosk.tasks import stopped

log = structlog.get_logger()

INTRODUCTION = ("LD", "LR", "LA")
NOT_OFFERED = "hotel.not-offered"
UNSENDABLE = "hotel.refused.unsendable"


@dataclass(frozen=True)
class Pace:
    """In seconds. ``tick``: how exactly time-outs are kept and how often the watchdog is fed, half as often while
    nothing is outstanding; ``first_pause`` to ``longest_pause`` pass between tries to connect; ``last_answer`` is
    waited for when the link is to stop.
    """

    tick: float = 0.25
    first_pause: float = 1.0
    longest_pause: float = 30.0
    last_answer: float = 40.0
    """kiosk-link.service knows it: TimeoutStopSec."""
    apart: float = 0.01
    """Between the records of the introduction: some systems take what one read brings for one record."""


class FiasLine:
    """``charges`` puts charges on folios, ``doubts`` asks about those without an answer; None leaves them to people."""

    def __init__(
        self,
        connect: Connect,
        station: Description,
        *,
        charges: Charges | None = None,
        doubts: Worker | None = None,
        timings: Timings | None = None,
        pace: Pace | None = None,
    ) -> None:
        self._connect = connect
        self._station = station
        self._charges = charges or RoomCharges()
        self._doubts = doubts
        self._timings = timings or Timings()
        self._pace = pace or Pace()

    async def serve(self, desk: Desk, stop: asyncio.Event) -> None:
        """As in ``Line``."""
        session = Session(self._station, self._timings, lambda heard: desk.trace("in", heard))
        waits = pauses(self._pace.first_pause, self._pace.longest_pause)
        noises = NoiseLog()
        while not stop.is_set():
            talk = _Talk(desk, session, self._charges, self._doubts, self._pace, noises)
            try:
                async with self._connect() as wire:
                    await talk.hold(wire, stop)
            except WireCut as cut:
                log.warning("link.cut", reason=str(cut))
            finally:
                await talk.carry_out(session.lost())
                await desk.postman.put_back()
            if talk.came_up:
                log.warning("link.down")
                waits = pauses(self._pace.first_pause, self._pace.longest_pause)
            await desk.rest(next(waits), stop, session.phase.value, session.in_audit)
        await desk.turn(alive=False, phase=session.phase.value, audit=session.in_audit)


class _Talk:
    """``Talk`` over one connection."""

    def __init__(
        self,
        desk: Desk,
        session: Session,
        charges: Charges,
        doubts: Worker | None,
        pace: Pace,
        noises: NoiseLog,
    ) -> None:
        self.desk = desk
        self.session = session
        self.came_up = False
        self._charges = charges
        self._doubts = doubts
        self._pace = pace
        self._noises = noises
        self._stops_at: float | None = None
        """When the answer that is outstanding is waited for no more, once the link is to stop."""
        self._asker: Asker | None = None
        self._wire: Wire | None = None
        self._stirring: asyncio.Future[Any] | None = None

    async def hold(self, wire: Wire, stop: asyncio.Event) -> None:
        """Until the connection is to be closed. Raises WireCut."""
        self._wire = wire
        session, clock = self.session, self.desk.clock
        session.connected(clock())
        stopping = asyncio.ensure_future(stop.wait())
        try:
            while session.phase is not Phase.DOWN:
                chunk = await wire.read(self._patience(), unless=self._stirred(stopping))
                now = clock()
                await self.carry_out((*session.received(chunk, now), *session.tick(now)))
                if session.awaits_word and wire.taken():
                    await self.carry_out(session.taken(now))
                # What was committed is noted in any case, or no reading would wait any more.
                charges, errands = self.desk.postman.has_work(), self.desk.runner.has_work()
                if not stop.is_set():
                    await self._work(charges=charges, errands=errands)
                elif self._may_go(now.seconds):
                    await self.carry_out(session.end(clock()))
                self._noises.tick(now.seconds)
                await self._turn()
        finally:
            self._wire = None
            await stopped(*(task for task in (stopping, self._stirring) if task is not None))

    def _patience(self) -> float:
        """Seconds until the next turn, if nothing happens."""
        quiet = self.session.may_post and not self.session.awaits_word and not self.desk.runner.carries
        return 2 * self._pace.tick if quiet else self._pace.tick

    def _stirred(self, stopping: asyncio.Future[Any]) -> asyncio.Future[Any]:
        """Done when there may be something to do that does not come over the wire: a charge, an errand, the end."""
        if self._stirring is None or self._stirring.done():
            reasons: set[asyncio.Future[Any]] = {self.desk.postman.commit(), self.desk.runner.commit()}
            if not stopping.done():
                reasons.add(stopping)
            self._stirring = asyncio.ensure_future(asyncio.wait(reasons, return_when=asyncio.FIRST_COMPLETED))
        return self._stirring

    async def _turn(self) -> None:
        await self.desk.turn(self.session.alive, self.session.phase.value, self.session.in_audit)

    def _may_go(self, seconds: float) -> bool:
        """The link is to stop; whoever wants that waits ``last_answer`` seconds at most."""
        if self._stops_at is None:
            self._stops_at = seconds + self._pace.last_answer
        return not self.session.waiting or seconds >= self._stops_at

    async def ask(self, asker: Asker, effects: Iterable[events.Effect]) -> None:
        self._asker = asker
        await self.carry_out(effects)

    async def carry_out(self, effects: Iterable[events.Effect]) -> None:
        news: list[GuestNews | ServiceNews] = []
        cut: WireCut | None = None
        for effect in effects:
            match effect:
                case events.Told(told):
                    news.append(told)
                case events.Send():
                    cut = cut or await self._send(effect)
                case _:
                    await self._note(effect)
        if news:
            await self.desk.told(news)
        if cut is not None:
            raise cut

    async def _work(self, *, charges: bool, errands: bool) -> None:
        """What is next of what may be done now: money first."""
        if not self.session.may_post:
            await self.desk.postman.put_back()
        elif charges:
            await self._charges.start(self)
        if self._doubts is not None and self.session.may_post:
            await self._doubts.start(self)
        if self.session.may_send and errands:
            await self._run_errand()
        if self.session.may_send and not self.session.waiting:
            await self._ask_for_guests()

    async def _send(self, send: events.Send) -> WireCut | None:
        """Returns why the wire broke, for what else was learned has still to be written down."""
        if self._wire is None:
            return None
        try:
            await self._write(self._wire, send)
        except WireCut as cut:
            return cut
        except RecordRefused as fault:
            log.warning("link.record-refused", kind=send.record.kind, reason=str(fault))
            if send.record.kind in EXCHANGES:
                await self.carry_out(self.session.unsent())
        else:
            if send.record.kind in INTRODUCTION:
                await asyncio.sleep(self._pace.apart)
        return None

    async def _write(self, wire: Wire, send: events.Send) -> None:
        """Raises WireCut, RecordRefused. A slow line is not a loop that stands still: the turns go on.

        Time-outs wait for the write, which is bounded: what the wire has to say of a record is worth more than they.
        """
        writing = asyncio.ensure_future(wire.write(send.frame))
        try:
            while not (await asyncio.wait({writing}, timeout=self._pace.tick))[0]:
                await self._turn()
        finally:
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        writing.result()
        self.desk.trace("out", send.record)

    async def _run_errand(self) -> None:
        errand = await self.desk.runner.take()
        if errand is None:
            return
        now = self.desk.clock()
        record = errand_record(errand, self.desk.runner.number, self.session.station, now.wall)
        if record is None:
            await self.desk.runner.refused(NOT_OFFERED)
            return
        try:
            send = self.session.send(record)
        except Malformed as fault:
            log.error("errand.unsendable", detail=str(fault))  # noqa: TRY400 - a bad value, not a bug to trace
            await self.desk.runner.refused(UNSENDABLE)
            return
        await self._deliver(send, messages=isinstance(errand, MessagesAsked))

    async def _deliver(self, send: events.Send, *, messages: bool) -> None:
        assert self._wire is not None
        try:
            await self._write(self._wire, send)
        except WireCut:
            self._await_word()
            raise
        except RecordRefused as fault:
            await self.desk.runner.put_off(str(fault))
            return
        if messages:
            self.session.messages_asked(self.desk.clock())
        else:
            self._await_word()

    def _await_word(self) -> None:
        """An errand is on the wire, and nothing says that it arrived but that the hotel system goes on talking."""
        self.desk.runner.sent()
        self.session.errand_sent(self.desk.clock())

    async def _note(self, effect: events.Effect) -> None:
        match effect:
            case Answer():
                ahead = self._charges.ahead and self.session.may_post
                await self.desk.postman.answered(effect, ahead=ahead)
            case LateAnswer():
                await self.desk.postman.late(effect)
            case NoAnswer():
                await self.desk.postman.unanswered(effect)
            case events.Unsent():
                await self.desk.postman.unsent()
            case events.Found() | events.InquiryRefused() | events.InquiryLost() | events.Bill():
                asker, self._asker = self._asker, None
                assert asker is not None, "a reply without a question"
                await asker.heard(self, effect)
            case events.MessagesTold(answered=True):
                await self.desk.runner.done()
            case events.MessagesTold():
                self._await_word()
            case events.ErrandsHeard():
                await self.desk.runner.heard()
            case events.ErrandsLost():
                await self.desk.runner.lost()
            case events.MessagesLost():
                await self.desk.runner.put_off("cut")
            case events.Up():
                await self._up()
            case events.Unusable(kind):
                self._noises.heard("link.record-unused", kind, self.desk.clock().seconds)
            case events.Noise(what, count):
                self._noises.heard("link.noise", what, self.desk.clock().seconds, count)
            case _:
                _tell(effect)

    async def _up(self) -> None:
        self.came_up = True
        log.info("link.up")
        self.desk.roster.came_up()
        await self._ask_for_guests()

    async def _ask_for_guests(self) -> None:
        """Where they are not all known: as soon as the link is up, and again while it is."""
        now = self.desk.clock()
        if await self.desk.roster.resync_due(now.wall) and self.session.alive:
            log.info("guests.resync")
            await self.carry_out(self.session.resync(now))


def _tell(effect: events.Effect) -> None:
    """What only the log is told."""
    match effect:
        case events.Hangup(reason):
            log.warning("link.hangup", reason=reason)
        case events.AuditBegan():
            log.info("audit.began")
        case events.AuditEnded():
            log.info("audit.ended")
        case events.PostingsRest(seconds):
            log.warning("posting.rest", seconds=seconds)
