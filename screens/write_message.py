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
from screens.surfaces import Card, Filler
from screens.theme import theme

MARKS = ".?"


@screen_for(WriteMessage)
class WriteMessageScreen(QuestionScreen):
    """Where type is large there is room for one field at a time above the keyboard; on a small panel for nothing else.
    There the keyboard comes when a field is touched.
    """

    template = StringProperty(TEMPLATES[0])
    typing = BooleanProperty(defaultvalue=False)
    """The keyboard is there."""
    complete = BooleanProperty(defaultvalue=False)
    """All that is needed has been written."""
    enough = BooleanProperty(defaultvalue=False)
    """There is somewhere to go on to: the read-back, or the field that is still empty."""
    action = StringProperty("")
    """What going on means now."""

    def keep(self) -> object:
        """Own words too that a ready message stands in front of."""
        note = Note(self.template, self._sender.text, self._text.text)
        return self.question, note, self._active is self._text

    def fill(self) -> None:
        self.typing = not theme.small
        self._templates = self.ids.templates.__self__  # strongly: it is not on the screen while something is typed
        for name in TEMPLATES:
            option = Option(name, text=self.t(f"message.option.{name}"), test_id=f"template-{name}")
            option.bind(on_tap=lambda tapped: self._choose(tapped.value))
            self._templates.add_widget(option)
        self._preview = Preview(heading=self.t("message.write.preview"))
        if self._one_at_a_time:
            self._preview.remove_widget(self._preview.ids.heading)
        self._sender = Field(self.t("message.write.sender"), LONGEST_SENDER, test_id="sender")
        self._text = LongField(self.t("message.write.own-words"), LONGEST_TEXT, test_id="text")
        for field in (self._sender, self._text):
            field.bind(on_tap=self._type_in, text=self._show)
        self._keyboard = Keyboard(self.t, marks=MARKS)
        self._keyboard.bind(on_key=lambda _keyboard, value: self._active.type(value))
        self._restore()
        self._lay_out()

    def _restore(self) -> None:
        note, in_text = self.question.note, None
        if isinstance(self.kept, tuple) and self.kept[0] == self.question:
            _, note, in_text = self.kept
        if note is not None:
            self.template, self._sender.text, self._text.text = note.template, note.sender, note.text
        if self.typing:
            self._activate(self._text if (self._own if in_text is None else in_text) else self._sender)

    @property
    def _one_at_a_time(self) -> bool:
        return theme.small or theme.large

    @property
    def _own(self) -> bool:
        return bool(self.template == OWN_WORDS)

    @property
    def _active(self) -> Field:
        return self._text if self._text.active else self._sender

    def _activate(self, field: Field | None) -> None:
        for each in (self._sender, self._text):
            each.active = each is field

    def _type_in(self, field: Field) -> None:
        self._activate(field)
        self.typing = True
        self._lay_out()

    def _choose(self, template: str) -> None:
        self.template = template
        if self.typing:
            self._activate(self._text if self._own else self._sender)
        self._lay_out()

    def _lay_out(self) -> None:
        """Own words are typed where a ready message is shown."""
        small, below = theme.small, self.ids.typing
        above = below if small else self.ids.aside
        self.ids.aside.clear_widgets()
        below.clear_widgets()
        alone = self._one_at_a_time and self.typing
        if not (small and self.typing):
            above.add_widget(self._templates)
            if not (self._own and alone):
                above.add_widget(self._text if self._own else self._preview)
            if theme.portrait:  # the keyboard stays where it is, whatever stands above it
                above.add_widget(Filler())
        below.add_widget(self._active if alone else self._sender)
        if self.typing:
            below.add_widget(self._keyboard)
        for option in self._templates.children:
            option.chosen = option.value == self.template
        self._show()

    def _show(self, *_: Any) -> None:
        note, one = self._note(), self._one_at_a_time
        sender = note.sender or self.t("message.write.sender-blank")
        self._preview.words = words_of(replace(note, sender=sender), self.t.language)
        self.complete = bool(note.sender and (note.text or not self._own))
        self.enough = self.complete or (one and not (self.typing and not self._active.text.strip()))
        there_is_more = one and not self.complete and (self._own or not self.typing)
        self.action = self.t("message.write.next" if there_is_more else "message.write.continue")

    def _note(self) -> Note:
        return Note(self.template, self._sender.text.strip(), self._text.text.strip() if self._own else "")

    def go_on(self) -> None:
        if self.complete:
            self.answer(self._note())
        else:
            self._type_in(self._text if self._own and not self._text.text.strip() else self._sender)

    def back(self) -> None:
        if theme.small and self.typing:
            self.typing = False
            self._activate(None)
            self._lay_out()
        else:
            super().back()


class Preview(Card):
    """The ready message with the sender in its place."""

    heading = StringProperty("")
    words = StringProperty("")
