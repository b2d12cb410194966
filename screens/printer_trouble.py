"""The printer stopped: where, who is coming, that nothing is lost, what is charged so far, and two choices."""

from __future__ import annotations

from kivy.properties import StringProperty

from kiosk.journeys.copy_questions import Patient, PrinterTrouble
from kiosk.wording import money
from screens import drawing, rows  # noqa: F401 - named in the layout
from screens.question import QuestionScreen, screen_for
from screens.surfaces import Card
from screens.theme import theme


@screen_for(PrinterTrouble)
class PrinterTroubleScreen(QuestionScreen):
    chimes = True

    @property
    def state_words(self) -> str:
        done, total = self.question.done, self.question.total
        return self.t("printer.state", done=done, left=total - done)

    @property
    def place(self) -> str:
        place = self.question.place
        if not place:
            return ""
        key = f"place.{place}"
        return self.t(key) if self.t.knows(key) else str(place)

    @property
    def stop_words(self) -> str:
        if not self.question.charged:
            return self.t("printer.stop-none")
        return self.t("printer.stop", done=self.question.done)

    def fill(self) -> None:
        question, counts = self.question, self.ids.counts
        if question.minutes is not None:
            coming = StaffComing(title=self.t("printer.staff", minutes=question.minutes), words=self.state_words)
            place = self.ids.choices if theme.landscape else self.ids.aside
            place.add_widget(coming, index=len(place.children))
        printed = self.t("printer.sheets", done=question.done, total=question.total)
        counts.pairs((self.t("printer.printed"), printed), (self.t("printer.charged"), money(question.charged)))

    def stop(self) -> None:
        self.answer(Patient.STOP)

    def wait(self) -> None:
        self.answer(Patient.WAIT)


class StaffComing(Card):
    """Who is coming and when, and what became of the work."""

    title = StringProperty("")
    words = StringProperty("")
