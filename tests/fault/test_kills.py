"""SIGKILL at every place of the money path, from the guest's touch to the folio: nothing is lost, doubled or left over.

The campaign forks: a process of its own keeps the threads of pytest's workers out of that.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHARES = 3


def kills(part, *options):
    """How many there were, and of whom."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.fault.campaign", part, *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=115,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    total, parts = re.search(r"every promise kept: (\d+) kills(?: \((.*?)\))?", run.stdout).groups()
    each = {who: int(count) for count, who in re.findall(r"(\d+) (\w+)", parts or "")}
    return int(total), each


@pytest.mark.parametrize("share", range(1, SHARES + 1))
def test_a_station_killed_anywhere_charges_what_came_out_and_forgets_the_rest(share):
    total, each = kills("sweep", "--share", f"{share}/{SHARES}")
    assert total >= 45
    assert each["kiosk"] >= 25
    assert each["link"] >= 12
    assert each["recovery"] >= 5


def test_books_killed_before_every_statement_of_the_money_path_come_out_right():
    assert kills("books-statements")[0] >= 150


def test_books_killed_in_the_middle_of_recovery_come_out_right_too():
    assert kills("books-recovery")[0] >= 60


def test_books_killed_at_random_moments_come_out_right_too():
    assert kills("books-random", "--kills", "40")[0] == 40
