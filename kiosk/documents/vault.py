"""Where a visit's documents lie until it ends. In production on tmpfs: they never reach a disk."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from kiosk.documents.errors import DocumentStoreError

ROOM = 64 * 1024 * 1024
"""Bytes that must be free before a guest's work is begun: some thirty colour pages at 300 dpi."""

PROBE = bytes(64 * 1024)
VISIT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True)
class Drawer:
    """The folder of one visit; only this process's user can look in."""

    folder: Path

    def forget(self) -> None:
        """Remove the folder with everything in it. Forgetting twice is no error.

        Raises DocumentStoreError when something could not be removed, which staff must know.
        """
        try:
            remove(self.folder)
        except OSError as problem:
            raise DocumentStoreError("documents.not-forgotten") from problem


class Vault:
    """``base`` belongs to the vault alone: ``sweep`` empties it. ``room`` is in bytes."""

    def __init__(self, base: Path, room: int = ROOM) -> None:
        self.base = base
        self._room = room

    def begin(self, visit_id: str) -> Drawer:
        """A new, empty, proven drawer. Raises DocumentStoreError now rather than in the middle of the work."""
        if not VISIT_ID.fullmatch(visit_id):
            raise ValueError("a visit id is letters, digits, _ and -")
        try:
            self.base.mkdir(mode=0o700, parents=True, exist_ok=True)
            drawer = Drawer(Path(tempfile.mkdtemp(prefix=f"{visit_id}-", dir=self.base)))
        except OSError as problem:
            raise store_error(problem) from problem
        try:
            self._prove(drawer.folder)
        except OSError as problem:
            drawer.forget()
            raise store_error(problem) from problem
        return drawer

    @contextmanager
    def open(self, visit_id: str) -> Iterator[Path]:
        """The visit's folder, forgotten on the way out however that is taken. Raises DocumentStoreError."""
        drawer = self.begin(visit_id)
        try:
            yield drawer.folder
        finally:
            drawer.forget()

    def sweep(self) -> None:
        """Remove whatever an earlier process left behind. Call when no visit is open. Raises DocumentStoreError."""
        if self.base.exists():
            for left in self.base.iterdir():
                Drawer(left).forget()

    def _prove(self, folder: Path) -> None:
        """Write for real: quotas and reserved blocks are not in the free space that is told."""
        if shutil.disk_usage(folder).free < self._room:
            raise OSError(errno.ENOSPC, "too little room")
        probe = folder / ".probe"
        probe.write_bytes(PROBE)
        probe.unlink()


def store_error(problem: OSError) -> DocumentStoreError:
    if problem.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return DocumentStoreError("documents.read-only")
    return DocumentStoreError("documents.full")


def remove(path: Path) -> None:
    """Remove a file or a whole folder, also where a mode forbids it. Links are removed, not followed."""
    try:
        kind = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISDIR(kind):
        path.unlink(missing_ok=True)
        return
    path.chmod(stat.S_IRWXU)
    with os.scandir(path) as entries:
        for entry in entries:
            remove(Path(entry.path))
    path.rmdir()
