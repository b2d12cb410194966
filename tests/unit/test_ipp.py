"""The IPP codec: everything sent is read back alike, and rubbish is refused as Malformed, never by another error."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hardware.ipp import Field, Malformed, Message, Tag, decode, encode

INT32 = st.integers(-(2**31), 2**31 - 1)
NAMES = st.text(st.characters(codec="ascii", categories=["Ll"]), min_size=1, max_size=20)
FIELDS = st.one_of(
    st.builds(Field, st.sampled_from([Tag.INTEGER, Tag.ENUM]), NAMES, st.lists(INT32, min_size=1, max_size=4)),
    st.builds(Field, st.just(Tag.BOOLEAN), NAMES, st.lists(st.booleans(), min_size=1, max_size=4)),
    st.builds(
        Field,
        st.sampled_from([Tag.KEYWORD, Tag.URI, Tag.NAME, Tag.CHARSET]),
        NAMES,
        st.lists(st.text(st.characters(codec="utf-8"), max_size=40), min_size=1, max_size=4),
    ),
)
GROUPS = st.lists(
    st.tuples(st.sampled_from([Tag.OPERATION, Tag.JOB, Tag.PRINTER]), st.lists(FIELDS, unique_by=lambda f: f.name)),
    max_size=5,
)


def value(tag: int, name: bytes, raw: bytes) -> bytes:
    return struct.pack(">BH", tag, len(name)) + name + struct.pack(">H", len(raw)) + raw


def message(body: bytes) -> bytes:
    return struct.pack(">BBHI", 1, 1, 0, 1) + body + bytes([Tag.END])


@given(code=st.integers(0, 0xFFFF), request_id=st.integers(0, 2**32 - 1), groups=GROUPS)
def test_what_is_encoded_is_decoded_alike(code, request_id, groups):
    expected = tuple((tag, {field.name: list(field.values) for field in fields}) for tag, fields in groups)
    assert decode(encode(code, request_id, groups)) == Message(code, request_id, expected)


@given(st.binary(max_size=300))
@example(b"")
@example(message(value(Tag.INTEGER, b"job-id", b"\0\0\0\1")))
@example(message(b"\x02" + value(Tag.BEGIN_COLLECTION, b"media-col", b"")))
@example(message(b"\x02" + value(Tag.BEGIN_COLLECTION, b"a", b"") + value(Tag.BEGIN_COLLECTION, b"", b"") * 3))
def test_rubbish_is_malformed_and_nothing_else(data):
    try:
        decode(data)
    except Malformed:
        return
    assert data[0] in (1, 2)


@given(groups=GROUPS, data=st.data())
def test_a_message_cut_anywhere_is_malformed(groups, data):
    whole = encode(0, 1, groups)
    with pytest.raises(Malformed):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(groups=GROUPS, data=st.data())
def test_a_flipped_byte_never_raises_anything_but_malformed(groups, data):
    whole = bytearray(encode(0, 1, groups))
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        assert isinstance(decode(bytes(whole)), Message)
    except Malformed:
        return


def test_collections_nest_and_keep_their_members():
    size = value(Tag.BEGIN_COLLECTION, b"", b"") + value(Tag.MEMBER_NAME, b"", b"x-dimension")
    size += value(Tag.INTEGER, b"", struct.pack(">i", 21000)) + value(Tag.END_COLLECTION, b"", b"")
    column = value(Tag.BEGIN_COLLECTION, b"media-col", b"") + value(Tag.MEMBER_NAME, b"", b"media-size") + size
    column += value(Tag.MEMBER_NAME, b"", b"media-source") + value(Tag.KEYWORD, b"", b"main")
    column += value(Tag.KEYWORD, b"", b"tray-2") + value(Tag.END_COLLECTION, b"", b"")
    (attributes,) = decode(
        message(bytes([Tag.PRINTER]) + column + value(Tag.ENUM, b"printer-state", b"\0\0\0\3"))
    ).group(Tag.PRINTER)
    assert attributes == {
        "media-col": [{"media-size": [{"x-dimension": [21000]}], "media-source": ["main", "tray-2"]}],
        "printer-state": [3],
    }


@pytest.mark.parametrize(
    ("tag", "raw", "expected"),
    [
        (Tag.RANGE, struct.pack(">ii", 1, 99), (1, 99)),
        (Tag.RESOLUTION, struct.pack(">iib", 300, 600, 3), (300, 600, 3)),
        (0x12, b"", None),
        (0x30, b"level=75;", "level=75;"),
        (Tag.TEXT_LANGUAGE, b"\0\2en\0\5ready", "ready"),
        (Tag.BOOLEAN, b"\1", True),
    ],
)
def test_each_kind_of_value_is_read_as_what_it_means(tag, raw, expected):
    (job,) = decode(message(bytes([Tag.JOB]) + value(tag, b"thing", raw))).group(Tag.JOB)
    assert job == {"thing": [expected]}


def test_a_collection_nested_without_end_is_refused_before_the_stack_is():
    deep = value(Tag.MEMBER_NAME, b"", b"again") + value(Tag.BEGIN_COLLECTION, b"", b"")
    with pytest.raises(Malformed, match="too deep"):
        decode(message(bytes([Tag.JOB]) + value(Tag.BEGIN_COLLECTION, b"col", b"") + deep * 5000))
