"""Whether the name a guest typed is the name the hotel system holds for the room.

A whole name is asked for: a frequent surname alone would open a room to anybody's guess. Only where the hotel system
itself holds no more than a surname is that enough.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from kiosk.hotel.pinyin import is_syllable, readings, simplify

Words = tuple[str, ...]

MOST = 200
"""Characters of a name in FIAS; of what was typed, no more is looked at."""

TRUNCATED_AT = (40, 80, 200)
"""Lengths at which hotel systems cut a name off."""

_TITLES = frozenset(
    ("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "frau", "mme", "mlle", "sir", "madam", "mdm", "sr", "sra")
)
_HAN_TITLES = re.compile(r"(先生|女士|小姐|太太|夫人|博士|教授)$")
_NOT_DECOMPOSED = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_JOINERS = re.compile(r"['’‘ʼ`´.]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_U_UMLAUT = re.compile(r"^([ln])(?:v|yu)")


def matches(typed: str, held: str, given: str = "") -> bool:
    """Whether ``typed`` names the guest held as ``held`` (the PMS's name, or surname) with first names ``given``."""
    typed = typed[:MOST]
    wanted = _spellings(typed)
    truncated = len(held) in TRUNCATED_AT
    whole = (f"{held} {given}",) if given and not _is_within(given, held) else (held,)
    if all(_HAN.search(text) for text in (typed, *whole)):
        return any(_han(typed) == _han(text) for text in whole)
    return any(_agree(mine, theirs, truncated) for text in whole for theirs in _spellings(text) for mine in wanted)


def _is_within(given: str, held: str) -> bool:
    return all(word in _words(held) for word in _words(given))


def _agree(typed: Words, held: Words, truncated: bool) -> bool:
    if not typed or not held:
        return False
    if truncated and len(held) > 1 and _begins(typed, held):
        return True
    if not {"".join(turn) for turn in _turns(typed)}.isdisjoint("".join(turn) for turn in _turns(held)):
        return True
    if all(map(is_syllable, held)) or min(len(typed), len(held)) < 2:
        return len(held) == 1 and len(typed) > 1 and not is_syllable(held[0]) and held[0] in (typed[0], typed[-1])
    return any(_follows(typed, turn) or _includes(typed, turn) for turn in _turns(held))


def _begins(typed: Words, held: Words) -> bool:
    """The last word of ``held`` was cut off: it may be the beginning of a longer one."""
    *full, cut = held
    return any(
        list(turn[: len(full)]) == full and len(turn) > len(full) and turn[len(full)].startswith(cut)
        for turn in _turns(typed)
    )


def _follows(typed: Words, held: Words) -> bool:
    """Whether the guest left words out."""
    left = iter(held)
    return all(any(_same(word, other) for other in left) for word in typed)


def _includes(typed: Words, held: Words) -> bool:
    """Whether the hotel system left words out."""
    left = iter(typed)
    return all(any(_same(word, other) for word in left) for other in held)


def _same(word: str, held: str) -> bool:
    """An initial is enough where the hotel system knows no more; a typed initial is not."""
    return word == held or (len(held) == 1 and word.startswith(held))


def _turns(words: Words) -> Iterator[Words]:
    """Family name first or last, with the given names in their own order."""
    return (words[cut:] + words[:cut] for cut in range(len(words)))


def _spellings(text: str) -> frozenset[Words]:
    """Each way to write ``text`` in plain lower-case letters, by words; Chinese characters as their syllables."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold())
    if _HAN.search(folded):
        return frozenset(tuple(map(_one_u, words)) for words in readings(_han(text)))
    return frozenset((_words(folded), _words(folded.translate(_SPELT_OUT))))


def _words(text: str) -> Words:
    spaced = _JOINERS.sub("", _without_marks(text.casefold()))
    words = [_one_u(word) for word in re.findall(r"\w+", spaced)]
    return tuple(_without_titles(words))


def _without_titles(words: list[str]) -> Iterable[str]:
    kept = [word for word in words if word not in _TITLES]
    return kept or words


def _without_marks(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text.translate(_NOT_DECOMPOSED))
    return "".join(char for char in apart if not unicodedata.combining(char))


def _one_u(word: str) -> str:
    """吕 is LÜ, LU, LV or, in newer passports, LYU."""
    return _U_UMLAUT.sub(r"\1u", word)


def _han(text: str) -> str:
    """Simplified characters without titles, spaces, punctuation and romanised additions."""
    characters = "".join(_HAN.findall(unicodedata.normalize("NFKC", text)))
    return simplify(_HAN_TITLES.sub("", characters) or characters)
