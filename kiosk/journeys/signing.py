"""The guest puts a name under the most that may be charged."""

from __future__ import annotations

from kiosk.journeys.charging import Charging
from kiosk.journeys.paying import Declined, Sign
from kiosk.texts import texts
from kiosk.visit import Visit
from kiosk.wording import money


class NotSigned(Exception):
    """The guest does not want to be charged; nothing is owed."""


async def sign(visit: Visit, charging: Charging, *, by_card: bool) -> None:
    """Raises NotSigned, GuestLeft. What was signed is kept word for word, in the guest's language."""
    bill = charging.bill()
    answer = await visit.ask(Sign(bill, by_card))
    if isinstance(answer, Declined):
        raise NotSigned
    text = texts(visit.language)("sign.text", amount=money(bill.total), charge=charging.id)
    await charging.sign(text, answer.strokes)
