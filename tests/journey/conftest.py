"""A real offscreen window, an engine thread, and a finger: the guest of the journey tests.

    def test_something(glass):
        journey = glass.start(some_coroutine(glass.guest))
        glass.wait_for(Home)
        glass.tap("service-copy")
        glass.picture("home")
        journey.result(timeout=2)

Pictures go to ``$KIOSK_PICTURES`` where that is set, else to the test's own folder.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from screens.settings import GlassSettings

PATIENCE = 10.0
"""Seconds until something that does not come is a failure."""
AFTERNOON = datetime(2026, 5, 8, 14, 26, tzinfo=UTC)
SETTINGS = GlassSettings(volume=0, clock=lambda: AFTERNOON)

Q = TypeVar("Q")


@pytest.fixture(scope="session")
def window() -> GlassSettings:
    """The one window of this process: fonts, theme, no input but the tests' own."""
    os.environ["SDL_VIDEODRIVER"] = "offscreen"
    from screens.window import open_window

    open_window(SETTINGS)
    from kivy.base import runTouchApp
    from kivy.clock import Clock

    from screens.question import load_all

    Clock._max_fps = 0
    runTouchApp(embedded=True)
    load_all()
    return SETTINGS


class Glass:
    """What a guest can do and see, on the test's thread; the engine's loop runs on another."""

    def __init__(self, settings: GlassSettings, folder: Path) -> None:
        from kivy.core.window import Window

        from screens.bridge import GuestOnGlass
        from screens.station import Station

        self.station = Station(settings)
        self.guest = GuestOnGlass(self.station)
        self._folder = folder
        self._pictures = 0
        Window.add_widget(self.station)
        self.loop = asyncio.new_event_loop()
        self._engine = threading.Thread(target=self.loop.run_forever, name="engine", daemon=True)
        self._engine.start()

    # The engine's side

    def start(self, journey: Coroutine[Any, Any, Q]) -> Future[Q]:
        """Run a coroutine on the engine's loop. Wait for it with ``result``, which keeps the glass alive."""
        return asyncio.run_coroutine_threadsafe(journey, self.loop)

    def result(self, journey: Future[Q], seconds: float = PATIENCE) -> Q:
        """What the coroutine returns or raises; the glass goes on meanwhile."""
        self.wait_until(journey.done, "the journey to end", seconds)
        return journey.result()

    def listen(self, hear: Callable[[Any], None]) -> None:
        """Who hears what the guest does beside answering (``Lobby.hear``)."""

        async def register() -> None:
            self.guest.listen(hear)

        self.result(self.start(register()))

    # Waiting

    def frames(self, count: int = 1) -> None:
        from kivy.base import EventLoop

        for _ in range(count):
            EventLoop.idle()

    def wait_until(self, holds: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
        """Draw frames until ``holds``; fails with what is on the glass."""
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {seconds:.0f} s for {what}; on the glass: {self.describe()}")
            self.frames()

    def wait_for(self, kind: type[Q], seconds: float = PATIENCE) -> Q:
        """Wait until a living question (or progress) of this kind is at rest on the glass, and return it."""
        self.wait_until(lambda: isinstance(self.shown, kind) and not self.moving, kind.__name__, seconds)
        shown = self.shown
        assert isinstance(shown, kind)
        return shown

    @property
    def shown(self) -> Any:
        """The question or progress on the glass; None while a dead screen waits for the next."""
        presence = self.station.presence
        return None if presence is None or presence.screen.dead else presence.shown

    @property
    def screen(self) -> Any:
        return self.station.presence.screen

    @property
    def moving(self) -> bool:
        return self.station._stage.moving

    def describe(self) -> str:
        names = sorted({widget.test_id for widget in self._pressables()})
        return f"{type(self.shown).__name__}, to touch: {', '.join(name for name in names if name)}"

    # The guest's hand

    def find(self, test_id: str) -> Any:
        """The widget of that name that can be seen; None when there is none. What lies on top comes first."""
        return next((widget for widget in self._pressables() if widget.test_id == test_id), None)

    def _pressables(self) -> Iterator[Any]:
        overlay = self.station._overlay
        if self.moving and overlay is None:
            return
        for root in (overlay,) if overlay is not None else (self.station,):
            for widget in root.walk():
                if getattr(widget, "test_id", "") and widget.height > 1 and widget.opacity:
                    yield widget

    def tap(self, test_id: str, seconds: float = PATIENCE) -> None:
        """Touch the middle of a widget, scrolled into view where needed. Waits until it is there and can be touched."""
        widget = self._ready(test_id, seconds)
        touch = self._touch(*widget.to_window(*widget.center))
        touch.touch_down()
        self.frames()
        touch.touch_up()
        self.frames()

    def type(self, text: str) -> None:
        """Touch a key for each character."""
        for character in text.lower():
            self.tap(f"key-{'space' if character == ' ' else character}")

    def drag(self, test_id: str, points: list[tuple[float, float]]) -> None:
        """Draw a line over a widget; points are parts of its width and height from the lower left."""
        widget = self._ready(test_id, PATIENCE)
        left, low = widget.to_window(widget.x, widget.y)
        first, *rest = [(left + x * widget.width, low + y * widget.height) for x, y in points]
        touch = self._touch(*first)
        touch.touch_down()
        for point in rest:
            self.frames()
            touch.touch_move(*point)
        self.frames()
        touch.touch_up()
        self.frames()

    def sign(self) -> None:
        """A wave in the signature field."""
        self.drag("signature", [(0.1 + step * 0.05, 0.5 + 0.2 * (-1) ** step) for step in range(16)])

    def _ready(self, test_id: str, seconds: float) -> Any:
        def ready() -> bool:
            widget = self.find(test_id)
            if widget is None or self.moving or self.screen.dead:
                return False
            return not getattr(widget, "off", False) or getattr(widget, "tells_why", False)

        self.frames(2)
        self.wait_until(ready, f"{test_id} to be touchable", seconds)
        widget = self.find(test_id)
        for scroller in getattr(self.screen, "scrollers", ()):
            if any(widget is inside for inside in scroller.walk()):
                scroller.bring(widget)
                self.frames(2)
        return self.find(test_id)

    def _touch(self, x: float, y: float) -> Any:
        from kivy.tests.common import UnitTestTouch

        return UnitTestTouch(x, y)

    # Pictures

    def picture(self, name: str) -> Path:
        """What is on the glass, as ``NN-name.png``."""
        from kivy.core.window import Window

        from screens import pictures

        self.wait_until(lambda: not pictures.loading(), "the pictures to be read")
        self.frames(3)
        self._pictures += 1
        target = self._folder / f"{self._pictures:02}-{name}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        taken = Path(Window.screenshot(name=str(self._folder / f"{name}-.png")))
        self.frames(1)
        taken.replace(target)
        return target

    def close(self) -> None:
        from kivy.animation import Animation
        from kivy.base import EventLoop
        from kivy.core.window import Window

        for widget in self.station.walk():
            Animation.cancel_all(widget)
        self.station.close()
        Window.remove_widget(self.station)
        EventLoop.touches.clear()
        self.result(self.start(_cancel_all()))
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._engine.join(PATIENCE)
        self.loop.close()
        self.frames(2)


async def _cancel_all() -> None:
    """A test that failed may leave its journey waiting."""
    mine = asyncio.current_task()
    others = [task for task in asyncio.all_tasks() if task is not mine]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
def glass(window: GlassSettings, tmp_path: Path) -> Iterator[Glass]:
    """An empty glass in the usual look, without motion; closed with everything that waits on it."""
    from screens.theme import theme

    theme.wear()
    theme.still = True
    folder = Path(os.environ["KIOSK_PICTURES"]) if "KIOSK_PICTURES" in os.environ else tmp_path / "pictures"
    hand = Glass(window, folder)
    yield hand
    hand.close()
    theme.wear()
