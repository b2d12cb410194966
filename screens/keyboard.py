"""The keyboard on the glass: figures and Latin letters, which is what room numbers and passports are written in."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, Rectangle
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.texts import Texts
from screens.controls import Pressable
from screens.icons import icon
from screens.surfaces import Plate, Stack
from screens.theme import theme
from screens.words import Text

ROWS = ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm")
ERASE, SPACE = "erase", " "
SENTENCE_ENDS = ".?"


class Key(Pressable):
    """One key; ``value`` is the character it types, or ERASE."""

    def __init__(self, value: str, face: str, *, role: str = "control", font: str = "Sans", **kwargs: Any) -> None:
        self.value = value
        name = {SPACE: "space"}.get(value, value)
        super().__init__(size_hint_y=None, height=theme.space("option"), test_id=f"key-{name}", **kwargs)
        self._plate = Plate(self.canvas.before)
        # A widget for each face would be felt: forty of them are put up at once.
        words = CoreLabel(text=face, font_name=font, font_size=theme.type(role))
        words.refresh()
        with self.canvas:
            self._ink = Color(rgba=theme.ink)
            self._face = Rectangle(texture=words.texture, size=words.texture.size)
        place = Clock.create_trigger(self._place, -1)
        self.bind(pos=place, size=place, pressed=self._paint)
        self._paint()

    def _paint(self, *_: Any) -> None:
        self._plate.paint(theme.pine_soft if self.pressed else theme.card, theme.pine if self.pressed else theme.line)
        self._ink.rgba = theme.on_pine_soft if self.pressed else theme.ink

    def _place(self, *_: Any) -> None:
        self._plate.place(self, theme.px(20), max(1, theme.px(2)))
        wide, high = self._face.size
        self._face.pos = (round(self.center_x - wide / 2), round(self.center_y - high / 2))


class Keyboard(Stack):
    """Rows of keys; ``on_key`` comes with the character or ERASE. ``marks``: one more for each of the lower rows."""

    __events__ = ("on_key",)

    def __init__(self, t: Texts, marks: str = "", **kwargs: Any) -> None:
        super().__init__(spacing=theme.px(14), **kwargs)
        rows = ROWS if not marks else (*ROWS[:2], *(row + mark for row, mark in zip(ROWS[2:], marks, strict=True)))
        for letters in rows:
            self.add_widget(self._row(letters))
        last, slim = self.children[0], bool(marks)
        last.add_widget(self._key(SPACE, t("keyboard.space"), role="body", size_hint_x=1.1 if slim else 1.8))
        last.add_widget(self._key(ERASE, icon("erase"), font="Icons", size_hint_x=1.0 if slim else 1.2))

    def _row(self, letters: str) -> BoxLayout:
        row = BoxLayout(size_hint_y=None, height=theme.space("option"), spacing=theme.px(9))
        if len(letters) == 9:
            row.add_widget(BoxLayout(size_hint_x=0.45))
        for letter in letters:
            row.add_widget(self._key(letter, letter.upper()))
        if len(letters) == 9:
            row.add_widget(BoxLayout(size_hint_x=0.45))
        return row

    def _key(self, value: str, face: str, **kwargs: Any) -> Key:
        key = Key(value, face, **kwargs)
        key.bind(on_tap=lambda tapped: self.dispatch("on_key", tapped.value))
        return key

    def on_key(self, value: str) -> None:
        pass


class Field(Pressable):
    """What has been typed, under its name. ``active``: the keyboard types here."""

    text = StringProperty("")
    active = BooleanProperty(defaultvalue=False)

    def __init__(self, name: str, most: int, **kwargs: Any) -> None:
        self.most = most
        super().__init__(size_hint_y=None, height=theme.px(160), **kwargs)
        self._plate = Plate(self.canvas.before)
        self._name = Text(role="small", tone="soft", text=name)
        self._typed = Text(role="tile", fit="box", shorten=True, shorten_from="left")
        self.add_widget(self._name)
        self.add_widget(self._typed)
        place = Clock.create_trigger(self._place, -1)
        self.bind(pos=place, size=place, active=self._paint, text=self._write)
        self._name.bind(height=place)
        self._paint()
        self._write()

    def type(self, value: str) -> None:
        if value == ERASE:
            self.text = self.text[:-1]
        elif len(self.text) < self.most and (value != SPACE or self.text):
            self.text += value.upper()

    def _write(self, *_: Any) -> None:
        self._typed.text = self.text + ("|" if self.active else "")

    def _paint(self, *_: Any) -> None:
        self._plate.paint(theme.card, theme.pine if self.active else theme.line)
        self._place()
        self._write()

    def _place(self, *_: Any) -> None:
        self._plate.place(self, theme.px(24), max(1, theme.px(5 if self.active else 2)))
        inset = theme.px(32)
        inner = max(1, self.width - 2 * inset)
        typed_high = theme.type("tile") * 1.45
        self.height = max(theme.px(160), self._name.height + typed_high + theme.px(28))
        self._name.pos = (self.x + inset, self.top - self._name.height - theme.px(12))
        self._name.width = inner
        self._typed.size = (inner, typed_high)
        self._typed.pos = (self.x + inset, self._name.y - typed_high)


class LongField(Field):
    """Words of more than one line, written as they are spoken: a capital where a sentence begins. Says how many fit."""

    def __init__(self, name: str, most: int, **kwargs: Any) -> None:
        self._words = name
        super().__init__(name, most, **kwargs)
        self._typed.shorten = False
        self._typed.role, self._typed.fit, self._typed.valign = "control", "wrap", "top"
        self._typed.bold = False
        self._typed.bind(height=lambda *_: self._place())

    def type(self, value: str) -> None:
        begins = not self.text.strip() or (self.text.rstrip()[-1] in SENTENCE_ENDS and self.text[-1] == SPACE)
        before = self.text
        super().type(value)
        if len(self.text) > len(before) and not begins:
            self.text = before + value

    def _write(self, *_: Any) -> None:
        super()._write()
        self._name.text = f"{self._words} · {len(self.text)} / {self.most}"

    def _place(self, *_: Any) -> None:
        self._plate.place(self, theme.px(24), max(1, theme.px(5 if self.active else 2)))
        inset = theme.px(32)
        inner = max(1, self.width - 2 * inset)
        self.height = max(theme.px(200), self._name.height + self._typed.height + theme.px(40))
        self._name.pos = (self.x + inset, self.top - self._name.height - theme.px(12))
        self._name.width = self._typed.width = inner
        self._typed.pos = (self.x + inset, self._name.y - self._typed.height - theme.px(6))
