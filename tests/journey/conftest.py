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
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_asyncio

from kiosk.documents.worker import DocumentWorker
from kiosk.journeys import messages as messages_journey
from kiosk.journeys import wake_up as wake_up_journey
from kiosk.station import Station
from kiosk.visit import Situation
from screens.hand import PATIENCE, Hand, OwnTurns
from screens.settings import GlassSettings
from tests.journey.services_kit import still
from tests.stations import paper_station

AFTERNOON = datetime(2026, 5, 8, 14, 26, tzinfo=UTC)
SETTINGS = GlassSettings(volume=0, clock=lambda: AFTERNOON)

CHINESE = Situation("zh_CN")

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


class Glass(Hand):
    """A hand on the test's thread, with an engine's loop on another."""

    def __init__(self, settings: GlassSettings, folder: Path) -> None:
        from kivy.core.window import Window

        from screens.bridge import GuestOnGlass
        from screens.station import Station

        super().__init__(Station(settings), folder, OwnTurns())
        self.guest = GuestOnGlass(self.station)
        Window.add_widget(self.station)
        self.loop = asyncio.new_event_loop()
        self._engine = threading.Thread(target=self.loop.run_forever, name="engine", daemon=True)
        self._engine.start()

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


@pytest.fixture
def asked(glass):
    """Put a question and return its future answer once it stands on the glass."""

    def ask(question, situation=CHINESE):
        answer = glass.start(glass.guest.ask(question, situation))
        glass.wait_for(type(question))
        return answer

    return ask


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def documents():
    """The process that works on documents, one for a module of scripted journeys."""
    worker = DocumentWorker(warm_after=0)
    await worker.start()
    yield worker
    await worker.stop()


@pytest.fixture
def station(tmp_path, documents):
    """A station on paper devices that are all well."""
    return paper_station(tmp_path, documents)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """A guest who need not wait long for the hotel system."""
    monkeypatch.setattr(wake_up_journey, "PATIENCE", 0.05)
    monkeypatch.setattr(messages_journey, "FETCH", 0.4)
    monkeypatch.setattr(messages_journey, "ACCEPT", 0.02)


@pytest.fixture
def house(tmp_path: Path, documents: DocumentWorker, quick: None) -> Station:
    """A station on paper, on one evening until the test moves its clock."""
    return still(paper_station(tmp_path, documents))
