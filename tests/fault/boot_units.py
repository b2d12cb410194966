"""Boots systemd in a container and starts the units for real: ``python -m tests.fault.boot_units`` (root or sudo).

The container's root is this machine's own, read through an overlay in memory: what it writes is gone with it, and what
the kiosk needs is already installed. It has no network and none of this machine's services. The project is bound to
/opt/kiosk, read-only; everything else is put there by ``systemd/install --files``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DEADLINE = 30.0

# The overlay is a mount of this namespace alone: it is gone when the container is, however that ends.
BOOT = """
set -eu
if ! [ -e /sys/fs/cgroup/cgroup.procs ] && ! [ -e /sys/fs/cgroup/systemd ]; then  # a bare chroot
  mount -t sysfs sysfs /sys
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
fi
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
printf '%s\\n' "$2" >"$1/program"
chmod 755 "$1/program"
exec systemd-nspawn --quiet --directory="$1/root" --register=no --keep-unit --private-network --console=pipe \\
  --bind-ro="$3:/opt/kiosk" --bind-ro="$1/program:/opt/kiosk/.venv/bin/kiosk" --bind-ro="$4:/opt/kiosk-test" \\
  --uuid="$(cat /proc/sys/kernel/random/uuid)" --boot \\
  systemd.unit=basic.target systemd.mask=tmp.mount systemd.mask=systemd-firstboot.service
"""

PROGRAM = """#!/opt/kiosk/.venv/bin/python
import sys
sys.path.insert(0, "/opt/kiosk")
from kiosk.__main__ import main
sys.exit(main())"""

# What a service may do, told by a process inside of it that also feeds the watchdog.
PROBE = """
    import asyncio, json, os, socket, sys
    from pathlib import Path
    sys.path.insert(0, "/opt/kiosk")
    from kiosk.monitor import logs
    from kiosk.monitor.watchdog import Systemd, Watchdog, log, watchdog_interval

    def can(do):
        try:
            do()
        except OSError as fault:
            return os.strerror(fault.errno)
        return "yes"

    def leave_a_document():
        Path("/run/kiosk/vault/page.jpg").write_bytes(b"a guest's page")

    def capabilities():
        return next(line.split()[1] for line in open("/proc/self/status") if line.startswith("CapBnd"))

    report = {
        "user": os.getuid(),
        "groups": sorted(os.getgroups()),
        "vault": can(leave_a_document),
        "state": can(lambda: Path("/var/lib/kiosk/probe").touch()),
        "status": can(lambda: Path("/run/kiosk/status/probe").touch()),
        "etc": can(lambda: Path("/etc/kiosk/probe").touch()),
        "program": can(lambda: Path("/opt/kiosk/probe").touch()),
        "home": can(lambda: os.listdir("/root")),
        "kernel": can(lambda: Path("/proc/sys/kernel/panic").write_text("1")),
        "packets": can(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)),
        "internet": can(lambda: socket.socket(socket.AF_INET)),
        "netlink": can(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)),
        "devices": sorted(os.listdir("/dev")),
        "others": sorted(int(p) for p in os.listdir("/proc") if p.isdigit() and p != str(os.getpid())),
        "capabilities": int(capabilities(), 16),
    }
    Path("/run/kiosk/status/probe.json").write_text(json.dumps(report))
    logs.start("probe")
    log.info("probe.ready", visit="4f1c", room="0404")
    manager = Systemd()
    manager.ready()
    manager.status("probing")
    asyncio.run(Watchdog({"probe": 3600}, manager).run(watchdog_interval(os.environ)))
"""


def until(condition: Callable[[], bool], what: str, said: Callable[[], str] = str) -> None:
    """Wait for something that only asking can tell."""
    end = time.monotonic() + DEADLINE
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < end, f"not within {DEADLINE:.0f} s: {what}\n{said()}"
        pause.wait(0.05)


class Container:
    """A booted systemd; commands run inside of it."""

    def __init__(self, init: int) -> None:
        self.init = init

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        entered = ["nsenter", "-t", str(self.init), "-m", "-u", "-i", "-p", "-n", "-C", "--", *words]
        done = subprocess.run(entered, capture_output=True, text=True, check=False, timeout=120)
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done

    def shell(self, script: str) -> str:
        return self.run("bash", "-euc", script).stdout.strip()

    def write(self, path: str, text: str) -> None:
        self.shell(f"mkdir -p $(dirname {path}) && cat >{path} <<'EOT'\n{textwrap.dedent(text)}\nEOT")

    def show(self, unit: str, name: str) -> str:
        return self.run("systemctl", "show", "--value", f"--property={name}", unit).stdout.strip()

    def state(self, unit: str) -> str:
        return f"{self.show(unit, 'ActiveState')} {self.show(unit, 'SubState')}"

    def start(self, unit: str) -> None:
        """Start a unit that must come up."""
        assert self.run("systemctl", "start", unit, check=False).returncode == 0, self.log(unit)

    def reaches(self, unit: str, state: str) -> None:
        until(lambda: self.state(unit) == state, f"{unit} {state}", said=lambda: self.log(unit))

    def pid(self, unit: str) -> int:
        """The main process, as this side numbers it: 0 while there is none."""
        inside = self.show(unit, "MainPID")
        for process in Path("/proc").iterdir():
            if process.name.isdigit() and _numbered(process, inside) and _below(process, self.init):
                return int(process.name)
        return 0

    def log(self, unit: str) -> str:
        return self.run("journalctl", "--no-pager", "-o", "short-monotonic", "-u", unit).stdout

    def settle(self, unit: str, *drop_ins: str) -> None:
        """Stop the unit, forget its history and give it these drop-ins only."""
        self.run("systemctl", "stop", unit, f"kiosk-again@{unit.removesuffix('.service')}.timer", check=False)
        self.run("rm", "-rf", f"/etc/systemd/system/{unit}.d")
        for number, text in enumerate(drop_ins):
            self.write(f"/etc/systemd/system/{unit}.d/{number}.conf", text)
        self.run("systemctl", "daemon-reload")
        self.run("systemctl", "reset-failed", unit, check=False)


def _numbered(process: Path, inside: str) -> bool:
    try:
        status = (process / "status").read_text()
    except OSError:
        return False
    numbers = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
    return len(numbers) > 1 and numbers[-1] == inside


def _below(process: Path, init: int) -> bool:
    try:
        return (process / "ns/pid").readlink() == Path(f"/proc/{init}/ns/pid").readlink()
    except OSError:
        return False


@contextmanager
def booted(folder: Path) -> Iterator[Container]:
    shown, mountpoint = folder / "shown", folder / "machine"
    shown.mkdir(mode=0o755)
    mountpoint.mkdir()
    (shown / "probe.py").write_text(textwrap.dedent(PROBE))
    (shown / "paper").write_text('#!/bin/sh\ncp "$1" /run/printed\n')
    (shown / "paper").chmod(0o755)
    boot = ["bash", "-c", BOOT, "boot", str(mountpoint), PROGRAM, str(PROJECT), str(shown)]
    with (folder / "console").open("wb") as console:
        # When this process dies, so does the container.
        machine = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--propagation", "private", *boot],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=subprocess.STDOUT,
        )
    children = Path(f"/proc/{machine.pid}/task/{machine.pid}/children")
    try:
        until(lambda: machine.poll() is not None or bool(_init_of(children)), "an init process")
        assert machine.poll() is None, (folder / "console").read_text()
        container = Container(_init_of(children))
        until(lambda: container.run("systemctl", "is-active", "basic.target", check=False).returncode == 0, "boot")
        yield container
    finally:
        # The container is its init's process namespace: with nspawn alone gone, the init would live on.
        if machine.poll() is None and (init := _init_of(children)):
            os.kill(init, signal.SIGKILL)
        machine.kill()
        machine.wait()


def _init_of(children: Path) -> int:
    """The systemd inside, once it is one: nspawn's child before it was still nspawn."""
    for child in children.read_text().split():
        try:
            if Path(f"/proc/{child}/exe").readlink().parts[-2:] == ("systemd", "systemd"):
                return int(child)
        except OSError:
            continue
    return 0


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    with booted(tmp_path_factory.mktemp("boot")) as container:
        container.run("/opt/kiosk/systemd/install", "--files")
        container.write("/etc/kiosk/kiosk.toml", CONFIG)
        container.shell("cp /opt/kiosk/kiosk/config/defaults/tariff.toml /etc/kiosk/tariff.toml")
        yield container


CONFIG = """\
    [paths]
    assets = "/opt/kiosk/build/assets"
    [panel]
    pin_factory = "mock"
"""

PROBING = "[Service]\nExecStart=\nExecStart=/opt/kiosk/.venv/bin/python /opt/kiosk-test/probe.py\n"
FAILING = "[Service]\nExecStart=\nExecStart=/bin/false\n"
HASTY_SECONDS = 2
HASTY_WATCHDOG = f"[Service]\nWatchdogSec={HASTY_SECONDS}\nRestartSec=100ms\n"
HASTY_RESTART = "[Service]\nRestartSec=100ms\n"
AGAIN_DROP_IN = "/etc/systemd/system/kiosk-again@.timer.d/hasty.conf"


def probed(machine: Container, unit: str) -> dict[str, object]:
    machine.settle(unit, PROBING)
    machine.start(unit)
    report: dict[str, object] = json.loads(machine.shell("cat /run/kiosk/status/probe.json"))
    return report


def test_the_installer_changes_nothing_the_second_time(machine: Container):
    look = "cd /etc; cat passwd group cups/cupsd.conf; find systemd kiosk udev -type f | sort | xargs sha1sum"
    before = machine.shell(look)
    machine.run("/opt/kiosk/systemd/install", "--files")
    assert machine.shell(look) == before
    assert "PreserveJobFiles No" in before
    assert machine.run("systemctl", "is-enabled", "kiosk.target").stdout.strip() == "enabled"


def test_runtime_folders_and_configuration_belong_to_whom_they_should(machine: Container):
    stat = "stat -c '%A %U %G %n' /run/kiosk /run/kiosk/status /run/kiosk/vault /etc/kiosk /etc/kiosk/tariff.toml"
    assert machine.shell(stat).splitlines()[:4] == [
        "drwxr-xr-x kiosk kiosk /run/kiosk",
        "drwxr-xr-x kiosk kiosk /run/kiosk/status",
        "drwx------ kiosk kiosk /run/kiosk/vault",
        "drwxr-x--- root kiosk /etc/kiosk",
    ]


def test_what_the_kiosk_may_do(machine: Container):
    report = probed(machine, "kiosk.service")
    assert {name: report[name] for name in ("vault", "state", "status", "internet", "netlink")} == dict.fromkeys(
        ("vault", "state", "status", "internet", "netlink"), "yes"
    )
    for forbidden in ("etc", "program", "home", "kernel", "packets"):
        assert report[forbidden] != "yes", forbidden
    assert report["user"] != 0
    assert report["capabilities"] == 0
    groups = machine.shell("getent group video render input dialout gpio plugdev scanner lp | cut -d: -f3")
    assert {int(group) for group in groups.split()} <= set(report["groups"])  # type: ignore[call-overload]


def test_what_the_link_may_do(machine: Container):
    machine.shell("install -d /dev/kiosk && mknod -m 666 /dev/kiosk/card-reader c 1 3")
    report = probed(machine, "kiosk-link.service")
    assert {name: report[name] for name in ("state", "status", "internet")} == dict.fromkeys(
        ("state", "status", "internet"), "yes"
    )
    for forbidden in ("vault", "etc", "program", "home", "kernel", "packets", "netlink"):
        assert report[forbidden] != "yes", forbidden
    assert "kiosk" not in report["devices"]  # type: ignore[operator]
    assert report["others"] == []
    assert report["capabilities"] == 0
    machine.settle("kiosk-link.service")


def test_documents_are_seen_by_nobody_else_and_gone_with_the_process(machine: Container):
    assert probed(machine, "kiosk.service")["vault"] == "yes"
    pid = machine.pid("kiosk.service")
    vault = Path(f"/proc/{pid}/root/run/kiosk/vault")
    assert [file.name for file in vault.iterdir()] == ["page.jpg"]
    assert machine.shell("ls -A /run/kiosk/vault") == ""
    machine.settle("kiosk.service", PROBING.replace("/opt/kiosk-test/probe.py", "-c 'import time; time.sleep(99)'"))
    assert machine.shell("ls -A /run/kiosk/vault; grep -c /run/kiosk/vault /proc/mounts || true") == "0"


def test_a_process_that_hangs_is_killed_and_started_again(machine: Container):
    machine.settle("kiosk.service", PROBING, HASTY_WATCHDOG)
    machine.start("kiosk.service")
    first = machine.pid("kiosk.service")
    os.kill(first, signal.SIGSTOP)
    until(lambda: machine.show("kiosk.service", "NRestarts") == "1", "a restart by the watchdog")
    machine.reaches("kiosk.service", "active running")
    assert machine.pid("kiosk.service") not in (0, first)
    assert "Watchdog timeout" in machine.log("kiosk.service")


def test_a_process_that_gives_signs_of_life_is_left_alone(machine: Container):
    machine.settle("kiosk.service", PROBING, HASTY_WATCHDOG)
    machine.start("kiosk.service")
    begun = time.monotonic()
    until(lambda: time.monotonic() - begun > 2.5 * HASTY_SECONDS, "longer than the watchdog waits")
    assert machine.show("kiosk.service", "NRestarts") == "0"
    assert machine.state("kiosk.service") == "active running"
    assert machine.show("kiosk.service", "StatusText") == "probing"


def test_a_killed_process_comes_back(machine: Container):
    machine.settle("kiosk.service", PROBING, HASTY_RESTART)
    machine.start("kiosk.service")
    os.kill(machine.pid("kiosk.service"), signal.SIGKILL)
    until(lambda: machine.show("kiosk.service", "NRestarts") == "1", "a restart")
    machine.reaches("kiosk.service", "active running")


def test_a_process_that_will_not_start_is_tried_five_times_and_then_after_a_pause(machine: Container):
    machine.write(AGAIN_DROP_IN, "[Timer]\nOnActiveSec=\nOnActiveSec=2\n")
    machine.settle("kiosk-link.service", FAILING, HASTY_RESTART)
    machine.run("systemctl", "start", "kiosk-link.service", check=False)
    machine.reaches("kiosk-link.service", "failed failed")
    assert machine.show("kiosk-link.service", "NRestarts") == "5"
    machine.reaches("kiosk-again@kiosk-link.timer", "active waiting")
    until(lambda: machine.state("kiosk-link.service") != "failed failed", "the next five tries")
    machine.reaches("kiosk-link.service", "failed failed")
    machine.reaches("kiosk-again@kiosk-link.timer", "active waiting")
    machine.write("/etc/systemd/system/kiosk-link.service.d/0.conf", PROBING)
    machine.run("systemctl", "daemon-reload")
    machine.reaches("kiosk-link.service", "active running")
    machine.run("rm", "-r", str(Path(AGAIN_DROP_IN).parent))


def test_a_wrong_configuration_starts_nothing_and_says_what_is_wrong(machine: Container):
    machine.settle("kiosk-link.service")
    machine.write("/etc/kiosk/kiosk.toml", "[hotel]\nprot = 5010\n")
    try:
        machine.run("systemctl", "start", "kiosk-link.service", check=False)
        machine.reaches("kiosk-link.service", "failed failed")
        assert machine.show("kiosk-link.service", "NRestarts") == "0"
        wanted = "/etc/kiosk/kiosk.toml: hotel.prot: unknown key; did you mean port?"
        assert wanted in machine.log("kiosk-link.service")
    finally:
        machine.write("/etc/kiosk/kiosk.toml", CONFIG)


def test_the_installer_makes_a_queue_that_prints_for_the_kiosk(machine: Container):
    printer = "ippeveprinter -n localhost -p 60000 -r off -f application/pdf -c /opt/kiosk-test/paper Far"
    machine.shell(f"systemctl start dbus.service; systemd-run --quiet --unit=far-printer {printer}")
    until(
        lambda: machine.run("bash", "-c", ": </dev/tcp/localhost/60000", check=False).returncode == 0,
        "a printer",
        said=lambda: machine.log("far-printer"),
    )
    machine.run("/opt/kiosk/systemd/install", "--files", "--printer", "ipp://localhost:60000/ipp/print")
    machine.shell("echo 'one page' >/run/page.txt; runuser -u kiosk -- lp -s -d kiosk /run/page.txt")
    until(
        lambda: machine.run("head", "-c4", "/run/printed", check=False).stdout == "%PDF",
        "a printed page",
        said=lambda: machine.log("cups") + machine.shell("lpstat -t; tail -30 /var/log/cups/error_log"),
    )
    machine.shell("systemctl stop far-printer.service; lpadmin -x kiosk")


def test_a_killed_cupsd_forgets_its_jobs_and_their_documents(machine: Container):
    # The worst case: every job is written to the spool at once.
    machine.shell("echo 'DirtyCleanInterval 0' >>/etc/cups/cupsd.conf")
    machine.shell("systemctl restart cups.service; lpadmin -p held -v file:///dev/null -E; cupsdisable held")
    machine.shell("echo 'a guest page' | lp -s -d held")
    assert machine.shell("lpstat -o held | wc -l") == "1"
    pid = machine.pid("cups.service")
    spool = Path(f"/proc/{pid}/root/var/spool/cups")
    assert sorted(file.name[0] for file in spool.glob("?0*")) == ["c", "d"]
    # The filters run as lp.
    assert (spool.stat().st_mode & 0o777, spool.group(), (spool / "tmp").group()) == (0o710, "lp", "lp")
    assert machine.shell("ls /var/spool/cups | grep -c '^[cd]0' || true") == "0"
    os.kill(pid, signal.SIGKILL)
    until(lambda: machine.pid("cups.service") not in (0, pid), "a new cupsd")
    machine.reaches("cups.service", "active running")
    assert machine.shell("lpstat -o held") == ""


def test_what_is_written_reaches_the_journal_without_personal_data(machine: Container):
    machine.settle("kiosk.service", PROBING)
    machine.start("kiosk.service")
    lines = machine.run("journalctl", "-u", "kiosk", "-o", "cat", "--no-pager").stdout.splitlines()
    said = [json.loads(line) for line in lines if line.startswith("{")][-1]
    assert (said["event"], said["process"], said["visit"], said["room"]) == ("probe.ready", "probe", "4f1c", "***")


def test_the_link_serves(machine: Container):
    machine.settle("kiosk-link.service")
    machine.start("kiosk-link.service")
    assert machine.state("kiosk-link.service") == "active running"
    assert machine.shell("stat -c '%A %U' /var/lib/kiosk") == "drwx------ kiosk"
    machine.run("systemctl", "stop", "kiosk-link.service")
    assert machine.show("kiosk-link.service", "Result") == "success"


def test_the_kiosk_draws_serves_and_ends_in_order(machine: Container):
    machine.settle("kiosk.service", "[Service]\nEnvironment=SDL_VIDEODRIVER=offscreen\n")
    machine.start("kiosk.service")
    machine.run("rm", "-f", "/run/kiosk/status/kiosk.json")

    def panel() -> str | None:
        told = machine.run("cat", "/run/kiosk/status/kiosk.json", check=False)
        devices = json.loads(told.stdout)["devices"] if told.returncode == 0 else {}
        return devices["panel"]["fitness"] if "panel" in devices else None

    # No device is plugged in here; the pins are mock ones, on which the service door is shut.
    until(lambda: panel() == "ready", "a status with a panel", lambda: machine.log("kiosk.service"))
    assert machine.show("kiosk.service", "NRestarts") == "0"
    machine.run("systemctl", "stop", "kiosk.service")
    assert machine.show("kiosk.service", "Result") == "success"
    assert "process.uncaught" not in machine.log("kiosk.service")


def test_the_installer_takes_everything_off_but_books_and_configuration(machine: Container):
    machine.settle("kiosk-link.service")
    machine.settle("kiosk.service")
    # The project is not the installer's to remove: let it find an empty folder of that name.
    machine.run("umount", "--recursive", "/opt/kiosk")
    assert machine.shell("ls -A /opt/kiosk") == ""
    machine.run("bash", str(PROJECT / "systemd" / "install"), "--uninstall")
    assert machine.shell("find /etc /opt /run -name '*kiosk*' | sort").splitlines() == [
        "/etc/kiosk",
        "/etc/kiosk/kiosk.toml",
        "/opt/kiosk-test",
    ]
    assert machine.shell("ls -d /var/lib/kiosk") == "/var/lib/kiosk"


if __name__ == "__main__":
    if os.geteuid() != 0:
        os.execvp("sudo", ["sudo", sys.executable, "-m", "tests.fault.boot_units", *sys.argv[1:]])
    sys.exit(pytest.main([__file__, "-v", "--durations=5", *sys.argv[1:]]))
