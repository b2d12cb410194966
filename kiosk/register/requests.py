"""The one queue of things a person has to do: opened by guests and by the books, closed by staff."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import msgspec
from sqlalchemy import bindparam, func, insert, null, select, update

from kiosk.books.desk import REGISTER, WITHDRAW, DeskRequest, Withdrawal
from kiosk.outbox import Outbox
from kiosk.store.database import Database
from kiosk.store.statement import Row, Statement, Transaction, constant
from kiosk.store.tables import requests

Values = Mapping[str, str | int]

PERSONAL = ("room", "reservation", "name", "text")
"""Values that are erased when the request is closed."""

CLEARED_UP = "cleared up"
"""Who closed a request that needed nobody any more."""


class RequestState(Enum):
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Request:
    """``number`` is told to the guest; ``details_key`` is a message key with ``values``; ``opened_at`` in ms UTC."""

    number: int
    kind: str
    place: str
    language: str
    visit: str
    details_key: str
    values: Values
    opened_at: int


_columns = ("source", "kind", "place", "language", "visit", "details_key", "details", "opened_at")
_ADD = Statement(
    insert(requests).values({name: bindparam(name) for name in _columns} | {"state": RequestState.OPEN.value})
)
_BY_SOURCE = Statement(select(requests).where(requests.c.source == bindparam("source")))
_OPEN = Statement(select(requests).where(requests.c.state == constant(RequestState.OPEN)).order_by(requests.c.number))
_closed = {
    "state": RequestState.CLOSED.value,
    "closed_at": bindparam("now"),
    "closed_by": bindparam("who"),
    # Whom it was about is nobody's business any more.
    "details": func.json_remove(requests.c.details, *(f"$.{name}" for name in PERSONAL)),
}
_CLOSE = Statement(
    update(requests)
    .where(requests.c.number == bindparam("of"), requests.c.state == constant(RequestState.OPEN))
    .values(_closed)
)
_WITHDRAW = Statement(
    update(requests)
    .where(requests.c.source == bindparam("of"), requests.c.state == constant(RequestState.OPEN))
    .values(_closed)
)
_REOPEN = Statement(
    update(requests)
    .where(requests.c.source == bindparam("of"))
    .values(
        state=RequestState.OPEN.value,
        details=bindparam("details"),
        opened_at=bindparam("now"),
        closed_at=null(),
        closed_by=null(),
    )
)
_AMEND = Statement(update(requests).where(requests.c.number == bindparam("of")).values(details=bindparam("details")))
_OPEN_OF_KIND = Statement(
    select(requests)
    .where(requests.c.kind == bindparam("of"), requests.c.state == constant(RequestState.OPEN))
    .order_by(requests.c.number)
)
_KINDS = Statement(select(requests.c.number, requests.c.kind).where(requests.c.state == constant(RequestState.OPEN)))


class NotOpen(LookupError):
    """No open request has this number."""


class Requests:
    """The queue in the register's own file. Raises StoreError."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def open(
        self,
        kind: str,
        place: str,
        language: str,
        visit: str,
        details_key: str,
        values: Values,
        *,
        source: str | None = None,
    ) -> int:
        """Returns the request's number. Opened again with the same ``source`` it is still the one request."""
        with self.db.transaction() as tx:
            return self.open_in(tx, kind, place, language, visit, details_key, values, source=source)

    def open_in(
        self,
        tx: Transaction,
        kind: str,
        place: str,
        language: str,
        visit: str,
        details_key: str,
        values: Values,
        *,
        source: str | None = None,
    ) -> int:
        """``open`` inside a transaction of the caller's."""
        known = tx.one(_BY_SOURCE, source=source) if source else None
        if known:
            return int(known["number"])
        return tx.add(
            _ADD,
            source=source,
            kind=kind,
            place=place,
            language=language,
            visit=visit,
            details_key=details_key,
            details=_encoded(values),
            opened_at=self.db.now(),
        )

    def withdraw_in(self, tx: Transaction, source: str, who: str) -> bool:
        """Nobody is needed for it any more. False: there is none, or somebody has closed it before."""
        return tx.do(_WITHDRAW, of=source, now=self.db.now(), who=who) > 0

    def reopen_in(self, tx: Transaction, source: str, values: Values) -> bool:
        """Somebody is needed after all, under the number it had; False: nothing was ever asked under ``source``."""
        return tx.do(_REOPEN, of=source, details=_encoded(values), now=self.db.now()) > 0

    def amend_in(self, tx: Transaction, number: int, values: Values) -> None:
        """What it is about has changed."""
        tx.do(_AMEND, of=number, details=_encoded(values))

    def close_in(self, tx: Transaction, number: int, who: str) -> bool:
        """False: it is not open. What was personal in it is erased."""
        return tx.do(_CLOSE, of=number, now=self.db.now(), who=who) > 0

    def open_of_kind_in(self, tx: Transaction, kind: str) -> list[Request]:
        """Oldest first."""
        return [_request(row) for row in tx.rows(_OPEN_OF_KIND, of=kind)]

    def closed_in(self, tx: Transaction, source: str) -> bool:
        """Whether somebody has seen to it; False also where it was never opened."""
        row = tx.one(_BY_SOURCE, source=source)
        return row is not None and row["state"] == RequestState.CLOSED.value

    def open_kinds(self) -> dict[int, str]:
        """Number and kind of every open request."""
        with self.db.reading() as tx:
            return {row["number"]: row["kind"] for row in tx.rows(_KINDS)}

    def withdraw(self, source: str) -> None:
        """What was asked under ``source`` was cleared up by something else; one that a person closed stays so."""
        with self.db.transaction() as tx:
            self.withdraw_in(tx, source, CLEARED_UP)

    def list_open(self) -> list[Request]:
        """Oldest first."""
        with self.db.reading() as tx:
            return [_request(row) for row in tx.rows(_OPEN)]

    def close(self, number: int, who: str) -> None:
        """What was personal in it is erased. Raises NotOpen."""
        with self.db.transaction() as tx:
            if not self.close_in(tx, number, who):
                raise NotOpen(number)


def desk_outbox(books: Database) -> Outbox:
    """What the books have to tell staff."""
    return Outbox(books, REGISTER)


def file_requests(outbox: Outbox, requests: Requests, place: str) -> list[int]:
    """Bring the books' requests into the register; returns their numbers. Safe to repeat: idempotent by key."""
    for interrupted in outbox.recover():
        outbox.again(interrupted, "filing is idempotent")
    filed: list[int] = []
    while delivery := outbox.next_due():
        outbox.begin(delivery)
        if delivery.kind == WITHDRAW:
            requests.withdraw(msgspec.json.decode(delivery.payload, type=Withdrawal).source)
            outbox.delivered(delivery, CLEARED_UP)
            continue
        request = msgspec.json.decode(delivery.payload, type=DeskRequest)
        number = requests.open(
            request.kind, place, "", request.visit, request.details_key, request.values, source=delivery.key
        )
        outbox.delivered(delivery, str(number))
        filed.append(number)
    return filed


def _encoded(values: Values) -> str:
    return msgspec.json.encode(dict(values)).decode()


def _request(row: Row) -> Request:
    return Request(
        row["number"],
        row["kind"],
        row["place"],
        row["language"],
        row["visit"],
        row["details_key"],
        msgspec.json.decode(row["details"], type=dict[str, str | int]),
        row["opened_at"],
    )
