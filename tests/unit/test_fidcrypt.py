"""The proof that a station was given the hotel's key, against an implementation of AES that is not ours."""

import base64
import subprocess

import pytest

from kiosk.hotel.fias.fidcrypt import Key

SECRET = bytes(range(16))
LINE = "FidCrypt0S|" + base64.b64encode(SECRET).decode()
IV = bytes(range(100, 116))


def test_the_answer_is_what_openssl_makes_of_it():
    made = subprocess.run(
        ["openssl", "enc", "-aes-128-cbc", "-K", SECRET.hex(), "-iv", IV.hex()],
        input=b"161117102926",
        capture_output=True,
        check=True,
    ).stdout
    expected = "FidCryptAB;" + base64.b64encode(IV).decode() + base64.b64encode(made).decode()
    assert Key.parse(LINE).answer("161117", "102926", IV) == expected


def test_every_answer_is_another_and_each_is_good_for_its_own_link_start_only():
    key = Key.parse(LINE + "\n")
    first, second = key.answer("161117", "102926"), key.answer("161117", "102926")
    assert first != second
    assert key.check(first, "161117", "102926")
    assert key.check(second, "161117", "102926")
    assert not key.check(first, "161117", "102927")


def test_another_key_s_answer_is_refused():
    other = Key.parse("FidCrypt0S|" + base64.b64encode(bytes(16)).decode())
    assert not Key.parse(LINE).check(other.answer("161117", "102926"), "161117", "102926")


@pytest.mark.parametrize(
    "cg", ["", "FidCryptAB;", "FidCryptAB;AAAA", "FidCryptAB;" + "=" * 48, "FidCryptAB;" + "é" * 48]
)
def test_what_is_no_answer_is_refused(cg):
    assert not Key.parse(LINE).check(cg, "161117", "102926")


@pytest.mark.parametrize("place", [0, 11, 30, 40, 58])
def test_an_answer_changed_anywhere_is_refused(place):
    key = Key.parse(LINE)
    good = key.answer("161117", "102926", IV)
    changed = good[:place] + ("B" if good[place] == "A" else "A") + good[place + 1 :]
    assert not key.check(changed, "161117", "102926")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "must begin with"),
        ("AAECAwQFBgcICQoLDA0ODw==", "must begin with"),
        ("FidCrypt1S|AAECAwQFBgcICQoLDA0ODw==", "must begin with"),
        ("FidCrypt0S|AAEC*wQFBgcICQoLDA0ODw==", "not base64"),
        ("FidCrypt0S|秘密", "not base64"),
        ("FidCrypt0S|AAECAwQFBgcICQoLDA0O", "15 bytes"),
        ("FidCrypt0S|", "0 bytes"),
    ],
)
def test_a_wrong_key_says_what_is_wrong_and_never_the_key(line, told):
    with pytest.raises(ValueError, match=told) as fault:
        Key.parse(line)
    secret = line.partition("|")[2] or line
    assert not secret or secret not in str(fault.value)
    assert fault.value.__suppress_context__ or fault.value.__context__ is None


@pytest.mark.parametrize(("da", "ti"), [("16111", "102926"), ("161117", "10:29:26"), ("", ""), ("16111７", "102926")])
def test_only_digits_are_signed(da, ti):
    with pytest.raises(ValueError, match="six digits"):
        Key.parse(LINE).answer(da, ti)


def test_the_key_shows_itself_nowhere():
    key = Key.parse(LINE)
    assert str(key) == repr(key) == "Key()"
