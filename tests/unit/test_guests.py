"""The guest cache: what each record does to it, and what it gives away (nothing)."""

import asyncio
import sqlite3
from contextlib import closing
from random import Random

import pytest

from kiosk.hotel import guest_lookup
from kiosk.hotel.fias.codec import Record
from kiosk.hotel.fias.guest_news import guest_news
from kiosk.hotel.guest_lookup import COMPARED, GuestLookup
from kiosk.hotel.guest_store import GuestStore
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.news import GuestChanged, GuestIn, GuestOut, KeyMade
from kiosk.hotel.protocol import GuestsUnavailable


def record(kind, **fields):
    """What a record tells. ``G`` stands for G#, ``T2`` for $2."""
    names = {"G": "G#", "T2": "$2"}
    told = guest_news(Record(kind, tuple((names.get(name, name), value) for name, value in fields.items())))
    assert told is not None
    return told


@pytest.fixture
def store(tmp_path):
    with GuestStore(tmp_path / "guests.db") as store:
        yield store


def rooms(store, *numbers):
    return {number: [guest.reservation for guest in store.by_room(number)] for number in numbers}


def test_a_check_in_is_found_by_room_and_name_with_all_that_was_told(store):
    store.apply([record("GI", RN="0808", G="1", GN="Example", GF="Ada", GL="ea", NP="Y", GV="2", GS="N")])
    guest = store.find("0808", "ada example")
    assert guest is not None
    assert (guest.name, guest.given, guest.language, guest.no_post, guest.vip) == ("Example", "Ada", "EN", True, True)


def test_leading_zeros_are_part_of_a_room_number(store):
    store.apply([record("GI", RN="0808", G="1", GN="Ada Example")])
    assert store.find("808", "Ada Example") is None
    assert store.find("0808", "Ada Example") is not None


def test_a_sharer_joins_and_leaves_without_emptying_the_room(store):
    store.apply([record("GI", RN="12", G="1", GN="A One", GS="N"), record("GI", RN="12", G="2", GN="B Two", GS="Y")])
    assert rooms(store, "12") == {"12": ["1", "2"]}
    store.apply([record("GO", RN="12", G="1", GS="N")])
    assert rooms(store, "12") == {"12": ["2"]}


def test_a_move_by_change_record_keeps_what_it_does_not_mention(store):
    store.apply([record("GI", RN="12", G="1", GN="Ada Example", GL="EA"), record("GI", RN="12", G="2", GN="Bo Two")])
    store.apply([record("GC", RN="14", G="1", GS="N", RO="12")])
    assert rooms(store, "12", "14") == {"12": ["2"], "14": ["1"]}
    assert store.by_room("14")[0].language == "EN"


@pytest.mark.parametrize("order", [("GO", "GI"), ("GI", "GO")])
def test_a_move_by_check_out_and_check_in_works_in_any_order(store, order):
    store.apply([record("GI", RN="12", G="1", GN="Ada Example")])
    news = {"GO": record("GO", RN="12", G="1"), "GI": record("GI", RN="14", G="1", GN="Ada Example")}
    store.apply([news[kind] for kind in order])
    assert rooms(store, "12", "14") == {"12": [], "14": ["1"]}


def test_a_change_for_somebody_unknown_is_a_check_in(store):
    store.apply([record("GC", RN="12", G="1", GN="Ada Example")])
    assert rooms(store, "12") == {"12": ["1"]}


def test_a_hotel_system_without_reservation_numbers_moves_by_room(store):
    store.apply([record("GI", RN="12", GN="Ada Example"), record("GC", RN="14", GN="Ada Example", RO="12")])
    assert (len(store.by_room("12")), len(store.by_room("14"))) == (0, 1)
    store.apply([record("GO", RN="14")])
    assert store.count() == 0


def test_whoever_a_resync_does_not_name_has_left(store):
    store.apply([record("GI", RN=room, G=room, GN="Ada Example") for room in ("1", "2", "3")])
    store.apply([record("DS"), record("GI", RN="2", G="2", GN="Ada Example", SF=""), record("GO", RN="3", SF="")])
    assert not store.complete
    store.apply([record("GI", RN="4", G="4", GN="New Guest"), record("DE")])
    assert rooms(store, "1", "2", "3", "4") == {"1": [], "2": ["2"], "3": [], "4": ["4"]}
    assert store.complete


def test_a_resync_is_asked_for_while_the_cache_is_incomplete_and_never_after(store):
    assert store.may_ask(1000.0, 60)
    assert not store.may_ask(1059.0, 60)
    assert store.may_ask(1061.0, 60)
    assert store.may_ask(5.0, 60), "the clock was set back"
    store.apply([record("DS"), record("DE")])
    assert not store.may_ask(10**9, 60)


def test_a_card_leads_to_the_guest_it_was_made_for(store):
    store.apply([record("GI", RN="12", G="1", GN="A One"), record("GI", RN="12", G="2", GN="B Two", GS="Y")])
    store.apply([record("KR", RN="12", KT="N", G="2", T2="04ab"), record("KR", RN="12", KT="D", T2="0C")])
    assert store.by_card("04AB").reservation == "2"
    assert store.by_card("0c").reservation == "1"
    assert store.by_card("FFFF") is None


def test_a_new_key_voids_the_old_one(store):
    store.apply([record("GI", RN="12", G="1", GN="A One"), record("KR", RN="12", KT="N", G="1", T2="01")])
    store.apply([record("KR", RN="12", KT="N", G="1", T2="02")])
    assert [store.by_card(uid) is not None for uid in ("01", "02")] == [False, True]
    store.apply([record("KD", RN="12", G="1")])
    assert store.by_card("02") is None


def test_cards_end_with_the_stay_and_do_not_open_the_next_one(store):
    store.apply([record("GI", RN="12", G="1", GN="A One"), record("KR", RN="12", KT="N", T2="01")])
    store.apply([record("GO", RN="12", G="1"), record("GI", RN="12", G="9", GN="Next Guest")])
    assert store.by_card("01") is None


def unmistakable(number, seed):
    """A name of letters that are in no other name, not even when sorted."""
    letters = Random(f"{seed}-{number}")
    return " ".join("".join(letters.choices("abcdefghijklmnopqrstuvwxyz", k=9)) for _ in range(2))


def test_after_check_out_a_name_is_in_no_file_however_the_pages_were_filled(tmp_path):
    path = tmp_path / "guests.db"
    names = {str(number): unmistakable(number, "first") for number in range(600)}
    order = list(names)
    Random("departures").shuffle(order)
    with GuestStore(path) as store:
        store.apply([GuestIn(number, number, {"name": name}) for number, name in names.items()])
        store.apply([KeyMade(order[0], order[0], "CAFEBABE")])
        assert all(traces(path, names[number]) for number in order)
        for cut in range(0, len(order), 60):
            gone, newcomers = order[cut : cut + 60], range(cut, cut + 60)
            store.apply([GuestOut(number, number) for number in gone])
            store.apply([GuestIn("1", f"n{number}", {"name": unmistakable(number, "next")}) for number in newcomers])
            store.forget()
            assert not [number for number in order[: cut + 60] if traces(path, names[number])]
    assert b"CAFEBABE" not in everything(path)


def test_a_former_name_is_in_no_file_once_it_was_corrected(tmp_path):
    path = tmp_path / "guests.db"
    with GuestStore(path) as store:
        store.apply(
            [GuestIn("12", "1", {"name": "Xylophonia Quill"}), GuestChanged("12", "1", {"name": "Ada Example"})]
        )
        store.forget()
        assert not traces(path, "Xylophonia Quill")
        assert (len(store.named("Ada Example")), store.named("Xylophonia Quill")) == (1, ())


def test_traces_that_a_crash_left_are_cleared_at_the_next_start(tmp_path):
    path = tmp_path / "guests.db"
    with GuestStore(path) as store:
        store.apply([GuestIn("12", "1", {"name": "Xylophonia Quill"})])
        store.apply([GuestOut("12", "1")])
        assert leftovers(path)
    with GuestStore(path) as store:
        store.forget()
        assert not leftovers(path)
    assert not traces(path, "Xylophonia Quill")


def leftovers(path):
    with closing(sqlite3.connect(path)) as db:
        return db.execute("SELECT leftovers FROM roll").fetchone() == (1,)


def everything(path):
    return b"".join(file.read_bytes() for file in path.parent.iterdir())


def traces(path, name):
    """Whether the name, one of its words or its letters in order are written anywhere."""
    letters = "".join(sorted(name.replace(" ", "").lower()))
    found = everything(path).lower()
    return any(trace.lower().encode() in found for trace in (*name.split(), letters))


def test_a_change_that_fails_halfway_leaves_the_cache_as_it_was(store):
    store.apply([record("GI", RN="12", G="1", GN="Ada Example")])
    with pytest.raises(TypeError):
        store.apply([record("GO", RN="12", G="1"), GuestIn("12", "2", {"no such": "thing"})])
    store.apply([record("GI", RN="14", G="2", GN="Bo Two")])
    assert rooms(store, "12", "14") == {"12": ["1"], "14": ["2"]}


def test_an_empty_room_and_a_wrong_name_take_the_same_work(store, monkeypatch):
    store.apply([record("GI", RN="12", G="1", GN="Ada Example"), record("GI", RN="12", G="2", GN="Bo Two", GS="Y")])
    compared = []
    monkeypatch.setattr(guest_lookup, "matches", lambda *names: compared.append(names) or False)
    for room in ("12", "999", ""):
        compared.clear()
        assert store.find(room, "Ada Example") is None
        assert len(compared) == COMPARED


def test_nobody_is_let_in_under_the_decoy_s_name(store):
    assert store.find("999", guest_lookup._DECOY.name) is None
    assert store.find("", guest_lookup._DECOY.name) is None
    assert store.named(guest_lookup._DECOY.name) == ()


def test_by_name_alone_everybody_of_that_name_is_found_and_nobody_else(store):
    store.apply(
        [record("GI", RN="12", G="1", GN="EXAMPLE/ADA MS"), record("GI", RN="9", G="2", GN="Example", GF="Ada")]
    )
    store.apply([record("GI", RN="7", G="3", GN="EXAMPLE/EVA MS"), record("GI", RN="8", G="4", GN="张伟")])
    assert [guest.room for guest in store.named("ada example")] == ["12", "9"]
    assert [guest.room for guest in store.named("Wei Zhang")] == ["8"]
    assert store.named("Example") == ()
    assert store.named("") == ()
    assert [guest.room for guest in store.everybody()] == ["12", "7", "8", "9"]


@pytest.mark.parametrize("typed", ["Ada Eva Example", "Example, Ada Eva", "Ada Example"])
def test_of_two_sharers_with_like_names_the_one_who_was_named_in_full_is_meant(store, typed):
    store.apply([record("GI", RN="12", G="1", GN="EXAMPLE, ADA"), record("GI", RN="12", G="2", GN="EXAMPLE, ADA EVA")])
    assert store.find("12", typed).reservation == ("2" if "Eva" in typed else "1")


def test_a_name_of_nobody_takes_comparisons_as_well(store, monkeypatch):
    compared = []
    monkeypatch.setattr(guest_lookup, "matches", lambda *names: compared.append(names) or False)
    assert store.named("Ada Example") == ()
    assert len(compared) == COMPARED


def test_whoever_moves_or_changes_is_still_found_by_name(store):
    store.apply([record("GI", RN="12", G="1", GN="Ada Example"), record("GC", RN="14", G="1", RO="12", GT="Dr")])
    assert [(guest.room, guest.title) for guest in store.named("Example Ada")] == [("14", "Dr")]
    store.apply([record("GC", RN="14", G="1", GN="Bo Two")])
    assert store.named("Example Ada") == ()
    assert len(store.named("Two Bo")) == 1


def test_sharers_without_numbers_are_two_guests_and_the_next_check_in_ends_both(store):
    store.apply([record("GI", RN="12", GN="A One", GS="N"), record("GI", RN="12", GN="B Two", GS="Y")])
    assert [guest.name for guest in store.by_room("12")] == ["A One", "B Two"]
    store.apply([record("GI", RN="12", GN="A One", GS="N", NP="Y")])
    assert [(guest.name, guest.no_post) for guest in store.by_room("12")] == [("A One", True), ("B Two", False)]
    store.apply([record("GI", RN="12", GN="C Three", GS="N")])
    assert [guest.name for guest in store.by_room("12")] == ["C Three"]


def test_without_numbers_the_one_who_is_named_moves(store):
    store.apply([record("GI", RN="12", GN="A One", GS="N"), record("GI", RN="12", GN="B Two", GS="Y")])
    store.apply([record("GC", RN="14", GN="B Two", GS="N", RO="12")])
    assert [[guest.name for guest in store.by_room(room)] for room in ("12", "14")] == [["A One"], ["B Two"]]


def test_without_numbers_two_guests_change_rooms(store):
    store.apply([record("GI", RN="12", GN="A One"), record("GI", RN="14", GN="B Two")])
    store.apply([record("GC", RN="14", GN="A One", RO="12"), record("GC", RN="12", GN="B Two", RO="14")])
    assert [[guest.name for guest in store.by_room(room)] for room in ("12", "14")] == [["B Two"], ["A One"]]


def test_a_resync_that_never_ends_sends_nobody_away(store):
    store.apply([record("GI", RN=room, G=room, GN="Ada Example") for room in ("1", "2")])
    store.apply([record("DS"), record("GI", RN="1", G="1", GN="Ada Example", SF="")])
    assert rooms(store, "1", "2") == {"1": ["1"], "2": ["2"]}
    store.apply([record("DS"), record("GI", RN="2", G="2", GN="Ada Example", SF=""), record("DE")])
    assert rooms(store, "1", "2") == {"1": [], "2": ["2"]}


def test_an_end_of_a_roll_that_did_not_begin_sends_nobody_away(store, tmp_path):
    store.apply([record("DS"), record("DE"), record("GI", RN="1", G="1", GN="Ada Example"), record("DS")])
    with GuestStore(tmp_path / "guests.db") as after_a_restart:
        after_a_restart.apply([record("DE")])
        assert (after_a_restart.count(), after_a_restart.complete) == (1, False)


def test_the_first_card_of_a_room_does_not_open_the_next_guest_s_account_when_the_check_out_was_missed(store):
    store.apply([record("GI", RN="12", G="1", GN="A One"), record("KR", RN="12", KT="N", T2="01")])
    store.apply([record("DS"), record("GI", RN="12", G="2", GN="B Two", SF=""), record("DE")])
    assert store.by_card("01") is None


def test_a_file_of_another_version_is_filled_anew(tmp_path):
    path = tmp_path / "guests.db"
    with sqlite3.connect(path) as db:
        db.executescript("CREATE TABLE guests (room TEXT); INSERT INTO guests VALUES ('12'); PRAGMA user_version = 1;")
    db.close()
    with GuestStore(path) as store:
        assert (store.count(), store.complete) == (0, False)


def test_a_guest_s_repr_says_nothing(store):
    store.apply([record("GI", RN="0808", G="31001", GN="Ada Example", GL="EA")])
    assert repr(store.by_room("0808")[0]) == "Guest()"


async def test_both_questions_are_answered_from_the_link_s_file(tmp_path):
    path = tmp_path / "guests.db"
    with GuestStore(path) as store:
        store.apply([record("GI", RN="12", G="1", GN="Ada Example"), record("KR", RN="12", KT="N", T2="01")])
        guests = CachedGuests(path)
        by_name, by_card, nobody = await asyncio.gather(
            guests.identify("12", "Example Ada"), guests.identify_card("01"), guests.identify("12", "Bo Two")
        )
    assert by_name == by_card
    assert by_name is not None
    assert nobody is None
    assert await guests.named("Ada Example") == (by_name,)


async def test_a_damaged_file_is_named_and_not_guessed_from(tmp_path):
    path = tmp_path / "guests.db"
    path.write_bytes(b"not a database, whatever it says" * 200)
    with pytest.raises(GuestsUnavailable):
        await CachedGuests(path).identify("12", "Ada Example")


async def test_asking_makes_no_file_and_writes_nothing(tmp_path):
    path = tmp_path / "guests.db"
    with pytest.raises(GuestsUnavailable):
        await CachedGuests(path).identify("12", "Ada Example")
    assert list(tmp_path.iterdir()) == []
    with GuestStore(path) as store:
        store.apply([record("GI", RN="12", G="1", GN="Ada Example")])
    with GuestLookup(path) as lookup, pytest.raises(sqlite3.OperationalError, match="readonly"):
        lookup._db.execute("DELETE FROM guests")
