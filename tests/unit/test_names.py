"""Invented names only. The table tests/names.csv says what must match; what it costs is in its last column."""

import csv

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.bench.guests import NAME_TABLE, NamePair, name_pairs, name_rates
from kiosk.hotel.names import matches
from kiosk.hotel.romanised import wade_giles

PAIRS = name_pairs()
LOSS = "accepted loss"


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if not pair.match], ids=repr)
def test_another_guest_is_not_let_in(pair):
    assert not matches(pair.typed, pair.held, pair.given), pair.why


@pytest.mark.parametrize("pair", [pair for pair in PAIRS if pair.match], ids=repr)
def test_the_same_guest_is_recognised_unless_the_table_says_what_is_lost(pair):
    assert matches(pair.typed, pair.held, pair.given) is not pair.why.startswith(LOSS), pair.why


def test_the_table_is_large_mixed_and_without_repetitions():
    assert len(PAIRS) >= 360
    assert len({(pair.typed, pair.held, pair.given) for pair in PAIRS}) == len(PAIRS)
    assert 0.4 < sum(pair.match for pair in PAIRS) / len(PAIRS) < 0.6


def test_nobody_is_let_in_wrongly_and_few_are_turned_away():
    rates = name_rates(PAIRS)
    assert rates["name_false_accept_percent"] == 0
    assert rates["name_false_reject_percent"] <= 3


def test_rates_count_what_went_wrong_in_percent_of_its_kind():
    wrong = [NamePair("a b", "c d", "", match=True, why=""), NamePair("a b", "a b", "", match=False, why="")]
    right = [NamePair("a b", "a b", "", match=True, why="")]
    assert name_rates([*wrong, *right]) == {"name_false_accept_percent": 100.0, "name_false_reject_percent": 50.0}


def test_the_table_is_utf_8_with_the_columns_it_is_documented_to_have():
    with NAME_TABLE.open(encoding="utf-8", newline="") as table:
        assert next(csv.reader(table)) == ["typed", "held", "given", "match", "why"]


FAMILIES = st.sampled_from(
    (
        "wang",
        "zhang",
        "li",
        "zhao",
        "sun",
        "zhou",
        "xu",
        "gao",
        "lin",
        "guo",
        "ouyang",
        "sima",
        "fan",
        "fang",
        "chen",
        "cheng",
    )
)
SYLLABLES = st.sampled_from(
    ("wei", "ming", "xiao", "hong", "li", "na", "gang", "ang", "jun", "yan", "fang", "an", "bo", "chen", "yu")
)
PERSONS = st.tuples(FAMILIES, st.lists(SYLLABLES, min_size=1, max_size=2).map(tuple))
HELD = st.sampled_from(("{family}/{given} MR", "{family}, {given}", "{family} {given}"))
TYPED = st.sampled_from(("{family} {given}", "Mr {family} {given}", "{family}, {given}"))


def written(form, person):
    family, given_names = person
    return form.format(family=family.upper(), given="".join(given_names).upper())


@given(PERSONS, PERSONS, TYPED, HELD)
def test_of_two_chinese_guests_each_is_found_under_the_own_name_only(one, other, typed, held):
    assert matches(written(typed, one), written(held, one))
    same = one[0] == other[0] and "".join(one[1]) == "".join(other[1])
    turned = one[0] == "".join(other[1]) and other[0] == "".join(one[1])
    assert matches(written(typed, one), written(held, other)) is (same or turned)


@pytest.mark.parametrize(
    ("pinyin", "taiwan"),
    [
        ("zhi", "chih"), ("xu", "hsu"), ("zhang", "chang"), ("xiao", "hsiao"), ("guo", "kuo"), ("luo", "lo"),
        ("yue", "yueh"), ("zhong", "chung"), ("qian", "chien"), ("jun", "chun"), ("shuo", "shuo"), ("cai", "tsai"),
        ("si", "ssu"), ("he", "ho"), ("xiong", "hsiung"), ("an", "an"), ("er", "erh"), ("jie", "chieh"),
    ],
)  # fmt: skip
def test_taiwan_s_spelling_of_a_syllable(pinyin, taiwan):
    assert wade_giles(pinyin) == taiwan


words = st.text(st.one_of(st.characters(), st.sampled_from("张伟王小明 ,.-'|aeiouüé先生/김り")), max_size=30)


@given(words, words, words)
@example("a " * 5000, "b " * 100, "")
@example("ü" * 200, "ü " * 100, "")
@example("曾" * 200, "zeng " * 40, "")
def test_no_text_whatever_raises_anything(typed, held, given_name):
    assert matches(typed, held, given_name) in (True, False)


@given(words)
def test_an_empty_answer_matches_nobody(held):
    assert not matches("", held)
    assert not matches(" .,-", held)
