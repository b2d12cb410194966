"""A FIAS session for tests: what is said to it at which second, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from kiosk.hotel.clock import Moment
from kiosk.hotel.fias.events import Send
from kiosk.hotel.fias.records import Charge, Description, RoomPosting
from kiosk.hotel.fias.session import Session

NOON = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)


def at(seconds):
    return Moment(1000.0 + seconds, NOON + timedelta(seconds=seconds))


def said(effects):
    return [effect.frame[1:-1].decode("gbk") for effect in effects if isinstance(effect, Send)]


def learned(effects):
    return [effect for effect in effects if not isinstance(effect, Send)]


def hears(session, text, seconds):
    return session.received(b"\x02" + text.encode("gbk") + b"\x03", at(seconds))


def charge(sequence, amount=150):
    return Charge(sequence, amount, decimals=2, text="Copy A4", voucher=7, sold_at=NOON)


def posting(sequence, room="0808"):
    return RoomPosting(room, charge(sequence))


def connected():
    """A session on a new line, of a station with the usual fields."""
    session = Session(Description())
    session.connected(at(0))
    return session


def came_alive(session):
    """The same, once it was described and accepted."""
    hears(session, "LS|DA261121|TI120000|", 1)
    hears(session, "LA|DA261121|TI120000|", 1)
    return session
