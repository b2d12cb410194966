"""The command line. Each command is a module of ``kiosk.cli``; the screens are started from here and nowhere else."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

from kiosk.cli import COMMANDS, Failed
from kiosk.config.load import ConfigError
from kiosk.monitor import logs  # noqa: F401  before anything else loads structlog: it keeps rich out


def screens_app() -> object:
    """The Kivy application, imported only when a window is wanted."""
    from screens import app

    return app


def parser(command: str | None) -> argparse.ArgumentParser:
    """Knows every command by name and help; only the one that is asked for is imported."""
    top = argparse.ArgumentParser(prog="kiosk", description="Self-service business centre for a hotel lobby.")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, text in COMMANDS.items():
        sub = commands.add_parser(name, help=text, description=text)
        sub.add_argument("--config", type=Path, metavar="FILE", help="the station's configuration (TOML)")
        if name == command:
            _module(name).arguments(sub)
    return top


def main(argv: list[str] | None = None) -> int:
    """Returns the exit code: 0 well, 1 failed, 2 wrong usage or configuration."""
    words = sys.argv[1:] if argv is None else argv
    command = next((word for word in words if word in COMMANDS), None)
    options = parser(command).parse_args(words)
    try:
        options.screens = screens_app
        return int(_module(options.command).run(options))
    except ConfigError as wrong:
        print(f"kiosk: {wrong}", file=sys.stderr)
        return 2
    except Failed as failure:
        print(f"kiosk: {failure}", file=sys.stderr)
        return 1


def _module(command: str) -> ModuleType:
    return import_module(f"kiosk.cli.{command.replace('-', '_')}")


if __name__ == "__main__":
    sys.exit(main())
