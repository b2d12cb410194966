"""One SQLite file shared by the kiosk's processes: opened, migrated, written in whole transactions, refused by name."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

import structlog
from asyncinotify import Inotify, Mask

from kiosk.store.statement import Row, Transaction

P = ParamSpec("P")
T = TypeVar("T")
Clock = Callable[[], datetime]

BUSY_SECONDS = 5.0
SELDOM = 1.0
"""Seconds until a commit is noticed for which nobody rang: of a foreign program, or of a process that died in between.
"""
OFTEN = 0.05
"""Seconds until any commit is noticed where the kernel tells of none."""

log = structlog.get_logger()


class StoreError(Exception):
    """The store refused; nothing of the transaction was written. ``key`` is a message key with ``values``."""

    key = "store.failed"

    def __init__(self, **values: str | int) -> None:
        super().__init__(self.key, values)
        self.values = values


class StoreFull(StoreError):
    key = "store.full"


class StoreReadOnly(StoreError):
    key = "store.read-only"


class StoreBusy(StoreError):
    """Another process kept the file locked for longer than five seconds."""

    key = "store.busy"


class StoreDamaged(StoreError):
    key = "store.damaged"


class StoreForeign(StoreError):
    """The file is a database, but not one of this kind."""

    key = "store.foreign"


class StoreNewer(StoreError):
    """The file was written by a newer version of the kiosk; ``found`` and ``known`` schema versions in values."""

    key = "store.newer"


_BY_CODE: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_READONLY: StoreReadOnly,
    sqlite3.SQLITE_CANTOPEN: StoreReadOnly,
    sqlite3.SQLITE_PERM: StoreReadOnly,
    sqlite3.SQLITE_BUSY: StoreBusy,
    sqlite3.SQLITE_LOCKED: StoreBusy,
    sqlite3.SQLITE_CORRUPT: StoreDamaged,
    sqlite3.SQLITE_NOTADB: StoreDamaged,
}
# secure_delete: what is forgotten is overwritten in the file, not just unlinked from it; ``cut_log`` does the rest.
_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON")
_PRIMARY = 0xFF  # the low byte of an extended result code, https://sqlite.org/rescode.html


@dataclass(frozen=True)
class Schema:
    """A kind of database: its ``application_id`` in the file header and its migrations, oldest first.

    ``migrations[n]`` is SQL that takes the file from PRAGMA user_version n to n + 1.
    """

    name: str
    application_id: int
    migrations: tuple[str, ...]


def utc_now() -> datetime:
    return datetime.now(UTC)


def instant(moment: datetime) -> int:
    """Milliseconds since 1970 UTC, as times are stored. They inform; order always comes from integer keys."""
    return int(moment.timestamp() * 1000)


class Database:
    """One open file. Its calls block: use them from one thread, or from coroutines through ``run``.

    Raises StoreForeign, StoreNewer, StoreReadOnly, StoreFull, StoreBusy or StoreDamaged when it cannot be opened.
    """

    def __init__(
        self, path: Path, schema: Schema, *, clock: Clock = utc_now, busy_seconds: float = BUSY_SECONDS
    ) -> None:
        self.path = path
        self.clock = clock
        self._log = path.with_name(f"{path.name}-wal")
        self._busy_seconds = busy_seconds
        self._lock = threading.RLock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix=f"store-{schema.name}")
        with self._errors():
            self._connection = self._open()
            try:
                self._migrate(schema)
            except BaseException:
                self._connection.close()
                raise

    def now(self) -> int:
        """The injected clock in milliseconds since 1970 UTC."""
        return instant(self.clock())

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Everything inside is written and synced together, or nothing is. Raises StoreError; not to be nested."""
        with self._lock, self._errors():
            written = self._connection.total_changes
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield Transaction(self._connection)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            if self._connection.total_changes != written:
                self._ring()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """One consistent view of the file, without holding up the writers."""
        with self._lock, self._errors():
            self._connection.execute("BEGIN")
            try:
                yield Transaction(self._connection)
            finally:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """``work`` on the database's own thread, in order of the calls.

        Once called it is done to its end even when the caller is cancelled: money is not left between two chairs.
        """
        loop = asyncio.get_running_loop()
        return await asyncio.shield(loop.run_in_executor(self._worker, partial(work, *args, **kwargs)))

    def cut_log(self) -> None:
        """Take what the write-ahead log holds into the file and cut the log to nothing.

        Until then the log still shows what has been overwritten in the file. Costs nothing when nothing was written
        since; does what it can, without waiting, while another process reads or writes. Raises StoreError.
        """
        if not (self._log.exists() and self._log.stat().st_size):
            return
        with self._lock, self._errors():
            self._connection.execute("PRAGMA busy_timeout = 0")
            try:
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            finally:
                self._connection.execute(f"PRAGMA busy_timeout = {int(self._busy_seconds * 1000)}")

    def changes(self) -> Changes:
        """A cheap way to notice commits of any process."""
        return Changes(self.path)

    def close(self) -> None:
        """Finish what ``run`` was given, then close the file."""
        self._worker.shutdown(wait=True)
        self._connection.close()

    def trace(self, listener: Callable[[str], object] | None) -> None:
        """Tell ``listener`` the SQL of each statement just before it runs: for fault tests and slow-statement hunts."""
        self._connection.set_trace_callback(listener)

    def _ring(self) -> None:
        """Tell all ``Changes`` of a commit: the log is opened and closed, by which nothing is written.

        That SQLite writes to it would tell them nothing: it does, some milliseconds before the commit can be seen.
        Unlike the database itself, the log bears no locks that closing it would let go.
        """
        with suppress(OSError):  # what is committed stays so; without a bell they look after a while
            os.close(os.open(self._log, os.O_RDONLY))

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=self._busy_seconds, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        connection.row_factory = Row
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        return connection

    def _migrate(self, schema: Schema) -> None:
        connection = self._connection
        known = len(schema.migrations)
        connection.execute("BEGIN IMMEDIATE")
        try:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if application != schema.application_id and tables:
                raise StoreForeign(path=str(self.path), wanted=schema.name)
            if found > known:
                raise StoreNewer(path=str(self.path), found=found, known=known)
            for sql in schema.migrations[found:]:
                for statement in _statements(sql):
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {schema.application_id}")
            connection.execute(f"PRAGMA user_version = {known}")
            connection.execute("COMMIT")
        finally:
            if connection.in_transaction:
                connection.execute("ROLLBACK")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as fault:
            raise self._named(fault) from fault
        except sqlite3.DatabaseError as fault:
            if type(fault) is not sqlite3.DatabaseError:  # a broken constraint is a programming error, not the disk's
                raise
            raise self._named(fault) from fault

    def _named(self, fault: sqlite3.Error) -> StoreError:
        code = getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        kind = _BY_CODE.get(code & _PRIMARY, StoreError)
        return kind(path=str(self.path), detail=str(fault))


class Changes:
    """Notices that some connection committed since the last look; its own connection, a few microseconds a look.

    One coroutine waits at a time. It is woken when ``Database`` has closed the log after a commit (inotify), and looks
    now and then in any case.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._bell = _bell(path.parent)
        self._look = SELDOM if self._bell else OFTEN
        self._seen = self._version()

    def any(self) -> bool:
        """Whether anything was committed since the last call."""
        version = self._version()
        changed = version != self._seen
        self._seen = version
        return changed

    async def wait(self, seconds: float) -> bool:
        """Until something is committed (True) or ``seconds`` have passed (False)."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not self.any():
            left = deadline - loop.time()
            if left <= 0:
                return False
            await self._rung(min(self._look, left))
        return True

    def close(self) -> None:
        if self._bell is not None:
            self._bell.close()
        self._connection.close()

    async def _rung(self, seconds: float) -> None:
        """Until it is worth looking, at most ``seconds``."""
        if self._bell is None:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._bell.get()

    def _version(self) -> int:
        (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        return int(version)


def _bell(folder: Path) -> Inotify | None:
    """Tells what was read and closed in ``folder``, where a log comes and goes; None where the kernel has no more."""
    try:
        bell = Inotify()
        os.set_blocking(bell.fd, False)  # as asyncinotify means it to be: it takes O_CLOEXEC for O_NONBLOCK
        bell.add_watch(folder, Mask.CLOSE_NOWRITE)
    except OSError as fault:
        log.warning("store.unwatched", reason=fault.strerror)
        return None
    return bell


def _statements(script: str) -> Iterator[str]:
    """The single statements of ``script``; executescript would commit between them."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
