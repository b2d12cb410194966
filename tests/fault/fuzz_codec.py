"""Feeds mutated FIAS streams to all that reads bytes of a hotel system, for as long as it is told.

    python -m tests.fault.fuzz_codec --seconds 600 --seed 7

Valid streams are cut, repeated, flipped and filled with noise, then fed in random pieces to the deframer and the
parser, to the serial link layer, and to a session. Any exception but Malformed, or more memory held than one record,
ends the run with the seed of the round that repeats it. The last line says how many inputs there were in a second.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kiosk.hotel.clock import Moment
from kiosk.hotel.fias.codec import MOST_BYTES, Deframer, Malformed, Record, encode, parse
from kiosk.hotel.fias.records import Description
from kiosk.hotel.fias.serial_framing import SerialFraming, lrc
from kiosk.hotel.fias.session import Session

CODE_PAGES = ("gbk", "big5", "shift_jis", "cp850", "latin-1", "utf-8", "gb18030")
KINDS = (
    "LS",
    "LA",
    "LE",
    "GI",
    "GC",
    "GO",
    "PA",
    "PL",
    "NS",
    "NE",
    "DS",
    "DE",
    "KR",
    "XL",
    "XT",
    "WA",
    "RE",
    "XI",
    "XB",
)
NAMES = ("RN", "G#", "GS", "GN", "GL", "AS", "P#", "DA", "TI", "CT", "MT", "BA", "WS", "$2", "SF", "ZZ")
LETTERS = "0123456789ABCXYZ -./#é€瑋四育漏字表ソ\N{OBJECT REPLACEMENT CHARACTER}"
SPECIAL = b"\x02\x03\x05\x06\x15|\x00\xff\x81\x7f\r\n"
ROUND = 200
"""Inputs between two looks at the clock; each round has its own seed."""

Target = Callable[[list[bytes], str], None]


def records(chance: random.Random, code_page: str) -> Iterator[bytes]:
    """Valid frames."""
    for _ in range(chance.randint(1, 6)):
        fields = tuple(
            (chance.choice(NAMES), "".join(chance.choices(LETTERS, k=chance.choice((0, 1, 4, 6, 20)))))
            for _ in range(chance.randint(0, 9))
        )
        record = Record(chance.choice(KINDS), fields)
        try:
            yield encode(record, code_page)
        except Malformed:  # a letter this code page has not
            yield encode(Record(record.kind), code_page)


def mutated(chance: random.Random, stream: bytes) -> bytes:
    """The stream after a few accidents."""
    data = bytearray(stream)
    for _ in range(chance.choice((0, 1, 1, 2, 3, 8))):
        at = chance.randint(0, len(data))
        match chance.randrange(6):
            case 0:
                data[at:at] = chance.randbytes(chance.randint(1, 12))
            case 1:
                del data[at : at + chance.randint(1, 20)]
            case 2:
                data[at:at] = bytes((chance.choice(SPECIAL),))
            case 3:
                data[at:at] = data[at : at + chance.randint(1, 60)] * chance.choice((1, 2, 400))
            case 4 if at < len(data):
                data[at] ^= 1 << chance.randrange(8)
            case _:
                data[at:at] = b"x" * chance.choice((1, 100, 9000))
    return bytes(data)


def pieces(chance: random.Random, stream: bytes) -> list[bytes]:
    """The stream as segments."""
    cuts = sorted(chance.randint(0, len(stream)) for _ in range(chance.choice((0, 1, 3, 10))))
    return [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]


def read_stream(chunks: list[bytes], code_page: str) -> None:
    """TCP: the deframer and the parser. What segments it came in must not matter."""
    deframer = Deframer()
    heard = []
    for chunk in chunks:
        heard += deframer.feed(chunk)
        assert deframer.held <= MOST_BYTES, "more held than a record"
    assert heard == list(Deframer().feed(b"".join(chunks))), "segments mattered"
    for item in heard:
        if isinstance(item, bytes):
            try:
                parse(item, code_page)
            except Malformed:
                pass


def read_line(chunks: list[bytes], code_page: str) -> None:
    """Serial: the link layer, while a record of ours is on its way."""
    framing, now = SerialFraming(), 0.0
    framing.send(encode(Record("LS"), code_page), now)
    for chunk in chunks:
        now += 0.3
        said = framing.receive(chunk, now)
        framing.tick(now)
        assert framing.held <= MOST_BYTES, "more held than a record"
        assert len(said) <= 2 * len(chunk) + 1, "more said than heard"


def hold_session(chunks: list[bytes], code_page: str) -> None:
    """The conversation, from the connection on, with time passing."""
    session, now = Session(Description(code_page=code_page)), Moment(0.0, datetime(2026, 7, 1, 12, tzinfo=UTC))
    session.connected(now)
    greeting = [encode(Record(kind, (("DA", "260701"), ("TI", "120000"))), code_page) for kind in ("LS", "LA")]
    for chunk in (*greeting, *chunks):
        now = Moment(now.seconds + 2, now.wall + timedelta(seconds=2))
        session.received(chunk, now)
        session.tick(now)
    session.lost()


def with_check_bytes(chance: random.Random, frames: list[bytes]) -> bytes:
    """The frames as a serial line carries them, with an ENQ, ACK or NAK here and there."""
    return b"".join(
        frame + bytes((lrc(frame[1:-1]),)) + chance.choice((b"", b"", b"\x05", b"\x06", b"\x15")) for frame in frames
    )


@dataclass
class Tally:
    inputs: int = 0
    octets: int = 0


def one_round(seed: str, tally: Tally) -> None:
    """Raises AssertionError, or whatever the product should not have raised."""
    chance = random.Random(seed)
    for _ in range(ROUND):
        code_page = chance.choice(CODE_PAGES)
        frames = list(records(chance, code_page))
        target: Target = chance.choice((read_stream, read_line, hold_session))
        whole = with_check_bytes(chance, frames) if target is read_line else b"".join(frames)
        stream = mutated(chance, whole)
        target(pieces(chance, stream), code_page)
        tally.inputs += 1
        tally.octets += len(stream)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument(
        "--seed", default="1", help="of the first round; a round is repeated by its own, with --seconds 0"
    )
    arguments = parser.parse_args()
    tally, began, number = Tally(), time.monotonic(), 0
    seed = arguments.seed
    while True:
        try:
            one_round(seed, tally)
        except Exception:  # noqa: BLE001 - finding any is what this is for
            traceback.print_exc()
            sys.stdout.write(f"broken: --seconds 0 --seed {seed}\n")
            return 1
        number += 1
        seed = f"{arguments.seed}.{number}"
        if time.monotonic() - began >= arguments.seconds:
            break
    seconds = time.monotonic() - began
    rate = tally.inputs / seconds
    sys.stdout.write(
        f"{tally.inputs} inputs, {tally.octets} bytes in {seconds:.0f} s, no exception: {rate:.0f} inputs/s\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
