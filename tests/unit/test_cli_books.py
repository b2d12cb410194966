"""``kiosk books`` by its command line: what a person at the desk can find out and put right."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kiosk.__main__ import main
from kiosk.books.postings import room_postings
from tests.books_kit import SetClock, copied, open_books

HEADER = "date,time,room,check,sequence,amount,text"


@pytest.fixture
def kiosk(tmp_path, capsys):
    """Vouchers 1 and 2 over 300 each, posted at 12:00 UTC (20:00 in the house): one delivered, one unknown."""
    config = tmp_path / "kiosk.toml"
    config.write_text(f'[house]\ntimezone = "Asia/Shanghai"\n[paths]\nstate = "{tmp_path}"\n')
    clock = SetClock()
    assert clock() == datetime(2026, 3, 1, 12, tzinfo=UTC)
    books = open_books(tmp_path, clock)
    charges = [copied(books, name) for name in "ab"]
    postings = room_postings(books.db)
    for charge, answer in zip(charges, (postings.delivered, postings.unknown), strict=True):
        books.finish(charge)
        delivery = postings.next_due()
        postings.begin(delivery)
        answer(delivery, "test")
    books.db.close()

    def run(*words):
        code = main(["books", "--config", str(config), *words])
        return code, capsys.readouterr()

    run.charges, run.folder = charges, tmp_path
    return run


def journal(kiosk, *rows):
    path = kiosk.folder / "hotel.csv"
    path.write_text("\n".join([HEADER, *rows]))
    return str(path)


FIRST = "2026-03-01,20:00:00,0101,1,1,300,Photocopies"


def test_the_books_are_checked_and_what_is_open_is_listed(kiosk):
    code, said = kiosk("check")
    assert code == 0
    assert "postings: 1 delivered, 1 unknown" in said.out
    _, said = kiosk("open")
    assert f"posting {kiosk.charges[1]} unknown, 1 attempts test" in said.out


def test_the_journal_finds_what_stands_on_a_folio(kiosk):
    code, said = kiosk("reconcile", journal(kiosk, FIRST, FIRST.replace(",1,1,", ",2,2,")))
    assert (code, said.out) == (0, "found on folios: 1, queued again: 0, still unknown: 0\n")


@pytest.mark.parametrize(
    ("span", "queued"),
    [
        ((), 0),
        (("--from", "2026-03-01T19:00", "--to", "2026-03-01T21:00"), 1),
        (("--from", "2026-03-01T12:00", "--to", "2026-03-01T13:00"), 0),
        (("--from", "2026-03-01T11:00+00:00", "--to", "2026-03-01T12:00+00:00"), 1),
    ],
    ids=["nothing-said", "house-time", "another-time", "with-a-zone"],
)
def test_what_a_complete_journal_does_not_have_is_posted_again(kiosk, span, queued):
    code, said = kiosk("reconcile", journal(kiosk, FIRST), *span)
    assert (code, said.out) == (0, f"found on folios: 0, queued again: {queued}, still unknown: {1 - queued}\n")


def test_half_a_span_is_refused(kiosk):
    code, said = kiosk("reconcile", journal(kiosk, FIRST), "--from", "2026-03-01T19:00")
    assert code == 1
    assert "--from and --to go together" in said.err


@pytest.mark.parametrize(("outcome", "listed"), [("posted", ""), ("not-posted", "queued, 1 attempts by AB")])
def test_a_person_decides_an_unknown_posting_once(kiosk, outcome, listed):
    assert kiosk("resolve", kiosk.charges[1], outcome, "--by", "AB")[0] == 0
    assert listed in kiosk("open")[1].out
    code, said = kiosk("resolve", kiosk.charges[1], outcome, "--by", "AB")
    assert code == 1
    assert "no posting of charge" in said.err


@pytest.mark.parametrize(("charge", "outcome"), [("nobody", "posted"), ("nobody", "3"), (None, "perhaps")])
def test_what_cannot_be_decided_is_said_and_changes_nothing(kiosk, charge, outcome):
    before = kiosk("open")[1].out
    code, said = kiosk("resolve", charge or kiosk.charges[1], outcome, "--by", "AB")
    assert code == 1
    assert said.err.startswith("kiosk: ")
    assert kiosk("open")[1].out == before


def test_what_the_hotel_has_twice_is_said_and_is_not_well(kiosk):
    second = FIRST.replace(",1,1,", ",2,2,")
    code, said = kiosk("reconcile", journal(kiosk, FIRST, second, second))
    assert code == 1
    assert said.out.splitlines() == [
        "found on folios: 1, queued again: 0, still unknown: 0",
        "1 DIFFERENCES, none of them mended: look at these folios",
        "  hotel.doubled voucher=2 times=2",
    ]


CORRECT = ("--room", "0101", "--reason", "blank", "--by", "AB")


def test_a_charge_is_taken_back_by_sheets_or_amount_and_no_further(kiosk):
    code, said = kiosk("correct", "1", "--sheets", "1", *CORRECT)
    assert code == 0
    assert said.out.splitlines()[0] == "voucher 000001, correction 1: 100 minor units, 6 of them tax"
    assert kiosk("correct", "1", "--minor", "200", *CORRECT)[0] == 0
    code, said = kiosk("correct", "1", "--minor", "1", *CORRECT)
    assert (code, said.err) == (1, "kiosk: voucher 1: 1 of 0 minor units cannot be taken back\n")
    assert kiosk("check")[0] == 0


@pytest.mark.parametrize(
    ("agreed", "next_step", "listed"),
    [
        ("posting", "queued to be posted", "queued, 0 attempts"),
        ("desk", "correct the folio, then: ", "refused, 0 attempts"),
    ],
)
def test_a_correction_goes_the_way_that_was_agreed_with_the_hotel(kiosk, agreed, next_step, listed):
    with (kiosk.folder / "kiosk.toml").open("a") as config:
        config.write(f'[hotel]\ncorrections = "{agreed}"\n')
    said = kiosk("correct", "1", "--sheets", "1", *CORRECT)[1].out
    assert next_step in said
    assert f"posting {kiosk.charges[0]}-correction-1 {listed}" in kiosk("open")[1].out
    if agreed == "desk":
        (command,) = [line.split("kiosk ")[1] for line in said.splitlines() if "kiosk books" in line]
        assert kiosk(*command.split()[1:], "--by", "AB")[0] == 0
        assert kiosk("check")[0] == 0


def test_an_unknown_charge_is_not_corrected_and_it_is_said_what_to_do_first(kiosk):
    code, said = kiosk("correct", "2", "--sheets", "1", *CORRECT)
    assert code == 1
    assert f"first `kiosk books resolve {kiosk.charges[1]}`" in said.err


@pytest.mark.parametrize("missing", ["--room", "--reason", "--by"])
def test_a_correction_says_whose_folio_why_and_by_whom(kiosk, missing):
    at = CORRECT.index(missing)
    with pytest.raises(SystemExit):
        kiosk("correct", "1", "--sheets", "1", *CORRECT[:at], *CORRECT[at + 2 :])
