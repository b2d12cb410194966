"""``kiosk requests`` and ``kiosk status`` by their command line: what waits for a person is not overlooked."""

from __future__ import annotations

import pytest

from kiosk.__main__ import main
from kiosk.config.load import load
from kiosk.monitor import status
from kiosk.monitor.status import Status, write
from kiosk.stores import open_requests
from tests.books_kit import SetClock


@pytest.fixture
def kiosk(tmp_path, capsys):
    """The command in a house whose folders are below ``kiosk.folder``."""
    config = tmp_path / "kiosk.toml"
    config.write_text(f'[house]\ntimezone = "Asia/Shanghai"\n[paths]\nstate = "{tmp_path}"\nruntime = "{tmp_path}"\n')

    def run(command, *words):
        code = main([command, "--config", str(config), *words])
        return code, capsys.readouterr()

    run.settings = load(config)
    return run


@pytest.fixture
def requests(kiosk):
    """Request 1, opened at 12:00 UTC."""
    requests = open_requests(kiosk.settings)
    requests.db.clock = SetClock()
    requests.open("posting-refused", "Lobby", "", "", "request.posting-refused", {"voucher": 7, "reason": "np"})
    yield requests
    requests.db.close()


def test_open_requests_are_listed_in_words_and_the_time_of_the_house(kiosk, requests):
    code, said = kiosk("requests")
    (line,) = said.out.splitlines()
    assert code == 0
    assert line.startswith("   1 2026-03-01 20:00 posting-refused  Lobby: ")
    assert line.endswith("Lobby: the hotel refused the posting of voucher 7 (np)")


def test_a_guests_line_feeds_make_no_second_request(kiosk, requests):
    values = {"name": "Example", "text": "Lunch?\r\n   2 call Lobby: come\nSam"}
    requests.open("message", "Lobby", "en", "", "request.message-by-name", values)
    lines = kiosk("requests")[1].out.splitlines()
    assert len(lines) == 2
    assert lines[1].endswith(": Lunch? /    2 call Lobby: come / Sam")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("NR", "nobody answered it"),
        ("", "nothing was heard of it in time"),
        ("hotel.refused.ur", "the hotel system refused it"),
    ],
)
def test_how_a_test_call_failed_is_said_in_words(kiosk, requests, status, words):
    values = {"at": "2026-03-02 05:15", "status": status}
    requests.open("wake-up-test-failed", "Lobby", "", "", "request.wake-up-test-failed", values)
    assert f"the test call of 2026-03-02 05:15 failed ({words}): " in kiosk("requests")[1].out


def test_a_request_is_closed_once_and_by_somebody(kiosk, requests):
    assert kiosk("requests", "close", "1", "--by", "WL")[0] == 0
    assert requests.list_open() == []
    assert kiosk("requests")[1].out == ""
    code, said = kiosk("requests", "close", "1", "--by", "WL")
    assert (code, said.err) == (1, "kiosk: no open request has the number 1\n")
    with pytest.raises(SystemExit):
        kiosk("requests", "close", "1")


@pytest.mark.parametrize("waiting", ["unknown_charges", "unknown_postings", "refused_postings"])
def test_money_that_waits_for_a_person_is_shown_and_is_not_well(kiosk, waiting):
    now = status.now()
    counts = {"unknown_charges": 0, "unknown_postings": 0, "refused_postings": 0}
    write(Status(process="kiosk", at=now, started=now, **counts), kiosk.settings.paths.status)
    assert kiosk("status")[0] == 0
    write(Status(process="kiosk", at=now, started=now, **(counts | {waiting: 2})), kiosk.settings.paths.status)
    code, said = kiosk("status")
    state, what = waiting.split("_")
    assert code == 1
    assert f"  {what} {state}".ljust(19) + "2" in said.out.splitlines()
