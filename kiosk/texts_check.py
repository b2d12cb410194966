"""Is every message that the sources name in every catalogue, and every message of a catalogue named by the sources?

A key is a string of dotted words whose first word begins some key of the catalogue. A key that is put together
(f"service.{name}.title") stands for all keys that fit. Names of log events and metrics are not keys.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.texts import DOMAIN, LANGUAGES, LOCALE, WORDED_VALUES, placeholders, source_of

ROOT = Path(__file__).parents[1]
SOURCES = ("kiosk", "hardware", "screens")
LEFT_OUT = ("hardware/virtual", "kiosk/texts.py", "kiosk/texts_check.py")

_KEY = re.compile(r"[a-z][a-z-]*(\.[a-z0-9][a-z0-9_-]*)+")
_KV_STRING = re.compile(r"(f?)\"([^\"\n]*)\"|(f?)'([^'\n]*)'")
_HOLE = re.compile(r"\{[^{}]*\}")
_FILE = re.compile(r".*\.(py|kv|json|toml|png|jpg|jpeg|pdf|wav|svg|db|service|socket|sqlite|log|otf|ttf|ttc|mo|po|pot)")
_LOGGING = frozenset({"debug", "info", "warning", "error", "exception", "critical", "bind", "getLogger", "get_logger"})


@dataclass
class Named:
    """What the sources name: whole keys with where, and patterns of keys that are put together."""

    keys: dict[str, str] = field(default_factory=dict)
    patterns: dict[str, str] = field(default_factory=dict)

    def covers(self, key: str) -> bool:
        worded = key.partition(".")[0] in WORDED_VALUES
        return worded or key in self.keys or any(re.fullmatch(pattern, key) for pattern in self.patterns)


def named_in_sources(root: Path = ROOT) -> Named:
    named = Named()
    for path in sorted(_sources(root)):
        where = path.relative_to(root).as_posix()
        literals = _of_kv(path.read_text()) if path.suffix == ".kv" else _of_python(ast.parse(path.read_text()))
        for whole, text in literals:
            if whole and _KEY.fullmatch(text) and not _FILE.fullmatch(text):
                named.keys.setdefault(text, where)
            elif not whole and "." in text:
                named.patterns.setdefault(text, where)
    return named


def _sources(root: Path) -> Iterator[Path]:
    for folder in SOURCES:
        for path in (root / folder).rglob("*"):
            inside = path.relative_to(root).as_posix()
            if path.suffix in (".py", ".kv") and not inside.startswith(LEFT_OUT):
                yield path


def _of_python(tree: ast.AST) -> Iterator[tuple[bool, str]]:
    """(True, a literal) or (False, the pattern of an f-string), but for what goes to a log."""
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    inside_fstrings = {id(part) for node in joined for part in node.values if isinstance(part, ast.Constant)}
    logged = {id(node.args[0]) for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args and _logs(node)}
    for node in ast.walk(tree):
        if id(node) in logged:
            continue
        if isinstance(node, ast.JoinedStr):
            yield False, _pattern(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside_fstrings:
            yield True, node.value


def _logs(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in _LOGGING


def _pattern(text: ast.JoinedStr) -> str:
    parts = [re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"[a-z0-9_.-]+" for part in text.values]
    return "".join(parts) if re.match(r"[a-z][a-z.-]*\.", _literal_start(text)) else ""


def _literal_start(text: ast.JoinedStr) -> str:
    first = text.values[0] if text.values else None
    return str(first.value) if isinstance(first, ast.Constant) else ""


def _of_kv(source: str) -> Iterator[tuple[bool, str]]:
    for match in _KV_STRING.finditer(source):
        text = match[2] or match[4] or ""
        if match[1] or match[3]:
            yield False, "[a-z0-9_.-]+".join(re.escape(part) for part in _HOLE.split(text)) if "." in text else ""
        elif text.endswith((".", "-")):  # the rest of the key is added to it
            yield False, re.escape(text) + "[a-z0-9_.-]+"
        else:
            yield True, text


def catalogue(language: str) -> dict[str, str]:
    """Message by key."""
    from babel.messages.pofile import read_po

    with source_of(language).open("rb") as source:
        messages = read_po(source, locale=language, domain=DOMAIN)
    return {str(message.id): str(message.string) for message in messages if message.id}


def check(root: Path = ROOT) -> list[str]:
    """What is wrong, one sentence a fault; empty when the catalogues are complete."""
    named, spoken = named_in_sources(root), {language: catalogue(language) for language in LANGUAGES}
    everything = {key for messages in spoken.values() for key in messages}
    families = {key.split(".")[0] for key in everything}
    faults = [
        f"{where}: {key} is in no catalogue"
        for key, where in named.keys.items()
        if key.split(".")[0] in families and key not in everything
    ]
    for language, messages in spoken.items():
        faults += [f"{language}: {key} is missing" for key in sorted(everything - messages.keys())]
        faults += [f"{language}: {key} has no text" for key, text in messages.items() if not text.strip()]
    faults += [f"{key} is stale: nothing names it" for key in sorted(everything) if not named.covers(key)]
    faults += [
        f"{key}: the languages differ in their placeholders"
        for key in sorted(everything)
        if len({placeholders(messages[key]) for messages in spoken.values() if key in messages}) > 1
    ]
    return faults


def extract() -> None:
    """Write messages.pot from the sources and put the catalogues in order; texts that exist are kept."""
    from babel.messages.catalog import Catalog
    from babel.messages.pofile import write_po

    named, spoken = named_in_sources(), {language: catalogue(language) for language in LANGUAGES}
    everything = sorted({key for messages in spoken.values() for key in messages})
    template = Catalog(domain=DOMAIN, project=DOMAIN, charset="utf-8")
    for key in everything:
        template.add(key, locations=[(named.keys[key], 0)] if key in named.keys else [])
    _write(LOCALE / "messages.pot", template, write_po)
    for language, messages in spoken.items():
        fresh = Catalog(locale=language, domain=DOMAIN, project=DOMAIN, charset="utf-8")
        for key in everything:
            fresh.add(key, messages.get(key, ""))
        _write(source_of(language), fresh, write_po)


def _write(path: Path, content: object, write_po: object) -> None:
    with path.open("wb") as out:
        write_po(out, content, width=0, omit_header=False, include_lineno=False)  # type: ignore[operator]
