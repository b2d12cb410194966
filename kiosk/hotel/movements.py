"""Whether anything was sent by this kiosk since a charge was lost: then a balance says nothing of that one.

Not only to the same guest. Who pays what is the hotel's affair: a charge to one guest may be routed to another's folio,
a guest may have changed the room, and a posting without a reservation may be anybody's.
"""

from __future__ import annotations

from kiosk.outbox import Delivery

MOST_DOUBTS = 10_000
"""Of which the circumstances are remembered; all are forgotten when there are more, which counts as disturbed."""

_BEFORE = -1


class Movements:
    """Kept in memory: of what was lost before the last start but one nothing is known, which counts as disturbed.

    Times are seconds of a clock that never jumps.
    """

    def __init__(self) -> None:
        self._begun = 0
        """Attempts that went out in this process's life."""
        self._lost: dict[str, tuple[int, float]] = {}
        """By key of the charge: how many had gone out when it was lost, and when that was."""

    def begun(self, delivery: Delivery) -> None:
        """An attempt goes out."""
        self._begun += 1
        self._lost.pop(delivery.key, None)

    def lost(self, delivery: Delivery, now: float) -> None:
        """The attempt that was begun last may or may not have arrived."""
        self._note(delivery, self._begun, now)

    def undisturbed(self, delivery: Delivery) -> bool:
        """Whether nothing went out since this charge was lost."""
        begun, _ = self._lost.get(delivery.key, (_BEFORE, 0.0))
        return begun == self._begun

    def age(self, delivery: Delivery, now: float) -> float:
        """Seconds since this charge was lost; of one lost before this process, since it was asked for first."""
        if delivery.key not in self._lost:
            self._note(delivery, _BEFORE, now)
        return now - self._lost[delivery.key][1]

    def _note(self, delivery: Delivery, begun: int, now: float) -> None:
        if len(self._lost) >= MOST_DOUBTS:
            self._lost.clear()
        self._lost[delivery.key] = (begun, now)
