"""From scanned pages to one print-ready PDF. Runs in the document process.

The JPEG of a page goes into the PDF as it is unless tone or colour must change: scale and place are the PDF's
business, so that nothing is resampled and nothing is lost. Repeated pages share one picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pikepdf
from PIL import Image

from kiosk.documents.layout import ComposedDocument, CopyLayout, Place, paper_size, place, repeated, tone_table

JPEG_QUALITY = 92
DEFAULT_DPI = 300
COLOUR_SPACES = {"L": pikepdf.Name.DeviceGray, "RGB": pikepdf.Name.DeviceRGB}


class Sheet:
    """A page ready for the PDF: a JPEG, its measures and where it stands."""

    def __init__(self, path: Path, layout: CopyLayout) -> None:
        with Image.open(path) as picture:
            dpi = picture.info.get("dpi", (DEFAULT_DPI, DEFAULT_DPI))
            self.size = picture.size
            self.mode = "L" if layout.grey or picture.mode == "L" else "RGB"
            self.place: Place = place(picture.size, dpi, layout)
            untouched = picture.format == "JPEG" and picture.mode == self.mode and layout.darkness == 0
            self.jpeg = path.read_bytes() if untouched else toned(picture, self.mode, layout.darkness)


def toned(picture: Image.Image, mode: str, darkness: int) -> bytes:
    """Encoded anew in ``mode`` with another gamma."""
    changed = picture.convert(mode)
    if darkness:
        changed = changed.point(tone_table(darkness) * len(changed.getbands()))
    encoded = BytesIO()
    changed.save(encoded, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return encoded.getvalue()


def embed(document: pikepdf.Pdf, sheet: Sheet) -> pikepdf.Stream:
    width, height = sheet.size
    return pikepdf.Stream(
        document,
        sheet.jpeg,
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=width,
        Height=height,
        ColorSpace=COLOUR_SPACES[sheet.mode],
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )


def compose(
    pages: Sequence[Path], layout: CopyLayout, out: Path, *, copies: int = 1, duplex: bool = False
) -> ComposedDocument:
    """Write ``pages`` at final size, scale and tone to ``out``, whole or not at all.

    With ``copies`` above 1 they come out unsorted: every leaf is repeated inside the document (``duplex``: a leaf has
    two sides). Raises DocumentError, or OSError from Pillow and the disk.
    """
    size = paper_size(layout.media)
    document = pikepdf.new()
    drawn: list[tuple[pikepdf.Stream, Place]] = []
    for path in pages:
        sheet = Sheet(path, layout)
        drawn.append((embed(document, sheet), sheet.place))
    count = 0
    for side in repeated(drawn, copies, duplex=duplex):
        count += 1
        page = document.add_blank_page(page_size=size)
        if side is not None:
            picture, at = side
            name = page.add_resource(picture, pikepdf.Name.XObject)
            drawing = f"q {at.width:.4f} 0 0 {at.height:.4f} {at.x:.4f} {at.y:.4f} cm {name} Do Q"
            page.Contents = document.make_stream(drawing.encode())
    part = out.with_name(out.name + ".part")
    try:
        document.save(part, compress_streams=False)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    return ComposedDocument(out, count)
