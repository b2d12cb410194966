"""A colour A4 page at 300 dpi: our scan to PDF against scanimage of the same area, in turns."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
import time
from contextlib import aclosing
from pathlib import Path
from statistics import median

from hardware.protocols import ScannedPage, ScanSettings
from kiosk import bootstrap
from kiosk.documents.layout import CopyLayout
from kiosk.documents.worker import DocumentWorker
from kiosk.rig import Rig

ROUNDS = 5
A4 = "iso_a4_210x297mm"
SETTINGS = ScanSettings()


def measure() -> dict[str, float]:
    """Medians of five rounds."""
    with tempfile.TemporaryDirectory() as folder, Rig(Path(folder) / "rig") as rig:
        ours, theirs = asyncio.run(_rounds(rig, Path(folder)))
    return {"scan_pdf_300_s": round(median(ours), 3), "scanimage_300_s": round(median(theirs), 3)}


async def _rounds(rig: Rig, folder: Path) -> tuple[list[float], list[float]]:
    settings = rig.settings()
    scanner = bootstrap.open_devices(settings, rig.panel.factory).scanner
    worker = DocumentWorker(warm_after=0)
    await worker.start()
    await scanner.connect()
    ours, theirs = [], []
    try:
        for number in range(ROUNDS + 1):
            began = time.perf_counter()
            async with aclosing(scanner.scan(SETTINGS, folder)) as events:
                pages = [event.path async for event in events if isinstance(event, ScannedPage)]
            await worker.compose(pages, CopyLayout(A4), folder / f"{number}.pdf")
            ours.append(time.perf_counter() - began)
            theirs.append(await asyncio.to_thread(_scanimage, settings.scanner.device, rig.scanner.config_dir, folder))
    finally:
        await scanner.close()
        await worker.stop()
    return ours[1:], theirs[1:]


def _scanimage(device: str, config_dir: Path, folder: Path) -> float:
    command = ["scanimage", "-d", device, "--mode", "Color", "--resolution", "300"]
    command += ["-x", str(SETTINGS.width_mm), "-y", str(SETTINGS.height_mm), "--format=pnm"]
    began = time.perf_counter()
    with (folder / "scanimage.pnm").open("wb") as out:
        subprocess.run(command, env=os.environ | {"SANE_CONFIG_DIR": str(config_dir)}, stdout=out, check=True)
    return time.perf_counter() - began
