"""Apaleo by its REST API: guests, charges and folios. It has no wake-ups, messages or door signs.

After apaleo.dev. A charge whose answer is lost is sent again at once with the same Idempotency-Key, which books it
once; what even that leaves open, be it by a refusal of the repeat, is looked up on the folio.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain
from urllib.parse import quote

import structlog

from kiosk.books.money import exponent_of
from kiosk.books.postings import Posting
from kiosk.config.hotel import ApaleoSettings
from kiosk.hotel.errands import AnyErrand
from kiosk.hotel.news import Answer, GuestIn, ServiceNews
from kiosk.hotel.rest import apaleo_shapes as shapes
from kiosk.hotel.rest.account import Account, admitted
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

_LINES: Parameters = {"expand": "charges,allowances", "pageSize": PAGE}


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
        read: dict[str, shapes.Reservation] = {}
        counts: set[int] = set()
        for page in range(1, MOST_PAGES + 1):
            wanted: Parameters = {
                "propertyIds": self._property,
                "status": "InHouse",
                "pageNumber": page,
                "pageSize": PAGE,
            }
            reply = admitted(await self._account.ask("GET", "/booking/v1/reservations", parameters=wanted))
            got = reply.expect(shapes.Reservations) if reply.status != 204 else shapes.Reservations(count=len(read))
            counts.add(got.count)
            read.update((each.id, each) for each in got.reservations)
            if not got.reservations or len(read) >= got.count:
                break
        if counts != {len(read)}:
            raise Misread
        return housed(map(_guest, read.values()))

    async def post(self, number: int, posting: Posting) -> Answer:
        stay = await self._stay(posting.reservation) if posting.reservation else None
        if stay is None or stay.status != "InHouse":
            return Answer(number, "NG")
        action = "AddCharge" if posting.minor >= 0 else "AddAllowance"
        wanted = {"reservationIds": posting.reservation, "type": "Guest", "expand": "allowedActions"}
        folio = next((each for each in (await self._folios(wanted)).folios if action in each.allowed_actions), None)
        if folio is None:
            return Answer(number, "DN")
        reply = await self._booked(number, posting, folio.id)
        if 200 <= reply.status < 300:
            return Answer(number, "OK", (reply.read(shapes.Charge) or shapes.Charge()).id)
        log.warning("hotel.refused", status=reply.status)
        return Answer(number, "NG" if reply.status == 404 else "UR")

    async def look(self, number: int, posting: Posting) -> Look:
        """All folios of the reservation, and those of its booking, to which charges may be routed."""
        del number  # an earlier attempt of the charge is as good
        try:
            stay = await self._stay(posting.reservation)
            if stay is None or not stay.booking_id:
                return Unclear()
            own = await self._folios({"reservationIds": posting.reservation, **_LINES})
            shared = await self._folios({"bookingIds": stay.booking_id, **_LINES})
        except Misread:
            return Unclear()
        for id, text in chain.from_iterable(map(_marks, (*own.folios, *shared.folios))):
            attempt = attempt_of(posting, text)
            if attempt is not None:
                return Found(attempt, id)
        whole = all(len(each.folios) >= each.count for each in (own, shared))
        return Absent() if own.folios and whole else Unclear()

    async def run(self, errand: AnyErrand, roll: Roll) -> Sequence[ServiceNews]:
        del errand, roll
        raise Declined(NOT_OFFERED)

    async def _stay(self, reservation: str) -> shapes.Reservation | None:
        reply = await self._account.ask("GET", f"/booking/v1/reservations/{quote(reservation, safe='')}")
        return None if reply.status == 404 else reply.expect(shapes.Reservation)

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
            return await self._account.ask("POST", path, body=body, headers={"idempotency-key": mark})
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

    async def _folios(self, wanted: Parameters) -> shapes.Folios:
        reply = await self._account.ask("GET", "/finance/v1/folios", parameters=wanted)
        return shapes.Folios() if reply.status == 204 else reply.expect(shapes.Folios)


def _guest(stay: shapes.Reservation) -> GuestIn:
    guest = stay.primary_guest
    language = guest.preferred_language.upper()[:2]
    title = "" if guest.title == "Other" else guest.title
    told = {"name": guest.last_name, "given": guest.first_name, "title": title, "language": language}
    return GuestIn(stay.unit.name, stay.id, told)


def _marks(folio: shapes.Folio) -> Iterator[tuple[str, str]]:
    yield from ((each.id, each.receipt) for each in folio.charges)
    yield from ((each.id, each.reason.rpartition(" ")[2]) for each in folio.allowances)
