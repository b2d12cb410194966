"""How the far side of the OHIP adapter lets people in: an application key, an OAuth client, and tokens that end."""

from __future__ import annotations

import re
import secrets
from base64 import b64decode
from time import monotonic
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

APP_KEY = "41ecd082-8997-4c69-af34-2f72b83645ff"
_APP_KEY = re.compile(r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89aAbB][a-f0-9]{3}-[a-f0-9]{12}")


class Refused(Exception):
    """In place of an answer: the 4xx that it is, as Oracle words one."""

    def __init__(self, status: int, title: str = "", code: str = "") -> None:
        super().__init__(title)
        self.response = JSONResponse(
            {"type": "Bad Request", "title": title, "detail": title, "o:errorCode": code, "language": "en"}, status
        )


class Gate:
    """Of one property. ``granted`` counts the tokens, which last ``token_seconds``."""

    hotel = "KIOSKHTL"
    enterprise = "ENT123"
    scope = "urn:opc:hgbu:ws:__myscopes__"
    client = ("kiosk-client", "kiosk-client-secret")
    user = ("KIOSK@EXAMPLE", "integration-word")

    def __init__(self) -> None:
        self.token_seconds = 3600.0
        self.granted = 0
        self._tokens: dict[str, float] = {}

    def expire_tokens(self) -> None:
        self._tokens.clear()

    def check(self, request: Request) -> None:
        """Raises Refused for a request that lacks a header or a token."""
        if request.headers.get("x-app-key") != APP_KEY:
            raise Refused(403)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or self._tokens.get(token, 0.0) <= monotonic():
            raise Refused(401)
        if "x-hotelid" not in request.headers:
            raise Refused(400, "x-hotelid is missing")
        if not request.headers["x-hotelid"] == request.path_params["hotel"] == self.hotel:
            raise Refused(403)

    async def token(self, request: Request) -> Response:
        """The answer to oauth/v1/tokens. Raises Refused."""
        if not _APP_KEY.fullmatch(request.headers.get("x-app-key", "")):
            raise Refused(400, "x-app-key")
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        known = b64decode(credentials).decode() == ":".join(self.client) if scheme == "Basic" else False
        if not known or request.headers["x-app-key"] != APP_KEY:
            raise Refused(401)
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            raise Refused(400, "content-type")
        form = dict(parse_qsl((await request.body()).decode()))
        match form.get("grant_type"):
            case "client_credentials":
                if request.headers.get("enterpriseid") != self.enterprise or form.get("scope") != self.scope:
                    raise Refused(401)
            case "password":
                if (form.get("username"), form.get("password")) != self.user:
                    raise Refused(401)
            case _:
                raise Refused(400, "grant_type")
        self.granted += 1
        token = secrets.token_urlsafe(24)
        self._tokens[token] = monotonic() + self.token_seconds
        granted = {"access_token": token, "expires_in": self.token_seconds, "token_type": "Bearer"}
        return JSONResponse(granted)
