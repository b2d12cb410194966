"""The bearer tokens of a REST system: fetched when needed, kept until shortly before they end, shown to nobody."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import msgspec
import structlog

from kiosk.hotel.rest.web import Barred, Lost, NothingDone, Reply, Web

log = structlog.get_logger()

EARLY = 60.0
"""Seconds before its end at which a token is no longer used: it must outlive a request."""

SHORTEST = 5.0
"""A token is used for that many seconds at least, whatever it says of itself."""

UNTOLD = 300.0
"""Seconds a token is used that does not say for how long."""

SECRET_LIMIT = 4096

_NOT_KNOWN = frozenset({400, 401, 403})
"""How a client is turned down that is not known, or not by this secret (RFC 6749 5.2; getToken of OHIP)."""

_TOKEN = re.compile(r"[!-~]+")
"""What fits into a header."""


class SecretMissing(Exception):
    """The file of a secret cannot be read, or does not hold one line."""

    def __init__(self, file: Path) -> None:
        super().__init__(str(file))
        self.file = file


def secret(file: Path) -> str:
    """The one line of ``file``. Raises SecretMissing."""
    try:
        with file.open(encoding="ascii") as opened:
            lines = opened.read(SECRET_LIMIT).split("\n")
    except (OSError, ValueError):
        raise SecretMissing(file) from None
    if not lines[0].strip() or any(line.strip() for line in lines[1:]):
        raise SecretMissing(file)
    return lines[0].strip()


@dataclass(frozen=True)
class Client:
    """Who asks: the OAuth client, and what goes with each request for a token."""

    id: str
    secret: str = field(repr=False)
    path: str
    form: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    def basic(self) -> str:
        return "Basic " + b64encode(f"{self.id}:{self.secret}".encode()).decode()


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float | None = None


@dataclass(frozen=True)
class _Token:
    text: str = field(repr=False)
    until: float


class Tokens:
    """One token for everybody: whoever needs one while it is being fetched waits for that same one."""

    def __init__(self, web: Web, client: Client, clock: Callable[[], float] = monotonic) -> None:
        self._web = web
        self._client = client
        self._clock = clock
        self._token: _Token | None = None
        self._fetching = asyncio.Lock()

    async def bearer(self) -> str:
        """The value of an Authorization header. Raises NothingDone: without a token nothing else is asked; Barred where
        none will be given.
        """
        async with self._fetching:
            if self._token is None or self._clock() >= self._token.until:
                self._token = await self._fetch()
            return f"Bearer {self._token.text}"

    def spoiled(self, bearer: str) -> None:
        """The server no longer takes ``bearer``: the next one is fetched anew, unless that has been done already."""
        if self._token is not None and bearer == f"Bearer {self._token.text}":
            self._token = None

    async def _fetch(self) -> _Token:
        client = self._client
        headers = {**client.headers, "authorization": client.basic()}
        try:
            reply = await self._web.send("POST", client.path, headers=headers, form=client.form)
        except Lost as fault:
            # A token made for nobody does no harm.
            raise NothingDone(fault.reason) from None
        granted = _read(reply)
        lasts = UNTOLD if granted.expires_in is None else granted.expires_in
        log.info("hotel.token", lasts=lasts)
        return _Token(granted.access_token, self._clock() + max(lasts - EARLY, SHORTEST))


def _read(reply: Reply) -> _Granted:
    granted = reply.read(_Granted) if reply.status == 200 else None
    if granted is None or not _TOKEN.fullmatch(granted.access_token):
        log.warning("hotel.token-refused", status=reply.status)
        if reply.status in _NOT_KNOWN:
            raise Barred("no-token")
        raise NothingDone("no-token", reply.retry_after)
    return granted
