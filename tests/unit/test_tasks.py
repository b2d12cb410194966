"""Work beside a body: it ends with the body, and a part that fails ends the body."""

from __future__ import annotations

import asyncio

import pytest

from kiosk.tasks import beside


class Work:
    """Runs until cancelled or told to fail."""

    def __init__(self) -> None:
        self.fate: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ended = asyncio.Event()

    async def run(self) -> None:
        try:
            await self.fate
        finally:
            self.ended.set()


async def test_work_ends_with_its_body_and_a_fault_of_the_body_is_raised_as_it_is():
    work = Work()

    async def body():
        async with beside(work.run()):
            await asyncio.sleep(0)
            raise KeyError

    with pytest.raises(KeyError):
        await body()
    assert work.ended.is_set()


async def test_work_that_fails_cancels_the_body_and_is_what_is_raised():
    first, second = Work(), Work()
    cleaned = asyncio.Event()

    async def body():
        async with beside(first.run(), second.run()):
            try:
                await asyncio.Event().wait()
            finally:
                cleaned.set()

    running = asyncio.ensure_future(body())
    await asyncio.sleep(0.01)
    first.fate.set_exception(OSError("first"))
    second.fate.set_exception(OSError("second"))
    with pytest.raises(OSError, match="first"):
        await running
    assert cleaned.is_set()
    assert running.cancelling() == 0


async def test_a_body_that_somebody_else_cancels_is_cancelled():
    work = Work()

    async def body():
        async with beside(work.run()):
            await asyncio.Event().wait()

    running = asyncio.ensure_future(body())
    await asyncio.sleep(0.01)
    work.fate.set_exception(OSError("failed"))
    running.cancel()
    await asyncio.wait({running})
    assert running.cancelled()
    assert work.ended.is_set()
