"""Waiting for a commit, also where the file cannot be looked at: then everybody looks anyway, after a pause."""

from __future__ import annotations

import asyncio
import sqlite3

import structlog

from kiosk.store.database import Changes

log = structlog.get_logger()

FOREVER = 1e9


async def committed(changes: Changes, anyway: float) -> bool:
    """Until something was committed.

    A file that cannot be asked is logged, and counts as changed once ``anyway`` seconds have passed: who waits in a
    loop must not spin on a damaged disk, nor wait for ever.
    """
    try:
        return await changes.wait(FOREVER)
    except sqlite3.Error as fault:
        log.error("store.watch", reason=type(fault).__name__)  # noqa: TRY400 - a state, not a bug to trace
        await asyncio.sleep(anyway)
        return True
