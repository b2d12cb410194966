"""``kiosk doctor``: is this station set up right? Each part is tried once, and what is wrong is said with a remedy."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from hardware.protocols import Device, DeviceError, Fitness
from kiosk import bootstrap, stores
from kiosk.books.checks import check
from kiosk.config.load import load, load_tariff
from kiosk.config.settings import Settings
from kiosk.hotel.status import BARRED, read_status
from kiosk.store.database import StoreError
from kiosk.texts import texts

PATIENCE = 10.0
"""Seconds a device has to answer."""


@dataclass(frozen=True)
class Finding:
    """``trouble`` is None where all is well; ``remark`` says what was seen."""

    part: str
    remark: str
    trouble: str | None = None


def arguments(parser: argparse.ArgumentParser) -> None:
    del parser  # what it needs is in the configuration


def run(options: argparse.Namespace) -> int:
    """0 when everything is well, 1 otherwise. Stop the kiosk first: a device has one owner."""
    settings = load(options.config)
    load_tariff(settings.tariff.file)
    parts = (_assets(settings.paths.assets), _books(settings), _link(settings), _devices(settings))
    findings = []
    for finding in chain.from_iterable(parts):
        findings.append(finding)
        mark = "ok   " if finding.trouble is None else "WRONG"
        sys.stdout.write(f"{mark} {finding.part:16} {finding.trouble or finding.remark}\n")
    return 1 if any(finding.trouble for finding in findings) else 0


def _assets(folder: Path) -> Iterator[Finding]:
    missing = None if any(folder.rglob("*.otf")) else f"no fonts in {folder}: run the installer, or make setup"
    yield Finding("assets", str(folder), missing)


def _books(settings: Settings) -> Iterator[Finding]:
    try:
        report = check(stores.open_books(settings).db)
    except StoreError as fault:
        yield Finding("books", "", f"{fault.key} {dict(fault.values)}")
        return
    trouble = None if report.agree else "the equalities do not hold: run `kiosk books check`"
    yield Finding("books", f"{report.entries} entries, {report.vouchers} vouchers", trouble)


def _link(settings: Settings) -> Iterator[Finding]:
    status = read_status(stores.link_status_file(settings))
    if status is None:
        yield Finding("link", "", "kiosk-link has never run: systemctl status kiosk-link")
        return
    trouble = None if status.alive else _silence(settings, status.phase)
    yield Finding("link", f"alive, {status.guests} guests, {status.open_postings} postings waiting", trouble)


def _silence(settings: Settings, phase: str) -> str:
    if phase == BARRED:
        return "the hotel system takes the station's account no more: link.barred in the log of kiosk-link"
    hotel = settings.hotel
    where = f" at {hotel.host}:{hotel.port}" if hotel.adapter == "fias" else ""
    return f"the hotel system does not answer{where}"


def _devices(settings: Settings) -> Iterator[Finding]:
    try:
        devices = bootstrap.open_devices(settings)
    except OSError as fault:
        yield Finding("devices", "", f"not tried: {fault}")
        return
    for device in vars(devices).values():
        yield asyncio.run(_device(device))


async def _device(device: Device) -> Finding:
    try:
        async with asyncio.timeout(PATIENCE):
            await device.connect()
        health = device.health()
    except TimeoutError:
        return Finding(device.name, "", f"no answer within {PATIENCE:.0f} s")
    except DeviceError as fault:
        return Finding(device.name, "", _worded(fault.key))
    finally:
        await device.close()
    fit = health.fitness in (Fitness.READY, Fitness.BUSY)
    return Finding(device.name, health.fitness.value, None if fit else _worded(health.reason or health.fitness.value))


def _worded(key: str) -> str:
    return f"{key}: {texts('en')(key)}"
