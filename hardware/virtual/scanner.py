"""Scanners to try the real driver on: SANE backends with a private configuration and a menu of faults.

``VirtualScanner`` is sane-airscan talking to an eSCL device of our own; ``PatternScanner`` and ``FileScanner`` are
SANE's own ``test`` and ``pnm`` backends for what no network scanner can be made to do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from hardware.protocols import Source
from hardware.virtual.escl import FEEDER_HOLDS, EsclDevice, EsclServer, Mischief

MODEL = "Lobby MFP"


def write_config(folder: Path, backend: str, lines: Sequence[str]) -> Path:
    """A SANE_CONFIG_DIR that knows this backend alone (sane-dll(5)); returns ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dll.conf").write_text(f"{backend}\n")
    (folder / f"{backend}.conf").write_text("".join(f"{entry}\n" for entry in lines))
    return folder


class VirtualScanner:
    """A network multifunction scanner on a loopback port, reached as ``device`` under ``config_dir``.

    Knows 100 to 600 dpi, grey and colour, a glass of 215.9 x 297 mm and a feeder of 50 sheets. The port stays the
    same over ``die`` and ``start``. The fault verbs may be called from any thread and hold until ``clear``.
    """

    device = f"airscan:e0:{MODEL}"

    def __init__(self, root: Path, *, originals: Sequence[Path] = ()) -> None:
        self.config_dir = root / "sane"
        self._far = EsclDevice()
        self._server: EsclServer | None = None
        self._port = 0
        if originals:
            self.load(originals[:1], Source.GLASS)
            self.load(originals, Source.FEEDER)

    def start(self) -> None:
        """Plug in, or plug in again. Starting a running scanner does nothing."""
        if self._server is not None:
            return
        self._far.unplugged = False
        self._server = EsclServer(self._far, self._port)
        self._port = self._server.port
        write_config(
            self.config_dir,
            "airscan",
            ["[devices]", f'"{MODEL}" = {self._server.url}, eSCL', "[options]", "discovery = disable"],
        )
        self._server.start()

    def stop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.unplug()

    def __enter__(self) -> VirtualScanner:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # Paper

    def load(self, originals: Sequence[Path], source: Source = Source.GLASS) -> None:
        """Replace what lies on the glass (laid down one after the other, the last stays) or in the feeder.

        Originals are pictures at the resolution they name, 300 dpi if they name none.
        """
        papers = list(originals)
        if source is Source.FEEDER and len(papers) > FEEDER_HOLDS:
            raise ValueError(f"the feeder holds {FEEDER_HOLDS} sheets")
        with self._far.changed:
            if source is Source.FEEDER:
                self._far.feeder = papers
            else:
                self._far.glass = papers

    def waiting(self) -> int:
        """Sheets in the feeder."""
        with self._far.changed:
            return len(self._far.feeder)

    def wait_until_scanning(self, timeout: float = 10.0) -> None:
        """Block until a job is under way. Raises TimeoutError."""
        with self._far.changed:
            if not self._far.changed.wait_for(lambda: self._far.jobs, timeout):
                raise TimeoutError("no job came")

    # Faults

    def jam(self, after_pages: int = 0) -> None:
        """The feeder jams when so many more pages have come out."""
        self._make(Mischief.JAM, after_pages)

    def cover_open(self, after_pages: int = 0) -> None:
        self._make(Mischief.COVER_OPEN, after_pages)

    def feeder_empty(self) -> None:
        """The feeder's sensor sees no paper, whatever is loaded."""
        self._make(Mischief.EMPTY)

    def busy(self) -> None:
        """Somebody else uses the device: jobs are met with 503."""
        self._make(Mischief.BUSY)

    def refuse(self) -> None:
        """Jobs are met with 403."""
        self._make(Mischief.REFUSES)

    def silent(self, after_pages: int = 0) -> None:
        """Takes requests and never answers."""
        self._make(Mischief.SILENT, after_pages)

    def zero_picture(self, after_pages: int = 0) -> None:
        """Delivers pictures of 0 x 0 pixels."""
        self._make(Mischief.ZERO_PICTURE, after_pages)

    def slow(self, seconds: float) -> None:
        """Every page takes so long; not a fault, so it may go with one."""
        with self._far.changed:
            self._far.page_seconds = seconds

    def die(self) -> None:
        """Power off in the middle of whatever it was doing; ``start`` plugs it in again."""
        self.stop()

    def clear(self) -> None:
        """All well again, and as fast as it can."""
        with self._far.changed:
            self._far.page_seconds = 0.0
            self._far.mischief = None
            self._far.pages_until_mischief = 0
            self._far.changed.notify_all()
        self.start()

    def _make(self, mischief: Mischief, after_pages: int = 0) -> None:
        with self._far.changed:
            self._far.mischief = mischief
            self._far.pages_until_mischief = after_pages


class PatternScanner:
    """SANE's ``test`` backend with an A4 glass and a feeder of ten pages, drawing a colour pattern.

    ``faults`` are further lines of its configuration by name (sane-test(5)), such as ``read-status-code``.
    """

    device = "test:0"

    def __init__(self, root: Path, faults: Mapping[str, str | float] | None = None) -> None:
        settings: dict[str, str | float] = {
            "number_of_devices": 1,
            "mode": "Color",
            "test-picture": '"Color pattern"',
            "geometry_max": 300.0,
            "br_x": 210.0,
            "br_y": 297.0,
        }
        settings.update(faults or {})
        self.config_dir = write_config(
            root / "sane-test", "test", [f"{name} {value}" for name, value in settings.items()]
        )


class FileScanner:
    """SANE's ``pnm`` backend: the glass shows the pixels of ``picture``, a PNM file, which may be broken."""

    device = "pnm:0"

    def __init__(self, root: Path, picture: Path) -> None:
        self.config_dir = write_config(root / "sane-pnm", "pnm", [])
        self.options: Mapping[str, str] = {"filename": str(picture)}
