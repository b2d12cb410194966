"""One tall child that scrolls where it does not fit."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, SmoothRoundedRectangle
from kivy.properties import NumericProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.stencilview import StencilView
from kivy.uix.widget import Widget

from screens.theme import theme


class Scroller(StencilView):
    """Shows one tall child and scrolls it where it doesn't fit. A press is seen at once, and forgotten when it drags.

    A child that ``stretches`` is made at least as high as the room.
    """

    offset = NumericProperty(0)

    def __init__(self, content: BoxLayout, *, stretches: bool, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.content = content
        self._stretches = stretches
        content.size_hint = (None, None)
        self.add_widget(content)
        with self.canvas.after:
            self._bar_colour = Color(rgba=theme.soft)
            self._bar = SmoothRoundedRectangle()
        place = Clock.create_trigger(self._place, -1)
        self.bind(pos=place, size=place, offset=place)
        content.bind(minimum_height=place)

    @property
    def overflow(self) -> float:
        return max(0.0, float(self.content.minimum_height - self.height))

    def _place(self, *_: Any) -> None:
        overflow = self.overflow
        self.offset = min(self.offset, overflow)
        bar = theme.px(12)
        self.content.width = self.width
        self.content.height = max(self.content.minimum_height, self.height if self._stretches else 0)
        self.content.x, self.content.top = self.x, self.top + self.offset
        self._bar_colour.a = 0.8 if overflow > 1 else 0
        if overflow > 1:
            part = self.height / self.content.height
            length = max(self.height * part, theme.px(60))
            run = (self.height - length) * (self.offset / overflow)
            self._bar.size, self._bar.radius = (bar * 0.7, length), [bar * 0.35]
            self._bar.pos = (self.right + bar, self.top - run - length)  # in the margin: the content keeps its width

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        if touch.is_mouse_scrolling:
            self._scroll_by(theme.px(90) * (1 if touch.button == "scrollup" else -1))
            return True
        taken = super().on_touch_down(touch)
        if self.overflow > 1 and not touch.ud.get("kept"):
            touch.ud["scroll-start"] = self.offset
            touch.grab(self)
            return True
        return bool(taken)

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return bool(super().on_touch_move(touch))
        run = touch.y - touch.oy
        if abs(run) > theme.px(26):
            touch.ud["scrolling"] = True
        if touch.ud.get("scrolling"):
            self.offset = max(0.0, min(self.overflow, touch.ud["scroll-start"] + run))
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is self:
            touch.ungrab(self)
            return True
        return bool(super().on_touch_up(touch))

    def _scroll_by(self, run: float) -> None:
        self.offset = max(0.0, min(self.overflow, self.offset + run))

    def bring(self, widget: Widget) -> None:
        """Scroll so far that ``widget`` is seen."""
        _, low = widget.to_window(widget.x, widget.y)
        _, base = self.to_window(self.x, self.y)
        if low < base:
            self._scroll_by(base - low + theme.px(20))
        elif low + widget.height > base + self.height:
            self._scroll_by(base + self.height - low - widget.height - theme.px(20))
