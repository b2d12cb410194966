"""How a charge gets onto a folio: posted to a room (PS), or to one guest after asking who stays there (PR, PL, PR)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from kiosk.books.money import exponent_of
from kiosk.books.postings import Posting
from kiosk.hotel.answers import Consequence, consequence, plain
from kiosk.hotel.fias.codec import Malformed
from kiosk.hotel.fias.events import Found, InquiryLost, InquiryRefused
from kiosk.hotel.fias.inquiry import Candidate, Inquiry, chosen
from kiosk.hotel.fias.records import TEXT_LENGTH, Charge, GuestPosting, RoomPosting, minor_amount
from kiosk.hotel.fias.talk import Reply, Talk
from kiosk.hotel.news import Answer
from kiosk.hotel.postman import Assignment

NOT_FOUND = "NG"
TAX = "T1"
"""The field of the tax, where the hotel has enabled it: sales are then told without it, and both make the total."""


@dataclass(frozen=True)
class RoomCharges:
    """``numbered``: the text on the folio ends with the voucher's number, so that it can be found on the bill."""

    numbered: bool = False
    ahead: ClassVar[bool] = True

    async def start(self, talk: Talk) -> None:
        """Post the next charge, if there is one."""
        assignment = await talk.desk.postman.take()
        if assignment is None:
            return
        room = await _room(talk, assignment.posting)
        if not room:
            await talk.desk.postman.answered(Answer(assignment.number, NOT_FOUND))
        else:
            charge = _charge(assignment, numbered=self.numbered)
            await _post(talk, RoomPosting(room, charge, assignment.posting.reservation))


@dataclass(frozen=True)
class GuestCharges:
    """``numbered`` as in RoomCharges."""

    numbered: bool = False
    ahead: ClassVar[bool] = False

    async def start(self, talk: Talk) -> None:
        """Ask who stays in the room of the next charge, if there is one."""
        postman = talk.desk.postman
        posting = await postman.next()
        number = await postman.number() if posting else None
        if posting is None or number is None:
            return
        room = await _room(talk, posting)
        if not room:
            await _refused(talk, NOT_FOUND)
            return
        try:
            question = talk.session.inquire(Inquiry(number, room), talk.desk.clock())
        except Malformed as fault:
            if await postman.begin() is not None:
                await postman.unsendable(str(fault))
        else:
            await talk.ask(_Inquired(posting, room, self.numbered), question)


@dataclass(frozen=True)
class _Inquired:
    """Who stays in ``room`` was asked. The reply is of no use later: a PR must follow it (p.84)."""

    posting: Posting
    room: str = field(repr=False)
    numbered: bool

    async def heard(self, talk: Talk, reply: Reply) -> None:
        """Nothing is posted yet, whatever the reply is."""
        match reply:
            case Found(guests) if talk.session.may_post:
                await self._choose(talk, guests)
            case InquiryRefused(status):
                await _refused(talk, status)
            case InquiryLost(reason) if talk.session.alive:
                await talk.desk.postman.postpone(reason)
            case _:
                pass  # the line went down or a night audit began meanwhile: the charge still is the next one

    async def _choose(self, talk: Talk, guests: tuple[Candidate, ...]) -> None:
        posting = self.posting
        guest = chosen(guests, self.room, posting.reservation, posting.name)
        if guest is None:
            await _refused(talk, NOT_FOUND)
            return
        balance = minor_amount(guest.balance, exponent_of(posting.currency))
        assignment = await talk.desk.postman.begin(balance)
        if assignment is not None:
            charge = _charge(assignment, numbered=self.numbered)
            await _post(talk, GuestPosting(guest.room or self.room, guest.reservation, guest.name, charge))


async def _room(talk: Talk, posting: Posting) -> str:
    """Where the guest is now, who may have moved since; "" when the guest has left: then the room is another's.

    Where nobody knows it is the room in which the guest was. Of a technician's trial nobody signed anything.
    """
    if not (posting.reservation or posting.name):
        return posting.room
    room = await talk.desk.roster.room_of(posting.room, posting.reservation, posting.name)
    return posting.room if room is None else room


async def _refused(talk: Talk, status: str) -> None:
    postman = talk.desk.postman
    if consequence(status) in (Consequence.POSTED, Consequence.UNKNOWN):
        # Not an answer to this question; nothing was posted, so nothing is in doubt.
        await postman.postpone(f"inquiry answered {plain(status)}")
        return
    assignment = await postman.begin()
    if assignment is not None:
        await postman.answered(Answer(assignment.number, status))


async def _post(talk: Talk, posting: RoomPosting | GuestPosting) -> None:
    try:
        effects = talk.session.post(posting, talk.desk.clock())
    except Malformed as fault:
        await talk.desk.postman.unsendable(str(fault))
    else:
        await talk.carry_out(effects)


def _charge(assignment: Assignment, *, numbered: bool) -> Charge:
    posting = assignment.posting
    return Charge(
        sequence=assignment.number,
        amount=posting.minor,
        decimals=exponent_of(posting.currency),
        text=_numbered(posting.text, posting.voucher) if numbered and posting.voucher else posting.text,
        voucher=posting.voucher,
        sold_at=assignment.sold_at,
        parts={TAX: posting.tax_minor},
    )


def _numbered(text: str, voucher: int) -> str:
    number = f"{voucher:06d}"
    return f"{text[: TEXT_LENGTH - len(number) - 1]} {number}"
