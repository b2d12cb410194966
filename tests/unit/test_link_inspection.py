"""What a technician is told of an interface, by what went over its wire."""

from __future__ import annotations

from kiosk.hotel.fias.codec import Record
from kiosk.hotel.fias.records import Description
from kiosk.hotel.inspection import UNDECODABLE, Inspection, Weight

STAMP = (("DA", "260508"), ("TI", "120000"))
GUEST = (("RN", "0808"), ("G#", "1"), ("GS", "N"), ("GN", "Beispiel"), ("GF", ""), ("GL", "EA"), ("GV", ""))


def inspection() -> Inspection:
    return Inspection(Description(), "127.0.0.1:5010")


def alive(*records: Record) -> Inspection:
    seen = inspection()
    seen.tap("in", Record("LS", STAMP))
    seen.tap("out", Record("LD", STAMP))
    seen.tap("in", Record("LA", STAMP))
    for record in records:
        seen.tap("in", record)
    return seen


def wrongs(seen: Inspection) -> list[str]:
    return [finding.words for finding in seen.findings() if finding.weight is Weight.WRONG]


def test_nobody_answering_says_where_and_why():
    seen = Inspection(Description(), "10.0.0.5:5010", trouble="ConnectionRefusedError")
    (finding,) = seen.findings()
    assert finding.weight is Weight.WRONG
    assert "10.0.0.5:5010" in finding.words
    assert "connection refused" in finding.words


def test_something_that_is_no_fias_is_told_from_an_interface_that_does_not_take_us():
    seen = inspection()
    seen.tap("in", "between-frames")
    assert "does not speak FIAS" in wrongs(seen)[0]
    seen.tap("in", Record("LS", STAMP))
    assert "never took our description" in wrongs(seen)[0]


def test_a_list_that_came_whole_with_every_field_leaves_nothing_wrong():
    whole = alive(Record("DS"), Record("GI", (*GUEST, ("NP", "N"), ("SF", ""))), Record("DE"))
    assert wrongs(whole) == []
    assert any("1 records" in finding.words for finding in whole.findings())


def test_a_list_that_was_not_answered_or_never_ended_is_wrong():
    assert "was not answered" in wrongs(alive())[0]
    assert "never ended" in wrongs(alive(Record("DS")))[0]


def test_a_field_without_which_nobody_is_identified_is_wrong_and_others_are_noted():
    few = alive(Record("DS"), Record("GI", (("RN", "0808"), ("G#", "1"), ("GS", "N"))), Record("DE"))
    assert wrongs(few) == ["GI never carried GN"]
    notes = [finding.words for finding in few.findings() if finding.weight is Weight.NOTE]
    assert notes == ["GI never carried GL, NP"]


def test_another_code_page_than_agreed_is_wrong():
    garbled = (("RN", "0808"), ("G#", "1"), ("GN", UNDECODABLE * 2))
    seen = alive(Record("DS"), Record("GI", garbled), Record("DE"))
    assert "1 records are not gbk" in wrongs(seen)


def test_who_spoke_first_is_told():
    seen = inspection()
    seen.tap("out", Record("LS", STAMP))
    seen.tap("in", Record("LA", STAMP))
    assert any("the kiosk began" in finding.words for finding in seen.findings())


def test_what_kept_a_posting_back_is_said_by_how_far_the_link_came():
    assert "nobody answers" in inspection().obstacle()
    closing = Inspection(Description(), "127.0.0.1:5010", trouble="end of stream")
    assert "closes every connection" in closing.obstacle()
    closing.tap("in", Record("LS", STAMP))
    assert "never took our description (no LA), and closed the connection" in closing.obstacle()
    assert "did not hold" in alive().obstacle()
    assert "still telling" in alive(Record("DS")).obstacle()
    assert "night audit" in alive(Record("NS")).obstacle()
    assert "night audit" not in alive(Record("NS"), Record("NE")).obstacle()


def test_an_encrypted_line_that_does_not_come_about_is_told_from_nobody():
    seen = Inspection(Description(), "10.0.0.5:5010", trouble="certificate: self-signed certificate")
    assert "no encrypted line" in seen.obstacle()
    assert "self-signed" in seen.obstacle()


def test_a_list_of_guests_is_over_when_it_ended_or_was_given_up():
    assert not alive(Record("DS")).roll_over
    assert alive(Record("DS"), Record("DE")).roll_over
    given_up = alive(Record("DS"))
    given_up.tap("in", "resync-unfinished")
    assert given_up.roll_over
    assert "never ended" in wrongs(given_up)[0]
