"""Asking the hotel system what became of a charge without an answer: what the guest owes now, or what the bill shows.

Never is anything sent again here on its own: what was found out is judged by the books.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from kiosk.books.doubts import Said, Verdict, by_balance, by_bill
from kiosk.books.money import exponent_of
from kiosk.books.postings import Posting
from kiosk.hotel.fias.codec import Malformed, Record
from kiosk.hotel.fias.events import Bill, Effect, Found
from kiosk.hotel.fias.inquiry import BillRequest, Inquiry, chosen
from kiosk.hotel.fias.records import minor_amount
from kiosk.hotel.fias.talk import Reply, Talk
from kiosk.outbox import Doubt

SETTLED = 60.0
"""Seconds after which a lost charge has been booked, or never will be."""
LOOK_EVERY = 5.0
"""Seconds between two looks for doubts."""
PAUSES = (60.0, 300.0, 900.0)
"""Seconds after each time a doubt was asked about. After the last it is left to the person who was told."""

_NOT_TEXT = frozenset({"RN", "G#", "BI", "F#", "FD", "DC", "DA", "TI"})
"""Fields of XI whose digits are no voucher's number."""


class _Asking(ABC):
    """One doubt after the other, each a few times."""

    def __init__(self) -> None:
        self._look_at = float("-inf")
        self._doubt: Doubt | None = None

    async def start(self, talk: Talk) -> None:
        now = talk.desk.clock()
        if now.seconds < self._look_at:
            return
        doubts = await talk.desk.postman.doubts(SETTLED)
        doubt = next((doubt for doubt in doubts if doubt.asked < len(PAUSES) and self._can_tell(talk, doubt)), None)
        if doubt is None:
            self._look_at = now.seconds + LOOK_EVERY
            return
        await talk.desk.postman.asked(doubt.delivery, PAUSES[doubt.asked])
        self._doubt = doubt
        try:
            question = await self._question(talk, Posting.decode(doubt.delivery.payload))
        except Malformed:
            return  # never was on the wire: a posting that cannot be written is refused, not lost
        await talk.ask(self, question)

    async def heard(self, talk: Talk, reply: Reply) -> None:
        doubt = self._doubt
        assert doubt is not None
        await talk.desk.postman.settle(doubt.delivery, await self._verdict(talk, doubt, reply))

    @abstractmethod
    def _can_tell(self, talk: Talk, doubt: Doubt) -> bool:
        """Whether the reply could decide anything."""

    @abstractmethod
    async def _question(self, talk: Talk, posting: Posting) -> tuple[Effect, ...]:
        """Raises Malformed."""

    @abstractmethod
    async def _verdict(self, talk: Talk, doubt: Doubt, reply: Reply) -> Verdict: ...


class ByBalance(_Asking):
    """What the guest owed before the charge was noted with it; nothing else of ours may have moved it since.

    It can only show that the charge is there. An unchanged balance is no proof that it is not: it may be on the folio
    of another who pays for this guest, or have been paid. That is left to the person who was told.
    """

    def _can_tell(self, talk: Talk, doubt: Doubt) -> bool:
        return doubt.balance is not None and talk.desk.postman.undisturbed(doubt)

    async def _question(self, talk: Talk, posting: Posting) -> tuple[Effect, ...]:
        number = await talk.desk.postman.number()
        return talk.session.inquire(Inquiry(number, posting.room), talk.desk.clock()) if number else ()

    async def _verdict(self, talk: Talk, doubt: Doubt, reply: Reply) -> Verdict:
        posting = Posting.decode(doubt.delivery.payload)
        if not isinstance(reply, Found) or not self._can_tell(talk, doubt):
            return Verdict(Said.UNCLEAR, "no balance")
        guest = chosen(reply.guests, posting.room, posting.reservation)
        after = minor_amount(guest.balance, exponent_of(posting.currency)) if guest else None
        return by_balance(doubt.balance, after, posting.minor)


class ByBill(_Asking):
    """A line of the guest's bill that carries the voucher's number is proof; that there is none proves nothing."""

    def _can_tell(self, talk: Talk, doubt: Doubt) -> bool:
        del talk
        posting = Posting.decode(doubt.delivery.payload)
        return bool(posting.reservation and posting.voucher)

    async def _question(self, talk: Talk, posting: Posting) -> tuple[Effect, ...]:
        return talk.session.ask_bill(BillRequest(posting.room, posting.reservation), talk.desk.clock())

    async def _verdict(self, talk: Talk, doubt: Doubt, reply: Reply) -> Verdict:
        if not isinstance(reply, Bill):
            return Verdict(Said.UNCLEAR, "no bill")
        posting = Posting.decode(doubt.delivery.payload)
        shown = (_shown(line, exponent_of(posting.currency)) for line in reply.lines)
        alike = await talk.desk.postman.delivered_alike(doubt.delivery)
        return by_bill([line for line in shown if line is not None], posting.voucher, posting.minor, alike)


def _shown(line: Record, decimals: int) -> tuple[str, int] | None:
    """Text and minor units of an XI; None without an amount."""
    minor = minor_amount(line.get("BI") or "", decimals)
    if minor is None:
        return None
    return " ".join(value for name, value in line.fields if name not in _NOT_TEXT), minor
