"""What the link learns from the wire: frozen values, handed from the session to whoever acts on them."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.hotel.fias.codec import Record


@dataclass(frozen=True)
class Send:
    """Put these bytes on the wire."""

    frame: bytes = field(repr=False)


@dataclass(frozen=True)
class Up:
    """The link is alive: the hotel system has taken our description."""


@dataclass(frozen=True)
class Hangup:
    """Close the connection: "silent" (no answer in time), "ended" (LE)."""

    reason: str


@dataclass(frozen=True)
class GuestNews:
    """A GI, GC, GO, KR or KD record, or DS and DE around a resync. To be applied in order."""

    record: Record


@dataclass(frozen=True)
class AuditBegan:
    """Night audit: nothing is posted until it ends."""


@dataclass(frozen=True)
class AuditEnded:
    """Postings may go again."""


@dataclass(frozen=True)
class Answer:
    """PA for the outstanding posting ``sequence``. ``note`` is the PMS's own text, for the voucher's evidence."""

    sequence: int
    status: str
    note: str = field(default="", repr=False)


@dataclass(frozen=True)
class LateAnswer:
    """PA for a P# that is not outstanding: of an attempt given up as unknown, a doubled one, or somebody else's."""

    sequence: int
    status: str
    note: str = field(default="", repr=False)


@dataclass(frozen=True)
class NoAnswer:
    """The outstanding posting may or may not be on the folio: "timeout", "ended" (LE) or "cut"."""

    sequence: int
    reason: str


@dataclass(frozen=True)
class Noise:
    """Something on the wire was not understood and was left out. ``what`` names it without any value."""

    what: str
    count: int = 1


Effect = Send | Up | Hangup | GuestNews | AuditBegan | AuditEnded | Answer | LateAnswer | NoAnswer | Noise
