"""Every screen in every language, type and palette on every panel: nothing cut, nothing overlapping, all in reach."""

from __future__ import annotations

import subprocess
import sys

import pytest

from screens.shots import PANELS, panel_name

PATIENCE = 300
"""Seconds; about seven times what a panel takes alone on two cores."""


@pytest.mark.timeout(PATIENCE + 20)
@pytest.mark.parametrize("panel", [panel_name(panel) for panel in PANELS])
def test_nothing_is_cut_overlaps_or_is_too_small(panel):
    # A window has one size for its whole life, so each panel is a process of its own.
    looked = subprocess.run(
        [sys.executable, "-m", "screens.shots", "--check", panel],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (looked.returncode, looked.stdout) == (0, ""), looked.stdout + looked.stderr[-2000:]
