"""The message as it will be handed over, in the language of the screen, read back before it is left."""

from __future__ import annotations

from kiosk.journeys.message_questions import ConfirmMessage, words_of
from screens import rows  # noqa: F401 - named in the layout
from screens.question import QuestionScreen, screen_for
from screens.quiet_note import QuietNote


@screen_for(ConfirmMessage)
class ConfirmMessageScreen(QuestionScreen):
    @property
    def words(self) -> str:
        return words_of(self.question.note, self.t.language)

    def fill(self) -> None:
        self.ids.choices.add_widget(QuietNote(self.t("message.confirm.privacy"), icon="privacy"))
