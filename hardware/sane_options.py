"""Reading SANE's option constraints: what vendors call their sources and modes, and what sizes they offer.

Names are free text in SANE (sane-standard §4.5), so they are recognised by the words in them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hardware.protocols import Source, Tone

Constraint = Sequence[str] | Sequence[float] | tuple[float, float, float] | None

SOURCE_WORDS = {
    Source.FEEDER: ("adf", "feeder"),
    Source.GLASS: ("flatbed", "platen", "glass", "table", "normal", "fb"),
}
MODE_WORDS = {
    Tone.COLOUR: ("color", "colour", "rgb"),
    Tone.GREY: ("gray", "grey"),
}
BACK_WORDS = ("duplex", "back")
"""Names with these read the backs of sheets too, or only those: the last choice."""
USUAL_RESOLUTIONS = (75, 100, 150, 200, 240, 300, 400, 600, 1200)


def named(constraint: Iterable[object], words: Iterable[str]) -> str | None:
    """The plainest name in ``constraint`` that holds one of ``words``: "ADF" before "ADF Duplex"."""
    fitting = [str(name) for name in constraint if any(word in str(name).lower() for word in words)]
    return min(fitting, key=lambda name: (any(word in name.lower() for word in BACK_WORDS), len(name)), default=None)


def sources(constraint: Iterable[object] | None) -> dict[Source, str | None]:
    """The sources a device has, with its own names for them; a device without a source option has only a glass."""
    if constraint is None:
        return {Source.GLASS: None}
    names = list(constraint)
    found = {source: named(names, words) for source, words in SOURCE_WORDS.items()}
    return {source: name for source, name in found.items() if name is not None}


def modes(constraint: Iterable[object] | None) -> dict[Tone, str | None]:
    """The mode to set for each tone. Grey is made from colour when the device has no grey of its own."""
    if constraint is None:
        return {Tone.COLOUR: None, Tone.GREY: None}
    names = list(constraint)
    found = {tone: named(names, words) for tone, words in MODE_WORDS.items()}
    if found[Tone.GREY] is None:
        found[Tone.GREY] = found[Tone.COLOUR]
    return {tone: name for tone, name in found.items() if name is not None}


def resolutions(constraint: Constraint) -> list[int]:
    """Resolutions in dpi, ascending: a list as it is, of a range (a tuple: least, most, step) the usual ones in it."""
    if constraint is None:
        return [300]
    if isinstance(constraint, tuple):
        least, most, step = (float(edge) for edge in constraint)
        return [dpi for dpi in USUAL_RESOLUTIONS if least <= dpi <= most and (not step or (dpi - least) % step == 0)]
    return sorted({int(dpi) for dpi in constraint if float(dpi) > 0})


def longest(constraint: Constraint) -> float:
    """The far edge of a length option, in its unit; 0 when the device doesn't say."""
    if constraint is None:
        return 0.0
    return float(constraint[1]) if isinstance(constraint, tuple) else max(float(edge) for edge in constraint)
