"""A charge to the room, from the first quote to the voucher, put right whatever way the work ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from hardware.protocols import DeviceError
from kiosk.books.charge import ChargeId, ChargeState, Payer, Purpose, WorkState
from kiosk.books.money import Money
from kiosk.books.tariff import Quote
from kiosk.books.vouchers import Voucher
from kiosk.documents.errors import DocumentError
from kiosk.hotel.protocol import Guest
from kiosk.journeys.paying import Bill, BillLine, Stroke
from kiosk.station import Station
from kiosk.store.database import StoreError
from kiosk.tasks import ending, uninterrupted
from kiosk.visit import Visit

log = structlog.get_logger()


@dataclass
class Charging:
    """One charge while its work is done. After the ``async with`` the ``voucher`` tells what was settled, if anything.

    ``sheets`` came out of what is charged. ``fault`` is the message key of what cut the work short after something
    may have come to be owed: it is then kept here instead of raised, because the guest is to hear the amount too.
    Every method is on disk when it returns. Raises StoreError when the disk refuses.
    """

    station: Station
    visit: Visit
    id: ChargeId
    quote: Quote
    voucher: Voucher | None = None
    state: ChargeState = ChargeState.QUOTED
    signed: bool = False
    sheets: int = 0
    fault: str | None = None
    _jobs: dict[str, int] = field(default_factory=dict)

    @classmethod
    @asynccontextmanager
    async def begin(cls, visit: Visit, station: Station, quote: Quote, guest: Guest) -> AsyncIterator[Charging]:
        """Quote and authorise; on the way out settle what was signed for and proven, void the rest.

        Raises what the work raised, except a fault when something is owed or may be.
        """
        db, books = station.books.db, station.books
        charging = cls(station, visit, await db.run(books.quote_charge, visit.id, quote), quote)
        log.info("charge.quoted", charge=charging.id, visit=visit.id, minor=quote.total, currency=quote.currency)
        try:
            try:
                payer = Payer(guest.room, guest.reservation, guest.name)
                await db.run(books.authorise, charging.id, payer)
                yield charging
            finally:
                await uninterrupted(charging._finish())
        except (DeviceError, DocumentError, StoreError) as fault:
            if ending() or not (charging.voucher or charging.undecided):
                raise
            log.warning("charge.cut-short", charge=charging.id, key=fault.key)
            charging.fault = fault.key

    @property
    def undecided(self) -> bool:
        """Signed for, and it is not known yet what is owed."""
        return self.signed and not self.state.ended

    async def requote(self, quote: Quote) -> None:
        """The wishes changed before the signature."""
        if quote != self.quote:
            await self.station.books.db.run(self.station.books.requote, self.id, quote)
            self.quote = quote

    async def sign(self, text: str, strokes: tuple[Stroke, ...]) -> None:
        await self.station.books.db.run(self.station.books.sign, self.id, text, strokes)
        self.signed = True
        self.visit.signed = True
        log.info("charge.signed", charge=self.id)

    def job_name(self, purpose: str) -> str:
        """A name that no other job ever has: it finds the job again in the printer's own record after any crash."""
        number = self._jobs[purpose] = self._jobs.get(purpose, 0) + 1
        return f"{self.id}-{purpose}-{number}"

    async def begin_work(self, job: str, sheets: int, purpose: Purpose) -> None:
        await self.station.books.db.run(self.station.books.begin_work, self.id, job, sheets, purpose)

    async def proven(self, job: str, sheets: int) -> None:
        await self.station.books.db.run(self.station.books.record_work, job, sheets)

    async def ended(self, job: str, sheets: int) -> None:
        await self.station.books.db.run(self.station.books.record_work, job, sheets, WorkState.ENDED)
        log.info("work.ended", charge=self.id, job=job, sheets=sheets)

    async def judged(self, job: str, *, approved: bool) -> None:
        """The guest has looked at a sample."""
        books = self.station.books
        await books.db.run(books.approve if approved else books.refuse, job)

    def price_of(self, sheets: int) -> Money:
        """What ``sheets`` of this order cost."""
        return self.quote.after(sheets).money

    def bill(self, sheets: int | None = None) -> Bill:
        """The bill for ``sheets``, or for all that was quoted."""
        quote = self.quote if sheets is None else self.quote.after(sheets)
        lines = tuple(
            BillLine(line.key, (*line.values.items(), ("n", line.quantity)), Money(line.total, quote.currency))
            for line in quote.lines
        )
        return Bill(lines, quote.money, Money(quote.tax, quote.currency), quote.tax_basis_points)

    async def _finish(self) -> None:
        db, books = self.station.books.db, self.station.books
        jobs = await db.run(books.jobs, self.id)
        if any(job.earns and job.state is WorkState.BEGUN for job in jobs):
            await db.run(books.mark_unknown, self.id, "charge.unproven")
            self.state = ChargeState.UNKNOWN
            log.error("charge.unknown", charge=self.id)
            return
        self.voucher = await db.run(books.finish, self.id)
        self.sheets = sum(job.proven for job in jobs if job.earns)
        self.state = ChargeState.VOIDED if self.voucher is None else ChargeState.SETTLED
        if self.voucher is None:
            log.info("charge.voided", charge=self.id)
        else:
            log.info("charge.settled", charge=self.id, voucher=self.voucher.number, minor=self.voucher.minor)
