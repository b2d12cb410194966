"""``kiosk link post, guests and check`` against hotel systems that were not written for this kiosk.

Their manners are those of the specification, of captures, and of interfaces, emulators and middlewares in the field.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
import structlog

from kiosk import stores
from kiosk.cli import technician
from kiosk.config.load import load
from kiosk.config.settings import Settings
from kiosk.hotel.fias.codec import Record
from kiosk.hotel.fias.records import Description
from kiosk.hotel.inspection import Inspection
from kiosk.hotel.only_one import only_one
from tests.strange_interface import (
    DE,
    DS,
    GUEST,
    HANG_UP,
    LA,
    LC,
    LE,
    LS,
    NE,
    NS,
    POSTED,
    ROLL,
    Manners,
    StrangeInterface,
)

Type = Callable[..., tuple[int, str]]
ANSWER_SECONDS = 0.5


@dataclass
class Place:
    """A station before a strange interface."""

    stranger: StrangeInterface
    settings: Settings
    said: Callable[[], str]

    def type(self, action: str, seconds: float | None = 10.0, reservation: str = "") -> tuple[int, str]:
        options = argparse.Namespace(
            seconds=seconds,
            room="0808",
            amount=150,
            text="Trial copy, A4, grey",
            reservation=reservation,
            elsewhere=False,
        )
        return getattr(technician, action)(self.settings, options), self.said()


@pytest.fixture
def before(tmp_path, capsys):
    """A station before whoever has such manners."""
    usual = structlog.get_config()

    def said() -> str:
        out, err = capsys.readouterr()
        assert err == ""
        return out

    @contextmanager
    def facing(manners: Manners, more: str = "") -> Iterator[Place]:
        with StrangeInterface(manners) as stranger:
            yield Place(stranger, _settings(tmp_path, stranger.port, manners.code_page, more), said)

    yield facing
    structlog.configure(**usual)


def _settings(folder: Path, port: int, code_page: str, more: str) -> Settings:
    config = folder / "kiosk.toml"
    config.write_text(
        f'[paths]\nstate = "state"\nruntime = "run"\n[hotel]\nhost = "127.0.0.1"\nport = {port}\n'
        f'code_page = "{code_page}"\n{more}'
    )
    settings = load(config)
    # Shorter than any hotel would be given: a test waits for it in vain.
    return msgspec.structs.replace(
        settings, hotel=msgspec.structs.replace(settings.hotel, answer_seconds=ANSWER_SECONDS)
    )


def offended(before: list[str], record: str) -> str:
    """What a system that takes the specification to the letter drops the line for."""
    kind, *parts = record.split("|")
    kinds = [earlier[:2] for earlier in before]
    fields = {part[:2]: part[2:] for part in parts[:-1]}
    enabled = {earlier[5:7]: earlier[10:-1] for earlier in before if earlier.startswith("LR|RI")}
    asked = {name: [names[at : at + 2] for at in range(0, len(names), 2)] for name, names in enabled.items()}
    match kind:
        case _ if parts[-1] != "":
            return "no bar at the end"
        case "LS":
            return "spoke first"
        case "LD" if not {"DA", "TI", "V#", "IF"} <= set(fields):
            return "LD lacks fields"
        case "LR" if "LD" not in kinds or list(fields) != ["RI", "FL"] or fields["RI"] in ("DR", "DS", "DE", "LS"):
            return "LR out of place"
        case "LA" | "LD" | "LR" | "LE":
            return ""
        case _ if "LA" not in kinds:
            return "before LA"
        case "PS" if not set(fields) <= set(asked["PS"]):
            return "a field that was not enabled"
        case "PS" if not fields["TA"].isdigit() or fields["TA"].startswith("0"):
            return "TA"
        case "PS" if len(fields["CT"]) > 20 or not fields["CT"].isascii():
            return "CT"
        case "PS" if not 1 <= int(fields["P#"]) <= 9999 or fields["P#"].startswith("0") or fields["PT"] != "C":
            return "P# or PT"
    return ""


WELL = {
    "to the letter": Manners(complains=offended),
    "answers LS with LS, every LA with LA, pings, no bar at the end, no WS, DA or TI in PA": Manners(
        answers={"LS": (LS,), "PS": ("PA|ASOK|RN{RN}|P#{P#}|CTPosting successful - 1",)}, every=(0.1, LA)
    ),
    "alive before it was described to, silent to ours": Manners(greets=(LS, LA), answers={"LA": ()}),
    "alive twice": Manners(answers={"LA": (LA, LA)}),
    "alive at the first LR": Manners(answers={"LR": (LA,), "LA": ()}),
    "alive late": Manners(answers={"LA": (ANSWER_SECONDS * 0.6, LA)}),
    "LC first": Manners(answers={"LA": (LC, LA)}),
    "LS for a keep-alive": Manners(every=(0.15, LS), answers={"PS": (0.3, POSTED)}),
    "never answers DR": Manners(answers={"DR": ()}),
    "tells everybody unasked": Manners(answers={"LA": (LA, *ROLL)}),
    "CR LF between the records": Manners(last=b"\x03\r\n"),
    "CR LF in the records": Manners(last=b"\r\n\x03"),
    "LRC as on a serial line": Manners(last=b"\x03?"),
    "byte by byte": Manners(piece=1),
    "takes a read for a record": Manners(careless=True),
    "P# with zeros": Manners(answers={"PS": ("PA|ASOK|RN{RN}|P#0000{P#}|",)}),
    "another order, empty fields": Manners(answers={"PS": ("PA|P#{P#}|WS|TI|RN{RN}|CT|ASok|",)}),
    "RN in its own form": Manners(answers={"PS": ("PA|ASOK|RN 808|P#{P#}|",)}),
    "an earlier answer first": Manners(answers={"PS": ("PA|ASNG|RN0808|P#9|", POSTED)}),
    "answers twice": Manners(answers={"PS": (POSTED, POSTED)}),
    "ends the link after the answer": Manners(answers={"PS": (POSTED, LE, HANG_UP)}),
    "cuts the line after the answer": Manners(answers={"PS": (POSTED, HANG_UP)}),
    "in a night audit for a moment": Manners(answers={"LA": (LA, NS, 0.3, NE)}),
}


@pytest.mark.parametrize("manners", WELL.values(), ids=WELL)
def test_each_is_posted_to_exactly_once(before, manners):
    with before(manners) as place:
        code, said = place.type("post")
    assert (code, said.split(":")[0]) == (0, "posted"), said
    assert len(place.stranger.of("PS")) == 1
    assert place.stranger.of("DR") == [], "one posting wants no list of everybody"
    assert place.stranger.complaints == []
    assert len(place.stranger.of("LA")) < 6, "no LA for every LA"


def test_who_waits_for_the_first_word_is_given_it(before):
    with before(Manners(greets=(), answers={"LS": (LS,)})) as place:
        assert place.type("post")[0] == 0
    assert place.stranger.heard[0].startswith("LS|")


CODES = {
    0: ("OK",),
    1: ("NG", "NP", "CO", "DM", "IA", "UR", "FX", "DN", "NF", "BM", "CD"),
    4: ("NM", "NR", "DE", "AA", "AN", "XX", ""),
    5: ("NA", "RY", "BY"),
}


@pytest.mark.parametrize(("code", "status"), [(code, status) for code, all_of in CODES.items() for status in all_of])
def test_every_answer_has_its_words_and_its_exit_code(before, code, status):
    with before(Manners(answers={"PS": (f"PA|AS{status}|RN{{RN}}|P#{{P#}}|CTwords of the hotel's|",)})) as place:
        ended, said = place.type("post")
    assert ended == code, said
    assert status in said
    assert "no words for it" not in said
    assert "did not answer" not in said
    assert len(place.stranger.of("PS")) == 1


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("PA|ASOK|P#{P#}|CTPosting successful - 660532|", "Posting successful - 660532"),
        ("PA|ASNG|P#000{P#}|CTInvalid room number", "Invalid room number"),
        ("PA|ASUR|P#{P#}|CT\x1b[2J|", "?[2J"),
    ],
)
def test_what_the_hotel_system_wrote_is_shown(before, answer, words):
    with before(Manners(answers={"PS": ("PA|ASNP|P#7|CTof an earlier one|", answer)})) as place:
        said = place.type("post")[1]
    assert f'it wrote: "{words}"' in said


def test_whoever_refuses_without_a_word_is_not_quoted(before):
    with before(Manners(answers={"PS": ("PA|ASNG|RN{RN}|P#{P#}|",)})) as place:
        said = place.type("post")[1]
    assert "no such room, or nobody in it (NG)" in said
    assert "it wrote" not in said
    assert "--reservation" not in said, "PS has none"


@pytest.mark.parametrize("status", ["", "posted for Example", "1"])
def test_an_answer_without_a_status_is_said_to_be_one(before, status):
    with before(Manners(answers={"PS": (f"PA|AS{status}|P#{{P#}}|",)})) as place:
        code, said = place.type("post")
    assert (code, "answered without saying what became of it (AS)" in said) == (4, True)


IN_DOUBT = {
    "silence": (Manners(answers={"PS": ()}), "did not answer in time"),
    "too late": (Manners(answers={"PS": (ANSWER_SECONDS * 2, POSTED)}), "did not answer in time"),
    "cut": (Manners(answers={"PS": (HANG_UP,)}), "cut off before"),
    "the end of the answer is missing": (
        Manners(answers={"PS": (b"\x02PA|ASOK|RN0808|P#1|\r\n", HANG_UP)}),
        "cut off before",
    ),
    "LE in place of an answer": (Manners(answers={"PS": (LE, HANG_UP)}), "ended the link before"),
    "no number": (Manners(answers={"PS": ("PA|ASOK|RN{RN}|",)}), "enable P# for PA"),
    "another station": (Manners(answers={"PS": ("PA|ASOK|RN{RN}|P#{P#}|WSOTHER|",)}), "another workstation"),
    "another posting": (Manners(answers={"PS": ("PA|ASOK|RN{RN}|P#77|",)}), "did not answer in time"),
}


@pytest.mark.parametrize(("manners", "words"), IN_DOUBT.values(), ids=IN_DOUBT)
def test_what_is_not_known_is_said_to_be_unknown_and_not_sent_again(before, manners, words):
    with before(manners) as place:
        code, said = place.type("post")
    assert code == 4
    assert words in said
    assert "look at the folio" in said
    assert len(place.stranger.of("PS")) == 1


NO_LINK = {
    "closes at once": (Manners(greets=(HANG_UP,)), "closes every connection"),
    "no FIAS": (Manners(greets=(b"HTTP/1.1 400 Bad Request\r\n\r\n", HANG_UP)), "closes every connection"),
    "never alive": (Manners(answers={"LA": ()}), "never took our description"),
    "drops who describes": (Manners(answers={"LD": (HANG_UP,)}), "and closed the connection"),
    "ends the link at once": (Manners(greets=(LE, HANG_UP)), "never took our description"),
}


@pytest.mark.parametrize(("manners", "words"), NO_LINK.values(), ids=NO_LINK)
def test_without_a_link_it_is_said_how_far_it_came_and_nothing_is_sent(before, manners, words):
    with before(manners) as place:
        for action in ("post", "guests"):
            code, said = place.type(action, seconds=0.4)
            assert code == 3
            assert "no link" in said
            assert words in said
        assert words in place.type("check", seconds=0.4)[1]
    assert place.stranger.of("PS") == []


@pytest.mark.parametrize("manners", [manners for manners, _ in NO_LINK.values() if manners.answers != {"LA": ()}])
def test_where_no_link_is_to_be_hoped_for_nobody_waits_to_the_end_of_patience(before, monkeypatch, manners):
    monkeypatch.setattr(technician, "SHORT_PATIENCE", 0.3)
    began = time.monotonic()
    with before(manners) as place:
        assert place.type("post", seconds=None)[0] == 3
        assert place.type("guests", seconds=None)[0] == 3
    assert time.monotonic() - began < technician.PATIENCE / 2


def test_a_running_link_that_has_no_link_itself_is_not_waited_for(before, monkeypatch):
    monkeypatch.setattr(technician, "SHORT_PATIENCE", 0.3)
    began = time.monotonic()
    with before(Manners()) as place, only_one(stores.link_lock_file(place.settings)):
        code, said = place.type("post", seconds=None)
    assert (code, "kiosk-link has no link" in said) == (3, True)
    assert place.stranger.heard == []
    assert time.monotonic() - began < technician.PATIENCE / 2


def test_an_interface_that_is_gone_after_its_first_words_is_told_from_one_that_hangs_up(before):
    with before(Manners(answers={"LD": (HANG_UP,)})) as place:
        seen = Inspection(Description(), "the interface", trouble="ConnectionRefusedError")
        seen.tap("in", Record("LS"))
        assert "nobody answered any more (connection refused)" in seen.obstacle()
        assert "closed the connection" in place.type("post", seconds=0.4)[1]


def test_the_end_of_a_night_audit_is_not_waited_for(before, monkeypatch):
    monkeypatch.setattr(technician, "SHORT_PATIENCE", 0.3)
    began = time.monotonic()
    with before(Manners(answers={"LA": (LA, NS)})) as place:
        assert place.type("post", seconds=None)[0] == 5
    assert time.monotonic() - began < technician.PATIENCE / 2


def test_who_comes_late_is_waited_for(before):
    with before(Manners(greets=(ANSWER_SECONDS * 3, LS))) as place:
        assert place.type("post", seconds=None)[0] == 0


def test_a_night_audit_is_no_missing_link(before):
    with before(Manners(answers={"LA": (LA, NS)})) as place:
        code, said = place.type("post", seconds=0.4)
        assert (code, "night audit" in said) == (5, True)
        assert place.type("guests")[0] == 0, "guests are told all the same"
    assert place.stranger.of("PS") == []


LISTED = {
    "nobody": (Manners(answers={"DR": (DS, DE)}), []),
    "empty rooms too": (Manners(answers={"DR": (DS, "GO|RN0809|GSN|SF|", GUEST, DE)}), ["Example Ida"]),
    "without numbers, sharers or bars": (
        Manners(answers={"DR": (DS, "GI|RN1|GNExample|SF", "GI|RN2|GNOther|SF", DE)}),
        ["Example", "Other"],
    ),
    "sharers": (
        Manners(answers={"DR": (DS, "GI|RN1|G#1|GSN|GNExample|SF|", "GI|RN1|G#2|GSY|GNOther|SF|", DE)}),
        ["Example", "Other"],
    ),
    "utf-8": (Manners(code_page="utf-8", answers={"DR": (DS, "GI|RN1|G#1|GN样例|SF|", DE)}), ["样例"]),
    "gbk with a bar in a character": (Manners(answers={"DR": (DS, "GI|RN1|G#1|GN倈|SF|", DE)}), ["倈"]),
    "latin-1": (Manners(code_page="latin-1", answers={"DR": (DS, "GI|RN1|G#1|GNMüster|SF|", DE)}), ["Müster"]),
    "cp850": (Manners(code_page="cp850", answers={"DR": (DS, "GI|RN1|G#1|GNMüster|SF|", DE)}), ["Müster"]),
    "in pieces, news in between": (
        Manners(piece=3, answers={"DR": (DS, GUEST, "GI|RN2|G#2|GNOther|", "GO|RN0808|G#31001|GSN|", DE)}),
        ["Other"],
    ),
    "unasked, and DR not answered": (Manners(answers={"LA": (LA, *ROLL), "DR": ()}), ["Example Ida"]),
}


@pytest.mark.parametrize(("manners", "names"), LISTED.values(), ids=LISTED)
def test_guests_are_listed_however_they_are_told(before, manners, names):
    with before(manners) as place:
        code, said = place.type("guests")
    assert code == 0
    *rows, last = said.splitlines()
    assert [name in row for name, row in zip(names, rows, strict=True)] == [True] * len(names)
    assert last == ("1 guest in house" if len(names) == 1 else f"{len(names)} guests in house")
    assert place.stranger.of("PS") == []


NO_LIST = {
    "silence": (Manners(answers={"DR": ()}), 0, "the list of guests (DR) was not answered"),
    "unasked": (Manners(answers={"DR": (), "LA": (LA, GUEST)}), 1, "not as a list"),
    "neither DS nor DE": (Manners(answers={"DR": (GUEST,)}), 1, "not as a list"),
    "cut off before DE": (Manners(answers={"DR": (DS, GUEST, HANG_UP)}), 1, "never ended (DE)"),
}


@pytest.mark.parametrize(("manners", "told", "words"), NO_LIST.values(), ids=NO_LIST)
def test_a_list_that_does_not_come_whole_is_said_and_not_waited_for_to_the_end(before, manners, told, words):
    began = time.monotonic()
    with before(manners) as place:
        code, said = place.type("guests", seconds=2)
        assert (code, words in said, said.count("Example Ida")) == (1, True, told)
        code, said = place.type("check", seconds=2)
        assert (code, words in said) == (1, True)
    assert time.monotonic() - began < 30


def test_thousands_of_guests_come_whole(before):
    many = [f"GI|RN{number:04d}|G#{number}|GSN|GNExample{number}|SF|" for number in range(2000)]
    with before(Manners(answers={"DR": (DS, *many, DE)})) as place:
        code, said = place.type("guests")
    assert code == 0
    assert said.splitlines()[-1] == "2000 guests in house"


def test_to_the_letter_nothing_that_guests_and_check_say_offends(before):
    with before(Manners(complains=offended)) as place:
        assert place.type("guests")[0] == 0
        assert place.type("check")[0] == 0
    assert place.stranger.complaints == []


BY_GUEST = """posting = "guest"
[hotel.fields]
GI = ["RN", "G#", "GS", "GN"]
PR = ["PI", "RN", "G#", "GN", "PM", "TA", "DA", "TI", "P#", "WS", "C#", "CT"]
PL = ["RN", "G#", "GN", "P#", "WS"]
PA = ["AS", "RN", "P#", "CT", "WS"]
"""
ONE = "PL|P#{P#}|WS{WS}|DA261122|TI020304|RN0808|G#1|GNExample|GA261120|GD261130|A01|"
TWO = "PL|P#{P#}|WS{WS}|RN0808|G#1|GNExample|RN0808|G#2|GNOther|"


@pytest.mark.parametrize(
    ("reply", "reservation", "code", "charged"),
    [(ONE, "", 0, ["1"]), (TWO, "2", 0, ["2"]), (TWO, "", 1, []), ("PA|ASNG|P#{P#}|WS{WS}|CTNo guest|", "", 1, [])],
)
@pytest.mark.parametrize("fields", [BY_GUEST, 'posting = "guest"\n'], ids=["listed", "usual"])
def test_a_guests_folio_is_charged_after_asking_who_it_is(before, fields, reply, reservation, code, charged):
    answers = {"PR": (lambda record: "PA|ASOK|RN{RN}|G#{G#}|P#{P#}|WS{WS}|" if "|TA" in record else reply,)}
    with before(Manners(answers=answers), fields) as place:
        ended, said = place.type("post", reservation=reservation)
    assert ended == code
    assert code == 0 or "--reservation" in said
    assert ("No guest" in said) == ("No guest" in reply)
    inquiry, *postings = place.stranger.of("PR")
    assert "|PI0808|" in inquiry
    assert [record.split("|G#")[1].split("|")[0] for record in postings] == charged


@pytest.mark.parametrize(("entered", "code"), [('interface = "PB"\n', 0), ("", 3)], ids=["agreed", "not-agreed"])
def test_the_type_of_interface_is_what_the_hotel_has_entered(before, entered, code):
    def other_type(_earlier: list[str], record: str) -> str:
        return "another type" if record.startswith("LD|") and "|IFPB|" not in record else ""

    with before(Manners(complains=other_type), entered) as place:
        assert place.type("post", seconds=1.0 if code else 10.0)[0] == code
