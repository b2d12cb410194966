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


def campaign(part, *options):
    """What the closing summary counts, by its own words; ``total`` is all kills."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.fault.campaign", part, *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=115,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    total, others = re.search(r"every promise kept: (\d+) kills(.*)", run.stdout).groups()
    counts = {what: int(count) for count, what in re.findall(r"(\d+) ([a-z ]+)", others)}
    return counts | {"total": int(total)}


@pytest.mark.parametrize("share", range(1, SHARES + 1))
def test_a_station_killed_anywhere_charges_what_came_out_and_forgets_the_rest(share):
    found = campaign("sweep", "--share", f"{share}/{SHARES}")
    assert found["kiosk"] >= 25
    assert found["link"] >= 12
    assert found["recovery"] >= 10
    # Every way a charge can end was met.
    assert min(found["settled"], found["voided"], found["unknown"], found["posting in doubt"]) > 0


def test_books_killed_before_every_statement_of_the_money_path_come_out_right():
    assert campaign("books-statements")["total"] >= 150


def test_books_killed_in_the_middle_of_recovery_come_out_right_too():
    assert campaign("books-recovery")["total"] >= 60


def test_books_killed_at_random_moments_come_out_right_too():
    assert campaign("books-random", "--kills", "40")["total"] == 40
