import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def kills(part, *options):
    """How often the driver killed. It forks: a process of its own keeps the threads of pytest's workers out of that."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.fault.books_campaign", part, *options],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=110,
    )
    assert run.returncode == 0, run.stderr
    return int(run.stdout)


def test_killed_before_every_statement_of_the_money_path_the_books_come_out_right():
    assert kills("statements") >= 150


def test_killed_in_the_middle_of_recovery_they_come_out_right_too():
    assert kills("recovery") >= 60


def test_killed_at_random_moments_they_come_out_right_too():
    assert kills("random", "--count", "40") == 40
