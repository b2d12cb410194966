"""Telling staff from inside the books: a request leaves by the outbox and is filed in the register by another hand.

Books and register share no transaction; the outbox between them makes that one file can be away while the other works.
"""

from __future__ import annotations

import msgspec

from kiosk.outbox import enqueue, is_known
from kiosk.store.statement import Transaction

REGISTER = "register"
REQUEST = "request"
WITHDRAW = "withdraw"
"""The request with the key ``Withdrawal.source`` needs nobody any more."""


class DeskRequest(msgspec.Struct, frozen=True):
    """A request for a person: ``details_key`` is a message key with ``values``. No personal data."""

    kind: str
    details_key: str
    values: dict[str, str | int]
    visit: str = ""


class Withdrawal(msgspec.Struct, frozen=True):
    source: str


def ask_staff(tx: Transaction, key: str, request: DeskRequest, now: int) -> None:
    """``key`` makes it unique: the same trouble is told once."""
    enqueue(tx, REGISTER, REQUEST, key, msgspec.json.encode(request).decode(), now)


def cleared_up(tx: Transaction, key: str, now: int) -> None:
    """What staff were asked under ``key`` has found its answer; nothing when they were not asked."""
    withdrawal = f"{key}:withdrawn"
    if is_known(tx, REGISTER, key) and not is_known(tx, REGISTER, withdrawal):
        enqueue(tx, REGISTER, WITHDRAW, withdrawal, msgspec.json.encode(Withdrawal(key)).decode(), now)
