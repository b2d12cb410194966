"""Two names that match have enough keys in common; names that do not seldom have."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from kiosk.bench.guests import name_pairs
from kiosk.hotel.name_keys import ENOUGH, keys_asked, keys_of
from kiosk.hotel.names import TRUNCATED_AT, matches

PAIRS = name_pairs()


def weight(typed, held, given_names):
    keys = keys_of(held, given_names)
    return sum(keys.get(key, 0) for key in keys_asked(typed))


def test_every_pair_of_the_table_that_matches_is_a_candidate():
    assert not [
        pair.why
        for pair in PAIRS
        if matches(pair.typed, pair.held, pair.given) and weight(pair.typed, pair.held, pair.given) < ENOUGH
    ]


def test_few_of_the_others_are_candidates():
    house = [keys_of(pair.held, pair.given) for pair in PAIRS]
    candidates = [
        sum(sum(keys.get(key, 0) for key in asked) >= ENOUGH for keys in house)
        for asked in (keys_asked(pair.typed) for pair in PAIRS)
    ]
    assert sum(candidates) / len(candidates) < len(PAIRS) / 10


WORDS = st.one_of(
    st.sampled_from(("maria", "Maria", "Müller", "mueller", "muller", "j", "M", "Jose", "Garcia", "MR", "Petrovich")),
    st.sampled_from(("zhang", "wei", "ZhangWei", "wang", "xiao", "ming", "xiaoming", "chan", "Lee", "van", "lily")),
    st.sampled_from(("王", "小明", "王小明", "欧阳", "娜")),
)
NAMES = st.lists(st.tuples(WORDS, st.sampled_from((" ", "", "-", ", ", "/"))), max_size=5).map(
    lambda parts: "".join(word + mark for word, mark in parts)
)
HELD = st.one_of(NAMES, st.tuples(NAMES, st.sampled_from(TRUNCATED_AT)).map(lambda cut: (cut[0] * 12)[: cut[1]]))


@settings(deadline=None, max_examples=300)
@given(NAMES, HELD, st.one_of(st.just(""), NAMES))
@example("Maria Maria Jose", "Maria", "Maria")
@example("Mr Zhang", "MR", "zhang")
@example("", "", "")
def test_whoever_matches_is_a_candidate(typed, held, given_names):
    if matches(typed, held, given_names):
        assert weight(typed, held, given_names) >= ENOUGH
