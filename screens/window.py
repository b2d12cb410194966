"""The one window: Kivy's settings must be made before Kivy is imported, so this is the first door to it."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from screens import typeface
from screens.assets import make
from screens.settings import GlassSettings
from screens.theme import Panel, theme

LIVELY_FPS = 60


def open_window(settings: GlassSettings) -> None:
    """Set Kivy up and open the window with its fonts. Once in a process, on the main thread.

    Raises AssetsMissing when fonts or drawings can't be made.
    """
    assets = make(settings.assets)
    _prepare(settings)
    from kivy.base import EventLoop
    from kivy.core.text import LabelBase

    EventLoop.ensure_window()
    if EventLoop.window is None:
        raise RuntimeError("no window: is there a display, or SDL_VIDEODRIVER=offscreen?")
    LabelBase.register(typeface.EVERYDAY, str(assets.everyday_regular), fn_bold=str(assets.everyday_bold))
    LabelBase.register(typeface.WHOLE, str(assets.regular), fn_bold=str(assets.bold))
    LabelBase.register(typeface.ICONS, str(assets.icons))
    width, height = EventLoop.window.size
    theme.fit(Panel(int(width), int(height), settings.inches))
    theme.usual = (settings.large, settings.contrast)
    theme.wear_usual()


def _prepare(settings: GlassSettings) -> None:
    os.environ.setdefault("KIVY_NO_ARGS", "1")
    os.environ.setdefault("KIVY_NO_CONFIG", "1")
    os.environ.setdefault("KIVY_NO_FILELOG", "1")
    os.environ.setdefault("KIVY_NO_CONSOLELOG", "1")
    os.environ.setdefault("KIVY_LOG_MODE", "PYTHON")
    if "KIVY_HOME" not in os.environ:
        home = os.environ["KIVY_HOME"] = tempfile.mkdtemp(prefix="kivy-")
        atexit.register(shutil.rmtree, home, ignore_errors=True)
    if not (os.environ.get("DISPLAY") or os.path.exists("/dev/dri")):  # noqa: PTH110 - pathlib is not loaded for one look
        os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    from kivy.config import Config

    # A second provider would report each touch twice.
    for provider, _ in Config.items("input"):
        Config.remove_option("input", provider)
    Config.set("input", "mouse", "mouse,disable_multitouch")
    graphics = {
        "width": settings.width,
        "height": settings.height,
        "rotation": settings.rotation,
        "fullscreen": "auto" if settings.full_screen else 0,
        "show_cursor": 0 if settings.full_screen else 1,
        "multisamples": 0,
        "maxfps": LIVELY_FPS,
        "resizable": 0,
    }
    for name, value in graphics.items():
        Config.set("graphics", name, str(value))
    Config.set("kivy", "exit_on_escape", "0")
