"""The service log: one JSON object a line on stdout, for the journal. Personal data can't get out by accident.

Import this module before anything that imports structlog: it keeps structlog's start short. Events are dotted names
("charge.settled"), never sentences; ids of visit, charge and device are bound with
``structlog.contextvars.bound_contextvars``. Names of events and fields are in docs/logs.md.
"""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import types
from collections.abc import Mapping, MutableMapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from traceback import walk_tb
from typing import Any, BinaryIO

import msgspec

# structlog imports rich, where it is installed, for a coloured console that a service never shows: 50 ms of 65.
_hidden = "rich" not in sys.modules
if _hidden:
    sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402

if _hidden:
    del sys.modules["rich"]

Event = MutableMapping[str, Any]

MASK = "***"
LONGEST_TEXT = 200
DEEPEST_FRAMES = 12

# A field is masked when any part of its name, split at "_", is one of these.
PRIVATE = frozenset(
    {
        "account",
        "address",
        "card",
        "cardnumber",
        "content",
        "document",
        "email",
        "filename",
        "folio",
        "guest",
        "guests",
        "iban",
        "lastname",
        "mail",
        "message",
        "name",
        "names",
        "pan",
        "passport",
        "password",
        "phone",
        "pin",
        "qr",
        "query",
        "record",
        "room",
        "rooms",
        "secret",
        "signature",
        "strokes",
        "surname",
        "text",
        "title",
        "token",
        "track",
        "uid",
        "url",
        "user",
        "value",
        "values",
    }
)

_EVENT_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)+")
_BANK_NUMBER = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")
_ROOT = Path(__file__).parents[2]
# Libraries whose messages tell of themselves; of the others only the place in the code is logged.
_OUTSPOKEN = frozenset({"kivy", "asyncio", "hardware"})


def start(process: str, stream: BinaryIO | None = None) -> None:
    """Route structlog, stdlib logging, Kivy's logger, warnings and uncaught exceptions of this process to ``stream``.

    ``process`` ("kiosk", "kiosk-link") stands in every line. ``stream`` is stdout unless given. Call before Kivy is
    imported.
    """
    sink = _Sink(stream or sys.stdout.buffer)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _Stamp(process),
            _named,
            fault_without_values,
            private,
            _rendered,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: sink,
        cache_logger_on_first_use=False,
    )
    os.environ["KIVY_LOG_MODE"] = "PYTHON"
    logging.basicConfig(handlers=[_Foreign(logging.WARNING)], level=logging.WARNING, force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)
    sys.unraisablehook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


class _Sink:
    """Writes whole lines. A log that can't be written must not stop the work it tells of."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def msg(self, line: bytes) -> None:
        with self._lock, suppress(OSError):
            self._stream.write(line)
            self._stream.flush()

    debug = info = warning = error = critical = exception = msg


class _Stamp:
    def __init__(self, process: str) -> None:
        self._process = process

    def __call__(self, _: object, level: str, event: Event) -> Event:
        ts = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        level = "error" if level == "exception" else level
        own = {"ts": ts, "level": level, "event": event.get("event", ""), "process": self._process}
        return {**own, **event, **own}


def _named(_: object, _level: str, event: Event) -> Event:
    """A sentence may hold anything, so what is not a dotted name is not logged; its place in the code is."""
    if not isinstance(event["event"], str) or not _EVENT_NAME.fullmatch(event["event"]):
        event["event"] = "log.unnamed"
    return event


def fault_without_values(_: object, _level: str, event: Event) -> Event:
    """Put the type and the way of an exception in place of its text, which may hold values."""
    fault = _exception(event.pop("exc_info", None))
    event.pop("stack_info", None)
    if fault is None:
        return event
    event["error"] = _type_name(type(fault))
    if isinstance(key := getattr(fault, "key", None), str) and _EVENT_NAME.fullmatch(key):
        event["error_key"] = key
    frames = [f"{_short(frame.f_code.co_filename)}:{line}" for frame, line in walk_tb(fault.__traceback__)]
    event["at"] = frames[-DEEPEST_FRAMES:]
    event["because"] = [_type_name(type(cause)) for cause in _causes(fault)]
    return event


def private(_: object, _level: str, event: Event) -> Event:
    """Mask what may belong to a guest: by the name of the field, by the look of a bank number, by its type."""
    return {name: _harmless(name, value) for name, value in event.items()}


def _harmless(name: str, value: object) -> object:
    if PRIVATE.intersection(name.casefold().split("_")):
        return MASK
    match value:
        case None | bool() | float():
            return value
        case int():
            return value if value.bit_length() < 64 else str(value)
        case str():
            writable = value[:LONGEST_TEXT].encode(errors="replace").decode()
            return _BANK_NUMBER.sub(_unless_luhn, writable)
        case Enum():
            return _harmless(name, value.value)
        case datetime() | date():
            return value.isoformat()
        case Path():
            return str(value)
        case Mapping():
            return {str(key): _harmless(str(key), inner) for key, inner in value.items()}
        case bytes() | bytearray() | memoryview():
            return MASK
        case Sequence() | set() | frozenset():
            return [_harmless(name, inner) for inner in value]
        case _:
            # The repr of an object shows what it holds.
            return f"<{_type_name(type(value))}>"


def _unless_luhn(match: re.Match[str]) -> str:
    digits = [int(character) for character in match[0] if character.isdigit()]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return MASK if (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0 else match[0]


def _rendered(_: object, _level: str, event: Event) -> bytes:
    return msgspec.json.encode(event) + b"\n"


class _Foreign(logging.Handler):
    """Lines of libraries: where they come from, and at most the first line of the template, without its values."""

    def emit(self, record: logging.LogRecord) -> None:
        said = str(record.msg).partition("\n")[0] if record.name.partition(".")[0] in _OUTSPOKEN else None
        place = f"{_short(record.pathname)}:{record.lineno}"
        log = structlog.get_logger()
        log.log(record.levelno, "log.foreign", logger=record.name, place=place, said=said, exc_info=record.exc_info)


def _uncaught(kind: type[BaseException], fault: BaseException | None, trace: types.TracebackType | None, /) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger().critical("process.uncaught", exc_info=fault.with_traceback(trace) if fault else None)


def _exception(exc_info: object) -> BaseException | None:
    match exc_info:
        case BaseException():
            return exc_info
        case (_, BaseException() as fault, _):
            return fault
        case None | False | (None, None, None):
            return None
        case _:
            return sys.exc_info()[1]


def _causes(fault: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    cause = fault.__cause__ or fault.__context__
    while cause is not None and cause not in chain:
        chain.append(cause)
        cause = cause.__cause__ or cause.__context__
    return chain


def _type_name(kind: type) -> str:
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _short(filename: str) -> str:
    with suppress(ValueError):
        return str(Path(filename).relative_to(_ROOT))
    return Path(filename).name
