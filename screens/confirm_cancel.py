"""A call, read back before it is cancelled."""

from __future__ import annotations

from kiosk.journeys.wake_up_questions import ConfirmCancel
from kiosk.wording import clock
from screens import read_back  # noqa: F401 - named in the layout
from screens.question import QuestionScreen, screen_for


@screen_for(ConfirmCancel)
class ConfirmCancelScreen(QuestionScreen):
    @property
    def time(self) -> str:
        return clock(self.question.at)

    def fill(self) -> None:
        self.ids.call.read(self.question.at, self.question.today, self.t)
