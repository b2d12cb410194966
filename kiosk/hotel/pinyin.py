"""Chinese characters as Mandarin syllables: enough to meet a passport's spelling, not a dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import islice, product

# Characters that are read otherwise as a surname, or in names generally; beside the reading of the table.
_ALSO = {
    "曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "查": "zha", "翟": "zhai", "区": "ou", "朴": "piao",
    "尉": "yu", "盖": "ge", "乐": "yue", "郇": "xun", "重": "chong", "薄": "bo", "洗": "xian", "缪": "miao",
    "召": "shao", "折": "she", "能": "nai", "种": "chong", "秘": "bi", "繁": "po", "员": "yun", "长": "chang",
    "覃": "qin", "隗": "wei", "祭": "zhai", "都": "du", "茜": "xi", "句": "gou",
}  # fmt: skip

MOST_READINGS = 16
LONGEST = 6
"""Letters of a syllable: zhuang."""


@dataclass(frozen=True)
class _Table:
    readings: Mapping[str, tuple[str, ...]]
    simplified: Mapping[int, str]
    syllables: frozenset[str]


@cache
def _table() -> _Table:
    readings: dict[str, tuple[str, ...]] = {}
    simplified: dict[int, str] = {}
    syllables = set()
    for line in resources.files("kiosk.hotel").joinpath("pinyin.txt").read_text("utf-8").splitlines():
        head, _, characters = line.partition(" ")
        if head == "=":
            simplified.update(zip(map(ord, characters[::2]), characters[1::2], strict=True))
        elif head != "#":
            syllables.add(head)
            readings.update(dict.fromkeys(characters, (head,)))
    for character, reading in _ALSO.items():
        readings[character] = tuple(dict.fromkeys((*readings.get(character, ()), reading)))
    return _Table(readings, simplified, frozenset(syllables))


def simplify(text: str) -> str:
    """Traditional characters as simplified ones."""
    return text.translate(_table().simplified)


def readings(characters: str) -> frozenset[tuple[str, ...]]:
    """All ways to read ``characters``, a syllable each (ü as v); empty when one of them is not in the table."""
    known = [_table().readings.get(character, ()) for character in simplify(characters)]
    return frozenset(islice(product(*known), MOST_READINGS)) if known else frozenset()


def is_syllable(word: str) -> bool:
    """Whether ``word`` (ASCII lower case) is one Mandarin syllable."""
    return word in _table().syllables


def is_pinyin(word: str) -> bool:
    """Whether ``word`` (ASCII lower case) can be cut into Mandarin syllables; ü may be u."""
    ends = {0}
    for end in range(1, len(word) + 1):
        if any(start in ends and _spells(word[start:end]) for start in range(max(0, end - LONGEST), end)):
            ends.add(end)
    return len(word) in ends and bool(word)


def _spells(piece: str) -> bool:
    return (len(piece) > 1 and is_syllable(piece)) or piece in ("a", "e", "o")
