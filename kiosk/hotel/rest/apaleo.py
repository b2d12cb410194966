"""Apaleo by its REST API: guests, charges and folios. It has no wake-ups, messages or door signs.

Shapes after apaleo.dev and api.apaleo.com (booking/v1, finance/v1). A charge whose answer is lost is sent again at once
with the same Idempotency-Key, which books it once; what even that leaves open, be it by a refusal of the repeat, is
looked up on the folio.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from urllib.parse import quote

import msgspec
import structlog

from kiosk.books.money import exponent_of
from kiosk.books.postings import Posting
from kiosk.config.hotel import ApaleoSettings
from kiosk.hotel.errands import AnyErrand
from kiosk.hotel.news import Answer, GuestIn, ServiceNews
from kiosk.hotel.rest.account import Account, let_in
from kiosk.hotel.rest.line import NOT_OFFERED, Absent, Declined, Found, Look, Pace, RestLine, Unclear
from kiosk.hotel.rest.reference import attempt_of, reference
from kiosk.hotel.rest.roll import Roll, housed
from kiosk.hotel.rest.tokens import Client, Tokens, secret
from kiosk.hotel.rest.web import Lost, Misread, NothingDone, Parameters, Reply, Timeouts, Web

log = structlog.get_logger()

PAGE = 100
MOST_PAGES = 100
REPEATS = 2
"""How often a charge is sent again with its key before it is a doubt."""


class Wire(msgspec.Struct, rename="camel", frozen=True):
    """A JSON object; members that are not named are passed over."""

    def __repr__(self) -> str:
        return type(self).__name__


class Unit(Wire, frozen=True):
    name: str = ""


class Person(Wire, frozen=True):
    last_name: str = ""
    first_name: str = ""
    title: str = ""
    preferred_language: str = ""


class Reservation(Wire, frozen=True):
    id: str = ""
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
    folios: tuple[Folio, ...] = ()


def apaleo_line(settings: ApaleoSettings, pace: Pace | None = None) -> RestLine:
    """Raises SecretMissing, and ValueError for an address that is not safe."""
    return RestLine(Apaleo(settings), pace or Pace(guests=settings.guests_every, settle=settings.settle_seconds))


class Apaleo:
    """A ``System``."""

    def __init__(self, settings: ApaleoSettings, timeouts: Timeouts | None = None) -> None:
        timeouts = timeouts or Timeouts()
        self._property = settings.property
        self._vat = settings.vat
        self._identity = Web(settings.identity_url, timeouts)
        form = {"grant_type": "client_credentials"}
        client = Client(settings.client_id, secret(settings.client_secret_file), "/connect/token", form)
        self._account = Account(Web(settings.url, timeouts), Tokens(self._identity, client), {})

    async def close(self) -> None:
        await self._account.close()
        await self._identity.close()

    async def in_house(self) -> list[GuestIn]:
        read: dict[str, Reservation] = {}
        counts: set[int] = set()
        for page in range(1, MOST_PAGES + 1):
            wanted: Parameters = {
                "propertyIds": self._property,
                "status": "InHouse",
                "pageNumber": page,
                "pageSize": PAGE,
            }
            reply = await self._account.ask("GET", "/booking/v1/reservations", parameters=wanted)
            got = reply.expect(Reservations) if reply.status != 204 else Reservations(count=len(read))
            counts.add(got.count)
            read.update((each.id, each) for each in got.reservations)
            if not got.reservations or len(read) >= got.count:
                break
        if counts != {len(read)}:
            raise Misread
        return housed(map(_guest, read.values()))

    async def post(self, number: int, posting: Posting) -> Answer:
        if not posting.reservation or not await self._stays(posting.reservation):
            return Answer(number, "NG")
        action = "AddCharge" if posting.minor >= 0 else "AddAllowance"
        folios = await self._folios(posting, "allowedActions")
        folio = next((each for each in folios if action in each.allowed_actions), None)
        if folio is None:
            return Answer(number, "DN")
        reply = await self._booked(number, posting, folio.id)
        if 200 <= reply.status < 300:
            return Answer(number, "OK", (reply.read(Charge) or Charge()).id)
        log.warning("hotel.refused", status=reply.status)
        return Answer(number, "NG" if reply.status == 404 else "UR")

    async def look(self, number: int, posting: Posting) -> Look:
        del number  # an earlier attempt of the charge is as good
        try:
            folios = await self._folios(posting, "charges,allowances")
        except Misread:
            return Unclear()
        for folio in folios:
            for id, text in _marks(folio):
                attempt = attempt_of(posting, text)
                if attempt is not None:
                    return Found(attempt, id)
        return Absent() if folios else Unclear()

    async def run(self, errand: AnyErrand, roll: Roll) -> Sequence[ServiceNews]:
        del errand, roll
        raise Declined(NOT_OFFERED)

    async def _stays(self, reservation: str) -> bool:
        reply = await self._account.ask("GET", f"/booking/v1/reservations/{quote(reservation, safe='')}")
        return reply.status != 404 and reply.expect(Reservation).status == "InHouse"

    async def _booked(self, number: int, posting: Posting, folio: str) -> Reply:
        amount = Decimal(abs(posting.minor)).scaleb(-exponent_of(posting.currency))
        mark = reference(posting, number)
        body = {
            "serviceType": "Other",
            "vatType": self._vat,
            "amount": {"amount": amount, "currency": posting.currency},
        }
        if posting.minor >= 0:
            what, body = "charges", {**body, "name": posting.text, "receipt": mark}
        else:
            what, body = "allowances", {**body, "reason": f"{posting.text} {mark}"}
        path = f"/finance/v1/folio-actions/{quote(folio, safe='')}/{what}"
        try:
            return let_in(await self._account.ask("POST", path, body=body, headers={"idempotency-key": mark}))
        except Lost as fault:
            return await self._repeated(fault, path, body, mark)

    async def _repeated(self, lost: Lost, path: str, body: object, mark: str) -> Reply:
        """The receipt of a charge that was lost. Raises Lost for whatever else the repeats come to: turned away or
        refused is the repeat, and says nothing of what went before.
        """
        for _ in range(REPEATS):
            log.info("posting.repeated", reason=lost.reason)
            try:
                reply = await self._account.ask("POST", path, body=body, headers={"idempotency-key": mark})
            except Lost as fault:
                lost = fault
            except NothingDone as fault:
                raise Lost(fault.reason, fault.pause) from None
            else:
                if 200 <= reply.status < 300:
                    return reply
                raise Lost(f"answer-{reply.status}")
        raise lost

    async def _folios(self, posting: Posting, expand: str) -> tuple[Folio, ...]:
        wanted = {"reservationIds": posting.reservation, "type": "Guest", "expand": expand}
        reply = await self._account.ask("GET", "/finance/v1/folios", parameters=wanted)
        return () if reply.status == 204 else reply.expect(Folios).folios


def _guest(stay: Reservation) -> GuestIn:
    guest = stay.primary_guest
    language = guest.preferred_language.upper()[:2]
    told = {"name": guest.last_name, "given": guest.first_name, "title": guest.title, "language": language}
    return GuestIn(stay.unit.name, stay.id, told)


def _marks(folio: Folio) -> Iterator[tuple[str, str]]:
    yield from ((each.id, each.receipt) for each in folio.charges)
    yield from ((each.id, each.reason.rpartition(" ")[2]) for each in folio.allowances)
