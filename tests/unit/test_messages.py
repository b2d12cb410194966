"""Messages: told by the hotel system, read once, forgotten at check-out; left for somebody, whoever it is."""

from __future__ import annotations

from datetime import datetime

import pytest

from kiosk.hotel.errands import MessageLeft, MessageRead, MessagesAsked
from kiosk.hotel.news import GuestChanged, GuestOut, MessageGone, MessageHere, NoMoreMessages
from kiosk.hotel.protocol import Guest
from tests.register_kit import House, everything_in, house, rules

ROOM, STAY = "0808", "31001"
GUEST = Guest(ROOM, STAY, "Example")
AT = datetime(2026, 3, 1, 9, 30)  # noqa: DTZ001  as the hotel writes it


def hear(at: House, text: str = "A parcel has come", id: str = "M1", room: str = ROOM, stay: str = STAY) -> None:
    at.board.told([MessageHere(room, stay, id, text, AT), NoMoreMessages(room, stay)])


def waiting(at: House, room: str = ROOM, stay: str = STAY) -> list[str]:
    return [message.text for message in at.register.messages.waiting(room, stay)]


def leave(at: House, *found: Guest, text: str = "Call Sam", visit: str = "v1") -> None:
    at.register.messages.leave(found, "Example", text, visit, "en")


def test_a_message_waits_for_its_guest_alone(tmp_path):
    with house(tmp_path) as at:
        hear(at)
        assert waiting(at) == ["A parcel has come"]
        assert waiting(at, stay="31002") == []
        assert waiting(at, room="0909") == []


def test_the_time_is_the_hotels_local_one(tmp_path):
    with house(tmp_path) as at:
        hear(at)
        (message,) = at.register.messages.waiting(ROOM, STAY)
        assert message.at is not None
        assert at.register.rules.local(message.at).replace(tzinfo=None) == AT


def test_a_message_without_a_time_says_so(tmp_path):
    with house(tmp_path) as at:
        at.board.told([MessageHere(ROOM, STAY, "M1", "Hello")])
        assert at.register.messages.waiting(ROOM, STAY)[0].at is None


def test_told_again_it_is_the_same_message_with_its_newest_words(tmp_path):
    with house(tmp_path) as at:
        hear(at, "Dinner at six")
        hear(at, "Dinner at seven")
        assert waiting(at) == ["Dinner at seven"]


def test_the_hotel_system_is_asked_and_its_answer_noticed(tmp_path):
    with house(tmp_path) as at:
        key = at.register.messages.ask(ROOM, STAY)
        assert key is not None
        assert at.register.messages.answered(key) is None
        assert at.carry_out() == [MessagesAsked(ROOM, STAY)]
        assert at.register.messages.answered(key)


def test_a_hotel_system_that_will_not_tell_is_not_waited_for(tmp_path):
    with house(tmp_path) as at:
        key = at.register.messages.ask(ROOM, STAY)
        assert key is not None
        at.refuse()
        assert at.register.messages.answered(key) is False


def test_nobody_asks_on_when_the_guest_is_gone(tmp_path):
    with house(tmp_path) as at:
        key = at.register.messages.ask(ROOM, STAY)
        assert key is not None
        at.register.messages.ask_no_more(key)
        assert at.queued() == []


def test_a_hotel_system_without_mail_is_not_asked(tmp_path):
    with house(tmp_path, rules(mail=False)) as at:
        assert at.register.messages.ask(ROOM, STAY) is None


def test_of_a_guest_without_a_number_it_is_not_asked_either(tmp_path):
    with house(tmp_path) as at:
        assert at.register.messages.ask(ROOM, "") is None
        assert at.queued() == []


def test_what_was_read_is_erased_told_to_the_hotel_and_not_new_again(tmp_path):
    with house(tmp_path) as at:
        hear(at, "The-secret-words")
        (message,) = at.register.messages.waiting(ROOM, STAY)
        at.register.messages.read(ROOM, STAY, message.number)
        at.register.messages.read(ROOM, STAY, message.number)
        assert at.carry_out() == [MessageRead(ROOM, STAY, "M1")]
        at.register.db.cut_log()
        assert b"The-secret-words" not in everything_in(tmp_path)
        hear(at, "The same")
        assert waiting(at) == []


def test_nobody_reads_anothers_message_away(tmp_path):
    with house(tmp_path) as at:
        hear(at)
        (message,) = at.register.messages.waiting(ROOM, STAY)
        at.register.messages.read("0909", "31002", message.number)
        assert waiting(at) == ["A parcel has come"]
        assert at.queued() == []


def test_a_message_taken_back_is_gone(tmp_path):
    with house(tmp_path) as at:
        hear(at)
        hear(at, "Another", "M2")
        at.board.told([MessageGone(ROOM, STAY, "M1")])
        assert waiting(at) == ["Another"]


def test_at_check_out_the_messages_are_forgotten(tmp_path):
    with house(tmp_path) as at:
        hear(at, "The-secret-words")
        hear(at, "Of the sharer", stay="31002")
        leave(at, GUEST, text="More-secret-words")
        at.board.told([GuestOut(ROOM, STAY)])
        assert waiting(at) == []
        assert waiting(at, stay="31002") == ["Of the sharer"]
        assert at.queued() == []
        at.register.db.cut_log()
        assert b"secret-words" not in everything_in(tmp_path)


def test_a_message_on_its_way_follows_the_guest_to_another_room(tmp_path):
    with house(tmp_path) as at:
        leave(at, GUEST)
        at.board.told([GuestChanged("0909", STAY, {}, ROOM)])
        assert at.carry_out() == [MessageLeft("0909", STAY, "Call Sam")]


@pytest.mark.parametrize("told", ["before", "after"])
def test_what_was_read_stays_read_in_another_room_and_the_hotel_is_still_told_of_it(tmp_path, told):
    with house(tmp_path) as at:
        hear(at)
        hear(at, "Not read", "M2")
        (message, _) = at.register.messages.waiting(ROOM, STAY)
        at.register.messages.read(ROOM, STAY, message.number)
        moved, again = GuestChanged("0909", STAY, {}, ROOM), MessageHere("0909", STAY, "M1", "A parcel has come")
        at.board.told([again, moved] if told == "before" else [moved, again])
        assert waiting(at, "0909") == ["Not read"]
        assert at.carry_out() == [MessageRead("0909", STAY, "M1")]


def test_who_moves_while_reading_has_read_it(tmp_path):
    with house(tmp_path) as at:
        hear(at)
        (message,) = at.register.messages.waiting(ROOM, STAY)
        at.board.told([GuestChanged("0909", STAY, {}, ROOM)])
        at.register.messages.read(ROOM, STAY, message.number)
        assert waiting(at, "0909") == []
        assert at.carry_out() == [MessageRead("0909", STAY, "M1")]


def test_the_hotel_hears_what_was_read_however_long_it_was_away_but_not_after_check_out(tmp_path):
    with house(tmp_path) as at:
        at.rooms = {STAY: ROOM}
        hear(at)
        (message,) = at.register.messages.waiting(ROOM, STAY)
        at.register.messages.read(ROOM, STAY, message.number)
        for _ in range(60):
            at.pass_minutes(1)
        assert at.queued() == [MessageRead(ROOM, STAY, "M1")]
        at.rooms = {}
        at.find_out()
        assert at.queued() == []


def test_left_for_one_guest_it_goes_to_the_room(tmp_path):
    with house(tmp_path) as at:
        leave(at, GUEST, text="The-secret-words")
        assert at.asked() == []
        assert at.carry_out() == [MessageLeft(ROOM, STAY, "The-secret-words")]
        at.register.db.cut_log()
        assert b"The-secret-words" not in everything_in(tmp_path)


@pytest.mark.parametrize("found", [(), (GUEST, Guest("0909", "31002", "Example")), (Guest("0909", "", "Example"),)])
def test_left_for_nobody_for_several_or_for_one_without_a_number_a_person_finds_out_whose_it_is(tmp_path, found):
    with house(tmp_path) as at:
        leave(at, *found)
        (request,) = at.register.requests.list_open()
        assert (request.kind, dict(request.values)) == ("message", {"name": "Example", "text": "Call Sam"})
        assert at.queued() == []


def test_what_the_hotel_system_refuses_or_cannot_be_told_a_person_delivers(tmp_path):
    with house(tmp_path) as at:
        leave(at, GUEST)
        at.refuse()
        leave(at, GUEST, text="Second")
        at.pass_minutes(14)
        assert at.asked() == ["message"]
        at.pass_minutes(1)
        assert at.asked() == ["message", "message"]
        assert {request.values["room"] for request in at.register.requests.list_open()} == {ROOM}
        assert at.queued() == []


def with_staff(at: House) -> list[dict]:
    return [dict(request.values) for request in at.register.requests.list_open()]


@pytest.mark.parametrize("known", [False, True])
def test_what_a_person_was_to_deliver_is_forgotten_at_check_out(tmp_path, known):
    with house(tmp_path) as at:
        leave(at, GUEST, text="The-secret-words")
        at.refuse()
        assert [values["text"] for values in with_staff(at)] == ["The-secret-words"]
        if known:
            at.board.told([GuestOut(ROOM, STAY)])
        else:  # nobody listened when the room changed hands
            at.rooms = {"31002": ROOM}
            at.find_out()
        assert with_staff(at) == []
        at.register.db.cut_log()
        assert b"The-secret-words" not in everything_in(tmp_path)


def test_what_a_person_was_to_deliver_is_delivered_where_the_guest_is_now(tmp_path):
    with house(tmp_path) as at:
        leave(at, GUEST)
        at.refuse()
        at.board.told([GuestChanged("0909", STAY, {}, ROOM)])
        assert with_staff(at) == [{"room": "0909", "reservation": STAY, "text": "Call Sam"}]


def test_a_message_that_was_under_way_when_its_guest_left_is_not_sent_after(tmp_path):
    with house(tmp_path) as at:
        at.rooms = {STAY: ROOM}
        leave(at, GUEST)
        under_way = at.board.errands.next_due()
        at.board.errands.begin(under_way)
        at.rooms = {"31002": ROOM}
        at.board.told([GuestOut(ROOM, STAY)])
        at.board.errands.again(under_way, "cut", 90.0)
        at.find_out()
        assert (at.queued(), with_staff(at)) == ([], [])


@pytest.mark.parametrize("handed_over", [False, True])
def test_the_numbers_of_requests_do_not_tell_whether_somebody_stays_here(tmp_path, handed_over):
    taken = []
    for found in ((GUEST,), ()):
        (folder := tmp_path / str(len(found))).mkdir()
        with house(folder) as at:
            requests = at.register.requests
            before = requests.open("call", "Lobby", "en", "v1", "request.call", {})
            leave(at, *found)
            if handed_over and found:
                at.refuse()
            taken.append(requests.open("call", "Lobby", "en", "v1", "request.call", {}) - before)
    assert taken == [2, 2]


def test_whose_a_message_is_is_looked_for_a_week(tmp_path):
    with house(tmp_path) as at:
        at.register.messages.leave((), "A-secret-name", "The-secret-words", "v1", "en")
        at.pass_minutes(7 * 24 * 60 - 1)
        assert at.asked() == ["message"]
        at.pass_minutes(1)
        assert at.asked() == []
        at.register.db.cut_log()
        assert b"-secret-" not in everything_in(tmp_path)


def test_a_closed_request_keeps_neither_name_nor_words(tmp_path):
    with house(tmp_path) as at:
        at.register.messages.leave((), "A-secret-name", "The-secret-words", "v1", "en")
        at.close_request("message")
        at.register.db.cut_log()
        assert b"-secret-" not in everything_in(tmp_path)


def test_one_a_minute_at_this_station_and_five_a_visit(tmp_path):
    with house(tmp_path) as at:
        store = at.register.messages
        for _ in range(5):
            assert store.may_leave("v1")
            leave(at)
            assert not store.may_leave("v1")
            assert not store.may_leave("v2")
            at.clock.move(seconds=60)
        assert not store.may_leave("v1")
        assert store.may_leave("v2")


def test_a_clock_set_back_does_not_hold_messages_up(tmp_path):
    with house(tmp_path) as at:
        leave(at)
        at.clock.move(hours=-3)
        assert at.register.messages.may_leave("v1")


def test_no_repr_shows_the_words(tmp_path):
    with house(tmp_path) as at:
        hear(at)
        assert "parcel" not in repr(at.register.messages.waiting(ROOM, STAY))
