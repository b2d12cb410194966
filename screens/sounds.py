"""The voice of the station: a soft tick on touch, a chime when the guest is needed. Silent until told a volume."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from screens.assets import Assets

DEVICES = Path("/dev/snd")
_loaded: dict[str, Any] = {}


def load(assets: Assets, volume: float) -> None:
    """Read the sounds; ``volume`` 0 to 1. With 0, or without a sound device, none is opened and all is silent."""
    if volume <= 0 or not _can_be_heard():
        return
    from kivy.core.audio import SoundLoader

    for name in ("tick", "chime", "warning"):
        sound = SoundLoader.load(str(assets.sound(name)))
        if sound is not None:
            sound.volume = volume
            _loaded[name] = sound


def play(name: str) -> None:
    sound = _loaded.get(name)
    if sound is not None:
        sound.stop()
        sound.play()


def _can_be_heard() -> bool:
    """Whether there is something to play on: asking SDL would have ALSA complain on stderr where there is nothing."""
    return any(DEVICES.glob("pcmC*D*p"))
