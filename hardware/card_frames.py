"""Frames of serial card readers, without any I/O: bytes in, frames or uids out.

Both parsers find their footing again after garbage, torn frames and wrong checksums, and hold at most one frame's
worth of unfinished bytes. Formats: PN532 User Manual (UM0701-02) §6.2.1; RDM6300 data sheet, "UART interface".
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

# PN532

FROM_CHIP = 0xD5

_START = b"\x00\xff"


@dataclass(frozen=True)
class Ack:
    """The command arrived whole."""


@dataclass(frozen=True)
class Nack:
    """The other side could not read the last frame."""


@dataclass(frozen=True)
class Damaged:
    """A frame whose checksum is wrong."""


@dataclass(frozen=True)
class Information:
    """``body`` begins with the direction (D4 to the chip, D5 from it); an error frame's body is the one byte 7F."""

    body: bytes = field(repr=False)  # may carry a uid


Pn532Frame = Ack | Nack | Damaged | Information


def pn532_frame(body: bytes) -> bytes:
    """A normal information frame around ``body`` (1 to 254 bytes, direction byte included)."""
    length = len(body)
    return b"\x00\x00\xff" + bytes((length, -length & 0xFF)) + body + bytes((-sum(body) & 0xFF, 0x00))


class Pn532Frames:
    """The frames in a stream of bytes from the chip. Extended frames are not asked for and count as damaged."""

    def __init__(self) -> None:
        self._held = bytearray()

    def reset(self) -> None:
        """Forget an unfinished frame, before a new command."""
        self._held.clear()

    def feed(self, data: bytes) -> list[Pn532Frame]:
        self._held += data
        frames: list[Pn532Frame] = []
        while (found := self._next()) is not None:
            frames.append(found)
        return frames

    def _next(self) -> Pn532Frame | None:
        start = self._held.find(_START)
        if start < 0:
            del self._held[: len(self._held) - self._held.endswith(b"\x00")]
            return None
        del self._held[:start]
        if len(self._held) < 4:
            return None
        length, check = self._held[2], self._held[3]
        if (length, check) in ((0x00, 0xFF), (0xFF, 0x00)):
            del self._held[:4]
            return Nack() if length else Ack()
        if (length + check) & 0xFF or length == 0xFF:
            del self._held[:2]
            return Damaged()
        end = 4 + length + 1
        if len(self._held) < end:
            return None
        body, summed = bytes(self._held[4 : end - 1]), sum(self._held[4:end]) & 0xFF
        if summed:
            del self._held[:2]  # only the start code: a whole frame may begin inside the broken one
            return Damaged()
        del self._held[:end]
        return Information(body)


def uid_of_target(body: bytes) -> str | None:
    """The uid in an answer to InListPassiveTarget at 106 kbit/s type A (§7.3.5), None when no card lies there.

    ``body``: D5 4B, number of targets, then target number, SENS_RES (2), SEL_RES, uid length, uid. Raises ValueError
    when it is not such an answer.
    """
    if body[:2] != bytes((FROM_CHIP, 0x4B)) or len(body) < 3:
        raise ValueError("not an answer to InListPassiveTarget")
    if body[2] == 0:
        return None
    if len(body) < 8 or body[7] not in (4, 7, 10) or len(body) < 8 + body[7]:
        raise ValueError("target data too short")
    return body[8 : 8 + body[7]].hex().upper()


# RDM6300

_RDM6300 = re.compile(rb"\x02([0-9A-F]{12})\x03")
_RDM6300_LENGTH = 14


class Rdm6300Frames:
    """The uids (10 hex digits: version and number) in a stream of bytes from the module.

    ``damaged`` counts frame beginnings that led nowhere since the last whole frame.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self.damaged = 0

    def reset(self) -> None:
        """Forget an unfinished frame, before a line is used anew."""
        self._held.clear()
        self.damaged = 0

    def feed(self, data: bytes) -> list[str]:
        self._held += data
        uids: list[str] = []
        while True:
            start = self._held.find(b"\x02")
            del self._held[: start if start >= 0 else len(self._held)]
            if len(self._held) < _RDM6300_LENGTH:
                return uids
            uid = _rdm6300_uid(bytes(self._held[:_RDM6300_LENGTH]))
            if uid is None:
                self.damaged += 1
                del self._held[0]
            else:
                self.damaged = 0
                uids.append(uid)
                del self._held[:_RDM6300_LENGTH]


def _rdm6300_uid(frame: bytes) -> str | None:
    found = _RDM6300.fullmatch(frame)
    if found is None:
        return None
    value = bytes.fromhex(found[1].decode("ascii"))
    check = 0
    for byte in value:  # five bytes and their XOR: together zero
        check ^= byte
    return None if check else value[:5].hex().upper()


# Presentations

ABSENCE = 0.5


class Presentations:
    """Tells a card put down from a card still lying there. A different card always counts.

    The same card counts again once it was away for ``ABSENCE`` seconds of ``clock``; told then that it is still away,
    this forgets which card it was.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._uid: str | None = None
        self._absent_since: float | None = None

    def seen(self, uid: str) -> bool:
        """A card was read; True when this is a new presentation."""
        back = self._absent_since is not None and self._clock() - self._absent_since >= ABSENCE
        new = uid != self._uid or back
        self._uid, self._absent_since = uid, None
        return new

    def absent(self) -> None:
        """No card lies there, as far as the reader can tell."""
        if self._absent_since is None:
            self._absent_since = self._clock()
        elif self._clock() - self._absent_since >= ABSENCE:
            self._uid = None

    @property
    def remembers(self) -> bool:
        """Whether the last card's uid is still kept."""
        return self._uid is not None
