"""Every test's temporary files lie in memory where there is room; one that found something has time to say what."""

from __future__ import annotations

import os
import tempfile

import pytest

from tests import memory


def pytest_configure() -> None:
    """Before the first temporary folder is asked for; processes that tests start inherit it."""
    folder = memory.folder()
    if folder and "TMPDIR" not in os.environ:
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


SHRINKING = 400
"""Seconds: Hypothesis takes up to 300 to make a failure small, and one cut short tells nothing."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if getattr(getattr(item, "obj", None), "is_hypothesis_test", False) or item.name == "runTest":
            item.add_marker(pytest.mark.timeout(SHRINKING))
