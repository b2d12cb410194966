"""Pictures are read by a worker thread; the UI thread only hands the pixels to the graphics card."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import structlog
from kivy.clock import Clock
from kivy.graphics.texture import Texture

MOST_PIXELS = 1400
"""Of the longer side; a larger picture is made smaller by the worker."""

log = structlog.get_logger()

Pixels = tuple[tuple[int, int], bytes]

_readers = ThreadPoolExecutor(1, thread_name_prefix="pictures")
_reading: set[Future[Pixels]] = set()


def read(path: Path) -> Pixels:
    """Size and RGBA pixels, from the bottom up as a texture wants them. Raises OSError for what is no picture."""
    from PIL import Image

    with Image.open(path) as picture:
        picture.draft("RGB", (MOST_PIXELS, MOST_PIXELS))
        small = picture.convert("RGBA")
    small.thumbnail((MOST_PIXELS, MOST_PIXELS))
    return small.size, small.transpose(Image.Transpose.FLIP_TOP_BOTTOM).tobytes()


def load(path: Path, then: Callable[[Texture], None]) -> None:
    """Give the picture to ``then`` as a texture, some frames later. A file that is gone or broken is left blank."""
    job = _readers.submit(read, path)
    _reading.add(job)
    job.add_done_callback(lambda done: Clock.schedule_once(lambda _elapsed: _hand_over(done, then)))


def _hand_over(done: Future[Pixels], then: Callable[[Texture], None]) -> None:
    _reading.discard(done)
    fault = done.exception()
    if isinstance(fault, OSError):  # the visit has ended and its documents are gone
        log.info("picture.gone", kind=type(fault).__name__)
        return
    size, pixels = done.result()
    texture = Texture.create(size=size, colorfmt="rgba")
    texture.blit_buffer(pixels, colorfmt="rgba", bufferfmt="ubyte")
    then(texture)


def loading() -> bool:
    """Some picture is still on its way to the glass."""
    return bool(_reading)
