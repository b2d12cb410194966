"""Few large things to choose from: a drawing, a name and a line about it, each as wide as the column.

On a small panel they stand side by side, without the line.
"""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty

from screens.controls import Pressable
from screens.surfaces import Plate
from screens.theme import theme
from screens.words import Icon, Text, words_wide


class Tile(Pressable):
    """One of few choices. ``chosen`` marks it as an option is marked.

    ``mark`` is a word at the right, where something about this one is to be known ("now").
    """

    chosen = BooleanProperty(defaultvalue=False)

    def __init__(self, value: object, *, icon: str, drawn: float, title: str, mark: str = "", **kwargs: Any) -> None:
        self.value = value
        super().__init__(**kwargs)
        self._plate = Plate(self.canvas.before)
        self._icon = Icon(name=icon, drawn=drawn)
        self._title = Text(role="tile", text=title)
        self._mark = Text(role="body", fit="tight", bold=True, tone="pine", text=mark)
        for part in (self._icon, self._title, *([self._mark] if mark else [])):
            self.add_widget(part)
        place = Clock.create_trigger(self._place, -1)
        self.bind(pos=place, size=place, pressed=self._paint, chosen=self._paint, off=self._paint)
        self._title.bind(height=place)
        self._mark.bind(texture_size=place)

    def _paint(self, *_: Any) -> None:
        fill, edge, ink, soft, drawing = "card", "line", "ink", "soft", "pine"
        if self.off:
            fill, edge, ink, soft, drawing = "off", "off_line", "off_ink", "off_reason", "off_ink"
        elif self.chosen:
            fill, edge, ink, soft = "pine_soft", "pine", "on_pine_soft", "on_pine_soft"
            drawing = "on_pine_soft" if theme.contrast else "pine"
        if self.pressed and not self.off:
            fill = "pressed"
            if theme.contrast:
                ink = soft = drawing = "on_pine"
        self._plate.paint(getattr(theme, fill), getattr(theme, edge))
        self._ink(ink, soft, drawing)
        self._place()

    def _ink(self, ink: str, _soft: str, drawing: str) -> None:
        self._title.tone = ink
        self._icon.tone = self._mark.tone = drawing

    def _place(self, *_: Any) -> None:
        self._plate.place(self, theme.px(32), max(1, theme.px(5 if self.chosen else 2)))


class UprightTile(Tile):
    """The drawing above the name; as high as the highest beside it."""

    def __init__(self, value: object, **kwargs: Any) -> None:
        super().__init__(value, drawn=72, **kwargs)
        self._title.halign = "center"
        self.size_hint_x = words_wide(self._title.text, self._title.font_size, bold=True) + 2 * theme.px(20)
        self._paint()

    def _place(self, *_: Any) -> None:
        super()._place()
        icon, mark, title = self._icon, self._mark, self._title
        inset, pad, first = theme.px(8), theme.px(12), theme.type("body") * 1.45
        high = first + title.height
        self.size_hint_min_y = high + 2 * pad
        beside = mark.width + theme.px(14) if mark.text else 0
        icon.x = self.center_x - (icon.width + beside) / 2
        mark.x = icon.right + theme.px(14)
        icon.center_y = mark.center_y = self.center_y + high / 2 - first / 2
        title.width, title.pos = max(1, self.width - 2 * inset), (self.x + inset, self.center_y - high / 2)


class WideTile(Tile):
    """The drawing at the left, and a line below the name. ``onward`` shows that a touch leads on."""

    def __init__(
        self, value: object, *, icon: str, note: str, onward: bool = False, high: float = 236, **kwargs: Any
    ) -> None:
        self._drawn_high = high
        self._note = Text(role="body", tone="soft", text=note)
        self._onward = Icon(name="forward", drawn=64, opacity=float(onward))
        super().__init__(value, icon=icon, drawn=108 if theme.portrait else 84, size_hint_y=None, **kwargs)
        for part in (self._note, self._onward):
            self.add_widget(part)
        self._note.bind(height=Clock.create_trigger(self._place, -1))
        self._paint()

    def _ink(self, ink: str, soft: str, drawing: str) -> None:
        super()._ink(ink, soft, drawing)
        self._note.tone, self._onward.tone = soft, drawing

    def _place(self, *_: Any) -> None:
        super()._place()
        pad, gap = theme.px(44), theme.px(36)
        words = self._title.height + self._note.height
        self.height = max(theme.px(self._drawn_high), words + 2 * theme.px(28 if theme.portrait else 18))
        right = self.right - pad
        if self._onward.opacity:
            self._onward.x, self._onward.center_y = right - self._onward.width, self.center_y
            right = self._onward.x - gap
        if self._mark.text:
            self._mark.x, self._mark.center_y = right - self._mark.width, self.center_y
            right = self._mark.x - gap
        self._icon.x, self._icon.center_y = self.x + pad, self.center_y
        left = self._icon.right + gap
        for part in (self._title, self._note):
            part.x, part.width = left, max(1, right - left)
        self._title.top = self.center_y + words / 2
        self._note.top = self._title.y
