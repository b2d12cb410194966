"""What the virtual hotel's records look like on the wire when something is odd with them."""

from __future__ import annotations

from itertools import groupby

from kiosk.hotel.fias.interface import Faults, Pairs

GARBAGE = b"\xff\x00|~"
"""Belongs to no frame."""

_NEEDED = frozenset({"RN", "RO", "G#", "GS", "GN", "SF", "AS", "P#", "WS", "DA", "TI", "MI", "MT", "BA", "KC", "$2"})
_OLD_NAME, _OLD_VALUE = 40, 50
_LISTS = {"PL"}


def disturbed(kind: str, pairs: Pairs, faults: Faults) -> Pairs:
    """The fields as an odd interface would send them; what counts is in them all the same."""
    if faults.old_limits:
        pairs = [(name, value[: _OLD_NAME if name == "GN" else _OLD_VALUE]) for name, value in pairs]
    if faults.empty_fields:
        pairs = [(name, value if name in _NEEDED else "") for name, value in pairs]
    if faults.shuffled:
        pairs = [("ZZ", "future"), *_shuffled(kind, pairs)]
    return pairs


def record(kind: str, pairs: Pairs, code_page: str) -> bytes:
    """The frame; what the code page lacks becomes "?", as hotel systems have it."""
    text = kind + "|" + "".join(f"{name}{value}|" for name, value in pairs)
    return b"\x02" + text.encode(code_page, errors="replace") + b"\x03"


def _shuffled(kind: str, pairs: Pairs) -> Pairs:
    """In reverse; but in a list each guest begins with RN and G# in any order of the rest."""
    if kind not in _LISTS:
        return pairs[::-1]
    head, *guests = _groups(pairs)
    return [pair for group in guests for pair in (*group[:2], *reversed(group[2:]))] + head


def _groups(pairs: Pairs) -> list[Pairs]:
    """What stands before the first RN, and then from RN to RN."""
    count = 0

    def number(pair: tuple[str, str]) -> int:
        nonlocal count
        count += pair[0] == "RN"
        return count

    return [list(group) for _, group in groupby(pairs, number)]
