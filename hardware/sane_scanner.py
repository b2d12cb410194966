"""A scanner behind SANE, driven through a child process that is kept warm and is killed when it overruns a deadline."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hardware.protocols import (
    Fitness,
    Health,
    NeedsPerson,
    ScannedPage,
    ScannerCapabilities,
    ScanProgress,
    ScanSettings,
    TryLater,
    Unsupported,
)
from hardware.sane_wire import (
    FAULTS,
    PART,
    Cancel,
    Command,
    Ended,
    Event,
    Open,
    Opened,
    Paged,
    Progressed,
    Scan,
    events,
    line,
    page_name,
)

AREA_SLACK_MM = 1.5
"""Scanners call 296.9 mm A4; nobody misses what lies beyond."""


@dataclass(frozen=True)
class Deadlines:
    """Seconds. ``start`` covers lamp, feeding and network scanners that deliver a page only when it is whole."""

    open: float = 15.0
    start: float = 60.0
    silence: float = 15.0
    cancel: float = 3.0


class Child:
    """The process that holds the device. Every way it can fail ends in TryLater."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def spawn(cls, environment: Mapping[str, str]) -> Child:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "hardware.sane_child",
                str(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
            )
        return cls(process, *await asyncio.open_connection(sock=ours))

    def send(self, command: Command) -> None:
        self._writer.write(line(command))

    async def receive(self, deadline: float) -> Event:
        """The next event. Raises TryLater when the process has died or says nothing for ``deadline`` seconds."""
        try:
            async with asyncio.timeout(deadline):
                received = await self._reader.readline()
        except TimeoutError as silence:
            raise TryLater("scanner.silent") from silence
        except ConnectionError as broken:
            raise TryLater("scanner.died") from broken
        if not received.endswith(b"\n"):
            raise TryLater("scanner.died")
        return events.decode(received)

    async def kill(self) -> None:
        """No mercy: what hangs in a driver answers nothing else. Returns when the process is gone."""
        if self.process.returncode is None:
            self.process.kill()
        self._writer.close()
        await self.process.wait()


@dataclass
class Fault:
    """A fault that a person must clear, and when it was seen (the injected clock's seconds)."""

    key: str
    seen: float


class SaneScanner:
    """The scanner that SANE calls ``device``.

    ``config_dir`` is a private SANE_CONFIG_DIR, None for the system's. ``options`` are backend options set at every
    opening. ``probe`` is how often, in seconds, an idle device is opened anew to see that it is still there.

    SANE cannot be asked whether a jam was cleared: a fault met while scanning is published for ``fault_lasts``
    seconds or until the next page, then the scanner counts as ready and the next scan will tell.
    """

    def __init__(
        self,
        name: str,
        device: str,
        config_dir: Path | None = None,
        *,
        options: Mapping[str, str | bool | int | float] | None = None,
        deadlines: Deadlines | None = None,
        probe: float = 20.0,
        fault_lasts: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._open = Open(device, dict(options or {}))
        self._environment = os.environ | ({"SANE_CONFIG_DIR": str(config_dir)} if config_dir else {})
        self._deadlines = deadlines or Deadlines()
        self._probe = probe
        self._fault_lasts = fault_lasts
        self._clock = clock
        self._child: Child | None = None
        self._turn = asyncio.Lock()
        self._scanning = asyncio.Lock()
        self._capabilities: ScannerCapabilities | None = None
        self._fault: Fault | None = None

    # Device

    async def connect(self) -> None:
        """Start the child and read the device's capabilities. Raises TryLater."""
        child = await Child.spawn(self._environment)
        try:
            self._capabilities = await self._opened(child)
        except BaseException:
            await child.kill()
            raise
        self._child = child

    async def watch(self) -> None:
        """Until the child or the device is gone (TryLater). A scan under way is proof enough of the device."""
        child = self._connected()
        while True:
            try:
                async with asyncio.timeout(self._probe):
                    await child.process.wait()
            except TimeoutError:
                if not self._scanning.locked():
                    async with self._turn:
                        self._capabilities = await self._opened(child)
            else:
                raise TryLater("scanner.died")

    async def close(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await child.kill()

    def health(self) -> Health:
        if self._child is None or self._child.process.returncode is not None:
            return Health(Fitness.OFFLINE, "scanner.offline")
        if self._scanning.locked():
            return Health(Fitness.BUSY, "scanner.busy")
        if self._fault is not None and self._clock() - self._fault.seen < self._fault_lasts:
            return Health(Fitness.NEEDS_PERSON, self._fault.key)
        return Health(Fitness.READY)

    # Scanner

    def capabilities(self) -> ScannerCapabilities:
        """As read at the last opening. Raises TryLater when the scanner was never there."""
        if self._capabilities is None:
            raise TryLater("scanner.offline")
        return self._capabilities

    def validate(self, settings: ScanSettings) -> None:
        """Raises Unsupported, naming the ``option`` that the device cannot do."""
        able = self.capabilities()
        if settings.source not in able.sources:
            raise Unsupported("scanner.unsupported", option="source")
        if settings.tone not in able.tones:
            raise Unsupported("scanner.unsupported", option="tone")
        if settings.dpi not in able.resolutions:
            raise Unsupported("scanner.unsupported", option="dpi")
        width, height = able.area_mm[settings.source]
        if width and (settings.width_mm > width + AREA_SLACK_MM or settings.height_mm > height + AREA_SLACK_MM):
            raise Unsupported("scanner.unsupported", option="area")

    async def scan(self, settings: ScanSettings, folder: Path) -> AsyncGenerator[ScanProgress | ScannedPage, None]:
        """See ``protocols.Scanner``. Close the iterator (``contextlib.aclosing``) to cancel.

        Pages get the next free numbers in ``folder``, so that one folder can take a document page by page. Raises
        TryLater("scanner.busy") while another scan is under way.
        """
        self.validate(settings)
        child = self._connected()
        if self._scanning.locked():
            raise TryLater("scanner.busy")
        async with self._scanning, self._turn:
            first = next_number(folder)
            delivered: set[str] = set()
            ended = False
            child.send(order_of(settings, folder, first))
            deadline = self._deadlines.start
            try:
                while not ended:
                    match await child.receive(deadline):
                        case Progressed(page, part):
                            deadline = self._deadlines.silence
                            yield ScanProgress(page, part)
                        case Paged(path, width, height, dpi):
                            deadline = self._deadlines.start
                            self._fault = None
                            delivered.add(Path(path).name)
                            yield ScannedPage(Path(path), width, height, dpi)
                        case Ended(fault):
                            ended = True
                            if fault == "scanner.offline":
                                await child.kill()
                            self._judge(fault)
            finally:
                if not ended:
                    await self._abandon(child)
                sweep(folder, first, delivered)

    def _judge(self, key: str | None) -> None:
        """Raises what a scan that ended with ``key`` means, and remembers what a person must clear at the device.

        An empty feeder is the guest's to fill; the scanner is well.
        """
        if key is None:
            return
        consequence = FAULTS[key]
        if consequence is NeedsPerson and key != "scanner.feeder-empty":
            self._fault = Fault(key, self._clock())
        raise consequence(key)

    async def _abandon(self, child: Child) -> None:
        """Ask the child to give the scan up; kill it when it doesn't, or when nobody waits for that any more."""
        obeyed = False
        try:
            async with asyncio.timeout(self._deadlines.cancel):
                child.send(Cancel())
                while not isinstance(await child.receive(self._deadlines.cancel), Ended):
                    pass
            obeyed = True
        except (TimeoutError, TryLater):
            pass
        finally:
            if not obeyed:
                await child.kill()

    async def _opened(self, child: Child) -> ScannerCapabilities:
        """Open, or open anew. Raises TryLater."""
        child.send(self._open)
        match await child.receive(self._deadlines.open):
            case Opened(tones, resolutions, area):
                return ScannerCapabilities(frozenset(area), frozenset(tones), tuple(resolutions), area)
            case Ended(str(key)):
                raise FAULTS[key](key)
            case surprise:
                raise AssertionError(surprise)

    def _connected(self) -> Child:
        if self._child is None or self._child.process.returncode is not None:
            raise TryLater("scanner.offline")
        return self._child


def order_of(settings: ScanSettings, folder: Path, first: int) -> Scan:
    return Scan(settings.source, settings.tone, settings.dpi, settings.width_mm, settings.height_mm, str(folder), first)


def next_number(folder: Path) -> int:
    """One more than the highest page number in ``folder``."""
    return 1 + max((int(path.stem.removeprefix("page-")) for path in folder.glob("page-*.jpg")), default=0)


def sweep(folder: Path, first: int, delivered: set[str]) -> None:
    """Remove what a scan that began with page ``first`` left behind without delivering it."""
    for path in folder.glob("page-*"):
        name = path.name.removesuffix(PART)
        if name >= page_name(first) and path.name not in delivered:
            path.unlink(missing_ok=True)
