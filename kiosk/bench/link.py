"""The link process at rest, and how soon another process's commit is noticed."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from kiosk import stores
from kiosk.bench.process import percent_of_a_core, rss_mib
from kiosk.hotel.status import read_status
from kiosk.rig import Rig
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS

SETTLE, IDLE = 5.0, 30.0
"""Seconds until the start is over, and of idling that are measured."""
STARTED_WITHIN = 30.0
COMMITS = 200
BETWEEN = 0.005
"""Seconds between two commits: who waits has gone to sleep."""

_WRITER = """
import sys, time
from pathlib import Path
from kiosk.outbox import enqueue
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS
db = Database(Path(sys.argv[1]), BOOKS)
print("open", flush=True)
for key in sys.stdin:
    with db.transaction() as tx:
        enqueue(tx, "nobody", "mark", key, "", 0)
    print(time.perf_counter(), flush=True)
"""


def measure() -> dict[str, float]:
    """``commit_wake_ms``: from the end of a commit until a coroutine of another process goes on; median."""
    with tempfile.TemporaryDirectory() as folder:
        woken = asyncio.run(_woken(Path(folder) / "books.db"))
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder)) as rig:
        idle, rss = _at_rest(rig)
    return {
        "link_idle_percent": round(idle, 2),
        "link_rss_mib": round(rss, 1),
        "commit_wake_ms": round(1000 * median(woken), 2),
    }


def _at_rest(rig: Rig) -> tuple[float, float]:
    """Percent of a core, and resident MiB, of a link whose hotel system is up and has nothing to say."""
    command = [sys.executable, "-m", "kiosk", "link", "--config", str(rig.settings_file)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        until = time.monotonic() + STARTED_WITHIN
        while not ((told := read_status(stores.link_status_file(rig.settings()))) and told.alive):
            if time.monotonic() > until or process.poll() is not None:
                raise RuntimeError("the link did not come up")
            time.sleep(0.05)
        time.sleep(SETTLE)
        figures = percent_of_a_core(process.pid, IDLE), rss_mib(process.pid)
        process.terminate()
        process.wait(30)
    return figures


async def _woken(path: Path) -> list[float]:
    """Seconds from each commit to its notice."""
    db = Database(path, BOOKS)
    changes = db.changes()
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _WRITER, str(path), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdin is not None
    assert writer.stdout is not None
    await writer.stdout.readline()
    changes.any()  # opening writes too
    took = []
    for key in range(COMMITS):
        await asyncio.sleep(BETWEEN)
        writer.stdin.write(b"%d\n" % key)
        await changes.wait(STARTED_WITHIN)
        noticed = time.perf_counter()
        took.append(noticed - float(await writer.stdout.readline()))
    writer.stdin.close()
    await writer.wait()
    changes.close()
    db.close()
    return took
