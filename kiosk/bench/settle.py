"""Charges settled per second, against the same rows written by bare sqlite3 with the same durability."""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from hardware.protocols import PrintOptions
from kiosk.books.charge import ChargeId, Payer, Purpose, WorkState
from kiosk.books.ledger import Books
from kiosk.books.tariff import Tariff
from kiosk.config.load import DEFAULTS, load_tariff
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS

ROUNDS = 12
CHARGES = 20  # per round and side


def measure() -> dict[str, float]:
    """``settle_per_s`` and ``bare_sqlite_per_s``: the best of rounds that take turns on the same disk."""
    with tempfile.TemporaryDirectory() as folder:
        books = Books(Database(Path(folder) / "books.db", BOOKS))
        tariff = load_tariff(DEFAULTS.parent / "tariff.toml")
        bare = _Bare(Path(folder) / "bare.db", books)
        settled, written = [], []
        for number in range(ROUNDS):
            charges = [_signed(books, tariff, f"{number}-{charge}") for charge in range(CHARGES)]
            for charge in charges:
                books.deliver(charge, 1)
            todo = iter(charges)
            settled.append(_per_second(partial(_settle_next, books, todo)))
            bare.prepare(CHARGES)
            written.append(_per_second(bare.settle))
        bare.close()
        books.db.close()
    return {"settle_per_s": round(max(settled), 1), "bare_sqlite_per_s": round(max(written), 1)}


def _signed(books: Books, tariff: Tariff, name: str) -> ChargeId:
    """A charge of one sheet with an approved sample, signed."""
    charge = books.quote_charge(name, tariff.copy.quote(1, PrintOptions("iso_a4_210x297mm")))
    books.authorise(charge, Payer("0101", "77", "Guest, A"))
    books.begin_work(charge, f"{name}-sample", 1, Purpose.SAMPLE)
    books.record_work(f"{name}-sample", 1, WorkState.ENDED)
    books.approve(f"{name}-sample")
    books.sign(charge, "1 sheets, CNY 1.00", (((1, 2, 0), (3, 4, 16)),))
    return charge


def _settle_next(books: Books, todo: Iterator[ChargeId]) -> None:
    books.settle(next(todo))


def _per_second(once: Callable[[], object]) -> float:
    start = time.perf_counter()
    for _ in range(CHARGES):
        once()
    return CHARGES / (time.perf_counter() - start)


class _Bare:
    """The statements of one settlement as the books send them, replayed with ready-made values: no decisions."""

    def __init__(self, path: Path, books: Books) -> None:
        with sqlite3.connect(books.db.path) as source:
            schema = [sql for (sql,) in source.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
        source.close()
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        for sql in schema:
            if "sqlite_sequence" not in sql:
                self._connection.execute(sql)
        self._prepared = 0
        self._settled = 0

    def prepare(self, count: int) -> None:
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        for _ in range(count):
            self._prepared += 1
            charge = f"{self._prepared:026}"
            run(
                "INSERT INTO charges (id, visit, service, currency, state, quote, quoted_minor, delivered, total_minor,"
                " tax_minor, room, reservation, name, created_at, changed_at)"
                " VALUES (?, 'v', 'copy', 'CNY', 'delivered', ?, 100, 1, 100, 6, '0101', '77', 'Guest, A', 1, 1)",
                (charge, "q" * 250),
            )
            run("INSERT INTO signatures VALUES (?, ?, ?, ?, 1)", (charge, "1 sheets, CNY 1.00", "s" * 40, "h" * 64))
        run("COMMIT")

    def settle(self) -> None:
        self._settled += 1
        number, charge, digest = self._settled, f"{self._settled:026}", "h" * 64
        run = self._connection.execute
        run("BEGIN IMMEDIATE")
        run("SELECT * FROM charges LEFT JOIN signatures ON charge = id WHERE id = ?", (charge,)).fetchone()
        run("SELECT seq, hash FROM entries ORDER BY seq DESC LIMIT 1").fetchone()
        self._connection.executemany(
            "INSERT INTO lines VALUES (?, ?, ?, 'CNY', ?)",
            [(number, 0, "clearing:room", 100), (number, 1, "revenue:copy", -94), (number, 2, "tax:vat", -6)],
        )
        run("INSERT INTO entries VALUES (?, 1, 'charge', ?, ?, ?)", (number, charge, digest, digest))
        run("SELECT coalesce(max(number), 0) FROM vouchers").fetchone()
        run("INSERT INTO vouchers VALUES (?, ?, ?, 'CNY', 100, 6, ?, 1)", (number, charge, number, digest))
        run(
            "INSERT INTO outbox (destination, kind, key, payload, state, attempts, held_at, not_before, remark,"
            " created_at, changed_at) VALUES ('pms', 'posting', ?, ?, 'queued', 0, 0, 0, '', 1, 1)",
            (charge, "p" * 230),
        )
        run(
            "UPDATE charges SET state = 'settled', changed_at = 2, reason = NULL, room = NULL, reservation = NULL,"
            " name = NULL WHERE id = ?",
            (charge,),
        )
        run("COMMIT")

    def close(self) -> None:
        self._connection.close()
