"""Is the original worth copying? Blank, faint, skewed or cut off, told from a small grey picture of the page.

Runs in the document process. Lengths are in pixels of the small picture, whose longer side is ``LONG_SIDE``: for A4
one pixel is a third of a millimetre. The figures were tuned on generated letters, tables and photographs, clean and
faulty; tests/unit/test_documents_checks.py asserts what they reach.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from kiosk.documents.findings import Finding, Kind

Grey = npt.NDArray[np.int16]
Mask = npt.NDArray[np.bool_]

LONG_SIDE = 880

PAPER_PART = 0.25
SOME_PART = 0.01
DARKEST_PAPER = 128
LEAST_INK = 9
"""How much darker than paper counts as ink at all, in grey values; more where the paper itself is uneven."""
BLOCK = 8
LEAST_IN_BLOCK = 5
FEWEST_BLOCKS = 4
"""A page with ink in fewer blocks (BLOCK x BLOCK, LEAST_IN_BLOCK inked) is blank: dust leaves one or two."""

FAINT_CONTRAST = 0.36
"""The darker part of the ink should differ from the paper by this part of black on white at least."""

DENSE = 0.55
"""Text inks at most this part of its surroundings; more is a photograph, a bar or a shadow."""
SURROUNDINGS = 24
FEWEST_FOR_ANGLE = 400
MOST_FOR_ANGLE = 30_000
STEEPEST = 8.0
SKEWED_DEGREES = 1.0
LINES_SHARPNESS = 4.0
"""How much sharper lines must stand out at the found angle than at none; writing reaches 8, photographs 3."""

EDGE = 3
CUT_CONTRAST = 45
LONGEST_STROKE = 20
FEWEST_CUT_STROKES = 3
NEIGHBOURHOOD = 36
LEAST_PAPER = 0.45
"""Writing has at least this part of paper around it."""


@dataclass(frozen=True)
class Look:
    """The small picture with what is paper and what is ink on it. ``depth`` is how much darker than paper."""

    depth: Grey
    ink: Mask

    @property
    def shape(self) -> tuple[int, int]:
        height, width = self.depth.shape
        return height, width


def check(page: Path) -> list[Finding]:
    """What is wrong with a page, worst first. Raises OSError for what is no picture."""
    seen = look(page)
    if blank(seen):
        return [Finding(Kind.BLANK, round(float(seen.ink.mean()), 5), (0.0, 0.0, 1.0, 1.0))]
    found = (faint(seen), skewed(seen), cut_off(seen))
    return [finding for finding in found if finding is not None]


def look(page: Path) -> Look:
    with Image.open(page) as opened:
        opened.draft("L", (LONG_SIDE, LONG_SIDE))
        small = opened.convert("L")
    small.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.BOX)
    grey = np.asarray(small, dtype=np.int16)
    depth = np.clip(np.int16(paper_value(grey)) - grey, 0, 255)
    return Look(depth, depth > ink_threshold(grey))


def paper_value(grey: Grey) -> int:
    """The grey of the paper: the value a good part of the page has, on a full picture the lightest there is some of."""
    counts = np.bincount(grey.ravel(), minlength=256)
    parts = np.convolve(counts, np.ones(5), "same") / grey.size
    commonest = int(parts.argmax())
    if parts[commonest] >= PAPER_PART and commonest > DARKEST_PAPER:
        return commonest
    return int(np.flatnonzero(parts >= SOME_PART).max(initial=commonest))


def ink_threshold(grey: Grey) -> float:
    """Above the grain of the paper, taken from neighbouring pixels: most of a page is paper."""
    grain = np.median(np.abs(np.diff(grey[::2], axis=1)))
    return max(float(LEAST_INK), 6.0 * float(grain))


def blank(seen: Look) -> bool:
    return int((blocks(seen.ink, BLOCK) >= LEAST_IN_BLOCK).sum()) < FEWEST_BLOCKS


def blocks(mask: Mask, size: int) -> npt.NDArray[np.int64]:
    """How many pixels are set in each block; what does not fill a block at the right and bottom is left out."""
    height, width = (length // size * size for length in mask.shape)
    counts: npt.NDArray[np.int64] = (
        mask[:height, :width].reshape(height // size, size, width // size, size).sum(axis=(1, 3))
    )
    return counts


def faint(seen: Look) -> Finding | None:
    """Judged by the darker tenth of all ink: anti-aliased edges and light backgrounds say nothing."""
    contrast = float(np.percentile(seen.depth[seen.ink], 90)) / 255
    if contrast >= FAINT_CONTRAST:
        return None
    return Finding(Kind.FAINT, round(contrast, 3), box_of(seen.ink))


def skewed(seen: Look) -> Finding | None:
    """The angle at which lines of writing stand out sharpest, when there are such lines."""
    writing = seen.ink & ~dense(seen.ink)
    ys, xs = np.nonzero(writing)
    if len(xs) < FEWEST_FOR_ANGLE:
        return None
    step = max(1, len(xs) // MOST_FOR_ANGLE)
    spots = Spots(xs[::step].astype(np.float32), ys[::step].astype(np.float32))
    coarse = spots.sharpest(np.arange(-STEEPEST, STEEPEST + 0.01, 0.5))
    angle = spots.sharpest(np.arange(coarse - 0.5, coarse + 0.51, 0.1))
    if abs(angle) < SKEWED_DEGREES or spots.sharpness(angle) < LINES_SHARPNESS * spots.sharpness(0.0):
        return None
    return Finding(Kind.SKEWED, round(angle, 1), box_of(writing))


def dense(ink: Mask) -> Mask:
    """Where ink fills its surroundings."""
    full = blocks(ink, SURROUNDINGS) > DENSE * SURROUNDINGS**2
    spread = np.repeat(np.repeat(full, SURROUNDINGS, axis=0), SURROUNDINGS, axis=1)
    height, width = ink.shape
    return np.pad(spread, ((0, height - spread.shape[0]), (0, width - spread.shape[1])), mode="edge")


@dataclass(frozen=True)
class Spots:
    """Where ink of writing is, pixel by pixel."""

    xs: npt.NDArray[np.float32]
    ys: npt.NDArray[np.float32]

    def sharpest(self, angles: npt.NDArray[np.float64]) -> float:
        return float(max(angles.tolist(), key=self.sharpness))

    def sharpness(self, degrees: float) -> float:
        """How unevenly the ink falls on lines at this angle (clockwise): high when lines of writing lie along them."""
        rows = self.ys - np.float32(math.tan(math.radians(degrees))) * self.xs
        profile = np.bincount((rows - rows.min()).astype(np.int32)).astype(np.float64)
        unevenness: float = np.square(np.diff(profile)).sum().item()
        return unevenness


def cut_off(seen: Look) -> Finding | None:
    """Writing that runs over an edge: several short strokes touch it, with paper between and behind them.

    A photograph to the edge has no paper there, a shadow or a frame touches in one long stroke.
    """
    strong = seen.depth > CUT_CONTRAST
    worst: Finding | None = None
    for edge in EDGES:
        strip = edge.turned(strong)
        cut = strokes(np.logical_or.reduce(strip[:EDGE]))
        paper = ~edge.turned(seen.ink)
        writing = [stroke for stroke in cut if amid_paper(paper, stroke)]
        if len(writing) >= FEWEST_CUT_STROKES and (worst is None or len(writing) > worst.value):
            first, last = writing[0][0], writing[-1][1]
            worst = Finding(Kind.CUT_OFF, float(len(writing)), edge.box(first, last, seen.shape))
    return worst


def strokes(touching: Mask) -> list[tuple[int, int]]:
    """(first, after last) of each run of ink along an edge that is short enough for writing."""
    ends = np.flatnonzero(np.diff(np.concatenate(([False], touching, [False])).astype(np.int8)))
    runs = zip(ends[::2].tolist(), ends[1::2].tolist(), strict=True)
    return [(first, last) for first, last in runs if last - first <= LONGEST_STROKE]


def amid_paper(paper: Mask, stroke: tuple[int, int]) -> bool:
    first, last = stroke
    around = paper[:NEIGHBOURHOOD, max(0, first - NEIGHBOURHOOD) : last + NEIGHBOURHOOD]
    return float(around.mean()) >= LEAST_PAPER


@dataclass(frozen=True)
class Edge:
    """An edge of the page; ``turns`` are the quarter turns that bring it to the top."""

    turns: int

    def turned(self, mask: Mask) -> Mask:
        return np.rot90(mask, self.turns)

    def box(self, first: int, last: int, shape: tuple[int, int]) -> tuple[float, float, float, float]:
        """The neighbourhood of the edge between two places along it."""
        marked = np.zeros(shape, dtype=np.bool_)
        self.turned(marked)[:NEIGHBOURHOOD, first:last] = True
        return box_of(marked)


EDGES = (Edge(0), Edge(1), Edge(2), Edge(3))


def box_of(mask: Mask) -> tuple[float, float, float, float]:
    """The smallest box around what is set, as parts of width and height."""
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return (
        round(left / width, 4),
        round(top / height, 4),
        round((int(columns[-1]) + 1 - left) / width, 4),
        round((int(rows[-1]) + 1 - top) / height, 4),
    )
