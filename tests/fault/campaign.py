"""Kills a station everywhere on its money path, again and again, and looks at what is left.

One station lives through it all: real books, a real cupsd with a printer that counts its paper, a hotel system that
posts whatever it is sent. In each run a guest copies, and the kiosk, its recovery and the link are killed by SIGKILL:
before a statement, around a word on the wire, or while sheets are moving. Then they start again, and everything is held
against everything.

    python -m tests.fault.campaign --kills 1000 --seed 7     # at random, until there were so many kills
    python -m tests.fault.campaign sweep --share 1/2         # the first of two halves of every place to die
    python -m tests.fault.campaign books-random --kills 40   # the books alone, at any microsecond

The last line says how many kills there were, or how to repeat what was broken; then the exit status is not 0.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from kiosk.books.charge import ChargeState
from kiosk.books.ledger import Books
from kiosk.books.postings import Posting, room_postings
from kiosk.outbox import DeliveryState
from kiosk.register.requests import Requests
from tests import memory
from tests.fault import judge
from tests.fault.books_campaign import Campaign as BooksCampaign
from tests.fault.lives import NEVER, Errand, Life, Point, link, restart, serve
from tests.fault.place import Place

Work = Callable[[], Coroutine[Any, Any, None]]

LOOK = 0.002
SHEETS = 5
"""Copies of a guest who is killed while they come out."""
POWER_CUTS = 0.15
"""The part of the random runs in which the printer loses its record."""
SLOW = 0.05
"""Seconds a sheet takes while somebody waits for it to come out."""
PROGRESS = 10.0
"""Seconds between two lines that say how far it is."""


@dataclass(frozen=True)
class Deaths:
    """Where the processes of one run die.

    The kiosk: before a ``statement``, as soon as more than ``at_sheet`` sheets lie in the tray, or ``after`` so many
    seconds; in a ``power_cut`` the printer loses its record too. Its recovery and the link: before a statement. Nobody
    kills a link that has nothing to post.
    """

    statement: int = NEVER
    at_sheet: int | None = None
    after: float | None = None
    power_cut: bool = False
    recovery: int = NEVER
    link: int = NEVER


@dataclass
class Places:
    """Places to die in turn: on after each death, from the start again where there are no more."""

    share: int
    shares: int
    rounds: int = 0

    def __post_init__(self) -> None:
        self.at = self.share

    def died(self, killed: bool) -> None:
        self.at = self.at + self.shares if killed else self.share
        self.rounds += not killed


@dataclass
class Campaign:
    """``kills`` by who was killed, ``ends`` by what became of the charges."""

    place: Place
    kills: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    runs: int = 0
    _judged: int = 0
    _posted: bool = False

    def prepare(self) -> None:
        """The link has told the station who is in house."""
        self._live(partial(link, self.place, Point(), first=True))

    def run(self, errand: Errand, deaths: Deaths) -> set[str]:
        """One guest, the deaths, the restarts and the judgement. Returns who was killed."""
        self.runs += 1
        before = self.kills.copy()
        self._serve(errand, deaths)
        if deaths.recovery < NEVER:
            self._dies("recovery", partial(restart, self.place, Point(deaths.recovery)))
        self._live(partial(restart, self.place, Point()))
        self._judge_kiosk()
        if deaths.link < NEVER and self._something_to_post():
            self._dies("link", partial(link, self.place, Point(deaths.link)))
        self._live(partial(link, self.place, Point()))
        self._judge_link()
        return set(self.kills - before)

    def sweep(self, share: int, shares: int, progress: Callable[[Campaign], None]) -> None:
        """Every place to die once, or every ``shares``-th of them beginning with number ``share``."""
        recovery, links = Places(share, shares), Places(share, shares)

        def die(errand: Errand, kiosk: Deaths) -> bool:
            killed = self.run(errand, replace(kiosk, recovery=recovery.at, link=links.at))
            recovery.died("recovery" in killed)
            if "link" in killed or self._posted:
                links.died("link" in killed)
            progress(self)
            return "kiosk" in killed

        for errand, step in ((Errand(), 1), (Errand(refused=1), 6)):
            for at in range(share, NEVER, step * shares):
                if not die(errand, Deaths(at)):
                    break
        sheet = 0
        while sheet < SHEETS or not links.rounds:
            die(Errand(copies=SHEETS), Deaths(at_sheet=sheet % SHEETS, power_cut=bool(sheet % 2)))
            sheet += 1

    def random(self, kills: int, chance: random.Random, progress: Callable[[Campaign], None]) -> None:
        """Until there were so many ``kills``."""
        while self.kills.total() < kills:
            errand = Errand(copies=chance.randint(1, 4), refused=chance.choice((0, 0, 1)))
            kiosk = chance.choice(
                (
                    Deaths(statement=chance.randint(1, 110)),
                    Deaths(at_sheet=chance.randint(0, errand.copies + errand.refused - 1)),
                    Deaths(after=chance.uniform(0, 2)),
                )
            )
            kiosk = replace(kiosk, power_cut=chance.random() < POWER_CUTS)
            again = chance.choice((NEVER, chance.randint(1, 25)))
            self.run(errand, replace(kiosk, recovery=again, link=chance.randint(1, 80)))
            progress(self)

    def _serve(self, errand: Errand, deaths: Deaths) -> None:
        printer, before = self.place.printer, self.place.printer.sheets_out
        printer.slow(0 if deaths.at_sheet is None else SLOW)
        life = Life(partial(serve, self.place, errand, Point(deaths.statement)))
        if deaths.after is not None:
            life.ended(deaths.after)
            life.kill()
        elif deaths.at_sheet is not None:
            while printer.sheets_out < before + deaths.at_sheet + 1 and not life.ended(LOOK):
                pass
            life.kill()
        self.kills["kiosk"] += life.killed()
        if deaths.power_cut:
            self.place.power_cut()

    def _something_to_post(self) -> bool:
        with self._open() as (books, _):
            self._posted = DeliveryState.QUEUED in room_postings(books.db).counts()
            return self._posted

    def _live(self, work: Work) -> None:
        assert not Life(work).killed()

    def _dies(self, who: str, work: Work) -> None:
        self.kills[who] += Life(work).killed()

    def _judge_kiosk(self) -> None:
        """The kiosk has started again: charges, paper and documents are right, and doubts were told to a person."""
        with self._open() as (books, requests):
            out = judge.judge_paper(self.place.printer.sheets())
            newest = judge.charges(books, self._judged)
            for charge, jobs in newest:
                judge.judge_charge(charge, jobs, out)
                self.ends[charge.state.value] += 1
            judge.judge_requests(books, requests)
            for charge, jobs in newest:
                if charge.state is ChargeState.UNKNOWN:  # a person counts the paper
                    books.resolve(charge.id, sum(out[job.job] for job in jobs if job.earns), "campaign")
                    judge.judge_charge(books.charge(charge.id), jobs, out)
            self._judged += len(newest)
        left = self.place.documents_left()
        assert not left, f"documents left: {left}"

    def _judge_link(self) -> None:
        """The link has started again: what it left in doubt was told to a person and is cleared up by the journal."""
        with self._open() as (books, requests):
            postings = room_postings(books.db)
            unknown = [Posting.decode(each.payload) for each in postings.in_state(DeliveryState.UNKNOWN)]
            self.ends["posting in doubt"] += len(unknown)
            judge.judge_doubts(books, requests, unknown)
            judge.reconcile(postings, self.place.hotel.rows())
            again = DeliveryState.QUEUED in postings.counts()
        if again:
            self._live(partial(link, self.place, Point()))
        with self._open() as (books, requests):
            judge.judge_money(books, self.place.hotel.rows())
            for request in requests.list_open():
                requests.close(request.number, "campaign")

    def judge_history(self) -> None:
        """At the very end: no sheet came out after its charge was judged."""
        with self._open() as (books, _):
            out = judge.judge_paper(self.place.printer.sheets())
            for charge, jobs in judge.charges(books, 0):
                judge.judge_charge(charge, jobs, out)

    @contextmanager
    def _open(self) -> Iterator[tuple[Books, Requests]]:
        books, requests = self.place.books(), self.place.requests()
        try:
            yield books, requests
        finally:
            books.db.close()
            requests.db.close()

    def __str__(self) -> str:
        kills = ", ".join(f"{count} {who}" for who, count in sorted(self.kills.items()))
        ends = ", ".join(f"{count} {what}" for what, count in sorted(self.ends.items()))
        return f"{self.kills.total()} kills ({kills}) in {self.runs} runs; charges {ends}"


class Speaker:
    """Says how far a campaign is, now and then."""

    def __init__(self) -> None:
        self._began = self._spoke = time.monotonic()

    def now_and_then(self, campaign: Campaign) -> None:
        if time.monotonic() > self._spoke + PROGRESS:
            self._spoke = time.monotonic()
            self.say(str(campaign))

    def say(self, line: str) -> None:
        sys.stdout.write(f"{time.monotonic() - self._began:5.0f} s  {line}\n")
        sys.stdout.flush()


def station(chosen: argparse.Namespace, speaker: Speaker, folder: Path) -> str:
    """Kiosk and link; returns what there was."""
    with Place(folder) as place:
        campaign = Campaign(place)
        campaign.prepare()
        try:
            if chosen.part == "sweep":
                share, _, shares = chosen.share.partition("/")
                campaign.sweep(int(share), int(shares), speaker.now_and_then)
            else:
                campaign.random(chosen.kills, random.Random(chosen.seed), speaker.now_and_then)
            campaign.judge_history()
        except BaseException:
            speaker.say(f"BROKEN in run {campaign.runs} after {campaign}")
            raise
    return str(campaign)


def books(chosen: argparse.Namespace, speaker: Speaker, folder: Path) -> str:
    """The books alone, in far less time; returns what there was."""
    campaign = BooksCampaign(folder)
    try:
        match chosen.part:
            case "books-statements":
                campaign.every_statement()
            case "books-recovery":
                campaign.every_statement_of_recovery()
            case _:
                campaign.random_moments(chosen.kills, chosen.seed)
    except BaseException:
        speaker.say(f"BROKEN after {campaign.kills} kills")
        raise
    return f"{campaign.kills} kills of the books"


PARTS = {
    "random": station,
    "sweep": station,
    "books-statements": books,
    "books-recovery": books,
    "books-random": books,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Kill a station everywhere and see what is left.")
    parser.add_argument("part", nargs="?", choices=PARTS, default="random")
    parser.add_argument("--kills", type=int, default=100, help="how many at random (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="of the random ones")
    parser.add_argument("--share", default="1/1", metavar="I/N", help="of a sweep: the I-th of N shares")
    chosen = parser.parse_args()
    speaker = Speaker()
    folder = Path(tempfile.mkdtemp(prefix="kiosk-faults-", dir=memory.folder()))
    try:
        summary = PARTS[chosen.part](chosen, speaker, folder)
    except BaseException:
        speaker.say(f"what is left lies in {folder}; again: python -m tests.fault.campaign {' '.join(sys.argv[1:])}")
        raise
    shutil.rmtree(folder)
    speaker.say(f"every promise kept: {summary}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
