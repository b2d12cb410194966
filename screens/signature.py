"""The field in which the guest signs: strokes as they are drawn, with their times."""

from __future__ import annotations

import time
from itertools import pairwise
from math import dist
from typing import Any

from kivy.graphics import Color, Line, Rectangle
from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from kiosk.journeys.paying import Stroke
from screens.surfaces import DashedCard
from screens.theme import theme
from screens.words import Text

LEAST_INK = 120
"""Length of all strokes together, in 1/1000 of the field's width, from which it is a signature and not a touch."""


class SignatureField(DashedCard):
    """``strokes`` are points (x, y, t): x from the left and y from the top in 1/1000 of the width, t in ms."""

    hint = StringProperty("")
    signed = BooleanProperty(defaultvalue=False)
    strokes: tuple[Stroke, ...] = ObjectProperty(())
    test_id = StringProperty("signature")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._began: float | None = None
        self._words = Text(role="body" if theme.portrait else "small", tone="soft", fit="tight")
        self.add_widget(self._words)
        with self.canvas.after:
            Color(rgba=theme.line)
            self._rule = Rectangle()
            Color(rgba=theme.ink)
        self._ink: list[Line] = []
        self._words.bind(texture_size=self._arrange)
        self.bind(pos=self._arrange, size=self._arrange, strokes=self._redraw)

    def on_hint(self, _field: SignatureField, hint: str) -> None:
        self._words.text = hint

    def do_layout(self, *_: Any) -> None:
        self._arrange()

    def _arrange(self, *_: Any) -> None:
        inset = theme.px(46)
        self._words.pos = (self.x + inset, self.y + theme.px(20))
        self._rule.pos = (self.x + inset, self._words.top + theme.px(10))
        self._rule.size = (max(0, self.width - 2 * inset), max(1, theme.px(2)))
        self._redraw()

    def clear(self) -> None:
        self.strokes = ()
        self._began = None

    def on_strokes(self, _field: SignatureField, strokes: tuple[Stroke, ...]) -> None:
        self.signed = ink_of(strokes) >= LEAST_INK

    def _redraw(self, *_: Any) -> None:
        for line in self._ink:
            self.canvas.after.remove(line)
        self._ink.clear()
        with self.canvas.after:
            for stroke in self.strokes:
                points = [part for x, y, _ in stroke for part in self._at(x, y)]
                if len(points) >= 4:
                    self._ink.append(Line(points=points, width=max(1.5, theme.px(5)), cap="round", joint="round"))

    def _at(self, x: int, y: int) -> tuple[float, float]:
        return self.x + x * self.width / 1000, self.top - y * self.width / 1000

    def _point(self, touch: Any) -> tuple[int, int, int]:
        now = time.monotonic()
        if self._began is None:
            self._began = now
        left = max(self.x, min(self.right, touch.x)) - self.x
        down = self.top - max(self.y, min(self.top, touch.y))
        return (
            round(left * 1000 / self.width),
            round(down * 1000 / self.width),
            round((now - self._began) * 1000),
        )

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos) or touch.is_mouse_scrolling:
            return False
        touch.grab(self)
        touch.ud["kept"] = True  # a stroke does not scroll the screen beneath
        self.strokes = (*self.strokes, (self._point(touch),))
        return True

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self or not self.strokes:
            return False
        self.strokes = (*self.strokes[:-1], (*self.strokes[-1], self._point(touch)))
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        return True


def ink_of(strokes: tuple[Stroke, ...]) -> float:
    """Length of all strokes, in 1/1000 of the field's width."""
    return sum(dist(one[:2], other[:2]) for stroke in strokes for one, other in pairwise(stroke))
