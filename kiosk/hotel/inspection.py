"""Whether a hotel's interface is set up right, told from what went over the wire in a minute: for technicians."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from kiosk.hotel.fias.records import Description
from kiosk.hotel.fias.telling import RESYNC_UNFINISHED
from kiosk.hotel.trace import Direction, Spoken

UNDECODABLE = "\N{REPLACEMENT CHARACTER}"
OFTEN_EMPTY = frozenset(("SF", "GF", "GT", "GV", "RO", "CT"))
"""Fields that a hotel system leaves out where it has nothing to say."""
GUEST_RECORDS = ("GI", "GC", "GO")
CLOSED = ("end of stream", "ConnectionResetError", "BrokenPipeError")
"""Reasons of a cut that only somebody who was there can give."""
NOBODY = {
    "ConnectionRefusedError": "connection refused",
    "TimeoutError": "no answer to the call",
    "gaierror": "no such host name",
}
"""Other reasons, in words."""
IN_AUDIT = "the hotel system is in its night audit"
NOISES = {
    "between-frames": "something between the records, line ends for instance, was left out",
    "too-long": "a record was longer than any may be",
    "unfinished": "a record broke off and another began",
    "malformed": "a record did not begin with its kind",
    "unknown-record": "a record was of a kind that FIAS does not have, or that a kiosk is not told",
    "field-missing": "a guest was told without G#",
    "resync-without-beginning": "a list of guests ended (DE) that had not begun (DS)",
    "answer-without-number": "an answer came without its number (P#)",
    "answer-for-another-station": "an answer came for another workstation (WS)",
    "stray-guest-list": "guests were told (PL) that nobody had asked for",
}
"""What was heard and not understood, in words."""
REMEMBERED = 100
"""Answers whose text is kept."""


class Weight(Enum):
    WELL = "ok"
    NOTE = "note"
    WRONG = "WRONG"


@dataclass(frozen=True)
class Finding:
    """One thing found out; ``todo`` says what to do about it, "" when nothing is to be done."""

    weight: Weight
    words: str
    todo: str = ""


@dataclass
class Inspection:
    """Fed with every record of a connection (``tap``); ``findings`` judges what there was so far.

    ``where`` names the interface in words; ``trouble`` is why no connection came about, "" when one did.
    """

    station: Description
    where: str
    trouble: str = ""
    connected: bool = False
    alive: bool = False
    first_word: str = ""
    roll_began: bool = False
    roll_ended: bool = False
    guests: int = 0
    came: Counter[str] = field(default_factory=Counter)
    noise: Counter[str] = field(default_factory=Counter)
    seen: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    undecodable: int = 0
    roll_over: bool = False
    """Nobody waits for the list of guests any more: it ended, or was given up."""
    audit: bool = False
    """A night audit began (NS) and has not ended (NE)."""
    texts: dict[str, str] = field(default_factory=dict)
    """What the hotel system wrote (CT) to each of its last answers, by P#. Personal: it may name a guest."""

    def tap(self, direction: Direction, heard: Spoken | str) -> None:
        self.connected = True
        if isinstance(heard, str):
            self._disturbed(heard)
            return
        self.first_word = self.first_word or direction
        if direction == "out":
            return
        self.came[heard.kind] += 1
        self.seen[heard.kind] |= {name for name, _ in heard.fields}
        self.undecodable += any(UNDECODABLE in value for _, value in heard.fields)
        self.alive = self.alive or heard.kind == "LA"
        self.roll_began = self.roll_began or heard.kind == "DS"
        self.roll_ended = self.roll_ended or heard.kind == "DE"
        self.roll_over = self.roll_over or self.roll_ended
        self.guests += heard.kind == "GI"
        self.audit = heard.kind == "NS" or (self.audit and heard.kind != "NE")
        if heard.kind == "PA":
            self._answered(dict(heard.fields))

    def _answered(self, answer: dict[str, str]) -> None:
        self.texts[answer.get("P#", "").strip().lstrip("0")] = answer.get("CT", "").strip()
        if len(self.texts) > REMEMBERED:
            del self.texts[next(iter(self.texts))]

    def _disturbed(self, noise: str) -> None:
        if noise == RESYNC_UNFINISHED:
            self.roll_over = True
        else:
            self.noise[noise] += 1

    def findings(self) -> tuple[Finding, ...]:
        """In the order in which a technician would look."""
        return tuple(self._connection()) if not self.alive else (*self._connection(), *self._guests(), *self._wire())

    def obstacle(self) -> str:
        """In words, why a posting that was wanted did not go out."""
        if not self.alive:
            return next(finding.words for finding in self.findings() if finding.weight is Weight.WRONG)
        if self.audit:
            return IN_AUDIT
        if self.roll_began and not self.roll_ended:
            return "the hotel system was still telling who is in house"
        return f"the link to {self.where} did not hold" + (f", {self._end()}" if self.trouble else "")

    def roll_missing(self) -> str:
        """In words, how far the list of guests came that did not come whole."""
        if self.roll_began:
            return f"the list of guests began (DS) and never ended (DE): {self.guests} records"
        if self.guests:
            return f"guests were told ({self.guests} records), but not as a list that begins (DS) and ends (DE)"
        return "the list of guests (DR) was not answered"

    def _end(self) -> str:
        if self.trouble in CLOSED:
            return "and closed the connection"
        if self.trouble in NOBODY:
            return f"and then nobody answered any more ({NOBODY[self.trouble]})"
        return f"and the line broke ({self.trouble})"

    def _connection(self) -> Iterator[Finding]:
        if not self.connected and self.trouble in CLOSED:
            yield Finding(
                Weight.WRONG,
                f"{self.where} closes every connection without a word",
                "another kiosk holds the interface's only slot, it wants TLS, or the port is another program's",
            )
            return
        if not self.connected and self.trouble.startswith(("TLS", "certificate")):
            yield Finding(
                Weight.WRONG,
                f"{self.where} answers, but no encrypted line comes about ({self.trouble})",
                "does the interface speak TLS at all, and are [hotel.tls] and its certificates those agreed?",
            )
            return
        if not self.connected:
            yield Finding(
                Weight.WRONG,
                f"nobody answers at {self.where}"
                + (f" ({NOBODY.get(self.trouble, self.trouble)})" if self.trouble else ""),
                "is the interface started, are host and port those of the vendor form, is there a firewall between?",
            )
            return
        yield Finding(Weight.WELL, f"connected to {self.where}")
        if self.first_word == "in":
            yield Finding(Weight.WELL, "the interface spoke first (LS), as it should")
        else:
            yield Finding(Weight.NOTE, "the interface said nothing for three seconds; the kiosk began")
        if self.alive:
            kinds = ", ".join(self.station.fields)
            yield Finding(Weight.WELL, f"the interface took our description (LA); asked for: {kinds}")
        elif self.came:
            yield Finding(
                Weight.WRONG,
                f"the interface talks ({', '.join(self.came)}) but never took our description (no LA)"
                + (f", {self._end()}" if self.trouble else ""),
                f"is interface type {self.station.interface} the one agreed? is an authentication key wanted?",
            )
        else:
            yield Finding(
                Weight.WRONG,
                "something is connected but it does not speak FIAS",
                "wrong port, an interface that is not active, or another kiosk holds its only slot",
            )

    def _guests(self) -> Iterator[Finding]:
        if self.roll_ended:
            yield Finding(Weight.WELL, f"the list of guests came whole (DS to DE): {self.guests} records")
        else:
            yield Finding(
                Weight.WRONG,
                self.roll_missing(),
                "without it only guests who check in from now on are known: ask the hotel to start a database swap",
            )
        if "GI" in self.came:
            yield from self._missing("GI")

    def _missing(self, kind: str) -> Iterator[Finding]:
        asked = self.station.fields.get(kind, ())
        missing = [name for name in asked if name not in self.seen[kind]]
        needed = [name for name in missing if name in ("RN", "G#", "GN")]
        if needed:
            yield Finding(
                Weight.WRONG,
                f"{kind} never carried {', '.join(needed)}",
                "the hotel must enable these fields for this interface: without them nobody can be identified",
            )
        wished = [name for name in missing if name not in needed and name not in OFTEN_EMPTY]
        if wished:
            yield Finding(
                Weight.NOTE,
                f"{kind} never carried {', '.join(wished)}",
                "ask the hotel to enable them, or take them out of [hotel.fields]",
            )
        if not missing:
            yield Finding(Weight.WELL, f"{kind} carries every field we asked for")
        unasked = sorted(self.seen[kind] - set(asked))
        if unasked:
            yield Finding(Weight.NOTE, f"{kind} carries more than was asked for: {', '.join(unasked)}")

    def _wire(self) -> Iterator[Finding]:
        if self.audit:
            yield Finding(Weight.NOTE, IN_AUDIT, "postings wait for its end (NE)")
        if self.undecodable:
            yield Finding(
                Weight.WRONG,
                f"{self.undecodable} records are not {self.station.code_page}",
                "the code page is agreed on paper: ask the hotel, and set code_page (gbk, utf-8, big5, latin-1...)",
            )
        elif self.guests:
            yield Finding(Weight.WELL, f"every record reads as {self.station.code_page}")
        strangers = sorted(kind for kind in self.came if kind not in self.station.fields and kind not in _LINK)
        if strangers:
            yield Finding(Weight.NOTE, f"records nobody asked for: {', '.join(strangers)}")
        for what, count in sorted(self.noise.items()):
            yield Finding(Weight.NOTE, f"{NOISES.get(what, what)}: {'once' if count == 1 else f'{count} times'}")


_LINK = frozenset(("LS", "LA", "LE", "LC", "DS", "DE", "NS", "NE", *GUEST_RECORDS))
