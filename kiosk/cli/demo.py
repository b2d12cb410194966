"""``kiosk demo``: the virtual hotel and the kiosk on it, for fingers where there is a display, else played."""

from __future__ import annotations

import argparse
import shutil
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kiosk.cli import Failed
from kiosk.cli.run import serve, with_display
from kiosk.demo import Accounts, Outcome, Service, happenings, lay_second_page, link_beside, write_report
from kiosk.monitor import logs
from kiosk.rig import Rig
from kiosk.rig_page import RigPage

ENGLISH_GUEST = ("1503", "Lena Limit")
CARD_ROOM = "0808"
OTHER_GUEST, OTHER_RESERVATION = "Otto Nopost Example", "31005"
SHEET_SECONDS, PAGE_SECONDS = 0.35, 0.6
"""The pace of printer and scanner: slow enough to be seen, quick enough for a minute."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--folder", type=Path, default=Path("build/demo"), metavar="DIR", help="where it leaves all")
    parser.add_argument("--no-pictures", action="store_true", help="play without taking pictures of the screens")
    parser.add_argument("--played", action="store_true", help="play guests although there is a display")


def run(options: argparse.Namespace) -> int:
    """0 when folio, printer and journal agree; by hand, when the window was closed."""
    folder: Path = options.folder.absolute()
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    app = options.screens()
    if with_display() and not options.played:
        return _by_hand(folder, app)
    return _played(folder, app, None if options.no_pictures else folder / "pictures")


def _by_hand(folder: Path, app: Any) -> int:
    log = folder / "service.log"
    with Rig(folder / "hotel") as rig, RigPage(rig.verbs()) as page, link_beside(rig, log), log.open("ab") as lines:
        _say(f"make things happen at {page.url}")
        _say("rooms and guests: 0808 Lindqvist-Example, 1503 Limit-Example Lena; the card of 0808 is on that page")
        logs.start("kiosk", lines)
        serve(rig.settings(), app, windowed=True, pin_factory=rig.panel.factory)
    return 0


def _played(folder: Path, app: Any, pictures: Path | None) -> int:
    log = folder / "service.log"
    began = time.monotonic()
    rig = Rig(folder / "hotel", seconds_a_sheet=SHEET_SECONDS, page_seconds=PAGE_SECONDS)
    with rig, link_beside(rig, log), log.open("ab") as lines:
        lay_second_page(rig)
        _say(f"{time.monotonic() - began:5.1f} s  the virtual hotel is up")
        logs.start("kiosk", lines)
        guests = _Guests(rig, folder, pictures, app)
        serve(rig.settings(), app, windowed=True, pin_factory=rig.panel.factory, started=guests.start)
        guests.check()
        agree = guests.accounts.agree(guests.outcomes)
        write_report(folder, rig, guests.outcomes, guests.services, guests.longest_gap, guests.gaps, agree=agree)
    served = len(guests.outcomes) + len(guests.services)
    _say(f"{time.monotonic() - began:5.1f} s  {served} guests served; all records agree: {agree}")
    _say(f"see {folder}/report.json, pictures/, sheets/, receipts/, folio.csv, service.log")
    return 0 if agree else 1


class _Guests:
    """Plays the guests on a thread of their own and stops the glass when they have left."""

    def __init__(self, rig: Rig, folder: Path, pictures: Path | None, app: Any) -> None:
        self._rig = rig
        self._pictures = pictures
        self._app = app
        self._fault: BaseException | None = None
        self.accounts = Accounts(rig, folder)
        self.outcomes: list[Outcome] = []
        self.services: list[Service] = []
        self.longest_gap = 0.0
        self.gaps: list[Any] = []

    def start(self, glass: Any) -> None:
        threading.Thread(target=self._play, args=(glass,), name="guests", daemon=True).start()

    def check(self) -> None:
        """Raises Failed when a guest could not finish."""
        if self._fault is not None:
            raise Failed(f"a played guest could not go on: {self._fault}") from self._fault

    def _play(self, glass: Any) -> None:
        try:
            player = self._app.player(glass, self._pictures, happenings(self._rig), _say)
            guests: tuple[Callable[[], Any], ...] = (
                player.chinese_guest_with_a_card,
                lambda: player.english_guest_by_name(*ENGLISH_GUEST),
            )
            for number, guest in enumerate(guests, start=1):
                journey = guest()
                self.accounts.settled()
                self.outcomes.append(self.accounts.outcome(number, journey))
            journey = player.chinese_guest_who_wants_to_be_woken(OTHER_GUEST)
            self.services.append(self.accounts.served(journey, CARD_ROOM, OTHER_RESERVATION))
        except BaseException as fault:  # noqa: BLE001  handed to the main thread, which fails with it
            self._fault = fault
        finally:
            self.longest_gap, self.gaps = glass.frames.longest_gap, glass.frames.gaps
            glass.stop()


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
