"""The one exchange that may be outstanding on a FIAS link: what ends it, and until when it is waited for."""

from __future__ import annotations

import re

from kiosk.hotel.clock import Moment
from kiosk.hotel.fias.codec import Record
from kiosk.hotel.fias.events import Effect
from kiosk.hotel.fias.exchanges import BillExchange, Exchange


class Outstanding:
    """The session's part that waits. Times in seconds of the clock that never jumps."""

    def __init__(self, longest_bill: float) -> None:
        """``longest_bill``: from its request to when even one that goes on is given up."""
        self.exchange: Exchange | None = None
        self._longest_bill = longest_bill
        self._asked_at = 0.0
        self._patience = 0.0
        self._due = 0.0
        """When it is given up."""

    def begin(self, exchange: Exchange, patience: float, now: Moment) -> None:
        """Its record goes out; its answer is waited for ``patience`` seconds."""
        self.exchange, self._asked_at, self._patience = exchange, now.seconds, patience
        self._due = now.seconds + patience

    def overdue(self, now: Moment) -> bool:
        return self.exchange is not None and now.seconds >= self._due

    def unbroken_silence(self, heard_at: float) -> bool:
        """Whether nothing came since the last one was asked: ``heard_at`` is when something did."""
        return heard_at <= self._asked_at

    def take(self) -> Exchange | None:
        """It is waited for no more; whoever takes it says how it ended."""
        exchange, self.exchange = self.exchange, None
        return exchange

    def answered(self, record: Record, number: int | None) -> Effect | None:
        """How ``record``, to ``number``, ends it; None when it does not."""
        if self.exchange is None or self.exchange.sequence != number:
            return None
        end = self.exchange.heard(record)
        if end is not None:
            self.exchange = None
        return end

    def bill_item(self, record: Record, now: Moment) -> Effect | None:
        """As ``answered``, for a line or the end of a bill. A long bill is no silence."""
        bill = self.exchange
        if not isinstance(bill, BillExchange):
            return None
        before = len(bill.lines)
        end = self.answered(record, None)
        if end is None and len(bill.lines) > before:
            latest = max(self._due, self._asked_at + self._longest_bill)
            self._due = min(now.seconds + self._patience, latest)
        return end


def number_of(record: Record) -> int | None:
    """P#, also with leading zeros."""
    number = (record.get("P#") or "").strip()
    return int(number) if re.fullmatch(r"[0-9]{1,10}", number) else None


def is_for_another(record: Record, workstation: str) -> bool:
    """WS is echoed: another one in it is another station's."""
    named = (record.get("WS") or "").strip()
    return bool(named) and named.upper() != workstation.upper()
