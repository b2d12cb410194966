"""Messages for guests: those the hotel system keeps, told here for reading, and those that are left here for somebody.

A text is kept until it has been read, a message until its guest leaves or the hotel system takes it back; one that a
person is to hand over until its guest leaves, or for a week where nobody knows whose it is. Who leaves a message learns
nothing, not even from the numbers of requests, and neither does this module's caller: what becomes of it is decided in
the one transaction.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from uuid import uuid4

import structlog
from msgspec import structs
from sqlalchemy import bindparam, delete, or_, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from kiosk.hotel.errands import MessageLeft, MessageRead, MessagesAsked
from kiosk.hotel.news import MessageHere
from kiosk.hotel.protocol import Guest
from kiosk.outbox import DeliveryState
from kiosk.register.outgoing import Outgoing, Queued
from kiosk.register.requests import CLEARED_UP, Request, Requests
from kiosk.register.rules import Rules
from kiosk.store.database import instant
from kiosk.store.statement import Row, Statement, Transaction, constant
from kiosk.store.tables import messages

log = structlog.get_logger()

REQUEST = "message"
BY_NAME = "request.message-by-name"
TO_ROOM = "request.message-to-room"
KEPT = 7 * 24 * 3_600_000
"""Milliseconds that staff have to find out whose a message is."""
PAUSE = 60_000
"""Milliseconds between two messages that are left at this station."""
MOST = 5
"""Messages that may be left in one visit."""

OfAGuest = MessageLeft | MessageRead | MessagesAsked
OF_A_GUEST = (MessageLeft, MessageRead, MessagesAsked)
"""Errands that go to the guest's room, wherever that is by then, and end with the stay."""


class MessageState(Enum):
    WAITING = "waiting"
    READ = "read"
    """Its text is gone; the row keeps the hotel system from telling it as a new one."""


@dataclass(frozen=True)
class Message:
    """A message that waits for its guest; ``at`` in ms since 1970 UTC, None where the hotel system does not say."""

    number: int
    hotel_id: str
    text: str = field(repr=False)
    at: int | None


NOT_SAID = 0
"""In the place of the time of a message that has none."""

_whose = (messages.c.room == bindparam("in_room"), messages.c.reservation == bindparam("whose"))
_HERE = Statement(
    upsert(messages)
    .values(
        {name: bindparam(name) for name in ("room", "reservation", "hotel_id", "text", "at", "changed_at")}
        | {"state": MessageState.WAITING.value}
    )
    .on_conflict_do_update(
        index_elements=["room", "reservation", "hotel_id"],
        set_={"text": bindparam("text"), "at": bindparam("at"), "changed_at": bindparam("changed_at")},
        where=messages.c.state == constant(MessageState.WAITING),
    )
)
_GONE = Statement(delete(messages).where(*_whose, messages.c.hotel_id == bindparam("of")))
_WAITING = Statement(
    select(messages)
    .where(*_whose, messages.c.state == constant(MessageState.WAITING))
    .order_by(messages.c.at, messages.c.number)
)
# By the number of the stay alone, where there is one: the guest may have moved while reading.
_ONE = Statement(
    select(messages).where(
        messages.c.number == bindparam("of"),
        messages.c.state == constant(MessageState.WAITING),
        messages.c.reservation == bindparam("whose"),
        or_(messages.c.reservation != "", messages.c.room == bindparam("in_room")),
    )
)
_READ = Statement(
    update(messages)
    .where(messages.c.number == bindparam("of"))
    .values(state=MessageState.READ.value, text="", changed_at=bindparam("now"))
)
_CLEAR = Statement(delete(messages).where(*_whose))
# What was told for the new room already is the same message; that it was read here counts.
_MOVE = Statement(update(messages).prefix_with("OR REPLACE").where(*_whose).values(room=bindparam("to_room")))
_STAYS = Statement(select(messages.c.room, messages.c.reservation).distinct())


class Messages:
    """The messages in the register's file. Its calls block; raises StoreError.

    Those whose name ends in ``_in`` are part of a transaction of the caller's.
    """

    def __init__(self, requests: Requests, outgoing: Outgoing, rules: Rules) -> None:
        self.db = requests.db
        self._requests = requests
        self._outgoing = outgoing
        self._rules = rules
        self._left: deque[tuple[str, int]] = deque(maxlen=MOST)

    def ask(self, room: str, reservation: str) -> str | None:
        """Have the hotel system tell every message of the guest; the errand's key, None where it can't be asked: it
        keeps messages by the number of the stay.
        """
        if not (self._rules.mail and reservation):
            return None
        with self.db.transaction() as tx:
            return self._outgoing.send(tx, MessagesAsked(room, reservation))

    def answered(self, key: str) -> bool | None:
        """Whether the hotel system has told them all; None while that is still to be seen."""
        with self.db.reading() as tx:
            state = self._outgoing.state(tx, key)
        return None if state in (DeliveryState.QUEUED, DeliveryState.SENDING) else state is DeliveryState.DELIVERED

    def ask_no_more(self, key: str) -> None:
        """Nobody waits for the answer any longer."""
        with self.db.transaction() as tx:
            self._outgoing.recall(tx, key)

    def waiting(self, room: str, reservation: str) -> list[Message]:
        """Oldest first."""
        with self.db.reading() as tx:
            return [_message(row) for row in tx.rows(_WAITING, in_room=room, whose=reservation)]

    def read(self, room: str, reservation: str, number: int) -> None:
        """The guest is done with it: its text is erased and the hotel system told. Not another guest's, not twice."""
        with self.db.transaction() as tx:
            message = tx.one(_ONE, of=number, whose=reservation, in_room=room)
            if message is None:
                return
            tx.do(_READ, of=number, now=self.db.now())
            self._outgoing.send(tx, MessageRead(message["room"], reservation, message["hotel_id"]))
        log.info("message.read", number=number)

    def may_leave(self, visit: str) -> bool:
        """One a minute, and no more than MOST a visit."""
        if not self._left:
            return True
        _, last = self._left[-1]
        soon = 0 <= self.db.now() - last < PAUSE
        return not soon and [by for by, _ in self._left].count(visit) < MOST

    def leave(self, found: tuple[Guest, ...], name: str, text: str, visit: str, language: str) -> None:
        """For the one guest who was ``found`` by this ``name``; for nobody, or for several, a person finds out whose.

        Whichever it is, the caller is told the same, nothing, and one number of requests is taken.
        """
        key = f"message-left:{uuid4().hex}"
        with self.db.transaction() as tx:
            if self._rules.post and len(found) == 1 and (guest := found[0]).reservation:
                self._outgoing.send(tx, MessageLeft(guest.room, guest.reservation, text), key)
                self._requests.open_in(tx, REQUEST, self._rules.place, language, visit, TO_ROOM, {}, source=key)
                self._requests.withdraw_in(tx, key, CLEARED_UP)
            else:
                values = {"name": name, "text": text}
                self._requests.open_in(tx, REQUEST, self._rules.place, language, visit, BY_NAME, values, source=key)
        self._left.append((visit, self.db.now()))
        log.info("message.left", visit=visit)

    def hand_over_in(self, tx: Transaction, errand: MessageLeft, key: str) -> None:
        """The hotel system will not have it, or can't be reached: a person delivers it. ``key`` is the errand's."""
        values = {"room": errand.room, "reservation": errand.reservation, "text": errand.text}
        if not self._requests.reopen_in(tx, key, values):  # it was left before messages took a number
            self._requests.open_in(tx, REQUEST, self._rules.place, "", "", TO_ROOM, values, source=key)

    def forget_old(self) -> int:
        """End the search for whoever a message is for, where it has gone on for a week; how many."""
        with self.db.reading() as tx:
            old = [request.number for request in self._with_staff(tx, BY_NAME) if self._is_old(request)]
        if old:
            with self.db.transaction() as tx:
                for number in old:
                    self._requests.close_in(tx, number, CLEARED_UP)
            log.info("message.forgotten", count=len(old))
        return len(old)

    def hear_in(self, tx: Transaction, message: MessageHere) -> None:
        """Told once more it is the same one; what was read stays read."""
        tx.do(
            _HERE,
            room=message.room,
            reservation=message.reservation,
            hotel_id=message.id,
            text=message.text,
            at=self._instant(message.at),
            changed_at=self.db.now(),
        )

    def gone_in(self, tx: Transaction, room: str, reservation: str, hotel_id: str) -> None:
        """Read or deleted elsewhere."""
        tx.do(_GONE, in_room=room, whose=reservation, of=hotel_id)

    def clear_in(self, tx: Transaction, room: str, reservation: str) -> None:
        """The guest has left, or with ``reservation`` "" whoever was in the room without a number; nothing is left to
        deliver.
        """
        tx.do(_CLEAR, in_room=room, whose=reservation)
        for queued, _ in self._queued(tx, room, reservation):
            self._outgoing.withdraw(tx, queued.delivery)
        for request in self._with_staff(tx, TO_ROOM):
            if _stay(request) == (room, reservation):
                self._requests.close_in(tx, request.number, CLEARED_UP)

    def move_in(self, tx: Transaction, old_room: str, room: str, reservation: str) -> None:
        """What the guest has read stays read, and whatever is still to be delivered or told goes to the new room."""
        tx.do(_MOVE, in_room=old_room, whose=reservation, to_room=room)
        for queued, errand in self._queued(tx, old_room, reservation):
            self._outgoing.readdress(tx, queued.delivery, structs.replace(errand, room=room))
        for request in self._with_staff(tx, TO_ROOM):
            if _stay(request) == (old_room, reservation):
                self._requests.amend_in(tx, request.number, {**request.values, "room": room})

    def stays_in(self, tx: Transaction) -> set[tuple[str, str]]:
        """Room and reservation of everybody about whom something is kept, or to whom something is on its way."""
        kept = {(row["room"], row["reservation"]) for row in tx.rows(_STAYS)}
        errands = [queued.errand for queued in self._outgoing.queued(tx)]
        kept |= {(errand.room, errand.reservation) for errand in errands if isinstance(errand, OF_A_GUEST)}
        return kept | {_stay(request) for request in self._with_staff(tx, TO_ROOM)}

    def _queued(self, tx: Transaction, room: str, reservation: str) -> list[tuple[Queued, OfAGuest]]:
        """What waits to be sent of a guest's messages."""
        return [
            (queued, errand)
            for queued in self._outgoing.queued(tx)
            if isinstance(errand := queued.errand, OF_A_GUEST)
            and (errand.room, errand.reservation) == (room, reservation)
        ]

    def _with_staff(self, tx: Transaction, details_key: str) -> list[Request]:
        """Messages that a person is to hand over."""
        waiting = self._requests.open_of_kind_in(tx, REQUEST)
        return [request for request in waiting if request.details_key == details_key]

    def _is_old(self, request: Request) -> bool:
        return self.db.now() - request.opened_at >= KEPT

    def _instant(self, at: datetime | None) -> int:
        if at is None:
            return NOT_SAID
        return instant(at if at.tzinfo else at.replace(tzinfo=self._rules.zone))


def _stay(request: Request) -> tuple[str, str]:
    """Before messages were handed over with it, a request knew no reservation."""
    return str(request.values.get("room", "")), str(request.values.get("reservation", ""))


def _message(row: Row) -> Message:
    return Message(row["number"], row["hotel_id"], row["text"], row["at"] or None)
