"""The hotel system as the rest of the kiosk sees it, whatever wire it is reached by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class Guest:
    """Somebody staying in the house. The repr is masked: none of it may reach a log.

    ``reservation`` is the hotel system's own number ("" where it gives none), ``name`` as that system spells it,
    ``language`` its ISO 639 code of two letters in upper case ("" if unknown). ``no_post`` is information only: what
    counts is the answer to a posting.
    """

    room: str = field(repr=False)
    reservation: str = field(repr=False)
    name: str = field(repr=False)
    given: str = field(default="", repr=False)
    language: str = field(default="", repr=False)
    no_post: bool = field(default=False, repr=False)
    vip: bool = field(default=False, repr=False)
    title: str = field(default="", repr=False)


class Guests(Protocol):
    """Who stays in the house. "Nobody" is one answer, the same for an empty room, a wrong name and an unknown card."""

    async def identify(self, room: str, name: str) -> Guest | None:
        """The guest who stays in ``room`` under ``name``. Takes as long for an empty room as for a wrong name."""
        ...

    async def identify_card(self, uid: str) -> Guest | None:
        """The guest whose room card has this ``uid`` (upper-case hex)."""
        ...

    async def named(self, name: str) -> tuple[Guest, ...]:
        """Everybody in house whose name ``name`` is. Not to be shown to whoever asks, not even how many there are."""
        ...


class GuestsUnavailable(Exception):
    """Nobody can be identified at the moment: the cache cannot be read or written. Nothing is lost."""

    key = "hotel.guests-unavailable"
