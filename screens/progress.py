"""Work under way: how far it is, and how long it still takes."""

from __future__ import annotations

from typing import Any

from kivy.graphics import Color, SmoothRoundedRectangle
from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.widget import Widget

from kiosk.visit import Progress
from screens.drawing import DrawingCard
from screens.question import QuestionScreen, screen_for
from screens.theme import theme

SPEAKS_FROM = 10
"""Seconds: the time that is left is told where it is longer."""

DRAWINGS = {
    "copy.scanning": "scanning",
    "copy.printing.sample": "printing",
    "copy.printing.rest": "printing",
    "progress.asking-hotel": "messages",
}
"""By what is under way."""
WITH_DOCUMENTS = {"scanning", "printing"}


@screen_for(Progress)
class ProgressScreen(QuestionScreen):
    count = StringProperty("")
    left_words = StringProperty("")
    part = NumericProperty(0.0)

    @property
    def drawing(self) -> str:
        return DRAWINGS.get(self.question.key, "moment")

    @property
    def subtitle_words(self) -> str:
        return self.t("progress.subtitle") if self.drawing in WITH_DOCUMENTS else ""

    def fill(self) -> None:
        """Where nothing is counted, the drawing has the place of the numbers too."""
        drawing = self.drawing
        counted = drawing in WITH_DOCUMENTS
        if not counted:
            self.ids.numbers.clear_widgets()
        place = self.ids.aside if counted or not theme.landscape else self.ids.numbers
        place.add_widget(DrawingCard(source=self.around.drawing(drawing)))
        self._tell(self.question)

    def update(self, _question: Any) -> bool:
        if (_question.key, _question.stage) != (self.question.key, self.question.stage):
            return False
        self.question = _question
        self._tell(_question)
        return True

    def _tell(self, progress: Progress) -> None:
        if progress.total:
            under_way = min(progress.done + 1, progress.total)
            self.count = self.t("progress.page", number=under_way, total=progress.total)
            self.part = (progress.done + progress.part) / progress.total
        elif progress.stage == "scan":
            self.count = self.t("progress.scanning-page", number=progress.done + 1)
            self.part = progress.part
        else:
            self.count, self.part = "", progress.part
        self.left_words = self._time_left(progress.seconds_left)

    def _time_left(self, seconds: int | None) -> str:
        if seconds is None or seconds < SPEAKS_FROM:
            return ""
        if seconds < 90:
            return self.t("progress.left", seconds=seconds)
        return self.t("progress.left-minutes", minutes=round(seconds / 60))


class Bar(Widget):
    """How much of the work is done; empty until the first of it is."""

    part = NumericProperty(0.0)
    counts = BooleanProperty(defaultvalue=False)
    """There is a number to show; else nothing is drawn."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(size_hint_y=None, height=theme.px(24), **kwargs)
        with self.canvas:
            self._ground_colour = Color(rgba=theme.line)
            self._ground = SmoothRoundedRectangle()
            self._done_colour = Color(rgba=theme.pine)
            self._done = SmoothRoundedRectangle()
        self.bind(pos=self._draw, size=self._draw, part=self._draw, counts=self._draw)

    def _draw(self, *_: Any) -> None:
        if self.width < 2:
            return
        radius = [self.height / 2]
        self._ground_colour.a, self._done_colour.a = float(self.counts), float(self.part > 0)
        self._ground.pos, self._ground.size, self._ground.radius = self.pos, self.size, radius
        self._done.pos = self.pos
        self._done.size = (max(self.height, self.width * min(1.0, self.part)), self.height)
        self._done.radius = radius
