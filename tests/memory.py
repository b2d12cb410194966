"""Where tests keep their files: in memory, so that a disk that stalls under another's load holds up no test."""

from __future__ import annotations

import shutil
from pathlib import Path

SHARED_MEMORY = Path("/dev/shm")
ENOUGH = 2 * 1024**3
"""Bytes: about four times what the whole suite has been seen to use at once."""


def folder() -> Path | None:
    """A folder whose files are in memory; None where there is too little room, for example in a default container.

    A killed process leaves the same files in memory as on a disk. What a power cut leaves, neither can show.
    """
    if SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free >= ENOUGH:
        return SHARED_MEMORY
    return None
