"""How names from Hong Kong, Taiwan and overseas are spelt where it is not pinyin: Wade-Giles, and Cantonese by habit.

Consulted only where one side wrote characters and the other letters; between two spellings it would open too much.
The Cantonese spellings are those usual in passports of Hong Kong and Macao; a character not listed has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from itertools import islice, product

from kiosk.hotel.pinyin import is_pinyin, readings
from kiosk.hotel.spelling import MOST_SPELLINGS, one_u


def _lists() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for line in resources.files("kiosk.hotel").joinpath("romanised.txt").read_text("utf-8").splitlines():
        key, _, listed = line.partition(": ")
        if not line.startswith("#"):
            found.setdefault(key, []).extend(listed.split())
    return {key: tuple(listed) for key, listed in found.items()}


_LISTS = _lists()
_SURNAMES = _LISTS["surname"]
_USUAL = 100

_SPELT = {character: spelt.split(",") for character, _, spelt in (entry.partition("=") for entry in _LISTS["habit"])}

COMPOUND_SURNAMES = frozenset(_LISTS["compound"])
VIETNAMESE_SURNAMES = frozenset(_LISTS["vietnamese"])
_WESTERN = frozenset(_LISTS["western"])

_INITIALS = {
    "zh": "ch", "ch": "ch", "z": "ts", "c": "ts", "j": "ch", "q": "ch", "x": "hs", "b": "p", "d": "t", "g": "k",
    "r": "j",
}  # fmt: skip
_WHOLE = {
    "zhi": "chih", "chi": "chih", "shi": "shih", "ri": "jih", "zi": "tzu", "ci": "tzu", "si": "ssu", "er": "erh",
    "ge": "ko", "ke": "ko", "he": "ho", "e": "o", "yi": "i", "you": "yu", "yan": "yen", "ye": "yeh",
}  # fmt: skip
_FINALS = {
    "ong": "ung", "ie": "ieh", "ian": "ien", "uo": "o", "ue": "ueh", "ve": "ueh", "iong": "iung", "iu": "iu", "v": "u",
}  # fmt: skip
_INITIALS_WRITTEN = ("zh", "ch", "sh", *tuple("bpmfdtnlgkhjqxrzcsyw"))
_UO_STAYS = frozenset(("g", "k", "h", "sh"))


@cache
def wade_giles(syllable: str) -> str:
    """A pinyin syllable (ü as v) as Taiwan's passports spell it: without apostrophes and marks."""
    if syllable in _WHOLE:
        return _WHOLE[syllable]
    initial = next(known for known in (*_INITIALS_WRITTEN, "") if syllable.startswith(known))
    final = syllable[len(initial) :]
    kept = final == "uo" and initial in _UO_STAYS
    return _INITIALS.get(initial, initial) + (final if kept else _FINALS.get(final, final))


def spellings(surname: str, given: str) -> Iterator[tuple[str, str]]:
    """Each way to spell a name in simplified characters: surname and given names as a word each.

    One way of spelling throughout; only to a surname spelt by habit there may be given names in pinyin (Singapore).
    """
    yield from product(_pinyin(surname), _pinyin(given))
    yield from product(_in_taiwan(surname), _in_taiwan(given))
    by_habit = product(*(_SPELT.get(character, ()) for character in given))
    whole = {"".join(way) for way in islice(by_habit, MOST_SPELLINGS)}
    yield from product(_SPELT.get(surname, ()), whole | _pinyin(given))


def surname_spellings(surname: str) -> frozenset[str]:
    return _pinyin(surname) | _in_taiwan(surname) | frozenset(_SPELT.get(surname, ()))


def _pinyin(characters: str) -> frozenset[str]:
    return frozenset("".join(map(one_u, way)) for way in readings(characters))


def _in_taiwan(characters: str) -> frozenset[str]:
    return frozenset("".join(map(wade_giles, way)) for way in readings(characters))


def is_chinese(word: str) -> bool:
    """Whether a word of letters can be Chinese in pinyin and is not, though it could be, a Western given name."""
    return word not in _WESTERN and is_pinyin(word)


@cache
def usual_surnames() -> frozenset[str]:
    """The hundred most frequent Chinese surnames, in pinyin."""
    return frozenset(one_u(way[0]) for surname in _SURNAMES[:_USUAL] for way in readings(surname))


@cache
def compound_surnames() -> frozenset[str]:
    """Surnames of two characters, in pinyin, as one word."""
    return frozenset("".join(map(one_u, way)) for surname in COMPOUND_SURNAMES for way in readings(surname))


@cache
def whole_surnames() -> frozenset[str]:
    """Surnames in any spelling whose bearers' given names are one name, of which no part may be left out."""
    chinese = (spelling for surname in (*_SURNAMES, *COMPOUND_SURNAMES) for spelling in surname_spellings(surname))
    return frozenset(_LISTS["overseas"]).union(VIETNAMESE_SURNAMES, chinese)
