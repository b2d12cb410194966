"""The everyday cut of the typeface: what it must have, and when the whole typeface is needed."""

from __future__ import annotations

import re

import pytest

from kiosk.texts import LANGUAGES, source_of
from screens.typeface import CHARACTERS, EVERYDAY, WHOLE, font_of


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_the_kiosk_says_is_drawn_with_the_everyday_cut(language: str) -> None:
    words = "".join(re.findall(r'"(.*)"', source_of(language).read_text("utf-8")))
    assert len(words) > 10_000
    assert set(words) <= CHARACTERS


@pytest.mark.parametrize("text", ["", "0808", "Zoë Čapková", "第一行\n第二行", "¥1.00 — “好”…"])
def test_common_names_and_prices_are_everyday(text: str) -> None:
    assert font_of(text) == EVERYDAY


@pytest.mark.parametrize("text", ["王㼆", "喆", "Ольга", "カナ", "한국", "Nguyễn"])
def test_one_character_that_is_not_everyday_takes_the_whole_typeface(text: str) -> None:
    assert font_of(f"Room 0808, {text}") == WHOLE
