"""The pages as they were scanned, with what was found on them; before any money is spent."""

from __future__ import annotations

from kivy.properties import NumericProperty, StringProperty

from kiosk.journeys.copy_questions import Review, ReviewPages
from kiosk.wording import money
from screens import rows  # noqa: F401 - named in the layout
from screens.paper import Paper
from screens.question import QuestionScreen, screen_for


@screen_for(ReviewPages)
class ReviewPagesScreen(QuestionScreen):
    chimes = True

    page = NumericProperty(0)
    place = StringProperty("")

    @property
    def needs_a_look(self) -> bool:
        return bool(self.question.trouble) or any(page.findings for page in self.question.pages)

    @property
    def estimate(self) -> str:
        return money(self.question.estimate)

    def keep(self) -> object:
        return self.page

    def fill(self) -> None:
        pages = self.question.pages
        last = len(pages) - 1
        self.page = min(self.kept, last) if isinstance(self.kept, int) else self._worst(last)
        self._paper = Paper(pages[self.page].picture, pages[self.page].findings)
        self.ids.paper.add_widget(self._paper)
        self._describe()

    def _worst(self, last: int) -> int:
        """The first page that was found wanting, else the newest."""
        return next((number for number, page in enumerate(self.question.pages) if page.findings), last)

    def turn(self, step: int) -> None:
        self.page = max(0, min(len(self.question.pages) - 1, self.page + step))
        shown = self.question.pages[self.page]
        self._paper.show(shown.picture, shown.findings)
        self._describe()

    def _describe(self) -> None:
        pages, card = self.question.pages, self.ids.findings
        self.place = self.t("review.place", number=self.page + 1, total=len(pages))
        card.clear_widgets()
        if self.question.trouble:
            card.fact("alert", self.t(self.question.trouble), tone="alert")
        findings = pages[self.page].findings
        for kind in dict.fromkeys(finding.kind for finding in findings):
            card.fact("alert", self.t(f"review.finding.{kind}"), tone="alert")
        if not findings:
            card.fact("check", self.t("review.good"))

    def another(self) -> None:
        self.answer(Review.ANOTHER_PAGE)

    def redo(self) -> None:
        self.answer(Review.REDO_LAST)

    def go_on(self) -> None:
        self.answer(Review.CONTINUE)
