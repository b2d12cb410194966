"""The guest cache: what each record does to it, and what it gives away (nothing)."""

import asyncio
import sqlite3

import pytest

from kiosk.hotel import guest_store
from kiosk.hotel.fias.codec import Record
from kiosk.hotel.fias.guest_news import guest_news
from kiosk.hotel.guest_store import SHARERS_COMPARED, GuestLookup, GuestStore
from kiosk.hotel.guests import CachedGuests
from kiosk.hotel.news import GuestIn
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


def test_after_check_out_the_name_is_in_no_file(tmp_path):
    path = tmp_path / "guests.db"
    with GuestStore(path) as store:
        many = [record("GI", RN=str(n), G=str(n), GN=f"Unmistakable{n}") for n in range(200)]
        store.apply([*many, record("KR", RN="7", KT="N", T2="CAFEBABE")])
        assert b"Unmistakable7" in path.read_bytes()
        store.apply([record("GO", RN=str(n), G=str(n)) for n in range(200)])
        everything = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert b"Unmistakable" not in everything
    assert b"CAFEBABE" not in everything


def test_a_change_that_fails_halfway_leaves_the_cache_as_it_was(store):
    store.apply([record("GI", RN="12", G="1", GN="Ada Example")])
    with pytest.raises(TypeError):
        store.apply([record("GO", RN="12", G="1"), GuestIn("12", "2", {"no such": "thing"})])
    store.apply([record("GI", RN="14", G="2", GN="Bo Two")])
    assert rooms(store, "12", "14") == {"12": ["1"], "14": ["2"]}


def test_an_empty_room_and_a_wrong_name_take_the_same_work(store, monkeypatch):
    store.apply([record("GI", RN="12", G="1", GN="Ada Example"), record("GI", RN="12", G="2", GN="Bo Two", GS="Y")])
    compared = []
    monkeypatch.setattr(guest_store, "matches", lambda *names: compared.append(names) or False)
    for room in ("12", "999", ""):
        compared.clear()
        assert store.find(room, "Ada Example") is None
        assert len(compared) == SHARERS_COMPARED


def test_nobody_is_let_in_under_the_decoy_s_name(store):
    assert store.find("999", guest_store._DECOY.name) is None
    assert store.find("", guest_store._DECOY.name) is None


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
