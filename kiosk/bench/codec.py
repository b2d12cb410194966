"""How fast the link reads what a hotel system says: a morning's guest records and posting answers."""

from __future__ import annotations

import time
from statistics import median

from kiosk.hotel.fias.codec import Deframer, Record, encode, parse

ROUNDS = 7
PAIRS = 5_000
SEGMENT = 4_096
CODE_PAGE = "gbk"


def measure() -> dict[str, float]:
    """``fias_records_per_s``: cut out of segments of 4 kB, decoded and split into fields."""
    stream = b"".join(encode(record, CODE_PAGE) for number in range(PAIRS) for record in _told(number))
    return {"fias_records_per_s": round(median(_rate(stream) for _ in range(ROUNDS)))}


def _told(number: int) -> tuple[Record, Record]:
    """A check-in and the answer to a posting."""
    room = f"{number % 30 + 1:02}{number % 24 + 1:02}"
    guest = Record(
        "GI",
        (
            ("RN", room),
            ("G#", str(100_000 + number)),
            ("GS", "N"),
            ("GN", "欧阳"),
            ("GF", "修文"),
            ("GL", "ZH"),
            ("GV", "2"),
            ("NP", "N"),
            ("SF", ""),
        ),
    )
    answer = Record(
        "PA",
        (
            ("AS", "OK"),
            ("RN", room),
            ("P#", str(number + 1)),
            ("DA", "260701"),
            ("TI", "074500"),
            ("CT", f"Posting successful. Interface transaction number/s - {660_000 + number}"),
            ("WS", "KIOSK1"),
        ),
    )
    return guest, answer


def _rate(stream: bytes) -> float:
    deframer = Deframer()
    began = time.perf_counter()
    records = [
        parse(item, CODE_PAGE)
        for start in range(0, len(stream), SEGMENT)
        for item in deframer.feed(stream[start : start + SEGMENT])
        if isinstance(item, bytes)
    ]
    seconds = time.perf_counter() - began
    if len(records) != 2 * PAIRS:
        raise AssertionError(f"{len(records)} records of {2 * PAIRS}")
    return len(records) / seconds
