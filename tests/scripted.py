"""A guest made of answers: the same journeys as with fingers, in milliseconds and without a window."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from kiosk.visit import IdleWarning, Notice, Progress, Question, Situation, StaffCalled

SILENCE = object()
"""Instead of an answer: the guest does nothing more."""

Reply = object | Callable[[Any], object]


@dataclass
class ScriptedGuest:
    """Answers each question by its type from ``script``: one reply for good, or a list used up in order.

    A callable reply is given the question. What was asked, shown and told is kept in ``seen``, in order. A question
    that the script does not foresee fails the visit.
    """

    script: dict[type[Question[Any]], Reply | list[Reply]]
    seen: list[object] = field(default_factory=list)
    situations: list[Situation] = field(default_factory=list)

    async def ask(self, question: Question[Any], situation: Situation) -> Any:
        self.seen.append(question)
        self.situations.append(situation)
        reply = self.script[type(question)]
        if isinstance(reply, list):
            reply = reply.pop(0)
        answer = reply(question) if callable(reply) else reply
        if asyncio.iscoroutine(answer):
            answer = await answer
        if answer is SILENCE:
            await asyncio.Event().wait()
        return answer

    def show(self, progress: Progress, situation: Situation) -> None:
        self.seen.append(progress)

    def tell(self, notice: Notice | IdleWarning | StaffCalled) -> None:
        self.seen.append(notice)

    def asked(self, kind: type[Question[Any]]) -> list[Any]:
        return [seen for seen in self.seen if type(seen) is kind]

    def kinds(self) -> list[str]:
        """The names of the questions in the order they were asked."""
        return [type(seen).__name__ for seen in self.seen if isinstance(seen, Question)]


def progress_of(seen: Iterable[object], key: str) -> list[tuple[int, int]]:
    """The (done, total) pairs that were shown for the message ``key``."""
    return [(p.done, p.total) for p in seen if isinstance(p, Progress) and p.key == key]
