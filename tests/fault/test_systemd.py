"""The units as systemd's own tools judge them, without starting anything. ``boot_units.py`` starts them for real."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from kiosk.cli import COMMANDS

PROJECT = Path(__file__).parents[2]
SYSTEMD = PROJECT / "systemd"
UNITS = sorted((SYSTEMD / "system").iterdir())
SERVICES = ["kiosk.service", "kiosk-link.service"]

# The program is not installed where the tests run.
NOT_INSTALLED = re.compile(r".*: Command /opt/kiosk/\.venv/bin/kiosk is not executable: No such file or directory")


def complaints(unit: Path) -> list[str]:
    """What ``systemd-analyze verify`` says; its exit code is 0 for an unknown key."""
    search = f"{unit.parent}:{SYSTEMD / 'system'}:"
    verified = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        env={**os.environ, "SYSTEMD_UNIT_PATH": search},
        capture_output=True,
        text=True,
        check=False,
    )
    said = (verified.stdout + verified.stderr).splitlines()
    return [line for line in said if not NOT_INSTALLED.fullmatch(line)]


def section(unit: str, name: str) -> dict[str, list[str]]:
    """All values of each key of one section, in order."""
    values: dict[str, list[str]] = {}
    text = (SYSTEMD / "system" / unit).read_text(encoding="utf-8")
    inside = text.partition(f"[{name}]\n")[2].partition("\n[")[0]
    for line in inside.splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            values.setdefault(key, []).append(value)
    return values


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_every_line(unit: Path):
    assert complaints(unit) == []


def test_a_misspelt_key_would_be_found(tmp_path: Path):
    wrong = tmp_path / "kiosk.service"
    wrong.write_text((SYSTEMD / "system" / "kiosk.service").read_text().replace("WatchdogSec=", "WatchdogSecs="))
    assert any("WatchdogSecs" in line for line in complaints(wrong))


def test_systemd_understands_the_drop_in_of_cups(tmp_path: Path):
    (tmp_path / "cups.service").write_text("[Service]\nExecStart=/bin/true\n")
    (tmp_path / "cups.service.d").symlink_to(SYSTEMD / "cups.service.d")
    assert complaints(tmp_path / "cups.service") == []


@pytest.mark.parametrize(("unit", "exposure"), [("kiosk.service", 18), ("kiosk-link.service", 13)])
def test_the_services_are_hardened(unit: str, exposure: int):
    """``exposure`` in tenths: 0 is a service that can do nothing, 100 one that may do all."""
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={exposure}", str(SYSTEMD / "system" / unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_starts_a_command_that_exists(unit: str):
    program, command, option, _ = section(unit, "Service")["ExecStart"][0].split()
    assert program == "/opt/kiosk/.venv/bin/kiosk"
    assert command in COMMANDS
    shown = subprocess.run(
        [sys.executable, "-m", "kiosk", command, "--help"], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert (shown.returncode, option in shown.stdout) == (0, True), shown.stderr


@pytest.mark.parametrize("unit", SERVICES)
def test_a_service_proves_that_it_lives_and_comes_back_with_a_pause(unit: str):
    service, start = section(unit, "Service"), section(unit, "Unit")
    assert (service["Type"], service["Restart"]) == (["notify"], ["always"])
    assert 10 <= int(service["WatchdogSec"][0]) <= 60
    assert (start["StartLimitBurst"], start["OnFailure"]) == (["5"], ["kiosk-again@%N.timer"])


def test_the_kiosk_has_no_network_and_the_link_no_devices():
    kiosk, link = section("kiosk.service", "Service"), section("kiosk-link.service", "Service")
    assert (kiosk["IPAddressDeny"], kiosk["IPAddressAllow"]) == (["any"], ["localhost"])
    assert "DeviceAllow" not in link
    assert (link["PrivateDevices"], link["DevicePolicy"]) == (["yes"], ["closed"])


def test_what_a_guest_leaves_never_reaches_the_disk():
    for unit in SERVICES:
        service = section(unit, "Service")
        assert (service["MemorySwapMax"], service["LimitCORE"]) == (["0"], ["0"])
    assert section("kiosk.service", "Service")["TemporaryFileSystem"][0].startswith("/run/kiosk/vault:")


def test_the_installer_places_every_file_and_no_other():
    installer = (SYSTEMD / "install").read_text(encoding="utf-8")
    placed = set(re.findall(r"^  (\S+):/etc/\S+$", installer, re.MULTILINE))
    own = {"install", "prune.py", "packages.txt"}
    there = {str(file.relative_to(SYSTEMD)) for file in SYSTEMD.rglob("*") if file.is_file()}
    packaged = {file for file in placed if (PROJECT / file).is_file()}
    assert placed - packaged == there - own
    assert packaged == {"kiosk/config/defaults/kiosk.toml", "kiosk/config/defaults/tariff.toml"}


def test_every_group_that_the_kiosk_asks_for_exists_or_is_made():
    made = set(re.findall(r"^g (\S+) -$", (SYSTEMD / "sysusers.d/kiosk.conf").read_text(), re.MULTILINE))
    of_debian = {"audio", "dialout", "plugdev", "video"}  # base-passwd
    assert set(section("kiosk.service", "Service")["SupplementaryGroups"][0].split()) == made | of_debian


def test_the_user_and_groups_can_be_made(tmp_path: Path):
    (tmp_path / "etc").mkdir()
    subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", str(SYSTEMD / "sysusers.d/kiosk.conf")],
        check=True,
        capture_output=True,
    )
    user = next(line for line in (tmp_path / "etc/passwd").read_text().splitlines() if line.startswith("kiosk:"))
    assert user.split(":")[4:] == ["Lobby kiosk", "/var/lib/kiosk", "/usr/sbin/nologin"]
    assert {"kiosk", "gpio", "render"} <= {
        line.split(":")[0] for line in (tmp_path / "etc/group").read_text().splitlines()
    }


UDEV_RULE = re.compile(
    r"(?:(?:SUBSYSTEMS?|KERNEL|ACTION|ATTRS\{\w+\}|ENV\{\w+\})(?:==|!=)\"[^\"]+\"|ENV\{\w+\}=\"[^\"]+\""
    r"|GROUP=\"\w+\"|MODE=\"0[0-7]{3}\"|SYMLINK\+=\"[\w/-]+\"|GOTO=\"\w+\"|LABEL=\"\w+\")"
)


def test_udev_rules_are_well_formed_and_name_the_configured_devices():
    rules = (SYSTEMD / "udev/70-kiosk.rules").read_text(encoding="utf-8")
    lines = [line for line in rules.splitlines() if line and not line.startswith("#")]
    malformed = [part for line in lines for part in line.split(", ") if not UDEV_RULE.fullmatch(part)]
    assert malformed == []
    named = {f"/dev/{link}" for link in re.findall(r'SYMLINK\+="([^"]+)"', "\n".join(lines))}
    defaults = (PROJECT / "kiosk/config/defaults/kiosk.toml").read_text(encoding="utf-8")
    assert named == set(re.findall(r'"(/dev/kiosk/[\w-]+)"', defaults))


@pytest.mark.parametrize(
    "file", ["system.conf.d/kiosk.conf", "journald.conf.d/kiosk.conf", "cups.service.d/kiosk.conf"]
)
def test_drop_ins_are_readable_ini_files(file: str):
    parser = ConfigParser(strict=False, allow_no_value=False, interpolation=None)
    assert parser.read(SYSTEMD / file) == [str(SYSTEMD / file)]
    assert len(parser.sections()) == 1
