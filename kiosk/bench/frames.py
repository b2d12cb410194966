"""The longest time the picture stood still while two guests went through the whole copy journey."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path


def measure() -> dict[str, float]:
    """From the report of a played demo; taking its pictures is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "kiosk", "demo", "--played", "--no-pictures", "--folder", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        report = json.loads((Path(folder) / "report.json").read_text("utf-8"))
    return {"longest_frame_gap_ms": report["longest_frame_gap_ms"]}
