"""Runs the glass on the main thread and the engine's loop on a second one. Where the command line comes in.

    from screens.app import run
    run(engine_main, GlassSettings(...))

``engine_main(guest)`` is the engine as a coroutine; it is started when the first frame is on the glass, and the glass
closes when it returns. Nothing of Kivy is imported before ``run``.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import threading
import time
from collections.abc import Callable, Coroutine
from importlib import import_module
from typing import TYPE_CHECKING, Any

import structlog

from screens.settings import GlassSettings

if TYPE_CHECKING:
    from pathlib import Path

    from screens.bridge import GuestOnGlass
    from screens.played import Happenings, Player

EngineMain = Callable[["GuestOnGlass"], Coroutine[Any, Any, None]]

STOPPING = 20.0
"""Seconds that the engine has to put money and documents right when it is told to stop."""
CRASHES, CRASH_WINDOW = 5, 10.0
"""So many faults of the screens within so many seconds end the process: whoever restarts it begins afresh."""

log = structlog.get_logger()


class EngineStuck(RuntimeError):
    """The engine did not end in time after it was cancelled."""


class Engine:
    """The engine's thread. ``ended`` is called on that thread."""

    def __init__(self, main: Callable[[], Coroutine[Any, Any, None]], ended: Callable[[], None]) -> None:
        self._main = main
        self._ended = ended
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._lock = threading.Lock()
        self._cancelled = False
        self.fault: BaseException | None = None
        self.thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except asyncio.CancelledError:
            pass
        except BaseException as fault:  # noqa: BLE001 - handed to the main thread, which raises it again
            self.fault = fault
        finally:
            self._ended()

    async def _serve(self) -> None:
        with self._lock:
            self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
            if self._cancelled:
                return
        await self._main()

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            if self._loop is not None and self._task is not None and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(self._task.cancel)


def run(
    engine_main: EngineMain,
    settings: GlassSettings,
    *,
    on_frame: Callable[[], None] = lambda: None,
    on_first_frame: Callable[[], None] = lambda: None,
    started: Callable[[Glass], None] = lambda _glass: None,
) -> None:
    """Show the glass until the engine returns, or SIGTERM or SIGINT ends both. On the main thread.

    ``on_frame`` feeds a watchdog: it is called after a drawn frame, at most once a second and at least every
    ``frames.PULSE`` seconds while frames are really drawn. ``on_first_frame`` is called once; ``started`` gets the
    glass, for measuring and for hands that play the guest. Raises AssetsMissing, whatever the engine raises, and
    EngineStuck.
    """
    from screens.window import open_window

    open_window(settings)
    glass = Glass(engine_main, settings, on_frame, on_first_frame)
    started(glass)
    glass.run()


class Glass:
    """The window with everything that lives in it. Made by ``run``."""

    def __init__(
        self,
        engine_main: EngineMain,
        settings: GlassSettings,
        on_frame: Callable[[], None],
        on_first_frame: Callable[[], None],
    ) -> None:
        from kivy.core.window import Window

        from screens.bridge import GuestOnGlass
        from screens.frames import Frames
        from screens.station import Station

        self.settings = settings
        self.station = Station(settings)
        self.guest = GuestOnGlass(self.station)
        self.frames = Frames(lambda: self.station.resting, lambda: self.station.showing, on_frame)
        self.engine = Engine(lambda: engine_main(self.guest), self._engine_ended)
        self._on_first_frame = on_first_frame
        self._crashes: list[float] = []
        Window.add_widget(self.station)
        Window.bind(on_flip=self._first_frame, on_request_close=self._close_requested)
        self.station.greet()

    def run(self) -> None:
        from kivy.base import ExceptionManager, runTouchApp

        ExceptionManager.add_handler(_handler(self._crashed))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_stop)
        runTouchApp()
        self.engine.cancel()
        if self.engine.thread.ident is not None:
            self.engine.thread.join(STOPPING)
        self.station.close()
        self.frames.close()
        if self.engine.thread.is_alive():
            raise EngineStuck(f"the engine did not end within {STOPPING:.0f} s")
        if self.engine.fault is not None:
            raise self.engine.fault

    def stop(self) -> None:
        """Ask the engine to end; the glass closes when it has. From any thread."""
        if self.engine.thread.ident is None:
            self._engine_ended()
        self.engine.cancel()

    def _told_to_stop(self, *_: Any) -> None:
        self.stop()

    def _close_requested(self, *_: Any) -> bool:
        self.stop()
        return True

    def _engine_ended(self) -> None:
        from kivy.base import stopTouchApp
        from kivy.clock import Clock

        Clock.schedule_once(lambda _elapsed: stopTouchApp())

    def _first_frame(self, *_: Any) -> None:
        from kivy.clock import Clock
        from kivy.core.window import Window

        Window.unbind(on_flip=self._first_frame)
        self._on_first_frame()
        self.engine.thread.start()
        self._warming = self._warm_up()
        Clock.schedule_interval(self._warm_a_little, 0)

    def _warm_a_little(self, _elapsed: float) -> bool | None:
        """Load what the first guest will need, a piece a frame. False, for the clock, when all is there."""
        return None if next(self._warming, None) else False

    def _warm_up(self) -> Any:
        from screens import sounds
        from screens.assets import Assets, folder_of_choice
        from screens.question import modules

        for module in (*modules(), "PIL.Image", "PIL.JpegImagePlugin", "segno", "babel.dates"):
            import_module(module)
            yield module
        sounds.load(Assets(folder_of_choice(self.settings.assets)), self.settings.volume)
        yield "sounds"
        # What is loaded stays; a full collection in the middle of a slide would be seen.
        gc.collect()
        gc.freeze()
        gc.set_threshold(50_000, 50, 1000)

    def _crashed(self, fault: BaseException) -> bool:
        """A screen's fault: log it and put the question up anew; False when that happens too often."""
        now = time.monotonic()
        self._crashes = [at for at in self._crashes if now - at < CRASH_WINDOW] + [now]
        log.error("screen.crashed", kind=type(fault).__name__, exc_info=fault)
        if len(self._crashes) > CRASHES:
            return False
        self.station.recover()
        return True


def _handler(crashed: Callable[[BaseException], bool]) -> Any:
    from kivy.base import ExceptionHandler, ExceptionManager

    class Recover(ExceptionHandler):
        def handle_exception(self, fault: BaseException) -> int:
            if isinstance(fault, Exception) and crashed(fault):
                return int(ExceptionManager.PASS)
            return int(ExceptionManager.RAISE)

    return Recover()


def player(glass: Glass, folder: Path | None, happenings: Happenings, say: Callable[[str], None]) -> Player:
    """A hand that plays guests on a running glass, from a thread of its own; pictures go to ``folder``, if any."""
    from screens.hand import Hand, OtherThread
    from screens.played import Player

    return Player(Hand(glass.station, folder, OtherThread()), happenings, say)
