"""The register as one: what staff and guests share, and what of it ends or moves with a guest's stay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from kiosk.register.messages import Messages
from kiosk.register.outgoing import Outgoing
from kiosk.register.requests import Requests
from kiosk.register.room_wishes import RoomWishes
from kiosk.register.rules import Rules
from kiosk.register.test_calls import TestCalls
from kiosk.register.wake_ups import WakeUps
from kiosk.store.database import Database
from kiosk.store.statement import Transaction

log = structlog.get_logger()

RoomOf = Callable[[str, str], str | None]
"""Of room and reservation: in which room that guest is now, "" when the guest has left, None where nobody knows.

With reservation "" it is about anybody in the room.
"""

StayingIn = Callable[[str], tuple[str, ...]]
"""Of a room: the reservations of those who are in it now, as far as anybody knows."""


class Register:
    """Requests, wake-ups, messages and wishes in one file; ``outgoing`` are its errands to the hotel system."""

    def __init__(self, db: Database, rules: Rules) -> None:
        self.db = db
        self.rules = rules
        self.requests = Requests(db)
        self.outgoing = Outgoing(db)
        self.wake_ups = WakeUps(self.requests, self.outgoing, rules)
        self.test_calls = TestCalls(self.wake_ups, self.requests)
        self.messages = Messages(self.requests, self.outgoing, rules)
        self.wishes = RoomWishes(self.requests, self.outgoing, rules)

    async def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Whether ``holds`` became true within ``seconds``; asked on the file's own thread after every commit."""
        changes = self.db.changes()
        try:
            async with asyncio.timeout(seconds):
                while not await self.db.run(holds):
                    await changes.wait(seconds)
        except TimeoutError:
            return False
        finally:
            changes.close()
        return True

    def clear_in(self, tx: Transaction, room: str, reservation: str) -> None:
        """The guest has left, or with ``reservation`` "" everybody in the room has."""
        for store in (self.wake_ups, self.messages, self.wishes):
            store.clear_in(tx, room, reservation)

    def move_in(self, tx: Transaction, old_room: str, room: str, reservation: str) -> None:
        """The guest, or with ``reservation`` "" everybody in ``old_room``, sleeps in ``room`` now."""
        for store in (self.wake_ups, self.messages, self.wishes):
            store.move_in(tx, old_room, room, reservation)

    def settle_in(self, tx: Transaction, room: str, reservation: str) -> None:
        """The guest is in ``room``: what is kept of the stay elsewhere moves there."""
        for old_room, whose in self._kept_in(tx):
            if whose == reservation and old_room != room:
                self.move_in(tx, old_room, room, reservation)

    def sweep_in(self, tx: Transaction, room_of: RoomOf) -> None:
        """Whoever has left or moved while nobody listened has left or moved now."""
        for room, reservation in self._kept_in(tx):
            now = room_of(room, reservation)
            if now in (None, room):
                continue
            log.info("stay.swept", left=not now)
            if now:
                self.move_in(tx, room, now, reservation)
            else:
                self.clear_in(tx, room, reservation)

    def bind_in(self, tx: Transaction, staying_in: StayingIn) -> None:
        """What is kept of a room belongs to those who are in it now, where nobody knew before who they are."""
        for room, reservation in self.wake_ups.stays_in(tx):
            if not reservation and (whose := staying_in(room)):
                self.wake_ups.bind_in(tx, room, whose)

    def sweep(self, room_of: RoomOf) -> None:
        """``sweep_in`` in a transaction of its own, where there is anything to look at."""
        with self.db.reading() as tx:
            kept = self._kept_in(tx)
        if any(room_of(*stay) not in (None, stay[0]) for stay in kept):
            with self.db.transaction() as tx:
                self.sweep_in(tx, room_of)

    def _kept_in(self, tx: Transaction) -> set[tuple[str, str]]:
        return self.wake_ups.stays_in(tx) | self.messages.stays_in(tx) | self.wishes.stays_in(tx)
