"""``kiosk rig``: the virtual hotel alone, for a kiosk started by hand beside it."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from kiosk.rig import Rig
from kiosk.rig_page import RigPage


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--root", type=Path, default=Path("build/rig"), metavar="DIR", help="where its files go")
    parser.add_argument("--port", type=int, default=0, help="of the control page; 0 takes a free one")


def run(options: argparse.Namespace) -> int:
    """Until SIGINT or SIGTERM."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    with Rig(options.root.absolute()) as rig, RigPage(rig.verbs(), options.port) as page:
        sys.stdout.write(
            f"control page   {page.url}\n"
            f"configuration  {rig.settings_file}\n"
            f"start beside it: kiosk link --config {rig.settings_file}\n"
            f"                 kiosk run --config {rig.settings_file}\n"
        )
        sys.stdout.flush()
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    return 0
