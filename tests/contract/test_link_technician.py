"""``kiosk link post, guests, check and trace`` against a hotel, with the link running and without."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from kiosk import stores
from kiosk.books.postings import room_postings
from kiosk.books.trial import trial
from kiosk.config.load import load
from kiosk.hotel.fias.simulator import HotelSimulator
from kiosk.hotel.status import read_status
from kiosk.outbox import DeliveryState
from kiosk.rig import VirtualHotelHost
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS
from tests.contract.printer_kit import eventually
from tests.strange_interface import POSTED, Manners, StrangeInterface


@dataclass
class Place:
    """A station beside a hotel, and the words typed there."""

    config: Path
    host: VirtualHotelHost

    @property
    def hotel(self) -> HotelSimulator:
        return self.host.simulator

    def type(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self._command(*words), capture_output=True, text=True, timeout=60, check=False)

    @contextmanager
    def running(self, *words: str, output=subprocess.DEVNULL):
        with subprocess.Popen(self._command(*words), stdout=output) as process:
            try:
                yield process
            finally:
                process.terminate()

    @contextmanager
    def link(self):
        """``kiosk link`` itself, up."""
        status = stores.link_status_file(self.settings)
        with self.running() as process:
            asyncio.run(
                eventually(lambda: (told := read_status(status)) is not None and told.alive and bool(told.guests), 10)
            )
            yield process

    @property
    def settings(self):
        return load(self.config)

    def postings(self, state: DeliveryState) -> list[str]:
        outbox = stores.open_postings(stores.open_books(self.settings))
        return [delivery.kind for delivery in outbox.in_state(state)]

    def _command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "kiosk", "link", *words, "--config", str(self.config)]


@pytest.fixture
def place(tmp_path):
    host = VirtualHotelHost(tmp_path / "folios.jsonl", 0.01)
    host.start()
    config = tmp_path / "kiosk.toml"
    config.write_text(
        f'[paths]\nstate = "state"\nruntime = "run"\n[hotel]\nhost = "127.0.0.1"\nport = {host.simulator.port}\n'
        "answer_seconds = 5\n"
    )
    yield Place(config, host)
    host.stop()


def post(place: Place, room: str, amount: int = 150, *more: str) -> subprocess.CompletedProcess[str]:
    return place.type("post", "--room", room, "--amount", str(amount), "--text", "Trial", *more)


def amounts(place: Place, room: str) -> list[int]:
    return [line.amount for line in place.hotel.folio(room)]


def test_a_posting_is_made_once_and_its_answer_said(place):
    ended = post(place, "0808")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("posted: ")
    assert amounts(place, "0808") == [150]
    assert post(place, "0808", -150).returncode == 0
    assert amounts(place, "0808") == [150, -150]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        ("NG", 1, "no such room, or nobody in it"),
        ("NP", 1, "may not charge"),
        ("DM", 1, "subtotals"),
        ("RY", 5, ""),
        ("NA", 5, ""),
    ],
)
def test_a_refusal_is_worded_and_nothing_is_tried_again(place, status, code, words):
    place.host.do(lambda: place.hotel.refuse_next(status))
    ended = post(place, "0808")
    assert ended.returncode == code
    assert words in ended.stdout
    assert f"({status})" in ended.stdout
    assert place.postings(DeliveryState.QUEUED) == []
    assert amounts(place, "0808") == []


def test_a_lost_answer_is_unknown_and_says_what_to_do(place):
    place.host.do(place.hotel.lose_answer)
    ended = post(place, "0808")
    assert ended.returncode == 4
    assert "look at the folio" in ended.stdout
    assert place.postings(DeliveryState.UNKNOWN) == ["trial"]


def test_without_a_hotel_nothing_is_sent_then_or_later(place):
    place.host.wait(place.hotel.close())
    ended = post(place, "0808", 150, "--seconds", "1")
    assert ended.returncode == 3
    assert "nothing was posted" in ended.stdout
    assert place.postings(DeliveryState.QUEUED) == []


@pytest.mark.parametrize("reason", [signal.SIGTERM, signal.SIGHUP])
def test_a_posting_whose_technician_is_cut_off_is_not_sent_later(place, reason):
    place.host.wait(place.hotel.close())
    words = ("post", "--room", "0808", "--amount", "150", "--text", "T")
    with place.running(*words) as process:
        asyncio.run(eventually(lambda: place.postings(DeliveryState.QUEUED) == ["trial"], 30))
        process.send_signal(reason)
        assert process.wait(30) == 3
    assert place.postings(DeliveryState.WITHDRAWN) == ["trial"]


def test_two_technicians_at_once_both_post(place):
    first, second = (
        place.running("post", "--room", room, "--amount", "150", "--text", "T") for room in ("0808", "0101")
    )
    with first as one, second as other:
        assert (one.wait(30), other.wait(30)) == (0, 0)
    assert (amounts(place, "0808"), amounts(place, "0101")) == ([150], [150])


@pytest.mark.parametrize(
    "words",
    [
        ("post", "--room", "", "--amount", "1", "--text", "T"),
        ("post", "--room", "0808", "--amount", "1.50", "--text", "T"),
        ("post", "--room", "0808", "--amount", "1" * 13, "--text", "T"),
        ("post", "--room", "0808", "--amount", "0", "--text", "T"),
        ("guests", "--code-page", "utf-16"),
        ("guests", "--host", " "),
        ("guests", "--posting", "both"),
        ("check", "--port", "0"),
        ("check", "--seconds", "nan"),
    ],
)
def test_what_cannot_be_meant_is_wrong_usage(place, words):
    ended = place.type(*words)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_the_running_link_posts_what_a_technician_asks(place):
    with place.link():
        assert post(place, "0808").returncode == 0
        ended = place.type("guests")
        assert ended.returncode == 0
        assert "as kiosk-link has it" in ended.stdout
        assert place.type("check").returncode == 1
        assert place.type().returncode == 1, "a second link of the same station"
    assert amounts(place, "0808") == [150]
    assert place.hotel.observed.connections == 1


def test_the_running_link_is_not_what_another_hotel_system_is_tried_through(place):
    with place.link(), StrangeInterface(Manners()) as other:
        for ended in (
            post(place, "0808", 150, "--port", str(other.port)),
            place.type("guests", "--code-page", "utf-8"),
        ):
            assert ended.returncode == 1
            assert "systemctl stop kiosk-link" in ended.stderr
    assert amounts(place, "0808") == []
    assert other.heard == []


def test_what_waits_for_the_hotel_goes_to_no_other_that_is_tried(place):
    waiting = trial(stores.open_postings(stores.open_books(place.settings)), "0101", 900, "CNY", "Waits")
    with StrangeInterface(Manners(answers={"PS": (POSTED, POSTED)})) as other:
        for _ in range(2):
            ended = post(place, "0808", 150, "--port", str(other.port))
            assert (ended.returncode, ended.stderr) == (0, "")
    assert [record.split("|")[1] for record in other.of("PS")] == ["RN0808", "RN0808"]
    assert len({record.split("|P#")[1].split("|")[0] for record in other.of("PS")}) == 2
    left = stores.open_postings(stores.open_books(place.settings)).in_state(DeliveryState.QUEUED)
    assert [delivery.key for delivery in left] == [waiting]
    assert list(place.settings.paths.state.rglob("guests.db*")) == [], "whoever was told of there is forgotten"


def test_what_a_killed_try_left_goes_to_no_other_hotel_system(place):
    with StrangeInterface(Manners(answers={"PS": (POSTED, POSTED)})) as other:
        post(place, "0808", 150, "--port", str(other.port))
        [books] = place.settings.paths.state.glob("elsewhere/**/books.db")
        with closing(Database(books, BOOKS)) as db:
            trial(room_postings(db), "0101", 900, "CNY", "Left")
        assert post(place, "0808", 150, "--port", str(other.port)).returncode == 0
    assert [record.split("|")[1] for record in other.of("PS")] == ["RN0808", "RN0808"]


def test_folders_that_cannot_be_used_are_named(place):
    place.config.write_text(place.config.read_text().replace('"state"', '"/proc/kiosk"'))
    for ended in (post(place, "0808"), place.type("guests"), place.type("check")):
        assert ended.returncode == 1
        assert "/proc/kiosk can't be used" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_an_interface_of_four_digits_gets_no_longer_number(place):
    place.config.write_text(place.config.read_text() + "highest_number = 9999\n")
    with closing(stores.open_books(place.settings).db) as db, sqlite3.connect(db.path) as file:
        file.execute("INSERT INTO counters VALUES ('sequence:pms', 9998)")
    file.close()
    assert post(place, "0808").returncode == 0
    with place.link():
        assert post(place, "0808").returncode == 0
    assert [line.sequence for line in place.hotel.folio("0808")] == ["9999", "1"]


def test_guests_are_listed_as_the_hotel_tells_them_and_nothing_of_them_is_kept(place):
    ended = place.type("guests")
    assert ended.returncode == 0
    assert "0808     31001      EN    Lindqvist-Example Ingrid" in ended.stdout
    assert "样例 小路" in ended.stdout
    assert not stores.guests_file(place.settings).exists()


def test_a_hotel_that_does_not_list_its_guests_is_told_from_one_that_is_away(place):
    place.host.do(place.hotel.ignore_resync)
    ended = place.type("guests", "--seconds", "1.5")
    assert ended.returncode == 1
    assert "(DR) was not answered" in ended.stdout
    place.host.wait(place.hotel.close())
    assert place.type("guests", "--seconds", "0.5").returncode == 3


def test_check_finds_nothing_wrong_with_a_good_interface_and_the_code_page_of_another(place):
    well = place.type("check")
    assert well.returncode == 0, well.stdout
    assert "WRONG" not in well.stdout
    wrong = place.type("check", "--code-page", "utf-8")
    assert wrong.returncode == 1
    assert "records are not utf-8" in wrong.stdout


def test_the_wire_is_shown_with_names_masked(place, tmp_path):
    with (tmp_path / "trace").open("w+") as shown, place.link(), place.running("trace", output=shown):
        for _ in range(10):  # the one who watches may come a moment late
            assert post(place, "0808").returncode == 0
            lines = (tmp_path / "trace").read_text().splitlines()
            if any("<- PA" in line for line in lines):
                break
    answer = next(line for line in lines if "<- PA" in line)
    assert "AS=OK" in answer
    assert "RN=0808" in answer
    assert "CT=(" in answer


def test_without_a_link_there_is_nothing_to_trace(place):
    ended = place.type("trace")
    assert ended.returncode == 3
    assert "does not run" in ended.stdout
