"""When to call: a day, a time to the minute, and the usual times at one touch. What can't be had says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any

from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.journeys.wake_up_questions import ChooseWakeUp
from kiosk.texts import Texts
from kiosk.wording import clock, day_and_month, day_words, moment, near_day, time_until
from screens.controls import Option, OptionGrid, TouchButton
from screens.question import QuestionScreen, screen_for
from screens.surfaces import Card, Filler, Stack
from screens.theme import theme
from screens.words import Icon, Text

USUAL = (time(6), time(6, 30), time(7), time(7, 30), time(8))
STRIDE = 5
"""Minutes of the larger step."""
COLON = 0.18
"""Its part of the width of a pair of figures."""


@screen_for(ChooseWakeUp)
class ChooseWakeUpScreen(QuestionScreen):
    at = ObjectProperty(None)
    shown = StringProperty("")
    refusal = StringProperty("")
    """Why ``at`` can't be had; empty when it can."""

    def keep(self) -> object:
        return self.question, self.at

    @property
    def now(self) -> datetime:
        wall: datetime = self.around.clock()
        return wall.replace(tzinfo=self.question.earliest.tzinfo)

    @property
    def instead_words(self) -> str:
        return self.t("wake-up.change.subtitle", at=moment(self.question.changing, self.now.date(), self.t))

    def fill(self) -> None:
        question = self.question
        self.at = question.suggested
        if isinstance(self.kept, tuple) and self.kept[0] == question:
            self.at = self.kept[1]
        self._days = DayStrip(question.days, self.now.date(), self.t, self._choose_day)
        self._clock = ClockCard(self._choose_time)
        self._usual = OptionGrid()
        self._live = Live()
        for part in (self._days, self._clock, self._usual, self._live):
            self.ids.choices.add_widget(part)
        self.bind(at=self._show)
        self._show()

    def _choose_day(self, day: date) -> None:
        self.at = datetime.combine(day, self.at.timetz())

    def _choose_time(self, chosen: time) -> None:
        self.at = datetime.combine(self.at.date(), chosen, self.at.tzinfo)

    def _reason(self, at: datetime) -> str:
        """Why not at that time; empty where it can be had."""
        question = self.question
        if at < question.earliest:
            return self.t("wake-up.too-early", at=moment(question.earliest, self.now.date(), self.t))
        if at == question.changing:
            return self.t("wake-up.unchanged")
        return self.t("wake-up.taken") if at in question.taken else ""

    def _show(self, *_: Any) -> None:
        self.shown, self.refusal = clock(self.at), self._reason(self.at)
        self._days.show(self.at.date())
        self._clock.show(self.at.time())
        alert = bool(self.refusal) and self.at != self.question.changing  # who changes a call begins at its time
        self._live.say(self.refusal or time_until(self.at, self.now, self.t), alert=alert)
        self._offer_usual()

    def _offer_usual(self) -> None:
        times = USUAL[: 4 if theme.landscape and theme.large else None]  # on one line
        reasons = [self._reason(datetime.combine(self.at.date(), usual, self.at.tzinfo)) for usual in times]
        if not self._usual.children:
            for usual in times:
                option = Option(usual, text=f"{usual:%H:%M}", tells_why=True, test_id=f"pick-{usual:%H%M}")
                option.bind(on_tap=lambda tapped: self._choose_time(tapped.value))
                option.bind(on_refused=self._refuse)
                self._usual.add_widget(option)
        for option, reason in zip(reversed(self._usual.children), reasons, strict=True):
            option.off, option.chosen = bool(reason), not reason and option.value == self.at.time()

    def _refuse(self, option: Any) -> None:
        self.around.say(self._reason(datetime.combine(self.at.date(), option.value, self.at.tzinfo)))


class DayStrip(BoxLayout):
    """Days side by side; where there are more than fit, arrows turn to the others."""

    first = NumericProperty(0)

    def __init__(self, days: tuple[date, ...], today: date, t: Texts, chosen: Callable[[date], None]) -> None:
        super().__init__(size_hint_y=None, height=theme.space("option"), spacing=theme.px(20))
        self._all, self._today, self._t, self._choose = days, today, t, chosen
        self._chosen: date | None = None
        self._grid = OptionGrid()
        self._room = _days_shown(len(days))
        if self._room >= len(days):
            self.add_widget(self._grid)
        else:
            self._before = self._arrow("back-small", "days-before", -1)
            self._after = self._arrow("forward", "days-after", 1)
            for part in (self._before, self._grid, self._after):
                self.add_widget(part)

    def _arrow(self, icon: str, test_id: str, direction: int) -> TouchButton:
        side = max(theme.space("option"), theme.least_target + 1)
        arrow = TouchButton(icon=icon, test_id=test_id, high=theme.space("option"), radius=24, size_hint_x=None)
        arrow.width = side
        arrow.bind(on_tap=lambda _arrow: self._turn(direction))
        return arrow

    def _turn(self, direction: int) -> None:
        self.first = max(0, min(len(self._all) - self._room, self.first + direction * self._room))
        if self._room == 1:  # the one day that is seen is the one that is meant
            self._choose(self._all[int(self.first)])
        self._fill()

    def show(self, day: date) -> None:
        """Mark ``day``, and turn to it when it has just been chosen."""
        if day != self._chosen and day in self._all:
            number = self._all.index(day)
            if not self.first <= number < self.first + self._room:
                self.first = min(number, len(self._all) - self._room)
        self._chosen = day
        self._fill()

    def _fill(self) -> None:
        seen = self._all[int(self.first) : int(self.first) + self._room]
        if [option.value for option in reversed(self._grid.children)] != list(seen):
            self._grid.clear_widgets()
            for day in seen:
                option = Option(day, test_id=f"day-{day.isoformat()}", **self._face(day))
                option.bind(on_tap=lambda tapped: self._choose(tapped.value))
                self._grid.add_widget(option)
        for option in self._grid.children:
            option.chosen = option.value == self._chosen
        if self._room < len(self._all):
            self._before.off = self.first == 0
            self._after.off = self.first >= len(self._all) - self._room

    def _face(self, day: date) -> dict[str, str]:
        """Alone it has room for both on one line, and none for two."""
        if self._room == 1:
            return {"text": day_words(day, self._today, self._t, short=True)}
        return {"text": near_day(day, self._today, self._t), "note": day_and_month(day, self._t)}


def _days_shown(days: int) -> int:
    """How many of so many days stand side by side, with arrows beside them where those are not all."""
    if theme.small:
        return 1
    if theme.landscape:
        return 2 if theme.large else 3
    without_arrows, with_arrows = (4, 3) if theme.large else (5, 4)
    return days if days <= without_arrows else with_arrows


class ClockCard(Card):
    """The time in the largest figures there are; above and below each what makes it later and earlier."""

    def __init__(self, chosen: Callable[[time], None]) -> None:
        pad = theme.px(28 if theme.portrait else 20)
        super().__init__(orientation="vertical", size_hint_y=None, padding=pad, spacing=theme.px(8))
        self._choose = chosen
        self._time = time()
        self._hours, self._minutes = _figure(), _figure()
        parts = self._beside() if theme.small else self._above_and_below()
        for part in parts:
            self.add_widget(part)
        self.height = sum(part.height for part in parts) + 2 * pad + (len(parts) - 1) * self.spacing

    def _above_and_below(self) -> list[BoxLayout]:
        figures = BoxLayout(size_hint_y=None, height=theme.type("clock") * (1.3 if theme.portrait else 1.0))
        for part in (self._hours, _figure(":", COLON), self._minutes):
            figures.add_widget(part)
        return [self._steps(1), figures, self._steps(-1)]

    def _beside(self) -> list[BoxLayout]:
        """On one line, where there is no room above each other."""
        line = BoxLayout(size_hint_y=None, height=theme.px(150), spacing=theme.px(12))
        for part in (
            self._hour_step(-1), self._hours, self._hour_step(1), _figure(":", 0.4),
            self._minutes_step(-1), self._minute_step(-1), self._minutes, self._minute_step(1), self._minutes_step(1),
        ):  # fmt: skip
            part.pos_hint = {"center_y": 0.5}
            line.add_widget(part)
        return [line]

    def show(self, shown: time) -> None:
        self._time = shown
        self._hours.text, self._minutes.text = f"{shown:%H}", f"{shown:%M}"

    def _steps(self, direction: int) -> BoxLayout:
        row = BoxLayout(size_hint_y=None, height=theme.space("option"))
        minutes = BoxLayout(spacing=theme.px(20))
        for step in (self._minutes_step(direction), self._minute_step(direction)):
            minutes.add_widget(step)
        for part in (self._hour_step(direction), Filler(size_hint_x=COLON), minutes):
            row.add_widget(part)
        return row

    def _hour_step(self, direction: int) -> TouchButton:
        icon = "plus" if direction > 0 else "minus"
        return self._step(f"hour-{_named(direction)}", lambda: self._turn_hour(direction), icon=icon)

    def _minutes_step(self, direction: int) -> TouchButton:
        words = f"{_sign(direction)}{STRIDE}"
        return self._step(f"minute-{_named(direction)}", lambda: self._turn_minutes(direction), text=words)

    def _minute_step(self, direction: int) -> TouchButton:
        words = f"{_sign(direction)}1"
        return self._step(f"minute-one-{_named(direction)}", lambda: self._turn_minute(direction), text=words)

    def _step(self, test_id: str, act: Callable[[], None], **face: str) -> TouchButton:
        button = TouchButton(test_id=test_id, high=theme.space("option"), radius=24, role="count", strong=True, **face)
        button.bind(on_tap=lambda _button: act())
        return button

    def _turn_hour(self, direction: int) -> None:
        self._choose(self._time.replace(hour=(self._time.hour + direction) % 24))

    def _turn_minutes(self, direction: int) -> None:
        """To the next multiple of STRIDE; the hour stays."""
        minute = self._time.minute
        target = (minute // STRIDE + 1) * STRIDE if direction > 0 else (minute - 1) // STRIDE * STRIDE
        self._choose(self._time.replace(minute=target % 60))

    def _turn_minute(self, direction: int) -> None:
        self._choose(self._time.replace(minute=(self._time.minute + direction) % 60))


def _named(direction: int) -> str:
    return "more" if direction > 0 else "less"


def _sign(direction: int) -> str:
    return "+" if direction > 0 else "−"


def _figure(text: str = "", part: float = 1.0) -> Text:
    role = "title" if theme.small else "clock"
    drawn = theme.type(role) * (0.85 if theme.landscape else 1.0)
    return Text(role=role, fit="box", halign="center", text=text, size_hint_x=part, font_size=drawn)


class Live(Stack):
    """What the time that is set means, or why it can't be had."""

    def __init__(self) -> None:
        super().__init__(orientation="horizontal", spacing=theme.px(20))
        self._icon = Icon(name="clock", drawn=48, pos_hint={"center_y": 0.5})
        self._words = Text(role="control", pos_hint={"center_y": 0.5})
        self.add_widget(self._icon)
        self.add_widget(self._words)

    def say(self, words: str, *, alert: bool) -> None:
        self._words.text, self._words.tone = words, "alert" if alert else "ink"
        self._icon.name, self._icon.tone = ("alert", "alert") if alert else ("clock", "pine")
