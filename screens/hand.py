"""A guest's hand on the glass, by name of what is touched: for tests, for the demo and for measuring.

hand.tap("service-copy")
hand.wait_for(ChooseCopy)
hand.sign()
hand.picture("signed")

Kivy is imported by whoever opens the window, not here.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from screens.station import Station

PATIENCE = 10.0
"""Seconds until something that does not come is a failure."""
KEYS = {" ": "space", "-": "hyphen", "'": "apostrophe"}

T = TypeVar("T")


class NothingThere(AssertionError):
    """What should be on the glass did not come."""


class Turns(Protocol):
    """How a hand gets onto Kivy's thread."""

    def do(self, act: Callable[[], T]) -> T:
        """Call ``act`` on Kivy's thread and return what it returns."""
        ...

    def frames(self, count: int = 1) -> None:
        """Wait until so many frames have been drawn."""
        ...


class OwnTurns:
    """The hand is on Kivy's thread itself and draws the frames."""

    def do(self, act: Callable[[], T]) -> T:
        return act()

    def frames(self, count: int = 1) -> None:
        from kivy.base import EventLoop

        for _ in range(count):
            EventLoop.idle()


class OtherThread:
    """The glass runs by itself; the hand is on a thread of its own."""

    def do(self, act: Callable[[], T]) -> T:
        from kivy.clock import Clock

        done: Future[T] = Future()

        def turn(_elapsed: float) -> None:
            try:
                done.set_result(act())
            except BaseException as fault:  # noqa: BLE001  handed to the thread that asked
                done.set_exception(fault)

        Clock.schedule_once(turn)
        return done.result(PATIENCE)

    def frames(self, count: int = 1) -> None:
        for _ in range(count):
            self.do(lambda: None)


class Hand:
    """Touches, types, signs and looks. Waits until what it wants is there and can be touched; raises NothingThere.

    Without a ``folder`` it takes no pictures.
    """

    def __init__(self, station: Station, folder: Path | None, turns: Turns) -> None:
        self.station = station
        self.frames = turns.frames
        self._do = turns.do
        self._folder = folder
        self._pictures = 0

    def wait_until(self, holds: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
        """Let frames be drawn until ``holds``, which is called on Kivy's thread."""
        deadline = time.monotonic() + seconds
        while not self._do(holds):
            if time.monotonic() > deadline:
                raise NothingThere(f"waited {seconds:.0f} s for {what}; on the glass: {self.describe()}")
            self.frames()

    def wait_for(self, kind: type[T], seconds: float = PATIENCE) -> T:
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
        presence = self.station.presence
        return None if presence is None else presence.screen

    @property
    def moving(self) -> bool:
        return self.station._stage.moving

    def describe(self) -> str:
        names = sorted({widget.test_id for widget in self._do(lambda: list(self._pressables()))})
        return f"{type(self.shown).__name__}, to touch: {', '.join(name for name in names if name)}"

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
        """Touch the middle of a widget, scrolled into view where needed."""
        widget = self._ready(test_id, seconds)
        touch = self._do(lambda: touch_at(*widget.to_window(*widget.center)))
        self._do(touch.touch_down)
        self.frames()
        self._do(touch.touch_up)
        self.frames()

    def type(self, text: str) -> None:
        """Touch a key for each character."""
        for character in text.lower():
            self.tap(f"key-{KEYS.get(character, character)}")

    def drag(self, test_id: str, points: list[tuple[float, float]]) -> None:
        """Draw a line over a widget; points are parts of its width and height from the lower left."""
        widget = self._ready(test_id, PATIENCE)
        left, low = self._do(lambda: widget.to_window(widget.x, widget.y))
        first, *rest = [(left + x * widget.width, low + y * widget.height) for x, y in points]
        touch = self._do(lambda: touch_at(*first))
        self._do(touch.touch_down)
        for x, y in rest:
            self.frames()
            self._do(lambda x=x, y=y: touch.touch_move(x, y))  # type: ignore[misc]  # a lambda's defaults are untyped
        self.frames()
        self._do(touch.touch_up)
        self.frames()

    def sign(self) -> None:
        """A wave in the signature field."""
        self.drag("signature", [(0.1 + step * 0.05, 0.5 + 0.2 * (-1) ** step) for step in range(16)])

    def picture(self, name: str) -> str:
        """What is on the glass goes to the folder, where there is one, as ``NN-name.png``; returns that file name."""
        from screens import pictures

        self.wait_until(lambda: not self.moving and not pictures.loading(), "the picture to stand still")
        self.frames(3)
        self._pictures += 1
        target = f"{self._pictures:02}-{name}.png"
        if self._folder is not None:
            self._take(self._folder, target)
        return target

    def _take(self, folder: Path, target: str) -> None:
        from kivy.core.window import Window

        folder.mkdir(parents=True, exist_ok=True)
        taken = Path(self._do(lambda: Window.screenshot(name=str(folder / "taken-.png"))))
        self.frames(2)
        taken.replace(folder / target)

    def _ready(self, test_id: str, seconds: float) -> Any:
        def ready() -> bool:
            widget = self.find(test_id)
            if widget is None or self.moving or self.screen.dead:
                return False
            return not getattr(widget, "off", False) or getattr(widget, "tells_why", False)

        self.frames(2)
        self.wait_until(ready, f"{test_id} to be touchable", seconds)
        if self._do(lambda: self._bring(test_id)):
            self.frames(2)
        return self._do(lambda: self.find(test_id))

    def _bring(self, test_id: str) -> bool:
        """True when something was scrolled."""
        widget = self.find(test_id)
        for scroller in getattr(self.screen, "scrollers", ()):
            before = scroller.offset
            if any(widget is inside for inside in scroller.walk()):
                scroller.bring(widget)
                return bool(scroller.offset != before)
        return False


def touch_at(x: float, y: float) -> Any:
    """A finger that is not yet down, for what ``Hand`` has no word for. On Kivy's thread."""
    from screens.finger import Finger

    return Finger(x, y)
