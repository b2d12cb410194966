"""A page as a sheet of paper: the picture is read by a worker, what was found on it is drawn over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.graphics import Color, Line, Rectangle, SmoothRoundedRectangle
from kivy.graphics.texture import Texture
from kivy.uix.widget import Widget

from kiosk.journeys.copy_questions import Finding
from screens import pictures
from screens.theme import theme

A4_RATIO = 210 / 297


class Paper(Widget):
    """The picture in the middle of the room there is, with a soft shadow; empty paper until it is read."""

    def __init__(self, path: Path, findings: tuple[Finding, ...] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._findings = findings
        self._ratio = A4_RATIO
        self._texture: Texture | None = None
        self._shown = (0.0, 0.0, 0.0, 0.0)
        self._wanted = path
        self.bind(pos=self._draw, size=self._draw)
        self._read(path)

    @property
    def shown(self) -> tuple[float, float, float, float] | None:
        """Where the sheet is drawn: x, y, width, height. None while its picture is not read."""
        return self._shown if self._texture else None

    def show(self, path: Path, findings: tuple[Finding, ...]) -> None:
        self._findings, self._wanted = findings, path
        self._read(path)

    def _read(self, path: Path) -> None:
        pictures.load(path, lambda texture: self._take(path, texture))

    def _take(self, path: Path, texture: Texture) -> None:
        if path == self._wanted:
            self._texture, self._ratio = texture, texture.width / texture.height
            self._draw()

    def _draw(self, *_: Any) -> None:
        high = min(self.height, self.width / self._ratio)
        wide = high * self._ratio
        left, low = self.x + (self.width - wide) / 2, self.y + (self.height - high) / 2
        self._shown = (left, low, wide, high)
        self.canvas.clear()
        if high < 8:
            return
        with self.canvas:
            if not theme.contrast:
                self._shadow(left, low, wide, high)
            Color(1, 1, 1, 1)
            Rectangle(pos=(left, low), size=(wide, high), texture=self._texture)
            for finding in self._findings:
                _mark(finding, left, low, wide, high)

    def _shadow(self, left: float, low: float, wide: float, high: float) -> None:
        for step in range(1, 6):
            spread = theme.px(5) * step
            Color(0.11, 0.17, 0.18, 0.030)
            SmoothRoundedRectangle(
                pos=(left - spread, low - spread - theme.px(6)),
                size=(wide + 2 * spread, high + 2 * spread),
                radius=[spread],
            )


def _mark(finding: Finding, left: float, low: float, wide: float, high: float) -> None:
    x, y, part_wide, part_high = finding.box
    inset = theme.px(6)
    box = (
        left + x * wide + inset,
        low + (1 - y - part_high) * high + inset,
        max(theme.px(20), part_wide * wide - 2 * inset),
        max(theme.px(20), part_high * high - 2 * inset),
    )
    Color(*theme.alert[:3], 0.10)
    SmoothRoundedRectangle(pos=box[:2], size=box[2:], radius=[theme.px(12)])
    Color(rgba=theme.alert)
    Line(rounded_rectangle=(*box, theme.px(12)), width=max(1.2, theme.px(3)))
