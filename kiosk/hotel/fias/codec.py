"""FIAS bytes to records and back, without any I/O (Oracle FIAS 2.20.23 chapter 7).

On TCP a record travels as ``02 record 03``; a segment may hold half a record or several. A record is two letters of
kind and fields, each two letters of id and a value, every one closed by ``|``. The code page is agreed on paper only,
and the second byte of some Chinese characters is ``|``: bytes are decoded before they are split.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

STX, ETX = 0x02, 0x03

MOST_CHARACTERS = 2000
"""Of a record, unless another record length (RL) was agreed."""
MOST_BYTES = 4 * MOST_CHARACTERS
"""Of a record in any code page; a longer one is noise."""

_KIND = re.compile(r"[A-Z][A-Z0-9]")
_FIELD_ID = re.compile(r"[A-Z0-9#$+&]{2}")
_FIELD = re.compile(r"\|([A-Z0-9#$+&]{2})([^|]*)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x09\x0b\x0e-\x1f\x7f]")
_MAY_HOLD_LINES = frozenset({"MT"})
"""Text messages: CR, LF and FF are theirs, where every other value has no control character."""

_ASCII = "".join(map(chr, range(0x20, 0x7F)))
_SAMPLE = "é€я中語あア한ก"
"""Something beyond ASCII for any code page that has it."""


class Malformed(ValueError):
    """Not a record, or a record that must not be sent. The text names the place, never a value."""


@dataclass(frozen=True)
class Record:
    """``kind`` ("GI") and its fields in wire order. Values may be personal: the repr shows the ids only."""

    kind: str
    fields: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        return f"Record({self.kind} {' '.join(name for name, _ in self.fields)})"

    def get(self, name: str) -> str | None:
        """The value of the first field with this id, "" when it came empty, None when it did not come."""
        return next((value for known, value in self.fields if known == name), None)


@dataclass(frozen=True)
class Skipped:
    """``count`` bytes were thrown away: "between-frames", "too-long" or "unfinished" (a new frame began inside)."""

    reason: str
    count: int


class Deframer:
    """Cuts a stream of bytes into frames, whatever the segments are. Holds at most ``most`` bytes."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._body: bytearray | None = None
        self._lost = 0

    @property
    def held(self) -> int:
        """Bytes of a record whose end has not been seen."""
        return 0 if self._body is None else len(self._body)

    def feed(self, chunk: bytes) -> Iterator[bytes | Skipped]:
        """Yield each complete record's bytes, and what had to be skipped once its end is seen."""
        *ended, rest = chunk.split(b"\x03")
        for piece in ended:
            if self._body is None and not self._lost and piece.rfind(b"\x02") == 0 and len(piece) <= self._most:
                yield piece[1:]  # the usual: a whole frame after another
            else:
                yield from self._take(piece)
                yield from self._close()
        if rest:
            yield from self._take(rest)

    def _take(self, piece: bytes) -> Iterator[Skipped]:
        first, *openings = piece.split(b"\x02")
        self._keep(first)
        for body in openings:
            yield from self._open()
            self._keep(body)

    def _open(self) -> Iterator[Skipped]:
        if self._body is not None:
            yield Skipped("unfinished", self._lost + len(self._body))
        elif self._lost:
            yield Skipped("between-frames", self._lost)
        self._body, self._lost = bytearray(), 0

    def _close(self) -> Iterator[bytes | Skipped]:
        if self._body is None:
            self._lost += 1
            return
        if self._lost:
            yield Skipped("too-long", self._lost)
        else:
            yield bytes(self._body)
        self._body, self._lost = None, 0

    def _keep(self, piece: bytes) -> None:
        if self._body is None or self._lost:
            self._lost += len(piece)
        elif len(self._body) + len(piece) > self._most:
            self._lost = len(self._body) + len(piece)
            self._body.clear()
        else:
            self._body += piece


def parse(body: bytes, code_page: str) -> Record:
    """A frame's bytes as a record. Undecodable bytes become U+FFFD; scraps that are no field are ignored.

    Raises Malformed when it does not begin with a record kind.
    """
    text = body.decode(code_page, errors="replace")
    kind = text[:2]
    if not _KIND.fullmatch(kind) or text[2:3] not in ("|", ""):
        raise Malformed("no record kind")
    return Record(kind, tuple(_FIELD.findall(text, 2)))


def encode(record: Record, code_page: str, most: int = MOST_CHARACTERS) -> bytes:
    """The record as a frame of at most ``most`` characters.

    Raises Malformed for what the peer would misread: it is a mistake of the caller.
    """
    if not _KIND.fullmatch(record.kind):
        raise Malformed("no record kind")
    for name, value in record.fields:
        if not _FIELD_ID.fullmatch(name):
            raise Malformed("no field id")
        control = _CONTROL_IN_TEXT if name in _MAY_HOLD_LINES else _CONTROL
        if "|" in value or control.search(value):
            raise Malformed(f"{record.kind}.{name}: separator or control character in a value")
    text = _text(record)
    if len(text) > most:
        raise Malformed(f"{record.kind}: longer than {most} characters")
    try:
        body = text.encode(code_page)
    except UnicodeEncodeError as fault:
        raise Malformed(f"{record.kind}: character outside {code_page}") from fault
    if STX in body or ETX in body:
        raise Malformed(f"{record.kind}: does not fit a frame")
    return b"\x02" + body + b"\x03"


def shortened(record: Record, name: str, most: int = MOST_CHARACTERS) -> Record:
    """The record with so much of its field ``name`` as leaves it at ``most`` characters."""
    over = max(0, len(_text(record)) - most)
    value = record.get(name) or ""
    cut = value[: max(0, len(value) - over)]
    return Record(record.kind, tuple((known, cut if known == name else value) for known, value in record.fields))


def _text(record: Record) -> str:
    return record.kind + "|" + "".join([f"{name}{value}|" for name, value in record.fields])


def check_code_page(name: str) -> None:
    """Raises ValueError unless records can be framed in this code page.

    ASCII must be itself, byte for byte, and nothing else may need a control character: no UTF-16, no shift sequences.
    """
    try:
        ascii_is_itself = _ASCII.encode(name) == _ASCII.encode("ascii")
        shifts = ascii_is_itself and _CONTROL.search(_SAMPLE.encode(name, "ignore").decode("latin-1"))
    except (LookupError, UnicodeError):
        raise ValueError(f"no such code page: {name!r}") from None
    if not ascii_is_itself or shifts:
        raise ValueError(f"records can't be framed in {name!r}")


def plain_text(text: str, most: int, code_page: str) -> str:
    """``text`` made safe for a value of ``most`` characters.

    Control characters and separators become spaces. A character the code page lacks, or one whose bytes hold a ``|``
    (many peers split before they decode), becomes "?".
    """
    spaced = _CONTROL.sub(" ", text).replace("|", " ")
    return "".join(char if _is_safe(char, code_page) else "?" for char in spaced[:most])


def keeps_its_letters(text: str, code_page: str) -> bool:
    """Whether ``plain_text`` makes no letter or digit of ``text`` illegible."""
    return all(_is_safe(char, code_page) for char in text if char.isalnum())


def _is_safe(char: str, code_page: str) -> bool:
    try:
        return b"|" not in char.encode(code_page)
    except UnicodeEncodeError:
        return False


def pms_amount(minor: int, decimals: int) -> str:
    """An amount in minor units of a currency with ``decimals`` as FIAS digits: two decimals implied, no point.

    A currency without decimals still gets two (S23 FAQ p.110); one with three goes as it is.
    """
    return str(minor * 10 ** max(0, 2 - decimals))
