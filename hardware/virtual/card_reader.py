"""Room-card readers as seen from the wire: strict about what the real ones are strict about.

Written from the data sheets and not from the drivers, so that a driver's misreading of a format meets resistance.
"""

from __future__ import annotations

from functools import reduce
from operator import xor
from pathlib import Path

from hardware.virtual.pty_line import PtyLine

ACK = bytes.fromhex("0000FF00FF00")
NACK = bytes.fromhex("0000FFFF0000")
SYNTAX_ERROR = bytes.fromhex("0000FF01FF7F8100")
FOR_EVER = 0xFF


class _Reader(PtyLine):
    """A reader with at most one card on it."""

    uid_lengths: tuple[int, ...]

    def __init__(self, root: Path, name: str, *, every: float) -> None:
        super().__init__(root, name, every=every)
        self._card: bytes | None = None

    def present(self, uid: str) -> None:
        """Put a card down; it stays until ``remove``. Raises ValueError for a uid this kind of card can't have."""
        card = bytes.fromhex(uid)
        if len(card) not in self.uid_lengths:
            raise ValueError(f"a uid here has {self.uid_lengths} bytes")
        with self._lock:
            self._card = card

    def remove(self) -> None:
        with self._lock:
            self._card = None


class VirtualPn532(_Reader):
    """A PN532 on its high-speed UART: asleep until woken, deaf to cards until SAMConfiguration.

    ``refused`` says in words what it would not take, ``asked`` counts how often it was asked for a card. Without
    RFConfiguration it waits for a card for ever, as the chip does by default.
    """

    uid_lengths = (4, 7, 10)

    def __init__(self, root: Path) -> None:
        super().__init__(root, "pn532", every=0.02)
        self.refused: list[str] = []
        self.asked = 0

    def wrong_checksum(self) -> None:
        """Information frames leave with a wrong data checksum; acknowledgements stay whole."""
        with self._lock:
            self._distort = lambda frame: frame if frame in (ACK, NACK) else frame[:-2] + bytes((frame[-2] ^ 0x01, 0))

    def plugged(self) -> None:
        self._buffer = bytearray()
        self._awake = False
        self._configured = False
        self._tries = FOR_EVER
        self._looking = False
        self._said = b""

    def tick(self) -> None:
        """Between commands: a search without end finds the card that has come."""
        if self._looking and self._card is not None:
            self._found()

    def received(self, data: bytes) -> None:
        self._buffer += data
        if not self._awake:
            self._rouse()
        while self._awake and self._frame():
            pass

    def _rouse(self) -> None:
        """55 55 and the pause of some zeros; whatever comes before is lost on a sleeping chip."""
        found = self._buffer.find(b"\x55\x55" + bytes(3))
        if found < 0:
            del self._buffer[:-4]
        else:
            del self._buffer[: found + 5]
            self._awake = True

    def _frame(self) -> bool:
        """Take one frame off the buffer and act on it; False when none is whole yet."""
        start = self._buffer.find(b"\x00\xff")
        if start < 0 or len(self._buffer) < start + 4:
            return False
        length, check = self._buffer[start + 2 : start + 4]
        if (length, check) == (0x00, 0xFF):
            del self._buffer[: start + 4]
            self._looking = False  # the host's ACK aborts a running command
            return True
        if (length, check) == (0xFF, 0x00):
            del self._buffer[: start + 4]
            self.send(self._said)
            return True
        if (length + check) % 256:
            del self._buffer[: start + 2]
            self._refuse("wrong length checksum", NACK)
            return True
        end = start + 4 + length + 1
        if len(self._buffer) < end:
            return False
        summed = bytes(self._buffer[start + 4 : end])
        del self._buffer[:end]
        if sum(summed) % 256:
            self._refuse("wrong data checksum", NACK)
        else:
            self._command(summed[:-1])
        return True

    def _command(self, body: bytes) -> None:
        self._looking = False
        self.send(ACK)
        if body[:2] == b"\xd4\x14" and len(body) >= 3 and body[2] in (1, 2, 3, 4):
            self._configured = True
            self._answer(b"\xd5\x15")
        elif body[:3] == b"\xd4\x32\x05" and len(body) == 6:
            self._tries = body[5]
            self._answer(b"\xd5\x33")
        elif body[:2] == b"\xd4\x4a" and len(body) == 4 and body[2] in (1, 2) and body[3] == 0:
            self._look()
        else:
            self._refuse(f"unknown command {body[:2].hex()}", SYNTAX_ERROR)

    def _look(self) -> None:
        self.asked += 1
        if not self._configured:
            self._refuse("InListPassiveTarget before SAMConfiguration", SYNTAX_ERROR)
        elif self._card is not None:
            self._found()
        elif self._tries == FOR_EVER:
            self._looking = True
        else:
            self._answer(b"\xd5\x4b\x00")

    def _found(self) -> None:
        assert self._card is not None
        self._looking = False
        self._answer(b"\xd5\x4b\x01\x01\x00\x04\x08" + bytes((len(self._card),)) + self._card)

    def _answer(self, body: bytes) -> None:
        head = bytes((len(body), (256 - len(body)) % 256))
        self._said = b"\x00\x00\xff" + head + body + bytes(((256 - sum(body) % 256) % 256, 0))
        self.send(self._said)

    def _refuse(self, why: str, frame: bytes) -> None:
        self.refused.append(why)
        self.send(frame)


class VirtualRdm6300(_Reader):
    """An RDM6300: says nothing without a tag, repeats the tag's frame every 66 ms with one."""

    uid_lengths = (5,)

    def __init__(self, root: Path) -> None:
        super().__init__(root, "rdm6300", every=0.066)

    def wrong_checksum(self) -> None:
        """Frames leave with another tag's check digits."""
        with self._lock:
            self._distort = lambda frame: frame[:11] + (b"00" if frame[11:13] != b"00" else b"01") + frame[13:]

    def tick(self) -> None:
        if self._card is not None and not self.speaking:
            check = reduce(xor, self._card)
            self.send(b"\x02" + (self._card + bytes((check,))).hex().upper().encode("ascii") + b"\x03")
