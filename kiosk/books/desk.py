"""Telling staff from inside the books: a request leaves by the outbox and is filed in the register by another hand.

Books and register share no transaction; the outbox between them makes that one file can be away while the other works.
"""

from __future__ import annotations

import msgspec

from kiosk.outbox import enqueue
from kiosk.store.statement import Transaction

REGISTER = "register"


class DeskRequest(msgspec.Struct, frozen=True):
    """A request for a person: ``details_key`` is a message key with ``values``. No personal data."""

    kind: str
    details_key: str
    values: dict[str, str | int]
    visit: str = ""


def ask_staff(tx: Transaction, key: str, request: DeskRequest, now: int) -> None:
    """``key`` makes it unique: the same trouble is told once."""
    enqueue(tx, REGISTER, "request", key, msgspec.json.encode(request).decode(), now)
