"""A small page on loopback to break the rig's devices and mend them again, with finger, mouse or curl."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from types import TracebackType
from typing import Self

from kiosk.rig import Verb

_STYLE = """body{font:18px/1.5 system-ui;background:#f5f1ea;color:#1c2b2d}
body{max-width:60rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:1.4rem 0 .4rem}form{display:inline}
button{font:inherit;margin:.2rem;padding:.6rem 1rem;border:1px solid #ddd5c8;border-radius:12px;background:#fff}
button:active{background:#12524a;color:#fff}"""


class RigPage:
    """Serves the ``verbs`` on 127.0.0.1 while used as ``with``; POST /ID does one, GET / lists them."""

    def __init__(self, verbs: Sequence[Verb], port: int = 0) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(verbs))
        self._thread = threading.Thread(target=self._server.serve_forever, name="rig-page", daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(verbs: Sequence[Verb]) -> type[BaseHTTPRequestHandler]:
    by_id = {verb.id: verb for verb in verbs}
    page = _page(verbs).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(HTTPStatus.OK if self.path == "/" else HTTPStatus.NOT_FOUND, page)

        def do_POST(self) -> None:
            verb = by_id.get(self.path.strip("/"))
            if verb is None:
                self._answer(HTTPStatus.NOT_FOUND, b"no such verb")
                return
            verb.act()
            self.send_response(HTTPStatus.SEE_OTHER)
            self.send_header("Location", "/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """The page is a toy beside the kiosk; its requests are not worth a log line."""

        def _answer(self, status: HTTPStatus, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def _page(verbs: Sequence[Verb]) -> str:
    groups = "".join(
        f"<h2>{escape(device)}</h2>" + "".join(_button(verb) for verb in group)
        for device, group in groupby(verbs, key=lambda verb: verb.device)
    )
    head = f"<!doctype html><meta charset=utf-8><title>Rig</title><style>{_STYLE}</style>"
    return f"{head}<h1>What happens at the virtual hotel</h1>{groups}"


def _button(verb: Verb) -> str:
    return f"<form method=post action='/{escape(verb.id, quote=True)}'><button>{escape(verb.words)}</button></form>"
