"""TOML to typed structs, with mistakes that name file, key and reason."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta

Table = dict[str, Any]
T = TypeVar("T", bound=msgspec.Struct)
Word = Annotated[str, Meta(min_length=1, max_length=200)]
Port = Annotated[int, Meta(ge=1, le=65535)]


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the file: immutable, complete, and without keys nobody reads."""


# How msgspec ends a message: "... - at `$.panel.busy`", "... - at `key` in `$.hotel.fields`"
_MESSAGE = re.compile(r"(?P<reason>.*?)(?: - at (?:`key` in )?`\$(?P<place>[^`]*)`)?", re.DOTALL)


class FieldError(ValueError):
    """Raised by a struct's own check: ``key`` is at fault, "" when it is the struct as a whole."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(key, reason)
        self.key = key
        self.reason = reason


class ConfigError(Exception):
    """A configuration that can't be used. ``key`` is the dotted key, "" when the file as a whole is at fault."""

    def __init__(self, file: Path, key: str, reason: str) -> None:
        super().__init__(f"{file}: {key}: {reason}" if key else f"{file}: {reason}")
        self.file = file
        self.key = key
        self.reason = reason


def read_toml(file: Path) -> Table:
    """The file as nested tables. Raises ConfigError when it is missing, unreadable, or not TOML."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as fault:
        raise ConfigError(file, "", f"not valid TOML: {fault}") from fault
    except UnicodeDecodeError as fault:
        raise ConfigError(file, "", f"not UTF-8 at byte {fault.start}") from fault
    except OSError as fault:
        raise ConfigError(file, "", fault.strerror or type(fault).__name__) from fault


def typed(table: Mapping[str, object], wanted: type[T], file: Path, under: str = "") -> T:
    """``table``, written at the key ``under`` of ``file``, as ``wanted``. Raises ConfigError."""
    for key, known in unknown_keys(table, wanted):
        raise ConfigError(file, _dotted(under, key), f"unknown key{_nearest(key, known)}")
    try:
        return msgspec.convert(table, wanted, dec_hook=_path)
    except msgspec.ValidationError as fault:
        key, reason = _explained(fault, wanted)
        raise ConfigError(file, _dotted(under, key), reason) from fault


def unknown_keys(table: Mapping[str, object], struct: type[msgspec.Struct]) -> Iterator[tuple[str, list[str]]]:
    """Each key, dotted, that ``struct`` has no field for, with the names it might have meant."""
    types = get_type_hints(struct)
    for name, value in table.items():
        if name not in struct.__struct_fields__:
            yield name, list(struct.__struct_fields__)
        elif isinstance(value, Mapping) and (inner := struct_of(types[name])):
            for key, known in unknown_keys(value, inner):
                yield f"{name}.{key}", known
        elif (
            isinstance(value, list)
            and get_origin(types[name]) is tuple
            and (inner := struct_of(get_args(types[name])[0]))
        ):
            rows = ((number, row) for number, row in enumerate(value) if isinstance(row, Mapping))
            for number, row in rows:
                for key, known in unknown_keys(row, inner):
                    yield f"{name}[{number}].{key}", known


def struct_of(kind: object) -> type[msgspec.Struct] | None:
    """The struct that a field's type is, or may be; None where it is none."""
    kinds = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    return next((each for each in kinds if isinstance(each, type) and issubclass(each, msgspec.Struct)), None)


def _path(wanted: type, value: object) -> object:
    if wanted is not Path:
        raise NotImplementedError(wanted)
    if not isinstance(value, str) or not value:
        raise ValueError("Expected a path")
    return Path(value)


def _explained(fault: msgspec.ValidationError, struct: type[msgspec.Struct]) -> tuple[str, str]:
    """The dotted key that ``fault`` complains of, and the reason with what would be accepted."""
    message = _MESSAGE.fullmatch(str(fault))
    assert message is not None
    key = (message["place"] or "").lstrip(".").partition("[...]")[0]
    if isinstance(fault.__cause__, FieldError):
        return _dotted(key, fault.__cause__.key), fault.__cause__.reason
    reason = message["reason"].replace("`", "").replace("Object missing required field", "missing:")
    wanted = _accepted(struct, key)
    return key, f"{reason}; wanted: {wanted}" if wanted else reason


def _accepted(struct: type[msgspec.Struct], key: str) -> str:
    """In words what the field at ``key`` takes, "" where its type says enough."""
    kind: Any = struct
    for name in key.split("."):
        inner = struct_of(kind)
        kind = get_type_hints(inner, include_extras=True).get(name) if inner else None
    if get_origin(kind) is Literal:
        return ", ".join(str(value) for value in get_args(kind))
    notes = [note.description for note in getattr(kind, "__metadata__", ()) if isinstance(note, msgspec.Meta)]
    return notes[0] or "" if notes else ""


def _dotted(under: str, key: str) -> str:
    return f"{under}.{key}" if under and key else under or key


def _nearest(key: str, known: list[str]) -> str:
    name = key.rpartition(".")[2]
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else f"; known here: {', '.join(known)}"
