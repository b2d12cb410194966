"""One guest at the kiosk, from first touch to farewell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast
from uuid import uuid4

from hardware.protocols import Card
from kiosk.tasks import stopped

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Question(Generic[Answer]):
    """What one screen puts to the guest. Subclasses are frozen values; each has exactly one screen.

    ``stage`` names the question's place on the journey's trail, None where no trail is shown.
    """

    stage: ClassVar[str | None] = None


@dataclass(frozen=True)
class Progress:
    """Work under way, worded by message ``key``: ``done`` of ``total`` steps, ``part`` of the step in hand (0 to 1).

    ``total`` 0 means that the number of steps is not known. ``seconds_left`` is None until it can be told.
    """

    key: str
    done: int = 0
    total: int = 0
    part: float = 0.0
    seconds_left: int | None = None
    stage: str | None = None


@dataclass(frozen=True)
class Notice:
    """Something told beside the question, worded by the message ``key``; it needs no answer."""

    key: str
    values: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True)
class IdleWarning:
    """Nobody has touched the glass: the visit ends in ``seconds`` unless somebody does. None takes the warning back."""

    seconds: int | None


@dataclass(frozen=True)
class Situation:
    """What a screen may know of the visit around its question.

    ``trail`` are the stages of the journey in order (empty: no trail); ``can_go_back`` offers the back button;
    ``at_stake`` makes *end* ask once before it ends the visit.
    """

    language: str
    trail: tuple[str, ...] = ()
    can_go_back: bool = False
    at_stake: bool = False


class Signal(Enum):
    """What the guest does beside answering: a touch anywhere, the foot bar, the staff call."""

    TOUCHED = "touched"
    CALL_PERSON = "call-person"
    WITHDRAW_CALL = "withdraw-call"
    END = "end"


@dataclass(frozen=True)
class LanguageChosen:
    language: str


@dataclass(frozen=True)
class StaffCalled:
    """Request ``number`` was written and the lamp is lit; ``minutes`` is the promise. None: the call was withdrawn."""

    number: int | None
    minutes: int = 0


Hear = Callable[[Signal | LanguageChosen], None]
"""How the glass tells the engine; called on the engine's loop."""


class Back:
    """Given instead of an answer when the guest presses *back*."""


BACK = Back()


class Guest(Protocol):
    """Whoever answers: fingers on glass, a script in a test, a remote hand."""

    async def ask(self, question: Question[Answer], situation: Situation) -> Answer | Back:
        """Put the question and wait. Cancelling the wait takes the question off the screen."""
        ...

    def show(self, progress: Progress, situation: Situation) -> None:
        """Show work under way until the next question or progress."""
        ...

    def tell(self, notice: Notice | IdleWarning | StaffCalled) -> None:
        """Say something beside whatever is on the screen."""
        ...


class GuestLeft(Exception):
    """The guest walked away or pressed *end*; raised once, at whatever the journey was waiting for."""


class WentBack(Exception):
    """The guest pressed *back* at a question that allows it."""


@dataclass(frozen=True)
class Patience:
    """Idle times in seconds: silence before the warning, and the countdown of the warning."""

    quiet: float = 60.0
    warning: int = 20


TRIES = 3


@dataclass
class Visit:
    """What a journey may use: the guest's ear, the guest's purse, and nothing that survives the visit.

    The whole object is dropped when the visit ends; there is no field to wipe by hand. ``signed``: in the service under
    way the guest has signed, so money may be owed. ``tries_left`` of saying who
    pays are a visit's, not a question's; ``told`` are the numbers of its requests to staff, by what they say.
    """

    guest: Guest
    language: str
    patience: Patience = field(default_factory=Patience)
    card: Card | None = None
    id: str = field(default_factory=lambda: uuid4().hex[:12])
    trail: tuple[str, ...] = ()
    at_stake: bool = False
    signed: bool = False
    tries_left: int = TRIES
    told: dict[str, int] = field(default_factory=dict)
    _touched: asyncio.Event = field(default_factory=asyncio.Event)

    def touched(self) -> None:
        """Somebody is there: start the idle time anew."""
        self._touched.set()

    def situation(self, *, back: bool = False) -> Situation:
        return Situation(self.language, self.trail, back, self.at_stake)

    async def ask(self, question: Question[Answer]) -> Answer:
        """Put a question that has no way back. Raises GuestLeft after the idle time."""
        return cast(Answer, await self._put(question, self.situation()))

    async def ask_or_back(self, question: Question[Answer]) -> Answer:
        """Put a question; raises WentBack when the guest presses *back*, GuestLeft after the idle time."""
        answer = await self._put(question, self.situation(back=True))
        if isinstance(answer, Back):
            raise WentBack
        return answer

    def show(self, progress: Progress) -> None:
        self.guest.show(progress, self.situation())

    def tell(self, notice: Notice) -> None:
        self.guest.tell(notice)

    async def ask_until(self, question: Question[Answer], until: asyncio.Future[Any]) -> Answer | None:
        """Put a question that may answer itself: None, and the question is gone, when ``until`` is done first.

        The idle time does not run: whoever waits for a printer may go and fetch a coffee.
        """
        asking = self.guest.ask(question, self.situation())
        answering = asyncio.ensure_future(asking)
        try:
            await asyncio.wait({answering, until}, return_when=asyncio.FIRST_COMPLETED)
            return cast(Answer, answering.result()) if answering.done() else None
        finally:
            await stopped(answering)

    async def _put(self, question: Question[Answer], situation: Situation) -> Answer | Back:
        asking = self.guest.ask(question, situation)
        answering = asyncio.ensure_future(asking)
        idle = asyncio.ensure_future(self._until_idle())
        try:
            await asyncio.wait({answering, idle}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                return answering.result()
            raise GuestLeft
        finally:
            await stopped(answering, idle)

    async def _until_idle(self) -> None:
        while True:
            if await self._hears_within(self.patience.quiet):
                continue
            if not await self._warned():
                return

    async def _warned(self) -> bool:
        """Count the warning down; True when the guest touched the glass in time."""
        for seconds in range(self.patience.warning, 0, -1):
            self.guest.tell(IdleWarning(seconds))
            if await self._hears_within(1.0):
                self.guest.tell(IdleWarning(None))
                return True
        self.guest.tell(IdleWarning(None))
        return False

    async def _hears_within(self, seconds: float) -> bool:
        self._touched.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._touched.wait()
        return self._touched.is_set()
