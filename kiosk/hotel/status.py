"""What ``kiosk-link`` says of itself, for ``kiosk`` and ``kiosk status``: one small file, replaced whole."""

from __future__ import annotations

from pathlib import Path

import msgspec


class LinkStatus(msgspec.Struct, frozen=True):
    """``alive``: the hotel system answers. Times in milliseconds since 1970 UTC; ``seen_at`` is the heartbeat.

    ``phase`` as in the protocol's session; ``audit``: postings wait for the end of the night audit; ``open_postings``
    counts all that are not delivered; ``guests`` is how many are in house, None when the cache cannot be used.
    """

    alive: bool
    phase: str
    since: int
    seen_at: int
    audit: bool
    open_postings: int
    guests: int | None
    pid: int


BARRED = "barred"
"""The phase of a link whose account the hotel system takes no more: a person mends that, and only a person."""
STALE = 30_000
"""Milliseconds after which a link that says nothing of itself counts as dead."""


def write_status(path: Path, status: LinkStatus) -> None:
    """Readers see the old or the new file, never a part. Meant for a directory in memory: it is not synced.

    Raises OSError.
    """
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(status))
    fresh.replace(path)


def read_status(path: Path) -> LinkStatus | None:
    """None when the link has never run, or left something unreadable."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=LinkStatus)
    except (OSError, msgspec.DecodeError):
        return None


def link_is_alive(path: Path, now: int) -> bool:
    """Whether the link says, and has said within the last half minute before ``now``, that the hotel system answers."""
    status = read_status(path)
    return status is not None and status.alive and abs(now - status.seen_at) < STALE
