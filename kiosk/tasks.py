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

    One that fails is not missed in silence: it is logged, the body is cancelled, and the failure is raised here. A
    process that has lost a part of its work is to end, and to be started anew.
    """
    body = asyncio.current_task()
    assert body is not None
    failures: list[BaseException] = []

    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.critical("task.crashed", exc_info=fault)
            if not failures:
                body.cancel()
            failures.append(fault)

    tasks = [asyncio.ensure_future(work) for work in works]
    for task in tasks:
        task.add_done_callback(ended)
    try:
        yield
    except asyncio.CancelledError:
        if failures and body.uncancel() == 0:  # nobody else has asked the body to end
            raise failures[0] from None
        raise
    finally:
        for task in tasks:
            task.remove_done_callback(ended)
        await stopped(*tasks)


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
