"""``kiosk bench``: measure on virtual devices, print a table, write build/bench.json."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import msgspec

from kiosk.bench import MODULES, measure
from kiosk.monitor import logs

AIMS = {
    "first_frame_s": "<= 0.6",
    "rss_mib": "<= 150",
    "idle_cpu_percent": "<= 0.5",
    "longest_frame_gap_ms": "<= 50",
    "copy_own_share_ms": "<= 150",
    "scan_pdf_300_s": "<= scanimage_300_s + 0.2",
    "settle_per_s": ">= 0.7 bare_sqlite_per_s",
    "post_drain_ratio": ">= 0.9",
    "post_latency_extra_ms": "<= 20",
    "guest_lookup_ms": "<= 5",
    "link_idle_percent": "<= 0.3",
    "commit_wake_ms": "<= 2",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("modules", nargs="*", metavar="MODULE", help=f"only these of: {', '.join(MODULES)}")
    parser.add_argument("--out", type=Path, default=Path("build/bench.json"), metavar="FILE")


def run(options: argparse.Namespace) -> int:
    """0; figures that fall short are shown, not judged. Figures of modules that are not run are kept in the file."""
    out: Path = options.out
    os.environ["SDL_VIDEODRIVER"] = "offscreen"
    logs.start("kiosk-bench", sys.stderr.buffer)
    figures: dict[str, float] = msgspec.json.decode(out.read_bytes()) if out.exists() else {}
    for module in options.modules or MODULES:
        for name, figure in measure(module).items():
            figures[name] = figure
            sys.stdout.write(f"{name:26} {figure:>10}   {AIMS.get(name, '')}".rstrip() + "\n")
            sys.stdout.flush()
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(msgspec.json.format(msgspec.json.encode(figures)) + b"\n")
    return 0
