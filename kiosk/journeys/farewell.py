"""Receipt and thanks: the last thing of every chargeable service."""

from __future__ import annotations

import structlog

from hardware.protocols import DeviceError
from kiosk.journeys.charging import Charging
from kiosk.journeys.paying import Farewell
from kiosk.journeys.welcome import Apology
from kiosk.receipt import receipt, receipt_link
from kiosk.station import Station
from kiosk.visit import Visit

log = structlog.get_logger()

PRINTED = "printed"


async def farewell(visit: Visit, station: Station, charging: Charging, *, asked: int, originals_in: str) -> bool:
    """Print the receipt, say what was charged, thank. True when the guest wants another service."""
    visit.at_stake = False
    voucher = charging.voucher
    if voucher is None:
        await visit.ask(Apology("charge.unknown-outcome", staff_called=True))
        return False
    bill = charging.bill(voucher.sheets)
    outcome = PRINTED
    try:
        await station.devices.receipt_printer.print(receipt(station, voucher, bill))
    except DeviceError as fault:
        outcome = fault.key
    log.info("receipt.done", visit=visit.id, charge=voucher.charge, outcome=outcome)
    return await visit.ask(
        Farewell(
            bill, voucher.sheets, asked, f"{voucher.number:06d}", outcome, receipt_link(station, voucher), originals_in
        )
    )
