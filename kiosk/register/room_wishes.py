"""What the guests want shown at the doors of their rooms: do not disturb, make up room. One wish a room, the last one.

The hotel system shows it, or a request tells a person; a wish with an end is lifted by the watch, and each ends with
the stay. To make up the room is wished for a day; where a person was asked, for as long as the request is open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast

import structlog
from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from kiosk.hotel.errands import RoomWished, Wish
from kiosk.register.outgoing import Outgoing, Queued
from kiosk.register.requests import CLEARED_UP, Request, Requests
from kiosk.register.rules import Rules
from kiosk.store.database import instant
from kiosk.store.statement import Row, Statement, Transaction
from kiosk.store.tables import room_wishes

log = structlog.get_logger()

REQUEST = "room-wish"
NOTHING: Wish = "none"
DO_NOT_DISTURB: Wish = "do-not-disturb"
MAKE_UP: Wish = "make-up"
LAST_ROUND = 20
"""The hour after which the floor makes up rooms on the next day."""


@dataclass(frozen=True)
class Held:
    """What holds for a room, ``until`` (ms since 1970 UTC) or, None, until it is lifted. Nothing is held for "none"."""

    room: str = field(repr=False)
    reservation: str = field(repr=False)
    wish: Wish
    until: int | None


_ONE = Statement(select(room_wishes).where(room_wishes.c.room == bindparam("of")))
_ALL = Statement(select(room_wishes))
_DUE = Statement(select(room_wishes).where(room_wishes.c.until <= bindparam("now")))
_given: dict[str, Any] = {name: bindparam(name) for name in ("reservation", "wish", "until", "changed_at")}
_SET = Statement(
    upsert(room_wishes)
    .values(room=bindparam("room"), **_given)
    .on_conflict_do_update(index_elements=["room"], set_=_given)
)
_DROP = Statement(delete(room_wishes).where(room_wishes.c.room == bindparam("of")))


class RoomWishes:
    """The wishes in the register's file. Its calls block; raises StoreError.

    Those whose name ends in ``_in`` are part of a transaction of the caller's.
    """

    def __init__(self, requests: Requests, outgoing: Outgoing, rules: Rules) -> None:
        self.db = requests.db
        self._requests = requests
        self._outgoing = outgoing
        self._rules = rules

    def of(self, room: str) -> Held | None:
        """What holds for the room now."""
        with self.db.reading() as tx:
            return self._of(tx, room)

    def wish(
        self, room: str, reservation: str, wish: Wish, until: int | None = None, visit: str = "", language: str = ""
    ) -> None:
        """Shall hold from now on; "none" lifts what held. To make up the room may be wished again and again."""
        with self.db.transaction() as tx:
            self._hold(tx, room, reservation, wish, self._day_ends(self.db.now()) if wish == MAKE_UP else until)
            if self._rules.wishes:
                self._show(tx, room, reservation, wish)
            else:
                self._ask_staff(tx, room, reservation, wish, visit, language)

    def lift_due(self) -> int:
        """End those whose time has come; how many."""
        with self.db.transaction() as tx:
            due = [_held(row) for row in tx.rows(_DUE, now=self.db.now())]
            asked = [self._asked(request) for request in self._with_staff(tx) if request.values["wish"] == MAKE_UP]
            due += [held for held in asked if held.until is not None and held.until <= self.db.now()]
            for held in due:
                self._lift(tx, held)
            return len(due)

    def heard_in(self, tx: Transaction, room: str, *, do_not_disturb: bool, reservation: str) -> None:
        """What the telephone of the room shows now; it may have been set there, by the guest of ``reservation`` or,
        with "", by whoever was there. Said before our own last word has arrived, it will not show it for long.
        """
        if self._of_room(room, self._outgoing.unsaid(tx)):
            return
        held = self._of(tx, room)
        shown = held is not None and held.wish == DO_NOT_DISTURB
        if do_not_disturb and not shown:
            self._hold(tx, room, reservation, DO_NOT_DISTURB, None)
        elif shown and not do_not_disturb:
            self._hold(tx, room, "", NOTHING, None)

    def shown_in(self, tx: Transaction, errand: RoomWished) -> None:
        """The hotel system shows ``errand``. Where the guest has wished otherwise since, that is said once more."""
        held = self._of(tx, errand.room)
        wish: Wish = held.wish if held else NOTHING
        if wish != errand.wish and not self._of_room(errand.room, self._outgoing.unsaid(tx)):
            self._outgoing.send(tx, RoomWished(errand.room, errand.reservation, wish))

    def refused_in(self, tx: Transaction, errand: RoomWished) -> None:
        """The hotel system will not show it: a person sees to it, unless the guest has wished otherwise since."""
        held = self._of(tx, errand.room)
        if errand.wish == (held.wish if held else NOTHING):
            self._ask_staff(tx, errand.room, errand.reservation, errand.wish, "", "")

    def clear_in(self, tx: Transaction, room: str, reservation: str) -> None:
        """The guest has left, or with ``reservation`` "" whoever was in the room without a number."""
        held = self._of(tx, room)
        if held and held.reservation == reservation:
            self._lift(tx, held)
        self._need_nobody(tx, room, reservation)

    def move_in(self, tx: Transaction, old_room: str, room: str, reservation: str) -> None:
        """The guest, or with ``reservation`` "" whoever was in ``old_room`` without one, sleeps in ``room`` now.

        Whoever is there already and wishes something has it still: moving in is no wish.
        """
        held = self._of(tx, old_room)
        if held and held.reservation == reservation:
            self._lift(tx, held)
            if self._of(tx, room) is None:
                self._take_along(tx, held, room)
        self._need_nobody(tx, old_room, reservation)

    def stays_in(self, tx: Transaction) -> set[tuple[str, str]]:
        """Room and reservation of everybody about whom something is kept."""
        asked = {(held.room, held.reservation) for held in map(self._asked, self._with_staff(tx))}
        return asked | {(row["room"], row["reservation"]) for row in tx.rows(_ALL)}

    def _of(self, tx: Transaction, room: str) -> Held | None:
        row = tx.one(_ONE, of=room)
        if row:
            return _held(row)
        asked = (self._asked(request) for request in self._with_staff(tx))
        return next((held for held in asked if (held.room, held.wish) == (room, MAKE_UP)), None)

    def _with_staff(self, tx: Transaction) -> list[Request]:
        return self._requests.open_of_kind_in(tx, REQUEST)

    def _asked(self, request: Request) -> Held:
        """What a person was asked; a request to make up the room is all that is kept of the wish."""
        room, reservation = (str(request.values.get(name, "")) for name in ("room", "reservation"))
        return Held(room, reservation, cast(Wish, request.values["wish"]), self._day_ends(request.opened_at))

    def _day_ends(self, since: int) -> int:
        """Midnight of the day whose round the floor can still make."""
        at = self._rules.local(since)
        midnight = at.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
        return instant(midnight + timedelta(days=2 if at.hour >= LAST_ROUND else 1))

    def _lift(self, tx: Transaction, held: Held) -> None:
        """A person who was asked knew how long it would hold."""
        self._hold(tx, held.room, held.reservation, NOTHING, None)
        if self._rules.wishes:
            self._show(tx, held.room, held.reservation, NOTHING)
        self._need_nobody(tx, held.room)

    def _take_along(self, tx: Transaction, held: Held, room: str) -> None:
        self._hold(tx, room, held.reservation, held.wish, held.until)
        if self._rules.wishes:
            self._show(tx, room, held.reservation, held.wish)
        else:
            self._ask_staff(tx, room, held.reservation, held.wish, "", "")

    def _need_nobody(self, tx: Transaction, room: str, reservation: str | None = None) -> int:
        """How many requests of the room's, or of that guest's in it, were taken back."""
        asked = [(request.number, self._asked(request)) for request in self._with_staff(tx)]
        meant = [number for number, held in asked if held.room == room and reservation in (None, held.reservation)]
        return sum(self._requests.close_in(tx, number, CLEARED_UP) for number in meant)

    def _hold(self, tx: Transaction, room: str, reservation: str, wish: Wish, until: int | None) -> None:
        if wish == NOTHING:
            tx.do(_DROP, of=room)
        else:
            tx.do(_SET, room=room, reservation=reservation, wish=wish, until=until, changed_at=self.db.now())
        log.info("room-wish.holds", wish=wish, timed=until is not None)

    def _show(self, tx: Transaction, room: str, reservation: str, wish: Wish) -> None:
        """By the hotel system; an older wish that still waits is not sent any more."""
        for older in self._of_room(room, self._outgoing.queued(tx)):
            self._outgoing.withdraw(tx, older.delivery)
        self._outgoing.send(tx, RoomWished(room, reservation, wish))

    def _of_room(self, room: str, errands: Iterable[Queued]) -> list[Queued]:
        return [each for each in errands if isinstance(each.errand, RoomWished) and each.errand.room == room]

    def _ask_staff(self, tx: Transaction, room: str, reservation: str, wish: Wish, visit: str, language: str) -> None:
        """In place of what they were asked before; that nothing is wished is said only where they know otherwise."""
        untold = self._need_nobody(tx, room)
        if untold and wish == NOTHING:
            return
        held = self._of(tx, room)
        values: dict[str, str | int] = {"room": room, "reservation": reservation, "wish": wish}
        if wish == MAKE_UP:
            tx.do(_DROP, of=room)  # it ends with the request
        elif held and held.until is not None:
            values["until"] = f"{self._rules.local(held.until):%Y-%m-%d %H:%M}"
        key = "request.room-wish-until" if "until" in values else "request.room-wish"
        self._requests.open_in(tx, REQUEST, self._rules.place, language, visit, key, values)


def _held(row: Row) -> Held:
    return Held(row["room"], row["reservation"], cast(Wish, row["wish"]), row["until"])
