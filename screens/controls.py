"""Things to press: buttons, and options side by side.

They read the theme once, when they are built; a change of theme builds them anew. They occur by the dozen and draw
themselves in Python, because a kv rule for each would be felt when a screen is put up.
"""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import BooleanProperty, NumericProperty, OptionProperty, StringProperty
from kivy.uix.widget import Widget

from screens import sounds
from screens.surfaces import Plate
from screens.theme import theme
from screens.words import Icon, Text, words_wide


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

    As wide as its place; with ``hug`` as wide as its words ask. ``upright`` puts the icon above them. With a
    ``size_hint_y`` it is as high as its place, and that is not less than its words ask.
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
        needed = max(self.high, label.texture_size[1] + theme.px(20))
        if self.size_hint_y is None:
            self.height = needed
        else:
            self.size_hint_min_y = needed
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
        self.add_widget(self._label)
        self._note: Text | None = None
        if self.note:
            self._note = Text(fit="tight", role="small", halign="center", text=self.note)
            self.add_widget(self._note)
        place = Clock.create_trigger(self._place, -1)
        self.bind(pos=place, size=place, chosen=self._paint, pressed=self._paint, off=self._paint)
        self._label.bind(texture_size=place)
        self._paint()

    @property
    def natural(self) -> float:
        """Pixels of width that the words ask for."""
        text = words_wide(self.text, self._label.font_size, bold=True)
        note = words_wide(self.note, theme.type("small"))
        return max(text, note) + 2 * theme.px(12)

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
        self._label.tone = ink
        if self._note:
            self._note.tone = ink
        self._label.bold = self.chosen
        self._place()

    def _place(self, *_: Any) -> None:
        self._plate.place(self, theme.px(24), max(1, theme.px(5 if self.chosen else 2)))
        room = self.width - theme.px(16)
        label, note = self._label, self._note
        tight = 0 < room < words_wide(self.text, label.font_size, bold=self.chosen)
        label.text_size = (room, None) if tight else (None, None)
        if note:
            tall = label.texture_size[1] * 0.8 + note.texture_size[1] * 0.8
            note.opacity = float(tall <= self.height)
        if note and note.opacity:
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
