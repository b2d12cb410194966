"""Messages: read one's own after identification; leave one for a guest, by name, learning nothing about the guest.

A message is handed over in the language in which it was read back to whoever leaves it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime

from kiosk.hotel.protocol import Guest
from kiosk.journeys.done import Done
from kiosk.journeys.identify import identify, unavailable
from kiosk.journeys.message_questions import (
    LEAVING,
    LONGEST_NAME,
    LONGEST_SENDER,
    LONGEST_TEXT,
    READING,
    ChooseMessageWay,
    ConfirmMessage,
    ForWhom,
    MessageView,
    MessageWay,
    Note,
    ReadMessages,
    WriteMessage,
    words_of,
)
from kiosk.journeys.service import Service
from kiosk.journeys.welcome import Apology, PriceSection, ServiceTile
from kiosk.station import Station
from kiosk.visit import Progress, Visit, WentBack

FETCH = 6.0
"""Seconds the hotel system has to tell a guest's messages."""
ACCEPT = 1.2
"""Seconds it takes to accept a message, whoever it is for: nothing is to be learned from the clock."""


async def messages(visit: Visit, station: Station) -> bool:
    """The whole service; True when the guest wants another one.

    Raises GuestLeft, WentBack, NotIdentified, GuestsUnavailable, StoreError.
    """
    while True:
        visit.trail = ()
        way = await visit.ask_or_back(ChooseMessageWay(None if station.register.rules.mail else "messages.not-here"))
        with suppress(WentBack):
            return await (_read(visit, station) if way is MessageWay.READ else _leave(visit, station))


async def _read(visit: Visit, station: Station) -> bool:
    visit.trail = READING
    guest = (await identify(visit, station, "guest")).guest
    complete = await _fetched(visit, station, guest)
    store = station.register.messages
    waiting = await store.db.run(store.waiting, guest.room, guest.reservation)
    zone = station.clock().tzinfo
    views = tuple(
        MessageView(one.number, one.text, None if one.at is None else datetime.fromtimestamp(one.at / 1000, zone))
        for one in waiting
    )
    read = await visit.ask(ReadMessages(views, complete))
    for number in read:
        await store.db.run(store.read, guest.room, guest.reservation, number)
    return await visit.ask(Done("done.messages.read", "message-read")) if read else True


async def _fetched(visit: Visit, station: Station, guest: Guest) -> bool:
    """Whether the hotel system has told all there are; it is waited for a few seconds."""
    store = station.register.messages
    key = await store.db.run(store.ask, guest.room, guest.reservation)
    if key is None:
        return False
    visit.show(Progress("progress.asking-hotel", stage="read"))
    try:
        await station.register.until(lambda: store.answered(key) is not None, FETCH)
        return bool(await store.db.run(store.answered, key))
    finally:
        await store.db.run(store.ask_no_more, key)


async def _leave(visit: Visit, station: Station) -> bool:
    visit.trail = LEAVING
    store = station.register.messages
    if not store.may_leave(visit.id):
        await visit.ask(Apology("messages.later"))
        return True
    name, note = await _written(visit)
    text = words_of(note, visit.language)
    visit.show(Progress("progress.moment", stage="confirm"))
    await asyncio.gather(_accept(visit, station, name, text), asyncio.sleep(ACCEPT))
    return await visit.ask(Done("done.message.left", "sent", (), "done.message.passed-on"))


async def _written(visit: Visit) -> tuple[str, Note]:
    """For whom, and what, read back. Raises WentBack at the first question."""
    name, note = "", None
    while True:
        name = plain(await visit.ask_or_back(ForWhom(name)), LONGEST_NAME)
        if not name:
            continue
        with suppress(WentBack):
            while True:
                note = _plain_note(await visit.ask_or_back(WriteMessage(note)))
                with suppress(WentBack):
                    if await visit.ask_or_back(ConfirmMessage(name, note)):
                        return name, note


async def _accept(visit: Visit, station: Station, name: str, text: str) -> None:
    """The same work for a guest who is here, for several of that name, and for nobody."""
    found = await station.guests.named(name)
    store = station.register.messages
    await store.db.run(store.leave, found, name, text, visit.id, visit.language)


def plain(text: str, longest: int) -> str:
    """On one line, without control characters, no longer than ``longest`` characters."""
    return "".join(char if char.isprintable() else " " for char in text).strip()[:longest]


def _plain_note(note: Note) -> Note:
    return Note(note.template, plain(note.sender, LONGEST_SENDER), plain(note.text, LONGEST_TEXT))


def tile(station: Station) -> ServiceTile:
    """What the hotel system does not take is handed to staff: it takes a list of guests, and a register."""
    return ServiceTile("messages", "service.messages.hint", None, unavailable(station))


def prices(station: Station) -> PriceSection:
    """Free of charge."""
    return PriceSection("messages", (), station.tariff.copy.tax_basis_points)


SERVICE = Service("messages", 60, tile, prices, messages)
