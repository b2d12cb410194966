"""Messages and room wishes by a scripted guest: real register, real journeys, a link that carries out."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from kiosk.hotel.errands import MessageLeft, MessageRead, MessagesAsked, RoomWished
from kiosk.hotel.news import MessageHere
from kiosk.hotel.protocol import Guest
from kiosk.journeys.done import Done
from kiosk.journeys.message_questions import (
    ChooseMessageWay,
    ConfirmMessage,
    ForWhom,
    MessageWay,
    Note,
    ReadMessages,
    words_of,
)
from kiosk.journeys.room_wish import ends
from kiosk.journeys.room_wish_questions import ChooseRoomWish, RoomWish, Wished
from kiosk.journeys.welcome import Apology
from kiosk.visit import BACK, Notice, Patience, Progress
from tests.journey.services_kit import NOW, ROOM, SHANGHAI, STAY, Link, requests, script, served, still
from tests.register_kit import rules
from tests.scripted import SILENCE, ScriptedGuest
from tests.stations import PaperGuests, paper_station

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_messages_are_fetched_shown_and_the_read_ones_are_done_with(house):
    guest = script("messages", ChooseMessageWay=MessageWay.READ, ReadMessages=lambda q: (q.messages[0].number,))
    async with served_with_mail(house, guest, "A parcel has come", "Dinner is at seven") as link:
        (shown,) = guest.asked(ReadMessages)
        assert [message.text for message in shown.messages] == ["A parcel has come", "Dinner is at seven"]
        assert shown.complete
        assert [type(errand) for errand in link.done] == [MessagesAsked, MessageRead]
        assert link.done[1].id == "M1"
        assert [m.text for m in house.register.messages.waiting(ROOM, STAY)] == ["Dinner is at seven"]
        assert guest.asked(Done)[0].key == "done.messages.read"


@asynccontextmanager
async def served_with_mail(station, guest, *texts):
    original = Link.__init__

    def with_mail(self, station):
        original(self, station)
        self.mail = [MessageHere(ROOM, STAY, f"M{n}", text, NOW) for n, text in enumerate(texts, 1)]

    Link.__init__ = with_mail
    try:
        async with served(station, guest) as link:
            yield link
    finally:
        Link.__init__ = original


async def test_with_the_link_down_there_may_be_more_messages_and_nobody_asks_on(house):
    guest = script("messages", ChooseMessageWay=MessageWay.READ, ReadMessages=(), Home=["messages", SILENCE])
    house.patience = Patience(quiet=0.05, warning=0)
    async with served(house, guest, link=False) as link:
        assert guest.asked(ReadMessages)[0].complete is False
        assert link.board.errands.next_due() is None


NOTE = Note("call-me", "Sam 6021")


def leaving(name: str, **answers: object) -> ScriptedGuest:
    usual = {"ChooseMessageWay": MessageWay.LEAVE, "ForWhom": name, "WriteMessage": NOTE}
    return script("messages", **(usual | answers))


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_a_message_goes_to_the_room_in_the_words_in_which_it_was_read_back(tmp_path, documents, quick, language):
    """Whatever language is on file for the guest."""
    guests = PaperGuests(Guest(ROOM, STAY, "Example", language="ZH" if language == "en" else "EN"))
    station = still(paper_station(tmp_path, documents, guests=guests))
    guest = leaving("Example", Attract=language)
    async with served(station, guest) as link:
        (errand,) = link.done
        assert errand == MessageLeft(ROOM, STAY, words_of(NOTE, language))
        assert guest.asked(ConfirmMessage)[0].note == NOTE
        assert requests(station) == []


async def test_a_message_for_nobody_in_house_goes_to_staff_and_the_guest_sees_no_difference(tmp_path, documents, quick):
    seen = []
    for folder, name in (("here", "Example"), ("not", "Elsewhere")):
        station = still(paper_station(tmp_path / folder, documents)) if (tmp_path / folder).mkdir() is None else None
        guest = leaving(name)
        async with served(station, guest):
            seen.append([one for one in guest.seen if isinstance(one, Done | Progress | Notice | Apology)])
            if name == "Elsewhere":
                assert [(kind, values["name"]) for kind, values in requests(station)] == [("message", name)]
            assert not [light for light in station.devices.panel.lit if light.name == "FAULT"]
    assert seen[0] == seen[1]


async def test_one_of_several_of_that_name_is_for_a_person_to_find_out(tmp_path, documents, quick):
    class Twins(PaperGuests):
        async def named(self, name):
            return (self.resident, replace(self.resident, room="0909"))

    station = still(paper_station(tmp_path, documents, guests=Twins()))
    async with served(station, leaving("Example")) as link:
        assert link.done == []
        assert [kind for kind, _ in requests(station)] == ["message"]


async def test_where_messages_are_not_enabled_staff_deliver(tmp_path, documents, quick):
    station = still(paper_station(tmp_path, documents, rules=rules(post=False)))
    async with served(station, leaving("Example")):
        assert [kind for kind, _ in requests(station)] == ["message"]


async def test_a_message_is_written_again_and_going_back_leads_to_the_name(house):
    notes = [NOTE, Note("own-words", "Sam", "Lunch?"), BACK, Note("in-the-lobby", "Sam")]
    guest = leaving("", ForWhom=["Example", "Another"], WriteMessage=notes, ConfirmMessage=[False, BACK, True])
    async with served(house, guest):
        assert [question.name for question in guest.asked(ForWhom)] == ["", "Example"]
        assert [question.note for question in guest.asked(ConfirmMessage)][1] == Note("own-words", "Sam", "Lunch?")
        assert [values["name"] for _, values in requests(house)] == ["Another"]


async def test_control_characters_do_not_leave_the_kiosk(house):
    guest = leaving("Exa\x00mple\n", WriteMessage=Note("own-words", "Sam\x02|RN1|", "one\x03two\n" + "x" * 300))
    async with served(house, guest):
        ((_, values),) = requests(house)
        assert values["name"] == "Exa mple"
        assert set("\x00\x02\x03") & set(str(values["text"])) == set()
        assert len(str(values["text"]).splitlines()[0]) == 160


async def test_one_message_a_minute_and_five_a_visit(house):
    now = [NOW]
    house.register.db.clock = lambda: now[0]
    waits = iter([0, 30, 61, 61, 61, 61, 61])

    def home(_question):
        now[0] += timedelta(seconds=next(waits))
        return "messages"

    guest = leaving("Example", Home=[*[home] * 7, SILENCE], Done=True)
    house.patience = Patience(quiet=0.05, warning=0)
    async with served(house, guest) as link:
        assert [question.key for question in guest.asked(Apology)] == ["messages.later"] * 2
        assert len(link.done) == 5


@pytest.mark.parametrize("question", ["ForWhom", "WriteMessage", "ConfirmMessage"])
async def test_whoever_leaves_before_confirming_has_left_no_message(house, question):
    house.patience = Patience(quiet=0.01, warning=0)
    async with served(house, leaving("Example", **{question: SILENCE})) as link:
        assert (link.done, requests(house)) == ([], [])


async def test_do_not_disturb_for_a_time_is_shown_by_the_hotel_system(house):
    until = NOW.replace(hour=22)
    guest = script("room-wish", ChooseRoomWish=Wished(RoomWish.DO_NOT_DISTURB, until))
    async with served(house, guest) as link:
        assert link.done == [RoomWished(ROOM, STAY, "do-not-disturb")]
        held = house.register.wishes.of(ROOM)
        assert held is not None
        assert held.until == int(until.timestamp() * 1000)
        (done,) = guest.asked(Done)
        assert (done.key, done.values) == (
            "done.room-wish.do-not-disturb-until",
            (("until", until.isoformat()),),
        )


async def test_what_holds_is_shown_and_lifted(house):
    guest = script(
        "room-wish",
        Home=["room-wish", "room-wish", SILENCE],
        ChooseRoomWish=[Wished(RoomWish.DO_NOT_DISTURB), Wished(RoomWish.NONE)],
        Done=True,
    )
    house.patience = Patience(quiet=0.05, warning=0)
    async with served(house, guest) as link:
        assert [question.now.wish for question in guest.asked(ChooseRoomWish)] == [
            RoomWish.NONE,
            RoomWish.DO_NOT_DISTURB,
        ]
        assert link.done[-1].wish == "none"
        assert house.register.wishes.of(ROOM) is None


async def test_where_the_hotel_system_shows_nothing_staff_are_asked(tmp_path, documents, quick):
    station = still(paper_station(tmp_path, documents, rules=rules(wishes=False)))
    async with served(station, script("room-wish", ChooseRoomWish=Wished(RoomWish.MAKE_UP))) as link:
        assert link.done == []
        assert requests(station) == [("room-wish", {"room": ROOM, "reservation": STAY, "wish": "make-up"})]


@pytest.mark.parametrize("reply", [SILENCE, BACK])
async def test_whoever_leaves_or_goes_back_wishes_nothing(house, reply):
    house.patience = Patience(quiet=0.01, warning=0)
    async with served(house, script("room-wish", ChooseRoomWish=reply)) as link:
        assert link.done == []
        assert house.register.wishes.of(ROOM) is None


async def test_the_ends_on_offer_are_ahead_and_in_order():
    for minute in (0, 1, 29, 30, 31, 59):
        now = NOW.replace(minute=minute)
        offered = ends(now)
        assert list(offered) == sorted(offered)
        assert offered[0] > now + timedelta(minutes=30)
        assert offered[-1] == datetime(2026, 3, 2, 12, tzinfo=SHANGHAI)


@pytest.mark.parametrize(("hour", "until"), [(0, [9, 12]), (8, [9, 12]), (9, [12]), (11, [12])])
async def test_after_midnight_the_morning_that_comes_is_on_offer(hour, until):
    today = [end.hour for end in ends(NOW.replace(hour=hour, minute=10)) if (end.date(), end.minute) == (NOW.date(), 0)]
    assert set(until) <= set(today)


async def test_messages_cannot_be_read_where_the_hotel_system_keeps_none(tmp_path, documents, quick):
    station = still(paper_station(tmp_path, documents, rules=rules(mail=False)))
    guest = leaving("Example")
    async with served(station, guest):
        assert guest.asked(ChooseMessageWay)[0].unread == "messages.not-here"
