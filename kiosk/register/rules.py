"""What the hotel system does of the switchboard's services, and what is left to a person; from the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from kiosk.config.hotel import HotelSettings, WakeUpSettings


@dataclass(frozen=True)
class Rules:
    """``place`` is where the station stands, ``zone`` the house's.

    The hotel system ``results``: tells how wake-up calls ended; ``wishes``: shows do not disturb and make up room;
    ``mail``: keeps the guests' messages and tells them; ``post``: takes messages that are left for guests; ``moves``:
    says of a guest who moves that he does, and not that one has left and one has come.
    """

    place: str
    zone: ZoneInfo
    wake_up: WakeUpSettings
    results: bool
    wishes: bool
    mail: bool
    post: bool
    moves: bool = True

    def local(self, at: int) -> datetime:
        """An instant (ms since 1970 UTC) in the house's zone."""
        return datetime.fromtimestamp(at / 1000, self.zone)

    @property
    def watched(self) -> bool:
        """Whether a person goes to the room of whoever the hotel system did not wake for certain."""
        return self.results or self.wake_up.untold == "look"

    @classmethod
    def of(cls, place: str, timezone: str, hotel: HotelSettings, wake_up: WakeUpSettings) -> Rules:
        """By FIAS the fields that the hotel enabled say it. Another adapter is asked, and may refuse what it can't."""
        asked = hotel.adapter != "fias"

        def enabled(kind: str, *names: str) -> bool:
            fields = {str(record): names for record, names in hotel.fields.items()}.get(kind, ())
            return asked or (bool(fields) and set(names) <= set(fields))

        return cls(
            place,
            ZoneInfo(timezone),
            wake_up,
            results=not asked and enabled("WA", "AS"),
            wishes=enabled("RE", "RS"),
            mail=enabled("XM") and enabled("XT", "MT"),
            post=enabled("XL", "$J", "MT"),
            moves=enabled("GC", "RO"),
        )
