"""What must be true of every charge at every moment, by what the hotel did and the link was told.

The folio has it once, or it is not settled to the room; and whom it concerns has been asked. Where a person's word was
wrong the folio may have it twice, or never: then somebody is told as soon as the answers that show it have come.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import msgspec

from kiosk.books.desk import REGISTER, REQUEST, DeskRequest, Withdrawal
from kiosk.books.doubts import Outcome
from kiosk.outbox import Delivery, DeliveryState, deliveries
from kiosk.store.statement import Transaction
from tests.fault.hotel_model import Heard

S = DeliveryState
ASKED_WHILE = {S.UNKNOWN: "unknown", S.REFUSED: "refused"}
SEEN_TO = (S.DELIVERED, S.SENDING, S.WITHDRAWN)
"""Where a charge may be that the hotel system has said it has."""


@dataclass(frozen=True)
class Case:
    """One charge: ``there`` times on the folio, ``words`` said of it before its answer came; ``asked`` is what staff
    were asked and ``open`` what they still are.
    """

    delivery: Delivery
    there: int
    heard: Heard
    words: frozenset[Outcome]
    asked: Counter[str]
    open: Counter[str]

    def __str__(self) -> str:
        said = ", ".join(sorted(word.value for word in self.words)) or "nothing"
        return (
            f"{self.delivery.key} is {self.delivery.state.value} and {self.there} times on the folio; somebody said "
            f"{said}, the hotel system yes to {self.heard.yes}, no to {self.heard.no}; staff: {dict(self.asked)}"
        )

    def judge(self) -> None:
        """Raises AssertionError."""
        self._who_is_needed_is_asked()
        self._what_the_hotel_system_said_counts()
        self._staff_are_told_nothing_wrong()
        if not self.words:
            self._it_is_there_once_or_not_at_all()

    def _who_is_needed_is_asked(self) -> None:
        for state, what in ASKED_WHILE.items():
            assert self.open[what] == (self.delivery.state is state), f"{what}: {self}"

    def _what_the_hotel_system_said_counts(self) -> None:
        state, yes = self.delivery.state, self.heard.yes
        assert not yes or state in SEEN_TO, str(self)
        assert not yes or state is not S.WITHDRAWN or self.asked["after-all"], str(self)
        # While another attempt is under way, what was said of the others is only kept.
        assert len(yes) < 2 or state is S.SENDING or self.asked["twice"], str(self)
        if state is S.DELIVERED and not self.there:
            assert Outcome.POSTED in self.words, str(self)
            assert len(self.heard.no) < self.delivery.attempts or self.asked["absent"], str(self)

    def _staff_are_told_nothing_wrong(self) -> None:
        assert not self.asked["twice"] or self.there > 1, str(self)
        assert not self.asked["absent"] or (not self.there and Outcome.POSTED in self.words), str(self)
        assert self.there or not (self.asked["after-all"] or self.asked["perhaps-twice"]), str(self)

    def _it_is_there_once_or_not_at_all(self) -> None:
        assert self.there <= 1, str(self)
        if self.delivery.state in (S.QUEUED, S.REFUSED, S.WITHDRAWN):
            assert not self.there, str(self)


@dataclass
class Asked:
    """What staff were asked of each charge, and still are."""

    ever: dict[str, Counter[str]]
    open: dict[str, Counter[str]]

    @classmethod
    def read(cls, tx: Transaction) -> Asked:
        told = deliveries(tx, REGISTER, list(S))
        over = {msgspec.json.decode(each.payload, type=Withdrawal).source for each in told if each.kind != REQUEST}
        asked = cls({}, {})
        for each in told:
            if each.kind == REQUEST:
                request = msgspec.json.decode(each.payload, type=DeskRequest)
                charge, what = str(request.values["charge"]), request.kind.partition("-")[2]
                asked.ever.setdefault(charge, Counter())[what] += 1
                asked.open.setdefault(charge, Counter())[what] += each.key not in over
        return asked
