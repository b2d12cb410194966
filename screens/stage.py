"""Where one screen is and the next one comes from. On Kivy's thread only."""

from __future__ import annotations

import time
from typing import Any

from kivy.animation import Animation
from kivy.clock import Clock
from kivy.uix.label import Label
from kivy.uix.stencilview import StencilView

from screens.question import QuestionScreen
from screens.theme import theme

PRIMING = 0.010
"""Seconds of a frame that may go into a screen that is not yet seen."""


class Stage(StencilView):
    """Where one screen is; a new one slides in from the direction of travel and pushes the old one out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.screen: QuestionScreen | None = None
        self._entering = False
        self._primed: dict[int, Any] = {}  # held, or their ids would be given to others
        self.bind(pos=self._fit, size=self._fit)

    def _fit(self, *_: Any) -> None:
        if self.screen is not None:
            Animation.cancel_all(self.screen)
            self.screen.pos, self.screen.size = self.pos, self.size

    def present(self, screen: QuestionScreen, *, travel: int) -> None:
        """``travel`` 1 is forward (from the right), -1 back, 0 at once."""
        before, self.screen = self.screen, screen
        for leftover in list(self.children):
            Animation.cancel_all(leftover)
            if leftover is not before:
                self.remove_widget(leftover)
        screen.size_hint = (None, None)
        screen.size = self.size
        if before is not None:
            before.dead = True
            before.left()
        seconds = theme.motion if travel and before is not None else 0
        screen.pos = (self.x + travel * self.width, self.y) if seconds else self.pos
        self._entering = True
        Clock.schedule_once(lambda _elapsed: self._fill(screen, before, travel, seconds), 0)

    def _fill(self, screen: QuestionScreen, before: QuestionScreen | None, travel: int, seconds: float) -> None:
        """Have the rest of the new screen built, a piece a frame."""
        if self.screen is not screen:
            return
        for _piece in screen.filling:
            Clock.schedule_once(lambda _elapsed: self._fill(screen, before, travel, seconds), 0)
            return
        self._prime(screen, before, travel, seconds)

    def _prime(self, screen: QuestionScreen, before: QuestionScreen | None, travel: int, seconds: float) -> None:
        """Hand the words of the new screen to the graphics card, a few a frame, before they are drawn.

        Kivy does it while it draws, and each one then waits for what is drawn already.
        """
        if self.screen is not screen:
            return
        enough, settled = time.perf_counter() + PRIMING, True
        textures = (widget.texture for widget in screen.walk() if isinstance(widget, Label) and widget.texture)
        for texture in textures:
            if id(texture) not in self._primed:
                texture.bind()
                self._primed[id(texture)] = texture
                settled = False
                if time.perf_counter() > enough:
                    break
        if settled:  # nothing was laid out anew since the last look
            self._primed.clear()
            self._enter(screen, before, travel, seconds)
        else:
            Clock.schedule_once(lambda _elapsed: self._prime(screen, before, travel, seconds), 0)

    def _enter(self, screen: QuestionScreen, before: QuestionScreen | None, travel: int, seconds: float) -> None:
        if self.screen is not screen:
            return
        self._entering = False
        if not seconds:
            self.clear_widgets()
            screen.pos = self.pos
            self.add_widget(screen)
            screen.came()
            return
        self.add_widget(screen)
        coming = Animation(x=self.x, duration=seconds, transition="out_cubic")
        coming.bind(on_complete=lambda *_: screen.came())
        Clock.schedule_once(lambda _elapsed: self._slide(coming, screen, before, travel, seconds), 0)

    def _slide(self, coming: Animation, screen: Any, before: Any, travel: int, seconds: float) -> None:
        if self.screen is not screen:
            return
        coming.start(screen)
        if before is not None:
            going = Animation(x=self.x - travel * self.width, duration=seconds, transition="out_cubic")
            going.bind(on_complete=lambda *_: self.remove_widget(before))
            going.start(before)

    @property
    def moving(self) -> bool:
        return self._entering or len(self.children) > 1
