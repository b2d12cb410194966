"""The folios of the virtual hotel: every line ever posted, by room and by guest, kept in a file over restarts."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

JOURNAL_COLUMNS = ("date", "time", "room", "check", "sequence", "amount", "text")


@dataclass(frozen=True)
class FolioLine:
    """One charge as the hotel has it. ``amount`` in the digits of TA: two decimals implied, negative for a correction.

    ``date`` is the hotel's business date, ``time`` the kiosk's; ``reservation`` the guest whose folio it is on.
    """

    date: str
    time: str
    room: str
    check: str
    sequence: str
    amount: int
    text: str
    reservation: str = ""


class Folios:
    """Lines in the order of their posting; by room, by guest and a guest's balance without a search.

    Given a ``ledger`` file, each line is in it before ``add`` returns, and is read back by the next process. It knows
    no duplicates.
    """

    def __init__(self, ledger: Path | None = None) -> None:
        self._ledger = ledger
        self.clear()
        if ledger is not None and ledger.exists():
            for line in ledger.read_text("utf-8").splitlines():
                self._enter(FolioLine(**json.loads(line)))

    def __iter__(self) -> Iterator[FolioLine]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def clear(self) -> None:
        """Forget every line; the ledger file keeps its own."""
        self._lines: list[FolioLine] = []
        self._by_room: defaultdict[str, list[FolioLine]] = defaultdict(list)
        self._by_guest: defaultdict[str, list[FolioLine]] = defaultdict(list)
        self._balances: defaultdict[str, int] = defaultdict(int)

    def add(self, line: FolioLine) -> None:
        if self._ledger is not None:
            with self._ledger.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(line), ensure_ascii=False) + "\n")
        self._enter(line)

    def of_room(self, room: str) -> list[FolioLine]:
        """What was ever charged to the room, oldest first."""
        return list(self._by_room.get(room, ()))

    def of_guest(self, reservation: str) -> list[FolioLine]:
        """What stands on one guest's bill, oldest first."""
        return list(self._by_guest.get(reservation, ()))

    def balance(self, reservation: str) -> int:
        """What the guest owes, in the digits of TA."""
        return self._balances.get(reservation, 0)

    def journal_csv(self, path: Path) -> None:
        """The postings as the front office exports them for reconciliation."""
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, JOURNAL_COLUMNS, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(asdict(line) for line in self._lines)

    def _enter(self, line: FolioLine) -> None:
        self._lines.append(line)
        self._by_room[line.room].append(line)
        self._by_guest[line.reservation].append(line)
        self._balances[line.reservation] += line.amount
