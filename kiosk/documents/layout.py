"""What a copy looks like on paper: sizes, places and the order of pages. Arithmetic only, no pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kiosk.documents.errors import DocumentError

FIT = 0
"""Scale that makes the page as large as the paper allows; other scales are percent."""

POINTS_PER_INCH = 72.0
POINTS = {"mm": POINTS_PER_INCH / 25.4, "in": POINTS_PER_INCH}
SIZE = re.compile(r"_([0-9.]+)x([0-9.]+)(mm|in)$")

Page = TypeVar("Page")


@dataclass(frozen=True)
class CopyLayout:
    """``media`` is a PWG 5101.1 name, ``darkness`` -2 (light) to 2, ``scale`` percent (25 to 400) or FIT."""

    media: str
    darkness: int = 0
    grey: bool = False
    scale: int = 100

    def __post_init__(self) -> None:
        if not -2 <= self.darkness <= 2:
            raise ValueError(f"darkness {self.darkness} is not in -2..2")
        if self.scale != FIT and not 25 <= self.scale <= 400:
            raise ValueError(f"scale {self.scale} is not FIT nor in 25..400")


@dataclass(frozen=True)
class ComposedDocument:
    """A print-ready PDF; ``pages`` counts the empty back sides that two-sided repetition needs."""

    path: Path
    pages: int


@dataclass(frozen=True)
class Place:
    """Where a picture stands on its paper, in points from the bottom left."""

    x: float
    y: float
    width: float
    height: float


def paper_size(media: str) -> tuple[float, float]:
    """Width and height in points, as the name says. Raises DocumentError("documents.media")."""
    size = SIZE.search(media)
    if size is None:
        raise DocumentError("documents.media")
    width, height, unit = size.groups()
    return float(width) * POINTS[unit], float(height) * POINTS[unit]


def place(pixels: tuple[int, int], dpi: tuple[float, float], layout: CopyLayout) -> Place:
    """A picture smaller than the paper is centred; a larger one keeps its top left corner, where originals are laid."""
    paper_width, paper_height = paper_size(layout.media)
    width, height = (length / density * POINTS_PER_INCH for length, density in zip(pixels, dpi, strict=True))
    factor = min(paper_width / width, paper_height / height) if layout.scale == FIT else layout.scale / 100
    width, height = width * factor, height * factor
    return Place(
        x=max(paper_width - width, 0.0) / 2,
        y=(paper_height - height) / (2 if height < paper_height else 1),
        width=width,
        height=height,
    )


def repeated(pages: Sequence[Page], copies: int, *, duplex: bool) -> Iterator[Page | None]:
    """The pages in the order that comes out unsorted: each leaf ``copies`` times; None is an empty back side."""
    if copies == 1:
        yield from pages
        return
    sides = 2 if duplex else 1
    for first in range(0, len(pages), sides):
        leaf: list[Page | None] = list(pages[first : first + sides])
        leaf += [None] * (sides - len(leaf))
        for _ in range(copies):
            yield from leaf


def tone_table(darkness: int) -> list[int]:
    """256 grey values for 0 to 255; black and white stay what they are."""
    return [round(255 * (value / 255) ** (2 ** (darkness / 4))) for value in range(256)]
