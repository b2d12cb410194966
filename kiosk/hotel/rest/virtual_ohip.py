"""The far side of the OHIP adapter: a small OPERA Cloud that refuses what the real one refuses, and forgets nothing
but what it was asked before: the same charge twice is two charges.

Whom it lets in is the subject of ``virtual_ohip_gate``, what it takes that of ``virtual_ohip_bodies``; a body that is
otherwise is 400.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kiosk.hotel.rest import virtual_ohip_bodies as bodies
from kiosk.hotel.rest.far_side import Menu
from kiosk.hotel.rest.virtual_house import Handler, VirtualHouse, read
from kiosk.hotel.rest.virtual_ohip_gate import Gate, Refused

Body = TypeVar("Body")

LARGEST_PAGE = 200


@dataclass(frozen=True)
class Stay:
    """A reservation. ``limit`` is how much may stand on the folio."""

    id: str
    room: str
    surname: str = field(repr=False)
    given: str = field(default="", repr=False)
    salutation: str = ""
    language: str = "EN"
    vip: str = ""
    no_post: bool = False
    limit: Decimal | None = None
    in_house: bool = True
    pseudo: bool = False


@dataclass(frozen=True)
class Line:
    """A posting on a folio."""

    number: int
    amount: Decimal
    currency: str
    code: str
    check: str
    reference: str
    remark: str


class VirtualOhip(VirtualHouse[Line]):
    """``app`` is to be served; the rest is for whoever arranges and looks.

    ``faults`` befall charges, ``errand_faults`` whatever else changes something. ``page_limit`` is how many guests a
    page has at the most, whatever is asked for, ``folio_limit`` how many lines a page of a folio has.
    """

    code = "4510"
    cashier = 42

    def __init__(self, zone: ZoneInfo, *stays: Stay) -> None:
        super().__init__()
        self.zone = zone
        self.gate = Gate(self.access)
        self.stays = {stay.id: stay for stay in stays}
        self.wake_ups: dict[str, set[str]] = {}
        self.wishes: dict[str, str] = {}
        self.messages: dict[str, dict[str, bodies.GuestMessage]] = {}
        self.faults = Menu()
        self.errand_faults = Menu()
        self.page_limit = LARGEST_PAGE
        self.folio_limit = 1000
        self.night_audit = False
        self.post_stay = False
        """Charges are taken after check-out, too."""
        self.services = True
        self.discreet = False
        """Folios are shown without their postings."""
        self._numbers = 660_000
        stay = "/reservations/{reservation}"
        self.app = Starlette(
            routes=[
                Route("/oauth/v1/tokens", self.answered(self.gate.token), methods=["POST"]),
                Route("/rsv/v1/hotels/{hotel}/reservations", self._guarded(self._list), methods=["GET"]),
                Route(f"/rsv/v1/hotels/{{hotel}}{stay}", self._guarded(self._one), methods=["GET"]),
                Route(
                    f"/rsv/v1/hotels/{{hotel}}{stay}/guestMessages",
                    self._writing(self.errand_faults, self._write),
                    methods=["POST"],
                ),
                Route(
                    f"/rsv/v1/hotels/{{hotel}}{stay}/guestMessages/{{message}}",
                    self._writing(self.errand_faults, self._rewrite),
                    methods=["PUT"],
                ),
                Route(
                    f"/csh/v1/hotels/{{hotel}}{stay}/charges",
                    self._writing(self.faults, self._charge),
                    methods=["POST"],
                ),
                Route(f"/csh/v1/hotels/{{hotel}}{stay}/folios", self._guarded(self._folio), methods=["GET"]),
                Route(
                    f"/fof/v1/hotels/{{hotel}}{stay}/wakeUpCalls",
                    self._writing(self.errand_faults, self._call),
                    methods=["POST"],
                ),
                Route(
                    f"/fof/v1/hotels/{{hotel}}{stay}/wakeUpCalls",
                    self._writing(self.errand_faults, self._uncall),
                    methods=["DELETE"],
                ),
                Route(
                    "/hsk/v1/hotels/{hotel}/serviceRequests",
                    self._writing(self.errand_faults, self._wish),
                    methods=["PUT"],
                ),
            ]
        )

    # What reception does.

    def check_in(self, stay: Stay) -> None:
        self.stays[stay.id] = stay

    def check_out(self, reservation: str) -> None:
        self.stays[reservation] = replace(self.stays[reservation], in_house=False)

    def move(self, reservation: str, room: str) -> None:
        self.stays[reservation] = replace(self.stays[reservation], room=room)

    def leave_message(self, reservation: str, id: str, text: str) -> None:
        message = bodies.Message(message_text=text, message_date="2026-01-18 10:57:15.0", type_of_message="Tm")
        told = bodies.GuestMessage(message=message, delivery=bodies.Delivery(delivery_status="Nr"))
        self.messages.setdefault(reservation, {})[id] = told

    # What every request goes through.

    def _guarded(self, handler: Handler) -> Handler:
        async def guard(request: Request) -> Response:
            self.gate.check(request)
            return await handler(request)

        return self.answered(guard)

    def _writing(self, menu: Menu, handler: Handler) -> Handler:
        async def write(request: Request) -> Response:
            return await menu.befall(lambda: handler(request))

        return self._guarded(write)

    def _stay(self, request: Request) -> Stay:
        stay = self.stays.get(request.path_params["reservation"])
        if stay is None:
            raise Refused(404, "Reservation can't be found with the supplied hotel code and reservation id", "FOF00066")
        return stay

    def _housed(self, request: Request) -> Stay:
        stay = self._stay(request)
        if not stay.in_house:
            raise Refused(400, "Reservation is not in house")
        return stay

    async def _read(self, request: Request, shape: type[Body]) -> Body:
        return await read(request, shape, Refused, 400)

    # rsv

    async def _list(self, request: Request) -> Response:
        wanted = request.query_params
        if wanted.get("searchType") != "InHouse":
            raise Refused(400, "searchType")
        limit, offset = int(wanted.get("limit", "20")), int(wanted.get("offset", "0"))
        if not 0 < limit <= LARGEST_PAGE:
            raise Refused(400, "limit")
        present = sorted((stay for stay in self.stays.values() if stay.in_house), key=lambda stay: stay.id)
        limit = min(limit, self.page_limit)
        page = present[offset : offset + limit]
        if not present:
            return Response(status_code=204)
        listed = {
            "reservationInfo": [_listed(stay) for stay in page],
            "totalResults": len(present),
            "count": len(page),
            "limit": limit,
            "offset": offset,
            "hasMore": offset + limit < len(present),
        }
        return JSONResponse({"reservations": listed, "links": []})

    async def _one(self, request: Request) -> Response:
        stay = self._stay(request)
        told: dict[str, object] = {
            "reservationIdList": _ids(stay),
            "roomStay": {"currentRoomInfo": {"roomId": stay.room}},
            "hotelId": self.gate.hotel,
            "reservationStatus": _status(stay),
        }
        if "GuestMessages" in request.query_params.getlist("fetchInstructions"):
            messages = self.messages.get(stay.id, {})
            told["guestMessages"] = [{"id": id, **msgspec.to_builtins(each)} for id, each in messages.items()]
        return JSONResponse({"reservations": {"reservation": [told]}})

    async def _write(self, request: Request) -> Response:
        body, stay = await self._read(request, bodies.GuestMessages), self._housed(request)
        waiting = self.messages.setdefault(stay.id, {})
        for each in body.guest_messages:
            waiting[str(347_000 + len(waiting))] = each
        return JSONResponse({"guestMessages": []}, 201)

    async def _rewrite(self, request: Request) -> Response:
        body, stay = await self._read(request, bodies.GuestMessages), self._stay(request)
        id = request.path_params["message"]
        if id not in self.messages.get(stay.id, {}):
            raise Refused(404, "Guest message not found")
        self.messages[stay.id][id] = body.guest_messages[0]
        return JSONResponse({})

    # csh

    async def _charge(self, request: Request) -> Response:
        stay = self._stay(request) if self.post_stay else self._housed(request)
        posted = self._book(stay, (await self._read(request, bodies.Charges)).criteria)
        return JSONResponse({"postings": [_posted(line) for line in posted], "links": []}, 201)

    def _book(self, stay: Stay, criteria: bodies.Criteria) -> list[Line]:
        if criteria.reservation_id.id != stay.id or criteria.hotel_id != self.gate.hotel:
            raise Refused(400, "The reservation in the body is another")
        if criteria.cashier_id != self.cashier:
            raise Refused(400, "Cashier is not valid")
        if self.night_audit:
            raise Refused(400, "End of Day process is running")
        if stay.no_post:
            raise Refused(400, "No Post flag is set for this reservation")
        total = sum(self.amounts(stay.id), Decimal()) + sum(each.price.amount for each in criteria.charges)
        if stay.limit is not None and total > stay.limit:
            raise Refused(400, "The charge was not posted", detail="Credit limit exceeded")
        if any(each.transaction_code != self.code for each in criteria.charges):
            raise Refused(400, "Transaction code is not valid")
        lines = [self._line(each) for each in criteria.charges]
        self.folios.setdefault(stay.id, []).extend(lines)
        return lines

    def _line(self, charge: bodies.Charge) -> Line:
        self._numbers += 1
        return Line(
            self._numbers,
            charge.price.amount * charge.posting_quantity,
            charge.price.currency_code,
            charge.transaction_code,
            charge.check_number,
            charge.posting_reference,
            charge.posting_remark,
        )

    async def _folio(self, request: Request) -> Response:
        stay, wanted = self._stay(request), request.query_params
        if "Postings" not in wanted.getlist("fetchInstructions"):
            raise Refused(400, "fetchInstructions")
        if wanted.get("folioWindowNo", "1") != "1":
            return Response(status_code=204)
        lines, offset = self.folios.get(stay.id, []), int(wanted.get("offset", "0"))
        page = lines[offset : offset + self.folio_limit]
        window = {
            "folioWindowNo": 1,
            "folios": [{"postings": [] if self.discreet else [_posted(line) for line in page]}],
            "emptyFolio": not lines,
            "hasMore": offset + len(page) < len(lines),
        }
        return JSONResponse({"reservationFolioInformation": {"folioWindows": [window]}})

    # fof, hsk

    async def _call(self, request: Request) -> Response:
        body, stay = await self._read(request, bodies.Calls), self._housed(request)
        for call in body.calls:
            at = datetime.strptime(call.call_time, "%Y-%m-%d %H:%M:%S").replace(tzinfo=self.zone)
            if call.reservation_info.room != stay.room or call.time_span.start_date != call.call_time[:10]:
                raise Refused(400, "Wake up call does not fit the reservation")
            if at <= datetime.now(self.zone):
                raise Refused(400, "Wake up time must be in the future")
            self.wake_ups.setdefault(stay.id, set()).add(call.call_time)
        return JSONResponse({}, 201)

    async def _uncall(self, request: Request) -> Response:
        stay, at = self._stay(request), request.query_params.get("callTime", "")
        if at not in self.wake_ups.get(stay.id, set()):
            raise Refused(404, "Wake up call not found")
        self.wake_ups[stay.id].discard(at)
        return JSONResponse({})

    async def _wish(self, request: Request) -> Response:
        wish = (await self._read(request, bodies.Wishes)).criteria
        if not self.services:
            title = "Guest Service Status functionality is currently not available for this Property"
            raise Refused(400, title, "FOF00247")
        occupied = {stay.room for stay in self.stays.values() if stay.in_house}
        if not occupied.issuperset(wish.room_list):
            raise Refused(400, "Room is not occupied", "FOF00241")
        self.wishes.update(dict.fromkeys(wish.room_list, wish.status))
        return JSONResponse({})


def _ids(stay: Stay) -> list[dict[str, str]]:
    return [{"id": stay.id, "type": "Reservation"}, {"id": f"9{stay.id}", "type": "Confirmation"}]


def _status(stay: Stay) -> str:
    return "InHouse" if stay.in_house else "CheckedOut"


def _listed(stay: Stay) -> dict[str, object]:
    return {
        "reservationIdList": _ids(stay),
        "roomStay": {"roomId": stay.room, "pseudoRoom": stay.pseudo, "arrivalDate": "2026-01-08"},
        "reservationGuest": {
            "namePrefix": stay.salutation,
            "surname": stay.surname,
            "givenName": stay.given,
            "language": stay.language,
            **({"vip": {"vipCode": stay.vip}} if stay.vip else {}),
        },
        "cashiering": {"billingPrivileges": {"postingRestriction": stay.no_post}},
        "reservationStatus": _status(stay),
    }


def _posted(line: Line) -> dict[str, object]:
    return {
        "transactionNo": line.number,
        "transactionCode": line.code,
        "postedAmount": {"amount": float(line.amount), "currencyCode": line.currency},
        "checkNo": line.check,
        "reference": line.reference,
        "remark": line.remark,
    }
