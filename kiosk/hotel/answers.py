"""What each answer status (AS) of a hotel system means for a posting. A table, not a judgement made in passing.

The 20 answers of FIAS (S23, AS) are the vocabulary of every adapter, whatever its wire calls them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Consequence(Enum):
    POSTED = "posted"
    LATER = "later"
    """Surely not on the folio: sent again after a pause as a new record, TRIES times in a row, then staff are asked."""
    AFTER_AUDIT = "after-audit"
    """As LATER, once the night audit is over; it may be refused so as often as it likes."""
    OTHER_MEANS = "other-means"
    """Not on the folio and will not be: the guest pays in another way, which staff collect."""
    STAFF = "staff"
    """Not on the folio: the guest left, or is somewhere else. A person finds out whose folio it belongs on."""
    NEVER = "never"
    """Not on the folio: what was agreed with the hotel does not fit. Not repeated until a technician mended it."""
    UNKNOWN = "unknown"
    """Not an answer to a posting: it may stand on the folio, or not."""

    @property
    def refusal(self) -> bool:
        """Surely not on the folio, and sending the same once more would not put it there."""
        return self in (Consequence.OTHER_MEANS, Consequence.STAFF, Consequence.NEVER)


TRIES = 5
"""How often in a row a posting may be put off by LATER before staff are asked."""


_C = Consequence

CONSEQUENCES: Mapping[str, Consequence] = MappingProxyType(
    {
        "OK": _C.POSTED,
        "NA": _C.AFTER_AUDIT,  # night audit: "all systems" are to come back later
        "RY": _C.LATER,  # retry
        "BY": _C.LATER,  # busy: meant for telephones, but it says that nothing was done
        "NP": _C.OTHER_MEANS,  # no-post flag
        "CO": _C.OTHER_MEANS,  # over the credit limit, override not allowed
        "FX": _C.OTHER_MEANS,  # the guest is not allowed this
        "DN": _C.OTHER_MEANS,  # denied
        "NG": _C.STAFF,  # guest not found, or no such room
        "IA": _C.STAFF,  # invalid account
        "CD": _C.STAFF,  # the check-out date is not today
        "BM": _C.STAFF,  # the balance is another: meant for check-outs, but it says that nothing was done
        "DM": _C.NEVER,  # subtotals do not make the total: our record is wrong
        "UR": _C.NEVER,  # cannot be done, no retry
        "NF": _C.NEVER,  # feature not enabled
        "NM": _C.UNKNOWN,  # message or locator not found
        "NR": _C.UNKNOWN,  # no response: a wake-up call
        "DE": _C.UNKNOWN,  # deleted: a wake-up or a message
        "AA": _C.UNKNOWN,  # direct inward dialling
        "AN": _C.UNKNOWN,  # direct inward dialling
    }
)


def consequence(status: str) -> Consequence:
    """Of an answer that is none of the 20: UNKNOWN, for what it did nobody can say."""
    return CONSEQUENCES.get(status, Consequence.UNKNOWN)


def plain(status: str) -> str:
    """As it may be logged and kept: what is no status is free text of the hotel's, and may name a guest."""
    return status if re.fullmatch("[A-Z]{2}", status, re.ASCII) else "other"


def reason_key(status: str) -> str:
    """The message key under which it is worded why: "hotel.refused.np"."""
    return f"hotel.refused.{status.lower() if status in CONSEQUENCES else 'unheard-of'}"
