"""The bytes of a receipt, made by python-escpos from laid-out bands.

Blank rows go as one-byte-wide rasters, which is exact on every model: the unit of ESC J is not.
"""

from __future__ import annotations

from collections.abc import Sequence

import segno
from PIL import Image

from hardware.protocols import QrCode, ReceiptPart, Unsupported
from hardware.receipt_layout import WIDTH, Band, Faces, Gap, lay_out

QR_TEXT_KEY = "receipt.qr-text"

FENCE = b"\x1dr\x01"  # GS r 1, transmit paper status: answered after everything before it was printed

QR_DOTS = 264  # 33 mm, read by a phone at arm's length
FINEST_MODULE = 3
COARSEST_MODULE = 8
TALLEST_RASTER = 128

PROFILE = "TM-T20II"  # python-escpos asks a profile for the width alone: 576 dots

INITIALISE = b"\x1b@"
CENTRE, LEFT = b"\x1ba\x01", b"\x1ba\x00"
FEED_AND_CUT = b"\x1dVB\x00"

# A printer obeys its real-time commands even inside a picture (DLE EOT, DLE ENQ, DLE DC4): one dot more breaks them.
_REAL_TIME = {b"\x10\x04": b"\x10\x0c", b"\x10\x05": b"\x10\x0d", b"\x10\x14": b"\x10\x1c"}


def compose(receipt: Sequence[ReceiptPart], faces: Faces) -> bytes:
    """From initialising to cutting. Raises Unsupported when a QR code can't hold its text."""
    return INITIALISE + b"".join(_bytes_of(band) for band in lay_out(receipt, faces)) + FEED_AND_CUT


def unfinished_ending() -> bytes:
    """Brings a printer that may have been left inside a picture back to its senses and parts the torn receipt off.

    Zeros are blank dots inside a picture and ignored outside; there are enough for the largest picture.
    """
    return bytes(TALLEST_RASTER * WIDTH // 8) + INITIALISE + FEED_AND_CUT


def _bytes_of(band: Band) -> bytes:
    if isinstance(band, Gap):
        return _raster(Image.new("L", (8, band.dots), 255))
    if isinstance(band, QrCode):
        return CENTRE + _qr(band.data) + LEFT
    return _raster(band.image)


def _raster(image: Image.Image) -> bytes:
    from escpos.printer import Dummy  # here: it takes 0.2 s to import, which the first frame must not wait for

    printer = Dummy(profile=PROFILE)
    printer.image(image, fragment_height=TALLEST_RASTER)
    data: bytes = printer.output
    for command, harmless in _REAL_TIME.items():
        data = data.replace(command, harmless)
    return data


def _qr(text: str) -> bytes:
    from escpos.constants import QR_ECLEVEL_M
    from escpos.printer import Dummy

    try:
        modules = segno.make_qr(text, error="m").symbol_size(border=0)[0]
    except ValueError as fault:  # empty, or more than version 40 holds
        raise Unsupported(QR_TEXT_KEY, length=len(text)) from fault
    printer = Dummy(profile=PROFILE)
    printer.qr(text, ec=QR_ECLEVEL_M, size=max(FINEST_MODULE, min(COARSEST_MODULE, QR_DOTS // modules)), native=True)
    return bytes(printer.output)
