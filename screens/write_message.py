"""What the message says: a ready one, shown as it will be handed over, or own words; and who it is from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kivy.properties import BooleanProperty, StringProperty

from kiosk.journeys.message_questions import (
    LONGEST_SENDER,
    LONGEST_TEXT,
    OWN_WORDS,
    TEMPLATES,
    Note,
    WriteMessage,
    words_of,
)
from screens.controls import Option
from screens.keyboard import Field, Keyboard, LongField
from screens.question import QuestionScreen, screen_for
from screens.surfaces import Card

MARKS = ".?"


@screen_for(WriteMessage)
class WriteMessageScreen(QuestionScreen):
    template = StringProperty(TEMPLATES[0])
    complete = BooleanProperty(defaultvalue=False)

    def keep(self) -> object:
        """Own words too that a ready message stands in front of."""
        return self.question, Note(self.template, self._sender.text, self._text.text), self._active is self._text

    def fill(self) -> None:
        for name in TEMPLATES:
            option = Option(name, text=self.t(f"message.option.{name}"), test_id=f"template-{name}")
            option.bind(on_tap=lambda tapped: setattr(self, "template", tapped.value))
            self.ids.templates.add_widget(option)
        self._preview = Preview(heading=self.t("message.write.preview"))
        self._sender = Field(self.t("message.write.sender"), LONGEST_SENDER, test_id="sender")
        self._text = LongField(self.t("message.write.own-words"), LONGEST_TEXT, test_id="text")
        for field in (self._sender, self._text):
            field.bind(on_tap=self._activate, text=self._show)
        self.ids.typing.add_widget(self._sender)
        keyboard = Keyboard(self.t, marks=MARKS)
        keyboard.bind(on_key=lambda _keyboard, value: self._active.type(value))
        self.ids.typing.add_widget(keyboard)
        self._restore()
        self.bind(template=self._change_template)
        self._change_template()

    def _restore(self) -> None:
        note, in_text = self.question.note, False
        if isinstance(self.kept, tuple) and self.kept[0] == self.question:
            _, note, in_text = self.kept
        if note is not None:
            self.template, self._sender.text, self._text.text = note.template, note.sender, note.text
        self._activate(self._text if in_text else self._sender)

    @property
    def _own(self) -> bool:
        return bool(self.template == OWN_WORDS)

    @property
    def _active(self) -> Field:
        return self._text if self._text.active else self._sender

    def _activate(self, field: Field, *_: Any) -> None:
        for each in (self._sender, self._text):
            each.active = each is field

    def _change_template(self, *_: Any) -> None:
        """Own words are typed where a ready message is shown."""
        aside = self.ids.aside
        shown, hidden = (self._text, self._preview) if self._own else (self._preview, self._text)
        if hidden.parent:
            aside.remove_widget(hidden)
        if not shown.parent:
            aside.add_widget(shown)
        self._activate(self._text if self._own else self._sender)
        for option in self.ids.templates.children:
            option.chosen = option.value == self.template
        self._show()

    def _show(self, *_: Any) -> None:
        note = self._note()
        sender = note.sender or self.t("message.write.sender-blank")
        self._preview.words = words_of(replace(note, sender=sender), self.t.language)
        self.complete = bool(note.sender and (note.text or not self._own))

    def _note(self) -> Note:
        return Note(self.template, self._sender.text.strip(), self._text.text.strip() if self._own else "")

    def go_on(self) -> None:
        self.answer(self._note())


class Preview(Card):
    """The ready message with the sender in its place."""

    heading = StringProperty("")
    words = StringProperty("")
