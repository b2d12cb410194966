"""Logs that can't carry a guest's data, a watchdog that is fed by real loops, a status that is never half written."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import re
import socket
import subprocess
import sys
import textwrap
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from hardware.protocols import Card, DeviceError, Fitness, Health, NeedsPerson, Supply
from kiosk.monitor import logs
from kiosk.monitor.status import STALE_AFTER, DeviceStatus, Status, metrics, read, write
from kiosk.monitor.watchdog import UNWATCHED_INTERVAL, Systemd, Watchdog, watchdog_interval

SECRET = "Zhang-Secret"


class Journal:
    """What stands on stdout: parsed line by line."""

    def __init__(self) -> None:
        self.stream = io.BytesIO()

    @property
    def text(self) -> str:
        return self.stream.getvalue().decode()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def last(self) -> dict[str, Any]:
        return self.lines[-1]


@pytest.fixture
def journal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    """The log of this process for one test, everything put back afterwards."""
    monkeypatch.setenv("KIVY_LOG_MODE", "KIVY")
    for owner, hook in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(owner, hook, getattr(owner, hook))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    journal = Journal()
    logs.start("kiosk", journal.stream)
    yield journal
    logging.captureWarnings(capture=False)
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def test_a_line_is_one_json_object_with_time_level_event_process_and_bound_ids(journal: Journal):
    with structlog.contextvars.bound_contextvars(visit="4f1c", charge="c-7"):
        structlog.get_logger().info("charge.settled", sheets=3, currency="CNY")
    assert list(journal.last)[:4] == ["ts", "level", "event", "process"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", journal.last["ts"])
    wanted = {"level": "info", "event": "charge.settled", "process": "kiosk", "visit": "4f1c", "charge": "c-7"}
    assert wanted.items() <= journal.last.items()
    assert journal.last["sheets"] == 3


def test_what_is_said_of_the_line_itself_cannot_be_overwritten(journal: Journal):
    structlog.get_logger().info("a.b", process="other", level="none", ts="never")
    assert (journal.last["process"], journal.last["level"]) == ("kiosk", "info")
    assert journal.last["ts"] != "never"


def test_debug_lines_are_not_written(journal: Journal):
    structlog.get_logger().debug("a.b")
    assert journal.text == ""


@pytest.mark.parametrize("name", sorted(logs.PRIVATE))
def test_every_private_field_is_masked_wherever_it_stands(journal: Journal, name: str):
    fields = {
        name: SECRET,
        f"guest_{name}": SECRET,
        name.upper(): SECRET,
        "list": [{name: SECRET}],
        "d": {name: {"x": SECRET}},
    }
    structlog.get_logger().info("a.b", **fields)
    assert SECRET not in journal.text
    assert journal.last[name] == logs.MASK


def test_a_bound_private_field_is_masked(journal: Journal):
    with structlog.contextvars.bound_contextvars(room=SECRET):
        structlog.get_logger().bind(card=SECRET).info("a.b")
    assert SECRET not in journal.text


def test_objects_are_logged_by_their_type_alone(journal: Journal):
    @dataclass
    class Holder:
        anything: str

    structlog.get_logger().info(
        "a.b", held=Holder(SECRET), seen=Card(SECRET), fault=ValueError(SECRET), raw=SECRET.encode()
    )
    assert SECRET not in journal.text
    assert journal.last["seen"] == "<hardware.protocols.Card>"
    assert journal.last["raw"] == logs.MASK


def test_plain_values_stay_readable(journal: Journal):
    day = datetime(2026, 1, 2, tzinfo=UTC)
    structlog.get_logger().info("a.b", f=Fitness.READY, p=Path("/dev/kiosk"), d=day, n=None, big=2**70, t=(1, "x"))
    line = journal.last
    assert (line["f"], line["p"], line["d"], line["n"]) == ("ready", "/dev/kiosk", "2026-01-02T00:00:00+00:00", None)
    assert (line["big"], line["t"]) == (str(2**70), [1, "x"])


def test_a_sentence_is_not_an_event(journal: Journal):
    structlog.get_logger().info(f"guest {SECRET} left")
    structlog.get_logger().info("left.%s", SECRET)
    assert [line["event"] for line in journal.lines] == ["log.unnamed", "log.unnamed"]
    assert SECRET not in journal.text


def test_bank_numbers_are_masked_and_other_numbers_are_not(journal: Journal):
    structlog.get_logger().info(
        "a.b", seen="x 4111 1111 1111 1111 y", voucher="4111111111111112", time="20261121215604"
    )
    assert journal.last["seen"] == "x *** y"
    assert journal.last["voucher"] == "4111111111111112"


def test_long_and_unwritable_text_is_cut_and_mended(journal: Journal):
    structlog.get_logger().info("a.b", long="x" * 5000, odd="a\udcffb")
    assert len(journal.last["long"]) == logs.LONGEST_TEXT
    assert journal.last["odd"] == "a?b"


def test_an_exception_leaves_type_place_and_causes_but_not_its_text(journal: Journal):
    def inner() -> None:
        raise ValueError(SECRET)

    try:
        try:
            inner()
        except ValueError as fault:
            raise KeyError(SECRET) from fault
    except KeyError:
        structlog.get_logger().exception("work.failed")
    assert SECRET not in journal.text
    line = journal.last
    assert (line["level"], line["error"], line["because"]) == ("error", "KeyError", ["ValueError"])
    assert line["at"][-1].startswith("tests/unit/test_monitor.py:")


def test_a_device_error_leaves_its_message_key(journal: Journal):
    fault: DeviceError = NeedsPerson("printer.media-jam", owner=SECRET)
    structlog.get_logger().error("device.failed", exc_info=fault)
    assert journal.last["error_key"] == "printer.media-jam"
    assert SECRET not in journal.text


def test_libraries_are_heard_without_their_values(journal: Journal):
    logging.getLogger("kivy").warning("Window: %s", SECRET)
    logging.getLogger("asyncio").error(f"Task exception was never retrieved\nfuture: {SECRET}")
    logging.getLogger("some.library").error(f"{SECRET} failed")
    logging.getLogger("some.library").info("chatter")
    warnings.warn(SECRET, UserWarning, stacklevel=1)
    assert SECRET not in journal.text
    assert [(line["logger"], line["said"]) for line in journal.lines] == [
        ("kivy", "Window: %s"),
        ("asyncio", "Task exception was never retrieved"),
        ("some.library", None),
        ("py.warnings", None),
    ]


def test_uncaught_exceptions_of_threads_are_logged_without_their_text(journal: Journal):
    def fail() -> None:
        raise RuntimeError(SECRET)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert (journal.last["event"], journal.last["error"]) == ("process.uncaught", "RuntimeError")
    assert SECRET not in journal.text


def test_a_dying_process_says_why_without_the_text():
    code = f"""
        from kiosk.monitor import logs
        logs.start("kiosk-link")
        raise RuntimeError({SECRET!r})
    """
    ended = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, check=False)
    line = json.loads(ended.stdout)
    assert (ended.returncode, line["process"], line["level"]) == (1, "kiosk-link", "critical")
    assert (line["event"], line["error"]) == ("process.uncaught", "RuntimeError")
    assert SECRET not in (ended.stdout + ended.stderr).decode()


def test_a_log_that_cannot_be_written_does_not_stop_the_work(journal: Journal):
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    logs.start("kiosk", Full())
    structlog.get_logger().info("a.b")


def test_the_logs_are_ready_without_the_coloured_console():
    code = "import sys, kiosk.monitor.logs; print('structlog' in sys.modules, [m for m in sys.modules if 'rich' in m])"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert ended.stdout == "True []\n"


EVENT = re.compile(r"\blog\.(?:info|warning|error|critical|exception)\(\s*\"([^\"]+)\"")


def test_every_event_is_explained_to_the_operator():
    project = Path(__file__).parents[2]
    documented = (project / "docs" / "logs.md").read_text(encoding="utf-8")
    sources = [file for part in ("kiosk", "screens", "hardware") for file in (project / part).rglob("*.py")]
    events = {event for file in sources for event in EVENT.findall(file.read_text(encoding="utf-8"))}
    assert len(events) > 20
    assert sorted(event for event in events if f"`{event}`" not in documented) == []


# The watchdog


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Manager:
    def __init__(self) -> None:
        self.lives = 0

    def ready(self) -> None: ...

    def alive(self) -> None:
        self.lives += 1

    def status(self, text: str) -> None: ...

    def stopping(self) -> None: ...


def test_a_sign_of_life_is_passed_on_only_while_every_source_gives_one():
    clock, manager = Clock(), Manager()
    dog = Watchdog({"frame": 10, "engine": 2}, manager, clock)
    dog.check()
    assert manager.lives == 1

    clock.now += 5
    dog.beat("frame")
    dog.check()
    assert (manager.lives, dog.late()) == (1, {"engine"})

    dog.beat("engine")
    dog.check()
    assert (manager.lives, dog.late()) == (2, frozenset())

    clock.now += 11
    dog.beat("engine")
    dog.check()
    assert (manager.lives, dog.late()) == (2, {"frame"})


def test_a_silence_of_just_the_limit_is_allowed():
    clock, manager = Clock(), Manager()
    dog = Watchdog({"engine": 2}, manager, clock)
    clock.now += 2
    assert not dog.late()


def test_a_beat_of_an_unknown_source_is_a_mistake():
    with pytest.raises(KeyError, match="fraem"):
        Watchdog({"frame": 1}, Manager()).beat("fraem")


def test_lateness_is_logged_once_and_so_is_recovery(journal: Journal):
    clock = Clock()
    dog = Watchdog({"frame": 10}, Manager(), clock)
    clock.now += 11
    dog.check()
    dog.check()
    dog.beat("frame")
    dog.check()
    assert [(line["event"], line["source"]) for line in journal.lines] == [
        ("watchdog.late", "frame"),
        ("watchdog.recovered", "frame"),
    ]


async def test_the_watchdog_looks_again_and_again():
    class Counting(Manager):
        def alive(self) -> None:
            super().alive()
            if self.lives == 3:
                enough.set()

    enough = asyncio.Event()
    task = asyncio.create_task(Watchdog({"engine": 60}, Counting()).run(0.001))
    await asyncio.wait_for(enough.wait(), 10)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def test_the_interval_is_a_third_of_what_systemd_waits():
    assert watchdog_interval({"WATCHDOG_USEC": "30000000"}) == 10
    assert watchdog_interval({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}) == UNWATCHED_INTERVAL
    assert watchdog_interval({}) == UNWATCHED_INTERVAL


def test_systemd_hears_every_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        manager = Systemd()
        manager.ready()
        manager.alive()
        manager.status("serving, link alive")
        manager.stopping()
        heard = [systemd.recv(200).decode().strip() for _ in range(4)]
    assert heard == ["READY=1", "WATCHDOG=1", "STATUS=serving, link alive", "STOPPING=1"]


def test_without_systemd_nothing_is_said_and_nothing_imported():
    code = """
        import sys
        from kiosk.monitor.watchdog import Systemd
        Systemd().ready()
        print("cysystemd" in sys.modules)
    """
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, check=True, text=True, env={}
    )
    assert ended.stdout == "False\n"


# The status

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
JAMMED = Health(
    Fitness.NEEDS_PERSON, "printer.media-jam", "side-door", supplies=(Supply("toner-black", 9), Supply("x", None))
)


def kiosk_status() -> Status:
    return Status(
        process="kiosk",
        at=AT,
        started=AT - timedelta(hours=1),
        version="1.2.3",
        devices={"printer": DeviceStatus.of(JAMMED), "panel": DeviceStatus.of(Health(Fitness.READY))},
        visit_open=True,
        open_charges=1,
        unknown_charges=3,
        unknown_postings=2,
        refused_postings=0,
    )


def test_the_status_is_read_back_as_it_was_written(tmp_path: Path):
    link = Status(process="kiosk-link", at=AT, started=AT, link="night-audit", queue_length=4)
    write(kiosk_status(), tmp_path / "status")
    write(link, tmp_path / "status")
    write(link, tmp_path / "status")
    assert read(tmp_path / "status") == (kiosk_status(), link)
    assert sorted(file.name for file in (tmp_path / "status").iterdir()) == [
        "kiosk-link.json",
        "kiosk-link.prom",
        "kiosk.json",
        "kiosk.prom",
    ]


def test_a_collector_of_another_user_may_read_it(tmp_path: Path):
    code = f"""
        import os
        from pathlib import Path
        from kiosk.monitor.status import Status, now, write
        os.umask(0o077)
        write(Status(process="kiosk", at=now(), started=now()), Path({str(tmp_path)!r}))
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=True)
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o644}


def test_a_reader_never_sees_half_a_status(tmp_path: Path):
    status = kiosk_status()
    write(status, tmp_path)
    stop = threading.Event()

    def keep_writing() -> None:
        while not stop.is_set():
            write(status, tmp_path)

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        assert all(read(tmp_path) == (status,) for _ in range(300))
    finally:
        stop.set()
        writer.join()


def test_the_status_of_a_dead_process_is_stale():
    status = kiosk_status()
    assert not status.stale(AT + STALE_AFTER)
    assert status.stale(AT + STALE_AFTER + timedelta(seconds=1))


def test_the_metrics_have_their_documented_names():
    text = "".join(metrics(kiosk_status()))
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert samples == [
        'kiosk_build_info{process="kiosk",version="1.2.3"} 1',
        f'kiosk_start_time_seconds{{process="kiosk"}} {(AT - timedelta(hours=1)).timestamp()}',
        f'kiosk_status_time_seconds{{process="kiosk"}} {AT.timestamp()}',
        'kiosk_device_ready{device="printer"} 0',
        'kiosk_device_ready{device="panel"} 1',
        'kiosk_device_fitness{device="printer",fitness="needs-person"} 1',
        'kiosk_device_fitness{device="panel",fitness="ready"} 1',
        'kiosk_supply_percent{device="printer",supply="toner-black"} 9',
        "kiosk_visit_open 1",
        "kiosk_charges_open 1",
        "kiosk_charges_unknown 3",
        "kiosk_postings_unknown 2",
        "kiosk_postings_refused 0",
    ]
    documented = (Path(__file__).parents[2] / "docs" / "logs.md").read_text(encoding="utf-8")
    link = "".join(metrics(Status(process="kiosk-link", at=AT, started=AT, link="alive", queue_length=0)))
    names = {line.split("{")[0].split()[0] for line in (text + link).splitlines() if not line.startswith("#")}
    assert [name for name in sorted(names) if f"`{name}`" not in documented] == []


def test_a_label_cannot_break_the_format():
    odd = Status(process='a"b\\c\nd', at=AT, started=AT, version="1")
    assert 'process="a\\"b\\\\c\\nd"' in next(line for line in metrics(odd) if not line.startswith("#"))


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="status"):
        write(kiosk_status(), tmp_path / "file" / "status")
