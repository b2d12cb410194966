"""What no peer can do: fill the disk with what it sends."""

from __future__ import annotations

from structlog.testing import capture_logs

from kiosk.hotel.fias.noise_log import NoiseLog


def test_noise_is_told_at_once_and_then_summed_up_once_a_second():
    noises = NoiseLog()
    with capture_logs() as logs:
        for step in range(21):
            noises.heard("link.noise", "malformed", 100 + step / 10, count=5)
        noises.tick(102.5)
        assert [entry["count"] for entry in logs] == [5, 50, 50]
        noises.tick(200)
    assert len(logs) == 3


def test_what_was_held_back_is_told_though_nothing_more_comes():
    noises = NoiseLog()
    with capture_logs() as logs:
        noises.heard("link.noise", "malformed", 100)
        noises.heard("link.noise", "malformed", 100.1)
        noises.tick(100.9)
        assert len(logs) == 1
        noises.tick(101)
    assert [entry["count"] for entry in logs] == [1, 1]


def test_one_sort_of_noise_does_not_hide_another():
    noises = NoiseLog()
    with capture_logs() as logs:
        noises.heard("link.noise", "malformed", 100)
        noises.heard("link.noise", "too-long", 100)
        noises.heard("link.record-unused", "GI", 100)
    assert [(entry["event"], entry["what"]) for entry in logs] == [
        ("link.noise", "malformed"),
        ("link.noise", "too-long"),
        ("link.record-unused", "GI"),
    ]
