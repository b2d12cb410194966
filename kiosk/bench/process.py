"""What a process has used so far, as the kernel counts it; proc(5)."""

from __future__ import annotations

import os
import time
from pathlib import Path


def percent_of_a_core(pid: int, seconds: float) -> float:
    """What the process itself, without its children, uses in the next ``seconds``."""
    before, began = _cpu(pid), time.perf_counter()
    time.sleep(seconds)
    return 100 * (_cpu(pid) - before) / (time.perf_counter() - began)


def rss_mib(pid: int) -> float:
    """Resident memory of the process itself."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
