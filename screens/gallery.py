"""Puts one screen after the other on the glass, takes its picture and checks its layout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kivy.base import EventLoop, runTouchApp
from kivy.clock import Clock
from kivy.core.window import Window

from kiosk.visit import IdleWarning, StaffCalled
from screens.layout_check import faults_of
from screens.question import load_all
from screens.samples import samples
from screens.settings import GlassSettings
from screens.shots import Look
from screens.station import Station
from screens.theme import theme

SETTLING_FRAMES = 6


class Gallery:
    def __init__(self, settings: GlassSettings, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        load_all()
        Clock._max_fps = 0
        self._folder = folder
        self._station = Station(settings)
        Window.add_widget(self._station)
        runTouchApp(embedded=True)
        _frames(SETTLING_FRAMES)

    def shoot(self, look: Look, only: Sequence[str] = ()) -> list[str]:
        """Every screen in one look; returns the faults found, each with the name of its picture."""
        theme.still = True
        faults: list[str] = []
        for name, (shown, situation) in samples(self._folder, look.language).items():
            if only and name not in only:
                continue
            self._station.language = look.language
            self._station._present(shown, situation, 1, lambda _answer: None)
            theme.wear(large=look.large, contrast=look.contrast)
            self._station.rebuild()
            faults += self._take(f"{name}-{look.name}")
        if not only:
            faults += self._overlays(look)
        theme.wear()
        return faults

    def _overlays(self, look: Look) -> list[str]:
        station, faults = self._station, []
        station.tell(IdleWarning(14))
        faults += self._take(f"overlay-idle-{look.name}")
        station.tell(IdleWarning(None))
        station.called = StaffCalled(12, 3)
        station.call_person()
        faults += self._take(f"overlay-call-{look.name}")
        station._withdraw()
        station.called = StaffCalled(None)
        station.call_person()
        faults += self._take(f"overlay-calling-{look.name}")
        station._close_overlay()
        return faults

    def _take(self, name: str) -> list[str]:
        _frames(SETTLING_FRAMES)
        taken = Window.screenshot(name=str(self._folder / "shot-.png"))
        _frames(1)
        Path(taken or self._folder / "shot-0001.png").replace(self._folder / f"{name}.png")
        return [f"{self._folder.name}/{name}: {fault}" for fault in faults_of(self._station)]

    def contact_sheets(self) -> None:
        """One picture of all pictures for each look."""
        from PIL import Image

        names = sorted({"-".join(path.stem.split("-")) for path in self._folder.glob("*.png")})
        groups: dict[str, list[Path]] = {}
        for name in names:
            for language in ("zh_CN", "en"):
                before, mark, after = name.partition(f"-{language}")
                if mark and not before.startswith("contact"):
                    groups.setdefault(language + after, []).append(self._folder / f"{name}.png")
        for look, paths in groups.items():
            _sheet(paths, Image).save(self._folder / f"contact-{look}.jpg", quality=85)


def _sheet(paths: list[Path], images: Any, columns: int = 6) -> Any:
    pictures = [images.open(path).convert("RGB") for path in paths]
    width = 360
    height = round(width * pictures[0].height / pictures[0].width)
    rows = -(-len(pictures) // columns)
    sheet = images.new("RGB", (columns * (width + 12) + 12, rows * (height + 12) + 12), "#888888")
    for number, picture in enumerate(pictures):
        place = (12 + number % columns * (width + 12), 12 + number // columns * (height + 12))
        sheet.paste(picture.resize((width, height)), place)
    return sheet


def _frames(count: int) -> None:
    for _ in range(count):
        EventLoop.idle()
