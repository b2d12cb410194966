"""What the far sides of REST systems have in common: a server on loopback, on a thread, that can be made to fail."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from types import TracebackType
from typing import Self

import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

STARTS_WITHIN = 10.0


class Fault(Enum):
    """What can become of a request that would be booked."""

    LOSE_ANSWER = "lose-answer"
    """It is booked; the connection is cut before the answer."""
    CUT = "cut"
    """The connection is cut, nothing is booked."""
    ERROR_AFTER = "error-after"
    """It is booked; the answer is 500."""
    ERROR_BEFORE = "error-before"
    """Nothing is booked; the answer is 500."""
    BUSY = "busy"
    """429 with Retry-After; nothing is booked."""
    UNAVAILABLE = "unavailable"
    """503 with Retry-After; nothing is booked."""
    NOT_LET_IN = "not-let-in"
    """401, whatever the token; nothing is booked."""
    REJECTED = "rejected"
    """400; nothing is booked."""
    SLOW = "slow"
    """It is booked at once, and answered when nobody listens any more."""


NO_ANSWER = frozenset({Fault.LOSE_ANSWER, Fault.CUT})
BOOKED = frozenset({Fault.LOSE_ANSWER, Fault.ERROR_AFTER, Fault.SLOW})
TURNED_AWAY = {Fault.BUSY: 429, Fault.UNAVAILABLE: 503, Fault.NOT_LET_IN: 401, Fault.REJECTED: 400}
RESTING = frozenset({429, 503})


class Severed(Response):
    """In place of an answer: the connection ends without a byte, for which ASGI has no word."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del send
        scope[_SEVER]()
        while (await receive())["type"] != "http.disconnect":
            pass


_SEVER = "kiosk.sever"


@dataclass
class Menu:
    """``queue`` holds what happens to the requests to come, one each; ``slow_seconds`` is how slow, and
    ``retry_seconds`` what Retry-After says.
    """

    queue: deque[Fault] = field(default_factory=deque)
    slow_seconds: float = 1.0
    retry_seconds: int = 1

    def next(self, *faults: Fault) -> None:
        self.queue.extend(faults)

    async def befall(self, book: Callable[[], Awaitable[Response]]) -> Response:
        """The answer of ``book``, or whatever happens instead."""
        fault = self.queue.popleft() if self.queue else None
        if fault in TURNED_AWAY:
            status = TURNED_AWAY[fault]
            return Response(
                status_code=status, headers={"retry-after": str(self.retry_seconds)} if status in RESTING else None
            )
        if fault is not None and fault not in BOOKED:
            return Severed() if fault in NO_ANSWER else Response(status_code=500)
        answer = await book()
        if fault is Fault.SLOW:
            await asyncio.sleep(self.slow_seconds)
        if fault in NO_ANSWER:
            return Severed()
        return Response(status_code=500) if fault is Fault.ERROR_AFTER else answer


class Server:
    """``app`` at ``url`` while the context lasts; another may take its place at any time. Dies with its process."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        config = uvicorn.Config(
            self._call,
            interface="asgi3",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            timeout_keep_alive=60,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="rest-far-side", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(STARTS_WITHIN)
        self._socket.close()

    def _run(self) -> None:
        asyncio.run(self._server.serve(sockets=[self._socket]))

    async def _call(self, scope: Scope, receive: Receive, send: Send) -> None:
        cycle = getattr(send, "__self__")  # noqa: B009 - uvicorn's RequestResponseCycle, of no public type
        await self.app({**scope, _SEVER: cycle.transport.abort}, receive, send)
