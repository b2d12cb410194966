"""Done, and free of charge: what was done and what happens next."""

from __future__ import annotations

from kiosk.journeys.done import Done
from screens.parting import PartingScreen
from screens.question import screen_for


@screen_for(Done)
class DoneScreen(PartingScreen):
    """The same buttons as after a service that was paid for."""
