"""Words and icons: labels in the theme's roles and tones, handed to the graphics card before they are drawn."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from kivy.clock import Clock
from kivy.core.text import Label as Measure
from kivy.graphics import Color, Rectangle
from kivy.lang import Builder
from kivy.properties import NumericProperty, OptionProperty, StringProperty
from kivy.uix.label import Label

from screens.icons import icon
from screens.lines import broken
from screens.theme import BOLD, Colour, theme
from screens.typeface import EVERYDAY, ICONS, font_of

Builder.load_string("<-Primed>:")  # without Kivy's own rule for labels: it costs a third of a screen's building


class Primed(Label):
    """A label that draws itself, and whose picture is with the graphics card before the frame is drawn.

    Kivy hands it over while it draws, and then waits for all that is drawn already: half a second for one new word on
    a machine without a graphics card. A label that is not yet in the window is left to whoever brings it in.
    """

    texture: Any
    texture_size: Any

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas:
            Color()  # the words have their colour themselves
            self._face = Rectangle()
        self.bind(pos=self._draw, size=self._draw, texture_size=self._draw, texture=self._draw)
        self._draw()

    def _draw(self, *_: Any) -> None:
        face, (wide, high) = self._face, self.texture_size
        face.texture, face.size = self.texture, (wide, high)
        # Not from ``center``: Kivy keeps that from before while it tells of a new place.
        face.pos = (int(self.x + self.width / 2 - wide / 2), int(self.y + self.height / 2 - high / 2))

    def texture_update(self, *_: Any) -> None:
        super().texture_update()
        _fresh.append(self)
        _hand_over()


_fresh: list[Primed] = []


def _prime(*_: Any) -> None:
    for label in _fresh:
        if label.texture is not None and label.get_root_window() is not None:
            label.texture.bind()
    _fresh.clear()


_hand_over = Clock.create_trigger(_prime, -1)


class Text(Primed):
    """Words in a role of the theme's type, in a tone of its palette.

    ``fit``: "box" fills the size it is given, "wrap" takes the height it needs at its width, "tight" just its own size.
    """

    role = StringProperty("body")
    tone = StringProperty("ink")
    text_size: Any  # Kivy's own, untyped
    font_name: Any
    fit = OptionProperty("wrap", options=("box", "wrap", "tight"))
    last_lines = NumericProperty(0)
    """Of words that break only so many lines are drawn, the last; 0: all."""

    def __init__(self, **kwargs: Any) -> None:
        role = kwargs.get("role", "body")
        kwargs.setdefault("font_name", EVERYDAY)
        kwargs.setdefault("font_size", theme.type(role))
        kwargs.setdefault("bold", role in BOLD)
        kwargs.setdefault("color", getattr(theme, kwargs.get("tone", "ink")))
        kwargs.setdefault("halign", "left")
        kwargs.setdefault("valign", "middle")
        super().__init__(**kwargs)
        self.on_text(self, self.text)
        self.on_fit(self, self.fit)

    def on_text(self, _text: Text, text: str) -> None:
        if self.font_name != ICONS:
            self.font_name = font_of(text)

    def texture_update(self, *_: Any) -> None:
        core, room = self._label, self.text_size[0]
        core.resolve_font_name()  # else the words are measured in the font of those before
        core.text = self.text if room is None else broken(self.text, room, lambda piece: core.get_extents(piece)[0])
        if self.last_lines:
            core.text = "\n".join(core.text.split("\n")[-self.last_lines :])
        super().texture_update()

    def on_role(self, _text: Text, role: str) -> None:
        self.font_size = theme.type(role)
        self.bold = role in BOLD

    def on_tone(self, _text: Text, tone: str) -> None:
        self.color = getattr(theme, tone)

    def on_color(self, _text: Text, colour: Colour) -> None:
        self.disabled_color = colour

    def on_fit(self, _text: Text, fit: str) -> None:
        if fit == "tight":
            self.size_hint = [None, None]
            self.text_size = [None, None]
        elif fit == "wrap":
            self.size_hint_y = None
            self.text_size = [self.width, None]
        else:
            self.size_hint_y = 1
            self.text_size = list(self.size)

    def on_size(self, _text: Text, size: tuple[float, float]) -> None:
        if self.fit == "wrap":
            self.text_size = [size[0], None]
        elif self.fit == "box":
            self.text_size = list(size)

    def on_texture_size(self, _text: Text, size: tuple[float, float]) -> None:
        if self.fit == "tight":
            self.size = size
        elif self.fit == "wrap":
            self.height = size[1]


class Icon(Primed):
    """One drawing of the icon font, ``drawn`` pixels high on the drawing."""

    name = StringProperty("service")
    drawn = NumericProperty(48)
    tone = StringProperty("pine")

    def __init__(self, **kwargs: Any) -> None:
        drawn = kwargs.get("drawn", 48)
        kwargs.setdefault("font_name", ICONS)
        kwargs.setdefault("text", icon(kwargs.get("name", "service")))
        kwargs.setdefault("color", getattr(theme, kwargs.get("tone", "pine")))
        kwargs.setdefault("size_hint", (None, None))
        side = theme.px(drawn)
        super().__init__(font_size=side, size=(side, side), **kwargs)

    def on_name(self, _icon: Icon, name: str) -> None:
        self.text = icon(name)

    def on_drawn(self, _icon: Icon, drawn: float) -> None:
        self.font_size = theme.px(drawn)
        self.size = (self.font_size, self.font_size)

    def on_tone(self, _icon: Icon, tone: str) -> None:
        self.color = getattr(theme, tone)

    def on_color(self, _icon: Icon, colour: Colour) -> None:
        self.disabled_color = colour


@lru_cache(4096)
def words_wide(text: str, font_size: float, *, bold: bool = False) -> float:
    """Pixels that ``text`` takes on one line."""
    if not text:
        return 0.0
    measure = Measure(font_name=font_of(text), font_size=font_size, bold=bold)
    return float(max(measure.get_extents(line)[0] for line in text.split("\n")))
