"""Do not disturb and make up room, for one's own room, for a time or until lifted."""

from __future__ import annotations

from datetime import datetime, timedelta

from kiosk.journeys.done import Done
from kiosk.journeys.identify import identify, unavailable
from kiosk.journeys.room_wish_questions import STAGES, ChooseRoomWish, RoomWish, Wished
from kiosk.journeys.service import Service
from kiosk.journeys.welcome import PriceSection, ServiceTile
from kiosk.register.room_wishes import Held
from kiosk.station import Station
from kiosk.store.database import instant
from kiosk.visit import Visit

HOURS = (1, 2, 4)
"""Ends on offer: so many hours from now, to the half hour."""
MORNINGS = (9, 12)
"""And these hours, when they come next; of a night's rest that is still under way too."""
SHORTEST = timedelta(minutes=31)
"""Nobody is left undisturbed for a shorter time."""
ICONS = {RoomWish.NONE: "no-wish", RoomWish.DO_NOT_DISTURB: "do-not-disturb", RoomWish.MAKE_UP: "make-up"}


async def room_wish(visit: Visit, station: Station) -> bool:
    """The whole service; True when the guest wants another one.

    Raises GuestLeft, WentBack, NotIdentified, GuestsUnavailable, StoreError.
    """
    visit.trail = STAGES
    who = await identify(visit, station, "guest")
    room, reservation = who.guest.room, who.guest.reservation
    wishes, now = station.register.wishes, station.clock()
    held = await wishes.db.run(wishes.of, room)
    wished = await visit.ask_or_back(ChooseRoomWish(_wished(held, now), ends(now), now.date()))
    until = wished.until if wished.wish is RoomWish.DO_NOT_DISTURB else None
    if until is not None and until.tzinfo is None:
        until = until.replace(tzinfo=now.tzinfo)
    await wishes.db.run(
        wishes.wish,
        room,
        reservation,
        wished.wish.value,
        None if until is None else instant(until),
        visit.id,
        visit.language,
    )
    return await visit.ask(_done(wished.wish, until))


def ends(now: datetime) -> tuple[datetime, ...]:
    """When do-not-disturb may end by itself, soonest first."""
    minute = 30 if 0 < now.minute <= 30 else 0
    start = now.replace(minute=minute, second=0, microsecond=0) + timedelta(hours=now.minute > 30)
    offered = {start + timedelta(hours=hours) for hours in HOURS}
    return tuple(sorted(offered | {_next(hour, now + SHORTEST) for hour in MORNINGS}))


def _next(hour: int, after: datetime) -> datetime:
    at = after.replace(hour=hour, minute=0, second=0, microsecond=0)
    return at if at >= after else at + timedelta(days=1)


def _wished(held: Held | None, now: datetime) -> Wished:
    if held is None:
        return Wished(RoomWish.NONE)
    wish = RoomWish(held.wish)
    if held.until is None or wish is not RoomWish.DO_NOT_DISTURB:
        return Wished(wish)
    return Wished(wish, datetime.fromtimestamp(held.until / 1000, now.tzinfo))


def _done(wish: RoomWish, until: datetime | None) -> Done:
    if until is None:
        return Done(f"done.room-wish.{wish.value}", ICONS[wish], (), "done.room-wish.told")
    values = (("until", until.isoformat()),)
    return Done(f"done.room-wish.{wish.value}-until", ICONS[wish], values, "done.room-wish.told")


def tile(station: Station) -> ServiceTile:
    """Where the hotel system shows no wishes, staff are asked: it takes a list of guests, and a register."""
    return ServiceTile("room-wish", "service.room-wish.hint", None, unavailable(station))


def prices(station: Station) -> PriceSection:
    """Free of charge."""
    return PriceSection("room-wish", (), station.tariff.copy.tax_basis_points)


SERVICE = Service("room-wish", 70, tile, prices, room_wish)
