"""The guest puts a name under the most that may be charged."""

from __future__ import annotations

from kiosk.journeys.charging import Charging
from kiosk.journeys.paying import Declined, Sign
from kiosk.texts import LANGUAGES, texts
from kiosk.visit import Visit
from kiosk.wording import money


class NotSigned(Exception):
    """The guest does not want to be charged; nothing is owed."""


async def sign(visit: Visit, charging: Charging, *, by_card: bool) -> None:
    """Raises NotSigned, GuestLeft. What was signed is kept word for word, in the language it was shown in."""
    bill = charging.bill()
    terms = {language: texts(language)("sign.text", amount=money(bill.total)) for language in LANGUAGES}
    answer = await visit.ask(Sign(bill, terms, by_card))
    if isinstance(answer, Declined):
        raise NotSigned
    await charging.sign(terms[visit.language], answer.strokes)
