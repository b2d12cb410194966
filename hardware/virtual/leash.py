"""Far-side processes that never outlive the one who started them."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic

_LOOK_S = 0.004
# Holds a pipe whose other end is ours alone: it closes when we end in any way, and then the whole group is killed.
_GUARD = 'read -r _; kill -s KILL -- "-$1"'


class FarSideDied(RuntimeError):
    """A far side ended or stayed silent where it should have come up."""


class Leashed:
    """A process in a group of its own, killed with everything in that group when this process ends in any way."""

    def __init__(self, argv: Sequence[str | Path], log: Path, env: Mapping[str, str] | None = None) -> None:
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [str(part) for part in argv],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env={**os.environ, **(env or {})},
                start_new_session=True,
            )
        self.pid = self._process.pid
        self._log = log
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "leash", str(self.pid)], stdin=subprocess.PIPE, start_new_session=True
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def ready(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until ``condition`` holds. Raises FarSideDied when the process ends or takes longer than ``seconds``."""
        until = monotonic() + seconds
        while not condition():
            if self.wait(_LOOK_S) or monotonic() > until:
                raise FarSideDied(self._log.read_text(errors="replace")[-2000:])

    def wait(self, seconds: float) -> bool:
        """True as soon as the process has ended, False after ``seconds``."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def signal(self, number: signal.Signals) -> None:
        """To the process alone."""
        if self.alive:
            os.kill(self.pid, number)

    def stop(self, seconds: float = 2.0) -> None:
        """Ask it to end, then make it; nothing of its group is left."""
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        self.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the process and its whole group."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._guard.kill()
        self._guard.communicate()
