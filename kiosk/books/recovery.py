"""After a crash: every charge that was left open is settled for what the printer proved, voided, or asked about."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum

from hardware.protocols import DeviceError, JobRecord, JobState
from kiosk.books.charge import ChargeId, ChargeState, WorkState
from kiosk.books.ledger import Books, OpenCharge

Fate = Callable[[str], Awaitable[JobRecord]]


class Outcome(Enum):
    SETTLED = "settled"
    VOIDED = "voided"
    UNKNOWN = "unknown"  # staff are asked
    LATER = "later"  # nothing new: the printer cannot say yet, or staff have not


@dataclass(frozen=True)
class Recovered:
    charge: ChargeId
    outcome: Outcome


async def recover(books: Books, fate: Fate) -> tuple[Recovered, ...]:
    """Look at every open charge; to be repeated while any outcome is LATER.

    ``fate`` tells the final record of a job by its name: ``Printer.cancel``, which also stops what still runs, or
    ``Printer.find``. Nobody pays for a charge that was not signed; a signed one whose record the printer no longer has
    becomes UNKNOWN, it is neither guessed nor forgotten.
    """
    opened = await books.db.run(books.open_charges)
    return tuple([Recovered(charge.charge.id, await _recover(books, charge, fate)) for charge in opened])


async def _recover(books: Books, opened: OpenCharge, fate: Fate) -> Outcome:
    charge = opened.charge
    if charge.state is ChargeState.DELIVERED:
        voucher = await books.db.run(books.settle, charge.id)
        return Outcome.SETTLED if voucher else Outcome.VOIDED
    running = [job.job for job in opened.jobs if job.state is WorkState.BEGUN]
    known = [await _ended(books, job, fate) for job in running]
    if not charge.signed:
        await books.db.run(books.void, charge.id, "charge.unsigned")
        return Outcome.VOIDED
    if Outcome.LATER in known:
        return Outcome.LATER
    if Outcome.UNKNOWN in known:
        if charge.state is ChargeState.UNKNOWN:
            return Outcome.LATER
        await books.db.run(books.mark_unknown, charge.id, "charge.record-lost")
        return Outcome.UNKNOWN
    voucher = await books.db.run(books.finish, charge.id)
    return Outcome.SETTLED if voucher else Outcome.VOIDED


async def _ended(books: Books, job: str, fate: Fate) -> Outcome | None:
    """Write the job's final count into the books; what stands in the way if it is not known."""
    try:
        record = await fate(job)
    except DeviceError:
        return Outcome.LATER
    if record.state is JobState.LOST:
        return Outcome.UNKNOWN
    if not record.state.ended:
        return Outcome.LATER
    await books.db.run(books.record_work, job, record.sheets, WorkState.ENDED)
    return None
