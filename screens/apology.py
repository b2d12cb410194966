"""Something could not be done: what, what it cost, who knows about it."""

from __future__ import annotations

from kiosk.journeys.welcome import Apology
from screens import drawing, rows  # noqa: F401 - named in the layout
from screens.question import QuestionScreen, screen_for


@screen_for(Apology)
class ApologyScreen(QuestionScreen):
    chimes = True

    def fill(self) -> None:
        question, facts = self.question, self.ids.facts
        facts.fact("alert", self.t.say(question.key, question.values), tone="alert")
        facts.line()
        if question.undecided:
            facts.fact("receipt", self.t("apology.undecided"))
        else:
            facts.fact("check", self.t("apology.nothing-charged"))
        if question.staff_called:
            facts.fact("person", self.t("apology.staff"), tone="brass")
        else:
            facts.fact("person", self.t("apology.no-staff"), tone="brass")
