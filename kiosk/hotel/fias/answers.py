"""What each answer status (AS) of a hotel system means for a posting. A table, not a judgement made in passing."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType


class Consequence(Enum):
    POSTED = "posted"
    REFUSED = "refused"
    """Not on the folio and will not be: another means of payment."""
    LATER = "later"
    """Not on the folio yet: the same charge may be sent again as a new record."""
    AFTER_AUDIT = "after-audit"
    """As LATER, once the night audit is over."""
    UNKNOWN = "unknown"
    """Not an answer to a posting: a person has to look at the folio."""


CONSEQUENCES: Mapping[str, Consequence] = MappingProxyType(
    {
        "OK": Consequence.POSTED,
        "NA": Consequence.AFTER_AUDIT,
        "RY": Consequence.LATER,
        "NG": Consequence.REFUSED,  # guest not found, or not that room
        "NP": Consequence.REFUSED,  # no-post flag
        "CO": Consequence.REFUSED,  # over the credit limit
        "DM": Consequence.REFUSED,  # subtotals do not add up
        "UR": Consequence.REFUSED,  # cannot be done
        "IA": Consequence.REFUSED,  # invalid account
        "FX": Consequence.REFUSED,  # guest not allowed this
        "DN": Consequence.REFUSED,  # denied
        "NF": Consequence.REFUSED,  # feature not enabled
        "CD": Consequence.REFUSED,  # check-out date is not today
    }
)


def consequence(status: str) -> Consequence:
    """Of the other answers (wake-ups, messages, bills: NM NR BY DE BM AA AN) and of an unheard-of one: UNKNOWN."""
    return CONSEQUENCES.get(status, Consequence.UNKNOWN)


def reason_key(status: str) -> str:
    """The message key under which a refusal is worded: "hotel.refused.np"."""
    return f"hotel.refused.{status.lower()}"
