"""How the hotel system is reached and what was agreed with it: the tables [hotel] and [wake_up]."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from kiosk.config.typed import FieldError, Port, Section, Word
from kiosk.hotel.fias.codec import check_code_page
from kiosk.hotel.fias.records import Description, InterfaceType, Posting

FiasField = Annotated[str, Meta(pattern=r"^[A-Z0-9#$+&]{2}$")]
FiasRecord = Literal[
    "GI", "GC", "GO", "PS", "PR", "PL", "PA", "NS", "NE", "KR", "KD",
    "WR", "WC", "WA", "XL", "XT", "XD", "XM", "XR", "XI", "XB", "RE",
]  # fmt: skip
SafeAddress = Annotated[
    str,
    Meta(pattern=r"^(https://[^ ]+|http://(127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?)$", description="https://host"),
]
"""Encrypted, or on this very machine."""
SerialSpeed = Literal[1200, 2400, 4800, 9600, 19200, 38400]


class TlsSettings(Section, frozen=True):
    """The stream is encrypted, both sides show a certificate (IFC 8.14.5 and later). PEM files."""

    authority: Path
    """Who vouches for the hotel's certificate."""
    certificate: Path
    key: Path
    server_name: str = ""
    """The name in the hotel's certificate where it is not the host's."""


class SerialSettings(Section, frozen=True):
    """A serial line in place of TCP: 1 stop bit, no flow control."""

    path: Word
    """What pyserial opens."""
    baud: SerialSpeed = 9600
    bits: Literal[7, 8] = 8
    parity: Literal["none", "even", "odd"] = "none"


class OhipSettings(Section, frozen=True):
    """OPERA Cloud by REST (OHIP). Secrets are files, each holding one line."""

    url: SafeAddress
    hotel: Word
    """The hotel's code, x-hotelid."""
    app_key_file: Path
    client_id: Word
    client_secret_file: Path
    transaction_code: Word
    """Under which charges stand on the folio."""
    cashier: Annotated[int, Meta(ge=1)]
    enterprise: str = ""
    """The enterprise's id; wanted with client credentials."""
    user: str = ""
    """Of the integration account for the password grant; empty: client credentials."""
    password_file: Path | None = None
    guests_every: Annotated[float, Meta(ge=5, le=3600)] = 60.0
    """Seconds between two readings of the list of guests in house."""
    settle_seconds: Annotated[float, Meta(ge=30, le=3600)] = 60.0
    """After which a request without an answer has surely been carried out or dropped."""


class ApaleoSettings(Section, frozen=True):
    """Apaleo by REST; the secret is a file holding one line."""

    property: Word
    client_id: Word
    client_secret_file: Path
    url: SafeAddress = "https://api.apaleo.com"
    identity_url: SafeAddress = "https://identity.apaleo.com"
    vat: Literal["Normal", "Reduced", "VeryReduced", "Special", "Without"] = "Normal"
    """The VAT type under which the kiosk's services are taxed."""
    guests_every: Annotated[float, Meta(ge=5, le=3600)] = 60.0
    settle_seconds: Annotated[float, Meta(ge=30, le=3600)] = 60.0


class HotelSettings(Section, frozen=True):
    """The hotel link as agreed in the vendor form of the hotel system."""

    adapter: Literal["fias", "ohip", "apaleo"]
    host: Word
    port: Port
    code_page: Word
    """Not negotiated on the wire: the hotel says which. A Python codec name such as gbk, utf-8, latin-1."""
    interface: InterfaceType
    workstation: Annotated[str, Meta(pattern=r"^[A-Za-z0-9]{1,16}$", description="1 to 16 letters and digits")]
    answer_seconds: Annotated[float, Meta(ge=5, le=300)]
    """How long an answer is waited for before the posting's outcome is unknown."""
    highest_number: Annotated[int, Meta(ge=999, le=99_999_999)]
    """The last P#, after which they begin with 1 again: interfaces of before 2009 take four digits."""
    posting: Posting
    """PS (to a room) or PR after an inquiry (to one guest's folio); never both on one interface."""
    doubts: Literal["person", "balance", "bill"]
    """Who says what became of a posting without an answer; "balance" needs ``posting`` "guest" and PL with BA."""
    corrections: Literal["posting", "desk"]
    """A charge taken back: posted as a negative amount, or left to the desk and the hotel's own procedure."""
    fields: dict[FiasRecord, tuple[FiasField, ...]]
    """The fields that the hotel has enabled, by record. An empty list switches a record off."""
    key_file: Path | None = None
    """One line ``FidCrypt0S|base64`` where the interface wants authentication."""
    serial: SerialSettings | None = None
    tls: TlsSettings | None = None
    ohip: OhipSettings | None = None
    apaleo: ApaleoSettings | None = None

    def __post_init__(self) -> None:
        try:
            check_code_page(self.code_page)
        except ValueError as fault:
            raise FieldError("code_page", str(fault)) from None
        if self.adapter != "fias" and getattr(self, self.adapter) is None:
            raise FieldError(self.adapter, f"adapter {self.adapter} needs the table [hotel.{self.adapter}]")
        if self.serial is not None and self.tls is not None:
            raise FieldError("tls", "there is no TLS on a serial line")
        try:
            self.description().posting(self.posting)
        except ValueError as fault:
            raise FieldError("fields", str(fault)) from None

    def description(self) -> Description:
        """How this station introduces itself on the wire. Raises ValueError."""
        return Description(
            interface=self.interface,
            workstation=self.workstation,
            code_page=self.code_page,
            fields={kind: names for kind, names in self.fields.items() if names},
        )


TEST_LEAD = 2
"""Minutes from ordering a test call to its time."""


class WakeUpSettings(Section, frozen=True):
    """Who makes the wake-up calls, and when a person is asked to look."""

    by: Literal["hotel-system", "operator"]
    """The hotel system registers them and its exchange rings, or each is a request in the operator's queue."""
    test_room: str
    """A telephone beside the operator: called before the first call of a day. Empty: none."""
    test_minutes: Annotated[int, Meta(ge=5, le=240)]
    """How long before the first call the test is made."""
    hand_over_minutes: Annotated[int, Meta(ge=2, le=120)]
    """A call the hotel system has not taken so shortly before its time goes to the operator; and of one that waits for
    the operator anyway it is said once more.
    """
    result_minutes: Annotated[int, Meta(ge=1, le=60)]
    """Without a result so long after its time somebody is sent to the room, where results are told at all; also when
    nobody has seen to a call that the operator was to make.
    """
    days_ahead: Annotated[int, Meta(ge=1, le=60)]
    """How far ahead a guest may order."""
    untold: Literal["over", "look"] = "over"
    """Of a call whose result the hotel system does not tell: it is over with its time, or somebody goes to look."""

    def __post_init__(self) -> None:
        if self.test_minutes <= TEST_LEAD + self.result_minutes:
            least = TEST_LEAD + self.result_minutes + 1
            raise FieldError("test_minutes", f"at least {least}: the test's result must be known before the first call")
