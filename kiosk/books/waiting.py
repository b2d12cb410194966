"""Postings that could not be sent for hours: nothing is wrong with them, yet somebody should know."""

from __future__ import annotations

from sqlalchemy import bindparam, exists, literal, select

from kiosk.books.desk import REGISTER
from kiosk.books.postings import WAITING, ask_while_waiting
from kiosk.outbox import DeliveryState, Outbox
from kiosk.store.statement import Statement, constant
from kiosk.store.tables import outbox

_asked = outbox.alias()
_WAITING = Statement(
    select(outbox.c.key)
    .where(
        outbox.c.destination == bindparam("destination"),
        outbox.c.state == constant(DeliveryState.QUEUED),
        outbox.c.created_at <= bindparam("before"),
        ~exists(
            select(literal(1)).where(_asked.c.destination == REGISTER, _asked.c.key == outbox.c.key + f":{WAITING}")
        ),
    )
    .order_by(outbox.c.seq)
)


def tell_waiting(postings: Outbox, seconds: float) -> list[str]:
    """Ask staff about each posting that has been queued for ``seconds`` since it was sold; once. Returns their keys."""
    now = postings.db.now()
    with postings.db.reading() as tx:
        rows = tx.rows(_WAITING, destination=postings.destination, before=now - int(seconds * 1000))
        keys = [row["key"] for row in rows]
    for key in keys:
        with postings.db.transaction() as tx:
            ask_while_waiting(tx, postings, key)
    return keys
