"""Keys to find, among thousands of guests, the few whose name is worth comparing with what was typed.

They promise one thing only: two names that match have keys in common that weigh ENOUGH. What has is a candidate.
"""

from __future__ import annotations

from collections.abc import Iterator

from kiosk.hotel.names import Name, held_name, is_surname, typed_name
from kiosk.hotel.spelling import Words

ENOUGH = 2
ALONE, HALF = ENOUGH, ENOUGH // 2
"""Weights: of a key that makes a candidate by itself, and of one of which it takes two."""

BEGINNING = 6
"""Letters in the key of a name that was cut off."""


def keys_of(held: str, given: str) -> dict[str, int]:
    """The keys of a name the hotel system holds, and what each weighs."""
    name = held_name(held, given)
    keys: dict[str, int] = {}
    for way in _ways(name):
        keys |= {f"word {word}": ALONE if way.count(word) > 1 else HALF for word in way}
    alone = [*_wholes(name), *(f"surname {family}" for family, initial in name.forms if len(initial) <= 1)]
    if is_surname(name.characters):
        alone.append(f"surname {name.characters}")
    if name.cut or name.cut_given:
        alone += _beginnings(name)
    return keys | dict.fromkeys(alone, ALONE)


def keys_asked(typed: str) -> frozenset[str]:
    """The keys to look for; a name that matches has enough of them."""
    name = typed_name(typed)
    spelt = {word for way in _ways(name) for word in way}
    surnames = {family for family, _ in name.forms} | {name.characters[:length] for length in (1, 2)}
    return frozenset(
        (
            *(f"word {word}" for word in spelt | {word[0] for word in spelt}),
            *(f"surname {family}" for family in surnames),
            *_wholes(name),
            *_beginnings(name),
        )
    )


def _ways(name: Name) -> Iterator[Words]:
    yield from name.spellings
    yield from ((*family, *given) for family, given in name.split)


def _wholes(name: Name) -> Iterator[str]:
    """Of the whole name, whatever its order: its letters sorted."""
    if name.characters:
        yield f"characters {name.characters}"
    yield from (f"letters {''.join(sorted(word))}" for word in name.joined)


def _beginnings(name: Name) -> Iterator[str]:
    whole = name.joined | {"".join(way) for way in name.spellings}
    return (f"beginning {word[:BEGINNING]}" for word in whole)
