"""Ending asyncio tasks cleanly, and work that must not be torn when its caller ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def stopped(*tasks: asyncio.Future[Any]) -> None:
    """Cancel the tasks and wait until they are gone, whatever they end with."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def uninterrupted(work: Coroutine[Any, Any, Result]) -> Result:
    """Run ``work`` to its end even when the caller is cancelled meanwhile; the cancellation is passed on afterwards.

    For what puts money and documents right: it must not be torn by a second reason to stop.
    """
    task = asyncio.ensure_future(work)
    interruption: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as cancelled:
            if task.cancelled():
                raise
            interruption = cancelled
    if interruption is not None:
        raise interruption
    return task.result()
