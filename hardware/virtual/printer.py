"""A virtual IPP Everywhere printer: the real ippeveprinter with a strict paper path behind it and a menu of faults."""

from __future__ import annotations

import signal
import socket
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from hardware.ipp import Refused, Unreachable
from hardware.virtual import paper_path
from hardware.virtual.cups import PrivateCups
from hardware.virtual.ipp_client import FarPrinter
from hardware.virtual.leash import FarSideDied, Leashed
from hardware.virtual.paper_path import CONTROL_JOB, Menu, Sheet, Tray
from hardware.virtual.printer_model import JPEG, PDF, PWG, URF, Model, media_form

USUAL_MEDIA = ("iso_a4_210x297mm", "iso_a3_297x420mm", "jis_b5_182x257mm", "na_letter_8.5x11in")
_FULL_TRAY, _EMPTY_TRAY = 200, 0
_PORTS_TO_TRY = 5
_TIMEOUT_S = 5.0
_COMPLETED = 9


class VirtualPrinter:
    """``root`` keeps its paper and counts, also while it is off; ``name`` is also the queue's name in ``cups``.

    Fault verbs act at once, on a job under way as well.
    """

    def __init__(
        self,
        root: Path,
        cups: PrivateCups,
        name: str,
        *,
        media: Sequence[str] = USUAL_MEDIA,
        mono: bool = False,
        duplex: bool = True,
        staple: bool = True,
        formats: Sequence[str] = (PDF, JPEG, PWG, URF),
        seconds_a_sheet: float = 0.05,
    ) -> None:
        self.name = name
        self._root = root
        self._cups = cups
        self._model = Model(tuple(media), mono, duplex, staple, tuple(formats))
        self._tray = Tray(root)
        self._port: int | None = None
        self._process: Leashed | None = None
        (root / "jobs").mkdir(parents=True, exist_ok=True)
        self._tray.paper.mkdir(exist_ok=True)
        self._tray.set_menu(Menu(seconds_a_sheet))

    def __enter__(self) -> VirtualPrinter:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def uri(self) -> str:
        """Of the printer itself; the same for as long as this object lives."""
        return f"ipp://localhost:{self._port}/ipp/print"

    @property
    def paper(self) -> Path:
        """The folder of delivered documents and sheet records."""
        return self._tray.paper

    @property
    def sheets_out(self) -> int:
        """The printer's own total count; survives its processes."""
        return self._tray.total

    def sheets(self) -> list[Sheet]:
        """Every sheet that came out, oldest first."""
        return self._tray.sheets()

    def start(self) -> None:
        """Switch it on; the first time also adds its queue. Raises FarSideDied."""
        (self._root / "printer.conf").write_text(self._model.attributes())
        if self._port is None:
            self._process = self._first_start()
            self._cups.add_queue(self.name, self.uri)
        else:
            self._process = self._launch(self._port)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()

    def die(self) -> None:
        """The power is cut: paper stops, the history is gone, the count stays."""
        self.stop()

    kill = die

    def silent(self) -> None:
        """The wire is dead, the paper goes on."""
        if self._process is not None:
            self._process.signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._process is not None:
            self._process.signal(signal.SIGCONT)

    def jam(self, after_sheets: int = 0) -> None:
        """The paper jams when so many more sheets have come out."""
        self._tray.set_menu(replace(self._tray.menu(), jam_at=self.sheets_out + after_sheets))

    def cover_open(self) -> None:
        self._set_reason("cover-open")

    def paper_out(self) -> None:
        """All trays are empty."""
        self._set_reason("media-empty", "media-needed")
        self._form("media", media_form(self._model.trays, _EMPTY_TRAY))

    def load(self, *media: str) -> None:
        """Put other paper into the trays, one size for each in order; sizes the printer was started with."""
        trays = [(name, size) for (name, _), size in zip(self._model.trays, media, strict=True)]
        self._form("media", media_form(trays, _FULL_TRAY))

    def clear(self) -> None:
        """Everything is put right, as by a person at the printer; the speed stays."""
        self._tray.set_menu(Menu(self._tray.menu().seconds_a_sheet))
        self._form("media", media_form(self._model.trays, _FULL_TRAY))
        self._tell()

    def slow(self, seconds_a_sheet: float) -> None:
        self._tray.set_menu(replace(self._tray.menu(), seconds_a_sheet=seconds_a_sheet))

    def refuse(self) -> None:
        """Every job is aborted at its next sheet."""
        self._tray.set_menu(replace(self._tray.menu(), refuse=True))

    def supply(self, index: int, level: int) -> None:
        """Set a supply to ``level`` percent; index 1 is the black toner (0 the waste box)."""
        levels = [25, 75] if self._model.mono else [25, 75, 75, 75, 75]
        levels[index] = level
        self._form("supplies", {f"supply{number}": str(value) for number, value in enumerate(levels)})

    def render_sheets(self, out_dir: Path, dpi: int = 50) -> list[Path]:
        """One PNG for each printed side, in the order in which the paper came out."""
        out_dir.mkdir(parents=True, exist_ok=True)
        return [
            _render(sheet, page, out_dir / f"sheet-{total:03}-{side}", dpi)
            for total, sheet in enumerate(self.sheets(), 1)
            for side, page in zip("ab", sheet.pages, strict=False)
        ]

    def _set_reason(self, *reasons: str) -> None:
        self._tray.set_menu(replace(self._tray.menu(), reasons=reasons))
        self._tell()

    def _tell(self) -> None:
        """An idle printer learns of a fault by a job without paper; a busy one refuses that and looks by itself."""
        asked = FarPrinter(self.uri, _TIMEOUT_S)
        try:
            job_id = asked.print_document(CONTROL_JOB, PDF, b"%PDF-1.4\n")
        except (Refused, Unreachable):
            return
        if self._process is not None:
            self._process.ready(lambda: asked.job(job_id, "job-state")["job-state"] == [_COMPLETED], _TIMEOUT_S)

    def _form(self, page: str, fields: dict[str, str]) -> None:
        url = f"http://localhost:{self._port}/{page}?{urllib.parse.urlencode(fields)}"
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:
            answer.read()

    def _first_start(self) -> Leashed:
        for attempt in range(1, _PORTS_TO_TRY + 1):
            self._port = _free_port()
            try:
                return self._launch(self._port)
            except FarSideDied:
                if attempt == _PORTS_TO_TRY:
                    self._port = None
                    raise
        raise AssertionError("unreachable")

    def _launch(self, port: int) -> Leashed:
        jobs = self._root / "jobs"
        where = ["-r", "off", "-n", "localhost", "-p", str(port), "-d", str(jobs), "-K", str(jobs)]
        process = Leashed(
            ["ippeveprinter", *where, "-a", self._root / "printer.conf", "-c", Path(paper_path.__file__), self.name],
            self._root / "printer.log",
            {
                "DBUS_SYSTEM_BUS_ADDRESS": self._cups.bus_address,
                "HOME": str(self._root),
                "PYTHONPATH": str(Path(paper_path.__file__).parents[2]),
                "PYTHONDONTWRITEBYTECODE": "1",
                "VIRTUAL_PRINTER_HOME": str(self._root),
                "VIRTUAL_PRINTER_URI": self.uri,
            },
        )
        process.ready(lambda: _listens(port))
        return process


def _listens(port: int) -> bool:
    with socket.socket() as wire:
        return wire.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as wire:
        wire.bind(("127.0.0.1", 0))
        return int(wire.getsockname()[1])


def _render(sheet: Sheet, page: int, stem: Path, dpi: int) -> Path:
    only = ["-f", str(page), "-l", str(page)]
    shade = ["-gray"] if sheet.grey else []
    subprocess.run(
        ["pdftoppm", "-r", str(dpi), *only, "-singlefile", "-png", *shade, sheet.document, str(stem)],
        check=True,
        capture_output=True,
        timeout=60,
    )
    return stem.with_name(stem.name + ".png")
