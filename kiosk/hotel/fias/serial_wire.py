"""The hotel link over a serial line; to the session it looks as TCP does."""

from __future__ import annotations

from typing import Literal

from kiosk.hotel.fias.transport import Connect


def serial(path: str, baud: int, bits: Literal[7, 8] = 8, parity: Literal["none", "even", "odd"] = "none") -> Connect:
    """A line of the hotel's serial interface; ``path`` is what pyserial opens.

    Its wire's write returns when the peer has acknowledged the record.
    """
    raise NotImplementedError
