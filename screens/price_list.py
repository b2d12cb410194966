"""What everything costs, before anything is begun."""

from __future__ import annotations

from kiosk.journeys.welcome import PriceList, PriceSection
from kiosk.wording import money, percent
from screens.question import QuestionScreen, screen_for
from screens.rows import RowCard
from screens.words import Text


@screen_for(PriceList)
class PriceListScreen(QuestionScreen):
    def fill(self) -> None:
        free = [section.service for section in self.question.sections if not section.lines]
        for section in self.question.sections:
            if section.lines:
                self.ids.sections.add_widget(self._card(section))
        if free:
            self.ids.sections.add_widget(self._free(free))

    def _free(self, services: list[str]) -> RowCard:
        card = RowCard()
        for service in services:
            card.row(self.t(f"service.{service}.title"), self.t("prices.free"), right_tone="pine")
        return card

    def _card(self, section: PriceSection) -> RowCard:
        card = RowCard()
        card.add_widget(Text(role="tile", tone="pine", text=self.t(f"service.{section.service}.title")))
        card.line()
        for line in section.lines:
            price = self.t(f"prices.unit.{line.unit}", price=money(line.price))
            card.row(self.t.say(f"prices.{line.key}", line.values), price)
        card.line()
        tax = self.t("prices.tax", percent=percent(section.tax_basis_points))
        card.add_widget(Text(role="body", tone="soft", text=tax))
        return card
