"""The link's side of the switchboard's services: what the hotel system tells is taken down, errands have their effects.

``errands`` is the outbox that the link works. Its effects and the news are written in the register's own transactions,
so that a wake-up is registered exactly where its errand is delivered.
"""

from __future__ import annotations

from collections.abc import Sequence

from kiosk.hotel.errands import HOTEL, MessageLeft, RoomWished, WakeUpClear, WakeUpSet, decode
from kiosk.hotel.news import (
    GuestChanged,
    GuestIn,
    GuestNews,
    GuestOut,
    MessageGone,
    MessageHere,
    RollEnded,
    RoomTold,
    ServiceNews,
    WakeUpDropped,
    WakeUpOrdered,
    WakeUpResult,
)
from kiosk.outbox import Delivery, Outbox, Surprise
from kiosk.register.register import Register, RoomOf, StayingIn
from kiosk.store.statement import Transaction


class Switchboard:
    """``room_of`` and ``staying_in`` ask the guest cache.

    Calls block; raises StoreError, and nothing of that call was written then.
    """

    def __init__(self, register: Register, room_of: RoomOf, staying_in: StayingIn) -> None:
        self.register = register
        self.errands = Outbox(register.db, HOTEL, self)
        self._room_of = room_of
        self._staying_in = staying_in

    def told(self, news: Sequence[GuestNews | ServiceNews]) -> None:
        """Written down in order, all or nothing. Guests: once the cache has been told, who left or moved."""
        with self.register.db.transaction() as tx:
            for one in news:
                self._hear(tx, one)

    def delivered(self, tx: Transaction, delivery: Delivery) -> None:
        """Part of the outbox's transaction."""
        match decode(delivery.payload):
            case WakeUpSet(number):
                self.register.wake_up_news.registered_in(tx, number)
            case WakeUpClear() as cleared:
                self.register.wake_up_news.withdrawn_in(tx, cleared)
            case RoomWished() as wished:
                self.register.wishes.shown_in(tx, wished)
        self.register.outgoing.over(tx, delivery)

    def refused(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        """Part of the outbox's transaction. What a guest was promised is handed to a person."""
        match decode(delivery.payload):
            case WakeUpSet(number):
                self.register.wake_up_news.refused_in(tx, number, reason)
            case WakeUpClear() as cleared:
                self.register.wake_up_news.kept_in(tx, cleared)
            case RoomWished() as wished:
                self.register.wishes.refused_in(tx, wished)
            case MessageLeft() as message:
                self.register.messages.hand_over_in(tx, message, delivery.key)
        self.register.outgoing.withdraw(tx, delivery)

    def again(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        """Whom it was promised to need not know."""

    def unknown(self, tx: Transaction, delivery: Delivery, reason: str) -> None:
        """An errand is never in doubt: carried out twice it does no harm."""
        self.errands.again_in(tx, delivery, reason)

    def surprised(self, tx: Transaction, delivery: Delivery, surprise: Surprise) -> None:
        """An errand that was carried out twice surprises nobody."""

    def _hear(self, tx: Transaction, news: GuestNews | ServiceNews) -> None:
        register = self.register
        match news:
            case WakeUpOrdered(room, at):
                register.wake_up_news.hear_ordered_in(tx, room, at, self._staying_in(room))
            case WakeUpDropped(room, at):
                register.wake_up_news.hear_dropped_in(tx, room, at)
            case WakeUpResult(room, at, status):
                if register.rules.results:
                    register.wake_up_news.hear_result_in(tx, room, at, status)
            case MessageHere():
                register.messages.hear_in(tx, news)
            case MessageGone(room, reservation, id):
                register.messages.gone_in(tx, room, reservation, id)
            case RoomTold(room, do_not_disturb) if self._room_of(room, "") != "":
                whose = next(iter(self._staying_in(room)), "")
                register.wishes.heard_in(tx, room, do_not_disturb=do_not_disturb, reservation=whose)
            case GuestOut(room, reservation):
                self._left(tx, room, reservation)
            case GuestIn(room, reservation) | GuestChanged(room, reservation) if reservation:
                register.settle_in(tx, room, reservation)
            case GuestChanged(room, "", _, old_room) if old_room not in ("", room):
                register.move_in(tx, old_room, room, "")
            case RollEnded():
                register.sweep_in(tx, self._room_of)
                register.bind_in(tx, self._staying_in)

    def _left(self, tx: Transaction, room: str, reservation: str) -> None:
        """Where moves are not told as such, whoever has a number may be about to come to another room: that is seen to
        by the watch. So it is where a room is said to be empty, as the roll does before it says who is where now.
        """
        if reservation and self.register.rules.moves:
            self.register.clear_in(tx, room, reservation)
        if not reservation or self._room_of(room, "") == "":
            self.register.clear_in(tx, room, "")
