"""The last screen of a service that costs nothing: what was done, said once more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from kiosk.visit import Question


@dataclass(frozen=True)
class Done(Question[bool]):
    """Message ``key`` with ``values`` says what was done, ``more`` what happens next. True asks for another service.

    ``icon`` names an icon of the theme.
    """

    stage: ClassVar[str | None] = "done"
    key: str
    icon: str
    values: tuple[tuple[str, str | int], ...] = ()
    more: str | None = None
