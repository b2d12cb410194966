"""``kiosk books``: the three equalities, what is open, and clearing up what nobody knows."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path

from kiosk import stores
from kiosk.books.charge import BooksError, ChargeId
from kiosk.books.checks import check
from kiosk.books.corrections import Folio, correct_amount, correct_sheets
from kiosk.books.doubts import NotInDoubt, Outcome, resolve
from kiosk.books.hotel_journal import Coverage, Difference, HotelJournalError, HotelRow, read_hotel_journal, span
from kiosk.books.ledger import Books
from kiosk.books.reconcile import reconcile_journal
from kiosk.cli import Failed
from kiosk.config.load import load
from kiosk.outbox import DeliveryState, IllegalDelivery
from kiosk.store.database import StoreError, instant

OUTCOMES = {outcome.value: outcome for outcome in Outcome}


def arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    checking = actions.add_parser("check", help="books = books, books = vouchers, books = money")
    checking.add_argument(
        "--journal", type=Path, metavar="CSV", help="the hotel system's whole journal, to compare with"
    )
    actions.add_parser("open", help="charges and postings that are not finished")
    reconciling = actions.add_parser("reconcile", help="clear up unknown postings by the hotel system's journal")
    reconciling.add_argument("journal", type=Path, metavar="CSV", help="date,time,room,check,sequence,amount,text")
    span_help = "the journal is complete %s this moment, as 2026-05-08T06:00 by the kiosk's clock"
    reconciling.add_argument("--from", dest="since", type=_moment, metavar="TIME", help=span_help % "from")
    reconciling.add_argument("--to", dest="until", type=_moment, metavar="TIME", help=span_help % "to")
    correcting = actions.add_parser("correct", help="take back a charge that stands on a folio, wholly or in part")
    correcting.add_argument("voucher", type=int, help="the number on the guest's receipt")
    how_much = correcting.add_mutually_exclusive_group(required=True)
    how_much.add_argument("--sheets", type=int, metavar="N", help="what so many sheets cost")
    how_much.add_argument("--minor", type=int, metavar="M", help="an amount, in minor units")
    correcting.add_argument("--room", required=True, help="whose folio it is on: the kiosk has forgotten")
    correcting.add_argument("--reservation", default="", metavar="NUMBER", help="where the room is shared")
    correcting.add_argument("--reason", required=True, metavar="TEXT", help="for the books; no guest's name")
    correcting.add_argument("--by", required=True, metavar="INITIALS", help="who says so")
    resolving = actions.add_parser("resolve", help="a person says what became of an unknown charge or posting")
    resolving.add_argument("charge", help="the charge's id or the correction's, as `kiosk books open` prints it")
    resolving.add_argument(
        "outcome", help=f"{', '.join(OUTCOMES)}, or for an unknown charge the number of sheets that came out"
    )
    resolving.add_argument("--by", required=True, metavar="INITIALS", help="who says so")
    for action in actions.choices.values():  # also after the action, where one thinks of it
        action.add_argument("--config", type=Path, metavar="FILE", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """0 when all agrees or the change was made, 1 when there are differences."""
    settings = load(options.config)
    try:
        books = stores.open_books(settings)
        try:
            options.by_posting = settings.hotel.corrections == "posting"
            return ACTIONS[options.action](books, options)
        finally:
            books.db.close()
    except StoreError as fault:
        raise Failed(f"the books cannot be opened: {fault.key} {dict(fault.values)}") from fault
    except (BooksError, IllegalDelivery, NotInDoubt) as fault:
        raise Failed(str(fault)) from fault


def _check(books: Books, options: argparse.Namespace) -> int:
    report = check(books.db, _journal(options.journal) if options.journal else None)
    _say(f"{report.entries} journal entries, {report.vouchers} vouchers")
    for (account, currency), minor in sorted(report.balances.items()):
        _say(f"  {account:24} {minor:>12} {currency} minor units")
    for title, counts in (("charges", report.charges), ("postings", report.postings)):
        _say(f"  {title}: {', '.join(f'{count} {state}' for state, count in sorted(counts.items())) or 'none'}")
    for title, differences in (("books", report.books), ("vouchers", report.paper), ("money", report.money)):
        _say(f"books = {title}: {'agree' if not differences else f'{len(differences)} DIFFERENCES'}")
        _differences(differences)
    return 0 if report.agree else 1


def _open(books: Books, options: argparse.Namespace) -> int:
    del options
    for opened in books.open_charges():
        charge = opened.charge
        proven = sum(job.proven for job in opened.jobs)
        signed = "signed" if charge.signed else "unsigned"
        _say(f"charge {charge.id} {charge.state.value}, {signed}, {proven} sheets proven")
    postings = stores.open_postings(books)
    for state in DeliveryState:
        if state is not DeliveryState.DELIVERED:
            for delivery in postings.in_state(state):
                attempts = f"{delivery.attempts} attempts"
                _say(f"posting {delivery.key} {state.value}, {attempts} {delivery.remark}".rstrip())
    return 0


def _reconcile(books: Books, options: argparse.Namespace) -> int:
    covered = _coverage(books, options.since, options.until)
    result = reconcile_journal(stores.open_postings(books), _journal(options.journal), covered)
    sums = {"found on folios": result.delivered, "queued again": result.queued, "still unknown": result.unknown}
    _say(", ".join(f"{what}: {len(which)}" for what, which in sums.items()))
    if result.differences:
        _say(f"{len(result.differences)} DIFFERENCES, none of them mended: look at these folios")
    _differences(result.differences)
    return 1 if result.differences else 0


def _correct(books: Books, options: argparse.Namespace) -> int:
    take_back, much = (
        (correct_sheets, options.sheets) if options.sheets is not None else (correct_amount, options.minor)
    )
    done = take_back(
        stores.open_postings(books),
        options.voucher,
        much,
        reason=options.reason,
        who=options.by,
        folio=Folio(options.room, options.reservation),
        by_posting=options.by_posting,
    )
    _say(
        f"voucher {done.voucher:06d}, correction {done.number}: {done.minor} minor units, {done.tax_minor} of them tax"
    )
    _say(
        "queued to be posted"
        if options.by_posting
        else f"correct the folio, then: kiosk books resolve {done.key} posted"
    )
    return 0


def _resolve(books: Books, options: argparse.Namespace) -> int:
    if options.outcome.isdecimal():
        voucher = books.resolve(ChargeId(options.charge), int(options.outcome), options.by)
        _say(f"voucher {voucher.number:06d}, {voucher.minor} minor units" if voucher else "voided: nothing came out")
        return 0
    if options.outcome not in OUTCOMES:
        raise Failed(f"the outcome is {', '.join(OUTCOMES)} or a number of sheets")
    resolve(stores.open_postings(books), options.charge, OUTCOMES[options.outcome], options.by)
    return 0


def _moment(text: str) -> datetime:
    """A date and time; without a zone it is the house's own."""
    return datetime.fromisoformat(text)


def _coverage(books: Books, since: datetime | None, until: datetime | None) -> Coverage | None:
    """None when nothing was said: then only what lies between our own postings in the journal is covered."""
    if since is None and until is None:
        return None
    if since is None or until is None:
        raise Failed("--from and --to go together: a journal is complete for a span, or nothing is known of it")
    zone = books.db.clock().tzinfo
    first, last = (moment if moment.tzinfo else moment.replace(tzinfo=zone) for moment in (since, until))
    return span(instant(first), instant(last))


def _journal(path: Path) -> list[HotelRow]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return read_hotel_journal(lines)
    except (OSError, UnicodeDecodeError, HotelJournalError) as fault:
        raise Failed(f"{path}: {fault}") from fault


def _differences(differences: tuple[Difference, ...]) -> None:
    for difference in differences:
        _say(f"  {difference.key} {' '.join(f'{name}={value}' for name, value in difference.values.items())}")


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


ACTIONS = {"check": _check, "correct": _correct, "open": _open, "reconcile": _reconcile, "resolve": _resolve}
