"""Drawings that explain, on a sheet of their own; and a name beside the place that a drawing points to."""

from __future__ import annotations

from typing import Any

from kivy.properties import ListProperty, StringProperty

from screens.surfaces import Card, Picture
from screens.theme import theme
from screens.words import Text

DRAWN = (880, 480)
PLACES = {
    "printer-media-jam": (726, 196),
    "printer-media-empty": (726, 404),
    "printer-tray-missing": (726, 404),
    "scanner-jam": (812, 258),
}
"""Where the line that a drawing points with ends, in the drawing's own pixels from the top left."""


class DrawingCard(Card):
    """A drawing on a sheet; ``label`` names the place it points to."""

    source = StringProperty("")
    label = StringProperty("")
    inset = ListProperty([40, 40])

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size_hint_min_y = theme.px(300) if not theme.small else theme.px(380)
        self._picture = Picture(size_hint=(None, None))
        self._label = Text(fit="tight", role="body", tone="alert", bold=True)
        self.add_widget(self._picture)
        self.add_widget(self._label)
        self._label.bind(texture_size=self._put)
        self.bind(pos=self._put, size=self._put, source=self._show, label=self._show)
        self._show()

    def _show(self, *_: Any) -> None:
        self._picture.source = self.source
        self._label.text = self.label
        self._put()

    def do_layout(self, *_: Any) -> None:
        self._put()

    def _put(self, *_: Any) -> None:
        inset = theme.px(self.inset[0])
        wide, high = self.width - 2 * inset, self.height - 2 * inset
        if wide < 2 or high < 2:
            return
        scale = min(wide / DRAWN[0], high / DRAWN[1], theme.px(1000) / DRAWN[0])
        self._picture.size = (DRAWN[0] * scale, DRAWN[1] * scale)
        self._picture.pos = (
            self.x + (self.width - self._picture.width) / 2,
            self.y + (self.height - self._picture.height) / 2,
        )
        self._name_place(scale)

    def _name_place(self, scale: float) -> None:
        drawing = self.source.rpartition("/")[2].removesuffix(".png")
        label, picture = self._label, self._picture
        top = picture.y + picture.height
        if drawing in PLACES:
            x, y = PLACES[drawing]
            label.x = min(picture.x + (x + 14) * scale, self.x + self.width - label.width - theme.px(20))
            label.center_y = top - y * scale
            if label.x < picture.x + x * scale:  # no room beside the line: below it
                label.top = top - (y + 14) * scale
        else:
            label.x, label.y = self.x + self.width - theme.px(28) - label.width, self.y + theme.px(20)
