"""Mount namespaces for tests that need a disk of their own."""

from __future__ import annotations

import os
from pathlib import Path


def alone() -> list[str]:
    """The command before a command that is to see mounts of its own, with or without root's rights.

    In a chroot whose / is no mount point unshare cannot change how mounts spread, and must be told to leave it alone.
    """
    command = ["unshare", "--mount"]
    if os.geteuid() != 0:
        command += ["--user", "--map-root-user"]
    if not _root_is_mounted():
        command += ["--propagation", "unchanged"]
    return command


def _root_is_mounted() -> bool:
    """Field 5 of a line of mountinfo is its mount point, proc_pid_mountinfo(5)."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    return any(line.split()[4] == "/" for line in lines)
