"""The calls that are ordered, in time order, and what can be done about each."""

from __future__ import annotations

from collections.abc import Callable

from kiosk.journeys.wake_up_questions import CallState, CancelCall, ChangeCall, OrderCall, WakeUps, WakeUpView
from kiosk.wording import clock, day_words
from screens.controls import TouchButton
from screens.drawing import DrawingCard
from screens.parting import PartingScreen
from screens.question import screen_for
from screens.surfaces import Card
from screens.theme import theme

STATES = {
    CallState.CONFIRMED: ("confirmed", "pine"),
    CallState.OPERATOR: ("person", "brass"),
    CallState.PENDING: ("pending", "brass"),
}
"""Icon and tone of what a guest may know of a call."""


@screen_for(WakeUps)
class WakeUpsScreen(PartingScreen):
    """The last screen where something was done; only looked at, it leads back to the services and waits."""

    chimes = False

    @property
    def heading(self) -> str:
        if self.question.just:
            return self.t(f"wake-up.list.{self.question.just.value}")
        return self.t("wake-up.list.title") if self.question.calls else self.t("wake-up.none.title")

    def chips(self) -> list[tuple[str, str, str, Callable[[], None]]]:
        if not self.question.just:
            return []
        words = "" if theme.landscape and theme.large else self.t("farewell.another")  # the trail needs the room
        return [("another", "home", words, lambda: self.answer(value=True))]

    def left(self) -> None:
        if self.question.just:
            super().left()

    def fill(self) -> None:
        if self.question.just:
            super().fill()
        if not self.question.calls:
            self.ids.calls.add_widget(DrawingCard(source=self.around.drawing("wake-up")))
        for call in self.question.calls:
            self.ids.calls.add_widget(self._card(call))

    def _card(self, call: WakeUpView) -> CallCard:
        card = CallCard()
        icon, tone = STATES[call.state]
        card.ids.time.text = clock(call.at)
        narrow = theme.large or not theme.portrait
        card.ids.day.text = day_words(call.at.date(), self.question.today, self.t, short=narrow)
        card.ids.state.text = self.t(f"wake-up.state.{call.state.value}")
        card.ids.state_icon.name, card.ids.state_icon.tone = icon, tone
        for name, answer in (("change", ChangeCall(call.number)), ("cancel", CancelCall(call.number))):
            button = TouchButton(
                icon=name, text=self.t(f"wake-up.{name}"), test_id=f"{name}-{call.number}", high=theme.space("option"),
                radius=24,
            )  # fmt: skip
            button.bind(on_tap=lambda _button, given=answer: self.answer(given))
            card.ids.buttons.add_widget(button)
        return card

    def finish(self) -> None:
        self.answer(not self.question.just)

    def order(self) -> None:
        self.answer(OrderCall())


class CallCard(Card):
    """One call: when, on which day, who makes it; to change or to cancel."""
