"""The far side of a serial cable: a pty whose device end has a stable name, served by one thread.

The thread belongs to this process and the pty dies with it, however it ends. Pulling the plug closes the pty, so the
other side sees what it sees when a USB adapter leaves; plugging it in again makes a new one under the same name.
"""

from __future__ import annotations

import os
import pty
import random
import select
import threading
import time
import tty
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Self

CHUNK = 65536
SLOW_BYTE = 0.01

Distortion = Callable[[bytes], bytes]


def _clean(data: bytes) -> bytes:
    return data


def _nothing(_: bytes) -> bytes:
    return b""


class PtyLine:
    """Base of virtual serial devices. ``path`` is a symlink in ``root``; a subclass hears ``received`` and ``tick``.

    Subclass hooks run under ``self._lock``, and so do the fault verbs: no far side is ever seen half changed.
    """

    def __init__(self, root: Path, name: str, *, every: float | None = None) -> None:
        """``every``: seconds between calls of ``tick``; None for a device that only answers."""
        self.path = root / name
        self._every = every
        self._lock = threading.RLock()
        self._master: int | None = None
        self._slave: int | None = None
        self._distort: Distortion = _clean
        self._byte_time = 0.0
        self._outbox: deque[tuple[float, bytes]] = deque()
        self._thread: threading.Thread | None = None
        self._wake = -1

    def start(self) -> Self:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._wake = os.eventfd(0, os.EFD_NONBLOCK)
        self.replug()
        self._thread = threading.Thread(target=self._serve, name=f"virtual {self.path.name}", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        if self._thread is None:
            return
        thread, self._thread = self._thread, None
        os.eventfd_write(self._wake, 1)
        thread.join()
        self.unplug()
        os.close(self._wake)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Faults of the wire

    def unplug(self) -> None:
        """The cable is pulled: the name disappears and an open port reports the end of the line."""
        with self._lock:
            self.path.unlink(missing_ok=True)
            for end in (self._master, self._slave):
                if end is not None:
                    os.close(end)
            self._master = self._slave = None
            self._outbox.clear()

    def replug(self) -> None:
        """Plugged in again under the same name."""
        with self._lock:
            self.unplug()
            self._master, self._slave = pty.openpty()  # holding the slave keeps the line up while nobody has it open
            tty.setraw(self._slave)
            os.set_blocking(self._master, False)
            link = self.path.with_name(f".{self.path.name}.new")
            link.unlink(missing_ok=True)
            link.symlink_to(os.ttyname(self._slave))
            link.replace(self.path)
            self.plugged()
        os.eventfd_write(self._wake, 1)

    def silent(self) -> None:
        """Nothing is said any more."""
        with self._lock:
            self._distort = _nothing

    def slow(self) -> None:
        """Every byte comes by itself, 10 ms after the one before."""
        with self._lock:
            self._byte_time = SLOW_BYTE

    def garble(self) -> None:
        """What is said arrives as noise, with bytes that look like the beginning of a frame."""
        noise = random.Random(532)
        with self._lock:
            self._distort = lambda data: noise.randbytes(len(data)) + b"\x00\x00\xff\x02"

    def clear(self) -> None:
        """All faults end, except that a pulled plug stays pulled."""
        with self._lock:
            self._distort = _clean
            self._byte_time = 0.0

    # What a device does

    def plugged(self) -> None:
        """The cable is in: a device that takes its power from it starts afresh."""

    def received(self, data: bytes) -> None:
        """Bytes came from the host."""

    def tick(self) -> None:
        """``every`` seconds have passed."""

    def send(self, data: bytes) -> None:
        """Say ``data``, as far as the faults let it through."""
        data = self._distort(data)
        if not self._byte_time:
            self._put(data)
            return
        last = self._outbox[-1][0] if self._outbox else time.monotonic()
        for number, value in enumerate(data, start=1):
            self._outbox.append((last + number * self._byte_time, bytes((value,))))
        os.eventfd_write(self._wake, 1)

    @property
    def plugged_in(self) -> bool:
        return self._master is not None

    @property
    def speaking(self) -> bool:
        """True while slow bytes are still on their way."""
        return bool(self._outbox)

    def _put(self, data: bytes) -> None:
        if self._master is not None:
            with suppress(BlockingIOError):  # a wire holds nothing back for a host that does not read
                os.write(self._master, data)

    def _serve(self) -> None:
        next_tick = time.monotonic()
        while self._thread is not None:
            with self._lock:
                ends = [self._wake] if self._master is None else [self._wake, self._master]
                due = [self._outbox[0][0]] if self._outbox else []
            if self._every is not None:
                due.append(next_tick)
            timeout = max(0.0, min(due) - time.monotonic()) if due else None
            with suppress(OSError):  # the plug was pulled while waiting
                select.select(ends, [], [], timeout)
            with suppress(BlockingIOError):
                os.eventfd_read(self._wake)
            with self._lock:
                self._hear()
                self._flush()
                if self._every is not None and time.monotonic() >= next_tick:
                    next_tick = time.monotonic() + self._every
                    self.tick()

    def _hear(self) -> None:
        if self._master is None:
            return
        with suppress(BlockingIOError):
            self.received(os.read(self._master, CHUNK))

    def _flush(self) -> None:
        while self._outbox and self._outbox[0][0] <= time.monotonic():
            self._put(self._outbox.popleft()[1])
