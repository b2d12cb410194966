"""The ``kiosk-link`` process: works the line to the hotel system until told to stop."""

from __future__ import annotations

import asyncio

from kiosk.hotel.desk import Desk, Line


async def run_link(line: Line, desk: Desk, stop: asyncio.Event) -> None:
    """Serve the hotel link until ``stop`` is set; an answer that is outstanding then is still waited for.

    Raises StoreError when the books cannot be written.
    """
    try:
        await desk.open()
        await line.serve(desk, stop)
    finally:
        await desk.close()
