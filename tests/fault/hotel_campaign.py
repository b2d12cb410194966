"""As many sequences of ``hotel_machine`` as there is time for, from ever new beginnings.

    python -m tests.fault.hotel_campaign --minutes 60 --seed 7

The last line says how many there were and what became of the charges, or how to repeat what was broken.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter

from tests.fault.hotel_machine import run

AT_ONCE, STEPS = 100, 40


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    ends: Counter[str] = Counter()
    sequences, begin = 0, options.seed
    until = time.monotonic() + options.minutes * 60
    while time.monotonic() < until:
        for mode in ("room", "guest"):
            try:
                ends += run(mode, sequences=AT_ONCE, begin=begin, steps=STEPS)
            except AssertionError:
                say(f"broken: mode {mode}, seed {begin}")
                raise
            sequences += AT_ONCE
        begin += 1
        say(f"{sequences} sequences, {dict(ends)}")
    say(f"{sequences} sequences from seed {options.seed}, all promises kept; {dict(ends)}")


if __name__ == "__main__":
    main()
