"""The scanner could read nothing: what to do about it, and the other way in where there is one."""

from __future__ import annotations

from hardware.protocols import Source
from kiosk.journeys.copy_questions import ScanChoice, ScanTrouble
from screens import drawing, rows  # noqa: F401 - named in the layout
from screens.controls import TouchButton
from screens.question import QuestionScreen, screen_for


@screen_for(ScanTrouble)
class ScanTroubleScreen(QuestionScreen):
    chimes = True

    def fill(self) -> None:
        self.ids.facts.fact("alert", self.t(self.question.key), tone="alert")
        if self.question.other_source:
            other = Source.FEEDER if self.question.source is Source.GLASS else Source.GLASS
            button = TouchButton(text=self.t(f"trouble.scan.use-{other.value}"), test_id="other-source")
            button.bind(on_tap=lambda _button: self.answer(ScanChoice.OTHER_SOURCE))
            self.ids.actions.add_widget(button, index=1)

    def retry(self) -> None:
        self.answer(ScanChoice.RETRY)
