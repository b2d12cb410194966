"""The only place where the engine's thread and Kivy's main thread meet. Frozen values cross, nothing else."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

from kivy.clock import Clock

from kiosk.visit import (
    Answer,
    Back,
    Guest,
    Hear,
    IdleWarning,
    LanguageChosen,
    Notice,
    Progress,
    Question,
    Signal,
    Situation,
    StaffCalled,
)
from screens.station import Station

TOUCH_PAUSE = 1.0
"""Seconds between two reports that somebody is touching the glass."""


class GuestOnGlass(Guest):
    """The guest at the glass, for the engine. Drives the station on Kivy's thread.

    ``listen`` says who hears what the guest does beside answering; it must be called on the engine's loop.
    """

    def __init__(self, station: Station) -> None:
        self._station = station
        self._tickets = itertools.count(1)
        self._hear: Hear | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._touched_at = float("-inf")
        station.signal = self._signal

    def listen(self, hear: Hear) -> None:
        self._loop = asyncio.get_running_loop()
        self._hear = hear

    async def ask(self, question: Question[Answer], situation: Situation) -> Answer | Back:
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[Answer | Back] = loop.create_future()
        ticket = next(self._tickets)

        def settle(value: Answer | Back) -> None:  # on the engine's thread
            if not waiting.done():  # the wait may have been cancelled meanwhile
                waiting.set_result(value)

        def answered(value: Answer | Back) -> None:  # on Kivy's thread
            if not loop.is_closed():
                loop.call_soon_threadsafe(settle, value)

        _on_glass(lambda: self._station.put(ticket, question, situation, answered))
        try:
            return await waiting
        finally:
            _on_glass(lambda: self._station.take_off(ticket))

    def show(self, progress: Progress, situation: Situation) -> None:
        _on_glass(lambda: self._station.show(progress, situation))

    def tell(self, notice: Notice | IdleWarning | StaffCalled) -> None:
        _on_glass(lambda: self._station.tell(notice))

    def _signal(self, signal: Signal | LanguageChosen) -> None:
        """On Kivy's thread: pass it on to the engine's loop."""
        if signal is Signal.TOUCHED:
            now = time.monotonic()
            if now - self._touched_at < TOUCH_PAUSE:
                return
            self._touched_at = now
        loop, hear = self._loop, self._hear
        if loop is not None and hear is not None and not loop.is_closed():
            loop.call_soon_threadsafe(hear, signal)


def _on_glass(act: Callable[[], Any]) -> None:
    Clock.schedule_once(lambda _elapsed: act())
