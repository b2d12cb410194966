"""OPERA Cloud by its REST API (OHIP): guests, charges, folios, wake-ups, messages and room wishes.

Paths and bodies after github.com/oracle/hospitality-api-docs (rest-api-specs/property: rsv, csh, fof, hsk, oauth) and
Oracle's guides Posting Charges (pcpig), Wake-Up Calls (pswuc), Guest Messages (pswgm), Housekeeping Service Status
(hssig); operations are called by their operationId there. The API has no idempotency key; so each attempt carries its
own reference, by which the folio is searched.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog

from kiosk.books.money import exponent_of
from kiosk.books.postings import Posting
from kiosk.config.hotel import OhipSettings
from kiosk.hotel import errands
from kiosk.hotel.news import Answer, GuestIn, MessageHere, NoMoreMessages, ServiceNews
from kiosk.hotel.rest import ohip_shapes as shapes
from kiosk.hotel.rest.account import Account, admitted
from kiosk.hotel.rest.line import (
    NOT_OFFERED,
    Absent,
    Declined,
    Found,
    Look,
    Pace,
    RestLine,
    Unclear,
)
from kiosk.hotel.rest.reference import attempt_of, reference
from kiosk.hotel.rest.roll import Roll, housed
from kiosk.hotel.rest.tokens import Client, Tokens, secret
from kiosk.hotel.rest.web import Misread, NothingDone, Parameters, Reply, Timeouts, Web

log = structlog.get_logger()

PAGE = 100
"""Reservations asked for at a time."""
MOST_PAGES = 100
SCOPE = "urn:opc:hgbu:ws:__myscopes__"
"""Whatever the environment grants to this client."""
NOT_NOW = 10.0
"""Seconds before an errand that could not be done at that moment is tried again."""
SENDER = "Kiosk"
"""Who a message is from, as reception reads it."""

# The words of a refusal, for its codes are not public; the first that fits. What fits none is UR: cannot be done.
_REFUSALS = (
    ("NA", re.compile(r"night audit|end of day|business date", re.IGNORECASE)),
    ("NP", re.compile(r"no.?post|posting (?:is )?restrict|restricted? .*posting", re.IGNORECASE)),
    ("CO", re.compile(r"credit limit", re.IGNORECASE)),
    ("NG", re.compile(r"not (?:in.?house|checked.?in)|checked.?out|(?:reservation|room).* not (?:found|exist)", re.I)),
    ("NG", re.compile(r"(?:reservation|room) can(?:'t|not) be found", re.IGNORECASE)),
    ("RY", re.compile(r"cashier.*(?:lock|in use)|lock(?:ed)? by", re.IGNORECASE)),
)
_NOT_OFFERED = re.compile(r"not (?:currently )?(?:available|active|enabled)|currently not available", re.IGNORECASE)

_WISHES: dict[errands.Wish, str] = {
    "do-not-disturb": "DoNotDisturb",
    "make-up": "MakeUpRoom",
    "none": "NoStatusSelected",
}
_UNREAD, _READ = "Nr", "Mr"

_FOLIO: Parameters = {"fetchInstructions": "Postings", "includeFolioHistory": "true"}


def ohip_line(settings: OhipSettings, zone: ZoneInfo, pace: Pace | None = None) -> RestLine:
    """Raises SecretMissing, and ValueError for an address that is not safe."""
    return RestLine(Ohip(settings, zone), pace or Pace(guests=settings.guests_every, settle=settings.settle_seconds))


class Ohip:
    """A ``System``. ``zone`` is the property's."""

    def __init__(self, settings: OhipSettings, zone: ZoneInfo, timeouts: Timeouts | None = None) -> None:
        key = secret(settings.app_key_file)
        web = Web(settings.url, timeouts or Timeouts())
        self._hotel = settings.hotel
        self._settings = settings
        self._zone = zone
        headers = {"x-app-key": key, "x-hotelid": settings.hotel, "accept-language": "en"}
        self._account = Account(web, Tokens(web, _client(settings, key)), headers)

    async def close(self) -> None:
        await self._account.close()

    async def in_house(self) -> list[GuestIn]:
        """getHotelReservations. Guests without a room and posting accounts (pseudo rooms) are left out.

        Raises Misread when the pages do not add up: somebody came or left between two of them.
        """
        read: dict[str, shapes.ReservationInfo] = {}
        totals: set[int | None] = set()
        listed = 0
        for _ in range(MOST_PAGES):
            got = await self._page(listed)
            listed += len(got.reservation_info)  # a page may be shorter than asked for
            read.update((each.id, each) for each in got.reservation_info)
            totals.add(got.total_results)
            if not (got.has_more and got.reservation_info):
                break
        if got.has_more or totals - {len(read), None}:
            raise Misread
        return housed(_guest(each) for each in read.values() if not each.room_stay.pseudo_room)

    async def post(self, number: int, posting: Posting) -> Answer:
        """postBillingCharges. By the guide it wants reservation, transaction code, price and cashier."""
        if not posting.reservation:
            return Answer(number, "NG")
        price = Decimal(posting.minor).scaleb(-exponent_of(posting.currency))
        charge = {
            "transactionCode": self._settings.transaction_code,
            "price": {"amount": price, "currencyCode": posting.currency},
            "postingQuantity": 1,
            "checkNumber": str(posting.voucher),
            "postingReference": reference(posting, number),
            "postingRemark": posting.text,
            # Routed to another folio it would not be found on this one when its answer is lost.
            "applyRoutingInstructions": False,
            "usePackageAllowance": False,
        }
        criteria = {
            "hotelId": self._hotel,
            "reservationId": {"id": posting.reservation, "idContext": "OPERA", "type": "Reservation"},
            "charges": [charge],
            "cashierId": self._settings.cashier,
            "postIt": False,
        }
        path = self._reservation("csh", posting.reservation, "charges")
        reply = await self._account.ask("POST", path, body={"criteria": criteria})
        if 200 <= reply.status < 300:
            return Answer(number, "OK", _numbers((reply.read(shapes.Posted) or shapes.Posted()).postings))
        return Answer(number, _refused(reply))

    async def look(self, number: int, posting: Posting) -> Look:
        """getFolio: all windows of the folio, page by page, and what was printed of it before."""
        del number  # an earlier attempt of the charge is as good
        if not posting.reservation:
            return Absent()
        information = await self._folio(posting.reservation, {})
        if information is None:
            return Unclear()
        shown = [await self._pages(posting.reservation, window) for window in information.folio_windows]
        shown += [[printed] for printed in information.folio_history]
        for line in (line for pages in shown for page in pages for line in page.postings):
            attempt = attempt_of(posting, line.reference)
            if attempt is not None:
                return Found(attempt, _numbers((line,)))
        return Absent() if shown and all(map(_whole, shown)) else Unclear()

    async def _pages(self, reservation: str, window: shapes.FolioWindow) -> list[shapes.FolioWindow]:
        """``window`` and the pages that follow it, as long as they bring anything new."""
        pages = [window]
        seen = {line.transaction_no for line in window.postings}
        while pages[-1].has_more and window.folio_window_no is not None and len(pages) < MOST_PAGES:
            wanted = {"folioWindowNo": window.folio_window_no, "offset": sum(len(page.postings) for page in pages)}
            information = await self._folio(reservation, wanted)
            shown = information.folio_windows if information else ()
            here = next((each for each in shown if each.folio_window_no == window.folio_window_no), None)
            new = {line.transaction_no for line in here.postings} - seen if here else set()
            if here is None or not new:
                break
            seen |= new
            pages.append(here)
        return pages

    async def _folio(self, reservation: str, part: Parameters) -> shapes.FolioInformation | None:
        """None where it is not to be seen."""
        path = self._reservation("csh", reservation, "folios")
        reply = await self._account.ask("GET", path, parameters={**_FOLIO, **part})
        folio = reply.read(shapes.Folio) if reply.status == 200 else None
        return folio.reservation_folio_information if folio else None

    async def run(self, errand: errands.AnyErrand, roll: Roll) -> Sequence[ServiceNews]:
        """Signs by setGuestHousekeepingServiceRequest."""
        match errand:
            case errands.WakeUpSet(_, room, at, reservation):
                await self._set_wake_up(reservation or _anybody(room, roll), room, self._local(at))
            case errands.WakeUpClear(_, room, at, ""):
                await self._clear_anybodys(roll.reservations(room), self._local(at))
            case errands.WakeUpClear(_, _, at, reservation):
                await self._cleared(reservation, self._local(at))
            case errands.RoomWished(room, _, wish):
                criteria = {"hotelId": self._hotel, "roomList": [room], "status": _WISHES[wish]}
                await self._do("PUT", f"/hsk/v1/hotels/{_safe(self._hotel)}/serviceRequests", {"criteria": criteria})
            case errands.MessageLeft(_, reservation, text):
                await self._leave_message(reservation, text)
            case errands.MessagesAsked(room, reservation):
                waiting = [each for each in await self._messages(reservation) if each.delivery.delivery_status != _READ]
                return [*(self._told(room, reservation, each) for each in waiting), NoMoreMessages(room, reservation)]
            case errands.MessageRead(_, reservation, id):
                await self._mark_read(reservation, id)
        return []

    async def _set_wake_up(self, reservation: str, room: str, at: datetime) -> None:
        """postWakeUpCall."""
        call = {
            "reservationInfo": {
                "reservationIdList": [{"type": "Reservation", "id": reservation}],
                "hotelId": self._hotel,
                "room": room,
            },
            "callTime": f"{at:%Y-%m-%d %H:%M:%S}",
            "isFollowUpCall": False,
            "status": "Pending",
            "timeSpan": {"startDate": f"{at:%Y-%m-%d}"},
        }
        await self._do("POST", self._reservation("fof", reservation, "wakeUpCalls"), {"calls": [call]})

    async def _clear_anybodys(self, reservations: Sequence[str], at: datetime) -> None:
        """Whose call it was is not known. One that none of the room has may hang on somebody who has moved."""
        for reservation in reservations:
            if await self._cleared(reservation, at):
                return
        raise Declined.because("NG")

    async def _cleared(self, reservation: str, at: datetime) -> bool:
        """deleteWakeUpCall; False when the reservation has no such call (any more)."""
        path = self._reservation("fof", reservation, "wakeUpCalls")
        reply = await self._account.ask("DELETE", path, parameters={"callTime": f"{at:%Y-%m-%d %H:%M:%S}"})
        if reply.status == 404:
            return False
        _done(reply)
        return True

    async def _leave_message(self, reservation: str, text: str) -> None:
        """postGuestMessages, with times of the hotel's zone, as OPERA Cloud reads them since 26.1."""
        message = {
            "messageText": text,
            "messageDate": f"{datetime.now(self._zone):%Y-%m-%d %H:%M:%S}.0",
            "typeOfMessage": "Tm",
            "recipient": "",
            "operator": SENDER,
        }
        body = {
            "hotelId": self._hotel,
            "reservationIdList": [{"type": "Reservation", "id": reservation}],
            "guestMessages": [
                {"message": message, "delivery": {"deliveryStatus": _UNREAD, "textMessageSentBy": SENDER}}
            ],
        }
        await self._do("POST", self._reservation("rsv", reservation, "guestMessages"), body)

    async def _messages(self, reservation: str) -> Sequence[shapes.GuestMessage]:
        """getReservation."""
        path = self._reservation("rsv", reservation)
        reply = _done(await self._account.ask("GET", path, parameters={"fetchInstructions": "GuestMessages"}))
        if reply.status == 204:
            return ()
        found = reply.expect(shapes.ReservationDetails).reservations.reservation
        return [message for each in found for message in each.guest_messages]

    async def _mark_read(self, reservation: str, id: str) -> None:
        """putGuestMessages. The text goes with it: a change replaces the whole message."""
        known = next((each for each in await self._messages(reservation) if each.id == id), None)
        if known is None or known.delivery.delivery_status == _READ:
            return
        delivery = {
            "deliveryStatus": _READ,
            "deliveryDate": f"{datetime.now(self._zone):%Y-%m-%d %H:%M:%S}.0",
            "deliveredBy": SENDER,
        }
        body = {"hotelId": self._hotel, "guestMessages": [{"message": known.message, "delivery": delivery}]}
        await self._do("PUT", self._reservation("rsv", reservation, f"guestMessages/{_safe(id)}"), body)

    def _told(self, room: str, reservation: str, message: shapes.GuestMessage) -> MessageHere:
        return MessageHere(
            room, reservation, message.id, message.message.message_text, self._date(message.message.message_date)
        )

    def _date(self, text: str) -> datetime | None:
        try:
            return datetime.fromisoformat(text.removesuffix(".0")).replace(tzinfo=self._zone)
        except ValueError:
            return None

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / 1000, UTC).astimezone(self._zone)

    async def _page(self, offset: int) -> shapes.ReservationPage:
        wanted: Parameters = {"searchType": "InHouse", "limit": PAGE, "offset": offset}
        path = f"/rsv/v1/hotels/{_safe(self._hotel)}/reservations"
        reply = admitted(await self._account.ask("GET", path, parameters=wanted))
        if reply.status == 204:
            return shapes.ReservationPage()
        if reply.status != 200:
            log.warning("hotel.refused", status=reply.status, code=_fault(reply).code)
            raise NothingDone("refused")
        return reply.expect(shapes.ReservationsDetails).reservations

    async def _do(self, method: str, path: str, body: object) -> None:
        _done(await self._account.ask(method, path, body=body))

    def _reservation(self, module: str, reservation: str, what: str = "") -> str:
        path = f"/{module}/v1/hotels/{_safe(self._hotel)}/reservations/{_safe(reservation)}"
        return f"{path}/{what}" if what else path


def _client(settings: OhipSettings, key: str) -> Client:
    """getToken: the flow that the environment is set up for; without a user it is that of client credentials."""
    headers = {"x-app-key": key}
    if settings.user and settings.password_file is not None:
        form = {"grant_type": "password", "username": settings.user, "password": secret(settings.password_file)}
    else:
        form = {"grant_type": "client_credentials", "scope": SCOPE}
        if settings.enterprise:  # of no meaning to the other flow
            headers["enterpriseId"] = settings.enterprise
    return Client(settings.client_id, secret(settings.client_secret_file), "/oauth/v1/tokens", form, headers)


def _anybody(room: str, roll: Roll) -> str:
    """Wake-ups hang on a reservation, not on a room: the first, where nobody knows whose. Raises Declined for an empty
    room.
    """
    present = roll.reservations(room)
    if not present:
        raise Declined.because("NG")
    return present[0]


def _safe(part: str) -> str:
    return quote(part, safe="")


def _guest(info: shapes.ReservationInfo) -> GuestIn:
    guest = info.reservation_guest
    language = guest.language.partition("-")[0].upper()
    told: dict[str, str | bool] = {
        "name": guest.surname or guest.full_name,
        "given": guest.given_name,
        "title": guest.name_prefix or guest.name_title,
        "language": language if re.fullmatch("[A-Z]{2}", language) else "",
        "no_post": info.cashiering.billing_privileges.posting_restriction,
        "vip": bool(guest.vip.vip_code),
    }
    return GuestIn(info.room_stay.room_id, info.id, told)


def _numbers(postings: Sequence[shapes.FolioPosting]) -> str:
    return " ".join(f"{each.transaction_no:.0f}" for each in postings if each.transaction_no is not None)


def _whole(pages: Sequence[shapes.FolioWindow]) -> bool:
    """Nothing of a window was kept back: neither further pages, nor what must be there where it is not called empty."""
    return not pages[-1].has_more and (pages[0].empty or any(page.postings for page in pages))


def _fault(reply: Reply) -> shapes.Fault:
    return reply.read(shapes.Fault) or shapes.Fault()


def _refused(reply: Reply) -> str:
    """The answer (AS) that a 4xx to a posting amounts to."""
    fault = _fault(reply)
    log.warning("hotel.refused", status=reply.status, code=fault.code)
    if reply.status == 403:
        return "UR"
    by_words = next((status for status, pattern in _REFUSALS if pattern.search(fault.words)), None)
    return by_words or ("NG" if reply.status == 404 else "UR")


def _done(reply: Reply) -> Reply:
    """Raises Declined for an errand that was not carried out."""
    if reply.status < 400:
        return reply
    fault = _fault(reply)
    if _NOT_OFFERED.search(fault.words):
        raise Declined(NOT_OFFERED)
    status = _refused(reply)
    if status in ("RY", "NA"):
        raise NothingDone("not-now", NOT_NOW)
    raise Declined.because(status)
