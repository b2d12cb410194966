"""What stands still while screens come and go: house and clock above, the foot bar below (a rail where it's wide)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.graphics import Color, Ellipse, Rectangle
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.texts import Texts
from screens.controls import TouchButton
from screens.surfaces import Filler, Hairline
from screens.theme import theme
from screens.words import Text

LANGUAGE_NAMES = {"zh_CN": "简体中文", "en": "English"}
"""In their own words, whatever language is being spoken."""
SHORT_LANGUAGE_NAMES = {"zh_CN": "中文", "en": "English"}
SHORTEST_LANGUAGE_NAMES = {"zh_CN": "中文", "en": "EN"}


class Ground(BoxLayout):
    """A place with a fine line on one side, on a colour of its own where ``fill`` names one."""

    fill = StringProperty("")

    def __init__(self, line: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas.before:
            if self.fill:
                Color(rgba=getattr(theme, self.fill))
                self._ground = Rectangle()
            if line:
                Color(rgba=theme.line)
                self._line = Rectangle()
        self._side = line
        self.bind(pos=self._place, size=self._place)

    def _place(self, *_: Any) -> None:
        fine = max(1, theme.px(2))
        if self.fill:
            self._ground.pos, self._ground.size = self.pos, self.size
        if self._side == "bottom":
            self._line.pos, self._line.size = self.pos, (self.width, fine)
        elif self._side == "top":
            self._line.pos, self._line.size = (self.x, self.top - fine), (self.width, fine)
        elif self._side == "left":
            self._line.pos, self._line.size = self.pos, (fine, self.height)


class HeadBar(Ground):
    """The house, what this place is, and the time."""

    time = StringProperty("")

    def __init__(self, house: str, t: Texts, place: str = "") -> None:
        margin = theme.space("margin") if not theme.small else theme.px(36)
        high = {True: theme.px(112), False: theme.space("head_bar") if theme.portrait else theme.px(120)}[theme.small]
        super().__init__(line="bottom", size_hint_y=None, height=high, padding=(margin, 0))
        names = BoxLayout(orientation="vertical", size_hint_x=0.75)
        names.add_widget(Filler())
        names.add_widget(Text(role="control", bold=True, text=place if theme.small and place else house))
        if not theme.small:
            names.add_widget(Text(role="small", tone="soft", text=t("header.centre")))
        names.add_widget(Filler())
        self.add_widget(names)
        clock = Text(role="amount", bold=False, fit="box", halign="right", size_hint_x=0.25)
        self.bind(time=clock.setter("text"))
        self.add_widget(clock)


class Dot(Widget):
    tone = StringProperty("line")

    def __init__(self, **kwargs: Any) -> None:
        side = theme.px(14)
        super().__init__(size_hint=(None, None), size=(side, side), pos_hint={"center_y": 0.5}, **kwargs)
        with self.canvas:
            Color(rgba=getattr(theme, self.tone))
            self._disc = Ellipse()
        self.bind(pos=self._place)

    def _place(self, *_: Any) -> None:
        self._disc.pos, self._disc.size = self.pos, self.size


class Trail(BoxLayout):
    """The stages of a journey: those behind with a full dot, the present one in bold, those ahead in grey."""

    def __init__(self, stages: tuple[str, ...], present: str, t: Texts) -> None:
        gap = theme.px(14)
        super().__init__(size_hint_y=None, height=theme.px(40), spacing=gap, padding=0)
        self.bind(minimum_height=self.setter("height"))
        reached = stages.index(present) if present in stages else -1
        for number, stage in enumerate(stages):
            behind = number <= reached
            here = number == reached
            self.add_widget(
                Text(
                    role="body" if theme.portrait else "small",
                    fit="tight",
                    bold=here,
                    text=t(f"stage.{stage}"),
                    tone="pine" if here else "soft",
                    pos_hint={"center_y": 0.5},
                )
            )
            if number == len(stages) - 1:
                break
            self.add_widget(Dot(tone="pine" if behind else "line"))
            self.add_widget(Hairline(pos_hint={"center_y": 0.5}))
        if theme.large or not theme.portrait:
            self._shorten(stages, reached, t)

    def _shorten(self, stages: tuple[str, ...], reached: int, t: Texts) -> None:
        """In large type and in a narrow column only the present stage has room for its name."""
        self.clear_widgets()
        place = t("trail.place", stage=t(f"stage.{stages[reached]}"), number=reached + 1, total=len(stages))
        self.add_widget(Text(role="body", bold=True, tone="pine", text=place))


def place_on_trail(stages: tuple[str, ...], present: str | None, t: Texts) -> str:
    """ "2 / 6 Scan" for panels without room for the trail; empty without a journey."""
    if not present or present not in stages:
        return ""
    return t("trail.place", stage=t(f"stage.{present}"), number=stages.index(present) + 1, total=len(stages))


class FootBar(Ground):
    """Call a person, language, large type, end: the same everywhere. A rail at the right where the panel is wide.

    ``called`` is the number of the request that is open, 0 when none is.
    """

    called = NumericProperty(0)

    def __init__(self, t: Texts, language: str, on: dict[str, Callable[[], None]], *, can_end: bool = True) -> None:
        rail = not theme.portrait
        super().__init__(
            line="left" if rail else "top",
            fill="foot",
            orientation="vertical" if rail else "horizontal",
            spacing=theme.px(20),
            padding=(theme.px(14), theme.px(24)) if rail else (theme.space("margin"), theme.px(33)),
        )
        if rail:
            self.size_hint_x, self.width = None, theme.px(264) if theme.small else theme.px(216)
        else:
            self.size_hint_y, self.height = None, theme.space("foot_bar")
        self._t, self._rail = t, rail
        other = next(name for name in LANGUAGE_NAMES if name != language)
        names = SHORTEST_LANGUAGE_NAMES if theme.small else SHORT_LANGUAGE_NAMES
        look, look_icon = next_look(t)
        self._call = self._button("call", "person", self._call_words(), on["call"], kind="call")
        self.add_widget(self._call)
        self.add_widget(self._button("language", "language", names[other], on["language"]))
        self.add_widget(self._button("look", look_icon, look, on["look"]))
        if not rail:
            self.add_widget(Filler())
        if can_end:
            self.add_widget(self._button("end", "leave", t("foot.end"), on["end"]))

    def on_called(self, _bar: FootBar, _number: int) -> None:
        self._call.text = self._call_words()

    def _call_words(self) -> str:
        if self.called:
            return self._t("foot.called-short") if theme.small else self._t("foot.called")
        return self._t("foot.call-short") if self._rail or theme.large else self._t("foot.call")

    def _button(self, test_id: str, icon: str, text: str, act: Callable[[], None], kind: str = "plain") -> TouchButton:
        button = TouchButton(
            icon=icon, text=text, kind=kind, test_id=test_id, upright=self._rail, hug=not self._rail,
            inset=24 if not theme.large else 16,
            role="small" if self._rail else "control",
        )  # fmt: skip
        if self._rail:
            button.size_hint_y = 1
        button.bind(on_tap=lambda _button: act())
        return button


def next_look(t: Texts) -> tuple[str, str]:
    """What the look button offers: large type, then high contrast on top of it, then back to the usual look."""
    if theme.contrast:
        return t("foot.standard"), "large"
    if theme.large:
        return t("foot.contrast-short" if theme.small else "foot.contrast"), "contrast"
    return t("foot.large"), "large"
