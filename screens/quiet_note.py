"""Something to know that is neither asked nor wrong: a small drawing and soft words, on no sheet."""

from __future__ import annotations

from kivy.properties import StringProperty

from screens.surfaces import Stack
from screens.theme import theme
from screens.words import Icon, Text


class QuietNote(Stack):
    text = StringProperty("")

    def __init__(self, text: str = "", icon: str = "info") -> None:
        super().__init__(orientation="horizontal", spacing=theme.px(20))
        words = Text(role="body", tone="soft", text=text, pos_hint={"center_y": 0.5})
        self.bind(text=words.setter("text"))
        self.add_widget(Icon(name=icon, drawn=44, tone="soft", pos_hint={"center_y": 0.5}))
        self.add_widget(words)
