"""Small pictures for the guest. Runs in the document process."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
from PIL import Image

JPEG_QUALITY = 85


def preview(source: Path, target: Path, long_side: int) -> None:
    """Write a JPEG of ``source``, a picture or the first page of a PDF as it will come out, ``long_side`` px long."""
    small = first_page(source, long_side) if source.suffix == ".pdf" else reduced(source, long_side)
    part = target.with_name(target.name + ".part")
    try:
        small.save(part, "JPEG", quality=JPEG_QUALITY)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def reduced(picture: Path, long_side: int) -> Image.Image:
    """Decoded no larger than needed: libjpeg scales by eighths while decoding."""
    with Image.open(picture) as opened:
        opened.draft(None, (long_side, long_side))
        small = opened.convert("L" if opened.mode == "L" else "RGB")
    small.thumbnail((long_side, long_side), Image.Resampling.BOX)
    return small


def first_page(pdf: Path, long_side: int) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as document:
        page = document[0]
        rendered = page.render(scale=long_side / max(page.get_size()))
        picture: Image.Image = rendered.to_pil().convert("RGB")
    return picture
