"""Receipt and thanks: the last thing of every chargeable service."""

from __future__ import annotations

import structlog

from hardware.protocols import DeviceError
from kiosk.books.charge import ChargeState
from kiosk.books.vouchers import Voucher
from kiosk.journeys.charging import Charging
from kiosk.journeys.paying import Bill, Farewell
from kiosk.journeys.welcome import Apology
from kiosk.receipt import receipt, receipt_link
from kiosk.station import Station
from kiosk.visit import Visit

log = structlog.get_logger()

PRINTED = "printed"


async def farewell(visit: Visit, station: Station, charging: Charging, *, asked: int, originals_in: str) -> bool:
    """Print the receipt, say what was charged, thank. True when the guest wants another service, or was not served."""
    visit.at_stake = False
    if charging.undecided:
        await _undecided(visit, station, charging)
        return True
    bill, voucher = charging.bill(charging.sheets), charging.voucher
    if voucher is None:
        return await visit.ask(
            Farewell(bill, charging.sheets, asked, None, None, None, originals_in, charging.fault)  # free of charge
        )
    outcome = await _receipt(visit, station, voucher, bill)
    number, link = f"{voucher.number:06d}", receipt_link(station, voucher)
    return await visit.ask(Farewell(bill, voucher.sheets, asked, number, outcome, link, originals_in, charging.fault))


async def _undecided(visit: Visit, station: Station, charging: Charging) -> None:
    """The books have asked staff about an UNKNOWN charge; of one that they could not end, staff are told here."""
    key = charging.fault or "charge.unknown-outcome"
    called = charging.state is ChargeState.UNKNOWN or await station.tell_staff(
        "service", visit, key, service=charging.quote.service
    )
    await visit.ask(Apology(key, undecided=True, staff_called=called))


async def _receipt(visit: Visit, station: Station, voucher: Voucher, bill: Bill) -> str:
    """PRINTED, or the message key of why not."""
    outcome = PRINTED
    try:
        await station.devices.receipt_printer.print(receipt(station, voucher, bill))
    except DeviceError as fault:
        outcome = fault.key
    log.info("receipt.done", visit=visit.id, charge=voucher.charge, outcome=outcome)
    return outcome
