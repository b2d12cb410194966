"""Breaks text into lines as Chinese and English are set together: no line begins with a full stop or a comma.

Kivy breaks at spaces only, or inside words where there are none; Chinese has no spaces and may break between any two
characters but before a closing or after an opening mark (GB/T 15834).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

CLOSING = "，。、；：？！）》”’」』％·…"
OPENING = "（《“‘「『¥"

MOVABLE = 2
"""Pieces that a line must have more than to give one away."""

_LETTERS = "0-9A-Za-zÀ-ɏ\u0300-\u058fḀ-\u1fff"
"""Of the scripts that put a space between words: Latin with its accents, Greek, Cyrillic, Armenian."""

_UNIT = re.compile(
    rf"[{OPENING}]*(?:[{_LETTERS}¥$%+\-/.,:;!?'()→@_&—~]+|[^\s{_LETTERS}])[{CLOSING}.,;:!?%]*|\s+",
)


def units(text: str) -> Iterator[str]:
    """The pieces that stay together: a word or a character with the marks that belong to it; or white space."""
    yield from _UNIT.findall(text)


def broken(text: str, width: float, measure: Callable[[str], float]) -> str:
    """``text`` with line ends where it has to break to stay within ``width``; ``measure`` gives a piece's width."""
    return "\n".join(line for part in text.split("\n") for line in _lines(part, width, measure))


def _lines(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    if measure(text) <= width:
        yield text
        return
    lines: list[list[str]] = [[]]
    for unit in units(text):
        line = "".join(lines[-1])
        if line.strip() and not unit.isspace() and measure(line + unit) > width:
            lines.append([])
        lines[-1].append(unit)
    _keep_company(lines, width, measure)
    for pieces in lines:
        yield "".join(pieces).strip()


def _keep_company(lines: list[list[str]], width: float, measure: Callable[[str], float]) -> None:
    """No single Chinese character and no single word alone at the end: the one before it comes along."""
    if len(lines) < 2:
        return
    before, last = lines[-2:]
    alone = len("".join(last).strip(CLOSING)) == 1 and not last[0].isascii()
    if alone and len(before) > MOVABLE and not before[-1].isascii():
        last.insert(0, before.pop())
    words = [number for number, piece in enumerate(before) if not piece.isspace()]
    if len(last) == 1 and last[0].isascii() and len(words) > MOVABLE and before[words[-1]].isascii():
        along = before[words[-1] :]
        if measure("".join((*along, *last))) <= width:
            last[:0] = along
            del before[words[-1] :]
