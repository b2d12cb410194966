"""``kiosk run``: serve guests at this station, until told to stop."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from kiosk.config.load import load, load_tariff
from kiosk.config.settings import Settings
from kiosk.monitor import logs
from kiosk.monitor.watchdog import Systemd, Watchdog, watchdog_interval

FRAME_LIMIT, ENGINE_LIMIT = 30.0, 20.0
"""Seconds without a drawn frame, or without a turn of the engine, after which the process is no use to anybody."""

log = structlog.get_logger()


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--windowed", action="store_true", help="a window instead of the whole screen")


def run(options: argparse.Namespace) -> int:
    """Until SIGTERM or SIGINT; the visit under way is then put right first."""
    settings = load(options.config)
    load_tariff(settings.tariff.file)  # a wrong price list starts nothing
    logs.start("kiosk")
    serve(settings, options.screens(), windowed=options.windowed)
    return 0


def serve(
    settings: Settings,
    app: Any,
    *,
    windowed: bool = False,
    pin_factory: Any = None,
    started: Callable[[Any], None] = lambda _glass: None,
) -> None:
    """The glass on this thread, the engine on its own. ``app`` is screens.app; ``started`` gets the glass."""
    manager = Systemd()
    watchdog = Watchdog({"frame": FRAME_LIMIT, "engine": ENGINE_LIMIT}, manager)

    def first_frame() -> None:
        manager.ready()
        log.info("glass.first-frame")

    async def engine_main(guest: Any) -> None:
        # Drivers and books are loaded on the engine's thread, while the first picture is already up.
        from kiosk import bootstrap

        engine = bootstrap.open_engine(settings, pin_factory, watchdog, watchdog_interval(os.environ))
        await engine.run(guest, lambda lobby: guest.listen(lobby.hear))

    try:
        app.run(
            engine_main,
            glass_settings(settings, app, windowed=windowed),
            on_frame=lambda: watchdog.beat("frame"),
            on_first_frame=first_frame,
            started=started,
        )
    finally:
        manager.stopping()


def glass_settings(settings: Settings, app: Any, *, windowed: bool = False) -> Any:
    """What the screens must know of the configuration."""
    display, house = settings.display, settings.house
    return app.GlassSettings(
        width=display.width,
        height=display.height,
        inches=display.diagonal_inch,
        full_screen=display.fullscreen and not windowed,
        rotation=display.rotation,
        contrast=display.theme == "high-contrast",
        large=display.theme == "large-type",
        volume=settings.sound.volume / 100,
        house={"zh_CN": house.name_zh, "en": house.name_en},
        first_language=house.default_language,
        assets=settings.paths.assets,
        clock=partial(datetime.now, ZoneInfo(house.timezone)),
    )


def with_display() -> bool:
    """Whether somebody could see a window of this process."""
    return bool(os.environ.get("DISPLAY")) and sys.platform == "linux"
