"""A name as text, taken apart: Chinese, Japanese and Korean characters, and words of plain lower-case letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import islice, product

from kiosk.hotel.pinyin import simplify

Words = tuple[str, ...]

MOST_SPELLINGS = 16

_TITLES = frozenset(
    (
        "mr",
        "mrs",
        "ms",
        "miss",
        "mx",
        "mstr",
        "dr",
        "prof",
        "sir",
        "madam",
        "mdm",
        "mme",
        "mlle",
        "herr",
        "frau",
        "hr",
        "fr",
        "sr",
        "sra",
        "srta",
        "senor",
        "senora",
        "sig",
        "dott",
        "monsieur",
        "madame",
        "mademoiselle",
        "jr",
        "jnr",
        "snr",
        "ii",
        "iii",
        "phd",
        "esq",
        "vip",
    )
)
_HAN_TITLES = re.compile(
    "尊敬的|先生|女士|小姐|太太|夫人|博士|教授|老师|经理|医生|律师|主任|贵宾|(?:様|さま|さん|씨|님)$"
)
_IDEOGRAPHS = re.compile(r"[\u3005\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0003ffff]")
_NOT_DECOMPOSED = str.maketrans(
    {"ø": "o", "đ": "d", "ł": "l", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}
)
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe"})
_JOINERS = re.compile(r"['’‘ʼ`´.]")
_GLUED_TITLE = re.compile(r"(?<=\w\w)(?:MRS|MR|MSTR|MISS|MS)$")


def ideographs(text: str) -> str:
    """The characters of ``text``, simplified, without titles, spaces, punctuation and romanised additions."""
    found = simplify("".join(_IDEOGRAPHS.findall(unicodedata.normalize("NFKC", text))))
    return _HAN_TITLES.sub("", found) or found


def words(text: str) -> frozenset[Words]:
    """Each way to write the letters of ``text`` in ASCII, word by word, without titles: ü is "u" or "ue"."""
    spelt = _IDEOGRAPHS.sub(" ", unicodedata.normalize("NFC", unicodedata.normalize("NFKC", text).casefold()))
    apart = without_titles(re.findall(r"\w+", _JOINERS.sub("", unicodedata.normalize("NFC", spelt))))
    ways = [dict.fromkeys((_plain(word), _plain(word.translate(_SPELT_OUT)))) for word in apart]
    return frozenset(tuple(way) for way in islice(product(*ways), MOST_SPELLINGS))


def without_titles(spelt: Iterable[str]) -> list[str]:
    """The words that are no title; all of them where there is nothing else."""
    every = list(spelt)
    return [word for word in every if _plain(word) not in _TITLES] or every


def may_be_title(cut_off: str) -> bool:
    """Whether a word that was cut off began a title."""
    return any(title.startswith(cut_off) for title in _TITLES)


def unglued(text: str) -> str:
    """A name from a booking system without the title that is stuck to it: LI/MINGMR."""
    return _GLUED_TITLE.sub("", text) if "/" in text else text


def _plain(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.translate(_NOT_DECOMPOSED))
    return one_u("".join(char for char in apart if not unicodedata.combining(char)))


def one_u(word: str) -> str:
    """吕 is LÜ, LU, LV or, in newer passports, LYU."""
    return re.sub(r"([ln])v", r"\1u", re.sub(r"^nyu|lyu", lambda found: found[0][0] + "u", word))
