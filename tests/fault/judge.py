"""What must hold after every kill, once the processes have started again. Each failure says which charge and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hardware.virtual.paper_path import Sheet
from kiosk.books.charge import Charge, ChargeId, ChargeState, Work
from kiosk.books.checks import Report, check
from kiosk.books.hotel_journal import HotelRow, everything
from kiosk.books.ledger import Books
from kiosk.books.postings import Posting, room_postings
from kiosk.books.reconcile import reconcile_journal
from kiosk.outbox import Outbox
from kiosk.register.requests import Requests, desk_outbox, file_requests


def charges(books: Books, since: int) -> list[tuple[Charge, tuple[Work, ...]]]:
    """Every charge but the first ``since``, with its jobs."""
    with books.db.reading() as tx:
        rows = tx._connection.execute("SELECT id FROM charges ORDER BY seq LIMIT -1 OFFSET ?", (since,)).fetchall()
    return [(books.charge(ChargeId(row["id"])), books.jobs(ChargeId(row["id"]))) for row in rows]


def judge_charge(charge: Charge, jobs: Sequence[Work], out: Counter[str]) -> None:
    """Settled for exactly the paper of its earning jobs, or in doubt; nobody pays without a signature."""
    for job in jobs:
        assert out[job.job] <= job.ordered, f"{job.job}: {out[job.job]} sheets came out, {job.ordered} were ordered"
    earned = sum(out[job.job] for job in jobs if job.earns)
    match charge.state:
        case ChargeState.SETTLED:
            assert charge.signed, f"{charge.id}: charged without a signature"
            assert charge.delivered == earned, f"{charge.id}: {charge.delivered} charged, {earned} came out"
            assert charge.total == charge.quote.after(earned).total, charge
        case ChargeState.VOIDED:
            assert not charge.total, charge
            assert charge.reason == "charge.unsigned" or earned == 0, f"{charge.id}: {earned} sheets given away"
        case ChargeState.UNKNOWN:
            assert charge.signed, f"{charge.id}: in doubt without a signature"
        case state:
            raise AssertionError(f"{charge.id}: still {state.value} after the restart")


def judge_paper(sheets: Sequence[Sheet]) -> Counter[str]:
    """No sheet of a job came out twice; how many of each job there are."""
    twice = [key for key, times in Counter((sheet.job, sheet.number) for sheet in sheets).items() if times > 1]
    assert not twice, f"printed twice: {twice}"
    return Counter(sheet.job for sheet in sheets)


def judge_requests(books: Books, requests: Requests) -> None:
    """Every charge in doubt has an open request, and only one."""
    file_requests(desk_outbox(books.db), requests, "lobby")
    told = Counter(each.values["charge"] for each in requests.list_open() if each.kind == "charge-unknown")
    assert set(told.values()) <= {1}, f"asked twice: {told}"
    for opened in books.open_charges():
        assert told[opened.charge.id], f"{opened.charge.id}: nobody was asked"


def judge_doubts(books: Books, requests: Requests, unknown: Sequence[Posting]) -> None:
    """The register has a request for each posting that was unknown."""
    file_requests(desk_outbox(books.db), requests, "lobby")
    told = {each.values["voucher"] for each in requests.list_open() if each.kind == "posting-unknown"}
    assert {posting.voucher for posting in unknown} <= told


def reconcile(postings: Outbox, rows: Sequence[HotelRow]) -> None:
    """Nothing that the hotel has differs from what the books expect."""
    result = reconcile_journal(postings, rows, everything)
    assert result.differences == (), result.differences


def judge_money(books: Books, rows: Sequence[HotelRow]) -> Report:
    """Books = vouchers = folio, to the last voucher; and nothing waits any more."""
    report = check(books.db, rows)
    assert report.agree, report
    assert report.vouchers == report.charges.get("settled", 0) == sum(report.postings.values()), report
    assert set(report.postings) <= {"delivered"}, report.postings
    assert report.balances.get(("clearing:room", "CNY"), 0) == 0, report.balances
    booked = Counter((row.check, row.minor) for row in rows)
    number = 0
    while (voucher := books.voucher(number + 1)) is not None:
        number = voucher.number
        assert booked[number, voucher.minor] == 1, (
            f"voucher {number}: {booked[number, voucher.minor]} times on the folio"
        )
    assert len(rows) == number == report.vouchers, f"{len(rows)} on the folio, {number} vouchers"
    assert room_postings(books.db).pending_count() == 0
    return report
