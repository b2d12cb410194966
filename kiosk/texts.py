"""The words for message keys: one gettext domain, one catalogue a language. Language belongs to the visit.

The core, the drivers and the screens name messages by key ("copy.choose.title") with values; this module words them
for whoever shows them. ``python -m kiosk.texts compile`` makes the .mo files, ``check`` finds keys that are missing,
stale or differ in their placeholders, and ``extract`` rewrites messages.pot and the catalogues' order.
"""

from __future__ import annotations

import gettext
import string
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path

from kiosk.wording import full_date, moment_dated

LOCALE = Path(__file__).with_name("locale")
DOMAIN = "kiosk"
LANGUAGES = ("zh_CN", "en")

WORDED_VALUES = frozenset({"media", "sides", "colour"})
"""Names of values that are words themselves: the value ``v`` of the name ``n`` is worded by the message "n.v"."""

DATED_VALUES: Mapping[str, Callable[[str, Texts], str]] = {
    "day": lambda value, t: full_date(date.fromisoformat(value), t),
    "at": lambda value, t: moment_dated(datetime.fromisoformat(value), t),
    "until": lambda value, t: moment_dated(datetime.fromisoformat(value), t),
}
"""Names of values that are days or local times in ISO 8601, and how they are worded."""

Value = str | int
Values = Mapping[str, Value] | Iterable[tuple[str, Value]]


class Texts:
    """The messages of one language."""

    def __init__(self, language: str) -> None:
        """Raises FileNotFoundError when the catalogue is not compiled and cannot be compiled here."""
        self.language = language
        compiled = LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
        if _stale(compiled):
            compile_catalogues()
        with compiled.open("rb") as catalogue:
            self._catalogue = gettext.GNUTranslations(catalogue)

    def __call__(self, key: str, **values: Value) -> str:
        """The sentence for ``key`` with ``values`` in their places. An unknown key is shown as it is."""
        return self._catalogue.gettext(key).format_map(values)

    def say(self, key: str, values: Values = ()) -> str:
        """Like calling, for values that come as data; those of WORDED_VALUES and DATED_VALUES are worded too."""
        return self(key, **{name: self._word(name, value) for name, value in dict(values).items()})

    def knows(self, key: str) -> bool:
        return self._catalogue.gettext(key) != key

    def _word(self, name: str, value: Value) -> Value:
        if name in DATED_VALUES:
            return DATED_VALUES[name](str(value), self)
        key = f"{name}.{value}"
        return self(key) if name in WORDED_VALUES and self.knows(key) else value


@cache
def texts(language: str) -> Texts:
    """The messages of ``language``, loaded once."""
    return Texts(language)


def placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


def source_of(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def _stale(compiled: Path) -> bool:
    source = compiled.with_suffix(".po")
    if not compiled.exists():
        return True
    return source.exists() and source.stat().st_mtime > compiled.stat().st_mtime


def compile_catalogues() -> None:
    """Make the .mo files that are missing or older than their source; whoever reads one never sees half of it."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for language in LANGUAGES:
        source = source_of(language)
        target = source.with_suffix(".mo")
        if not _stale(target):
            continue
        with source.open("rb") as text:
            catalogue = read_po(text, locale=language, domain=DOMAIN)
        fresh = target.with_name(f".{target.name}.{id(catalogue):x}")
        with fresh.open("wb") as out:
            write_mo(out, catalogue)
        fresh.replace(target)


def main(arguments: list[str]) -> int:
    from kiosk import texts_check

    commands = {"compile": compile_catalogues, "extract": texts_check.extract}
    command = arguments[0] if len(arguments) == 1 else ""
    if command in commands:
        commands[command]()
        return 0
    if command != "check":
        sys.stderr.write("usage: python -m kiosk.texts compile | check | extract\n")
        return 2
    faults = texts_check.check()
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
