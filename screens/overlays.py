"""What is laid over a question for a moment: the staff call, the end, the countdown, a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.properties import NumericProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.widget import Widget

from kiosk.texts import texts
from kiosk.visit import StaffCalled
from screens.controls import TouchButton
from screens.surfaces import Card
from screens.theme import theme
from screens.words import Icon, Text


class Panel(Card):
    """A sheet in the middle, as high as what is on it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            orientation="vertical",
            size_hint=(None, None),
            padding=theme.space("margin") if not theme.small else theme.px(40),
            spacing=theme.space("gap"),
            edge_width=5 if theme.contrast else 2,
            **kwargs,
        )
        self.bind(minimum_height=self.setter("height"))


class Overlay(FloatLayout):
    """A veil over everything, and a panel on it. Nothing beneath can be touched."""

    def __init__(self, icon: str, title: str, words: str, *, tone: str = "pine") -> None:
        super().__init__()
        with self.canvas.before:
            Color(rgba=theme.veil)
            self._veil = Rectangle()
        self.panel = Panel(pos_hint={"center_x": 0.5, "center_y": 0.5})
        if not theme.small:
            self.panel.add_widget(Icon(name=icon, drawn=112, tone=tone))
        self.heading = Text(role="title" if not theme.small else "amount", text=title)
        self.panel.add_widget(self.heading)
        self.words = Text(role="subtitle", tone="soft", text=words)
        self.panel.add_widget(self.words)
        self.buttons = BoxLayout(spacing=theme.space("gap"), size_hint_y=None, orientation="vertical")
        if not theme.portrait:
            self.buttons.orientation = "horizontal"
        self.buttons.bind(minimum_height=self.buttons.setter("height"))
        self.panel.add_widget(self.buttons)
        self.add_widget(self.panel)
        self.bind(pos=self._place, size=self._place)

    def add_button(self, test_id: str, text: str, act: Callable[[], None], kind: str = "plain", icon: str = "") -> None:
        button = TouchButton(text=text, kind=kind, test_id=test_id, icon=icon)
        button.bind(on_tap=lambda _button: act())
        self.buttons.add_widget(button)

    def _place(self, *_: Any) -> None:
        self._veil.pos, self._veil.size = self.pos, self.size
        self.panel.width = min(self.width - 2 * theme.space("margin"), theme.px(1500))

    def on_touch_down(self, touch: Any) -> bool:
        super().on_touch_down(touch)
        return True


class CallPanel(Overlay):
    """Somebody is coming: the number of the request, when, and how to take it back."""

    def __init__(
        self, language: str, called: StaffCalled, close: Callable[[], None], withdraw: Callable[[], None]
    ) -> None:
        t = texts(language)
        if called.number:
            title, words = t("call.title"), t("call.promise", number=called.number, minutes=called.minutes)
        else:
            title, words = t("call.calling"), t("call.stay")
        super().__init__("person", title, words, tone="brass")
        if called.number:
            self.add_button("call-withdraw", t("call.withdraw"), withdraw)
        self.add_button("call-close", t("call.go-on"), close, kind="main")


class EndPanel(Overlay):
    """Ending would lose something: ask once."""

    def __init__(self, language: str, close: Callable[[], None], end: Callable[[], None]) -> None:
        t = texts(language)
        super().__init__("leave", t("end.title"), t("end.at-stake"), tone="alert")
        self.add_button("end-confirm", t("end.confirm"), end)
        self.add_button("end-cancel", t("end.stay"), close, kind="main")


class IdlePanel(Overlay):
    """Nobody has touched the glass: how many seconds are left, and how to get more."""

    seconds = NumericProperty(0)

    def __init__(self, language: str, seconds: int, stay: Callable[[], None]) -> None:
        self._t = texts(language)
        super().__init__("clock", self._t("idle.title"), "", tone="brass")
        self.add_button("still-here", self._t("idle.stay"), stay, kind="main")
        self.seconds = seconds

    def on_seconds(self, _panel: IdlePanel, seconds: int) -> None:
        self.words.text = self._t("idle.left", seconds=seconds)


class Toast(Card):
    """A sentence at the upper edge of the stage, where no button is; long enough to be read."""

    def __init__(self, words: str, stage: Widget) -> None:
        super().__init__(
            fill="brass_soft", edge="brass", size_hint=(None, None), padding=(theme.px(36), theme.px(24)),
            spacing=theme.px(24), edge_width=3,
        )  # fmt: skip
        self.seconds = max(4.0, len(words) * 0.16)
        self.add_widget(Icon(name="info", drawn=48, tone="brass_ink", pos_hint={"center_y": 0.5}))
        text = Text(role="control", tone="brass_ink", text=words, pos_hint={"center_y": 0.5})
        self.add_widget(text)
        self.width = stage.width - 2 * theme.px(36)
        self.x, self._highest = stage.x + theme.px(36), stage.y + stage.height - theme.px(28)
        text.bind(height=self._fit)
        self._fit(text, text.height)

    def _fit(self, _text: Text, height: float) -> None:
        self.height = height + theme.px(48)
        self.y = self._highest - self.height

    def on_touch_down(self, _touch: Any) -> bool:
        return False
