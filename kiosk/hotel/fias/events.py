"""What the link learns from the wire: frozen values, handed from the session to whoever acts on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.hotel.fias.codec import Record
from kiosk.hotel.fias.inquiry import Candidate
from kiosk.hotel.news import Answer, GuestNews, LateAnswer, NoAnswer, ServiceNews


@dataclass(frozen=True)
class Send:
    """Put this record on the wire, as these bytes."""

    record: Record
    frame: bytes = field(repr=False)


@dataclass(frozen=True)
class Up:
    """The link is alive: the hotel system has taken our description."""


@dataclass(frozen=True)
class Hangup:
    """Close the connection: "silent" (no answer in time), "ended" (LE)."""

    reason: str


@dataclass(frozen=True)
class Told:
    """News, to be handed on in order."""

    news: GuestNews | ServiceNews


@dataclass(frozen=True)
class Unusable:
    """A record that should have brought news and could not be used."""

    kind: str


@dataclass(frozen=True)
class AuditBegan:
    """Night audit: nothing is posted until it ends."""


@dataclass(frozen=True)
class AuditEnded:
    """Postings may go again."""


@dataclass(frozen=True)
class PostingsRest:
    """Too many postings in a row had no answer: none goes for ``seconds``, then one to see whether that has changed."""

    seconds: float


@dataclass(frozen=True)
class Unsent:
    """The outstanding posting surely never reached the other side."""

    sequence: int


@dataclass(frozen=True)
class Found:
    """The answer to the outstanding inquiry: who it may be."""

    guests: tuple[Candidate, ...]


@dataclass(frozen=True)
class InquiryRefused:
    """The outstanding inquiry was answered by a status in place of guests. Nothing was posted."""

    status: str


@dataclass(frozen=True)
class InquiryLost:
    """The outstanding inquiry or request for a bill got no answer: reason as in NoAnswer. Nothing was posted."""

    reason: str


@dataclass(frozen=True)
class Bill:
    """The answer to the request for a bill: its lines (XI), and what it closed with (XB)."""

    lines: tuple[Record, ...]
    end: Record


@dataclass(frozen=True)
class MessagesTold:
    """Every message that was asked for has come; ``answered`` is False where the hotel system said nothing at all."""

    answered: bool


@dataclass(frozen=True)
class MessagesLost:
    """The connection went before every message had come."""


@dataclass(frozen=True)
class ErrandsHeard:
    """The hotel system has said something since the last errand went out: the line leads somewhere."""


@dataclass(frozen=True)
class ErrandsLost:
    """The connection went before the hotel system had said anything more: errands may not have arrived."""


@dataclass(frozen=True)
class Noise:
    """Something on the wire was not understood and was left out. ``what`` names it without any value."""

    what: str
    count: int = 1


Effect = (
    Send
    | Up
    | Hangup
    | Told
    | Unusable
    | AuditBegan
    | AuditEnded
    | PostingsRest
    | Answer
    | LateAnswer
    | NoAnswer
    | Unsent
    | Found
    | InquiryRefused
    | InquiryLost
    | Bill
    | MessagesTold
    | MessagesLost
    | ErrandsHeard
    | ErrandsLost
    | Noise
)
