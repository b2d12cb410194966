"""What the guest is asked to look at once more, in the largest type."""

from __future__ import annotations

from datetime import date, datetime

from kiosk.texts import Texts
from kiosk.wording import clock, day_words
from screens.rows import RowCard
from screens.surfaces import Filler, Stack
from screens.theme import Shape, theme
from screens.words import Text

FIGURES = {Shape.PORTRAIT: 1.0, Shape.LANDSCAPE: 0.75, Shape.SMALL: 0.45}
"""Of the largest type: elsewhere the facts below must be seen too."""


class CallReadBack(RowCard):
    """The time of a wake-up call, its day below, and facts about it; fills the column."""

    def read(self, at: datetime, today: date, t: Texts) -> None:
        self.unbind(minimum_height=self.setter("height"))
        self.bind(minimum_height=self.setter("size_hint_min_y"))
        self.size_hint_y = 1
        day = day_words(at.date(), today, t)
        drawn = theme.type("clock") * FIGURES[theme.shape]
        self.add_widget(Filler())
        if theme.small:  # on one line, for the facts below
            line = Stack(orientation="horizontal", spacing=theme.px(48))
            line.add_widget(Filler())
            line.add_widget(Text(role="clock", tone="pine", fit="tight", text=clock(at), font_size=drawn))
            line.add_widget(Text(role="tile", fit="tight", text=day, pos_hint={"center_y": 0.5}))
            line.add_widget(Filler())
            self.add_widget(line)
        else:
            self.add_widget(Text(role="clock", tone="pine", halign="center", text=clock(at), font_size=drawn))
            self.add_widget(Text(role="title" if theme.portrait else "tile", halign="center", text=day))
        self.add_widget(Filler())
