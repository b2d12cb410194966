"""Which room: lay the card on the reader, or type room number and name. Never says why a try was not confirmed."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.journeys.paying import Identify, RoomAndName
from kiosk.texts import Texts
from screens.keyboard import Field, Keyboard
from screens.question import QuestionScreen, screen_for
from screens.surfaces import Card, Stack
from screens.theme import Shape, theme

LONGEST_ROOM, LONGEST_NAME = 8, 40
ROOM_WIDE = {Shape.PORTRAIT: 0.62, Shape.LANDSCAPE: 0.5, Shape.SMALL: 0.42}
"""Of the field beside it, for the name."""


@screen_for(Identify)
class IdentifyScreen(QuestionScreen):
    complete = BooleanProperty(defaultvalue=False)

    def keep(self) -> object:
        typing = [field for field in self._fields if field.active]
        return self.question, self._room.text, self._name.text, self._fields.index(typing[0]) if typing else None

    def fill(self) -> None:
        if self.question.failed or not theme.portrait:  # the keyboard must be seen whole
            self.ids.choices.remove_widget(self.ids.how)
        self._room = Field(self.t("identify.room"), LONGEST_ROOM, test_id="room", size_hint_x=ROOM_WIDE[theme.shape])
        self._name = Field(self.t("identify.name"), LONGEST_NAME, test_id="name")
        self._fields = (self._room, self._name)
        for field in self._fields:
            field.bind(on_tap=self._activate, text=self._check)
            self.ids.fields.add_widget(field)
        self._keyboard = Keyboard(self.t)
        self._keyboard.bind(on_key=lambda _keyboard, value: self._active.type(value))
        self._show_aside()
        self._restore()

    def _shown_aside(self) -> list[Card]:
        """What is there to be seen beside the fields."""
        seen: list[Card] = [self._refusal()] if self.question.failed else []
        if self.question.card_reader:
            seen.append(CardHere(self.around.drawing("card"), self.t, beside_refusal=self.question.failed))
        return seen

    def _show_aside(self) -> None:
        """On a small panel above the fields, until the keyboard comes in its place."""
        self._aside = self._shown_aside()
        for card in self._aside:
            if theme.small:
                self.ids.choices.add_widget(card, index=2)
            else:
                self.ids.aside.add_widget(card)

    def _restore(self) -> None:
        """A try that was refused begins with empty fields; another language or larger type keeps what was typed.

        On a small panel the keyboard comes when a field is touched.
        """
        typing: int | None = None if theme.small and self._aside else 0
        if isinstance(self.kept, tuple) and self.kept[0] == self.question:
            _, self._room.text, self._name.text, typing = self.kept
        if typing is not None:
            self._activate(self._fields[typing])

    def _refusal(self) -> Refusal:
        tries = self.question.tries_left
        more = self.t("identify.last-try") if tries == 1 else self.t("identify.tries", tries=tries)
        return Refusal(words=self.t("identify.failed"), more=more)

    @property
    def _active(self) -> Field:
        return self._name if self._name.active else self._room

    def _activate(self, field: Field, *_: Any) -> None:
        if not self._keyboard.parent:
            self.ids.keyboard.add_widget(self._keyboard)
            if theme.small:
                self.ids.choices.clear_widgets(self._aside)
        for each in self._fields:
            each.active = each is field

    def _check(self, *_: Any) -> None:
        self.complete = bool(self._room.text.strip() and self._name.text.strip())

    def confirm(self) -> None:
        self.answer(RoomAndName(self._room.text.strip(), self._name.text.strip()))


class Keys(BoxLayout):
    """Where the keyboard goes."""


class CardHere(Card):
    """The drawing of the reader and what to do there; where a refusal takes the room, the words alone."""

    def __init__(self, picture: str, t: Texts, *, beside_refusal: bool) -> None:
        super().__init__()
        self.ids.heading.text, self.ids.how.text = t("identify.card"), t("identify.card-words")
        words_alone = theme.landscape and beside_refusal
        if words_alone:
            self.remove_widget(self.ids.picture)
            self.orientation = "horizontal"
        else:
            self.ids.picture.source = picture
        if theme.large or theme.small:  # the heading says it; the keyboard must be seen
            self.ids.words.remove_widget(self.ids.how)
        stacked = theme.landscape and not words_alone
        self.size_hint_min_y = theme.px(430 if stacked else 190)
        if not stacked:
            self.ids.words.bind(height=self._make_room)

    def _make_room(self, _words: Stack, high: float) -> None:
        self.size_hint_min_y = max(theme.px(190), round(high) + theme.px(48))


class Refusal(Card):
    """The last try was not confirmed."""

    words = StringProperty("")
    more = StringProperty("")
