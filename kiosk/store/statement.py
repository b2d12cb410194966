"""SQLAlchemy Core as the language of statements, compiled once at import, run by sqlite3 without a detour.

A settled charge is a dozen statements in one synced transaction; building them anew each time would cost more than
the disk does.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from enum import Enum

from sqlalchemy import ColumnElement, literal_column
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.sql import ClauseElement

Value = str | int | bytes | None
Row = sqlite3.Row

_DIALECT = pysqlite.dialect(paramstyle="named")


def constant(value: Enum) -> ColumnElement[str]:
    """The enum's text inside the SQL itself, where SQLite can match it with the condition of a partial index."""
    return literal_column(f"'{value.value}'")


class Statement:
    """``core`` with its constants bound; the remaining ``bindparam`` names are given at execution."""

    def __init__(self, core: ClauseElement) -> None:
        compiled = core.compile(dialect=_DIALECT)
        self.sql = str(compiled)
        self._constants = {name: value for name, value in compiled.params.items() if value is not None}

    def bind(self, values: dict[str, Value]) -> dict[str, Value]:
        return {**self._constants, **values} if self._constants else values


class Transaction:
    """What may be done between BEGIN IMMEDIATE and COMMIT. Valid only inside ``with database.transaction()``."""

    __slots__ = ("_connection",)

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def do(self, statement: Statement, **values: Value) -> int:
        """Execute; returns the number of rows changed."""
        return self._connection.execute(statement.sql, statement.bind(values)).rowcount

    def add(self, statement: Statement, **values: Value) -> int:
        """Insert; returns the row's integer key."""
        key = self._connection.execute(statement.sql, statement.bind(values)).lastrowid
        assert key is not None
        return key

    def add_all(self, statement: Statement, rows: Iterable[dict[str, Value]]) -> None:
        self._connection.executemany(statement.sql, map(statement.bind, rows))

    def one(self, statement: Statement, **values: Value) -> Row | None:
        """The first row, None when there is none."""
        row: Row | None = self._connection.execute(statement.sql, statement.bind(values)).fetchone()
        return row

    def rows(self, statement: Statement, **values: Value) -> Iterator[Row]:
        return self._connection.execute(statement.sql, statement.bind(values))

    def number(self, statement: Statement, **values: Value) -> int:
        """The first column of a row that always exists (count, sum, max)."""
        (value,) = self._connection.execute(statement.sql, statement.bind(values)).fetchone()
        return int(value)
