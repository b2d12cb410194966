"""A line that is half open, in truth: no packet passes any more, and nobody is told.

Each case is a process in a network namespace of its own, where the kernel's patience is a second instead of the half
minute that ``test_hotel_wires.py`` sees set.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ALONE = ["unshare", "--net", *(() if os.geteuid() == 0 else ("--user", "--map-root-user"))]


def unplugged(case: str, folder: Path) -> object:
    run = subprocess.run(
        [*ALONE, sys.executable, "-m", "tests.contract.unplugged", case, str(folder)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=30,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", ["idle", "written"])
def test_a_dead_line_is_noticed_with_and_without_a_record_on_it(tmp_path, case):
    assert 0.9 < unplugged(case, tmp_path) < 10


def test_a_charge_on_a_dead_line_is_in_doubt_and_the_next_goes_on_a_new_one(tmp_path):
    assert unplugged("posting", tmp_path) == [1, [222], 2]


def test_a_line_that_was_dead_for_a_moment_loses_nothing_and_doubles_nothing(tmp_path):
    assert unplugged("blink", tmp_path) == [1, [111], 1]
