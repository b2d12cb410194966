"""Where a station's files are and how they are opened; for processes without devices, too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk.books.ledger import Books
from kiosk.books.postings import room_postings
from kiosk.config.settings import Settings
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.switchboard import Switchboard
from kiosk.outbox import HIGHEST_NUMBER, Outbox
from kiosk.register.register import Register
from kiosk.register.requests import Requests
from kiosk.register.rules import Rules
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS, REGISTER


def wall_clock(settings: Settings) -> Callable[[], datetime]:
    """The time of day in the house's zone."""
    return partial(datetime.now, ZoneInfo(settings.house.timezone))


def guests_file(settings: Settings) -> Path:
    """Written by kiosk-link, read by kiosk."""
    return settings.paths.state / "guests.db"


def link_status_file(settings: Settings) -> Path:
    return settings.paths.runtime / "link.json"


def link_lock_file(settings: Settings) -> Path:
    """Held by the one link of this station; beside the books, which it guards."""
    return settings.paths.state / "link.lock"


def link_trace_socket(settings: Settings) -> Path:
    """Where the running link shows its wire."""
    return settings.paths.runtime / "link-trace.sock"


def open_books(settings: Settings) -> Books:
    """Raises StoreError."""
    settings.paths.state.mkdir(parents=True, exist_ok=True)
    return Books(Database(settings.paths.state / "books.db", BOOKS, clock=wall_clock(settings)))


def open_register(settings: Settings) -> Register:
    """Requests, wake-ups, messages and room wishes. Raises StoreError."""
    rules = Rules.of(settings.house.place, settings.house.timezone, settings.hotel, settings.wake_up)
    return Register(open_requests(settings).db, rules)


def open_switchboard(settings: Settings) -> Switchboard:
    """The link's side of the register. Raises StoreError."""
    guests = CachedGuests(guests_file(settings))
    return Switchboard(open_register(settings), guests.room_of, guests.staying_in)


def open_requests(settings: Settings) -> Requests:
    """Raises StoreError."""
    settings.paths.state.mkdir(parents=True, exist_ok=True)
    return Requests(Database(settings.paths.state / "register.db", REGISTER, clock=wall_clock(settings)))


def open_postings(books: Books, highest: int = HIGHEST_NUMBER) -> Outbox:
    """What waits to be posted to the hotel system, with what an answer does to the journal.

    ``highest``, of the attempts' numbers, matters to the link alone: nobody else makes attempts.
    """
    return room_postings(books.db, highest)
