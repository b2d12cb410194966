"""What a process says of itself: a JSON file for ``kiosk status`` and a Prometheus textfile beside it.

Both lie in memory and are replaced whole, so that a reader never sees half of one. Neither holds personal data.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from hardware.protocols import Fitness, Health

STALE_AFTER = timedelta(seconds=30)

LinkState = Literal["down", "starting", "alive", "night-audit", "barred"]
"""``barred``: the hotel system is there, and takes the station's account no more."""


@cache
def _own_version() -> str:
    from importlib.metadata import version  # 20 ms, not needed before the first snapshot

    return version("lobby-kiosk")


class DeviceStatus(msgspec.Struct, frozen=True):
    """A Health as it stands in the file. ``supplies`` in percent, null when unknown."""

    fitness: Fitness
    reason: str | None
    place: str | None
    warnings: tuple[str, ...]
    supplies: dict[str, int | None]

    @classmethod
    def of(cls, health: Health) -> DeviceStatus:
        supplies = {supply.kind: supply.level for supply in health.supplies}
        return cls(health.fitness, health.reason, health.place, health.warnings, supplies)


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """One snapshot of one process. A field that the process can't know is None.

    ``open_charges``: quoted, authorised or delivered, not yet settled. ``unknown_charges``, ``unknown_postings`` and
    ``refused_postings`` wait for a person. ``queue_length`` counts postings that have not been answered yet. ``at`` is
    when the snapshot was taken, UTC.
    """

    process: str
    at: datetime
    started: datetime
    version: str = msgspec.field(default_factory=_own_version)
    pid: int = msgspec.field(default_factory=os.getpid)
    devices: dict[str, DeviceStatus] = {}
    visit_open: bool | None = None
    link: LinkState | None = None
    open_charges: int | None = None
    unknown_charges: int | None = None
    unknown_postings: int | None = None
    refused_postings: int | None = None
    queue_length: int | None = None

    @property
    def money_in_doubt(self) -> bool:
        """Charges or postings wait for a person."""
        return any((self.unknown_charges, self.unknown_postings, self.refused_postings))

    def stale(self, now: datetime) -> bool:
        """The process has not written for so long that it must be taken for dead."""
        return now - self.at > STALE_AFTER


def write(status: Status, folder: Path) -> None:
    """Replace the JSON file and the metrics of this process in ``folder``. Raises OSError."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    _replace(folder / f"{status.process}.json", msgspec.json.format(msgspec.json.encode(status)) + b"\n")
    _replace(folder / f"{status.process}.prom", "".join(metrics(status)).encode())


def read(folder: Path) -> tuple[Status, ...]:
    """The newest snapshot of every process that has written one, by name. Raises OSError, msgspec.DecodeError."""
    found = (msgspec.json.decode(file.read_bytes(), type=Status) for file in folder.glob("*.json"))
    return tuple(sorted(found, key=lambda status: status.process))


def metrics(status: Status) -> Iterator[str]:
    """The snapshot in the Prometheus text format; the names are explained in docs/logs.md."""
    own = {"process": status.process}
    yield from _gauge("kiosk_build_info", [({**own, "version": status.version}, 1)])
    yield from _gauge("kiosk_start_time_seconds", [(own, status.started.timestamp())])
    yield from _gauge("kiosk_status_time_seconds", [(own, status.at.timestamp())])
    fit = [({"device": name}, int(device.fitness is Fitness.READY)) for name, device in status.devices.items()]
    yield from _gauge("kiosk_device_ready", fit)
    fitness = [({"device": name, "fitness": device.fitness.value}, 1) for name, device in status.devices.items()]
    yield from _gauge("kiosk_device_fitness", fitness)
    supplies = [
        ({"device": name, "supply": supply}, level)
        for name, device in status.devices.items()
        for supply, level in device.supplies.items()
        if level is not None
    ]
    yield from _gauge("kiosk_supply_percent", supplies)
    if status.link is not None:
        yield from _gauge("kiosk_link_state", [({"state": status.link}, 1)])
    counts = {
        "kiosk_visit_open": status.visit_open,
        "kiosk_charges_open": status.open_charges,
        "kiosk_charges_unknown": status.unknown_charges,
        "kiosk_postings_unknown": status.unknown_postings,
        "kiosk_postings_refused": status.refused_postings,
        "kiosk_postings_queued": status.queue_length,
    }
    for name, count in counts.items():
        if count is not None:
            yield from _gauge(name, [({}, int(count))])


def now() -> datetime:
    """The time that snapshots are stamped with."""
    return datetime.now(UTC)


def _gauge(name: str, samples: Sequence[tuple[Mapping[str, str], float]]) -> Iterator[str]:
    if not samples:
        return
    yield f"# TYPE {name} gauge\n"
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{name}{{{inside}}} {value}\n" if inside else f"{name} {value}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _replace(file: Path, content: bytes) -> None:
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.write_bytes(content)
    fresh.chmod(0o644)  # for the collector, whatever this process's umask is
    fresh.replace(file)
