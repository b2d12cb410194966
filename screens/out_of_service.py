"""Nothing can be offered: why, and where to go instead. Goes by itself when a service is back."""

from __future__ import annotations

from kiosk.journeys.welcome import OutOfService
from screens import drawing, rows  # noqa: F401 - named in the layout
from screens.question import QuestionScreen, screen_for


@screen_for(OutOfService)
class OutOfServiceScreen(QuestionScreen):
    def fill(self) -> None:
        for reason in self.question.reasons:
            self.ids.reasons.fact("alert", self.t(reason), tone="alert")
        self.ids.reasons.fact("clock", self.t("out.waiting"))
