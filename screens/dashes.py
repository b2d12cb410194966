"""A dashed rounded frame as one mesh: Kivy's own dashed lines are one pixel thin and slow to make."""

from __future__ import annotations

from itertools import pairwise
from math import cos, hypot, pi, sin

Point = tuple[float, float]
CORNER_STEPS = 8


def outline(x: float, y: float, wide: float, high: float, radius: float) -> list[Point]:
    """Points around a rounded rectangle, closed."""
    corners = (
        (x + wide - radius, y + high - radius, 0.0),
        (x + radius, y + high - radius, pi / 2),
        (x + radius, y + radius, pi),
        (x + wide - radius, y + radius, 3 * pi / 2),
    )
    points = [
        (
            cx + radius * cos(start + step * pi / 2 / CORNER_STEPS),
            cy + radius * sin(start + step * pi / 2 / CORNER_STEPS),
        )
        for cx, cy, start in corners
        for step in range(CORNER_STEPS + 1)
    ]
    return [*points, points[0]]


def dashes(points: list[Point], dash: float, gap: float) -> list[tuple[Point, Point]]:
    """The drawn pieces along a line of points; a dash that goes round a corner is drawn in pieces."""
    pieces: list[tuple[Point, Point]] = []
    drawing, left = True, dash
    for (x, y), (to_x, to_y) in pairwise(points):
        length = hypot(to_x - x, to_y - y)
        done = 0.0
        while length - done > 1e-6:
            step = min(left, length - done)
            if drawing:
                a, b = done / length, (done + step) / length
                pieces.append(((x + a * (to_x - x), y + a * (to_y - y)), (x + b * (to_x - x), y + b * (to_y - y))))
            done, left = done + step, left - step
            if left <= 1e-6:
                drawing = not drawing
                left = dash if drawing else gap
    return pieces


def mesh(pieces: list[tuple[Point, Point]], thick: float) -> tuple[list[float], list[int]]:
    """Vertices (x, y, u, v) and indices of triangles."""
    vertices: list[float] = []
    indices: list[int] = []
    for number, ((x, y), (to_x, to_y)) in enumerate(pieces):
        length = hypot(to_x - x, to_y - y) or 1.0
        off_x, off_y = -(to_y - y) / length * thick / 2, (to_x - x) / length * thick / 2
        for px, py, sign in ((x, y, 1), (x, y, -1), (to_x, to_y, 1), (to_x, to_y, -1)):
            vertices += [px + sign * off_x, py + sign * off_y, 0, 0]
        base = number * 4
        indices += [base, base + 1, base + 2, base + 1, base + 2, base + 3]
    return vertices, indices
