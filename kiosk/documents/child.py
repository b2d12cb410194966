"""The process that touches what is inside documents: ``python -m kiosk.documents.child FD MEMORY``.

Serves the requests of ``kiosk.documents.wire`` on the socket FD until it closes, with at most MEMORY bytes.
"""

from __future__ import annotations

import ctypes
import errno
import os
import resource
import signal
import socket
import sys
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when numpy is loaded; its threads would only take address space

import pikepdf
import pypdfium2
from PIL import Image

from kiosk.documents.checks import check
from kiosk.documents.compose import compose
from kiosk.documents.errors import DocumentError
from kiosk.documents.layout import CopyLayout
from kiosk.documents.preview import preview
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
    requests,
)

PR_SET_PDEATHSIG = 1
DISK_FAULTS = {errno.ENOSPC: "documents.full", errno.EDQUOT: "documents.full", errno.EFBIG: "documents.full"} | {
    errno.EROFS: "documents.read-only",
    errno.EACCES: "documents.read-only",
}


def work(request: Request) -> Reply:
    match request:
        case Check(page):
            return Checked(check(Path(page)))
        case Preview(source, target, long_side):
            preview(Path(source), Path(target), long_side)
            return Previewed()
        case Compose(pages, media, darkness, grey, scale, out, copies, duplex):
            layout = CopyLayout(media, darkness, grey, scale)
            done = compose([Path(page) for page in pages], layout, Path(out), copies=copies, duplex=duplex)
            return Composed(done.pages)


def answer(request: Request) -> Reply:
    try:
        return work(request)
    except DocumentError as problem:
        return Failed(problem.key)
    except (MemoryError, Image.DecompressionBombError):
        return Failed("documents.too-large")
    except OSError as problem:
        return Failed(DISK_FAULTS.get(problem.errno or 0, "documents.unreadable"))
    except (ValueError, SyntaxError, pypdfium2.PdfiumError, pikepdf.PdfError):
        return Failed("documents.unreadable")


def main() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor, memory = (int(argument) for argument in sys.argv[1:])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    with socket.socket(fileno=descriptor) as wire, wire.makefile("rb") as lines:
        for received in lines:
            wire.sendall(line(answer(requests.decode(received))))


if __name__ == "__main__":
    main()
