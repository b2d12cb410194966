"""A serial receipt printer: answers DLE EOT at once, prints in turn, stops for paper and cover as real ones do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hardware.virtual.escpos_paper import EscposPaper
from hardware.virtual.pty_line import PtyLine

ALWAYS = 0x12  # the fixed bits of a real-time answer


class VirtualReceiptPrinter(PtyLine):
    """Each cut leaves a PNG of the paper in ``root``: ``receipts``. ``refused`` lists commands it does not know.

    ``printed_bytes`` counts what reached the print buffer, status queries left out.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root, "receipt")
        self._paper = EscposPaper(root, self.send, self._roll_bits)
        self._waiting = bytearray()
        self._tail = b""
        self._paper_out = False
        self._paper_low = False
        self._cover_open = False
        self._hung = False
        self._strike: tuple[int, Callable[[], None]] | None = None
        self.printed_bytes = 0

    @property
    def receipts(self) -> list[Path]:
        with self._lock:
            return list(self._paper.receipts)

    @property
    def refused(self) -> list[str]:
        with self._lock:
            return list(self._paper.refused)

    @property
    def uncut(self) -> int:
        """Rows of dots on the paper since the last cut."""
        with self._lock:
            return self._paper.uncut

    # Faults

    def after(self, count: int, fault: Callable[[], None]) -> None:
        """Let ``fault`` (one of the verbs here) strike once ``count`` more bytes have come to print."""
        with self._lock:
            self._strike = (self.printed_bytes + count, fault)

    def paper_out(self) -> None:
        with self._lock:
            self._paper_out = True

    def paper_near_end(self) -> None:
        with self._lock:
            self._paper_low = True

    def cover_open(self) -> None:
        with self._lock:
            self._cover_open = True

    def silent(self) -> None:
        """Hang: neither print nor answer."""
        with self._lock:
            self._hung = True

    def clear(self) -> None:
        """Paper loaded, cover closed, switched off and on if it hung; what still waited is then printed."""
        super().clear()
        with self._lock:
            if self._hung:
                self._waiting.clear()
                self._tail = b""
                self._paper.power_cycle()
            self._strike = None
            self._hung = self._paper_out = self._paper_low = self._cover_open = False
            self._print_waiting()

    # The printer. It has its own mains: a pulled cable changes nothing in it.

    def received(self, data: bytes) -> None:
        for byte in data:
            if self._hung or not self.plugged_in:
                return
            self._take(byte)
        self._print_waiting()

    def _take(self, byte: int) -> None:
        """Real-time commands are obeyed wherever they stand, inside a picture too."""
        self._tail = (self._tail + bytes((byte,)))[-3:]
        self._waiting.append(byte)
        self.printed_bytes += 1
        if self._tail[:2] == b"\x10\x04" and self._tail[2:]:
            self.printed_bytes -= 3
            self._real_time(byte)
        if self._strike is not None and self.printed_bytes >= self._strike[0]:
            self._print_waiting()
            fault, self._strike = self._strike[1], None
            fault()

    def _real_time(self, number: int) -> None:
        answers = {
            1: 0x08 if self._offline else 0x00,
            2: 0x04 * self._cover_open | 0x20 * self._paper_out,
            3: 0x00,
            4: 0x0C * (self._paper_low or self._paper_out) | 0x60 * self._paper_out,
        }
        if number in answers:
            self.send(bytes((ALWAYS | answers[number],)))

    @property
    def _offline(self) -> bool:
        return self._paper_out or self._cover_open

    def _print_waiting(self) -> None:
        if not self._offline:
            data = bytes(self._waiting)
            self._waiting.clear()
            self._paper.feed(data)

    def _roll_bits(self) -> int:
        return 0x03 * self._paper_low | 0x0C * self._paper_out
