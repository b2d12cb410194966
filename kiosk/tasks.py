"""Running asyncio tasks together, ending them cleanly, and work that must not be torn when its caller ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog

Result = TypeVar("Result")

log = structlog.get_logger()


async def stopped(*tasks: asyncio.Future[Any]) -> None:
    """Cancel the tasks and wait until they are gone, whatever they end with."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def ending() -> bool:
    """Whether the current task has been told to end, whatever was raised in it since."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


@asynccontextmanager
async def beside(*works: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run ``works``, which never end by themselves, for as long as the body runs.

    One that fails is not missed in silence: it is logged, the body is cancelled, and the failure is raised in an
    ExceptionGroup. A process that has lost a part of its work is to end, and to be started anew.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_loud(work)) for work in works]
        try:
            yield
        finally:
            await stopped(*tasks)


async def _loud(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception as fault:
        log.critical("task.crashed", exc_info=fault)
        raise


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
