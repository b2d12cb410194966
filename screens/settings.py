"""What the glass must be told from outside: the panel, the house, the voice. No Kivy here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType


def _wall_clock() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True)
class GlassSettings:
    """``inches`` is the panel's diagonal: touch targets and the smallest type are measured in mm on the real glass.

    ``house`` is the hotel's name by language. ``volume`` 0 is silence. ``large`` and ``contrast`` are the look that
    every guest finds. ``rotation`` turns the picture (0, 90, 180, 270 degrees). ``assets`` is where
    ``python -m screens.assets`` put fonts and drawings; None means
    ``$KIOSK_ASSETS`` or ``build/assets``. ``clock`` tells the wall time that is shown.
    """

    width: int = 1080
    height: int = 1920
    inches: float = 21.5
    full_screen: bool = False
    rotation: int = 0
    volume: float = 0.5
    large: bool = False
    contrast: bool = False
    house: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({"zh_CN": "云山饭店", "en": "Cloud Hill Hotel"})
    )
    first_language: str = "zh_CN"
    assets: Path | None = None
    clock: Callable[[], datetime] = _wall_clock
