"""Far sides do not outlive whoever started them, however that one ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from hardware.virtual.leash import FarSideDied, Leashed

STARTER = """
import sys, pathlib, time
from hardware.virtual.leash import Leashed
far = Leashed(["sh", "-c", "sleep 60 & sleep 60"], pathlib.Path(sys.argv[1]))
print(far.pid, flush=True)
sys.stdin.read()
"""


def group_is_gone(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_whole_group_dies_with_a_killed_starter(tmp_path):
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path / "log")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    group = int(starter.stdout.readline())
    assert not group_is_gone(group)
    starter.send_signal(signal.SIGKILL)
    starter.communicate()
    watcher = Leashed(["sleep", "20"], tmp_path / "watcher")
    try:
        watcher.ready(lambda: group_is_gone(group), 5)
    finally:
        watcher.kill()


def test_a_far_side_that_does_not_come_up_says_why(tmp_path):
    far = Leashed(["sh", "-c", "echo no such bus >&2; exit 1"], tmp_path / "log")
    with pytest.raises(FarSideDied, match="no such bus"):
        far.ready(lambda: False)
    far.kill()


def test_one_that_stays_silent_is_given_up_in_time(tmp_path):
    far = Leashed(["sleep", "20"], tmp_path / "log")
    with pytest.raises(FarSideDied):
        far.ready(lambda: False, 0.1)
    far.stop()
    assert not far.alive
