"""The kiosk process at rest: imports, first frame, memory, and what the attract screen costs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from kiosk.bench.process import percent_of_a_core, rss_mib
from kiosk.rig import Rig

IMPORTS = "import kiosk.__main__, kiosk.cli.run, screens.app, kiosk.bootstrap, kiosk.lobby"
STARTS = 3
SETTLE, IDLE = 12.0, 30.0
"""Seconds until the start is over, and of idling that are measured."""


def measure() -> dict[str, float]:
    """Medians of three starts; idle of the last."""
    figures = {"import_s": round(median(_import() for _ in range(STARTS)), 3)}
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder)) as rig:
        starts = [_first_frame(rig) for _ in range(STARTS - 1)]
        last, rss, cpu = _at_rest(rig)
    figures["first_frame_s"] = round(median([*starts, last]), 3)
    figures["rss_mib"] = round(rss, 1)
    figures["idle_cpu_percent"] = round(cpu, 2)
    return figures


def _import() -> float:
    timed = f"import time; began = time.perf_counter(); {IMPORTS}; print(time.perf_counter() - began)"
    run = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True)
    return float(run.stdout)


def _start(rig: Rig) -> tuple[subprocess.Popen[bytes], float]:
    """A kiosk process whose first frame is drawn, and the seconds that took from its start."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "kiosk", "run", "--windowed", "--config", str(rig.settings_file)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    for line in process.stdout:
        if json.loads(line)["event"] == "glass.first-frame":
            return process, time.perf_counter() - began
    raise RuntimeError(f"the kiosk ended with {process.wait()} before its first frame")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.communicate(timeout=30)


def _first_frame(rig: Rig) -> float:
    process, seconds = _start(rig)
    _stop(process)
    return seconds


def _at_rest(rig: Rig) -> tuple[float, float, float]:
    """First frame in seconds, resident MiB, and percent of a core on the attract screen."""
    process, seconds = _start(rig)
    time.sleep(SETTLE)
    percent, rss = percent_of_a_core(process.pid, IDLE), rss_mib(process.pid)
    _stop(process)
    return seconds, rss, percent
