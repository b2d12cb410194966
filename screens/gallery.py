"""Puts one screen after the other on the glass, takes its picture and checks its layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kivy.base import EventLoop, runTouchApp
from kivy.clock import Clock
from kivy.core.window import Window
from PIL import Image

from kiosk.visit import IdleWarning, Situation, StaffCalled
from screens import pictures
from screens.layout_check import faults_of
from screens.question import load_all
from screens.samples import samples
from screens.settings import GlassSettings
from screens.shots import Look
from screens.station import Station
from screens.theme import theme

SETTLING_FRAMES = 5


class Gallery:
    """``pages`` takes the pictures of pages that are shown, ``folder`` those of the screens (None: only look)."""

    def __init__(self, settings: GlassSettings, pages: Path, folder: Path | None) -> None:
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        load_all()
        Clock._max_fps = 0
        self._pages = pages
        self._folder = folder
        self._taken: dict[str, list[Path]] = {}
        self._station = Station(settings)
        Window.add_widget(self._station)
        runTouchApp(embedded=True)
        _frames(SETTLING_FRAMES)

    def shoot(self, look: Look, only: Sequence[str] = ()) -> list[str]:
        """Every screen in one look; returns the faults found, each with the name of its picture."""
        theme.still = True
        faults: list[str] = []
        for name, (shown, situation) in samples(self._pages, look.language).items():
            if only and name not in only:
                continue
            self._put_up(shown, situation, look)
            faults += self._take(name, look)
        if not only:
            faults += self._overlays(look)
        theme.wear()
        return faults

    def _put_up(self, shown: Any, situation: Situation, look: Look) -> None:
        theme.wear(large=look.large, contrast=look.contrast)
        self._station._present(shown, situation, 1, lambda _answer: None)
        if (theme.large, theme.contrast) != (look.large, look.contrast):  # the attract screen begins in the usual look
            theme.wear(large=look.large, contrast=look.contrast)
            self._station.rebuild()

    def _overlays(self, look: Look) -> list[str]:
        station, faults = self._station, []
        station.tell(IdleWarning(14))
        faults += self._take("overlay-idle", look)
        station.tell(IdleWarning(None))
        station.called = StaffCalled(12, 3)
        station.call_person()
        faults += self._take("overlay-call", look)
        station._withdraw()
        station.called = StaffCalled(None)
        station.call_person()
        faults += self._take("overlay-calling", look)
        station._close_overlay()
        return faults

    def _take(self, screen: str, look: Look) -> list[str]:
        name = f"{screen}-{look.name}"
        while pictures.loading() or self._station._stage.moving:
            _frames(1)
        _frames(SETTLING_FRAMES)
        faults = [f"{name}: {fault}" for fault in faults_of(self._station)]
        if self._folder:
            self._picture(self._folder / f"{name}.png")
            self._taken.setdefault(look.name, []).append(self._folder / f"{name}.png")
        return faults

    def _picture(self, target: Path) -> None:
        taken = Window.screenshot(name=str(target.with_name(f"{target.stem}-.png")))
        _frames(1)
        Path(taken).replace(target)

    def contact_sheets(self) -> None:
        """One picture of all pictures for each look."""
        for look, paths in self._taken.items():
            _sheet(paths).save(paths[0].parent / f"contact-{look}.png")


def _sheet(paths: list[Path], columns: int = 6) -> Image.Image:
    pictures = [Image.open(path).convert("RGB") for path in paths]
    width = 360
    height = round(width * pictures[0].height / pictures[0].width)
    rows = -(-len(pictures) // columns)
    sheet = Image.new("RGB", (columns * (width + 12) + 12, rows * (height + 12) + 12), "#888888")
    for number, picture in enumerate(pictures):
        place = (12 + number % columns * (width + 12), 12 + number // columns * (height + 12))
        sheet.paste(picture.resize((width, height)), place)
    return sheet


def _frames(count: int) -> None:
    for _ in range(count):
        EventLoop.idle()
