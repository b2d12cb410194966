"""Builds the parts of the link process from the settings; the only place that knows every way to a hotel system."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from kiosk import stores
from kiosk.config.hotel import HotelSettings
from kiosk.config.settings import Settings
from kiosk.hotel.clock import system_clock
from kiosk.hotel.desk import Desk, Line
from kiosk.hotel.fias.charges import GuestCharges, RoomCharges
from kiosk.hotel.fias.clearing_up import ByBalance, ByBill
from kiosk.hotel.fias.fidcrypt import Key
from kiosk.hotel.fias.line import FiasLine
from kiosk.hotel.fias.records import Description
from kiosk.hotel.fias.serial_wire import serial
from kiosk.hotel.fias.talk import Charges, Worker
from kiosk.hotel.fias.timings import GUEST_ANSWER, Timings
from kiosk.hotel.fias.transport import Connect, tcp, tls_context
from kiosk.hotel.postman import Postman
from kiosk.hotel.roster import Roster
from kiosk.hotel.runner import Runner
from kiosk.outbox import Outbox

RETRY = 30.0
"""Seconds before a charge that the hotel system put off goes again."""

_BILL_NEEDS = {"XR": ("RN", "G#"), "XI": ("BI",), "XB": ("BA",)}


class LinkUnusable(Exception):
    """The link cannot be set up as configured: ``key`` is the dotted key in kiosk.toml, the text says why."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


def open_desk(settings: Settings, postings: Outbox, *, on_tick: Callable[[], None] = lambda: None) -> Desk:
    """The desk of this station, over its own files. ``on_tick`` feeds the watchdog. Raises StoreError."""
    zone = ZoneInfo(settings.house.timezone)
    return Desk(
        postman=Postman(postings, zone, RETRY),
        runner=Runner(stores.open_switchboard(settings)),
        roster=Roster(stores.guests_file(settings)),
        clock=system_clock(zone),
        status=stores.link_status_file(settings),
        on_tick=on_tick,
    )


def open_line(settings: Settings) -> Line:
    """The way to the hotel system that is configured; nothing is connected yet. Raises LinkUnusable."""
    hotel = settings.hotel
    match hotel.adapter:
        case "fias":
            return fias_line(hotel)
        case "ohip":
            # Only a hotel that is reached by REST needs an HTTP client in memory.
            from kiosk.hotel.rest.ohip import ohip_line
            from kiosk.hotel.rest.tokens import SecretMissing

            assert hotel.ohip is not None, "checked by HotelSettings"
            try:
                return ohip_line(hotel.ohip, ZoneInfo(settings.house.timezone))
            except SecretMissing as fault:
                raise LinkUnusable("hotel.ohip", f"{fault.file} does not hold one line") from fault
        case "apaleo":
            from kiosk.hotel.rest.apaleo import apaleo_line
            from kiosk.hotel.rest.tokens import SecretMissing

            assert hotel.apaleo is not None, "checked by HotelSettings"
            try:
                return apaleo_line(hotel.apaleo)
            except SecretMissing as fault:
                raise LinkUnusable("hotel.apaleo", f"{fault.file} does not hold one line") from fault


def fias_line(hotel: HotelSettings) -> FiasLine:
    """Raises LinkUnusable."""
    answer = hotel.answer_seconds
    return FiasLine(
        connect(hotel),
        station(hotel),
        charges=_charges(hotel),
        doubts=_doubts(hotel),
        timings=Timings(answer=answer, guest_answer=max(answer, GUEST_ANSWER)),
    )


def connect(hotel: HotelSettings) -> Connect:
    """The wire to the hotel's interface. Raises LinkUnusable."""
    if hotel.serial is not None:
        line = hotel.serial
        return serial(line.path, line.baud, line.bits, line.parity)
    if hotel.tls is None:
        return tcp(hotel.host, hotel.port)
    try:
        context = tls_context(hotel.tls.authority, hotel.tls.certificate, hotel.tls.key)
    except OSError as fault:
        raise LinkUnusable("hotel.tls", f"the certificates cannot be used: {fault.strerror or fault}") from fault
    return tcp(hotel.host, hotel.port, context, hotel.tls.server_name)


def station(hotel: HotelSettings) -> Description:
    """How the station introduces itself, with its key. Raises LinkUnusable."""
    described = hotel.description().posting(hotel.posting)
    return replace(described, key=_key(hotel.key_file)) if hotel.key_file else described


def _key(file: Path) -> Key:
    try:
        return Key.parse(file.read_text("ascii"))
    except (OSError, ValueError) as fault:
        reason = fault.strerror if isinstance(fault, OSError) else str(fault)
        raise LinkUnusable("hotel.key_file", f"{file}: {reason}") from None


def _charges(hotel: HotelSettings) -> Charges:
    numbered = hotel.doubts == "bill"
    return RoomCharges(numbered) if hotel.posting == "room" else GuestCharges(numbered)


def _doubts(hotel: HotelSettings) -> Worker | None:
    match hotel.doubts:
        case "balance":
            if hotel.posting != "guest" or "BA" not in hotel.fields.get("PL", ()):
                raise LinkUnusable("hotel.doubts", 'balance needs posting = "guest" and BA among the fields of PL')
            return ByBalance()
        case "bill":
            enabled = {str(kind): names for kind, names in hotel.fields.items()}
            missing = [kind for kind, names in _BILL_NEEDS.items() if not set(names) <= set(enabled.get(kind, ()))]
            if missing:
                raise LinkUnusable("hotel.doubts", f"bill needs more fields of {', '.join(missing)}")
            return ByBill()
        case "person":
            return None
