"""The station's configuration: the packaged defaults, overlaid by the house's own file; and the tariff it names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec

from kiosk.books.tariff import Tariff, TariffError, TariffSection
from kiosk.config.settings import Settings
from kiosk.config.typed import ConfigError, Table, read_toml, struct_of, typed

__all__ = ["DEFAULTS", "ConfigError", "load", "load_tariff"]

DEFAULTS = Path(__file__).with_name("defaults") / "kiosk.toml"


def load(path: Path | None) -> Settings:
    """Defaults overlaid by ``path`` (None: defaults alone). Raises ConfigError naming file, key and reason.

    A table of the file replaces single keys; a list or a record of ``hotel.fields`` is replaced whole.
    """
    table = _anchored(read_toml(DEFAULTS), Settings, DEFAULTS.parent)
    if path is None:
        return typed(table, Settings, DEFAULTS)
    own = _anchored(read_toml(path), Settings, path.parent.absolute())
    return typed(_overlaid(table, own), Settings, path)


def load_tariff(path: Path) -> Tariff:
    """The price list, checked. Raises ConfigError naming file, key and reason."""
    table = read_toml(path)
    section = table.pop("tariff", None)
    if table:
        raise ConfigError(path, next(iter(table)), "unknown key; the price list is one table, [tariff]")
    if not isinstance(section, dict):
        raise ConfigError(path, "tariff", "missing: the table [tariff]")
    try:
        return Tariff.of(typed(section, TariffSection, path, under="tariff"))
    except TariffError as fault:
        key, _, reason = str(fault).partition(": ")
        raise ConfigError(path, key, reason) from fault


def _overlaid(under: Table, over: Mapping[str, object]) -> Table:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        merged[key] = _overlaid(below, value) if isinstance(below, dict) and isinstance(value, Mapping) else value
    return merged


def _anchored(table: Table, struct: type[msgspec.Struct], folder: Path) -> Table:
    """``table`` with every relative file name of it made absolute, as seen from ``folder``."""
    types = get_type_hints(struct)
    anchored = dict(table)
    for key, value in table.items():
        kind = types.get(key)
        if isinstance(value, dict) and (inner := struct_of(kind)):
            anchored[key] = _anchored(value, inner, folder)
        elif isinstance(value, str) and value and Path in (kind, *get_args(kind)):
            anchored[key] = str(folder / value)
    return anchored
