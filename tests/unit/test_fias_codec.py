from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.hotel.fias.codec import (
    MOST_BYTES,
    MOST_CHARACTERS,
    Deframer,
    Malformed,
    Record,
    Skipped,
    check_code_page,
    encode,
    parse,
    plain_text,
    pms_amount,
)
from tests.fault.fuzz_codec import Tally, one_round

CODE_PAGES = ("gbk", "big5", "utf-8", "latin-1", "cp850", "shift_jis")

kinds = st.from_regex(r"[A-Z][A-Z0-9]", fullmatch=True)
names = st.from_regex(r"[A-Z0-9#$+&]{2}", fullmatch=True).filter(lambda name: name != "MT")
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x9FFF, exclude_characters="|\x7f"), max_size=40)
fields = st.tuples(names, values)
messages = st.tuples(st.just("MT"), st.lists(values, max_size=4).map("\r\n".join))
records = st.builds(Record, kinds, st.lists(st.one_of(fields, messages), max_size=8).map(tuple))


def whole(*chunks):
    deframer = Deframer()
    return [item for chunk in chunks for item in deframer.feed(chunk)]


@given(records, st.sampled_from(CODE_PAGES))
def test_what_is_encoded_is_read_back_in_every_code_page(record, code_page):
    try:
        frame = encode(record, code_page)
    except Malformed:
        return  # a character that this code page has not
    [body] = whole(frame)
    assert parse(body, code_page) == record


@pytest.mark.parametrize("code_page", [*CODE_PAGES, "gb18030"])
def test_every_character_of_a_code_page_comes_back(code_page):
    every = "".join(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0xD800), *range(0xE000, 0x10000)])).replace("|", "")
    letters = [char for char in every.encode(code_page, "ignore").decode(code_page) if char != "|"]
    for start in range(0, len(letters), 1900):
        text = "".join(letters[start : start + 1900])
        [body] = whole(encode(Record("XL", (("GN", text),)), code_page))
        assert parse(body, code_page).get("GN") == text


@given(st.binary(max_size=400), st.sampled_from(CODE_PAGES))
@example(b"\x02GI|GN\x81\x03", "gbk")
@example(b"\x02\x02\x03\x03LS|\x03", "gbk")
def test_no_bytes_whatever_raise_anything_but_malformed(noise, code_page):
    for item in whole(noise):
        if isinstance(item, bytes):
            try:
                parse(item, code_page)
            except Malformed:
                pass


@given(
    st.lists(st.one_of(st.binary(max_size=30), st.just(b"\x02GI|RN0808|\x03"), st.just(b"\x03"), st.just(b"\x02"))),
    st.lists(st.integers(0, 400)),
)
def test_segments_do_not_matter(pieces, cuts):
    stream = b"".join(pieces)
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    assert whole(*(stream[a:b] for a, b in pairwise(edges))) == whole(stream)


@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_a_few_rounds_of_the_long_fuzz(seed):
    tally = Tally()
    one_round(seed, tally)
    assert tally.inputs == 200


def test_every_byte_is_delivered_or_reported():
    assert whole(b"xx\x02LS|\x03\x03yy\x02L\x02LA|\x03") == [
        Skipped("between-frames", 2),
        b"LS|",
        Skipped("between-frames", 3),
        Skipped("unfinished", 1),
        b"LA|",
    ]


def test_an_endless_record_is_dropped_and_takes_no_memory():
    deframer = Deframer()
    assert list(deframer.feed(b"\x02GI|GN")) == []
    for _ in range(1000):
        assert list(deframer.feed(b"x" * 4096)) == []
        assert deframer.held <= MOST_BYTES
    assert list(deframer.feed(b"\x03\x02LS|\x03")) == [Skipped("too-long", 5 + 4_096_000), b"LS|"]


@given(
    st.lists(
        st.one_of(st.binary(max_size=30), st.sampled_from([b"\x02", b"\x03", b"\x02LS|\x03", b"x" * 20])), max_size=40
    )
)
def test_no_more_is_held_or_delivered_than_the_longest_record(chunks):
    deframer = Deframer(most=50)
    for chunk in chunks:
        for item in deframer.feed(chunk):
            assert isinstance(item, Skipped) or len(item) <= 50
        assert deframer.held <= 50


@pytest.mark.parametrize("spare", [0, -1])
def test_the_longest_record_is_read_in_one_piece_or_many(spare):
    frame = b"\x02" + b"x" * (MOST_BYTES + spare) + b"\x03"
    assert whole(frame) == whole(*(frame[at : at + 7] for at in range(0, len(frame), 7))) == [frame[1:-1]]


def test_one_byte_more_is_too_long_in_one_piece_or_many():
    frame = b"\x02" + b"x" * (MOST_BYTES + 1) + b"\x03"
    assert whole(frame) == whole(frame[:500], frame[500:]) == [Skipped("too-long", MOST_BYTES + 1)]


@pytest.mark.parametrize("code_page", CODE_PAGES)
def test_a_text_message_keeps_its_lines(code_page):
    record = Record("XL", (("G#", "7"), ("MT", "one\r\ntwo\n\x0cthree"), ("RN", "0808")))
    [body] = whole(encode(record, code_page))
    assert parse(body, code_page) == record


def test_a_record_has_2000_characters_unless_more_were_agreed():
    text = "字" * (MOST_CHARACTERS - len("XL|MT|"))
    encode(Record("XL", (("MT", text),)), "gbk")
    longer = Record("XL", (("MT", text + "x"),))
    with pytest.raises(Malformed, match="2000 characters"):
        encode(longer, "gbk")
    assert whole(encode(longer, "gbk", most=2100))


def test_the_longest_record_fits_a_frame_in_every_code_page():
    for code_page in (*CODE_PAGES, "gb18030"):
        text = "\U0001f600" if code_page in ("utf-8", "gb18030") else "é" if code_page in ("latin-1", "cp850") else "字"
        record = Record("XL", (("MT", text * (MOST_CHARACTERS - len("XL|MT|"))),))
        assert [parse(body, code_page) for body in whole(encode(record, code_page))] == [record]


@pytest.mark.parametrize("code_page", [*CODE_PAGES, "gb18030", "gb2312", "cp932", "euc-kr", "cp1252", "cp437", "ascii"])
def test_a_code_page_that_keeps_ascii_is_fit_for_frames(code_page):
    check_code_page(code_page)


@pytest.mark.parametrize(
    "code_page",
    ["utf-16", "utf-16-le", "utf-32", "utf-7", "utf-8-sig", "iso2022_jp", "iso2022_kr", "hz", "cp037", "punycode"],
)
def test_a_code_page_whose_bytes_would_look_like_frames_is_refused(code_page):
    with pytest.raises(ValueError, match="can't be framed"):
        check_code_page(code_page)


@pytest.mark.parametrize("name", ["gbk2", "", "hex", "rot13", "undefined", "idna"])
def test_what_is_no_code_page_is_refused(name):
    with pytest.raises(ValueError, match="no such code page"):
        check_code_page(name)


@pytest.mark.parametrize("code_page", ["gbk", "big5"])
def test_a_character_whose_second_byte_is_the_separator_is_whole(code_page):
    name = {"gbk": "例瑋蕓", "big5": "四育"}[code_page]
    assert b"|" in name.encode(code_page)
    body = b"GI|RN0808|GN" + name.encode(code_page) + b"|G#7|"
    assert parse(body, code_page).fields == (("RN", "0808"), ("GN", name), ("G#", "7"))


def test_field_order_unknown_fields_and_empty_values_are_taken_as_they_come():
    record = parse(b"GI|ZZnew|GN|G#7|RN0808|", "gbk")
    assert (record.get("RN"), record.get("GN"), record.get("GV")) == ("0808", "", None)


@pytest.mark.parametrize("body", [b"", b"|", b"G", b"gi|RN1|", b"GI RN1", b"\xff\xff|"])
def test_what_begins_with_no_kind_is_malformed(body):
    with pytest.raises(Malformed):
        parse(body, "gbk")


@pytest.mark.parametrize("value", ["a|b", "a\x02b", "a\x03", "\x00", "a\nb", "a\r", "\x0c", "\x7f", "Å"])
def test_a_value_that_the_peer_would_misread_is_not_sent(value):
    with pytest.raises(Malformed):
        encode(Record("PS", (("CT", value),)), "gbk")


@pytest.mark.parametrize("value", ["a|b", "a\x02b", "a\x03", "\x00", "a\tb", "a\x0bb", "\x1b", "\x7f"])
def test_not_even_in_a_text_message(value):
    with pytest.raises(Malformed):
        encode(Record("XL", (("MT", value),)), "gbk")


def test_no_value_is_in_a_repr():
    assert repr(Record("GI", (("GN", "Secret"), ("RN", "0808")))) == "Record(GI GN RN)"


@given(st.text(max_size=40), st.sampled_from(CODE_PAGES))
def test_plain_text_always_fits_a_field(text, code_page):
    plain = plain_text(text, 20, code_page)
    assert len(plain) == min(20, len(text))
    encode(Record("PS", (("CT", plain),)), code_page)
    assert b"|" not in plain.encode(code_page)


@pytest.mark.parametrize(
    ("minor", "decimals", "digits"), [(150, 2, "150"), (150, 0, "15000"), (1500, 3, "1500"), (-5, 2, "-5"), (0, 2, "0")]
)
def test_amounts_have_two_implied_decimals(minor, decimals, digits):
    assert pms_amount(minor, decimals) == digits
