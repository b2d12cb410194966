"""The heartbeat of the glass: how fast it is drawn, how long it ever stood still, and that it is alive."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RENDERER, glFinish, glGetString

LIVELY_FPS, RESTING_FPS = 60, 5
AWAKE = 3.0
"""Seconds that the glass is looked after at full speed after a touch or a change."""
PULSE = 20.0
"""Seconds after which a frame is drawn though nothing changed, to prove that frames can be drawn."""
LONG = 0.030
"""Seconds between two turns from which it is written down what was on the glass."""


@dataclass(frozen=True)
class Gap:
    """The glass stood still for ``seconds``, in which its own thread worked ``busy``; ``screen`` came or was there."""

    seconds: float
    busy: float
    screen: str


class Frames:
    """Slows the loop down while nothing happens on a resting screen, and measures it.

    ``on_frame`` is called after drawn frames, at most once a second and at least every PULSE seconds while frames are
    drawn. ``shows`` names what is on the glass. ``longest_gap`` is the longest time between two turns of the loop at
    full speed, in seconds.
    """

    def __init__(
        self, rests: Callable[[], bool], shows: Callable[[], str], on_frame: Callable[[], None] = lambda: None
    ) -> None:
        self._rests = rests
        self._shows = shows
        self._on_frame = on_frame
        now = time.monotonic()
        self._awake_until = now + AWAKE
        self._last_turn, self._last_busy = now, time.thread_time()
        self._told_at = 0.0
        self._drawn_at = now
        self._was_lively = False
        self._unpaced = b"llvmpipe" in glGetString(GL_RENDERER)
        """Drawn by the processor: nothing holds the frames back, and those still to be drawn would pile up until the
        next word waits for them all."""
        self.first_frame_at: float | None = None
        self.longest_gap = 0.0
        self.gaps: list[Gap] = []
        Window.bind(on_flip=self._drawn, on_touch_down=self.wake)
        self._turns = Clock.schedule_interval(self._turn, 0)

    def close(self) -> None:
        self._turns.cancel()
        Window.unbind(on_flip=self._drawn, on_touch_down=self.wake)

    def wake(self, *_: Any) -> None:
        """Something happens: full speed from the next turn on."""
        self._awake_until = time.monotonic() + AWAKE
        Clock._max_fps = LIVELY_FPS

    def _turn(self, _elapsed: float) -> None:
        now, busy = time.monotonic(), time.thread_time()
        lively = not self._rests() or now < self._awake_until
        if lively and self._was_lively:
            self._measure(now - self._last_turn, busy - self._last_busy)
        if self._was_lively and not lively:
            gc.collect()  # between visits it is not felt
        self._last_turn, self._last_busy, self._was_lively = now, busy, lively
        Clock._max_fps = LIVELY_FPS if lively else RESTING_FPS
        if now - self._drawn_at > PULSE:
            Window.canvas.ask_update()

    def _measure(self, gap: float, busy: float) -> None:
        self.longest_gap = max(self.longest_gap, gap)
        if gap > LONG:
            self.gaps.append(Gap(gap, busy, self._shows()))

    def _drawn(self, *_: Any) -> None:
        if self._unpaced:
            glFinish()
        now = time.monotonic()
        self._drawn_at = now
        if self.first_frame_at is None:
            self.first_frame_at = now
        if now - self._told_at >= 1.0:
            self._told_at = now
            self._on_frame()
