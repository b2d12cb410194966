"""Day, time and room of a call, read back before it is ordered."""

from __future__ import annotations

from kiosk.journeys.wake_up_questions import ConfirmWakeUp
from kiosk.wording import clock, moment
from screens import read_back  # noqa: F401 - named in the layout
from screens.question import QuestionScreen, screen_for


@screen_for(ConfirmWakeUp)
class ConfirmWakeUpScreen(QuestionScreen):
    @property
    def time(self) -> str:
        return clock(self.question.at)

    @property
    def subtitle_words(self) -> str:
        return self.t(f"wake-up.confirm.subtitle-{self.question.caller.value}")

    def fill(self) -> None:
        question, call = self.question, self.ids.call
        call.read(question.at, question.today, self.t)
        call.line()
        if question.room is not None:
            call.fact("room", self.t("wake-up.confirm.room", room=question.room))
        if question.instead_of is not None:
            instead = moment(question.instead_of, question.today, self.t)
            call.fact("undo", self.t("wake-up.confirm.instead", at=instead), tone="brass")
        call.fact("phone", self.t(f"wake-up.rings-{question.caller.value}"))
