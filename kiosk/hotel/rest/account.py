"""A hotel's account with a REST system: every request carries a token that holds, and answers are told apart."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from kiosk.hotel.rest.tokens import Tokens
from kiosk.hotel.rest.web import Barred, Lost, NothingDone, Parameters, Reply, Web

log = structlog.get_logger()

UNSAID = 10.0
"""Seconds of rest where the server asks for some without saying how many."""
ELSEWHERE = 60.0
"""Seconds of rest where somebody other than the hotel system answered."""


def admitted(reply: Reply) -> Reply:
    """The answer to a request without which nothing works. Raises Barred where the rights for it are missing: 403."""
    if reply.status == 403:
        raise Barred("forbidden")
    return reply


class Account:
    """``headers`` go with every request."""

    def __init__(self, web: Web, tokens: Tokens, headers: Mapping[str, str]) -> None:
        self._web = web
        self._tokens = tokens
        self._headers = headers

    async def close(self) -> None:
        await self._web.close()

    async def ask(
        self,
        method: str,
        path: str,
        *,
        parameters: Parameters | None = None,
        body: object | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer, if it is one of the hotel system's own: 2xx, or 4xx with its reasons.

        Raises NothingDone where it was turned away unread, Barred where a fresh token did not help either, and Lost
        where it may have been carried out: 5xx says nothing of that, save a 503 that names the time to come back. A GET
        has nothing to carry out.
        """
        try:
            return await self._answer(method, path, parameters, body, headers or {})
        except Lost as fault:
            if method == "GET":
                raise NothingDone(fault.reason, fault.pause) from None
            raise

    async def _answer(
        self, method: str, path: str, parameters: Parameters | None, body: object | None, headers: Mapping[str, str]
    ) -> Reply:
        reply = await self._authorised(method, path, parameters, body, {**self._headers, **headers})
        if reply.status == 429 or (reply.status == 503 and reply.retry_after is not None):
            raise NothingDone("busy", UNSAID if reply.retry_after is None else reply.retry_after)
        if 300 <= reply.status < 400:
            raise NothingDone("redirected", ELSEWHERE)
        if reply.status == 408 or reply.status >= 500:
            raise Lost(f"answer-{reply.status}")
        return reply

    async def _authorised(
        self, method: str, path: str, parameters: Parameters | None, body: object | None, headers: Mapping[str, str]
    ) -> Reply:
        """A 401 comes before anything is done, so the same request goes once more, with a fresh token. Raises Barred
        when that is not taken either: it is the technician's to mend, not the guest's to pay otherwise.
        """
        bearer = await self._tokens.bearer()
        reply = await self._send(method, path, parameters, body, headers, bearer)
        if reply.status != 401:
            return reply
        log.info("hotel.token-spoiled")
        self._tokens.spoiled(bearer)
        reply = await self._send(method, path, parameters, body, headers, await self._tokens.bearer())
        if reply.status == 401:
            raise Barred("not-let-in")
        return reply

    async def _send(
        self,
        method: str,
        path: str,
        parameters: Parameters | None,
        body: object | None,
        headers: Mapping[str, str],
        bearer: str,
    ) -> Reply:
        return await self._web.send(
            method, path, headers={**headers, "authorization": bearer}, parameters=parameters, body=body
        )
