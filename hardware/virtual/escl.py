"""An eSCL (AirScan) scanner with glass and feeder: the far side of sane-airscan's wire.

After the Mopria eSCL Technical Specification 2.97 as far as a scan-only device needs it, and as strict: one job at a
time, settings it did not advertise are refused, a job it does not know is 404.
"""

from __future__ import annotations

import io
import socket
import threading
import time
import uuid
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

from hardware.protocols import Source

PWG = "http://www.pwg.org/schemas/2010/12/sm"
SCAN = "http://schemas.hp.com/imaging/escl/2011/05/03"
UNITS = 300
"""ContentRegionUnits of eSCL are always 1/300 inch."""
PLATEN = (2550, 3508)
"""The area in eSCL units: 215.9 x 297 mm."""
RESOLUTIONS = (100, 150, 200, 300, 600)
MODES = {"Grayscale8": "L", "RGB24": "RGB"}
FEEDER_HOLDS = 50
JOB_PATIENCE = 2.0
"""Seconds after which a job that nobody fetches from makes room for another."""
LONGEST_SILENCE = 600.0
FEEDING = 0.05
"""Seconds that drawing in a sheet takes at least, or finding that there is none. sane-airscan fetches ahead and
reports an empty feeder when the whole stack has come before it looks, which no mechanism can do."""


class Mischief(Enum):
    """What can be wrong with the device."""

    JAM = "jam"
    COVER_OPEN = "cover-open"
    EMPTY = "empty"
    BUSY = "busy"
    REFUSES = "refuses"
    SILENT = "silent"
    ZERO_PICTURE = "zero-picture"


ADF_STATES = {
    Mischief.JAM: "ScannerAdfJam",
    Mischief.COVER_OPEN: "ScannerAdfDoorOpen",  # the specification says HatchOpen, sane-airscan knows this one
    Mischief.EMPTY: "ScannerAdfEmpty",
}


@dataclass(frozen=True)
class Settings:
    """A scan job's wishes; ``region`` is (x, y, width, height) in eSCL units."""

    source: Source
    mode: str
    dpi: int
    region: tuple[int, int, int, int]


class BadRequestError(Exception):
    """The request cannot be understood: 400."""


class RefusedSettingsError(Exception):
    """The request asks for what was not advertised: 409."""


def parse_settings(body: bytes) -> Settings:
    """Read a ScanSettings document. Raises BadRequestError or RefusedSettingsError."""
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as problem:
        raise BadRequestError("not XML") from problem
    if root.tag != f"{{{SCAN}}}ScanSettings":
        raise BadRequestError(root.tag)

    def text(namespace: str, name: str) -> str:
        found = root.findtext(f".//{{{namespace}}}{name}")
        if found is None:
            raise BadRequestError(f"{name} is missing")
        return found.strip()

    try:
        source = {"Platen": Source.GLASS, "Feeder": Source.FEEDER}[text(PWG, "InputSource")]
        mode = MODES[text(SCAN, "ColorMode")]
        dpi = int(text(SCAN, "XResolution"))
        x, y, width, height = (int(text(PWG, name)) for name in ("XOffset", "YOffset", "Width", "Height"))
    except (KeyError, ValueError) as problem:
        raise BadRequestError(str(problem)) from problem
    inside = x >= 0 and y >= 0 and 0 < width <= PLATEN[0] - x and 0 < height <= PLATEN[1] - y
    if not inside or dpi not in RESOLUTIONS or dpi != int(text(SCAN, "YResolution")):
        raise RefusedSettingsError("area or resolution")
    return Settings(source, mode, dpi, (x, y, width, height))


@dataclass(frozen=True)
class Original:
    """A picture file as it was at one time: its pages are cached."""

    path: Path
    changed_ns: int

    @classmethod
    def at(cls, path: Path) -> Original:
        return cls(path, path.stat().st_mtime_ns)


def resolved(original: Original, mode: str, dpi: int) -> Image.Image:
    """The original as the sensor resolves it. Pictures that don't say their resolution count as 300 dpi."""
    with Image.open(original.path) as opened:
        own_dpi = float(opened.info.get("dpi", (UNITS, UNITS))[0])
        lying = opened.convert(mode)
    if round(own_dpi) == dpi:
        return lying
    size = (round(lying.width * dpi / own_dpi), round(lying.height * dpi / own_dpi))
    return lying.resize(size, Image.Resampling.BILINEAR)


@lru_cache(maxsize=24)
def picture(original: Original | None, settings: Settings) -> bytes:
    """What the sensor sees, as JPEG: ``original`` top left on a white platen, None for nothing on it."""
    x, y, width, height = (length * settings.dpi // UNITS for length in settings.region)
    seen = Image.new(settings.mode, (width, height), "white")
    if original is not None:
        seen.paste(resolved(original, settings.mode, settings.dpi), (-x, -y))
    encoded = io.BytesIO()
    seen.save(encoded, "JPEG", quality=93, dpi=(settings.dpi, settings.dpi))
    return encoded.getvalue()


def without_height(jpeg: bytes) -> bytes:
    """The same picture with 0 x 0 in its frame header (SOF0), as a crashed firmware sends it."""
    frame = jpeg.index(b"\xff\xc0")
    return jpeg[: frame + 5] + bytes(4) + jpeg[frame + 9 :]


@dataclass
class Job:
    settings: Settings
    delivered: int = 0
    touched: float = field(default_factory=time.monotonic)


@dataclass
class EsclDevice:
    """Papers, jobs and mischief, shared by the server's threads: hold ``changed`` while touching it.

    ``glass`` is what the guest lays down one after the other; the last stays on it.
    """

    changed: threading.Condition = field(default_factory=threading.Condition)
    glass: list[Path] = field(default_factory=list)
    feeder: list[Path] = field(default_factory=list)
    mischief: Mischief | None = None
    pages_until_mischief: int = 0
    page_seconds: float = 0.0
    jobs: dict[str, Job] = field(default_factory=dict)
    unplugged: bool = False

    def at_work(self) -> Mischief | None:
        """The mischief, once the pages before it have come out."""
        return self.mischief if self.pages_until_mischief == 0 else None

    def adf_state(self) -> str:
        mischief = self.at_work()
        if mischief in ADF_STATES:
            return ADF_STATES[mischief]
        return "ScannerAdfLoaded" if self.feeder else "ScannerAdfEmpty"

    def feeder_stopped(self) -> bool:
        return self.at_work() in ADF_STATES

    def fed(self, name: str) -> Job | None:
        """The job, after the time its next page takes; None when it is not known or was ended meanwhile."""
        job = self.jobs.get(name)
        if job is None:
            return None
        least = FEEDING if job.settings.source is Source.FEEDER else 0.0
        self.changed.wait_for(lambda: self.unplugged, timeout=max(self.page_seconds, least))
        return self.jobs.get(name)

    def wait_out_silence(self) -> None:
        self.changed.wait_for(lambda: self.unplugged or self.at_work() is not Mischief.SILENT, timeout=LONGEST_SILENCE)

    def forget_abandoned_jobs(self) -> None:
        now = time.monotonic()
        self.jobs = {name: job for name, job in self.jobs.items() if now - job.touched < JOB_PATIENCE}

    def has_next(self, job: Job) -> bool:
        return bool(self.feeder) if job.settings.source is Source.FEEDER else job.delivered == 0

    def lying(self, source: Source) -> Original | None:
        """The paper before the sensor."""
        papers = self.feeder if source is Source.FEEDER else self.glass
        return Original.at(papers[0]) if papers else None

    def page_out(self, job: Job) -> None:
        job.delivered += 1
        job.touched = time.monotonic()
        self.pages_until_mischief = max(0, self.pages_until_mischief - 1)
        if job.settings.source is Source.FEEDER:
            self.feeder.pop(0)
        elif len(self.glass) > 1:
            self.glass.pop(0)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: EsclServer

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the driver's own log tells what went over the wire."""

    def answer(self, status: HTTPStatus, body: bytes = b"", kind: str = "text/xml", **headers: str) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if body:
                self.send_header("Content-Type", kind)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        device = self.server.device
        with device.changed:
            device.wait_out_silence()
            gone = device.unplugged
            state = device.adf_state()
            idle = not device.jobs and device.at_work() is not Mischief.BUSY
        if gone:
            self.close_connection = True
        elif self.path == "/eSCL/ScannerCapabilities":
            self.answer(HTTPStatus.OK, CAPABILITIES)
        elif self.path == "/eSCL/ScannerStatus":
            self.answer(HTTPStatus.OK, status_document(state, idle=idle))
        else:
            self.next_document()

    def next_document(self) -> None:
        match self.path.split("/"):
            case ["", "eSCL", "ScanJobs", job, "NextDocument"]:
                self.answer(*self.scanned(job))
            case _:
                self.answer(HTTPStatus.NOT_FOUND)

    def scanned(self, name: str) -> tuple[HTTPStatus, bytes, str]:
        device = self.server.device
        with device.changed:
            job = device.fed(name)
            if job is None:
                return HTTPStatus.NOT_FOUND, b"", ""
            job.touched = time.monotonic()
            settings = job.settings
            if settings.source is Source.FEEDER and device.feeder_stopped():
                return HTTPStatus.CONFLICT, b"", ""
            if not device.has_next(job):
                device.jobs.pop(name)
                return HTTPStatus.NOT_FOUND, b"", ""
            mischief = device.at_work()
            lying = device.lying(settings.source)
            device.page_out(job)
        seen = picture(lying, settings)
        return HTTPStatus.OK, without_height(seen) if mischief is Mischief.ZERO_PICTURE else seen, "image/jpeg"

    def do_POST(self) -> None:
        device = self.server.device
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/eSCL/ScanJobs":
            return self.answer(HTTPStatus.NOT_FOUND)
        try:
            settings = parse_settings(body)
        except BadRequestError:
            return self.answer(HTTPStatus.BAD_REQUEST)
        except RefusedSettingsError:
            return self.answer(HTTPStatus.CONFLICT)
        with device.changed:
            device.wait_out_silence()
            device.forget_abandoned_jobs()
            refusal = self.refusal(settings)
            if refusal is not None:
                return self.answer(refusal)
            job = str(uuid.uuid4())
            device.jobs[job] = Job(settings)
            device.changed.notify_all()
        return self.answer(HTTPStatus.CREATED, Location=f"{self.server.url}/ScanJobs/{job}")

    def refusal(self, settings: Settings) -> HTTPStatus | None:
        """Why no job can begin now, with ``changed`` held."""
        device = self.server.device
        mischief = device.at_work()
        if device.unplugged or mischief is Mischief.REFUSES:
            return HTTPStatus.FORBIDDEN
        if device.jobs or mischief is Mischief.BUSY:
            return HTTPStatus.SERVICE_UNAVAILABLE
        if settings.source is Source.GLASS:
            return None
        return HTTPStatus.CONFLICT if device.feeder_stopped() or not device.feeder else None

    def do_DELETE(self) -> None:
        device = self.server.device
        with device.changed:
            known = device.jobs.pop(self.path.removeprefix("/eSCL/ScanJobs/"), None)
            device.changed.notify_all()
        self.answer(HTTPStatus.OK if known else HTTPStatus.NOT_FOUND)


class EsclServer(ThreadingHTTPServer):
    """Serves ``device`` on a loopback port. ``port`` 0 takes a free one."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, device: EsclDevice, port: int = 0) -> None:
        self.device = device
        self._lines: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), Handler)
        self._serving = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/eSCL"

    def start(self) -> None:
        self._serving.start()

    def unplug(self) -> None:
        """Gone at once, in the middle of whatever was on the wire."""
        with self.device.changed:
            self.device.unplugged = True
            self.device.jobs.clear()
            self.device.changed.notify_all()
        self.shutdown()
        self.server_close()
        for line in list(self._lines):
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def process_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        self._lines.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: socket.socket) -> None:  # type: ignore[override]
        self._lines.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: object, client_address: object) -> None:
        """A driver that hangs up in mid answer is daily business here."""


def input_caps(name: str) -> str:
    modes = "".join(f"<scan:ColorMode>{mode}</scan:ColorMode>" for mode in MODES)
    resolutions = "".join(
        f"<scan:DiscreteResolution><scan:XResolution>{dpi}</scan:XResolution>"
        f"<scan:YResolution>{dpi}</scan:YResolution></scan:DiscreteResolution>"
        for dpi in RESOLUTIONS
    )
    return (
        f"<scan:{name}><scan:MinWidth>16</scan:MinWidth><scan:MaxWidth>{PLATEN[0]}</scan:MaxWidth>"
        f"<scan:MinHeight>16</scan:MinHeight><scan:MaxHeight>{PLATEN[1]}</scan:MaxHeight>"
        "<scan:MaxScanRegions>1</scan:MaxScanRegions><scan:SettingProfiles><scan:SettingProfile>"
        f"<scan:ColorModes>{modes}</scan:ColorModes><scan:DocumentFormats>"
        "<pwg:DocumentFormat>image/jpeg</pwg:DocumentFormat>"
        "<scan:DocumentFormatExt>image/jpeg</scan:DocumentFormatExt></scan:DocumentFormats>"
        f"<scan:SupportedResolutions><scan:DiscreteResolutions>{resolutions}</scan:DiscreteResolutions>"
        f"</scan:SupportedResolutions></scan:SettingProfile></scan:SettingProfiles></scan:{name}>"
    )


def document(name: str, inner: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><scan:{name} xmlns:pwg="{PWG}" xmlns:scan="{SCAN}">'
        f"<pwg:Version>2.6</pwg:Version>{inner}</scan:{name}>"
    ).encode()


CAPABILITIES = document(
    "ScannerCapabilities",
    "<pwg:MakeAndModel>Lobby MFP</pwg:MakeAndModel>"
    f"<scan:Platen>{input_caps('PlatenInputCaps')}</scan:Platen>"
    f"<scan:Adf>{input_caps('AdfSimplexInputCaps')}"
    f"<scan:FeederCapacity>{FEEDER_HOLDS}</scan:FeederCapacity></scan:Adf>",
)


def status_document(adf_state: str, *, idle: bool) -> bytes:
    state = "Idle" if idle else "Processing"
    return document("ScannerStatus", f"<pwg:State>{state}</pwg:State><scan:AdfState>{adf_state}</scan:AdfState>")
