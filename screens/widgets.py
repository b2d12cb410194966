"""The pieces every screen is made of: text, icons, surfaces, things to press, things that scroll.

They read the theme once, when they are built; a change of theme builds them anew. Those that occur by the dozen draw
themselves in Python, because a kv rule for each would be felt when a screen is put up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Mesh, Rectangle, SmoothRoundedRectangle
from kivy.properties import BooleanProperty, NumericProperty, OptionProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.stencilview import StencilView
from kivy.uix.widget import Widget

from screens import pictures, sounds
from screens.dashes import dashes, mesh, outline
from screens.icons import icon
from screens.lines import broken
from screens.theme import BOLD, Colour, theme


class Text(Label):
    """Words in a role of the theme's type, in a tone of its palette.

    ``fit``: "box" fills the size it is given, "wrap" takes the height it needs at its width, "tight" just its own size.
    """

    role = StringProperty("body")
    tone = StringProperty("ink")
    text_size: Any  # Kivy's own, untyped
    fit = OptionProperty("wrap", options=("box", "wrap", "tight"))

    def __init__(self, **kwargs: Any) -> None:
        role = kwargs.get("role", "body")
        kwargs.setdefault("font_name", "Sans")
        kwargs.setdefault("font_size", theme.type(role))
        kwargs.setdefault("bold", role in BOLD)
        kwargs.setdefault("color", getattr(theme, kwargs.get("tone", "ink")))
        kwargs.setdefault("halign", "left")
        kwargs.setdefault("valign", "middle")
        super().__init__(**kwargs)
        self.on_fit(self, self.fit)

    def texture_update(self, *_: Any) -> None:
        core, room = self._label, self.text_size[0]
        core.text = self.text if room is None else broken(self.text, room, lambda piece: core.get_extents(piece)[0])
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


class Icon(Label):
    """One drawing of the icon font, ``drawn`` pixels high on the drawing."""

    name = StringProperty("service")
    drawn = NumericProperty(48)
    tone = StringProperty("pine")

    def __init__(self, **kwargs: Any) -> None:
        drawn = kwargs.get("drawn", 48)
        kwargs.setdefault("font_name", "Icons")
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


class Stack(BoxLayout):
    """Blocks above each other, as high as they need together."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("orientation", "vertical")
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self.bind(minimum_height=self.setter("height"))


class Pressable(Widget):
    """Something a finger can press. It answers in the next frame; ``on_tap`` comes when the finger leaves it.

    ``off`` draws it as impossible and keeps it from being tapped, unless ``tells_why``: then ``on_refused`` comes.
    """

    test_id = StringProperty("")
    pressed = BooleanProperty(defaultvalue=False)
    off = BooleanProperty(defaultvalue=False)
    tells_why = BooleanProperty(defaultvalue=False)

    __events__ = ("on_tap", "on_refused")

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos) or touch.is_mouse_scrolling:
            return False
        if self.off and not self.tells_why:
            return True
        touch.grab(self)
        self.pressed = True
        sounds.play("tick")
        return True

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        self.pressed = self.collide_point(*touch.pos) and not touch.ud.get("scrolling")
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        tapped, self.pressed = self.pressed, False
        if tapped and not touch.ud.get("scrolling"):
            self.dispatch("on_refused" if self.off else "on_tap")
        return True

    def on_tap(self) -> None:
        pass

    def on_refused(self) -> None:
        pass


FACES = {
    # kind: fill, edge, text, icon, fill while pressed
    "plain": ("card", "line", "ink", "ink", "pressed"),
    "main": ("pine", "pine", "on_pine", "on_pine", "attract_bottom"),
    "light": ("attract_ink", "attract_ink", "attract_top", "attract_top", "pressed"),
    "call": ("brass_soft", "brass", "brass_ink", "brass_ink", "pressed"),
    "off": ("off", "off_line", "off_ink", "off_ink", "off"),
}


class TouchButton(Pressable):
    """A button that says what it does; ``high`` pixels, more where its words need two lines.

    As wide as its place; with ``hug`` as wide as its words ask. ``upright`` puts the icon above them.
    """

    text = StringProperty("")
    icon = StringProperty("")
    trailing = StringProperty("")
    kind = OptionProperty("plain", options=tuple(FACES))
    role = StringProperty("control")
    radius = NumericProperty(28)
    strong = BooleanProperty(defaultvalue=False)
    hug = BooleanProperty(defaultvalue=False)
    upright = BooleanProperty(defaultvalue=False)
    natural = NumericProperty(0)
    inset = NumericProperty(30)
    icon_drawn = NumericProperty(48)
    high = NumericProperty(0)
    _drawing_tone = "ink"

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("size_hint_y", None)
        kwargs.setdefault("high", theme.space("button"))
        kwargs["height"] = kwargs["high"]
        self._label = Text(fit="tight", halign="center", role=kwargs.get("role", "control"))
        self._icon: Icon | None = None
        self._trailing: Icon | None = None
        super().__init__(**kwargs)
        self._plate = Plate(self.canvas.before)
        self.add_widget(self._label)
        shape = Clock.create_trigger(self._shape, -1)
        self.bind(text=shape, icon=shape, trailing=shape, strong=shape, high=shape, pos=shape, size=shape, role=shape)
        self._label.bind(texture_size=shape)
        self.bind(kind=self._paint, pressed=self._paint, off=self._paint)
        self._paint()
        self._shape()

    def _paint(self, *_: Any) -> None:
        fill, edge, ink, drawing, down = FACES["off" if self.off else self.kind]
        shown = down if self.pressed else fill
        self._plate.paint(getattr(theme, shown), getattr(theme, edge))
        if theme.contrast and self.pressed:
            ink = drawing = "on_pine" if self.kind != "main" else "ink"
        self._label.tone, self._drawing_tone = ink, drawing
        for part in (self._icon, self._trailing):
            if part is not None:
                part.tone = drawing

    def _shape(self, *_: Any) -> None:
        """Put icon and words side by side (``upright``: above each other) in the middle; wrap words that don't fit."""
        label = self._label
        label.text, label.role = self.text, self.role
        label.bold = self.strong or self.kind in ("main", "light")
        self._icon = self._drawn(self._icon, self.icon)
        self._trailing = self._drawn(self._trailing, self.trailing)
        self._plate.place(self, theme.px(self.radius), max(1, theme.px(2)))
        (self._shape_upright if self.upright else self._shape_in_a_row)()

    def _drawn(self, part: Icon | None, name: str) -> Icon | None:
        """The icon called ``name``, made when it is first wanted."""
        if not name:
            if part is not None:
                self.remove_widget(part)
            return None
        if part is None:
            part = Icon(name=name, drawn=self.icon_drawn, tone=self._drawing_tone)
            self.add_widget(part)
        part.name, part.drawn = name, self.icon_drawn
        return part

    def _shape_upright(self) -> None:
        label, drawing = self._label, self._icon
        room = self.width - theme.px(16)
        label.text_size = (room, None) if label.texture_size[0] > room else (None, None)
        gap, icon_high = theme.px(8), drawing.height if drawing else 0
        top = self.center_y + (icon_high + gap + label.height) / 2
        if drawing:
            drawing.center_x, drawing.top = self.center_x, top
        label.center_x, label.top = self.center_x, top - icon_high - gap

    def _shape_in_a_row(self) -> None:
        label, gap = self._label, theme.px(18)
        parts = [part for part in (self._icon, self._trailing) if part]
        extra = sum(part.width + (gap if self.text else 0) for part in parts)
        wide = self._words_wide()
        self.natural = wide + extra + 2 * theme.px(self.inset)
        if self.hug:
            self.size_hint_x, self.width = None, max(self.natural, theme.space("button") if not self.text else 0)
        room = self.width - extra - 2 * theme.px(16)
        label.text_size = (room, None) if 0 < room < wide else (None, None)
        if self.size_hint_y is None:
            self.height = max(self.high, label.texture_size[1] + theme.px(20))
        taken = min(wide, room) if self.text else 0
        left = self.center_x - (taken + extra) / 2
        if self._icon:
            self._icon.x, self._icon.center_y = left, self.center_y
            left += self._icon.width + (gap if self.text else 0)
        label.center_x, label.center_y = left + taken / 2, self.center_y
        if self._trailing:
            self._trailing.x = left + taken + (gap if self.text else 0)
            self._trailing.center_y = self.center_y

    def _words_wide(self) -> float:
        return words_wide(self.text, self._label.font_size, bold=self._label.bold)


def words_wide(text: str, font_size: float, *, bold: bool = False) -> float:
    """Pixels that ``text`` takes on one line."""
    if not text:
        return 0.0
    from kivy.core.text import Label as Measure

    measure = Measure(font_name="Sans", font_size=font_size, bold=bold)
    return float(max(measure.get_extents(line)[0] for line in text.split("\n")))


class Option(Pressable):
    """One value of an option: chosen, free, or not to be had. ``note`` is a second, smaller line."""

    text = StringProperty("")
    note = StringProperty("")
    chosen = BooleanProperty(defaultvalue=False)

    def __init__(self, value: object = None, **kwargs: Any) -> None:
        self.value = value
        kwargs.setdefault("size_hint", (None, None))
        kwargs.setdefault("height", theme.space("option"))
        super().__init__(**kwargs)
        self._plate = Plate(self.canvas.before)
        self._label = Text(fit="tight", role="control", halign="center", text=self.text)
        self._note = Text(fit="tight", role="small", halign="center", text=self.note)
        self.add_widget(self._label)
        if self.note:
            self.add_widget(self._note)
        place = Clock.create_trigger(self._place, -1)
        self.bind(pos=place, size=place, chosen=self._paint, pressed=self._paint, off=self._paint)
        self._label.bind(texture_size=place)
        self._paint()

    @property
    def natural(self) -> float:
        """Pixels of width that the words ask for."""
        return words_wide(self.text, self._label.font_size, bold=True) + 2 * theme.px(12)

    def _paint(self, *_: Any) -> None:
        if self.off:
            fill, edge, ink = "off", "off_line", "off_ink"
        elif self.chosen:
            fill, edge, ink = "pine_soft", "pine", "on_pine_soft"
        else:
            fill, edge, ink = "card", "line", "ink"
        if self.pressed and not self.off:
            fill, ink = "pressed", "on_pine" if theme.contrast else ink
        self._plate.paint(getattr(theme, fill), getattr(theme, edge))
        self._label.tone = self._note.tone = ink
        self._label.bold = self.chosen
        self._place()

    def _place(self, *_: Any) -> None:
        self._plate.place(self, theme.px(24), max(1, theme.px(5 if self.chosen else 2)))
        room = self.width - theme.px(16)
        label, note = self._label, self._note
        tight = 0 < room < words_wide(self.text, label.font_size, bold=self.chosen)
        label.text_size = (room, None) if tight else (None, None)
        tall = label.texture_size[1] * 0.8 + note.texture_size[1] * 0.8 if self.note else 0
        if self.note and tall > self.height:
            note.opacity = 0
        if self.note and note.opacity:
            label.center = (self.center_x, self.center_y + note.texture_size[1] * 0.38)
            note.center = (self.center_x, self.center_y - label.texture_size[1] * 0.38)
        else:
            label.center = self.center


class OptionGrid(Widget):
    """Options side by side: equal where all fit, else by their words, else in two or more lines."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self._arrange = Clock.create_trigger(self.arrange, -1)
        self.bind(pos=self._arrange, size=self._arrange, children=self._arrange)

    def arrange(self, *_: Any) -> None:
        options = list(reversed(self.children))
        if not options or self.width < 2:
            return
        gap, line = theme.px(20), theme.space("option")
        lines = self._lines(options, gap)
        self.height = len(lines) * line + (len(lines) - 1) * gap
        for number, widths in enumerate(lines):
            left = self.x
            for width in widths:
                option = options.pop(0)
                option.size = (width, line)
                option.pos = (left, self.top - (number + 1) * line - number * gap)
                left += width + gap

    def _lines(self, options: list[Option], gap: float) -> list[list[float]]:
        asked = [option.natural for option in options]
        room = self.width - gap * (len(asked) - 1)
        if max(asked) <= room / len(asked):
            return [[room / len(asked)] * len(asked)]
        if sum(asked) <= room:
            share = (room - sum(asked)) / len(asked)
            return [[width + share for width in asked]]
        for columns in range((len(asked) + 1) // 2, 1, -1):
            width = (self.width - gap * (columns - 1)) / columns
            if max(asked) <= width:
                return [[width] * len(asked[start : start + columns]) for start in range(0, len(asked), columns)]
        return [[self.width] for _ in asked]


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


class Filler(Widget):
    """Takes the room that is left."""
