"""How it goes, in four drawings: shown where the station has room to say it."""

from __future__ import annotations

from kivy.uix.boxlayout import BoxLayout

from kiosk.texts import Texts
from screens.surfaces import Card, Stack
from screens.theme import theme
from screens.words import Icon, Text

STEPS = ("choose", "scan", "sign", "take")


class Steps(BoxLayout):
    """The steps side by side with an arrow between each two; ``both`` are the languages of the words."""

    def __init__(self, both: tuple[Texts, ...], *, icon_tone: str, tone: str, drawn: int) -> None:
        super().__init__(size_hint_y=None, spacing=theme.px(8))
        self.bind(minimum_height=self.setter("height"))
        for number, step in enumerate(STEPS):
            if number:
                self.add_widget(_arrow(icon_tone, drawn))
            self.add_widget(_step(step, both, icon_tone, tone, drawn))


def _step(step: str, both: tuple[Texts, ...], icon_tone: str, tone: str, drawn: int) -> Stack:
    block = Stack(spacing=theme.px(14), pos_hint={"top": 1})
    block.add_widget(Icon(name=f"how-{step}", drawn=drawn, tone=icon_tone, pos_hint={"center_x": 0.5}))
    for words in both:
        block.add_widget(Text(role="body", tone=tone, halign="center", text=words(f"how.{step}")))
    return block


def _arrow(tone: str, drawn: int) -> Icon:
    """At the height of the drawings, not of the words."""
    arrow = Icon(name="forward", drawn=40, tone=tone, pos_hint={"top": 1}, opacity=0.7)
    arrow.height = theme.px(drawn)
    return arrow


class HowItGoes(Card):
    """The steps, and what a guest asks before beginning: is it right, who pays, who reads it."""

    def __init__(self, t: Texts) -> None:
        pad = theme.px(46) if theme.portrait else theme.px(32)
        super().__init__(orientation="vertical", size_hint_y=None, padding=pad, spacing=theme.px(28))
        self.bind(minimum_height=self.setter("height"))
        role = "control" if theme.portrait else "body"
        if not theme.large:
            self.add_widget(Text(role=role, bold=True, text=t("how.title")))
            self.add_widget(Steps((t,), icon_tone="pine", tone="ink", drawn=88))
        if theme.small and not theme.large:
            return
        for icon, key in (("check", "how.sample"), ("room", "how.room"), ("destroyed", "how.destroyed")):
            self.add_widget(_promise(icon, t(key), role))


def _promise(icon: str, words: str, role: str) -> Stack:
    line = Stack(orientation="horizontal", spacing=theme.px(24))
    line.add_widget(Icon(name=icon, drawn=44, pos_hint={"center_y": 0.5}))
    line.add_widget(Text(role=role, text=words, pos_hint={"center_y": 0.5}))
    return line
