"""What may be wrong with an original."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    BLANK = "blank"
    FAINT = "faint"
    SKEWED = "skewed"
    CUT_OFF = "cut-off"


class Finding(Struct, frozen=True):
    """A warning about a page.

    ``value``: for SKEWED degrees clockwise, for FAINT the contrast of the ink (0 to 1), for BLANK the inked part of
    the page, for CUT_OFF how many strokes are cut. ``box`` is (x, y, width, height) from the top left, each as a
    part of the picture's width or height.
    """

    kind: Kind
    value: float
    box: tuple[float, float, float, float]
