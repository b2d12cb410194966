"""What the document worker and its process say to each other: one JSON object a line over a socket pair."""

from __future__ import annotations

from msgspec import Struct
from msgspec.json import Decoder, Encoder

from kiosk.documents.findings import Finding


class Check(Struct, frozen=True, tag=True):
    page: str


class Compose(Struct, frozen=True, tag=True):
    pages: list[str]
    media: str
    darkness: int
    grey: bool
    scale: int
    out: str
    copies: int
    duplex: bool


class Preview(Struct, frozen=True, tag=True):
    source: str
    target: str
    long_side: int


class Checked(Struct, frozen=True, tag=True):
    findings: list[Finding]


class Composed(Struct, frozen=True, tag=True):
    pages: int


class Previewed(Struct, frozen=True, tag=True):
    pass


class Failed(Struct, frozen=True, tag=True):
    key: str


Request = Check | Compose | Preview
Reply = Checked | Composed | Previewed | Failed

_encoder = Encoder()
requests: Decoder[Request] = Decoder(Request)
replies: Decoder[Reply] = Decoder(Reply)


def line(message: Request | Reply) -> bytes:
    return _encoder.encode(message) + b"\n"
