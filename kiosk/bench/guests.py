"""Finding a guest among 5,000, taking everybody in house from the hotel system, and how right names are matched."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from kiosk.hotel.names import matches

NAME_TABLE = Path(__file__).parents[2] / "tests" / "names.csv"


@dataclass(frozen=True)
class NamePair:
    """What a guest typed against what the hotel system holds, and whether that is the same guest."""

    typed: str
    held: str
    given: str
    match: bool
    why: str

    def __repr__(self) -> str:
        return self.why


def name_pairs() -> list[NamePair]:
    """The table by which name matching is measured."""
    with NAME_TABLE.open(encoding="utf-8", newline="") as table:
        _, *rows = csv.reader(table)
    return [NamePair(typed, held, given, match == "yes", why) for typed, held, given, match, why in rows]


def name_rates(pairs: Iterable[NamePair]) -> dict[str, float]:
    """In percent: of the other guests who are let in, and of the right ones who are turned away."""
    wrong: dict[bool, list[bool]] = {True: [], False: []}
    for pair in pairs:
        wrong[pair.match].append(matches(pair.typed, pair.held, pair.given) is not pair.match)
    return {
        "name_false_accept_percent": round(100 * sum(wrong[False]) / len(wrong[False]), 2),
        "name_false_reject_percent": round(100 * sum(wrong[True]) / len(wrong[True]), 2),
    }
