"""A serial link layer for tests, with the clock in the test's hand."""

from __future__ import annotations

from dataclasses import dataclass, field

from kiosk.hotel.fias.serial_framing import Happening, Pace, SerialFraming, lrc

ENQ, ACK, NAK = b"\x05", b"\x06", b"\x15"
PS, LA = b"\x02PS|RN0808|TA150|\x03", b"\x02LA|DA161117|TI103118|\x03"
PACE = Pace()


def checked(frame: bytes) -> bytes:
    return frame + bytes((lrc(frame[1:-1]),))


@dataclass
class Line:
    """A framing, its clock, and all that it said should happen."""

    framing: SerialFraming = field(default_factory=SerialFraming)
    now: float = 100.0

    def send(self, frame: bytes) -> list[Happening]:
        return self.framing.send(frame, self.now)

    def hear(self, data: bytes) -> list[Happening]:
        return self.framing.receive(data, self.now)

    def wait(self) -> list[Happening]:
        """Until the next thing is due."""
        due = self.framing.due()
        assert due is not None
        self.now = max(self.now, due)
        return self.framing.tick(self.now)

    def after(self, seconds: float) -> list[Happening]:
        self.now += seconds
        return self.framing.tick(self.now)
