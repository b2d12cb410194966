"""The books as a journey uses them: each call is one transaction; what it promises is on disk when it returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import bindparam, insert, select, update

from kiosk.books import journal, vouchers
from kiosk.books.charge import (
    WORK_TRANSITIONS,
    BooksError,
    Charge,
    ChargeEvent,
    ChargeId,
    ChargeState,
    IllegalTransition,
    Payer,
    Purpose,
    Work,
    WorkState,
    new_charge_id,
    step,
)
from kiosk.books.desk import DeskRequest, ask_staff
from kiosk.books.postings import PMS, POSTING, Posting
from kiosk.books.tariff import Quote
from kiosk.books.vouchers import Signature, Stroke, Voucher
from kiosk.outbox import enqueue
from kiosk.store.database import Database
from kiosk.store.statement import Row, Statement, Transaction, constant
from kiosk.store.tables import charges, signatures, work


class NoSuchCharge(BooksError):
    """No charge or job of this name."""


class NotSigned(BooksError):
    """Nothing is owed before the guest has signed for it."""


class AlreadySigned(BooksError):
    """The terms were signed: they stand."""


@dataclass(frozen=True)
class OpenCharge:
    """A charge that is neither settled nor voided, with its jobs in order: what recovery starts from."""

    charge: Charge
    jobs: tuple[Work, ...]


_ADD = Statement(
    insert(charges).values(
        {
            name: bindparam(name)
            for name in (
                "id",
                "visit",
                "service",
                "currency",
                "state",
                "quote",
                "quoted_minor",
                "created_at",
                "changed_at",
            )
        }
    )
)
_selected = select(charges, signatures.c.hash.label("signature"), signatures.c.text, signatures.c.strokes).outerjoin(
    signatures, signatures.c.charge == charges.c.id
)
_BY_ID = Statement(_selected.where(charges.c.id == bindparam("id")))
_OPEN = Statement(
    _selected.where(charges.c.state.not_in([constant(ChargeState.SETTLED), constant(ChargeState.VOIDED)])).order_by(
        charges.c.seq
    )
)


def _set(*columns: str) -> Statement:
    """An update of one charge's state and ``columns``."""
    names = ("state", "changed_at", *columns)
    return Statement(
        update(charges).where(charges.c.id == bindparam("of")).values({name: bindparam(name) for name in names})
    )


_SET_STATE = _set()
_SET_QUOTE = _set("quote", "quoted_minor")
_SET_PAYER = _set("room", "reservation", "name")
_SET_DELIVERED = _set("delivered", "total_minor", "tax_minor")
_SET_REASON = _set("reason")
_SET_ENDED = _set("reason", "room", "reservation", "name")

_ADD_WORK = Statement(
    insert(work).values({name: bindparam(name) for name in ("job", "charge", "purpose", "state", "ordered", "proven")})
)
_WORK = Statement(select(work).where(work.c.job == bindparam("job")))
_WORK_OF = Statement(select(work).where(work.c.charge == bindparam("charge")).order_by(work.c.seq))
_SET_WORK = Statement(
    update(work).where(work.c.job == bindparam("of")).values(state=bindparam("state"), proven=bindparam("proven"))
)


class Books:
    """Raises StoreError when the disk refuses, IllegalTransition when the charge's life does not allow the call."""

    def __init__(self, db: Database) -> None:
        self.db = db

    def quote_charge(self, visit: str, quote: Quote) -> ChargeId:
        """The price was told: a charge in state QUOTED."""
        charge, now = new_charge_id(self.db.clock()), self.db.now()
        with self.db.transaction() as tx:
            tx.do(
                _ADD,
                id=charge,
                visit=visit,
                service=quote.service,
                currency=quote.currency,
                state=ChargeState.QUOTED.value,
                quote=msgspec.json.encode(quote).decode(),
                quoted_minor=quote.total,
                created_at=now,
                changed_at=now,
            )
        return charge

    def requote(self, charge: ChargeId, quote: Quote) -> None:
        """The wishes changed before the signature. Raises AlreadySigned."""
        with self.db.transaction() as tx:
            row, after = self._step(tx, charge, ChargeEvent.REQUOTE)
            if row["signature"]:
                raise AlreadySigned(charge)
            terms = msgspec.json.encode(quote).decode()
            tx.do(_SET_QUOTE, **self._changed(charge, after), quote=terms, quoted_minor=quote.total)

    def authorise(self, charge: ChargeId, payer: Payer) -> None:
        """It is known whose folio pays; from here on work may begin."""
        with self.db.transaction() as tx:
            _, after = self._step(tx, charge, ChargeEvent.AUTHORISE)
            changed = self._changed(charge, after)
            tx.do(_SET_PAYER, **changed, room=payer.room, reservation=payer.reservation, name=payer.name)

    def begin_work(self, charge: ChargeId, job: str, sheets: int, purpose: Purpose) -> None:
        """Before the printer is told: job ``job`` will bring out at most ``sheets`` for this charge."""
        with self.db.transaction() as tx:
            row = self._row(tx, charge)
            if ChargeState(row["state"]) is not ChargeState.AUTHORISED:
                raise BooksError(f"{charge}: work while {row['state']}")
            if purpose is Purpose.REST and not row["signature"]:
                raise NotSigned(charge)
            begun = WorkState.BEGUN.value
            tx.do(_ADD_WORK, job=job, charge=charge, purpose=purpose.value, state=begun, ordered=sheets, proven=0)

    def record_work(self, job: str, proven: int, state: WorkState = WorkState.BEGUN) -> None:
        """What the printer's own record says now: ``proven`` sheets came out; ENDED when no more will.

        A count below an earlier one is kept out: paper does not go back in. One above what was ordered is too: a
        printer that counts sides instead of sheets must not make anybody pay for them.
        """
        with self.db.transaction() as tx:
            self._record(tx, job, proven, state)

    def approve(self, job: str) -> None:
        """The guest accepted this sample: it is the first set."""
        self._judge(job, WorkState.APPROVED)

    def refuse(self, job: str) -> None:
        """The guest refused this sample: waste, free of charge."""
        self._judge(job, WorkState.REFUSED)

    def sign(self, charge: ChargeId, text: str, strokes: Sequence[Stroke]) -> Signature:
        """The guest put ``strokes`` under exactly ``text``, for at most the quoted amount. Raises AlreadySigned."""
        signature = Signature.of(text, strokes)
        with self.db.transaction() as tx:
            row, after = self._step(tx, charge, ChargeEvent.SIGN)
            if row["signature"]:
                raise AlreadySigned(charge)
            vouchers.keep_signature(tx, charge, signature, self.db.now())
            tx.do(_SET_STATE, **self._changed(charge, after))
        return signature

    def deliver(self, charge: ChargeId, sheets: int) -> None:
        """It is proven: ``sheets`` came out, the approved sample among them. Raises NotSigned."""
        with self.db.transaction() as tx:
            self._deliver(tx, charge, sheets)

    def settle(self, charge: ChargeId) -> Voucher | None:
        """Charge's step, journal entry, voucher and posting in one transaction. None: nothing came out, so voided."""
        with self.db.transaction() as tx:
            return self._settle(tx, charge, reason=None)

    def finish(self, charge: ChargeId) -> Voucher | None:
        """However the work went: settle the sheets its jobs proved, or void what was not signed or brought nothing.

        For a charge that is AUTHORISED and whose jobs have all ended; all in one transaction.
        """
        with self.db.transaction() as tx:
            row = self._row(tx, charge)
            if not row["signature"]:
                self._void(tx, charge, "charge.unsigned")
                return None
            jobs = self._jobs(tx, charge)
            running = [job.job for job in jobs if job.earns and job.state is WorkState.BEGUN]
            if running:
                raise BooksError(f"{charge}: {running[0]} has not ended")
            self._deliver(tx, charge, sum(job.proven for job in jobs if job.earns))
            return self._settle(tx, charge, reason=None)

    def void(self, charge: ChargeId, reason: str) -> None:
        """Nothing is owed; ``reason`` is a message key. The guest and the signature are forgotten."""
        with self.db.transaction() as tx:
            self._void(tx, charge, reason)

    def mark_unknown(self, charge: ChargeId, reason: str) -> None:
        """What came out is not known; staff are asked in the same transaction."""
        with self.db.transaction() as tx:
            row, after = self._step(tx, charge, ChargeEvent.LOSE)
            tx.do(_SET_REASON, **self._changed(charge, after), reason=reason)
            proven = sum(job.proven for job in self._jobs(tx, charge) if job.earns)
            values: dict[str, str | int] = {"charge": charge, "reason": reason, "proven": proven}
            request = DeskRequest("charge-unknown", "request.charge-unknown", values, visit=row["visit"])
            ask_staff(tx, f"{charge}:unknown", request, self.db.now())

    def resolve(self, charge: ChargeId, sheets: int, who: str) -> Voucher | None:
        """A person or the printer's record has the last word on an UNKNOWN charge: ``sheets`` came out."""
        with self.db.transaction() as tx:
            row = self._row(tx, charge)
            if ChargeState(row["state"]) is not ChargeState.UNKNOWN:
                raise IllegalTransition(charge, ChargeState(row["state"]), ChargeEvent.DELIVER)
            self._deliver(tx, charge, sheets)
            return self._settle(tx, charge, reason=f"by {who}")

    def charge(self, charge: ChargeId) -> Charge:
        """Raises NoSuchCharge."""
        with self.db.reading() as tx:
            return _charge(self._row(tx, charge))

    def jobs(self, charge: ChargeId) -> tuple[Work, ...]:
        """In the order they were begun."""
        with self.db.reading() as tx:
            return self._jobs(tx, charge)

    def open_charges(self) -> list[OpenCharge]:
        """Oldest first: what recovery looks at when the kiosk starts."""
        with self.db.reading() as tx:
            opened = [_charge(row) for row in tx.rows(_OPEN)]
            return [OpenCharge(charge, self._jobs(tx, charge.id)) for charge in opened]

    def voucher(self, number: int) -> Voucher | None:
        with self.db.reading() as tx:
            return vouchers.find(tx, number)

    def _row(self, tx: Transaction, charge: ChargeId) -> Row:
        row = tx.one(_BY_ID, id=charge)
        if row is None:
            raise NoSuchCharge(charge)
        return row

    def _step(self, tx: Transaction, charge: ChargeId, event: ChargeEvent) -> tuple[Row, ChargeState]:
        row = self._row(tx, charge)
        return row, step(charge, ChargeState(row["state"]), event)

    def _changed(self, charge: ChargeId, state: ChargeState) -> dict[str, str | int]:
        return {"of": charge, "state": state.value, "changed_at": self.db.now()}

    def _deliver(self, tx: Transaction, charge: ChargeId, sheets: int) -> None:
        row, after = self._step(tx, charge, ChargeEvent.DELIVER)
        if sheets and not row["signature"]:
            raise NotSigned(charge)
        owed = _quote(row).after(sheets)
        changed = self._changed(charge, after)
        tx.do(_SET_DELIVERED, **changed, delivered=sheets, total_minor=owed.total, tax_minor=owed.tax)

    def _settle(self, tx: Transaction, charge: ChargeId, reason: str | None) -> Voucher | None:
        row, after = self._step(tx, charge, ChargeEvent.SETTLE)
        if not row["total_minor"]:
            self._void(tx, charge, "charge.nothing-delivered")
            return None
        now, total, tax = self.db.now(), row["total_minor"], row["tax_minor"]
        currency, service = row["currency"], row["service"]
        entry = journal.post(
            tx,
            now,
            "charge",
            charge,
            (
                journal.Line(journal.CLEARING_ROOM, currency, total),
                journal.Line(journal.revenue(service), currency, tax - total),
                journal.Line(journal.TAX_VAT, currency, -tax),
            ),
        )
        signature = Signature(row["text"], row["strokes"], row["signature"])
        number = vouchers.write(
            tx,
            charge,
            entry=entry,
            currency=currency,
            minor=total,
            tax=tax,
            signature_hash=signature.hash,
            now=now,
        )
        posting = Posting(
            number,
            charge,
            service,
            total,
            tax,
            currency,
            _quote(row).posting_text,
            now,
            row["room"],
            row["reservation"],
            row["name"],
        )
        enqueue(tx, PMS, POSTING, charge, posting.encode(), now)
        self._end(tx, charge, after, reason)
        return Voucher(number, charge, service, row["delivered"], currency, total, tax, signature, signature.hash, now)

    def _void(self, tx: Transaction, charge: ChargeId, reason: str) -> None:
        _, after = self._step(tx, charge, ChargeEvent.VOID)
        vouchers.drop_signature(tx, charge)
        self._end(tx, charge, after, reason)

    def _end(self, tx: Transaction, charge: ChargeId, state: ChargeState, reason: str | None) -> None:
        """The last step, which forgets the guest: what is still needed travels in the posting."""
        tx.do(_SET_ENDED, **self._changed(charge, state), reason=reason, room=None, reservation=None, name=None)

    def _jobs(self, tx: Transaction, charge: ChargeId) -> tuple[Work, ...]:
        return tuple(_work(row) for row in tx.rows(_WORK_OF, charge=charge))

    def _judge(self, job: str, verdict: WorkState) -> None:
        with self.db.transaction() as tx:
            row = self._work_row(tx, job)
            if Purpose(row["purpose"]) is not Purpose.SAMPLE:
                raise BooksError(f"{job}: only a sample is approved or refused")
            self._record(tx, job, row["proven"], verdict)

    def _record(self, tx: Transaction, job: str, proven: int, state: WorkState) -> None:
        row = self._work_row(tx, job)
        before = WorkState(row["state"])
        if (before, state) not in WORK_TRANSITIONS:
            raise IllegalTransition(job, before, state)
        tx.do(_SET_WORK, of=job, state=state.value, proven=min(max(proven, row["proven"]), row["ordered"]))

    def _work_row(self, tx: Transaction, job: str) -> Row:
        row = tx.one(_WORK, job=job)
        if row is None:
            raise NoSuchCharge(job)
        return row


def waste(jobs: Sequence[Work]) -> int:
    """Sheets that came out and are charged to nobody."""
    return sum(job.proven for job in jobs if not job.earns)


def _quote(row: Row) -> Quote:
    return msgspec.json.decode(row["quote"], type=Quote)


def _charge(row: Row) -> Charge:
    return Charge(
        ChargeId(row["id"]),
        row["visit"],
        row["service"],
        ChargeState(row["state"]),
        _quote(row),
        row["signature"] is not None,
        row["delivered"],
        row["total_minor"],
        row["tax_minor"],
        row["reason"],
    )


def _work(row: Row) -> Work:
    return Work(
        row["job"],
        ChargeId(row["charge"]),
        Purpose(row["purpose"]),
        WorkState(row["state"]),
        row["ordered"],
        row["proven"],
    )
