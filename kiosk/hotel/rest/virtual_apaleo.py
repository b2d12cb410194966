"""The far side of the Apaleo adapter: reservations, folios, and an Idempotency-Key that is taken at its word.

A request with a key that was seen before gets the same answer as then and does nothing; the same key with another body
is refused. Without a key every request is a new one.
"""

from __future__ import annotations

import secrets
from collections.abc import Container, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kiosk.hotel.rest.far_side import Menu
from kiosk.hotel.rest.virtual_house import Handler, TurnedDown, VirtualHouse, credentials, read

DAY = "2026-01-08T12:00:00+01:00"


@dataclass(frozen=True)
class Stay:
    """A reservation with its one folio; ``open``: whether charges may be added to it, ``routed``: whether they go on to
    the folio of its booking.
    """

    id: str
    unit: str
    last_name: str = field(repr=False)
    first_name: str = field(default="", repr=False)
    language: str = "en"
    status: str = "InHouse"
    title: str = "Other"
    open: bool = True
    routed: bool = False

    @property
    def booking(self) -> str:
        return self.id.partition("-")[0]


@dataclass(frozen=True)
class Line:
    """A charge, or with a negative amount an allowance; ``mark`` is its receipt or its reason."""

    id: str
    amount: Decimal
    name: str
    mark: str


class _Strict(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    pass


class _Money(_Strict):
    amount: Decimal
    currency: str


class _Taxed(_Strict):
    service_type: Literal["Other", "Accommodation", "FoodAndBeverages"]
    vat_type: Literal["Normal", "Reduced", "VeryReduced", "Special", "Without"]
    amount: _Money


class _Charge(_Taxed):
    name: str
    receipt: str = ""


class _Allowance(_Taxed):
    reason: str


class _Refused(TurnedDown):
    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(JSONResponse({"messages": [message]}, status))


class VirtualApaleo(VirtualHouse[Line]):
    """``app`` serves both the API and the identity server. ``faults`` befall charges and allowances only, but the
    repeats of a known key as well. ``kept_back`` is how many folios are on pages that nobody asked for.
    """

    property = "KIOSK"
    client = ("KIOSK-AC", "apaleo-client-secret")

    def __init__(self, *stays: Stay) -> None:
        super().__init__()
        self.stays = {stay.id: stay for stay in stays}
        self.faults = Menu()
        self.kept_back = 0
        self.keys: dict[str, tuple[bytes, Response]] = {}
        action = "/finance/v1/folio-actions/{folio}"
        self.app = Starlette(
            routes=[
                Route("/connect/token", self.answered(self._token), methods=["POST"]),
                Route("/booking/v1/reservations", self._guarded(self._list), methods=["GET"]),
                Route("/booking/v1/reservations/{reservation}", self._guarded(self._one), methods=["GET"]),
                Route("/finance/v1/folios", self._guarded(self._found), methods=["GET"]),
                Route(f"{action}/charges", self._guarded(self._keyed(self._charge)), methods=["POST"]),
                Route(f"{action}/allowances", self._guarded(self._keyed(self._allow)), methods=["POST"]),
            ]
        )

    def check_out(self, reservation: str) -> None:
        self.stays[reservation] = replace(self.stays[reservation], status="CheckedOut", open=False)

    def _guarded(self, handler: Handler) -> Handler:
        async def guard(request: Request) -> Response:
            if not self.access.admits(request):
                raise _Refused(401)
            return await handler(request)

        return self.answered(guard)

    def _keyed(self, handler: Handler) -> Handler:
        async def once(request: Request) -> Response:
            key, body = request.headers.get("idempotency-key", secrets.token_hex()), await request.body()

            async def book() -> Response:
                if key not in self.keys:
                    self.keys[key] = (body, await handler(request))
                seen, answer = self.keys[key]
                if seen != body:
                    raise _Refused(422, "This idempotency key was used for another request")
                return answer

            return await self.faults.befall(book)

        return once

    async def _token(self, request: Request) -> Response:
        if credentials(request) != ":".join(self.client):
            raise _Refused(400, "invalid_client")
        if await request.body() != b"grant_type=client_credentials":
            raise _Refused(400, "unsupported_grant_type")
        return self.access.grant()

    async def _list(self, request: Request) -> Response:
        wanted = request.query_params
        if wanted.get("propertyIds") != self.property or wanted.get("status") != "InHouse":
            raise _Refused(400, "filter")
        page, size = int(wanted.get("pageNumber", "1")), int(wanted.get("pageSize", "100"))
        present = sorted((stay for stay in self.stays.values() if stay.status == "InHouse"), key=lambda stay: stay.id)
        if not present[(page - 1) * size :]:
            return Response(status_code=204)
        listed = [self._listed(stay) for stay in present[(page - 1) * size : page * size]]
        return JSONResponse({"reservations": listed, "count": len(present)})

    async def _one(self, request: Request) -> Response:
        stay = self.stays.get(request.path_params["reservation"])
        if stay is None:
            raise _Refused(404)
        return JSONResponse(self._listed(stay))

    async def _found(self, request: Request) -> Response:
        wanted = request.query_params
        stay = self.stays.get(wanted.get("reservationIds", ""))
        booking = next((each for each in self.stays.values() if each.booking == wanted.get("bookingIds")), None)
        expand = wanted.get("expand", "").split(",")
        folios = []
        if stay is not None:
            folios.append(_folio(f"{stay.id}-1", self.folios.get(stay.id, []), "Guest", expand, open=stay.open))
        if booking is not None:
            lines = self.folios.get(booking.booking, [])
            folios.append(_folio(f"{booking.booking}-{self.property}-1", lines, "Booking", expand, open=True))
        if not folios:
            return Response(status_code=204)
        return JSONResponse({"folios": folios, "count": len(folios) + self.kept_back})

    async def _charge(self, request: Request) -> Response:
        charge = await read(request, _Charge, _Refused, 422)
        if charge.amount.amount <= 0:
            raise _Refused(422, "Amount must be positive")
        return self._book(request, charge.amount.amount, charge.name, charge.receipt)

    async def _allow(self, request: Request) -> Response:
        allowance = await read(request, _Allowance, _Refused, 422)
        if allowance.amount.amount <= 0:
            raise _Refused(422, "Amount must be positive")
        return self._book(request, -allowance.amount.amount, "", allowance.reason)

    def _book(self, request: Request, amount: Decimal, name: str, mark: str) -> Response:
        stay = self.stays.get(request.path_params["folio"].removesuffix("-1"))
        if stay is None:
            raise _Refused(404)
        if not stay.open:
            raise _Refused(422, "The folio is closed")
        lines = self.folios.setdefault(stay.booking if stay.routed else stay.id, [])
        line = Line(f"{stay.id}-1-F-{len(lines) + 1}", amount, name, mark)
        lines.append(line)
        return JSONResponse({"id": line.id})

    def _listed(self, stay: Stay) -> dict[str, object]:
        guest = {
            "title": stay.title,
            "lastName": stay.last_name,
            "firstName": stay.first_name,
            "preferredLanguage": stay.language,
        }
        return {
            "id": stay.id,
            "bookingId": stay.booking,
            "status": stay.status,
            "property": {"id": self.property},
            "unit": {"id": stay.unit, "name": stay.unit},
            "arrival": DAY,
            "departure": DAY,
            "created": DAY,
            "modified": DAY,
            "adults": 1,
            "primaryGuest": guest,
        }


def _folio(id: str, lines: Sequence[Line], kind: str, expand: Container[str], *, open: bool) -> dict[str, object]:
    folio: dict[str, object] = {
        "id": id,
        "created": DAY,
        "updated": DAY,
        "type": kind,
        "isMainFolio": True,
        "status": "Open" if open else "Closed",
        "balance": {"amount": float(-sum(line.amount for line in lines)), "currency": "EUR"},
    }
    if "allowedActions" in expand:
        folio["allowedActions"] = ["AddCharge", "AddAllowance"] if open else ["Reopen"]
    if "charges" in expand:
        folio["charges"] = [
            {**_line(line), "name": line.name, "receipt": line.mark, "isPosted": True, "quantity": 1, "type": "Direct"}
            for line in lines
            if line.amount >= 0
        ]
    if "allowances" in expand:
        folio["allowances"] = [{**_line(line), "reason": line.mark} for line in lines if line.amount < 0]
    return folio


def _line(line: Line) -> dict[str, object]:
    gross = float(abs(line.amount))
    amount = {"grossAmount": gross, "netAmount": gross, "vatType": "Normal", "vatPercent": 0.0, "currency": "EUR"}
    return {"id": line.id, "serviceType": "Other", "serviceDate": DAY[:10], "created": DAY, "amount": amount}
