"""The screens of wake-up, messages and room wishes by themselves."""

from __future__ import annotations

import gc
from datetime import datetime, timedelta

import pytest
from kivy.uix.label import Label

from kiosk.journeys.done import Done
from kiosk.journeys.message_questions import (
    LONGEST_TEXT,
    ChooseMessageWay,
    MessageView,
    MessageWay,
    Note,
    ReadMessages,
    WriteMessage,
    words_of,
)
from kiosk.journeys.paying import Identify, RoomAndName
from kiosk.journeys.room_wish_questions import ChooseRoomWish, RoomWish, Wished
from kiosk.journeys.wake_up_questions import Caller, ChooseWakeUp, ConfirmWakeUp, Just, OrderCall, WakeUps
from kiosk.journeys.welcome import PriceList, PriceSection
from kiosk.visit import Situation
from screens.samples_of_guest_services import CALLS, DAYS, EARLIEST, ENDS, TODAY, TOMORROW
from screens.theme import Panel, theme

EN = Situation("en")


def words_on(screen):
    return [label.text for label in screen.walk() if isinstance(label, Label)]


def choose(suggested=TOMORROW, days=DAYS, **more):
    return ChooseWakeUp(days, EARLIEST, suggested, **more)


def test_a_time_is_set_by_hours_fives_and_minutes_and_turns_over_by_itself(glass, asked):
    answer = asked(choose(datetime.fromisoformat("2026-05-09 23:58")))
    for test_id in ("hour-more", "minute-more", "minute-one-less", "minute-less", "minute-more"):
        glass.tap(test_id)
    assert glass.screen.at == datetime.fromisoformat("2026-05-09 00:00")
    glass.tap("minute-one-more")
    glass.tap("minute-more")
    glass.tap("hour-less")
    glass.tap("continue")
    assert glass.result(answer) == datetime.fromisoformat("2026-05-09 23:05")


def test_a_later_day_is_found_by_turning_the_strip(glass, asked):
    answer = asked(choose())
    late = f"day-{DAYS[-1].isoformat()}"
    assert glass.find(late) is None
    assert glass.find("days-before").off
    glass.tap("days-after")
    glass.tap("days-after")
    assert glass.find("days-after").off
    glass.tap(late)
    glass.tap("continue")
    assert glass.result(answer) == TOMORROW + timedelta(days=len(DAYS) - 2)


def test_too_early_says_the_earliest_and_cannot_be_ordered(glass, asked):
    asked(choose(), EN)
    glass.tap(f"day-{TODAY.isoformat()}")
    assert "The earliest is 14:36 today" in words_on(glass.screen)
    assert glass.find("continue").off
    glass.tap("pick-0700")
    assert glass.station._toast is not None
    assert glass.screen.at.hour == 6


def test_the_wait_is_told_live(glass, asked):
    asked(choose(), EN)
    assert "In 16 h 4 min" in words_on(glass.screen)
    glass.tap("pick-0700")
    assert "In 16 h 34 min" in words_on(glass.screen)


def test_another_language_keeps_the_time_that_was_set(glass, asked):
    answer = asked(choose())
    glass.tap("pick-0730")
    glass.tap("language")
    glass.wait_for(ChooseWakeUp)
    glass.tap("continue")
    assert glass.result(answer) == TOMORROW.replace(hour=7, minute=30)


def test_where_no_more_calls_can_be_ordered_it_says_so(glass, asked):
    answer = asked(WakeUps(CALLS, TODAY, Caller.WATCHED, full=True))
    glass.tap("order")
    assert glass.station._toast is not None
    assert not answer.done()
    glass.tap("finished")
    assert glass.result(answer) is True


@pytest.mark.parametrize(("test_id", "expected"), [("another", True), ("finished", False)])
def test_where_a_call_was_ordered_the_list_is_the_last_screen(glass, asked, test_id, expected):
    answer = asked(WakeUps(CALLS, TODAY, Caller.WATCHED, just=Just.ORDERED), EN)
    assert glass.screen.t("wake-up.list.ordered") in words_on(glass.screen)
    glass.tap(test_id)
    assert glass.result(answer) is expected


def test_a_list_that_says_what_was_done_is_not_left_standing(glass, asked):
    answer = asked(WakeUps(CALLS, TODAY, Caller.WATCHED, just=Just.CANCELLED))
    glass.screen.seconds = 1
    assert glass.result(answer) is False


def test_without_a_call_one_can_be_ordered(glass, asked):
    answer = asked(WakeUps((), TODAY, Caller.WATCHED))
    glass.tap("order")
    assert isinstance(glass.result(answer), OrderCall)


@pytest.mark.parametrize("caller", Caller)
def test_what_is_promised_of_a_call_is_true_of_this_house(glass, asked, caller):
    somebody_comes = "If nobody answers, we come to your door"
    registered = "Once you confirm, it is registered with the hotel system"
    asked(ConfirmWakeUp(TOMORROW, TODAY, caller), EN)
    said = words_on(glass.screen)
    assert (somebody_comes in said) is (caller is Caller.WATCHED)
    assert (registered in said) is (caller is not Caller.PERSON)
    assert glass.screen.t(f"wake-up.rings-{caller.value}") in said


@pytest.mark.parametrize("caller", Caller)
def test_the_list_promises_no_more_than_the_read_back(glass, asked, caller):
    asked(WakeUps(CALLS, TODAY, caller), EN)
    assert glass.screen.subtitle == glass.screen.t(f"wake-up.rings-{caller.value}")


def test_that_there_are_no_messages_is_said_only_where_that_is_known(glass, asked):
    asked(ReadMessages((), complete=False), EN)
    assert glass.screen.t("message.none.title") not in words_on(glass.screen)
    assert glass.screen.t("message.unknown.title") in words_on(glass.screen)


def test_where_the_hotel_system_keeps_no_messages_none_can_be_read_and_it_says_why(glass, asked):
    answer = asked(ChooseMessageWay("messages.not-here"), EN)
    assert glass.screen.t("messages.not-here") in words_on(glass.screen)
    glass.tap("read")
    assert glass.station._toast is not None
    glass.tap("leave")
    assert glass.result(answer) is MessageWay.LEAVE


def test_messages_can_be_kept_for_later(glass, asked):
    answer = asked(ReadMessages((MessageView(7, "Please call."),)))
    glass.tap("later")
    assert glass.result(answer) == ()


def test_all_messages_are_marked_by_one_touch(glass, asked):
    answer = asked(ReadMessages((MessageView(7, "Please call."), MessageView(9, "A parcel.")), complete=False), EN)
    assert glass.screen.t("message.read.incomplete") in words_on(glass.screen)
    glass.tap("read")
    assert glass.result(answer) == (7, 9)


def test_a_message_needs_to_say_who_it_is_from(glass, asked):
    asked(WriteMessage(), EN)
    assert "Please call … back." in words_on(glass.screen)
    assert glass.find("continue").off
    glass.type("sam")
    assert "Please call SAM back." in words_on(glass.screen)
    assert not glass.find("continue").off


def test_own_words_are_counted_and_end_at_the_longest_message(glass, asked):
    answer = asked(WriteMessage(Note("own-words", "SAM", "A" * (LONGEST_TEXT - 1))), EN)
    glass.type("bc")
    assert any(f"{LONGEST_TEXT} / {LONGEST_TEXT}" in words for words in words_on(glass.screen))
    glass.tap("continue")
    assert glass.result(answer) == Note("own-words", "SAM", "A" * (LONGEST_TEXT - 1) + "b")


def test_a_ready_message_carries_none_of_the_own_words_that_were_tried(glass, asked):
    answer = asked(WriteMessage(), EN)
    glass.type("sam")
    glass.tap("template-own-words")
    glass.type("hello")
    glass.tap("template-call-me")
    glass.tap("continue")
    assert glass.result(answer) == Note("call-me", "SAM")


def test_own_words_behind_a_ready_message_are_there_in_another_language_too(glass, asked):
    answer = asked(WriteMessage(), EN)
    glass.type("sam")
    glass.tap("template-own-words")
    glass.type("hello")
    glass.tap("template-call-me")
    glass.tap("language")
    glass.wait_for(WriteMessage)
    glass.tap("template-own-words")
    glass.tap("continue")
    assert glass.result(answer) == Note("own-words", "SAM", "Hello")


def test_a_room_that_is_to_be_made_up_can_be_asked_for_again(glass, asked):
    answer = asked(ChooseRoomWish(Wished(RoomWish.MAKE_UP), ENDS, TODAY), EN)
    assert not glass.find("continue").off
    glass.tap("continue")
    assert glass.result(answer) == Wished(RoomWish.MAKE_UP)


def test_what_holds_for_the_room_is_marked_and_its_end_can_be_moved(glass, asked):
    now = Wished(RoomWish.DO_NOT_DISTURB, ENDS[2])
    answer = asked(ChooseRoomWish(now, ENDS, TODAY), EN)
    assert "Until 09:00 tomorrow" in words_on(glass.screen)
    assert glass.find("continue").off
    glass.tap("wish-make-up")
    assert glass.find("until-0900") is None
    glass.tap("wish-do-not-disturb")
    assert glass.find("continue").off, "touching it again brings back what holds"
    glass.tap("until-lifted")
    glass.tap("continue")
    assert glass.result(answer) == Wished(RoomWish.DO_NOT_DISTURB)


@pytest.mark.parametrize(("test_id", "expected"), [("another", True), ("leave", False)])
def test_done_ends_or_goes_on(glass, asked, test_id, expected):
    answer = asked(Done("done.message.left", "sent", (), "done.message.passed-on"))
    glass.tap(test_id)
    assert glass.result(answer) is expected


def test_done_leaves_by_itself(glass, asked):
    answer = asked(Done("done.room-wish.make-up", "make-up"))
    glass.screen.seconds = 1
    assert glass.result(answer) is False


def test_a_service_for_the_guests_own_room_promises_no_charge(glass, asked):
    asked(Identify(3, card_reader=True, purpose="guest"), EN)
    assert glass.screen.subtitle == glass.screen.t("identify.subtitle.guest")
    assert glass.screen.t("identify.subtitle.charge") not in words_on(glass.screen)


def test_services_without_a_price_are_called_free(glass, asked):
    asked(PriceList((PriceSection("wake-up", (), 600), PriceSection("messages", (), 600))), EN)
    words = words_on(glass.screen)
    assert words.count(glass.screen.t("prices.free")) == 2
    assert not any("%" in said for said in words), "there is no tax on nothing"


@pytest.fixture
def seven_inches(window):
    yield from _panel(Panel(800, 480, 7.0))


@pytest.fixture
def ten_inches(window):
    yield from _panel(Panel(1280, 800, 10.1))


def _panel(panel):
    before = theme.panel
    theme.fit(panel)
    yield
    theme.fit(before)


def test_on_a_small_panel_the_keyboard_comes_when_a_field_is_touched_and_goes_back(seven_inches, glass, asked):
    answer = asked(WriteMessage(), Situation("zh_CN", can_go_back=True))
    assert glass.find("key-a") is None
    glass.tap("sender")
    assert glass.find("template-call-me") is None
    assert glass.find("continue").off
    glass.type("sam")
    glass.tap("back")
    assert glass.find("key-a") is None
    glass.tap("template-in-the-lobby")
    assert words_of(Note("in-the-lobby", "SAM"), "zh_CN") in words_on(glass.screen)
    glass.tap("continue")
    assert glass.result(answer) == Note("in-the-lobby", "SAM")


def test_on_a_small_panel_own_words_and_sender_are_typed_one_after_the_other(seven_inches, glass, asked):
    answer = asked(WriteMessage())
    glass.tap("template-own-words")
    glass.tap("continue")
    glass.type("at six")
    gc.collect()  # the ready messages are not on the screen meanwhile, and come again
    glass.tap("continue")
    assert glass.find("text") is None
    assert glass.find("continue").off
    glass.type("sam")
    glass.tap("continue")
    assert glass.result(answer) == Note("own-words", "SAM", "At six")


def test_in_large_type_one_field_is_typed_in_at_a_time(glass, asked):
    theme.wear(large=True)
    answer = asked(WriteMessage())
    assert glass.find("sender") is not None
    glass.tap("template-own-words")
    assert glass.find("sender") is None
    glass.type("at six")
    glass.tap("continue")
    assert glass.find("text") is None
    glass.type("sam")
    glass.tap("template-own-words")
    assert glass.screen._text.text == "At six"
    glass.tap("continue")
    assert glass.result(answer) == Note("own-words", "SAM", "At six")


def test_on_a_small_panel_the_card_is_shown_until_a_field_is_touched(seven_inches, glass, asked):
    answer = asked(Identify(2, card_reader=True, failed=True, purpose="guest"), EN)
    assert {glass.screen.t("identify.card"), glass.screen.t("identify.failed")} <= set(words_on(glass.screen))
    glass.tap("room")
    assert glass.screen.t("identify.card") not in words_on(glass.screen)
    glass.type("812")
    glass.tap("name")
    glass.type("li wei")
    glass.tap("language")
    glass.wait_for(Identify)
    glass.tap("confirm")
    assert glass.result(answer) == RoomAndName("812", "LI WEI")


def test_without_a_card_reader_a_small_panel_begins_with_the_keyboard(seven_inches, glass, asked):
    asked(Identify(3, card_reader=False, purpose="guest"))
    assert glass.find("key-a") is not None


def test_a_refused_card_on_a_wide_panel_leaves_the_words_what_to_do(ten_inches, glass, asked):
    asked(Identify(2, card_reader=True, failed=True), EN)
    gc.collect()
    glass.frames(3)
    assert glass.screen.t("identify.card") in words_on(glass.screen)


def test_on_a_small_panel_an_end_is_chosen_below_the_wishes(seven_inches, glass, asked):
    answer = asked(ChooseRoomWish(Wished(RoomWish.NONE), ENDS, TODAY), EN)
    assert glass.screen.t("room-wish.none-note") in words_on(glass.screen)
    glass.tap("wish-make-up")
    assert glass.screen.t("room-wish.make-up-note") in words_on(glass.screen)
    glass.tap("wish-do-not-disturb")
    glass.tap("until-0900")
    glass.tap("continue")
    assert glass.result(answer) == Wished(RoomWish.DO_NOT_DISTURB, ENDS[2])


def test_who_changes_a_call_is_not_alarmed_by_its_own_time(glass, asked):
    asked(choose(changing=TOMORROW), EN)
    told = glass.screen._live
    assert told._words.text == glass.screen.t("wake-up.unchanged")
    assert told._words.tone == "ink"
    assert glass.find("continue").off
