"""What is measured: each module's ``measure()`` returns named figures; the unit is the end of the name."""

from __future__ import annotations

from importlib import import_module

MODULES = ("settle", "posting", "guests", "codec", "scan", "copy", "link", "glass", "frames")


def measure(module: str) -> dict[str, float]:
    """The figures of one module of this package."""
    figures: dict[str, float] = import_module(f"kiosk.bench.{module}").measure()
    return figures
