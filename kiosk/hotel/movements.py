"""Which guest's balance was moved by this kiosk since a charge was lost: then the balance says nothing of that one."""

from __future__ import annotations

from collections import OrderedDict

from kiosk.books.postings import Posting
from kiosk.outbox import Delivery

MOST_GUESTS = 20_000
"""Whose last movement is remembered."""

Guest = tuple[str, str]


class Movements:
    """Kept in memory: of what was lost before the last start but one nothing is known, which counts as disturbed."""

    def __init__(self) -> None:
        self._ordinal = 0
        self._last: OrderedDict[Guest, int] = OrderedDict()
        """By room and reservation, when this process last sent something for the guest."""
        self._lost: dict[str, int] = {}
        """By key of the charge, when it was lost."""

    def begun(self, delivery: Delivery) -> None:
        """An attempt goes out."""
        self._ordinal += 1
        guest = whose(delivery)
        self._last[guest] = self._ordinal
        self._last.move_to_end(guest)
        self._lost.pop(delivery.key, None)
        if len(self._last) > MOST_GUESTS:
            self._last.popitem(last=False)
            self._lost.clear()

    def lost(self, delivery: Delivery) -> None:
        """The attempt that was begun last may or may not have arrived."""
        self._lost[delivery.key] = self._ordinal

    def undisturbed(self, delivery: Delivery) -> bool:
        """Whether nothing went out for the guest of this lost charge since."""
        lost_at = self._lost.get(delivery.key)
        return lost_at is not None and self._last.get(whose(delivery), 0) <= lost_at


def whose(delivery: Delivery) -> Guest:
    posting = Posting.decode(delivery.payload)
    return posting.room, posting.reservation
