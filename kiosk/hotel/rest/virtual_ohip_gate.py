"""How the far side of the OHIP adapter lets people in: an application key, an OAuth client, and tokens that end."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from kiosk.hotel.rest.virtual_house import Access, TurnedDown, credentials

APP_KEY = "41ecd082-8997-4c69-af34-2f72b83645ff"
_APP_KEY = re.compile(r"[a-f0-9]{8}-[a-f0-9]{4}-4[a-f0-9]{3}-[89aAbB][a-f0-9]{3}-[a-f0-9]{12}")


class Refused(TurnedDown):
    """The 4xx that it is, as exceptionDetailType words one."""

    def __init__(self, status: int, title: str = "", code: str = "", detail: str = "") -> None:
        details = [{"type": "Bad Request", "title": detail, "detail": detail, "o:errorCode": code}] if detail else []
        told = {"type": "Bad Request", "title": title, "detail": title, "status": status, "o:errorCode": code}
        super().__init__(JSONResponse({**told, "o:errorDetails": details}, status))


class Gate:
    """Of one property."""

    hotel = "KIOSKHTL"
    enterprise = "ENT123"
    scope = "urn:opc:hgbu:ws:__myscopes__"
    client = ("kiosk-client", "kiosk-client-secret")
    user = ("KIOSK@EXAMPLE", "integration-word")

    def __init__(self, access: Access) -> None:
        self.access = access

    def check(self, request: Request) -> None:
        """Raises Refused for a request that lacks a header or a token."""
        if request.headers.get("x-app-key") != APP_KEY:
            raise Refused(403)
        if not self.access.admits(request):
            raise Refused(401)
        if "x-hotelid" not in request.headers:
            raise Refused(400, "x-hotelid is missing")
        if not request.headers["x-hotelid"] == request.path_params["hotel"] == self.hotel:
            raise Refused(403)

    async def token(self, request: Request) -> Response:
        """getToken. Raises Refused."""
        if not _APP_KEY.fullmatch(request.headers.get("x-app-key", "")):
            raise Refused(400, "x-app-key")
        if credentials(request) != ":".join(self.client) or request.headers["x-app-key"] != APP_KEY:
            raise Refused(401)
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            raise Refused(400, "content-type")
        form = dict(parse_qsl((await request.body()).decode()))
        match form.get("grant_type"):
            case "client_credentials":
                if request.headers.get("enterpriseid") != self.enterprise or form.get("scope") != self.scope:
                    raise Refused(401)
            case "password":
                if "enterpriseid" in request.headers:
                    raise Refused(400, "enterpriseId")
                if (form.get("username"), form.get("password")) != self.user:
                    raise Refused(401)
            case _:
                raise Refused(400, "grant_type")
        return self.access.grant()
