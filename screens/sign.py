"""The bill, and the guest's name under it."""

from __future__ import annotations

from kivy.properties import BooleanProperty

from kiosk.journeys.paying import Declined, Sign, Signature
from kiosk.wording import money, percent
from screens import rows  # noqa: F401 - named in the layout
from screens.question import QuestionScreen, screen_for
from screens.signature import SignatureField  # noqa: F401 - named in the layout


@screen_for(Sign)
class SignScreen(QuestionScreen):
    signed = BooleanProperty(defaultvalue=False)

    @property
    def total(self) -> str:
        return money(self.question.bill.total)

    @property
    def terms(self) -> str:
        return str(self.question.terms[self.situation.language])

    def keep(self) -> object:
        return self.ids.field.strokes

    def fill(self) -> None:
        bill, card = self.question.bill, self.ids.bill
        for line in bill.lines:
            card.row(self.t.say(line.key, line.values), money(line.amount))
        card.row(self.t("sign.tax", percent=percent(bill.tax_basis_points)), money(bill.tax), tone="soft")
        card.line()
        card.row(self.t("sign.total"), self.total, role="amount")
        if isinstance(self.kept, tuple):
            self.ids.field.strokes = self.kept

    def redo(self) -> None:
        self.ids.field.clear()

    def decline(self) -> None:
        self.answer(Declined())

    def confirm(self) -> None:
        self.answer(Signature(self.ids.field.strokes))
