"""Charges, a hotel that loses and delays answers, people who are wrong: whatever happens in whatever order.

When every answer has come at last, each charge is on the folio once and delivered, or it is neither; or somebody was
told. The wire is left out: how answers get lost is the link's model's business.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import settings
from hypothesis import strategies as some
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from kiosk.books.checks import check
from kiosk.books.desk import REGISTER, DeskRequest
from kiosk.books.doubts import NotInDoubt, Outcome, resolve
from kiosk.books.hotel_journal import HotelRow, everything
from kiosk.books.postings import Posting, room_postings
from kiosk.books.reconcile import reconcile_journal
from kiosk.outbox import DeliveryState, Outbox
from tests.books_kit import PAYER, open_books, signed

S = DeliveryState
NOT_THERE = (S.REFUSED, S.WITHDRAWN)


@dataclass
class Attempt:
    """What the hotel did with it, which the kiosk does not know before it is answered."""

    number: int
    voucher: int
    arrived: bool


class Model(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.books = open_books(Path(self.folder.name))
        self.postings = room_postings(self.books.db)
        self.folio: list[HotelRow] = []
        self.owing: list[Attempt] = []
        self.under_way: Attempt | None = None
        self.charges = 0

    @precondition(lambda self: self.charges < 2)
    @rule()
    def sell(self) -> None:
        self.charges += 1
        self.books.finish(signed(self.books, f"v{self.charges}", copies=1))

    @precondition(lambda self: self.under_way is None)
    @rule(arrives=some.booleans())
    def send(self, arrives: bool) -> None:
        delivery = self.postings.next_due()
        if delivery is None:
            return
        posting, number = Posting.decode(delivery.payload), self.postings.begin(delivery)
        assert posting.room == PAYER.room
        self.under_way = Attempt(number, posting.voucher, arrives)
        if arrives:
            self.folio.append(HotelRow(posting.voucher, number, posting.minor))

    @precondition(lambda self: self.under_way is not None)
    @rule(no=some.sampled_from(["refused", "again", "put_off"]))
    def answer(self, no: str) -> None:
        attempt, self.under_way = self.under_way, None
        (delivery,) = self.postings.in_state(S.SENDING)
        if attempt.arrived:
            self.postings.delivered(delivery, "OK")
        elif no == "put_off":
            self.postings.put_off(delivery, "RY", 0, tries=2)
        else:
            getattr(self.postings, no)(delivery, no)

    @precondition(lambda self: self.under_way is not None)
    @rule(crash=some.booleans())
    def lose(self, crash: bool) -> None:
        self.owing.append(self.under_way)
        self.under_way = None
        if crash:
            self.postings.recover()
        else:
            (delivery,) = self.postings.in_state(S.SENDING)
            self.postings.unknown(delivery, "timeout")

    @precondition(lambda self: self.owing)
    @rule(which=some.integers(0, 9), no=some.sampled_from(["late_refused", "late_again"]))
    def late(self, which: int, no: str) -> None:
        attempt = self.owing.pop(which % len(self.owing))
        call = self.postings.late_delivered if attempt.arrived else getattr(self.postings, no)
        assert call(attempt.number, "late") is not None
        assert call(attempt.number, "late") is None

    @rule(which=some.integers(0, 9), outcome=some.sampled_from([*[Outcome.NOT_POSTED] * 3, *Outcome]))
    def person(self, which: int, outcome: Outcome) -> None:
        """Right or wrong; but nobody says that something was put on the folio by hand."""
        open_ = self.postings.in_state(S.UNKNOWN) + self.postings.in_state(S.REFUSED)
        if not open_:
            return
        delivery = open_[which % len(open_)]
        if delivery.state is S.UNKNOWN or outcome is not Outcome.POSTED:
            with suppress(NotInDoubt):
                resolve(self.postings, delivery.key, outcome, "AB")

    @precondition(lambda self: self.under_way is None)
    @rule()
    def journal(self) -> None:
        reconcile_journal(self.postings, self.folio, everything)
        assert not self.postings.in_state(S.UNKNOWN)

    @invariant()
    def the_books_agree(self) -> None:
        assert check(self.books.db).agree

    @invariant()
    def a_doubt_has_somebody_who_knows_of_it(self) -> None:
        told = self._told()
        for state, what in ((S.UNKNOWN, "posting-unknown"), (S.REFUSED, "posting-refused")):
            for delivery in self.postings.in_state(state):
                assert told[Posting.decode(delivery.payload).voucher, what]

    def teardown(self) -> None:
        try:
            self._in_the_end()
        finally:
            self.postings.close()
            self.books.db.close()
            self.folder.cleanup()

    def _in_the_end(self) -> None:
        if self.under_way:
            self.answer("refused")
        while self.owing:
            self.late(0, "late_refused")
        assert not self.postings.in_state(S.UNKNOWN)
        there, told = Counter(row.check for row in self.folio), self._told()
        for voucher in range(1, self.charges + 1):
            state = self._states()[voucher]
            surprises = {what for (number, what), _ in told.items() if number == voucher}
            if there[voucher] > 1:
                assert surprises & {"posting-twice", "posting-perhaps-twice"}
            elif there[voucher] == 1:
                assert state is S.DELIVERED or (state is S.WITHDRAWN and "posting-after-all" in surprises)
            else:
                assert state in (S.QUEUED, *NOT_THERE) or "posting-absent" in surprises
            if "posting-twice" in surprises:
                assert there[voucher] > 1

    def _states(self) -> dict[int, DeliveryState]:
        return {
            Posting.decode(delivery.payload).voucher: state for state in S for delivery in self.postings.in_state(state)
        }

    def _told(self) -> Counter[tuple[int, str]]:
        outbox = Outbox(self.books.db, REGISTER)
        requests = [
            msgspec.json.decode(delivery.payload, type=DeskRequest)
            for delivery in outbox.in_state(S.QUEUED)
            if delivery.kind == "request"
        ]
        return Counter((int(each.values["voucher"]), each.kind) for each in requests)


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)
