"""Which room: lay the card on the reader, or type room number and name. Never says why a try was not confirmed."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.journeys.paying import Identify, RoomAndName
from screens.keyboard import Field, Keyboard
from screens.question import QuestionScreen, screen_for
from screens.surfaces import Card
from screens.theme import theme

LONGEST_ROOM, LONGEST_NAME = 8, 40


@screen_for(Identify)
class IdentifyScreen(QuestionScreen):
    complete = BooleanProperty(defaultvalue=False)

    def keep(self) -> object:
        return self.question, self._room.text, self._name.text, self._name.active

    def fill(self) -> None:
        if self.question.failed:
            self.ids.aside.add_widget(self._refusal())
        if self.question.failed or not theme.portrait:  # the keyboard must be seen whole
            self.ids.choices.remove_widget(self.ids.how)
        if self.question.card_reader:
            self.ids.aside.add_widget(self._card())
        self._room = Field(self.t("identify.room"), LONGEST_ROOM, test_id="room", size_hint_x=0.62)
        self._name = Field(self.t("identify.name"), LONGEST_NAME, test_id="name")
        for field in (self._room, self._name):
            field.bind(on_tap=self._activate, text=self._check)
            self.ids.fields.add_widget(field)
        keyboard = Keyboard(self.t)
        keyboard.bind(on_key=lambda _keyboard, value: self._active.type(value))
        self.ids.keyboard.add_widget(keyboard)
        self._activate(self._room)
        # A try that was refused begins with empty fields; another language or larger type keeps what was typed.
        if isinstance(self.kept, tuple) and self.kept[0] == self.question:
            _, self._room.text, self._name.text, in_name = self.kept
            self._activate(self._name if in_name else self._room)

    def _refusal(self) -> Refusal:
        tries = self.question.tries_left
        more = self.t("identify.last-try") if tries == 1 else self.t("identify.tries", tries=tries)
        return Refusal(words=self.t("identify.failed"), more=more)

    def _card(self) -> CardHere:
        card = CardHere()
        card.ids.picture.source = self.around.drawing("card")
        card.ids.heading.text = self.t("identify.card")
        card.ids.how.text = self.t("identify.card-words")
        if theme.large or theme.small:  # the words say it; the keyboard must be seen
            card.ids.words.remove_widget(card.ids.how)
        if theme.landscape and self.question.failed:  # the refusal has taken its place
            card.remove_widget(card.ids.picture)
        beside = theme.portrait or theme.small or self.question.failed
        card.size_hint_min_y = theme.px(190 if beside else 430)
        card.ids.words.bind(height=lambda _words, high: _make_room(card, high))
        return card

    @property
    def _active(self) -> Field:
        return self._name if self._name.active else self._room

    def _activate(self, field: Field, *_: Any) -> None:
        for each in (self._room, self._name):
            each.active = each is field

    def _check(self, *_: Any) -> None:
        self.complete = bool(self._room.text.strip() and self._name.text.strip())

    def confirm(self) -> None:
        self.answer(RoomAndName(self._room.text.strip(), self._name.text.strip()))


def _make_room(card: CardHere, words_high: float) -> None:
    if not theme.landscape or not card.ids.picture.parent:
        card.size_hint_min_y = max(theme.px(190), words_high + theme.px(48))


class Keys(BoxLayout):
    """Where the keyboard goes."""


class CardHere(Card):
    """The drawing of the reader and what to do there."""


class Refusal(Card):
    """The last try was not confirmed."""

    words = StringProperty("")
    more = StringProperty("")
