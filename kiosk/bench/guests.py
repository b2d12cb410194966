"""Finding a guest among 5,000, taking everybody in house from the hotel system, and how right names are matched."""

from __future__ import annotations

import asyncio
import csv
import time
from collections.abc import Awaitable, Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from kiosk.hotel.guest_store import GuestStore
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.names import matches
from kiosk.hotel.news import GuestIn, RollBegan, RollEnded

GUESTS = 5000
ASKED = 200

_CHINESE = tuple(
    product("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗", "晓小文志建国美丽", "伟芳娜敏静丽强磊军洋明红杰宁平雪海龙")
)
_PINYIN = tuple(
    product(
        ("WANG", "LI", "ZHANG", "LIU", "CHEN", "YANG", "HUANG", "ZHAO", "WU", "ZHOU", "XU", "SUN"),
        ("XIAO", "WEN", "ZHI", "JIAN", "GUO", "MEI", "LI", "YU"),
        ("WEI", "FANG", "NA", "MIN", "JING", "QIANG", "LEI", "JUN", "YANG", "MING", "HONG", "JIE", "NING"),
    )
)
_WESTERN = tuple(
    product(
        ("SMITH", "MÜLLER", "GARCIA", "MARTIN", "ROSSI", "JENSEN", "SILVA", "NOVAK", "DUBOIS", "KOWALSKI"),
        ("ANNA", "JOHN", "MARIA", "PETER", "EVA", "LUCAS", "CLARA", "HUGO", "NINA", "OSCAR"),
        ("GRACE", "PAUL", "ROSE", "MAX", "ELENA", "VIKTOR", "JUNE", "OTTO", "IRIS", "FELIX"),
    )
)

NAME_TABLE = Path(__file__).parents[2] / "tests" / "names.csv"


def measure() -> dict[str, float]:
    """Medians of one lookup each by name alone and by room and name; a whole resync; how names are matched."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "guests.db"
        house = [(str(1000 + number), *_name(number)) for number in range(GUESTS)]
        news = [GuestIn(room, room, {"name": name}) for room, _, name in house]
        with GuestStore(path) as store:
            began = time.perf_counter()
            store.apply([RollBegan(), *news, RollEnded()])
            took = time.perf_counter() - began
        return {**asyncio.run(_lookups(CachedGuests(path), house)), "guest_apply_per_s": round(GUESTS / took)} | (
            name_rates(name_pairs())
        )


def _name(number: int) -> tuple[str, str]:
    """As a guest types it, and as the hotel holds it: a third each in characters, in pinyin and of Western guests."""
    turn, number = number % 3, number // 3
    if turn == 0:
        name = "".join(_CHINESE[number % len(_CHINESE)])
        return name, name
    if turn == 1:
        family, *given = _PINYIN[number % len(_PINYIN)]
        return f"{''.join(given)} {family}", f"{family}/{''.join(given)} MR"
    family, *names = _WESTERN[number % len(_WESTERN)]
    return f"{names[0]} {family}", f"{family}, {' '.join(names)}"


async def _lookups(guests: CachedGuests, house: list[tuple[str, str, str]]) -> dict[str, float]:
    asked = house[:: GUESTS // ASKED]
    named = [await _milliseconds(guests.named(typed)) for _, typed, _ in asked]
    identified = [await _milliseconds(guests.identify(room, typed)) for room, typed, _ in asked]
    return {"guest_lookup_ms": round(median(named), 2), "guest_identify_ms": round(median(identified), 2)}


async def _milliseconds(answer: Awaitable[object]) -> float:
    began = time.perf_counter()
    if not await answer:
        raise RuntimeError("a guest of the house was not found")
    return (time.perf_counter() - began) * 1000


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
