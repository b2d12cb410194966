"""The commands as an operator types them, against a virtual hotel."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import pytest

from kiosk.__main__ import main
from kiosk.cli import COMMANDS
from kiosk.demo import link_beside
from kiosk.rig import Rig
from tests.contract.printer_kit import eventually


@pytest.fixture(scope="module")
def rig(tmp_path_factory):
    with Rig(tmp_path_factory.mktemp("rig"), seconds_a_sheet=0.0) as running:
        yield running


def kiosk(*words, **options):
    command = [sys.executable, "-m", "kiosk", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


def test_help_names_every_command_and_what_it_is_for(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert all(command in told for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert "--config" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["run", "link", "status", "doctor"])
def test_a_wrong_configuration_names_file_key_and_reason_and_starts_nothing(command, tmp_path):
    wrong = tmp_path / "kiosk.toml"
    wrong.write_text('[printer]\nqueu = "lobby"\n')
    ended = kiosk(command, "--config", wrong)
    assert ended.returncode == 2
    assert str(wrong) in ended.stderr
    assert "printer.queu" in ended.stderr
    assert "queue" in ended.stderr
    assert not ended.stdout


def test_an_unknown_command_is_refused():
    assert kiosk("dance").returncode == 2


def test_status_says_when_nothing_runs(rig):
    ended = kiosk("status", "--config", rig.settings_file)
    assert ended.returncode == 1
    assert "no process has written a status" in ended.stderr


def test_doctor_tries_every_device_and_the_link(rig, tmp_path):
    with link_beside(rig, tmp_path / "link.log"):
        ended = kiosk("doctor", "--config", rig.settings_file)
    told = {line.split()[1]: line.split()[0] for line in ended.stdout.splitlines()}
    assert told == dict.fromkeys(
        ["assets", "books", "link", "printer", "scanner", "card-reader", "receipt-printer", "panel"], "ok"
    )
    assert ended.returncode == 0


def test_doctor_names_what_is_wrong_with_a_remedy(rig):
    rig.receipts.paper_out()
    try:
        ended = kiosk("doctor", "--config", rig.settings_file)
    finally:
        rig.receipts.clear()
    assert ended.returncode == 1
    (line,) = [line for line in ended.stdout.splitlines() if "receipt-printer" in line]
    assert line.startswith("WRONG")
    assert "receipt.paper-out" in line


def test_the_link_publishes_its_state_for_status(rig, tmp_path):
    with link_beside(rig, tmp_path / "link.log"):
        folder = rig.settings().paths.status
        asyncio.run(eventually(lambda: (folder / "kiosk-link.json").exists(), 10))
        ended = kiosk("status", "--json", "--config", rig.settings_file)
    (one,) = [json.loads(line) for line in ended.stdout.splitlines()]
    assert (one["process"], one["link"], one["queue_length"], one["unknown_postings"]) == ("kiosk-link", "alive", 0, 0)
    assert ended.returncode == 0


def test_empty_books_agree(rig):
    ended = kiosk("books", "check", "--config", rig.settings_file)
    assert ended.returncode == 0
    assert ended.stdout.count("agree") == 3


def test_reconciling_with_something_that_is_no_journal_is_refused(rig, tmp_path):
    wrong = tmp_path / "journal.csv"
    wrong.write_text("this is not a journal\n")
    ended = kiosk("books", "reconcile", wrong, "--config", rig.settings_file)
    assert ended.returncode == 1
    assert "the header is not" in ended.stderr
