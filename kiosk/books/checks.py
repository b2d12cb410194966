"""The three equalities of every close: books = books, books = vouchers, books = money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, select

from kiosk.books import corrections, journal, vouchers
from kiosk.books.charge import ChargeState
from kiosk.books.corrections import Correction
from kiosk.books.hotel_journal import Difference, HotelRow, KnownPosting, compare, known_postings, without_trials
from kiosk.books.journal import CLEARING_ROOM, RECEIVABLE_PMS, TAX_VAT, Entry
from kiosk.books.postings import CORRECTION, PMS
from kiosk.books.vouchers import Voucher
from kiosk.outbox import OPEN, DeliveryState
from kiosk.store.database import Database
from kiosk.store.statement import Statement, Transaction
from kiosk.store.tables import charges


@dataclass(frozen=True)
class Report:
    """What the books hold, and every difference found; ``balances`` by (account, currency) in minor units.

    ``charges`` and ``postings`` count by state.
    """

    entries: int
    vouchers: int
    balances: dict[tuple[str, str], int]
    charges: dict[str, int]
    postings: dict[str, int]
    books: tuple[Difference, ...]
    paper: tuple[Difference, ...]
    money: tuple[Difference, ...]

    @property
    def agree(self) -> bool:
        return not (self.books or self.paper or self.money)


_CHARGES = Statement(select(charges.c.state, func.count().label("count")).group_by(charges.c.state))
_TOTALS = Statement(
    select(charges.c.id, charges.c.total_minor, charges.c.tax_minor)
    .where(charges.c.state == bindparam("state"))
    .order_by(charges.c.seq)
)


def check(db: Database, folio: Sequence[HotelRow] | None = None) -> Report:
    """Read everything in one consistent view; ``folio`` is the hotel system's whole export where there is one."""
    with db.reading() as tx:
        entries = list(journal.read(tx))
        written = vouchers.every(tx)
        postings = known_postings(tx, PMS)
        balances = journal.balances(tx)
        return Report(
            entries=len(entries),
            vouchers=len(written),
            balances=balances,
            charges={row["state"]: row["count"] for row in tx.rows(_CHARGES)},
            postings=Counter(posting.state.value for posting in postings),
            books=tuple(_books(entries)),
            paper=(*_paper(tx, entries, written), *_corrected(entries, written, corrections.every(tx))),
            money=(
                *_money(balances, written, postings),
                *(compare(postings, without_trials(tx, PMS, folio)) if folio is not None else ()),
            ),
        )


def _books(entries: Sequence[Entry]) -> Iterator[Difference]:
    """The chain is whole, no number is missing, and each entry balances."""
    previous = journal.GENESIS
    for expected, entry in enumerate(entries, start=1):
        where: dict[str, str | int] = {"entry": entry.seq}
        if entry.seq != expected:
            yield Difference("journal.gap", {**where, "expected": expected})
        sealed = journal.seal(entry.previous, entry.seq, entry.at, entry.source, entry.external, entry.lines)
        if entry.previous != previous or entry.hash != sealed:
            yield Difference("journal.chain", where)
        if not entry.lines or any(_sums(entry).values()):
            yield Difference("journal.unbalanced", where)
        previous = entry.hash


def _sums(entry: Entry) -> dict[str, int]:
    sums: dict[str, int] = {}
    for line in entry.lines:
        sums[line.currency] = sums.get(line.currency, 0) + line.minor
    return sums


def _paper(tx: Transaction, entries: Sequence[Entry], written: Sequence[Voucher]) -> Iterator[Difference]:
    """Each settled charge has one entry and one voucher over the same sums, and each signature is as it was given."""
    booked = {entry.external: entry for entry in entries if entry.source == "charge"}
    by_charge = {voucher.charge: voucher for voucher in written}
    settled = {row["id"]: row for row in tx.rows(_TOTALS, state=ChargeState.SETTLED.value)}
    for expected, voucher in enumerate(written, start=1):
        where: dict[str, str | int] = {"voucher": voucher.number}
        if voucher.number != expected:
            yield Difference("voucher.gap", {**where, "expected": expected})
        if not voucher.signature.intact or voucher.signature.hash != voucher.sealed:
            yield Difference("voucher.signature", where)
        entry, charge = booked.get(voucher.charge), settled.get(voucher.charge)
        if entry is None:
            yield Difference("voucher.not-booked", where)
        elif (_on(entry, CLEARING_ROOM), -_on(entry, TAX_VAT)) != (voucher.minor, voucher.tax):
            yield Difference("voucher.amount", {**where, "minor": voucher.minor, "booked": _on(entry, CLEARING_ROOM)})
        if charge is None:
            yield Difference("voucher.not-settled", where)
        elif (charge["total_minor"], charge["tax_minor"]) != (voucher.minor, voucher.tax):
            yield Difference("voucher.charge", {**where, "minor": voucher.minor, "charged": charge["total_minor"]})
    for charge_id in settled.keys() - by_charge.keys():
        yield Difference("charge.without-voucher", {"charge": charge_id})
    for external in booked.keys() - by_charge.keys():
        yield Difference("journal.without-voucher", {"entry": booked[external].seq})


def _corrected(
    entries: Sequence[Entry], written: Sequence[Voucher], made: Sequence[Correction]
) -> Iterator[Difference]:
    """Each correction has one entry over the same sums, and none takes back more than was charged."""
    booked = {entry.external: entry for entry in entries if entry.source == CORRECTION}
    left = {voucher.number: (voucher.minor, voucher.tax) for voucher in written}
    for each in made:
        where: dict[str, str | int] = {"voucher": each.voucher, "correction": each.number}
        entry = booked.pop(each.key, None)
        if entry is None:
            yield Difference("correction.not-booked", where)
        elif (-_on(entry, CLEARING_ROOM), _on(entry, TAX_VAT)) != (each.minor, each.tax_minor):
            yield Difference("correction.amount", {**where, "minor": each.minor})
        minor, tax = left.get(each.voucher, (0, 0))
        left[each.voucher] = minor - each.minor, tax - each.tax_minor
        if min(left[each.voucher]) < 0:
            yield Difference("correction.too-much", where)
    for entry in booked.values():
        yield Difference("journal.without-correction", {"entry": entry.seq})


def _on(entry: Entry, account: str) -> int:
    return sum(line.minor for line in entry.lines if line.account == account)


def _money(
    balances: dict[tuple[str, str], int], written: Sequence[Voucher], postings: Sequence[KnownPosting]
) -> Iterator[Difference]:
    """Clearing holds exactly what the hotel has not accepted, the receivable what it has; each voucher is told once."""
    told = {posting.key for posting in postings}
    for voucher in written:
        if voucher.charge not in told:
            yield Difference("posting.missing", {"voucher": voucher.number, "minor": voucher.minor})
    for posting in postings:
        if posting.told != posting.minor:
            values: dict[str, str | int] = {"voucher": posting.voucher, "minor": posting.minor, "told": posting.told}
            yield Difference("posting.amount", values)
    for currency in {currency for _, currency in balances} | {voucher.currency for voucher in written}:
        missing = sum(v.minor for v in written if v.currency == currency and v.charge not in told)
        mine = [posting for posting in postings if posting.currency == currency]
        delivered = sum(posting.minor for posting in mine if posting.state is DeliveryState.DELIVERED)
        waiting = missing + sum(posting.minor for posting in mine if posting.state in OPEN)
        for account, expected in ((CLEARING_ROOM, waiting), (RECEIVABLE_PMS, delivered)):
            booked = balances.get((account, currency), 0)
            if booked != expected:
                where: dict[str, str | int] = {"account": account, "currency": currency}
                yield Difference("money.account", {**where, "booked": booked, "expected": expected})
