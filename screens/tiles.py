"""Few large things to choose from: a drawing, a name and a line about it, each as wide as the column."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty

from screens.controls import Pressable
from screens.surfaces import Plate
from screens.theme import theme
from screens.words import Icon, Text


class WideTile(Pressable):
    """One of few choices. ``chosen`` marks it as an option is marked; ``onward`` shows that a touch leads on.

    ``mark`` is a word at the right, where something about this one is to be known ("now").
    """

    chosen = BooleanProperty(defaultvalue=False)

    def __init__(
        self,
        value: object,
        *,
        icon: str,
        title: str,
        note: str,
        mark: str = "",
        onward: bool = False,
        high: float = 236,
        **kwargs: Any,
    ) -> None:
        self.value = value
        self._drawn_high = high
        super().__init__(**kwargs)
        self._plate = Plate(self.canvas.before)
        self._icon = Icon(name=icon, drawn=108 if theme.portrait else 84)
        self._title = Text(role="tile", text=title)
        self._note = Text(role="body", tone="soft", text=note)
        self._mark = Text(role="body", fit="tight", bold=True, tone="pine", text=mark)
        self._onward = Icon(name="forward", drawn=64, opacity=float(onward))
        for part in (self._icon, self._title, self._note, self._mark, self._onward):
            self.add_widget(part)
        place = Clock.create_trigger(self._place, -1)
        self.bind(pos=place, size=place, pressed=self._paint, chosen=self._paint, off=self._paint)
        for part in (self._title, self._note):
            part.bind(height=place)
        self._mark.bind(texture_size=place)
        self.size_hint_y = None
        self._paint()

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
        self._title.tone, self._note.tone = ink, soft
        self._icon.tone = self._mark.tone = self._onward.tone = drawing
        self._place()

    def _place(self, *_: Any) -> None:
        self._plate.place(self, theme.px(32), max(1, theme.px(5 if self.chosen else 2)))
        pad, gap = theme.px(44), theme.px(36)
        words = self._title.height + self._note.height
        self.height = max(theme.px(self._drawn_high), words + 2 * theme.px(28))
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
