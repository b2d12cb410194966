"""What the far sides of REST systems have in common as hotels: tokens, requests that are counted and read strictly, and
folios.
"""

from __future__ import annotations

import secrets
from base64 import b64decode
from collections.abc import Awaitable, Callable
from decimal import Decimal
from time import monotonic
from typing import Generic, Protocol, TypeVar

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kiosk.hotel.rest.far_side import Severed

Body = TypeVar("Body")
Handler = Callable[[Request], Awaitable[Response]]


class Booked(Protocol):
    """A line on a folio."""

    @property
    def amount(self) -> Decimal: ...


Line = TypeVar("Line", bound=Booked)


class TurnedDown(Exception):
    """``response`` is in place of an answer."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def credentials(request: Request) -> str:
    """Client and secret of Basic authentication, with a colon between; "" without."""
    scheme, _, said = request.headers.get("authorization", "").partition(" ")
    return b64decode(said).decode() if scheme == "Basic" else ""


class Access:
    """The tokens given out, which last ``seconds``. ``granted`` counts them; ``withdrawn``: none is any good."""

    def __init__(self) -> None:
        self.seconds = 3600
        self.granted = 0
        self.withdrawn = False
        self._until: dict[str, float] = {}

    def expire(self) -> None:
        self._until.clear()

    def grant(self) -> Response:
        self.granted += 1
        token = secrets.token_urlsafe(24)
        self._until[token] = monotonic() + self.seconds
        return JSONResponse({"access_token": token, "expires_in": self.seconds, "token_type": "Bearer"})

    def admits(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        return scheme == "Bearer" and not self.withdrawn and self._until.get(token, 0.0) > monotonic()


class VirtualHouse(Generic[Line]):
    """``folios`` by reservation; ``asked`` has all requests so far. ``silent``: connections are cut, whatever it is."""

    def __init__(self) -> None:
        self.access = Access()
        self.folios: dict[str, list[Line]] = {}
        self.asked: list[str] = []
        self.silent = False

    def amounts(self, reservation: str) -> list[Decimal]:
        return [line.amount for line in self.folios.get(reservation, [])]

    def count(self, what: str) -> int:
        """How often ``what`` stands in the requests so far."""
        return sum(what in request for request in self.asked)

    def answered(self, handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            self.asked.append(f"{request.method} {request.url.path}")
            if self.silent:
                return Severed()
            try:
                return await handler(request)
            except TurnedDown as refusal:
                return refusal.response

        return answer


async def read(request: Request, shape: type[Body], otherwise: Callable[[int, str], TurnedDown], status: int) -> Body:
    """The body as ``shape``; with ``status`` raises ``otherwise`` for another one, with 415 for what is no JSON."""
    if request.headers.get("content-type", "").split(";")[0] != "application/json":
        raise otherwise(415, "")
    try:
        return msgspec.json.decode(await request.body(), type=shape)
    except msgspec.DecodeError as fault:
        raise otherwise(status, str(fault)) from None
