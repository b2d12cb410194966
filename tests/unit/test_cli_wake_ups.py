"""``kiosk wake-ups`` by its command line: the list an operator works by."""

from __future__ import annotations

import pytest

from kiosk.__main__ import main
from kiosk.config.load import load
from kiosk.stores import open_register
from tests.books_kit import SetClock


@pytest.fixture
def kiosk(tmp_path, capsys):
    """The command in a house whose folders are below ``tmp_path``; ``register`` with two calls and a test."""
    config = tmp_path / "kiosk.toml"
    config.write_text(f'[house]\ntimezone = "Asia/Shanghai"\n[paths]\nstate = "{tmp_path}"\nruntime = "{tmp_path}"\n')

    def run(*words):
        code = main(["wake-ups", "--config", str(config), *words])
        return code, capsys.readouterr()

    clock = SetClock()
    run.register = open_register(load(config))
    run.register.db.clock = clock
    for hours, room in ((11, "0808"), (10, "0909")):
        run.register.wake_ups.order(room, "31001", clock.ms + hours * 3_600_000)
    capsys.readouterr()
    yield run
    run.register.db.close()


def test_the_calls_are_listed_in_time_order_and_the_time_of_the_house(kiosk):
    code, said = kiosk()
    assert code == 0
    assert said.out.splitlines() == [
        "   2 2026-03-02 06:00 0909     with-operator",
        "   1 2026-03-02 07:00 0808     with-operator",
    ]


def test_how_a_call_ended_is_written_by_somebody(kiosk):
    assert kiosk("result", "2", "answered", "--by", "WL")[0] == 0
    assert [line.split()[0] for line in kiosk()[1].out.splitlines()] == ["1"]
    assert [request.values["call"] for request in kiosk.register.requests.list_open()] == [1]
    with pytest.raises(SystemExit):
        kiosk("result", "1", "answered")


def test_an_unanswered_call_sends_somebody_who_then_attends(kiosk):
    assert kiosk("result", "1", "unanswered", "--by", "WL")[0] == 0
    assert "wake-up-unanswered" in {request.kind for request in kiosk.register.requests.list_open()}
    assert kiosk("result", "1", "attended", "--by", "WL")[0] == 0
    assert {request.kind for request in kiosk.register.requests.list_open()} == {"wake-up"}


def test_what_cannot_be_is_said_in_words(kiosk):
    assert kiosk("result", "9", "answered", "--by", "WL")[1].err == "kiosk: there is no wake-up 9\n"
    kiosk("result", "1", "answered", "--by", "WL")
    code, said = kiosk("result", "1", "attended", "--by", "WL")
    assert (code, said.err) == (1, "kiosk: wake-up 1 is answered: it cannot be attended\n")
