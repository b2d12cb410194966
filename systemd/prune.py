"""Takes off what the station itself does not need: the lock file also holds the tools of those who build it."""

import re
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution, distributions

KEPT = {"lobby-kiosk", "pip"}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def needs(name: str) -> set[str]:
    """What ``name`` asks for outside of extras; a package for another system is simply not there."""
    try:
        wanted = distribution(name).requires or []
    except PackageNotFoundError:
        return set()
    return {plain(re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]) for line in wanted if "extra ==" not in line}


kept = {plain(name) for name in KEPT}
while grown := set().union(*map(needs, kept)) - kept:
    kept |= grown
surplus = sorted({plain(found.metadata["Name"]) for found in distributions()} - kept)
if surplus:
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "uninstall", "--yes", *surplus], check=True)
