"""Wake-up calls for one's own room: order, read back, see the list, change, cancel."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from kiosk.hotel.protocol import Guest
from kiosk.journeys.identify import identify, unavailable
from kiosk.journeys.service import Service
from kiosk.journeys.wake_up_questions import (
    STAGES,
    Caller,
    CallState,
    CancelCall,
    ChangeCall,
    ChooseWakeUp,
    ConfirmCancel,
    ConfirmWakeUp,
    Just,
    OrderCall,
    WakeUps,
    WakeUpView,
)
from kiosk.journeys.welcome import PriceSection, ServiceTile
from kiosk.register.wake_up_states import WakeUpState
from kiosk.register.wake_up_table import NoWakeUp, WakeUp
from kiosk.register.wake_ups import MOST, TooManyWakeUps
from kiosk.station import Station
from kiosk.store.database import instant
from kiosk.visit import Notice, Progress, Visit, WentBack

LEAD = timedelta(minutes=5)
"""A call can't be ordered at shorter notice: whoever makes it must hear of it first."""
USUAL = 7
"""The hour that is suggested."""
PATIENCE = 2.0
"""Seconds the hotel system has to take a call before the guest is shown the list as it stands."""

STATES = {
    WakeUpState.ORDERED: CallState.PENDING,
    WakeUpState.REGISTERED: CallState.CONFIRMED,
    WakeUpState.WITH_OPERATOR: CallState.OPERATOR,
    WakeUpState.DUE: CallState.OPERATOR,
}


async def wake_up(visit: Visit, station: Station) -> bool:
    """The whole service; True when the guest wants another one.

    Raises GuestLeft, WentBack, NotIdentified, GuestsUnavailable, StoreError; what was ordered by then stays ordered.
    """
    visit.trail = STAGES
    who = await identify(visit, station, "guest")
    return await Waking(visit, station, who.guest, None if who.by_card else who.guest.room).serve()


@dataclass
class Waking:
    """One guest at the list of calls. ``told_room`` is the room that may be read back: the one the guest typed."""

    visit: Visit
    station: Station
    guest: Guest
    told_room: str | None
    just: Just | None = None
    """What was done last."""

    async def serve(self) -> bool:
        """Without any call the guest is here to order one; going back then leaves the service."""
        if not await self._calls():
            await self._order()
        while not isinstance(choice := await self._listed(), bool):
            with suppress(WentBack):
                await self._do(choice)
        return choice

    async def _listed(self) -> OrderCall | ChangeCall | CancelCall | bool:
        calls = await self._calls()
        views = tuple(WakeUpView(call.number, self._local(call.at), STATES[call.state]) for call in calls)
        self.visit.trail = STAGES if self.just else ()  # only looked at, the list is no stage of an order
        return await self.visit.ask(WakeUps(views, self._today, self._caller, len(calls) >= MOST, self.just))

    async def _do(self, choice: OrderCall | ChangeCall | CancelCall) -> None:
        self.visit.trail = STAGES
        try:
            match choice:
                case OrderCall():
                    await self._order()
                case ChangeCall(number):
                    await self._change(number)
                case CancelCall(number):
                    await self._cancel(number)
        except NoWakeUp:
            # It rang, or was taken off elsewhere, while the guest was looking at it.
            self._not_done("wake-up.gone")
        except TooManyWakeUps:
            # More were ordered elsewhere meanwhile.
            self._not_done("wake-up.full")

    def _not_done(self, why: str) -> None:
        self.just = None
        self.visit.tell(Notice(why))

    async def _order(self) -> None:
        at = await self._agreed(None)
        guest, visit, wake_ups = self.guest, self.visit, self.station.register.wake_ups
        number = await wake_ups.db.run(
            wake_ups.order, guest.room, guest.reservation, instant(at), visit.id, visit.language
        )
        await self._ordered(Just.ORDERED, number)

    async def _change(self, number: int) -> None:
        call = await self._call(number)
        at = await self._agreed(self._local(call.at))
        guest, visit, wake_ups = self.guest, self.visit, self.station.register.wake_ups
        number = await wake_ups.db.run(
            wake_ups.change, number, guest.room, guest.reservation, instant(at), visit.id, visit.language
        )
        await self._ordered(Just.CHANGED, number)

    async def _cancel(self, number: int) -> None:
        call = await self._call(number)
        if await self.visit.ask_or_back(ConfirmCancel(self._local(call.at), self._today)):
            wake_ups = self.station.register.wake_ups
            await wake_ups.db.run(wake_ups.cancel, number, self.guest.room, self.guest.reservation)
            self.just = Just.CANCELLED

    async def _agreed(self, changing: datetime | None) -> datetime:
        """A time that was read back and confirmed. Raises WentBack at the choice of the time."""
        suggested = changing
        while True:
            suggested = await self._chosen(suggested, changing)
            with suppress(WentBack):
                question = ConfirmWakeUp(suggested, self._today, self._caller, self.told_room, changing)
                if await self.visit.ask_or_back(question) and self._in_time(suggested):
                    return suggested

    async def _chosen(self, suggested: datetime | None, changing: datetime | None) -> datetime:
        while True:
            earliest = self._earliest()
            taken = tuple(self._local(call.at) for call in await self._calls())
            days = tuple(self._today + timedelta(days=ahead) for ahead in range(self._days_ahead + 1))
            if suggested is None or suggested.date() > days[-1]:
                suggested = self._usual(earliest)
            question = ChooseWakeUp(
                days=days,
                earliest=earliest,
                suggested=max(suggested, earliest),
                changing=changing,
                taken=tuple(at for at in taken if at != changing),
            )
            suggested = self._real(await self.visit.ask_or_back(question))
            if self._in_time(suggested):
                return suggested

    def _in_time(self, at: datetime) -> bool:
        """Not over, or as good as, while the guest was thinking; and not too far ahead. Says which."""
        latest = self._today + timedelta(days=self._days_ahead)
        if at.astimezone(UTC) < self._now + LEAD - timedelta(minutes=2):
            self.visit.tell(Notice("wake-up.too-soon"))
        elif at.date() > latest:
            self.visit.tell(Notice("wake-up.too-far", (("day", latest.isoformat()),)))
        else:
            return True
        return False

    async def _ordered(self, just: Just, number: int) -> None:
        """Wait for a moment until the hotel system has it: then the list says so at once."""
        register = self.station.register
        if self._caller is not Caller.PERSON:
            self.visit.show(Progress("progress.asking-hotel", stage="confirm"))
            await register.until(lambda: register.wake_ups.state_of(number) is not WakeUpState.ORDERED, PATIENCE)
        self.just = just

    async def _calls(self) -> list[WakeUp]:
        wake_ups = self.station.register.wake_ups
        return await wake_ups.db.run(wake_ups.of_guest, self.guest.room, self.guest.reservation)

    async def _call(self, number: int) -> WakeUp:
        for call in await self._calls():
            if call.number == number:
                return call
        raise NoWakeUp(number)

    def _usual(self, earliest: datetime) -> datetime:
        usual = self._real(earliest.replace(hour=USUAL, minute=0, fold=0))
        return usual if usual >= earliest else self._real(usual + timedelta(days=1))

    def _earliest(self) -> datetime:
        soon = self._now + LEAD + timedelta(seconds=59)
        return soon.astimezone(self._zone).replace(second=0, microsecond=0)

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / 1000, self._zone)

    def _real(self, at: datetime) -> datetime:
        """In the house's zone, as the clock on the wall will show it: an hour that spring leaves out is the next, one
        that autumn has twice the one still to come.
        """
        aware = at if at.tzinfo else at.replace(tzinfo=self._zone)
        real, second = aware.astimezone(UTC), aware.replace(fold=1).astimezone(UTC)
        return (second if real <= self._now < second else real).astimezone(self._zone)

    @property
    def _zone(self) -> tzinfo:
        zone = self.station.clock().tzinfo
        assert zone is not None, "the station's clock knows its zone"
        return zone

    @property
    def _now(self) -> datetime:
        """Of times of one zone Python compares what the clock on the wall shows; of UTC, what is sooner."""
        return self.station.clock().astimezone(UTC)

    @property
    def _today(self) -> date:
        return self.station.clock().date()

    @property
    def _caller(self) -> Caller:
        rules = self.station.register.rules
        if rules.wake_up.by == "operator":
            return Caller.PERSON
        return Caller.WATCHED if rules.watched else Caller.SYSTEM

    @property
    def _days_ahead(self) -> int:
        return self.station.register.rules.wake_up.days_ahead


def tile(station: Station) -> ServiceTile:
    """Where the hotel system can't be told, the operator calls: it takes a list of guests, and a register."""
    return ServiceTile("wake-up", "service.wake-up.hint", None, unavailable(station))


def prices(station: Station) -> PriceSection:
    """Free of charge."""
    return PriceSection("wake-up", (), station.tariff.copy.tax_basis_points)


SERVICE = Service("wake-up", 50, tile, prices, wake_up)
