"""Whether the name a guest typed is the name the hotel system holds.

A whole name is asked for: a frequent surname alone would open a room to anybody's guess. Only where the hotel system
itself holds no more than a surname is that enough. East Asian names are compared whole; of other names either side may
leave out a second given name or half a double surname, but neither the surname nor the given names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from kiosk.hotel.pinyin import is_syllable
from kiosk.hotel.romanised import (
    COMPOUND_SURNAMES,
    VIETNAMESE_SURNAMES,
    compound_surnames,
    is_chinese,
    spellings,
    surname_spellings,
    usual_surnames,
    whole_surnames,
)
from kiosk.hotel.spelling import Words, ideographs, may_be_title, unglued, words

MOST = 200
"""Characters of a name in FIAS; of what was typed, no more is looked at."""

MOST_WORDS = 8
"""Of a name. Whoever types more is guessing."""

MOST_LEFT_OUT = 2
"""Words that the hotel system may have left out."""

MOST_FORMS = 64

TRUNCATED_AT = (40, 50, 80, 200)
"""Lengths at which hotel systems cut a name off."""

SHORTEST_CUT = 10
"""Letters that such a name has at least."""

_PATRONYMIC = re.compile(r"(?:[oe]vich|[oe]vna|ichna)$")

Form = tuple[str, str]
"""Surname and given names, each written as one word; no given names where only a surname is known."""

Parts = tuple[Words, Words]
"""Surname and given names by words."""


def matches(typed: str, held: str, given: str = "") -> bool:
    """Whether ``typed`` names the guest held as ``held`` (the PMS's name, or surname) with first names ``given``."""
    mine, theirs = typed_name(typed), held_name(held, given)
    if mine.characters and theirs.characters:
        return mine.characters == theirs.characters or _is_surname_of(theirs, mine)
    return (
        not mine.forms.isdisjoint(theirs.forms)
        or not mine.run_together.isdisjoint(theirs.joined)
        or not theirs.run_together.isdisjoint(mine.joined)
        or _knows_less(mine, theirs)
        or _begins(mine, theirs)
        or _leaves_out(mine, theirs)
    )


def matches_whole(typed: str, held: str, given: str = "") -> bool:
    """Whether nothing was left out on either side: of two sharers who match, this one is meant."""
    mine, theirs = typed_name(typed), held_name(held, given)
    if mine.characters and theirs.characters:
        return mine.characters == theirs.characters
    return not mine.forms.isdisjoint(theirs.forms)


def typed_name(text: str) -> Name:
    """A name as a guest writes it: any order, punctuation means nothing."""
    return Name(text[:MOST])


def held_name(held: str, given: str = "") -> Name:
    """A name as a hotel system writes it: in two fields, or in one with a comma or a slash behind the surname."""
    cut = len(held) in TRUNCATED_AT
    held = unglued(held)
    family, mark, rest = _split(held)
    if given and not _repeats(given, held):
        return Name(f"{held} {given}", parts=(held, given), cut=cut, cut_given=len(given) in TRUNCATED_AT)
    if mark:
        return Name(held, parts=(family, rest), cut_given=cut)
    return Name(held, cut=cut)


def _split(held: str) -> tuple[str, str, str]:
    found = re.search(r"[,/，、]", held)
    return (held[: found.start()], found[0], held[found.end() :]) if found else (held, "", "")


def _repeats(given: str, held: str) -> bool:
    """Whether ``held`` repeats the given names."""
    if ideographs(given):
        return ideographs(given) in ideographs(held)
    return any(set(mine) <= set(theirs) for mine in words(given) for theirs in words(held))


@dataclass(frozen=True)
class Name:
    """A name and the ways to read it. ``cut`` and ``cut_given``: the text ends where the hotel system's field does."""

    text: str
    parts: tuple[str, str] | None = None
    cut: bool = False
    cut_given: bool = False

    def __repr__(self) -> str:
        return "Name()"

    @cached_property
    def spellings(self) -> frozenset[Words]:
        """Its Latin words, where they are the name and not one given beside it."""
        found = frozenset(way for way in words(self.text) if 0 < len(way) <= MOST_WORDS)
        return frozenset() if self._ideographs else found

    @cached_property
    def _ideographs(self) -> str:
        return ideographs(self.text)

    @cached_property
    def characters(self) -> str:
        """Its ideographs; a single one together with the Latin given names it stands with."""
        added = min(words(self.text), default=())
        return self._ideographs + "".join(added) if len(self._ideographs) == 1 else self._ideographs

    @cached_property
    def split(self) -> frozenset[Parts]:
        """Surname and given names where the writer told them apart, and neither is but a title."""
        if self.parts is None:
            return frozenset()
        family, given = (words(part) for part in self.parts)
        pairs = ((before, after) for before in family for after in given if before and after)
        return frozenset(parts for parts in pairs if (*parts[0], *parts[1]) in self.spellings)

    @cached_property
    def forms(self) -> frozenset[Form]:
        if self._ideographs:
            return frozenset(islice(self._forms_of_characters(), MOST_FORMS))
        if self.split:
            found = {form for parts in self.split for form in _with_added(parts)}
            return frozenset(found)
        return frozenset(form for way in self.spellings for form in _forms(way))

    @cached_property
    def joined(self) -> frozenset[str]:
        """All of it as one word, surname first or last."""
        return frozenset(word for family, given in self.forms for word in (family + given, given + family))

    @cached_property
    def run_together(self) -> frozenset[str]:
        """It came as one word."""
        return frozenset(way[0] for way in self.spellings if len(way) == 1)

    def _forms_of_characters(self) -> Iterator[Form]:
        characters = self._ideographs
        length = 2 if characters[:2] in COMPOUND_SURNAMES else 1
        surname, given = characters[:length], characters[length:]
        added = [way for way in words(self.text) if way]
        if given:
            yield from spellings(surname, given)
        elif not added:
            yield from ((spelt, "") for spelt in surname_spellings(surname))
        yield from ((spelt, "".join(way)) for spelt in surname_spellings(surname) for way in added)


def _forms(way: Words) -> Iterator[Form]:
    """Where the surname may be, told by where a Chinese one can be; anywhere in other names."""
    if len(way) == 1:
        yield way[0], ""
    elif all(map(is_chinese, way)):
        yield from _chinese_forms(way)
    else:
        for whole in {way, _as_called(way)}:
            for cut in range(1, len(whole)):
                before, after = "".join(whole[:cut]), "".join(whole[cut:])
                yield before, after
                yield after, before
        yield from _without_added(way)


def _as_called(way: Words) -> Words:
    """Without the middle name that by custom is left out: a patronymic, or the Vietnamese Van and Thi."""
    vietnamese = way[0] in VIETNAMESE_SURNAMES
    if len(way) < 3:
        return way
    kept = [word for word in way[1:] if not (_PATRONYMIC.search(word) or (vietnamese and word in ("van", "thi")))]
    return (way[0], *kept) if kept else way


def _chinese_forms(way: Words) -> Iterator[Form]:
    for length in (1, 2):
        if length < len(way):
            first, last = "".join(way[:length]), "".join(way[-length:])
            if _can_be_surname(first, length):
                yield first, "".join(way[length:])
            if _can_be_surname(last, length) and not _surely_first(way):
                yield last, "".join(way[:-length])
    if not (_can_be_surname(way[0], 1) or _can_be_surname(way[-1], 1)):
        yield way[0], "".join(way[1:])
        yield way[-1], "".join(way[:-1])


def _can_be_surname(word: str, length: int) -> bool:
    return word in compound_surnames() or (length == 1 and (is_syllable(word) or word in whole_surnames()))


def _surely_first(way: Words) -> bool:
    return len(way) > 2 and way[0] in usual_surnames() and way[-1] not in usual_surnames()


def _without_added(way: Words) -> Iterator[Form]:
    """A Chinese name with a Western one beside it is known by either."""
    chinese = tuple(word for word in way if is_chinese(word))
    added = tuple(word for word in way if not is_chinese(word))
    if not added or len(chinese) < 2 or not whole_surnames().isdisjoint(added):
        return
    families = [word for word in (chinese[0], chinese[-1]) if word in usual_surnames() | compound_surnames()]
    if families:
        yield from _chinese_forms(chinese)
        if way[0] == families[0] or len(families) == 1:
            yield families[0], "".join(added)


def _with_added(parts: Parts) -> Iterator[Form]:
    family, given = parts
    yield "".join(family), "".join(given)
    yield "".join(family), "".join(_as_called((*family[:1], *given))[1:])
    if len(family) == 1 and family[0] in usual_surnames():
        yield from (form for form in _without_added((*family, *given)) if form[0] == family[0])


def is_surname(characters: str) -> bool:
    """Whether no more is known than a Chinese surname."""
    return len(characters) == 1 or characters in COMPOUND_SURNAMES


def _is_surname_of(held: Name, typed: Name) -> bool:
    return is_surname(held.characters) and typed.characters.startswith(held.characters)


def _knows_less(typed: Name, held: Name) -> bool:
    """The hotel system holds a surname only, or one with an initial."""
    short = {form for form in held.forms if len(form[1]) <= 1 < len(form[0])}
    return any(family == mine[0] and mine[1].startswith(initial) for family, initial in short for mine in typed.forms)


def _begins(typed: Name, held: Name) -> bool:
    """What the hotel system cut off may be the beginning of what was typed."""
    if held.split:
        return any(_continues(mine, form, held) for form in held.forms for mine in typed.forms)
    if not held.cut:
        return False
    begun = {"".join(way[:-1] if may_be_title(way[-1]) else way) for way in held.spellings}
    long_enough = tuple(word for word in begun if len(word) >= SHORTEST_CUT)
    return any(whole.startswith(long_enough) for whole in typed.joined)


def _continues(typed: Form, form: Form, held: Name) -> bool:
    family, given = form
    if held.cut_given:
        return typed[0] == family and typed[1].startswith(given) and len(family + given) >= SHORTEST_CUT
    return held.cut and typed[1] == given and typed[0].startswith(family) and len(family) >= SHORTEST_CUT


def _leaves_out(typed: Name, held: Name) -> bool:
    return any(
        _split_agrees(mine, parts) for mine in typed.spellings for parts in held.split if not _is_whole(parts[0])
    ) or any(
        _unsplit_agrees(mine, theirs)
        for mine in typed.spellings
        for theirs in held.spellings
        if not held.split and not (_is_whole(theirs[:1]) or _is_whole(theirs[-1:]))
    )


def _is_whole(family: Words) -> bool:
    return "".join(family) in whole_surnames()


def _split_agrees(typed: Words, held: Parts) -> bool:
    """Both the surname and the given names agree, as far as one of both sides writes them."""
    cuts = ((way[:cut], way[cut:]) for way in _turns(typed) for cut in range(1, len(typed)))
    return any(
        (_follows(family, held[0]) and _follows(given, held[1]))
        or (
            len(typed) - len((*held[0], *held[1])) <= MOST_LEFT_OUT
            and _follows(held[0], family)
            and _follows(held[1], given, initials=True)
        )
        for family, given in cuts
    )


def _unsplit_agrees(typed: Words, held: Words) -> bool:
    """Which words are the surname is not known: what was typed must reach across the border, wherever that is."""
    known = tuple(word for word in held if len(word) > 1)
    if min(len(typed), len(known)) < 2:
        return False
    if len(typed) - len(held) <= MOST_LEFT_OUT and any(_follows(turn, typed, initials=True) for turn in _turns(held)):
        return True
    return _reaches_across(typed, known) and any(_follows(typed, turn) for turn in _turns(held))


def _reaches_across(typed: Words, held: Words) -> bool:
    """It has the first word and the last, or, of a long name, turned its halves around."""
    if {held[0], held[-1]} <= set(typed):
        return True
    half = len(held) // 2
    return (
        len(held) > 3
        and not _follows(typed, held)
        and not set(held[:half]).isdisjoint(typed)
        and not set(held[half:]).isdisjoint(typed)
    )


def _follows(short: Words, long: Words, *, initials: bool = False) -> bool:
    """Whether the words of ``short`` are among those of ``long``, in this order.

    ``initials``: one letter of ``short``, which is the hotel system's, stands for a word.
    """
    left = iter(long)
    return all(
        any(word == other or (initials and len(word) == 1 and other.startswith(word)) for other in left)
        for word in short
    )


def _turns(way: Words) -> Iterator[Words]:
    return (way[cut:] + way[:cut] for cut in range(len(way)))
