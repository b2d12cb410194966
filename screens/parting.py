"""Last screens of a service: another one, or the visit ends by itself after a while."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.properties import NumericProperty

from screens.question import QuestionScreen

SECONDS = 30
"""Until the visit ends by itself; a touch begins them anew."""


class PartingScreen(QuestionScreen):
    """Answers True for another service, False when the guest leaves or ``seconds`` have run out."""

    chimes = True

    seconds = NumericProperty(SECONDS)

    def keep(self) -> object:
        return self.seconds

    def fill(self) -> None:
        if isinstance(self.kept, int):
            self.seconds = self.kept
        self._counting = Clock.schedule_interval(self._count, 1.0)

    def _count(self, *_: Any) -> None:
        if self.dead:
            return
        self.seconds = max(0, self.seconds - 1)
        if not self.seconds:
            self.answer(False)  # noqa: FBT003 - the question's own answer

    def on_touch_down(self, touch: Any) -> bool:
        self.seconds = SECONDS
        return bool(super().on_touch_down(touch))

    def left(self) -> None:
        self._counting.cancel()
