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
from screens.typeface import EVERYDAY, ICONS
from screens.words import Text

LETTERS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
ROWS = ("1234567890", *LETTERS)
ERASE, SPACE = "erase", " "
SENTENCE_ENDS = ".?"


class Key(Pressable):
    """One key; ``value`` is the character it types, or ERASE."""

    def __init__(self, value: str, face: str, *, role: str = "control", font: str = EVERYDAY, **kwargs: Any) -> None:
        self.value = value
        name = {SPACE: "space"}.get(value, value)
        super().__init__(size_hint_y=None, height=theme.space("option"), test_id=f"key-{name}", **kwargs)
        self._plate = Plate(self.canvas.before)
        # A widget for each face would be felt: forty of them are put up at once.
        words = CoreLabel(text=face, font_name=font, font_size=theme.type(role))
        words.refresh()
        self._natural = words.texture.size
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
        wide, high = self._natural
        tight = min(1.0, (self.width - theme.px(4)) / wide)
        wide, high = wide * tight, high * tight
        self._face.size = (wide, high)
        self._face.pos = (round(self.center_x - wide / 2), round(self.center_y - high / 2))


class Keyboard(Stack):
    """Rows of keys; ``on_key`` comes with the character or ERASE. ``marks``: one more for each of the lower rows.

    A name is typed with LETTERS alone.
    """

    __events__ = ("on_key",)

    def __init__(self, t: Texts, rows: tuple[str, ...] = ROWS, marks: str = "", **kwargs: Any) -> None:
        super().__init__(spacing=theme.px(9 if theme.small else 14), **kwargs)
        if marks:
            rows = (*rows[:-2], *(row + mark for row, mark in zip(rows[-2:], marks, strict=True)))
        for letters in rows:
            self.add_widget(self._row(letters))
        last, slim = self.children[0], bool(marks)
        wide = 1.8 if not slim else 1.6 if theme.small else 1.1
        last.add_widget(self._key(SPACE, t("keyboard.space"), role="body", size_hint_x=wide))
        last.add_widget(self._key(ERASE, icon("erase"), font=ICONS, size_hint_x=1.0 if slim else 1.2))

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
    """What has been typed, under its name. ``active``: the keyboard types here.

    A small panel has no room for both: there the name stands where the text comes.
    """

    text = StringProperty("")
    active = BooleanProperty(defaultvalue=False)

    def __init__(self, name: str, most: int, **kwargs: Any) -> None:
        self.name, self.most = name, most
        super().__init__(size_hint_y=None, height=_least_high(), **kwargs)
        self._plate = Plate(self.canvas.before)
        self._caption = Text(role="small", tone="soft", text=name)
        self._typed = Text(role="tile", fit="box", shorten_from="left")
        if not theme.small:
            self.add_widget(self._caption)
        self.add_widget(self._typed)
        place = Clock.create_trigger(self._place, -1)
        self.bind(pos=place, size=place, active=self._paint, text=self._write)
        self._caption.bind(height=place)
        self._paint()
        self._write()

    def type(self, value: str) -> None:
        if value == ERASE:
            self.text = self.text[:-1]
        elif len(self.text) < self.most and (value != SPACE or self.text):
            self.text += value.upper()

    def _write(self, *_: Any) -> None:
        cursor = "|" if self.active else ""
        named = theme.small and not self.text
        self._typed.text = cursor + self.name if named else self.text + cursor
        self._typed.shorten = not named
        self._typed.bold, self._typed.tone = not named, "soft" if named else "ink"

    def _paint(self, *_: Any) -> None:
        self._plate.paint(theme.card, theme.pine if self.active else theme.line)
        self._place()
        self._write()

    @property
    def _typed_high(self) -> float:
        return theme.type("tile") * 1.45

    def _place(self, *_: Any) -> None:
        """Name and text above each other, the same air above and below them."""
        self._plate.place(self, theme.px(24), max(1, theme.px(5 if self.active else 2)))
        inset = theme.px(32)
        inner = max(1, self.width - 2 * inset)
        self._typed.width = inner
        typed_high, named_high = self._typed_high, 0.0
        if not theme.small:
            self._caption.width = inner
            named_high = self._caption.height
        self.height = max(_least_high(), named_high + typed_high + theme.px(16 if theme.small else 28))
        top = self.center_y + (named_high + typed_high) / 2
        self._caption.pos = (self.x + inset, top - named_high)
        self._typed.height = typed_high
        self._typed.pos = (self.x + inset, top - named_high - typed_high)


def _least_high() -> int:
    return theme.px(124 if theme.small else 160)


def _one_line() -> bool:
    """There is no room for more of the own words at a time."""
    return theme.small or (theme.landscape and theme.large)


class LongField(Field):
    """Words of more than one line, written as they are spoken: a capital where a sentence begins. Says how many fit.

    The last lines are always seen: there it is typed. The whole is read back before it is sent.
    """

    def __init__(self, name: str, most: int, **kwargs: Any) -> None:
        super().__init__(name, most, **kwargs)
        self._typed.role = "control"
        self._typed.bold = False
        if theme.small:
            self._caption.fit = "tight"
            self.add_widget(self._caption)
            self._caption.bind(texture_size=lambda *_: self._place())
        elif not _one_line():
            self._typed.fit, self._typed.last_lines = "wrap", 4 if theme.landscape else 5
            self._typed.bind(height=lambda *_: self._place())

    def type(self, value: str) -> None:
        begins = not self.text.strip() or (self.text.rstrip()[-1] in SENTENCE_ENDS and self.text[-1] == SPACE)
        before = self.text
        super().type(value)
        if len(self.text) > len(before) and not begins:
            self.text = before + value

    def _write(self, *_: Any) -> None:
        super()._write()
        self._typed.bold = False
        self._typed.shorten = _one_line() and bool(self.text)
        count = f"{len(self.text)} / {self.most}"
        self._caption.text = count if theme.small else f"{self.name} · {count}"

    @property
    def _typed_high(self) -> float:
        return super()._typed_high if _one_line() else max(theme.px(94), self._typed.height)

    def _place(self, *_: Any) -> None:
        super()._place()
        if theme.small:  # the count at the right of the one line
            inset = theme.px(32)
            self._caption.right, self._caption.center_y = self.right - inset, self.center_y
            self._typed.width = max(1, self._caption.x - theme.px(20) - self.x - inset)
