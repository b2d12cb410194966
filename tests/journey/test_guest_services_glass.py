"""Wake-up, messages and room wishes by finger in a real window: real journeys and register, a link that carries out."""

from __future__ import annotations

from datetime import datetime

import pytest
from kivy.uix.label import Label

from hardware.protocols import Card
from kiosk.hotel.errands import RoomWished, WakeUpClear, WakeUpSet
from kiosk.hotel.news import MessageHere
from kiosk.journeys import messages as messages_journey
from kiosk.journeys.done import Done
from kiosk.journeys.message_questions import (
    ChooseMessageWay,
    ConfirmMessage,
    ForWhom,
    Note,
    ReadMessages,
    WriteMessage,
    words_of,
)
from kiosk.journeys.paying import Identify
from kiosk.journeys.room_wish_questions import ChooseRoomWish, RoomWish
from kiosk.journeys.service import discover
from kiosk.journeys.wake_up_questions import CallState, ChooseWakeUp, ConfirmCancel, ConfirmWakeUp, WakeUps
from kiosk.journeys.welcome import Attract, ChooseLanguage, Home
from kiosk.lobby import Lobby
from tests.journey.conftest import AFTERNOON
from tests.journey.services_kit import Link
from tests.stations import CARD, RESIDENT, paper_station


class AtTheKiosk:
    """A lobby behind the glass, serving one visit, and a hotel system that carries out what it is asked."""

    def __init__(self, glass, folder):
        self.glass = glass
        self.station = paper_station(folder, None)
        self.station.clock = lambda: AFTERNOON
        self.station.register.db.clock = lambda: AFTERNOON
        self.link = Link(self.station)
        self.working = glass.start(self.link.run())
        lobby = Lobby(self.station, glass.guest, discover())
        glass.listen(lobby.hear)
        self.visit = glass.start(lobby.serve_one())

    def begin(self, service, language):
        glass = self.glass
        glass.wait_for(Attract)
        glass.tap("start")
        glass.wait_for(ChooseLanguage)
        glass.tap(f"language-{language}")
        self.choose(service)

    def choose(self, service):
        self.glass.wait_for(Home)
        self.glass.tap(f"service-{service}")

    def lay_card(self):
        assert self.glass.wait_for(Identify).purpose == "guest"
        self.glass.loop.call_soon_threadsafe(self.station.devices.card_reader.air.send, Card(CARD))

    def over(self):
        self.glass.result(self.visit)

    def close(self):
        self.visit.cancel()
        self.working.cancel()
        for store in (self.station.books.db, self.station.register.db):
            store.close()


@pytest.fixture
def kiosk(glass, tmp_path, monkeypatch):
    monkeypatch.setattr(messages_journey, "ACCEPT", 0.02)
    at = AtTheKiosk(glass, tmp_path)
    yield at
    at.close()


def words_on(screen):
    return [label.text for label in screen.walk() if isinstance(label, Label)]


def tomorrow(hour, minute):
    return datetime(2026, 5, 9, hour, minute, tzinfo=AFTERNOON.tzinfo)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_a_call_is_ordered_read_back_changed_and_cancelled(glass, kiosk, language):
    kiosk.begin("wake-up", language)
    kiosk.lay_card()
    assert glass.wait_for(ChooseWakeUp).suggested == tomorrow(7, 0)
    glass.tap("pick-0630")
    glass.picture(f"{language}-wake-up-choose")
    glass.tap("continue")
    asked = glass.wait_for(ConfirmWakeUp)
    glass.picture(f"{language}-wake-up-confirm")
    assert (asked.at, asked.room) == (tomorrow(6, 30), None)
    assert "06:30" in words_on(glass.screen)
    glass.tap("confirm")
    listed = glass.wait_for(WakeUps)
    glass.picture(f"{language}-wake-up-list")
    assert [(call.at, call.state) for call in listed.calls] == [(tomorrow(6, 30), CallState.CONFIRMED)]

    glass.tap(f"change-{listed.calls[0].number}")
    glass.wait_for(ChooseWakeUp)
    assert glass.find("continue").off, "the time it has already is no change"
    glass.tap("hour-more")
    glass.tap("minute-one-less")
    glass.tap("continue")
    assert glass.wait_for(ConfirmWakeUp).instead_of == tomorrow(6, 30)
    glass.picture(f"{language}-wake-up-confirm-change")
    glass.tap("confirm")
    (call,) = glass.wait_for(WakeUps).calls
    assert call.at == tomorrow(7, 29)

    glass.tap(f"cancel-{call.number}")
    assert glass.wait_for(ConfirmCancel).at == call.at
    glass.tap("keep")
    glass.wait_for(WakeUps)
    glass.tap(f"cancel-{call.number}")
    glass.wait_for(ConfirmCancel)
    glass.tap("confirm")
    assert glass.wait_for(WakeUps).calls == ()
    glass.picture(f"{language}-wake-up-done")
    glass.tap("finished")
    kiosk.over()
    glass.wait_until(lambda: len(kiosk.link.done) == 4, "the hotel system to hear of all of it")
    assert [type(errand) for errand in kiosk.link.done].count(WakeUpSet) == 2
    assert [type(errand) for errand in kiosk.link.done].count(WakeUpClear) == 2


def test_a_second_call_at_the_same_time_cannot_be_ordered(glass, kiosk):
    kiosk.begin("wake-up", "en")
    kiosk.lay_card()
    glass.wait_for(ChooseWakeUp)
    glass.tap("continue")
    glass.wait_for(ConfirmWakeUp)
    glass.tap("confirm")
    glass.wait_for(WakeUps)
    glass.tap("order")
    glass.wait_for(ChooseWakeUp)
    glass.tap("pick-0730")
    assert not glass.find("continue").off
    glass.tap("pick-0700")
    assert glass.screen.at == tomorrow(7, 30), "the time that is taken only says why"
    for _ in range(6):
        glass.tap("minute-less")
    assert glass.find("continue").off
    glass.tap("back")
    assert len(glass.wait_for(WakeUps).calls) == 1


def test_going_back_from_the_read_back_returns_to_the_time_that_was_chosen(glass, kiosk):
    kiosk.begin("wake-up", "zh_CN")
    kiosk.lay_card()
    glass.wait_for(ChooseWakeUp)
    glass.tap("pick-0800")
    glass.tap("continue")
    glass.wait_for(ConfirmWakeUp)
    glass.tap("again")
    glass.wait_for(ChooseWakeUp)
    assert glass.screen.at == tomorrow(8, 0)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
@pytest.mark.parametrize("name", ["example", "nobody"])
def test_a_message_is_accepted_in_the_same_words_whoever_it_is_for(glass, kiosk, language, name):
    kiosk.begin("messages", language)
    glass.wait_for(ChooseMessageWay)
    glass.tap("leave")
    glass.wait_for(ForWhom)
    glass.type(name)
    glass.picture(f"{language}-message-whom")
    glass.tap("continue")
    glass.wait_for(WriteMessage)
    glass.tap("template-in-the-lobby")
    glass.type("sam")
    expected = words_of(Note("in-the-lobby", "SAM"), language)
    assert expected in words_on(glass.screen), "the preview is what is handed over"
    glass.picture(f"{language}-message-write")
    glass.tap("continue")
    asked = glass.wait_for(ConfirmMessage)
    glass.picture(f"{language}-message-confirm")
    assert (asked.name, asked.note) == (name.upper(), Note("in-the-lobby", "SAM"))
    assert expected in words_on(glass.screen)
    glass.tap("confirm")
    done = glass.wait_for(Done)
    glass.picture(f"{language}-message-done")
    assert (done.key, done.more, done.values) == ("done.message.left", "done.message.passed-on", ())
    glass.tap("leave")
    kiosk.over()


def test_what_was_written_is_still_there_after_going_back_and_in_another_language(glass, kiosk):
    kiosk.begin("messages", "zh_CN")
    glass.wait_for(ChooseMessageWay)
    glass.tap("leave")
    glass.wait_for(ForWhom)
    glass.type("alex")
    glass.tap("continue")
    glass.wait_for(WriteMessage)
    glass.tap("template-own-words")
    glass.type("see you. at six?")
    glass.tap("sender")
    glass.type("sam")
    glass.tap("language")
    glass.wait_for(WriteMessage)
    glass.picture("en-message-own-words")
    glass.tap("continue")
    glass.wait_for(ConfirmMessage)
    assert "See you. At six?\nSAM" in words_on(glass.screen)
    glass.tap("again")
    assert glass.wait_for(WriteMessage).note == Note("own-words", "SAM", "See you. At six?")


def test_a_message_is_handed_over_in_the_language_in_which_it_was_read_back(glass, kiosk):
    kiosk.begin("messages", "en")
    glass.wait_for(ChooseMessageWay)
    glass.tap("leave")
    glass.wait_for(ForWhom)
    glass.type("example")
    glass.tap("continue")
    glass.wait_for(WriteMessage)
    glass.type("sam")
    glass.tap("continue")
    note = glass.wait_for(ConfirmMessage).note
    assert words_of(note, "en") in words_on(glass.screen)
    glass.tap("language")
    glass.wait_for(ConfirmMessage)
    assert words_of(note, "zh_CN") in words_on(glass.screen)
    glass.tap("confirm")
    glass.wait_for(Done)
    glass.wait_until(lambda: kiosk.link.done, "the hotel system to hear of it")
    assert [errand.text for errand in kiosk.link.done] == [words_of(note, "zh_CN")]


def test_to_make_up_the_room_can_be_asked_for_again(glass, kiosk):
    kiosk.begin("room-wish", "en")
    for wishes in (1, 2):
        kiosk.lay_card()
        glass.wait_for(ChooseRoomWish)
        glass.tap("wish-make-up")
        glass.tap("continue")
        assert glass.wait_for(Done).key == "done.room-wish.make-up"
        glass.wait_until(lambda so_far=wishes: len(kiosk.link.done) == so_far, "the hotel system to hear of it")
        glass.tap("another")
        kiosk.choose("room-wish")


def test_messages_of_the_hotel_system_are_read_once(glass, kiosk):
    kiosk.link.mail = [MessageHere(RESIDENT.room, RESIDENT.reservation, "17", "Your parcel is at the desk.")]
    kiosk.begin("messages", "en")
    for waiting in (1, 0):
        glass.wait_for(ChooseMessageWay)
        glass.tap("read")
        kiosk.lay_card()
        assert len(glass.wait_for(ReadMessages).messages) == waiting
        glass.picture(f"en-messages-{waiting}")
        kiosk.link.mail = []
        glass.tap("read")
        if waiting:
            glass.wait_for(Done)
            glass.tap("another")
            kiosk.choose("messages")


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_do_not_disturb_until_noon_and_lifted_again(glass, kiosk, language):
    kiosk.begin("room-wish", language)
    kiosk.lay_card()
    question = glass.wait_for(ChooseRoomWish)
    glass.picture(f"{language}-room-wish")
    assert glass.find("continue").off, "what holds already is nothing to order"
    glass.tap("wish-do-not-disturb")
    glass.tap("until-1200")
    glass.picture(f"{language}-room-wish-until")
    glass.tap("continue")
    done = glass.wait_for(Done)
    glass.picture(f"{language}-room-wish-done")
    assert dict(done.values)["until"] == question.ends[-1].isoformat()
    glass.tap("another")
    kiosk.choose("room-wish")
    kiosk.lay_card()
    now = glass.wait_for(ChooseRoomWish).now
    assert (now.wish, now.until) == (RoomWish.DO_NOT_DISTURB, tomorrow(12, 0))
    glass.tap("wish-none")
    glass.tap("continue")
    glass.wait_for(Done)
    glass.tap("leave")
    kiosk.over()
    glass.wait_until(lambda: len(kiosk.link.done) == 2, "the hotel system to hear of both")
    assert [(type(errand), errand.wish) for errand in kiosk.link.done] == [
        (RoomWished, "do-not-disturb"),
        (RoomWished, "none"),
    ]
