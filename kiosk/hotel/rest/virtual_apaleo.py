"""The far side of the Apaleo adapter: reservations, folios, and an Idempotency-Key that is taken at its word.

A request with a key that was seen before gets the same answer as then and does nothing; the same key with another body
is refused. Without a key every request is a new one.
"""

from __future__ import annotations

import secrets
from base64 import b64decode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from time import monotonic
from typing import Literal, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kiosk.hotel.rest.far_side import Menu

Body = TypeVar("Body")
Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Stay:
    """A reservation with its one folio; ``open``: whether charges may be added to it."""

    id: str
    unit: str
    last_name: str = field(repr=False)
    first_name: str = field(default="", repr=False)
    language: str = "en"
    status: str = "InHouse"
    open: bool = True


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


class _Refused(Exception):
    def __init__(self, status: int, message: str = "") -> None:
        super().__init__(message)
        self.response = JSONResponse({"messages": [message]}, status)


class VirtualApaleo:
    """``app`` serves both the API and the identity server. ``faults`` befall charges and allowances only, but the
    repeats of a known key as well.
    """

    property = "KIOSK"
    client = ("KIOSK-AC", "apaleo-client-secret")

    def __init__(self, *stays: Stay) -> None:
        self.stays = {stay.id: stay for stay in stays}
        self.folios: dict[str, list[Line]] = {}
        self.faults = Menu()
        self.keys: dict[str, tuple[bytes, Response]] = {}
        self.tokens_granted = 0
        self.asked: list[str] = []
        self._tokens: dict[str, float] = {}
        action = "/finance/v1/folio-actions/{folio}"
        self.app = Starlette(
            routes=[
                Route("/connect/token", self._answered(self._token), methods=["POST"]),
                Route("/booking/v1/reservations", self._guarded(self._list), methods=["GET"]),
                Route("/booking/v1/reservations/{reservation}", self._guarded(self._one), methods=["GET"]),
                Route("/finance/v1/folios", self._guarded(self._found), methods=["GET"]),
                Route(f"{action}/charges", self._guarded(self._keyed(self._charge)), methods=["POST"]),
                Route(f"{action}/allowances", self._guarded(self._keyed(self._allow)), methods=["POST"]),
            ]
        )

    def check_out(self, reservation: str) -> None:
        self.stays[reservation] = replace(self.stays[reservation], status="CheckedOut", open=False)

    def expire_tokens(self) -> None:
        self._tokens.clear()

    def amounts(self, reservation: str) -> list[Decimal]:
        return [line.amount for line in self.folios.get(reservation, [])]

    def count(self, what: str) -> int:
        """How often ``what`` stands in the requests so far."""
        return sum(what in request for request in self.asked)

    def _answered(self, handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            self.asked.append(f"{request.method} {request.url.path}")
            try:
                return await handler(request)
            except _Refused as refusal:
                return refusal.response

        return answer

    def _guarded(self, handler: Handler) -> Handler:
        async def guard(request: Request) -> Response:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme != "Bearer" or self._tokens.get(token, 0.0) <= monotonic():
                raise _Refused(401)
            return await handler(request)

        return self._answered(guard)

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
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or b64decode(credentials).decode() != ":".join(self.client):
            raise _Refused(400, "invalid_client")
        if await request.body() != b"grant_type=client_credentials":
            raise _Refused(400, "unsupported_grant_type")
        self.tokens_granted += 1
        token = secrets.token_urlsafe(24)
        self._tokens[token] = monotonic() + 3600
        return JSONResponse({"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    async def _list(self, request: Request) -> Response:
        wanted = request.query_params
        if wanted.get("propertyIds") != self.property or wanted.get("status") != "InHouse":
            raise _Refused(400, "filter")
        page, size = int(wanted.get("pageNumber", "1")), int(wanted.get("pageSize", "100"))
        present = sorted((stay for stay in self.stays.values() if stay.status == "InHouse"), key=lambda stay: stay.id)
        if not present[(page - 1) * size :]:
            return Response(status_code=204)
        listed = [_listed(stay) for stay in present[(page - 1) * size : page * size]]
        return JSONResponse({"reservations": listed, "count": len(present)})

    async def _one(self, request: Request) -> Response:
        stay = self.stays.get(request.path_params["reservation"])
        if stay is None:
            raise _Refused(404)
        return JSONResponse(_listed(stay))

    async def _found(self, request: Request) -> Response:
        stay = self.stays.get(request.query_params.get("reservationIds", ""))
        if stay is None:
            return Response(status_code=204)
        lines = self.folios.get(stay.id, [])
        folio: dict[str, object] = {"id": f"{stay.id}-1", "isMainFolio": True}
        expand = request.query_params.get("expand", "").split(",")
        if "allowedActions" in expand:
            folio["allowedActions"] = ["AddCharge", "AddAllowance"] if stay.open else ["Reopen"]
        if "charges" in expand:
            folio["charges"] = [{"id": line.id, "receipt": line.mark} for line in lines if line.amount >= 0]
        if "allowances" in expand:
            folio["allowances"] = [{"id": line.id, "reason": line.mark} for line in lines if line.amount < 0]
        return JSONResponse({"folios": [folio], "count": 1})

    async def _charge(self, request: Request) -> Response:
        charge = await self._read(request, _Charge)
        if charge.amount.amount <= 0:
            raise _Refused(422, "Amount must be positive")
        return self._book(request, charge.amount.amount, charge.name, charge.receipt)

    async def _allow(self, request: Request) -> Response:
        allowance = await self._read(request, _Allowance)
        if allowance.amount.amount <= 0:
            raise _Refused(422, "Amount must be positive")
        return self._book(request, -allowance.amount.amount, "", allowance.reason)

    def _book(self, request: Request, amount: Decimal, name: str, mark: str) -> Response:
        reservation = request.path_params["folio"].removesuffix("-1")
        stay = self.stays.get(reservation)
        if stay is None:
            raise _Refused(404)
        if not stay.open:
            raise _Refused(422, "The folio is closed")
        lines = self.folios.setdefault(reservation, [])
        line = Line(f"{reservation}-1-F-{len(lines) + 1}", amount, name, mark)
        lines.append(line)
        return JSONResponse({"id": line.id})

    async def _read(self, request: Request, shape: type[Body]) -> Body:
        if request.headers.get("content-type", "").split(";")[0] != "application/json":
            raise _Refused(415)
        try:
            return msgspec.json.decode(await request.body(), type=shape)
        except msgspec.DecodeError as fault:
            raise _Refused(422, str(fault)) from None


def _listed(stay: Stay) -> dict[str, object]:
    guest = {"lastName": stay.last_name, "firstName": stay.first_name, "preferredLanguage": stay.language}
    return {"id": stay.id, "status": stay.status, "unit": {"id": stay.unit, "name": stay.unit}, "primaryGuest": guest}
