"""What those who charge and ask over a FIAS link need of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from kiosk.hotel.desk import Desk
from kiosk.hotel.fias.events import Bill, Effect, Found, InquiryLost, InquiryRefused
from kiosk.hotel.fias.session import Session

Reply = Found | InquiryRefused | InquiryLost | Bill
"""How a question ends: each in exactly one."""


class Worker(Protocol):
    """Somebody who has something to post or to ask, one at a time."""

    async def start(self, talk: Talk) -> None:
        """Nothing is outstanding: post or ask what is next, if there is anything."""
        ...


class Charges(Worker, Protocol):
    """Puts charges on folios."""

    @property
    def ahead(self) -> bool:
        """Whether the next attempt may be begun together with the answer to the last: nothing is asked before it."""
        ...


class Asker(Protocol):
    """Somebody who asked the hotel system something."""

    async def heard(self, talk: Talk, reply: Reply) -> None:
        """The reply to the question."""
        ...


class Talk(Protocol):
    """One connection, alive or not."""

    @property
    def desk(self) -> Desk: ...

    @property
    def session(self) -> Session: ...

    async def ask(self, asker: Asker, effects: Iterable[Effect]) -> None:
        """``carry_out`` a question of ``asker``, who will hear the reply."""
        ...

    async def carry_out(self, effects: Iterable[Effect]) -> None:
        """Everything that was learned is written down, also when the wire breaks in between. Raises WireCut then."""
        ...
