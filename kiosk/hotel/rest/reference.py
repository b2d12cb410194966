"""What a charge is known by on a folio: the charge's own id, and which attempt of it this is."""

from __future__ import annotations

from kiosk.books.postings import Posting


def reference(posting: Posting, number: int) -> str:
    """At most 35 ASCII characters."""
    return f"{posting.charge}-{number}"


def attempt_of(posting: Posting, text: str) -> int | None:
    """Which attempt of the charge ``text`` refers to, None for another charge.

    The amount is not compared: a hotel system may split the tax off into a line of its own.
    """
    charge, _, number = text.rpartition("-")
    return int(number) if charge == posting.charge and number.isdecimal() else None
