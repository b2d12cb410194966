"""Documents are worked on in one child process: what a broken file does to a decoder, it does there."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from kiosk.documents.errors import DocumentError
from kiosk.documents.findings import Finding
from kiosk.documents.layout import ComposedDocument, CopyLayout
from kiosk.documents.wire import (
    Check,
    Checked,
    Compose,
    Composed,
    Failed,
    Preview,
    Previewed,
    Reply,
    Request,
    line,
    replies,
)

MEMORY = 1536 * 1024 * 1024
DEADLINE = 20.0
WARM_AFTER = 1.5


class Child:
    """The process, with at most one request on its way."""

    def __init__(
        self, process: asyncio.subprocess.Process, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.process = process
        self._reader = reader
        self._writer = writer

    @classmethod
    async def spawn(cls, memory: int) -> Child:
        ours, theirs = socket.socketpair()
        with theirs:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "kiosk.documents.child",
                str(theirs.fileno()),
                str(memory),
                pass_fds=[theirs.fileno()],
                env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
                stdin=asyncio.subprocess.DEVNULL,
            )
        return cls(process, *await asyncio.open_connection(sock=ours))

    @property
    def alive(self) -> bool:
        return self.process.returncode is None

    async def ask(self, request: Request) -> Reply:
        """Raises DocumentError when the process dies over it."""
        try:
            self._writer.write(line(request))
            received = await self._reader.readline()
        except ConnectionError as broken:
            raise DocumentError("documents.failed") from broken
        if not received.endswith(b"\n"):
            raise DocumentError("documents.failed")
        return replies.decode(received)

    async def kill(self) -> None:
        if self.alive:
            self.process.kill()
        self._writer.close()
        await self.process.wait()


class DocumentWorker:
    """Works on one document after the other, in turn.

    A request that takes longer than ``deadline`` seconds, that is cancelled or that crashes the process costs the
    process, never the kiosk: nothing is written after the call has returned. ``memory`` is the process's limit in
    bytes. It is started ``warm_after`` seconds after ``start``, so that it does not compete with the first frame.
    """

    def __init__(self, deadline: float = DEADLINE, memory: int = MEMORY, warm_after: float = WARM_AFTER) -> None:
        self._deadline = deadline
        self._memory = memory
        self._warm_after = warm_after
        self._child: Child | None = None
        self._turn = asyncio.Lock()
        self._warming: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._warming = asyncio.create_task(self._warm(self._warm_after))

    async def stop(self) -> None:
        warming, self._warming = self._warming, None
        if warming is not None:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)
        async with self._turn:
            await self._end()

    async def check(self, page: Path) -> list[Finding]:
        """What is wrong with a scanned page. Raises DocumentError."""
        match await self._ask(Check(str(page))):
            case Checked(findings):
                return findings
            case surprise:
                raise AssertionError(surprise)

    async def compose(
        self, pages: Sequence[Path], layout: CopyLayout, out: Path, *, copies: int = 1, duplex: bool = False
    ) -> ComposedDocument:
        """See ``kiosk.documents.compose``. Raises DocumentError."""
        request = Compose(
            [str(page) for page in pages],
            layout.media,
            layout.darkness,
            layout.grey,
            layout.scale,
            str(out),
            copies,
            duplex,
        )
        match await self._ask(request):
            case Composed(count):
                return ComposedDocument(out, count)
            case surprise:
                raise AssertionError(surprise)

    async def preview(self, source: Path, target: Path, long_side: int) -> None:
        """Write a JPEG of a picture, or of a PDF's first page, ``long_side`` pixels long. Raises DocumentError."""
        match await self._ask(Preview(str(source), str(target), long_side)):
            case Previewed():
                return
            case surprise:
                raise AssertionError(surprise)

    async def _ask(self, request: Request) -> Reply:
        async with self._turn:
            answered = False
            try:
                async with asyncio.timeout(self._deadline):
                    reply = await (await self._ready()).ask(request)
                answered = True
            except TimeoutError as overrun:
                raise DocumentError("documents.too-slow") from overrun
            finally:
                if not answered:
                    await self._end()
        if isinstance(reply, Failed):
            raise DocumentError(reply.key)
        return reply

    async def _warm(self, after: float) -> None:
        await asyncio.sleep(after)
        async with self._turn:
            await self._ready()

    async def _ready(self) -> Child:
        if self._child is None or not self._child.alive:
            await self._end()
            self._child = await Child.spawn(self._memory)
        return self._child

    async def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            await child.kill()
