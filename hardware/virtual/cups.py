"""A private CUPS: the real cupsd on a Unix socket with its own D-Bus, touching nothing of the system's own service.

Works for root and for an ordinary user. Debian's ippeveprinter ends at once without a system bus, so there is one.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType

from hardware.virtual.leash import Leashed

_BUS_CONFIG = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={home}/bus</listen>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
<allow receive_type="method_return"/><allow receive_type="error"/><allow receive_type="signal"/></policy></busconfig>
"""

_FILES_CONFIG = """\
ServerRoot {home}/etc
CacheDir {home}/cache
StateDir {home}/state
RequestRoot {home}/spool
TempDir {home}/spool/tmp
AccessLog {home}/log/access_log
ErrorLog {home}/log/error_log
PageLog {home}/log/page_log
User {user}
Group {group}
{system_group}LogFileGroup {group}
SyncOnClose No
Printcap
"""

# DirtyCleanInterval 0: a job that was accepted is on disk, so that what a killed cupsd remembers is the worst case.
_DAEMON_CONFIG = """\
Listen {home}/cups.sock
LogLevel info
Browsing No
WebInterface No
DefaultAuthType None
DefaultPaperSize A4
DirtyCleanInterval 0
MaxJobs 500
PreserveJobHistory Yes
PreserveJobFiles No
JobRetryInterval 1
ErrorPolicy retry-current-job
<Location />
  Order deny,allow
</Location>
<Policy default>
  JobPrivateAccess all
  JobPrivateValues none
  SubscriptionPrivateAccess all
  SubscriptionPrivateValues none
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""


class PrivateCups:
    """``root`` receives a link to the folder it works in: a short path (sockets) that the filters' user may enter.

    ``spool`` is where cupsd keeps documents and job tickets; ``server`` is what ``cups.Connection`` takes as host.
    """

    def __init__(self, root: Path) -> None:
        self._link = root / "cups"
        self._home: Path | None = None
        self._bus: Leashed | None = None
        self._daemon: Leashed | None = None

    @property
    def home(self) -> Path:
        if self._home is None:
            raise RuntimeError("the private CUPS is not started")
        return self._home

    @property
    def server(self) -> str:
        return str(self.home / "cups.sock")

    @property
    def bus_address(self) -> str:
        return f"unix:path={self.home / 'bus'}"

    @property
    def spool(self) -> Path:
        return self.home / "spool"

    @property
    def pid(self) -> int:
        """Of cupsd itself."""
        if self._daemon is None:
            raise RuntimeError("cupsd is not started")
        return self._daemon.pid

    def __enter__(self) -> PrivateCups:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Bus and cupsd, ready for connections. Raises FarSideDied."""
        self._home = self._prepare()
        self._bus = Leashed(
            ["dbus-daemon", f"--config-file={self.home}/bus.conf", "--nofork", "--nopidfile"], self.home / "log/bus.out"
        )
        self._start_daemon()
        self._bus.ready(lambda: _answers(self.home / "bus"))

    def stop(self) -> None:
        """End all of it and forget documents, queues and logs."""
        if self._daemon is not None:
            self._end_daemon(self._daemon)
        if self._bus is not None:
            self._bus.kill()
        if self._home is not None:
            shutil.rmtree(self._home, ignore_errors=True)
            self._link.unlink(missing_ok=True)
        self._bus = self._daemon = self._home = None

    def kill(self) -> None:
        """SIGKILL cupsd and its filters and backends, as when the service manager cleans up after a crash."""
        if self._daemon is not None:
            self._end_daemon(self._daemon)

    def restart(self, keep_spool: bool = False) -> None:
        """Start cupsd again after ``kill``, on an emptied spool, as the kiosk's unit does, unless ``keep_spool``."""
        self.kill()
        if not keep_spool:
            _empty(self.spool)
            (self.home / "cache/job.cache").unlink(missing_ok=True)
        self._start_daemon()

    def silent(self) -> None:
        """SIGSTOP: cupsd accepts connections and answers nothing."""
        if self._daemon is not None:
            self._daemon.signal(signal.SIGSTOP)

    def resume(self) -> None:
        if self._daemon is not None:
            self._daemon.signal(signal.SIGCONT)

    def add_queue(self, name: str, uri: str) -> None:
        """A driverless queue for the IPP printer at ``uri``, ready for jobs. Raises FarSideDied."""
        subprocess.run(
            ["lpadmin", "-h", self.server, "-p", name, "-E", "-v", uri, "-m", "everywhere"],
            check=True,
            capture_output=True,
            timeout=20,
        )
        # cupsd asks the printer and writes the queue's description behind lpadmin's back; until then it prints nothing.
        if self._daemon is not None:
            self._daemon.ready((self.home / "cache" / f"{name}.data").exists)

    def documents(self) -> list[Path]:
        """Every document and job ticket left in the spool; cupsd's copies of queue descriptions there are neither."""
        return sorted(path for path in self.spool.rglob("*") if path.is_file() and not _is_ppd(path))

    def _prepare(self) -> Path:
        if self._link.is_symlink():
            shutil.rmtree(self._link.resolve(), ignore_errors=True)
            self._link.unlink()
        home = Path(tempfile.mkdtemp(prefix="kiosk-cups-"))
        for folder in ("etc", "cache", "state", "log", "spool/tmp"):
            (home / folder).mkdir(parents=True)
        for path in (home, *home.iterdir()):
            path.chmod(0o755)
        self._link.parent.mkdir(parents=True, exist_ok=True)
        self._link.symlink_to(home)
        user, group, system = _owners()
        (home / "spool").chmod(0o710)
        if os.geteuid() == 0:
            for folder in ("spool", "spool/tmp", "cache"):
                shutil.chown(home / folder, group=group)
            (home / "spool/tmp").chmod(0o1770)
            (home / "cache").chmod(0o770)
        names = {
            "home": home,
            "user": user,
            "group": group,
            "system_group": f"SystemGroup {system}\n" if system else "",
        }
        (home / "bus.conf").write_text(_BUS_CONFIG.format_map(names))
        (home / "etc/cups-files.conf").write_text(_FILES_CONFIG.format_map(names))
        (home / "etc/cupsd.conf").write_text(_DAEMON_CONFIG.format_map(names))
        return home

    def _start_daemon(self) -> None:
        (self.home / "cups.sock").unlink(missing_ok=True)
        self._daemon = Leashed(
            ["cupsd", "-f", "-c", f"{self.home}/etc/cupsd.conf", "-s", f"{self.home}/etc/cups-files.conf"],
            self.home / "log/cupsd.out",
        )
        self._daemon.ready(lambda: _answers(self.home / "cups.sock"))

    def _end_daemon(self, daemon: Leashed) -> None:
        workers = _descendants(daemon.pid)
        daemon.kill()
        for pid in workers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as wire:
        return wire.connect_ex(str(path)) == 0


def _owners() -> tuple[str, str, str | None]:
    """User and group of the filters, and a system group that differs from it (cupsd insists), None if there is none."""
    if os.geteuid() == 0:
        return "lp", "lp", "root"
    own = grp.getgrgid(os.getegid()).gr_name
    others = [grp.getgrgid(gid).gr_name for gid in os.getgroups() if gid != os.getegid()]
    return pwd.getpwuid(os.geteuid()).pw_name, own, next(iter(others), None)


def _is_ppd(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"*PPD"
    except FileNotFoundError:
        return True


def _empty(spool: Path) -> None:
    for path in spool.rglob("*"):
        if path.is_file():
            path.unlink()


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, todo = [], [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found
