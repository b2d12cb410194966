"""What may be outstanding on the wire, one at a time: a posting, an inquiry or the request for a bill.

Each ends in exactly one effect: what was answered, or that no answer came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from kiosk.hotel.fias.codec import Record
from kiosk.hotel.fias.events import Bill, Effect, Found, InquiryLost, InquiryRefused, Unsent
from kiosk.hotel.fias.inquiry import candidates
from kiosk.hotel.news import Answer, NoAnswer

MOST_LINES = 2000
"""Of a bill; what comes beyond is left out, so that a peer cannot fill the memory."""
EXCHANGES = ("PS", "PR", "XR")
"""The records that begin one."""
REFUSED_BY_THE_LINE = "line-refused"


class Exchange(Protocol):
    @property
    def sequence(self) -> int | None:
        """The P# to which PA and PL must refer; None where the answer comes without one."""
        ...

    def heard(self, record: Record) -> Effect | None:
        """How this ends by ``record``; None when it does not. Of PA and PL it is given its own only."""
        ...

    def lost(self, reason: str) -> Effect:
        """No answer came, and none is waited for any more."""
        ...

    def unsent(self) -> Effect:
        """The record surely never reached the other side."""
        ...


@dataclass(frozen=True)
class PostingExchange:
    sequence: int

    def heard(self, record: Record) -> Effect | None:
        if record.kind != "PA":
            return None
        return Answer(self.sequence, status(record), record.get("CT") or "")

    def lost(self, reason: str) -> Effect:
        return NoAnswer(self.sequence, reason)

    def unsent(self) -> Effect:
        return Unsent(self.sequence)


@dataclass(frozen=True)
class InquiryExchange:
    sequence: int

    def heard(self, record: Record) -> Effect | None:
        match record.kind:
            case "PL":
                return Found(candidates(record))
            case "PA":
                return InquiryRefused(status(record))
        return None

    def lost(self, reason: str) -> Effect:
        return InquiryLost(reason)

    def unsent(self) -> Effect:
        return InquiryLost(REFUSED_BY_THE_LINE)


@dataclass
class BillExchange:
    reservation: str
    lines: list[Record] = field(default_factory=list)
    sequence: int | None = None

    def heard(self, record: Record) -> Effect | None:
        if (record.get("G#") or self.reservation) != self.reservation:
            return None
        if record.kind == "XB":
            return Bill(tuple(self.lines), record)
        if record.kind == "XI" and len(self.lines) < MOST_LINES:
            self.lines.append(record)
        return None

    def lost(self, reason: str) -> Effect:
        return InquiryLost(reason)

    def unsent(self) -> Effect:
        return InquiryLost(REFUSED_BY_THE_LINE)


def status(record: Record) -> str:
    """AS as it is meant: two capital letters."""
    return (record.get("AS") or "").strip().upper()
