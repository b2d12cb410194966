"""What lies on the ground: sheets, fine lines, pictures, blocks above each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.graphics import Color, Mesh, Rectangle, SmoothRoundedRectangle
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from screens import pictures
from screens.dashes import dashes, mesh, outline
from screens.theme import Colour, theme


class Plate:
    """A rounded sheet with an edge, drawn before a widget's own canvas."""

    def __init__(self, canvas: Any) -> None:
        with canvas:
            self._edge_colour = Color()
            self._edge = SmoothRoundedRectangle()
            self._fill_colour = Color()
            self._fill = SmoothRoundedRectangle()

    def paint(self, fill: Colour, edge: Colour) -> None:
        self._fill_colour.rgba = fill
        self._edge_colour.rgba = edge

    def place(self, widget: Widget, radius: float, edge: float) -> None:
        if widget.width <= 2 * edge or widget.height <= 2 * edge:
            return
        radius = min(radius, widget.width / 2, widget.height / 2)
        self._edge.pos, self._edge.size, self._edge.radius = widget.pos, widget.size, [radius]
        self._fill.pos = (widget.x + edge, widget.y + edge)
        self._fill.size = (widget.width - 2 * edge, widget.height - 2 * edge)
        self._fill.radius = [max(1, radius - edge)]


class Card(BoxLayout):
    """A rounded sheet that holds other widgets; ``fill`` and ``edge`` name colours of the theme."""

    fill = StringProperty("card")
    edge = StringProperty("line")
    edge_width = NumericProperty(2)
    radius = NumericProperty(32)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._plate = Plate(self.canvas.before)
        self.bind(pos=self._place, size=self._place, fill=self._paint, edge=self._paint, edge_width=self._place)
        self._paint()
        self._place()

    def _paint(self, *_: Any) -> None:
        self._plate.paint(getattr(theme, self.fill), getattr(theme, self.edge))

    def _place(self, *_: Any) -> None:
        self._plate.place(self, theme.px(self.radius), max(1, theme.px(self.edge_width)))


class DashedCard(BoxLayout):
    """A sheet with a dashed brass edge: here the guest writes."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas.before:
            Color(rgba=theme.card)
            self._sheet = SmoothRoundedRectangle()
            Color(rgba=theme.brass)
            self._edge = Mesh(mode="triangles")
        self.bind(pos=self._place, size=self._place)

    def _place(self, *_: Any) -> None:
        radius = theme.px(32)
        self._sheet.pos, self._sheet.size, self._sheet.radius = self.pos, self.size, [radius]
        pieces = dashes(outline(self.x, self.y, self.width, self.height, radius), theme.px(14), theme.px(9))
        self._edge.vertices, self._edge.indices = mesh(pieces, max(1.5, theme.px(4)))


class Stack(BoxLayout):
    """Blocks above each other, as high as they need together."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("orientation", "vertical")
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self.bind(minimum_height=self.setter("height"))


class Hairline(Widget):
    """A fine line across."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("size_hint_y", None)
        kwargs.setdefault("height", max(1, theme.px(2)))
        super().__init__(**kwargs)
        with self.canvas:
            Color(rgba=theme.line)
            self._line = Rectangle()
        self.bind(pos=self._place, size=self._place)

    def _place(self, *_: Any) -> None:
        self._line.pos, self._line.size = self.pos, self.size


class Filler(Widget):
    """Takes the room that is left."""


class Picture(Widget):
    """A picture from disk in the middle of its place, as large as it fits; blank until it is read."""

    source = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas:
            self._colour = Color(1, 1, 1, 0)
            self._face = Rectangle()
        self.bind(pos=self._place, size=self._place)

    def on_source(self, _picture: Picture, source: str) -> None:
        if source:
            pictures.load(Path(source), lambda texture: self._take(source, texture))

    def _take(self, source: str, texture: Any) -> None:
        if source == self.source:
            self._face.texture, self._colour.a = texture, 1
            self._place()

    def _place(self, *_: Any) -> None:
        texture = self._face.texture
        if texture is None:
            return
        scale = min(self.width / texture.width, self.height / texture.height)
        wide, high = texture.width * scale, texture.height * scale
        self._face.size = (wide, high)
        # Not from ``center``: Kivy keeps that from before while it tells of a new place.
        self._face.pos = (self.x + (self.width - wide) / 2, self.y + (self.height - high) / 2)

    @property
    def shown(self) -> tuple[float, float, float, float] | None:
        """Where the picture itself is drawn: x, y, width, height. None while there is none."""
        return (*self._face.pos, *self._face.size) if self._face.texture else None
