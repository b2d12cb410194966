"""What Apaleo answers with, as far as it is read: booking-v1 and finance-v1, after the OpenAPI documents at
api.apaleo.com.
"""

from __future__ import annotations

from kiosk.hotel.rest.web import Wire


class Unit(Wire, frozen=True):
    name: str = ""


class Person(Wire, frozen=True):
    """``title``: Mr, Ms, Mrs, Dr, Prof or Other."""

    last_name: str = ""
    first_name: str = ""
    title: str = ""
    preferred_language: str = ""


class Reservation(Wire, frozen=True):
    id: str = ""
    booking_id: str = ""
    status: str = ""
    unit: Unit = Unit()
    primary_guest: Person = Person()


class Reservations(Wire, frozen=True):
    reservations: tuple[Reservation, ...] = ()
    count: int = 0


class Charge(Wire, frozen=True):
    id: str = ""
    receipt: str = ""


class Allowance(Wire, frozen=True):
    id: str = ""
    reason: str = ""


class Folio(Wire, frozen=True):
    id: str = ""
    allowed_actions: tuple[str, ...] = ()
    charges: tuple[Charge, ...] = ()
    allowances: tuple[Allowance, ...] = ()


class Folios(Wire, frozen=True):
    """``count`` of all there are, this page and others."""

    folios: tuple[Folio, ...] = ()
    count: int = 0
