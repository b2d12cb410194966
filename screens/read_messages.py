"""The guest's own messages; read ones are done with by one touch."""

from __future__ import annotations

from kiosk.journeys.message_questions import MessageView, ReadMessages
from kiosk.wording import moment
from screens.drawing import DrawingCard
from screens.question import QuestionScreen, screen_for
from screens.quiet_note import QuietNote
from screens.surfaces import Card


@screen_for(ReadMessages)
class ReadMessagesScreen(QuestionScreen):
    @property
    def found(self) -> str:
        """Messages to be read, surely none, or none that are known."""
        if self.question.messages:
            return "read"
        return "none" if self.question.complete else "unknown"

    def fill(self) -> None:
        messages = self.question.messages
        if not messages:
            self.ids.messages.add_widget(DrawingCard(source=self.around.drawing("messages")))
            self.ids.actions.remove_widget(self.ids.later)
        for message in messages:
            self.ids.messages.add_widget(self._card(message))
        if messages and not self.question.complete:
            self.ids.messages.add_widget(QuietNote(self.t("message.read.incomplete")))

    def _card(self, message: MessageView) -> MessageCard:
        card = MessageCard()
        today = self.around.clock().date()
        card.ids.at.text = self.t("message.read.for-you") if message.at is None else moment(message.at, today, self.t)
        card.ids.text.text = message.text
        return card

    def done(self) -> None:
        self.answer(tuple(message.number for message in self.question.messages))


class MessageCard(Card):
    """One message: when it was left, and what it says."""
