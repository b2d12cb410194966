"""A finger that is not there: touches that come from a hand instead of a panel. On Kivy's thread only."""

from __future__ import annotations

from typing import Any

from kivy.base import EventLoop
from kivy.input.motionevent import MotionEvent


class Finger(MotionEvent):
    """Goes down at ``x``, ``y`` in pixels of the window, moves, and comes up."""

    def __init__(self, x: float, y: float) -> None:
        super().__init__("finger", 1, _at(x, y), is_touch=True, type_id="touch")
        self.profile = ["pos"]

    def depack(self, args: dict[str, float]) -> None:
        self.sx, self.sy = args["x"], args["y"]
        super().depack(args)

    def touch_down(self) -> None:
        EventLoop.post_dispatch_input("begin", self)

    def touch_move(self, x: float, y: float) -> None:
        self.move(_at(x, y))
        EventLoop.post_dispatch_input("update", self)

    def touch_up(self) -> None:
        EventLoop.post_dispatch_input("end", self)


def _at(x: float, y: float) -> dict[str, Any]:
    """Where that is in parts of the window."""
    window = EventLoop.window
    return {"x": x / (window.width - 1.0), "y": y / (window.height - 1.0)}
