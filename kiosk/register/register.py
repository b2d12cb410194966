"""The register as one: what staff and guests share, and what of it ends or moves with a guest's stay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Set

import structlog

from kiosk.register.messages import Messages
from kiosk.register.outgoing import Outgoing
from kiosk.register.requests import Requests
from kiosk.register.room_wishes import RoomWishes
from kiosk.register.rules import Rules
from kiosk.register.test_calls import TestCalls
from kiosk.register.wake_up_news import WakeUpNews
from kiosk.register.wake_up_stays import WakeUpStays
from kiosk.register.wake_up_steps import WakeUpSteps
from kiosk.register.wake_ups import WakeUps
from kiosk.store.database import Database
from kiosk.store.statement import Transaction

log = structlog.get_logger()

RoomOf = Callable[[str, str], str | None]
"""Of room and reservation: in which room that guest is now, "" when the guest has left, None where nobody knows.

With reservation "" it is about anybody in the room.
"""

Stay = tuple[str, str]
"""Room and reservation of a guest, or a room and "": whoever is there and known without a number."""

StayingIn = Callable[[str], tuple[str, ...]]
"""Of a room: the reservations of those who are in it now, as far as anybody knows."""


class Register:
    """Requests, wake-ups, messages and wishes in one file; ``outgoing`` are its errands to the hotel system."""

    def __init__(self, db: Database, rules: Rules) -> None:
        self.db = db
        self.rules = rules
        self.requests = Requests(db)
        self.outgoing = Outgoing(db)
        self.wake_up_steps = WakeUpSteps(self.requests, self.outgoing, rules)
        self.wake_ups = WakeUps(self.wake_up_steps)
        self.wake_up_news = WakeUpNews(self.wake_up_steps)
        self.test_calls = TestCalls(self.wake_up_steps)
        self.messages = Messages(self.requests, self.outgoing, rules)
        self.wishes = RoomWishes(self.requests, self.outgoing, rules)
        self._wake_up_stays = WakeUpStays(self.wake_up_steps)
        self._of_guests = (self._wake_up_stays, self.messages, self.wishes)

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
        """The guest has left, or with ``reservation`` "" whoever was in the room without a number."""
        for store in self._of_guests:
            store.clear_in(tx, room, reservation)

    def move_in(self, tx: Transaction, old_room: str, room: str, reservation: str) -> None:
        """The guest, or with ``reservation`` "" whoever was in ``old_room`` without one, sleeps in ``room`` now."""
        for store in self._of_guests:
            store.move_in(tx, old_room, room, reservation)

    def settle_in(self, tx: Transaction, room: str, reservation: str) -> None:
        """The guest is in ``room``: what is kept of the stay elsewhere moves there."""
        for old_room, whose in self._kept_in(tx):
            if whose == reservation and old_room != room:
                self.move_in(tx, old_room, room, reservation)

    def sweep_in(self, tx: Transaction, room_of: RoomOf) -> None:
        """Whoever has left or moved while nobody listened has left or moved now."""
        self._follow(tx, {stay: room_of(*stay) for stay in self._kept_in(tx)})

    def bind_in(self, tx: Transaction, staying_in: StayingIn) -> None:
        """What is kept of a room belongs to those who are in it now, where nobody knew before who they are."""
        for room in self._wake_up_stays.unbound_in(tx):
            if whose := staying_in(room):
                self._wake_up_stays.bind_in(tx, room, whose)

    def sweep(self, room_of: RoomOf, gone: Set[Stay] = frozenset()) -> Set[Stay]:
        """As ``sweep_in``, but only those have left who were ``gone`` at the look before as well; returns who is gone
        now. Of a guest who moves it may be told first that he has left, and a moment later that he is there.
        """
        with self.db.reading() as tx:
            now = {stay: room_of(*stay) for stay in self._kept_in(tx)}
        left = {stay for stay, room in now.items() if room == ""}
        sure = {stay: room for stay, room in now.items() if stay not in left - gone}
        if any(room not in (None, stay[0]) for stay, room in sure.items()):
            with self.db.transaction() as tx:
                self._follow(tx, sure)
        return left

    def _follow(self, tx: Transaction, now: Mapping[Stay, str | None]) -> None:
        for (old_room, reservation), room in now.items():
            if room in (None, old_room):
                continue
            log.info("stay.swept", left=not room)
            if room:
                self.move_in(tx, old_room, room, reservation)
            else:
                self.clear_in(tx, old_room, reservation)

    def _kept_in(self, tx: Transaction) -> set[Stay]:
        return {stay for store in self._of_guests for stay in store.stays_in(tx)}
