"""Who is there: by room card, or by room number and name. Nothing about a room is revealed, in any answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from hardware.protocols import Card
from kiosk.hotel.protocol import Guest, GuestsUnavailable
from kiosk.journeys.paying import Identify, RoomAndName
from kiosk.journeys.welcome import Apology
from kiosk.station import Station
from kiosk.tasks import stopped
from kiosk.visit import Visit

Purpose = Literal["charge", "guest"]


class NotIdentified(Exception):
    """No try was confirmed, or the house does not charge this guest here; the guest was told and sent on."""


@dataclass(frozen=True)
class Identified:
    """A guest, whose room may be charged where that was asked for, and whether the room card said so."""

    guest: Guest
    by_card: bool


async def identify(visit: Visit, station: Station, purpose: Purpose = "charge") -> Identified:
    """Whose room it is that is charged, or that something is done for. Raises NotIdentified, GuestLeft, WentBack.

    A card that began the visit counts as laid on the reader now; it is tried without a question and without a try.
    Wrong tries add up over the visit, whatever it is for.
    """
    guest = await station.guests.identify_card(visit.card.uid) if visit.card else None
    by_card, failed = guest is not None, False
    while guest is None and visit.tries_left:
        answer = await _card_or_words(visit, station, purpose, failed=failed)
        by_card = isinstance(answer, Card)
        if isinstance(answer, Card):
            guest = await station.guests.identify_card(answer.uid)
        else:
            guest = await station.guests.identify(answer.room, answer.name)
        failed = guest is None
        visit.tries_left -= failed
    if guest is None:
        await _send_to_staff(visit, station, "identify.to-staff")
    elif guest.no_post and purpose == "charge":
        await _send_to_staff(visit, station, "identify.front-desk")
    else:
        return Identified(guest, by_card)
    raise NotIdentified


def unavailable(station: Station) -> str | None:
    """Why nobody can be identified at the moment, as a message key; None where guests are known."""
    return None if station.guests_known else GuestsUnavailable.key


async def _card_or_words(visit: Visit, station: Station, purpose: Purpose, *, failed: bool) -> Card | RoomAndName:
    question = Identify(visit.tries_left, station.works("card-reader"), failed, purpose)
    with station.card_slot_lit():
        asking = asyncio.ensure_future(visit.ask_or_back(question))
        reading = asyncio.ensure_future(anext(aiter(station.devices.card_reader.cards())))
        try:
            await asyncio.wait({asking, reading}, return_when=asyncio.FIRST_COMPLETED)
            return reading.result() if reading.done() else asking.result()
        finally:
            await stopped(asking, reading)


async def _send_to_staff(visit: Visit, station: Station, key: str) -> None:
    called = await station.tell_staff("identify", visit, key)
    await visit.ask(Apology(key, staff_called=called))
