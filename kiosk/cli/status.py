"""``kiosk status``: what the station's processes say of themselves, for people or, with --json, for programs."""

from __future__ import annotations

import argparse
import sys

import msgspec

from kiosk.cli import Failed
from kiosk.config.load import load
from kiosk.monitor import status
from kiosk.monitor.status import Status


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON object a process")


def run(options: argparse.Namespace) -> int:
    """0 when every process is alive, every device fit and no money waits for a person, 1 otherwise."""
    folder = load(options.config).paths.status
    try:
        found = status.read(folder)
    except (OSError, msgspec.DecodeError) as fault:
        raise Failed(f"no status to be read in {folder}: {fault}") from fault
    if not found:
        raise Failed(f"no process has written a status to {folder}; is the kiosk running?")
    for one in found:
        text = msgspec.json.encode(one).decode() if options.json else _words(one)
        sys.stdout.write(text + "\n")
    return 0 if all(_well(one) for one in found) else 1


def _well(one: Status) -> bool:
    fit = all(device.fitness.value in ("ready", "busy") for device in one.devices.values())
    return fit and not one.stale(status.now()) and not one.money_in_doubt


def _words(one: Status) -> str:
    now = status.now()
    age = f"{(now - one.at).total_seconds():.0f} s"
    seen = f"NO SIGN OF LIFE for {age}" if one.stale(now) else f"seen {age} ago"
    lines = [f"{one.process} {one.version}, pid {one.pid}, {seen}"]
    for name, device in one.devices.items():
        remarks = [word for word in (device.reason, device.place, *device.warnings) if word]
        supplies = [f"{kind} {level} %" for kind, level in device.supplies.items() if level is not None]
        lines.append(f"  {name:16} {device.fitness.value:13} {', '.join(remarks + supplies)}".rstrip())
    counts = {
        "link": one.link,
        "open charges": one.open_charges,
        "charges unknown": one.unknown_charges,
        "postings waiting": one.queue_length,
        "postings unknown": one.unknown_postings,
        "postings refused": one.refused_postings,
    }
    lines += [f"  {name:16} {value}" for name, value in counts.items() if value is not None]
    return "\n".join(lines)
