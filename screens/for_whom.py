"""The name of the guest a message is for. Whether somebody of that name stays here is never said."""

from __future__ import annotations

from typing import Any

from kivy.properties import BooleanProperty

from kiosk.journeys.message_questions import LONGEST_NAME, ForWhom
from screens.drawing import DrawingCard
from screens.keyboard import LETTERS, Field, Keyboard
from screens.question import QuestionScreen, screen_for
from screens.quiet_note import QuietNote
from screens.theme import theme


@screen_for(ForWhom)
class ForWhomScreen(QuestionScreen):
    complete = BooleanProperty(defaultvalue=False)

    def keep(self) -> object:
        return self.question, self._name.text

    def fill(self) -> None:
        if theme.portrait and not theme.large:  # elsewhere the keyboard needs the room
            self.ids.aside.add_widget(DrawingCard(source=self.around.drawing("messages")))
        privacy = QuietNote(self.t("message.whom.privacy"), icon="privacy")
        self._name = Field(self.t("message.whom.name"), LONGEST_NAME, test_id="name", active=True)
        self._name.bind(text=self._check)
        self._name.text = self.question.name
        if isinstance(self.kept, tuple) and self.kept[0] == self.question:
            self._name.text = self.kept[1]
        keyboard = Keyboard(self.t, LETTERS)
        keyboard.bind(on_key=lambda _keyboard, value: self._name.type(value))
        for part in (self._name, keyboard):
            self.ids.typing.add_widget(part)
        (self.ids.typing if theme.small or theme.large else self.ids.aside).add_widget(privacy)

    def _check(self, *_: Any) -> None:
        self.complete = bool(self._name.text.strip())

    def go_on(self) -> None:
        self.answer(self._name.text.strip())
