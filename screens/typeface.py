"""Which characters the glass keeps at hand, and which font a text is drawn with.

A font is opened once for every size, and each time takes memory and time by the characters it has: 2.5 MB and 3 ms with
all 65,000, 0.3 MB and 0.5 ms with the everyday ones. So a text is drawn with the everyday cut of the typeface, and with
the whole of it only when it has a character that is not everyday: a rare one in a guest's name, another script.
"""

from __future__ import annotations

EVERYDAY, WHOLE, ICONS = "Sans", "SansWhole", "Icons"
"""Names that Kivy knows the fonts by."""

FEATURES = ("ccmp", "locl", "calt", "liga", "kern", "mark")
SCRIPTS = ("latn.dflt", "DFLT.dflt")
"""OpenType features in force in words that run from left to right, for the script that Kivy declares all words to be:
those for other regions double the characters."""


def _of_gb2312(*rows: int) -> str:
    """The characters of these rows of GB/T 2312."""
    cells = bytes(part for row in rows for cell in range(1, 95) for part in (0xA0 + row, 0xA0 + cell))
    return cells.decode("gb2312", errors="ignore")


CHARACTERS = frozenset(
    "".join(map(chr, (*range(0x20, 0x7F), *range(0xA0, 0x180))))  # Latin of western and central Europe
    + "".join(map(chr, range(0x2010, 0x2027)))  # dashes, quotation marks, dots
    + "€−"
    + _of_gb2312(1, 2, 3, *range(16, 56))  # signs, and the 3,755 characters of everyday Chinese
)


def font_of(text: str) -> str:
    """The name of the font that has every character of ``text``; line ends have none."""
    return EVERYDAY if CHARACTERS.issuperset(text.replace("\n", "")) else WHOLE
