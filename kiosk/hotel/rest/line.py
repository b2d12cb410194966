"""Any REST system as a ``Line``: one request at a time, in turn guests, charges, errands and doubts.

What is particular to a system is behind ``System``. A request whose answer was lost is a doubt: the folio is looked at
once things have settled. Only what it says ends the doubt, never a second try.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import structlog

from kiosk.books.postings import Posting
from kiosk.hotel.answers import Consequence, consequence, reason_key
from kiosk.hotel.desk import Desk
from kiosk.hotel.errands import AnyErrand
from kiosk.hotel.news import Answer, GuestIn, LateAnswer, NoAnswer, ServiceNews
from kiosk.hotel.rest.roll import Roll
from kiosk.hotel.rest.web import Barred, Lost, Misread, NothingDone
from kiosk.hotel.status import BARRED

log = structlog.get_logger()

NOT_OFFERED = "hotel.not-offered"


@dataclass(frozen=True)
class Found:
    """The charge stands on the folio, put there by the attempt ``number``; ``note`` has the system's numbers of it."""

    number: int
    note: str


@dataclass(frozen=True)
class Absent:
    """The whole folio was read, and the charge is not on it."""


@dataclass(frozen=True)
class Unclear:
    """The folio, or all of it, is not to be seen."""


Look = Found | Absent | Unclear


class Declined(Exception):
    """The hotel system will not do it; ``key`` is a message key."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key

    @classmethod
    def because(cls, status: str) -> Declined:
        """``status``: one of the 20 answers (AS)."""
        return cls(reason_key(status))


class System(Protocol):
    """One REST system. Every call may raise NothingDone, Barred and Misread; ``post`` and ``run`` also Lost."""

    async def post(self, number: int, posting: Posting) -> Answer:
        """Charge once. What was booked is told by the answer, or Lost; with Misread nothing was."""
        ...

    async def look(self, number: int, posting: Posting) -> Look:
        """What became of attempt ``number``, or of an earlier one of the same charge."""
        ...

    async def in_house(self) -> list[GuestIn]:
        """Everybody, each reservation once."""
        ...

    async def run(self, errand: AnyErrand, roll: Roll) -> Sequence[ServiceNews]:
        """Carry it out; returns what was learned by it. Raises Declined."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True)
class Pace:
    """Seconds: ``guests`` between two readings of who is in house; ``settle`` until a lost request has surely been
    carried out or dropped; ``audit`` before a charge put off by the night audit goes again; ``tick`` how often the
    status is written; ``first_pause`` to ``longest_pause`` between tries while nobody answers.
    """

    guests: float = 60.0
    settle: float = 60.0
    audit: float = 60.0
    tick: float = 0.25
    first_pause: float = 1.0
    longest_pause: float = 30.0


BARRED_LONG = 300.0
"""Seconds after which staff are told of a charge that waits while the hotel system lets nobody in."""
LOOKS = 2
"""How often the folio must have been read without the charge before it counts as not there."""
MOST_LOOKED_FOR = 1000
"""Of more doubts than that it is not remembered that their folio was read before."""


class RestLine:
    """``serve`` it once."""

    def __init__(self, system: System, pace: Pace) -> None:
        self._system = system
        self._pace = pace
        self._roll = Roll()
        self._alive = False
        self._barred = False
        self._pause = pace.first_pause
        self._rest_until = float("-inf")
        self._guests_at = float("-inf")
        self._audit_until: float | None = None
        self._doubts_at = float("-inf")
        self._absent: dict[int, int] = {}
        # Whose request was turned away comes last the next time: none of them starves the others.
        self._duties = deque((self._post_next, self._run_next, self._settle_doubts))

    async def serve(self, desk: Desk, stop: asyncio.Event) -> None:
        """As in ``Line``."""
        work = asyncio.create_task(self._work(desk, stop))
        try:
            while not work.done():
                await desk.turn(alive=self._alive, phase=self._phase(desk), audit=self._audit_until is not None)
                await asyncio.wait({work}, timeout=self._pace.tick)
            await work
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
            await self._system.close()

    def _phase(self, desk: Desk) -> str:
        if self._barred:
            return BARRED
        if not self._alive:
            return "down"
        return "resting" if desk.clock().seconds < self._rest_until else "alive"

    async def _work(self, desk: Desk, stop: asyncio.Event) -> None:
        while not stop.is_set():
            if not await self._stepped(desk):
                await self._idle(desk, stop)

    async def _stepped(self, desk: Desk) -> bool:
        """Whether something was done; where nobody answered there is time to wait."""
        try:
            return await self._step(desk)
        except Barred as fault:
            await self._shut_out(desk, fault)
        except (NothingDone, Lost) as fault:
            self._fell_silent(desk, fault.reason, fault.pause)
        except Misread:
            self._fell_silent(desk, "misread", None)
        return False

    async def _step(self, desk: Desk) -> bool:
        """The one thing that is most urgent; False when there is nothing to do now."""
        now = desk.clock().seconds
        if now < self._rest_until:
            return False
        if not self._alive or now >= self._guests_at:
            await self._read_guests(desk)
            return True
        for duty in tuple(self._duties):
            try:
                if await duty(desk, now):
                    return True
            except (NothingDone, Lost, Misread):
                self._duties.remove(duty)
                self._duties.append(duty)
                raise
        return False

    def _may_post(self, now: float) -> bool:
        return self._audit_until is None or now >= self._audit_until

    async def _idle(self, desk: Desk, stop: asyncio.Event) -> None:
        """Until something was committed that the next step will look at, or the time of a tick has passed."""
        now = desk.clock().seconds
        stopping = asyncio.ensure_future(stop.wait())
        waits: set[asyncio.Future[bool] | asyncio.Future[Literal[True]]] = {stopping}
        if now >= self._rest_until and self._alive:
            waits.add(desk.runner.commit())
            if self._may_post(now):
                waits.add(desk.postman.commit())
        try:
            await asyncio.wait(waits, timeout=self._pace.tick, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()

    async def _read_guests(self, desk: Desk) -> None:
        moment = desk.clock()
        self._guests_at = moment.seconds + self._pace.guests
        try:
            present = await self._system.in_house()
        except Misread:
            if not self._alive:
                raise
            log.info("guests.unsettled")  # somebody came or went between two pages; the next reading will tell
            return
        if await desk.roster.resync_due(moment.wall):
            self._roll.forget()
        news = self._roll.news(present)
        desk.trace("in", f"{len(present)} in house, {len(news)} news")
        if news:
            await desk.told(news)
        if not self._alive:
            self._alive, self._barred, self._pause = True, False, self._pace.first_pause
            log.info("link.up")

    async def _shut_out(self, desk: Desk, fault: Barred) -> None:
        """Waiting mends nothing, so it is told at once; and to staff, too, when a guest's charge waits for it."""
        desk.trace("in", f"nothing: {fault.reason}")
        if not self._barred:
            log.error("link.barred", reason=fault.reason)
        self._alive, self._barred = False, True
        self._rest_until = desk.clock().seconds + (fault.pause or 0.0)
        await desk.postman.tell_waiting_since(BARRED_LONG)

    def _fell_silent(self, desk: Desk, reason: str, pause: float | None) -> None:
        """``pause``: the hotel system is well, and wants to be left alone."""
        now = desk.clock().seconds
        desk.trace("in", f"nothing: {reason}")
        if pause is not None:
            log.info("link.resting", reason=reason, seconds=pause)
            self._rest_until = now + pause
            return
        if self._alive:
            log.warning("link.down", reason=reason)
        self._alive = self._barred = False
        self._rest_until = now + self._pause
        self._pause = min(self._pause * 2, self._pace.longest_pause)

    async def _post_next(self, desk: Desk, now: float) -> bool:
        assignment = await desk.postman.take() if self._may_post(now) and desk.postman.has_work() else None
        if assignment is None:
            return False
        if await _has_left(desk, assignment.posting):
            await desk.postman.answered(Answer(assignment.number, "NG"))
            return True
        desk.trace("out", f"charge {assignment.number}")
        try:
            answer = await self._system.post(assignment.number, assignment.posting)
        except NothingDone as fault:
            await (desk.postman.unsent() if fault.pause is None else desk.postman.postponed(fault.pause))
            raise
        except Misread:
            await desk.postman.unsent()
            raise
        except Lost as fault:
            await desk.postman.unanswered(NoAnswer(assignment.number, fault.reason))
            raise
        desk.trace("in", f"charge {answer.sequence}: {answer.status} {answer.note}")
        await desk.postman.answered(answer)
        self._heed_audit(desk, auditing=consequence(answer.status) is Consequence.AFTER_AUDIT)
        return True

    def _heed_audit(self, desk: Desk, *, auditing: bool) -> None:
        """Nobody announces a night audit here: each answer says whether it is on."""
        if auditing != (self._audit_until is not None):
            log.info("audit.began" if auditing else "audit.ended")
        self._audit_until = desk.clock().seconds + self._pace.audit if auditing else None

    async def _run_next(self, desk: Desk, now: float) -> bool:
        del now  # errands are always due
        errand = await desk.runner.take() if desk.runner.has_work() else None
        if errand is None:
            return False
        desk.trace("out", repr(errand))
        try:
            news = await self._system.run(errand, self._roll)
        except Declined as fault:
            await desk.runner.refused(fault.key)
        except (NothingDone, Lost) as fault:
            await desk.runner.put_off(fault.reason)
            raise
        except Misread:
            await desk.runner.put_off("misread")
            raise
        else:
            await desk.told(news)
            await desk.runner.done()
        return True

    async def _settle_doubts(self, desk: Desk, now: float) -> bool:
        """Look into each doubt that has settled. True when there was one."""
        if now < self._doubts_at:
            return False
        self._doubts_at = now + self._pace.settle / 4
        doubts = await desk.postman.doubts(self._pace.settle)
        for doubt in doubts:
            number = doubt.delivery.number
            assert number is not None, "what is in doubt was attempted"
            posting = Posting.decode(doubt.delivery.payload)
            await desk.postman.asked(doubt.delivery, self._pace.settle / LOOKS)
            if self._absent_again(number, absent=await self._settled(desk, number, posting)):
                await desk.postman.settled_absent(number)
        return bool(doubts)

    def _absent_again(self, number: int, *, absent: bool) -> bool:
        """Whether the folio was read without the charge LOOKS times in a row."""
        times = self._absent.pop(number, 0) + 1
        if not absent or times >= LOOKS:
            return absent
        self._absent[number] = times
        if len(self._absent) > MOST_LOOKED_FOR:
            del self._absent[next(iter(self._absent))]
        return False

    async def _settled(self, desk: Desk, number: int, posting: Posting) -> bool:
        """Tell what the folio says; True when it says that the charge is not there.

        That is not believed of a guest who has left: at check-out charges are moved.
        """
        look = await self._system.look(number, posting)
        desk.trace("in", f"folio, charge {number}: {type(look).__name__}")
        match look:
            case Found(by, note):
                await desk.postman.late(LateAnswer(by, "OK", note))
            case Absent():
                return posting.reservation in self._roll
            case Unclear():
                log.info("posting.folio-unclear", number=number)
        return False


async def _has_left(desk: Desk, posting: Posting) -> bool:
    """Whether the guest is known to have left: what was settled at check-out is not opened again unasked, though a
    hotel system may allow that. Where nobody knows, the hotel system decides.
    """
    return await desk.roster.room_of(posting.room, posting.reservation, posting.name) == ""
