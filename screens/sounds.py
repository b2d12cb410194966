"""The voice of the station: a soft tick on touch, a chime when the guest is needed. Silent until told a volume."""

from __future__ import annotations

from typing import Any

from screens.assets import Assets

_loaded: dict[str, Any] = {}


def load(assets: Assets, volume: float) -> None:
    """Read the sounds; ``volume`` 0 to 1, 0 leaves the station silent. A station without loudspeaker stays silent."""
    if volume <= 0:
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
