"""The catalogues are complete, and the check that says so can fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.texts import LANGUAGES, Texts, texts
from kiosk.texts_check import catalogue, check, named_in_sources
from screens.lines import broken


def test_every_message_that_is_named_exists_in_every_language_and_none_is_stale():
    assert check() == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_shouts(language):
    assert not [key for key, text in catalogue(language).items() if "!" in text or "！" in text]


def test_chinese_addresses_the_guest_politely():
    assert not [key for key, text in catalogue("zh_CN").items() if "你" in text.replace("您", "")]


def test_values_take_their_places():
    assert texts("zh_CN")("printer.sheets", done=2, total=10) == "2 / 10 张"


def test_values_that_are_words_are_worded():
    said = texts("en").say(
        "prices.tariff.copy.sheet", {"media": "iso_a4_210x297mm", "sides": "one-sided", "colour": "black"}
    )
    assert said == "A4, one-sided, black"


def test_an_unknown_key_is_shown_as_it_is():
    assert Texts("en")("no.such.key") == "no.such.key"
    assert not texts("en").knows("no.such.key")


def _source(root: Path, text: str, name: str = "kiosk/some.py") -> Path:
    for folder in ("kiosk", "hardware", "screens"):
        (root / folder).mkdir(exist_ok=True)
    (root / name).write_text(text)
    return root


def test_a_key_without_message_is_found(tmp_path):
    root = _source(tmp_path, 'KEY = "copy.choose.nonsense"\n')
    assert "kiosk/some.py: copy.choose.nonsense is in no catalogue" in check(root)


def test_a_message_that_nothing_names_is_found(tmp_path):
    root = _source(tmp_path, "")
    assert "copy.choose.title is stale: nothing names it" in check(root)


def test_a_key_put_together_names_its_family(tmp_path):
    root = _source(tmp_path, 'def word(name):\n    return t(f"service.{name}.title")\n')
    assert named_in_sources(root).covers("service.copy.title")
    assert not named_in_sources(root).covers("service.copy.short")


def test_names_of_log_events_are_no_keys(tmp_path):
    root = _source(tmp_path, 'log.info("copy.choose.nonsense", visit=1)\n')
    assert not any("nonsense" in fault for fault in check(root))


def test_layouts_are_read_too(tmp_path):
    root = _source(tmp_path, '<X>:\n    text: root.t("copy.choose.title")\n', "screens/x.kv")
    assert named_in_sources(root).covers("copy.choose.title")


def _wide(piece: str) -> float:
    return sum(2 if ord(character) > 0x2E80 else 1 for character in piece)


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("请轻轻拉出原稿，再合上。", 14, ["请轻轻拉出原", "稿，再合上。"]),
        ("短", 10, ["短"]),
        ("the quick brown fox", 10, ["the quick", "brown fox"]),
        ("共计 ¥4.50 元", 8, ["共计", "¥4.50 元"]),
    ],
)
def test_lines_break_as_chinese_and_english_are_set(text, width, lines):
    assert broken(text, width, _wide).split("\n") == lines


def test_no_chinese_character_stands_alone_on_the_last_line():
    assert broken("下午好，请选择服务", 8, len).split("\n") == ["下午好，请选择", "服务"]
    assert broken("扫描仪没有应答，请呼叫服务员。", 13, len).split("\n")[-1] == "务员。"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("The telephone in your room will ring", 31, ["The telephone in your room", "will ring"]),
        ("Cancel this call?", 12, ["Cancel this", "call?"]),
        ("Please wait for confirmation", 15, ["Please wait for", "confirmation"]),
    ],
)
def test_no_word_stands_alone_on_the_last_line_where_another_can_come_along(text, width, lines):
    assert broken(text, width, len).split("\n") == lines


@pytest.mark.parametrize("name", ["Müller-Lüdenscheidt", "Nguyễn", "Παπαδόπουλος", "Достоевский"])
def test_a_name_is_not_broken_at_its_accents_nor_in_another_alphabet(name):
    assert broken(f"for {name} now", len(name) + 1, len).split("\n")[1:] == [name, "now"]


def test_no_line_begins_with_a_closing_mark():
    text = "已印好两张，余下八张，等待继续。未印出的，不收费。"
    for width in range(6, 40):
        assert not [line for line in broken(text, width, _wide).split("\n")[1:] if line[0] in "，。"]
