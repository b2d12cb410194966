"""One link at a time: a second one would push the first off the hotel's only slot, and take its attempts for lost."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class LinkRuns(RuntimeError):
    """Another process is the link of this station."""


@contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Hold the file ``lock``, beside the books it guards; the kernel lets go of it however the process ends.

    Raises LinkRuns.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LinkRuns(str(lock)) from None
        yield
