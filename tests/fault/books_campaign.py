"""Kills a process at every statement of the money path and looks at what is left.

A run is two guests' copies and the posting of both, in one child process. The child is killed by SIGKILL before the
n-th statement it sends to its database, for every n; what it had finished by then stands in a log of its own, and what
came out of the printer in a folder, both outside the books. Then recovery runs (and is killed in turn), and the books
are held against log and paper.

    python -m tests.fault.campaign books-statements
    python -m tests.fault.campaign books-recovery
    python -m tests.fault.campaign books-random --kills 5000 --seed 7

The random ones come at any microsecond, inside writes and syncs too.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hardware.protocols import JobRecord, JobState
from kiosk.books import corrections
from kiosk.books.charge import ChargeState, Purpose, WorkState
from kiosk.books.checks import Report, check
from kiosk.books.corrections import Folio, correct_sheets
from kiosk.books.hotel_journal import HotelRow, everything, known_postings
from kiosk.books.ledger import Books
from kiosk.books.postings import PMS, room_postings
from kiosk.books.reconcile import reconcile_journal
from kiosk.books.recovery import recover
from kiosk.outbox import DeliveryState
from kiosk.register.requests import Requests, desk_outbox, file_requests
from kiosk.store.database import Database
from kiosk.store.migrations import BOOKS, REGISTER
from tests.books_kit import PAYER, STROKES, quote

# Guest -> sheets ordered, sheets that come out before the printer gives up.
GUESTS = {"all": (3, 3), "jam": (4, 2)}
NEVER = 1 << 30


@dataclass
class Place:
    """Where one run happens: the books, the printer's own record, the log of what the child saw return."""

    folder: Path

    @property
    def log(self) -> list[str]:
        path = self.folder / "log"
        return path.read_text().splitlines() if path.exists() else []

    def say(self, line: str) -> None:
        with (self.folder / "log").open("a") as log:
            log.write(line + "\n")

    def print(self, job: str, sheets: int) -> None:
        coming = self.folder / f"coming-{job}"
        coming.write_text(str(sheets))
        coming.rename(self.folder / f"paper-{job}")  # a sheet is out or it is not

    def paper(self, job: str) -> int | None:
        path = self.folder / f"paper-{job}"
        return int(path.read_text()) if path.exists() else None

    async def fate(self, job: str) -> JobRecord:
        sheets = self.paper(job)
        return JobRecord(JobState.LOST, 0) if sheets is None else JobRecord(JobState.COMPLETED, sheets)


def money_path(place: Place, books: Books) -> None:
    """Everything two guests and the hotel link write."""
    for guest in GUESTS:
        _copy(place, books, guest)
    postings = room_postings(books.db)
    postings.recover()
    while delivery := postings.next_due():
        number = postings.begin(delivery)
        place.say(f"sent {delivery.key} {number}")
        postings.delivered(delivery, "OK")
        place.say(f"posted {delivery.key}")
    place.say("correcting")
    correct_sheets(postings, 1, 1, reason="blank", who="AB", folio=Folio(PAYER.room), by_posting=True)
    place.say("corrected")


def _copy(place: Place, books: Books, guest: str) -> None:
    ordered, out = GUESTS[guest]
    charge = books.quote_charge(guest, quote(copies=ordered + 1))
    books.requote(charge, quote(copies=ordered))
    books.authorise(charge, PAYER)
    for job, judge in ((f"{guest}-refused", books.refuse), (f"{guest}-sample", books.approve)):
        books.begin_work(charge, job, 1, Purpose.SAMPLE)
        place.print(job, 1)
        books.record_work(job, 1, WorkState.ENDED)
        judge(job)
    place.say(f"signing {guest}")
    books.sign(charge, "the terms", STROKES)
    place.say(f"signed {guest}")
    rest = f"{guest}-rest"
    books.begin_work(charge, rest, ordered - 1, Purpose.REST)
    place.say(f"begun {guest}")
    place.print(rest, out - 1)
    place.say(f"printed {guest}")
    books.record_work(rest, 1)
    books.record_work(rest, out - 1, WorkState.ENDED)
    voucher = books.finish(charge)
    assert voucher is not None
    place.say(f"settled {guest} {voucher.number} {voucher.minor}")


def restart(place: Place, books: Books) -> None:
    """What the processes do when they start again."""
    asyncio.run(recover(books, place.fate))
    room_postings(books.db).recover()


class Killer:
    """Counts statements; before number ``at`` the process is gone, without a word."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.count = 0

    def __call__(self, sql: str) -> None:
        if not sql.startswith("--"):  # statements of triggers are inside one that was counted
            self.count += 1
            if self.count == self.at:
                os.kill(os.getpid(), signal.SIGKILL)


def in_child(place: Place, work: Callable[[Place, Books], None], at: int = NEVER, delay: float | None = None) -> bool:
    """Fork, do ``work``; True when it was killed (before statement ``at`` or after ``delay`` seconds)."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            books = Books(Database(place.folder / "books.db", BOOKS))
            killer = Killer(at)
            books.db.trace(killer)
            work(place, books)
            (place.folder / "statements").write_text(str(killer.count))
            status = 0
        finally:
            if status:  # the parent sees nothing but the status
                traceback.print_exc()
            sys.stderr.flush()
            os._exit(status)
    if delay is not None:
        time.sleep(delay)  # the moment of the kill is the point; nothing is waited for
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL, status
        return True
    assert status == 0, f"the child failed: {status}"
    return False


def statements(place: Place) -> int:
    return int((place.folder / "statements").read_text())


def judge(place: Place, hotel_has_it: bool) -> None:
    """After a restart: every promise is kept, the rest is put right, and all accounts agree."""
    books = Books(Database(place.folder / "books.db", BOOKS))
    try:
        _agree(check(books.db))
        _promises(place, books)
        _corrected(place, books)
        _clear(place, books, hotel_has_it)
    finally:
        books.db.close()


def _agree(report: Report) -> None:
    assert report.agree, report
    assert report.vouchers == report.charges.get("settled", 0), report


def _states(books: Books) -> dict[str, tuple[ChargeState, int]]:
    """visit -> state and minor units owed."""
    with books.db.reading() as tx:
        rows = tx._connection.execute("SELECT visit, state, coalesce(total_minor, 0) FROM charges").fetchall()
    assert len({visit for visit, _, _ in rows}) == len(rows), "a charge was doubled"
    return {visit: (ChargeState(state), minor) for visit, state, minor in rows}


def _promises(place: Place, books: Books) -> None:
    log = place.log
    states = _states(books)
    for guest, (_, out) in GUESTS.items():
        state, minor = states.get(guest, (ChargeState.VOIDED, 0))
        printed = place.paper(f"{guest}-rest")
        if f"signed {guest}" not in log:
            sure = state is ChargeState.VOIDED
            maybe = f"signing {guest}" in log and (state, minor) == (ChargeState.SETTLED, 100)
            assert sure or maybe, (guest, state, minor)
        elif printed is None:  # the printer knows nothing of the rest: it was not begun, or nobody can say
            assert (state, minor) == (ChargeState.SETTLED, 100) or state is ChargeState.UNKNOWN, (guest, state, minor)
        else:
            assert (state, minor) == (ChargeState.SETTLED, out * 100), (guest, state, minor)
        for line in log:
            if line.startswith(f"settled {guest} "):
                _, _, number, promised = line.split()
                voucher = books.voucher(int(number))
                assert voucher is not None
                assert voucher.minor == int(promised) == minor


def _corrected(place: Place, books: Books) -> None:
    """What was said to be taken back is, once; and it is taken back by entry, row and posting or not at all."""
    with books.db.reading() as tx:
        made = corrections.every(tx)
        told = [known for known in known_postings(tx, PMS) if known.minor < 0]
    assert len(made) == len(told) <= 1
    assert made or "corrected" not in place.log
    assert not made or "correcting" in place.log


def _clear(place: Place, books: Books, hotel_has_it: bool) -> None:
    """The next day: a person decides what is unknown, the hotel's journal what was lost, the link posts the rest."""
    for opened in books.open_charges():
        assert opened.charge.state is ChargeState.UNKNOWN
        books.resolve(opened.charge.id, 1, "somebody")
    postings = room_postings(books.db)
    sent = {line.split()[1] for line in place.log if line.startswith("sent ")}
    posted = {line.split()[1] for line in place.log if line.startswith("posted ")}
    unknown = {delivery.key for delivery in postings.in_state(DeliveryState.UNKNOWN)}
    assert sent - posted <= unknown | {delivery.key for delivery in postings.in_state(DeliveryState.DELIVERED)}
    folio = []
    with books.db.reading() as tx:
        for known in known_postings(tx, PMS):
            reached = known.key in unknown and hotel_has_it
            if known.state is DeliveryState.DELIVERED or reached:
                folio.append(HotelRow(known.voucher, known.voucher, known.minor))
    cleared = reconcile_journal(postings, folio, everything)
    assert cleared.differences == ()
    assert len(cleared.delivered) == (len(unknown) if hotel_has_it else 0)
    while delivery := postings.next_due():
        number = postings.begin(delivery)
        with books.db.reading() as tx:
            (known,) = [each for each in known_postings(tx, PMS) if each.key == delivery.key]
        folio.append(HotelRow(known.voucher, number, known.minor))
        postings.delivered(delivery, "OK")
    report = check(books.db, folio)
    _agree(report)
    assert report.balances.get(("clearing:room", "CNY"), 0) == 0
    assert set(report.postings) <= {"delivered"}
    _filed(place, books)


def _filed(place: Place, books: Books) -> None:
    """Each charge and each posting that was unknown has told staff once."""
    register = Database(place.folder / "register.db", REGISTER)
    outbox, requests = desk_outbox(books.db), Requests(register)
    file_requests(outbox, requests, "lobby")
    file_requests(outbox, requests, "lobby")
    told = [(each.kind, *each.values.values()) for each in requests.list_open()]
    assert len(told) == len(set(told))
    assert outbox.pending_count() == 0
    register.close()


class Campaign:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kills = 0
        template = Database(folder / "template.db", BOOKS)
        template.close()

    def every_statement(self) -> None:
        """Of the money path, before the statement and so after each one as well."""
        place = self._place()
        assert not in_child(place, money_path)
        judge(place, hotel_has_it=True)
        for at in range(1, statements(place) + 1):
            self._run(at=at, hotel_has_it=bool(at % 2))

    def every_statement_of_recovery(self) -> None:
        """Recovery is killed at each of its own statements and started again, from the states it has most to do in."""
        for stage in ("signing jam", "signed jam", "begun jam", "printed jam", "sent "):
            for at in range(1, NEVER):
                place = self._left_after(stage)
                if not in_child(place, restart, at):
                    break
                self.kills += 1
                self._restarted(place, hotel_has_it=bool(at % 2))

    def random_moments(self, count: int, seed: int) -> None:
        """Whatever the child is doing at that microsecond, a write or a sync among it."""
        place = self._place()
        start = time.perf_counter()
        in_child(place, money_path)
        longest = time.perf_counter() - start
        chance = random.Random(seed)
        while self.kills < count:
            before = self.kills
            self._run(delay=chance.uniform(0, longest), hotel_has_it=bool(self.kills % 2))
            if self.kills == before:
                longest *= 0.95  # the child was through before its time: the machine is quicker now

    def _run(self, *, at: int = NEVER, delay: float | None = None, hotel_has_it: bool) -> None:
        place = self._place()
        self.kills += in_child(place, money_path, at, delay)
        self._restarted(place, hotel_has_it)

    def _restarted(self, place: Place, hotel_has_it: bool) -> None:
        assert not in_child(place, restart)
        judge(place, hotel_has_it)
        shutil.rmtree(place.folder)

    def _left_after(self, line: str) -> Place:
        """A run whose child died when its log had just got ``line``."""
        place = self._place()
        full = place.say

        def say(text: str) -> None:
            full(text)
            if text.startswith(line):
                os.kill(os.getpid(), signal.SIGKILL)

        place.say = say  # type: ignore[method-assign]
        assert in_child(place, money_path)
        place.say = full  # type: ignore[method-assign]
        return place

    def _place(self) -> Place:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        shutil.copy(self.folder / "template.db", folder / "books.db")
        return Place(folder)
