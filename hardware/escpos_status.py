"""What an ESC/POS printer says of itself: DLE EOT n (real-time status) and GS r 1 (in its turn).

Bits as in Epson's ESC/POS command reference. Bits 1 and 4 set, 0 and 7 clear mark a real-time answer; bits 4 and 7
clear mark an answer to GS r, so the two can't be taken for each other.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.protocols import Fitness, Health, Supply

OFFLINE_KEY = "receipt.offline"
PAPER_OUT_KEY = "receipt.paper-out"
PAPER_LOW_KEY = "receipt.paper-low"
COVER_OPEN_KEY = "receipt.cover-open"
FAULT_KEY = "receipt.fault"

QUERIES = (1, 2, 3, 4)

_OFFLINE = 0x08  # in answer 1
_COVER_OPEN = 0x04  # in answer 2
_ERRORS = 0x08 | 0x20 | 0x40  # in answer 3: cutter, unrecoverable, recovers by itself
_ROLL_LOW = 0x0C  # in answer 4
_ROLL_OUT = 0x60  # in answer 4


def status_query(number: int) -> bytes:
    return bytes((0x10, 0x04, number))


def is_status_answer(byte: int) -> bool:
    return byte & 0x93 == 0x12


def is_fence_answer(byte: int) -> bool:
    return byte & 0x90 == 0x00


@dataclass(frozen=True)
class RollStatus:
    offline: bool
    cover_open: bool
    fault: bool
    paper_low: bool
    paper_out: bool

    def health(self) -> Health:
        """The cover first: while it is open the paper sensor says nothing of worth."""
        supplies = (Supply("receipt-roll", 0 if self.paper_out else None),)
        if self.cover_open:
            return Health(Fitness.NEEDS_PERSON, COVER_OPEN_KEY, "cover", supplies=supplies)
        if self.paper_out:
            return Health(Fitness.NEEDS_PERSON, PAPER_OUT_KEY, "roll", supplies=supplies)
        if self.fault:
            return Health(Fitness.NEEDS_PERSON, FAULT_KEY, "cutter", supplies=supplies)
        if self.offline:
            return Health(Fitness.OFFLINE, OFFLINE_KEY, supplies=supplies)
        return Health(Fitness.READY, warnings=(PAPER_LOW_KEY,) if self.paper_low else (), supplies=supplies)


def read_status(answers: bytes) -> RollStatus:
    """The four answers to ``QUERIES``, in order."""
    printer, cause, error, roll = answers
    return RollStatus(
        offline=bool(printer & _OFFLINE),
        cover_open=bool(cause & _COVER_OPEN),
        fault=bool(error & _ERRORS),
        paper_low=bool(roll & _ROLL_LOW),
        paper_out=bool(roll & _ROLL_OUT),
    )
