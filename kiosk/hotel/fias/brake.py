"""When charges are held back though the link is alive: the night audit, and a hotel system that answers no posting."""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.hotel.clock import Moment
from kiosk.hotel.fias.events import AuditBegan, AuditEnded, Effect, PostingsRest
from kiosk.hotel.fias.timings import Timings


class Brake:
    """The session's part that knows when posting would only make doubts. Outlives connections, as an audit does.

    A charge without an answer is unknown, and a person's work: where each would become one, the next is a trial, and
    the others wait for how it ends.
    """

    def __init__(self, timings: Timings) -> None:
        self._timings = timings
        self._now = float("-inf")
        self._audit_since: float | None = None
        self._audit_patience = timings.audit_probe
        self._on_trial = False
        """Nobody said that the audit is over: the next posting is to find it out."""
        self._unanswered = 0
        """Postings in a row."""
        self._rests_until: float | None = None

    @property
    def in_audit(self) -> bool:
        return self._audit_since is not None

    @property
    def holds(self) -> bool:
        """Nothing is to be posted now."""
        return self.in_audit or self._rests_until is not None

    def tick(self, now: Moment) -> Iterator[Effect]:
        self._now = now.seconds
        if self._rests_until is not None and now.seconds >= self._rests_until:
            self._rests_until = None
        if self._audit_since is not None and now.seconds - self._audit_since >= self._audit_patience:
            self._on_trial = True
            yield from self._over()

    def audit_began(self, now: Moment) -> Iterator[Effect]:
        """NS, or a posting was answered NA."""
        began = not self.in_audit
        self._audit_since, self._on_trial = now.seconds, False
        if began:
            yield AuditBegan()

    def audit_ended(self) -> Iterator[Effect]:
        """NE."""
        self._audit_patience, self._on_trial = self._timings.audit_probe, False
        yield from self._over()

    def answered(self) -> None:
        """A posting was, now or late, whatever the answer: the hotel system works."""
        self._on_trial, self._unanswered, self._rests_until = False, 0, None

    def unanswered(self) -> Iterator[Effect]:
        """A posting was not."""
        if self._on_trial:
            self._on_trial = False
            self._audit_patience = min(2 * self._audit_patience, self._timings.longest_audit_probe)
            self._audit_since = self._now
            yield AuditBegan()
        self._unanswered += 1
        if (over := self._unanswered - self._timings.most_unanswered) >= 0:
            pause = min(self._timings.rest * 2 ** min(over, 16), self._timings.longest_rest)
            self._rests_until = self._now + pause
            yield PostingsRest(pause)

    def _over(self) -> Iterator[Effect]:
        if self.in_audit:
            self._audit_since = None
            yield AuditEnded()
