"""The only process that loads SANE: backends crash and hang, so they do it where that can be ended.

``python -m hardware.sane_child FD`` serves the commands of ``hardware.sane_wire`` on the socket FD until it closes.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import signal
import socket
import sys
import threading
from io import BytesIO
from os import _exit
from pathlib import Path
from queue import SimpleQueue

import _sane
import sane
from PIL import Image

from hardware.protocols import Source, Tone
from hardware.sane_options import Constraint, longest, modes, resolutions, sources
from hardware.sane_wire import (
    PART,
    Cancel,
    Ended,
    Event,
    Open,
    Opened,
    Paged,
    Progressed,
    Scan,
    commands,
    line,
    page_name,
)

JPEG_QUALITY = 92
MM_PER_INCH = 25.4
PROGRESS_STEP = 0.02
PR_SET_PDEATHSIG = 1
LONGEST_SIDE = 40_000
"""Pixels: more than A3 at 1200 dpi on its long side does not come from a scanner; it is a broken header."""
MOST_SAMPLES = 3 * 9_933 * 14_043
"""Bytes of a colour A3 page at 600 dpi, the most that is taken into memory."""

SANE_FAULTS = {
    "Document feeder jammed": "scanner.jam",
    "Scanner cover is open": "scanner.cover-open",
    "Document feeder out of documents": "scanner.feeder-empty",
    "Device busy": "scanner.busy",
}
"""python-sane tells statuses apart by libsane's sentence only (sane_strstatus); the rest are ``scanner.failed``."""

NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


class Fault(Exception):
    """Ends a scan with this key."""


class Handle:
    """An open device, and what its options mean."""

    def __init__(self, order: Open) -> None:
        self._order = order
        self._guard = threading.Lock()
        self._device = self._open()
        self.sources = sources(self._constraint("source"))
        self.modes = modes(self._constraint("mode"))

    def _open(self) -> sane.SaneDev:
        device = sane.open(self._order.device)
        for option, value in self._order.options.items():
            setattr(device, option, value)
        return device

    def reopen(self) -> None:
        """Start SANE over: a cancelled or failed handle may stay so, and only a new start notices a lost device."""
        with self._guard:
            self._device.close()
            sane.exit()
            sane.init()
            self._device = self._open()

    def cancel(self) -> None:
        """May be called while another thread reads; a handle that is closed for good has nothing to cancel."""
        with self._guard, contextlib.suppress(_sane.error):
            self._device.cancel()

    def _constraint(self, option: str) -> Constraint:
        known = self._device.opt.get(option)
        return known.constraint if known is not None and known.is_active() else None

    def _set(self, option: str, value: str | float | None) -> None:
        known = self._device.opt.get(option)
        if value is not None and known is not None and known.is_active() and known.is_settable():
            setattr(self._device, option, value)

    def capabilities(self) -> Opened:
        """Resolutions are those every source has: the guest chooses quality before laying down the original."""
        area: dict[Source, tuple[float, float]] = {}
        common: set[int] | None = None
        for source, name in self.sources.items():
            self._set("source", name)
            area[source] = (longest(self._constraint("br_x")), longest(self._constraint("br_y")))
            offered = set(resolutions(self._constraint("resolution")))
            common = offered if common is None else common & offered
        return Opened(list(self.modes), sorted(common or ()), area)

    def prepare(self, order: Scan) -> int:
        """Set the options; returns the resolution the device really took, in dpi."""
        self._set("source", self.sources[order.source])
        self._set("mode", self.modes[order.tone])
        self._set("depth", 8)
        self._set("resolution", order.dpi)
        self._set("tl_x", 0.0)
        self._set("tl_y", 0.0)
        for option, wished in (("br_x", order.width_mm), ("br_y", order.height_mm)):
            self._set(option, min(wished, longest(self._constraint(option))))
        taken = self._device.opt.get("resolution")
        return int(self._device.resolution) if taken is not None and taken.is_active() else order.dpi

    def start(self) -> int:
        """Begin a page; returns the lines it will have, -1 when the device doesn't know. Raises Fault."""
        self._device.start()
        _, _, (width, lines), _, row = self._device.get_parameters()
        if (
            not 0 < width <= LONGEST_SIDE
            or not (lines == -1 or 0 < lines <= LONGEST_SIDE)
            or row * lines > MOST_SAMPLES
        ):
            raise Fault("scanner.picture-unusable")
        return int(lines)

    def read(self, lines: int, report: Progress) -> Image.Image:
        """The page that was started, over the backend's own buffer. Raises Fault when it isn't whole."""
        pixels, width, height, samples, _ = self._device.dev.snap(1, 0, report)
        if height < max(lines, 1):
            raise Fault("scanner.failed")
        mode = "RGB" if samples == 3 else "L"
        return Image.frombuffer(mode, (width, height), pixels, "raw", mode, 0, 1)

    def finish(self) -> None:
        """Tell the device that no further page is wanted, as SANE asks after every stack."""
        self.cancel()


class Progress:
    """Called by python-sane once a line; says every 2 % of the ``lines`` that are expected.

    It must not raise: python-sane dereferences a missing result and the process would crash.
    """

    def __init__(self, channel: Channel, page: int, lines: int) -> None:
        self._channel = channel
        self._page = page
        self._lines = lines
        self._next = PROGRESS_STEP

    def __call__(self, done: int, _lines: int) -> None:
        if self._next <= 1.0 and done >= self._next * self._lines:
            part = min(done / self._lines, 1.0)
            self._next = part + PROGRESS_STEP
            self._channel.say(Progressed(self._page, part))


class Channel:
    """The socket to the driver. When the driver is gone there is nobody to work for: the process ends."""

    def __init__(self, wire: socket.socket) -> None:
        self._wire = wire
        self._lines = wire.makefile("rb")
        self.orders: SimpleQueue[Open | Scan] = SimpleQueue()
        self.cancelled = threading.Event()
        self.handle: Handle | None = None

    def say(self, event: Event) -> None:
        try:
            self._wire.sendall(line(event))
        except OSError:
            _exit(0)

    def listen(self) -> None:
        """Queue orders; a Cancel overtakes them, for it is meant for the scan being read by the other thread."""
        for received in self._lines:
            order = commands.decode(received)
            if isinstance(order, Cancel):
                self.cancelled.set()
                if self.handle is not None:
                    self.handle.cancel()
            else:
                self.cancelled.clear()
                self.orders.put(order)
        _exit(0)


def write_jpeg(image: Image.Image, tone: Tone, dpi: int, path: Path) -> None:
    """Whole or not at all. Raises Fault when the disk doesn't take it."""
    if tone is Tone.GREY and image.mode != "L":
        image = image.convert("L")
    encoded = BytesIO()
    image.save(encoded, "JPEG", quality=JPEG_QUALITY, subsampling=0, dpi=(dpi, dpi))
    part = path.with_name(path.name + PART)
    try:
        part.write_bytes(encoded.getbuffer())
        part.replace(path)
    except OSError as problem:
        part.unlink(missing_ok=True)
        raise Fault("scanner.no-space" if problem.errno in NO_SPACE else "scanner.failed") from problem


def scan_page(channel: Channel, handle: Handle, order: Scan, page: int, dpi: int) -> Paged:
    """One page on disk. Raises Fault or _sane.error."""
    lines = handle.start()
    channel.say(Progressed(page, 0.0))
    expected = lines if lines > 0 else round(order.height_mm / MM_PER_INCH * dpi)
    image = handle.read(lines, Progress(channel, page, expected))
    if channel.cancelled.is_set():
        raise Fault("scanner.failed")
    path = Path(order.folder) / page_name(order.first + page - 1)
    write_jpeg(image, order.tone, dpi, path)
    return Paged(str(path), image.width, image.height, dpi)


def scan(channel: Channel, handle: Handle, order: Scan) -> None:
    """One page from the glass, every page from the feeder. Raises Fault or _sane.error."""
    dpi = handle.prepare(order)
    page = 1
    while not channel.cancelled.is_set():
        try:
            channel.say(scan_page(channel, handle, order, page, dpi))
        except _sane.error as problem:
            if page > 1 and SANE_FAULTS.get(str(problem)) == "scanner.feeder-empty":
                break
            raise
        if order.source is Source.GLASS:
            break
        page += 1
    handle.finish()


def scanned(channel: Channel, handle: Handle, order: Scan) -> Ended:
    """Scan, and leave the device open for the next time whatever happened."""
    try:
        scan(channel, handle, order)
        return Ended()
    except Fault as fault:
        key = str(fault)
    except _sane.error as problem:
        key = SANE_FAULTS.get(str(problem), "scanner.failed")
    try:
        handle.reopen()
    except _sane.error:
        key = "scanner.offline"
    return Ended(key)


def opened(channel: Channel, order: Open) -> Event:
    try:
        if channel.handle is None:
            channel.handle = Handle(order)
        else:
            channel.handle.reopen()
        return channel.handle.capabilities()
    except _sane.error as problem:
        key = SANE_FAULTS.get(str(problem), "scanner.offline")
        return Ended(key)


def serve(channel: Channel) -> None:
    while True:
        order = channel.orders.get()
        if isinstance(order, Open):
            channel.say(opened(channel, order))
        elif channel.handle is not None:
            channel.say(scanned(channel, channel.handle, order))


def main() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = Channel(socket.socket(fileno=int(sys.argv[1])))
    sane.init()
    threading.Thread(target=channel.listen, daemon=True).start()
    serve(channel)


if __name__ == "__main__":
    main()
