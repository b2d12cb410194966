"""Sheets with words at the left and an amount or state at the right: bills, price lists, what is done."""

from __future__ import annotations

from typing import Any

from kivy.uix.boxlayout import BoxLayout

from screens.surfaces import Card, Hairline, Stack
from screens.theme import theme
from screens.words import Icon, Text


class RowCard(Card):
    """A sheet of rows, as high as they need."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("padding", (theme.px(46), theme.px(32)))
        super().__init__(orientation="vertical", size_hint_y=None, spacing=theme.px(20), **kwargs)
        self.bind(minimum_height=self.setter("height"))

    def row(self, left: str, right: str, *, role: str = "control", tone: str = "ink", right_tone: str = "") -> None:
        self.add_widget(row(left, right, role=role, tone=tone, right_tone=right_tone))

    def pairs(self, *pairs: tuple[str, str]) -> None:
        """Names with their amounts, side by side where there is room."""
        if theme.large or not theme.portrait:
            for name, amount in pairs:
                self.row(name, amount, right_tone="pine")
            return
        box = Stack(orientation="horizontal", spacing=theme.px(120))
        for name, amount in pairs:
            pair = row(name, amount, right_tone="pine")
            pair.children[0].bold = True
            box.add_widget(pair)
        self.add_widget(box)

    def line(self) -> None:
        self.add_widget(Hairline())

    def fact(self, icon: str, words: str, *, tone: str = "pine") -> None:
        """One plain statement with its drawing."""
        fact = Stack(orientation="horizontal", spacing=theme.px(24))
        fact.add_widget(Icon(name=icon, drawn=48, tone=tone, pos_hint={"center_y": 0.5}))
        fact.add_widget(Text(role="control", text=words, pos_hint={"center_y": 0.5}))
        self.add_widget(fact)


def row(left: str, right: str, *, role: str = "control", tone: str = "ink", right_tone: str = "") -> BoxLayout:
    """Words that may wrap at the left, an amount that never does at the right."""
    box = Stack(orientation="horizontal", spacing=theme.px(24))
    box.add_widget(Text(role=role, tone=tone, text=left, pos_hint={"top": 1}))
    box.add_widget(Text(role=role, tone=right_tone or tone, text=right, fit="tight", pos_hint={"top": 1}))
    return box
