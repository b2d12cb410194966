"""One set has come out: is it right?"""

from __future__ import annotations

from kiosk.journeys.copy_questions import ApproveSample, Verdict
from kiosk.wording import money
from screens.controls import TouchButton
from screens.paper import Paper
from screens.question import QuestionScreen, screen_for
from screens.theme import theme


@screen_for(ApproveSample)
class ApproveSampleScreen(QuestionScreen):
    chimes = True

    @property
    def good_words(self) -> str:
        key = "sample.good-rest" if self.question.remaining else "sample.good-only"
        return self.t(key, remaining=self.question.remaining, price=money(self.question.total))

    def fill(self) -> None:
        question = self.question
        self.ids.paper.add_widget(Paper(question.picture))
        # A sample that is too light is printed darker, and the other way round.
        self._verdict(Verdict.TOO_LIGHT, possible=question.darker_possible, why="sample.darkest-already")
        self._verdict(Verdict.TOO_DARK, possible=question.lighter_possible, why="sample.lightest-already")
        self._verdict(Verdict.WRONG_PLACE, possible=True, why="")

    def _verdict(self, verdict: Verdict, *, possible: bool, why: str) -> None:
        button = TouchButton(
            text=self.t(f"sample.{verdict.value}"),
            test_id=verdict.value,
            off=not possible,
            tells_why=True,
            high=theme.px(148) if theme.portrait else theme.space("button"),
        )
        button.bind(on_tap=lambda _button: self.answer(verdict))
        button.bind(on_refused=lambda _button: self.around.say(self.t(why)))
        self.ids.verdicts.add_widget(button)

    def good(self) -> None:
        self.answer(Verdict.GOOD)
