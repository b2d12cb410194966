"""HTTP as a hotel system is spoken to: one client, every wait bounded, and a clear word on what may have been done.

Of a request without a proper answer the caller learns which of two things is true: it surely did nothing
(``NothingDone``), or it may have done everything (``Lost``). Nothing is sent twice from here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

Shape = TypeVar("Shape")
Parameters = Mapping[str, str | int]

LARGEST_ANSWER = 8 * 1024 * 1024
"""Bytes. A page of guests is some hundred kilobytes."""

LONGEST_PAUSE = 600.0
"""Seconds. A hotel system that asks for more (Retry-After) is asked again after that."""

UNTIL_MENDED = 60.0
"""Seconds before it is tried again whether a person has mended what only a person can."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})

# What httpx raises before the first byte of a request is on the wire.
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

_ENCODER = msgspec.json.Encoder(decimal_format="number")


class NothingDone(Exception):
    """The request surely changed nothing: it never left, or was turned away unread.

    ``reason`` is the kind of fault, free of addresses; ``pause`` the seconds the server asked to be left alone for.
    """

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.pause = pause


class Barred(NothingDone):
    """The hotel system knows this station no more: client, secret, application key or their rights are wrong. Nothing
    gets through before a person has mended that.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason, UNTIL_MENDED)


class Lost(Exception):
    """The request may have been carried out; no whole answer came. ``reason`` as in NoAnswer, or "answer-500";
    ``pause`` as in NothingDone.
    """

    def __init__(self, reason: str, pause: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.pause = pause


class Misread(Exception):
    """An answer that is not of the agreed shape."""


class Wire(msgspec.Struct, rename="camel", frozen=True):
    """A JSON object of an answer; members that are not named are passed over. It may hold personal data: the repr shows
    none.
    """

    def __repr__(self) -> str:
        return type(self).__name__


@dataclass(frozen=True)
class Reply:
    """``retry_after``: the seconds the server asks to be left alone for, None where it did not."""

    status: int
    body: bytes
    retry_after: float | None = None

    def __repr__(self) -> str:
        return f"Reply({self.status}, {len(self.body)} bytes)"

    def read(self, shape: type[Shape]) -> Shape | None:
        """The body as ``shape``, where a member that is null is as good as none; None when it is something else, be it
        no JSON, no UTF-8 or nested without end.
        """
        try:
            return msgspec.json.decode(self.body, type=shape)
        except msgspec.ValidationError:
            pass  # so it may be for a null, which no document allows and many a server writes
        except (msgspec.DecodeError, ValueError, RecursionError):
            return None
        try:
            return msgspec.convert(_without_nulls(msgspec.json.decode(self.body)), shape)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return None

    def expect(self, shape: type[Shape]) -> Shape:
        """The body of a 200 as ``shape``. Raises Misread for anything else."""
        read = self.read(shape) if self.status == 200 else None
        if read is None:
            raise Misread
        return read


@dataclass(frozen=True)
class Timeouts:
    """Seconds: until connected, between two signs of life of an answer, and for a request as a whole."""

    connect: float = 5.0
    answer: float = 30.0
    whole: float = 60.0


class Web:
    """One server. Certificates are verified, redirects are not followed, neither proxies nor netrc are looked up.

    Raises ValueError for plain HTTP to anything but this machine: what is sent opens the hotel's books.
    """

    def __init__(self, base: str, timeouts: Timeouts) -> None:
        parts = urlsplit(base)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise ValueError("a hotel system is spoken to by https only")
        quiet_libraries()
        self._whole = timeouts.whole
        self._client = httpx.AsyncClient(
            base_url=base,
            timeout=httpx.Timeout(timeouts.answer, connect=timeouts.connect, pool=timeouts.connect),
            limits=httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=30.0),
            follow_redirects=False,
            trust_env=False,
            headers={"accept": "application/json"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.aclose()

    async def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        parameters: Parameters | None = None,
        body: object | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request, once. ``body`` becomes JSON, with Decimals as numbers. Raises NothingDone and Lost."""
        content: dict[str, Any] = {}
        if body is not None:
            content = {"content": _ENCODER.encode(body)}
            headers = {**headers, "content-type": "application/json"}
        elif form is not None:
            content = {"data": form}
        try:
            async with (
                asyncio.timeout(self._whole),
                self._client.stream(method, path, headers=headers, params=parameters, **content) as response,
            ):
                return Reply(response.status_code, await _bounded(response), retry_after(response))
        except _NEVER_LEFT as fault:
            raise NothingDone(type(fault).__name__) from None
        except (httpx.TimeoutException, TimeoutError):
            raise Lost("timeout") from None
        except (httpx.TransportError, httpx.DecodingError):
            raise Lost("cut") from None


def quiet_libraries() -> None:
    """httpx tells of addresses, httpcore of headers: rooms, reservations and keys. Neither may, at any level."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _without_nulls(value: object) -> object:
    match value:
        case dict():
            return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
        case list():
            return [_without_nulls(each) for each in value]
    return value


async def _bounded(response: httpx.Response) -> bytes:
    whole = bytearray()
    async for chunk in response.aiter_bytes():
        whole += chunk
        if len(whole) > LARGEST_ANSWER:
            raise Lost("cut")
    return bytes(whole)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds or a date, RFC 9110 10.2.3; a date is taken against the server's own clock."""
    said = response.headers.get("retry-after")
    if said is None:
        return None
    if said.isdecimal():
        return min(float(said), LONGEST_PAUSE)  # of as many digits as it likes, which an int is not
    try:
        now = parsedate_to_datetime(response.headers["date"])
        seconds = (parsedate_to_datetime(said) - now).total_seconds()
    except (KeyError, ValueError, TypeError, OverflowError):
        return LONGEST_PAUSE
    return min(max(seconds, 0.0), LONGEST_PAUSE)
