"""What was not understood, in the log: told at once, and summed up while it goes on. No peer can fill the disk."""

from __future__ import annotations

import structlog

log = structlog.get_logger()

PAUSE = 1.0


class NoiseLog:
    """At most one line in ``PAUSE`` seconds for each event and ``what``. Times of the clock that never jumps."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], float] = {}
        self._held: dict[tuple[str, str], int] = {}

    def heard(self, event: str, what: str, seconds: float, count: int = 1) -> None:
        """``count`` more of it."""
        self._held[event, what] = self._held.get((event, what), 0) + count
        self.tick(seconds)

    def tick(self, seconds: float) -> None:
        """Say what was held back long enough."""
        for kind in [kind for kind in self._held if seconds - self._said.get(kind, float("-inf")) >= PAUSE]:
            self._said[kind] = seconds
            event, what = kind
            log.warning(event, what=what, count=self._held.pop(kind))
