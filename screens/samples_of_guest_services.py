"""Realistic values of what wake-up, messages and room wishes ask. No real person's data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from kiosk.journeys.done import Done
from kiosk.journeys.message_questions import (
    LEAVING,
    LONGEST_TEXT,
    READING,
    ChooseMessageWay,
    ConfirmMessage,
    ForWhom,
    MessageView,
    Note,
    ReadMessages,
    WriteMessage,
)
from kiosk.journeys.room_wish_questions import STAGES as ROOM_WISH_STAGES
from kiosk.journeys.room_wish_questions import ChooseRoomWish, RoomWish, Wished
from kiosk.journeys.wake_up_questions import (
    STAGES,
    Caller,
    CallState,
    ChooseWakeUp,
    ConfirmCancel,
    ConfirmWakeUp,
    Just,
    WakeUps,
    WakeUpView,
)
from kiosk.visit import Progress, Situation

TODAY = date(2026, 5, 8)
DAYS = tuple(TODAY + timedelta(days=number) for number in range(9))
EARLIEST = datetime.fromisoformat("2026-05-08 14:36")
TOMORROW = datetime.fromisoformat("2026-05-09 06:30")
LATER = datetime.fromisoformat("2026-05-13 05:05")
CALLS = (
    WakeUpView(1, TOMORROW, CallState.CONFIRMED),
    WakeUpView(2, datetime.fromisoformat("2026-05-09 07:00"), CallState.OPERATOR),
    WakeUpView(3, LATER, CallState.PENDING),
)
LAST = WakeUpView(4, LATER + timedelta(hours=4), CallState.CONFIRMED)
MESSAGES = {
    "zh_CN": ("您的快件已到前台，请凭房卡领取。", "请给小李回电话，分机 6021。今晚的晚餐改到七点，在二楼中餐厅。"),
    "en": (
        "Your parcel has arrived. Please bring your room card to the front desk.",
        "Please call Sam at extension 6021. Dinner tonight is at seven, in the Chinese restaurant on the second floor.",
    ),
}
OWN_WORDS = Note("own-words", "SAM 6021", "Dinner is at seven. Shall we meet in the lobby at half past six?")
FULL = Note("own-words", "SAM 6021", ("We meet at the tea house by the bridge. " * 5)[:LONGEST_TEXT].strip())
ENDS = tuple(
    datetime.fromisoformat(end)
    for end in ("2026-05-08 18:00", "2026-05-08 22:00", "2026-05-09 09:00", "2026-05-09 12:00")
)

Sample = tuple[Any, Situation]


def guest_services(language: str) -> Mapping[str, Sample]:
    """Name of the picture -> what is shown and its situation."""
    return {**_wake_ups(language), **_messages(language), **_room_wishes(language)}


def _wake_ups(language: str) -> Mapping[str, Sample]:
    asking, done = Situation(language, STAGES, can_go_back=True), Situation(language, STAGES)
    listed = Situation(language)
    usual = ChooseWakeUp(DAYS[:5], EARLIEST, TOMORROW)
    watched, person = Caller.WATCHED, Caller.PERSON
    return {
        "wake-ups": (WakeUps(CALLS, TODAY, watched), listed),
        "wake-ups-one": (WakeUps(CALLS[:1], TODAY, Caller.SYSTEM, just=Just.CHANGED), done),
        "wake-ups-full": (WakeUps((*CALLS, LAST), TODAY, watched, full=True), listed),
        "wake-ups-none": (WakeUps((), TODAY, watched, just=Just.CANCELLED), done),
        "wake-ups-by-person": (WakeUps(CALLS[1:2], TODAY, person), listed),
        "choose-wake-up": (usual, asking),
        "choose-wake-up-changing": (
            ChooseWakeUp(DAYS, EARLIEST, LATER, changing=TOMORROW, taken=(CALLS[1].at,)),
            asking,
        ),
        "choose-wake-up-taken": (ChooseWakeUp(DAYS, EARLIEST, CALLS[1].at, taken=(CALLS[1].at,)), asking),
        "choose-wake-up-late": (ChooseWakeUp(DAYS[:2], EARLIEST, datetime.fromisoformat("2026-05-08 06:30")), asking),
        "confirm-wake-up": (ConfirmWakeUp(TOMORROW, TODAY, watched, room="0812"), asking),
        "confirm-wake-up-changing": (ConfirmWakeUp(LATER, TODAY, Caller.SYSTEM, instead_of=TOMORROW), asking),
        "confirm-wake-up-by-person": (ConfirmWakeUp(TOMORROW, TODAY, person, room="0812"), asking),
        "confirm-cancel": (ConfirmCancel(TOMORROW, TODAY), asking),
        "done-wake-up": (WakeUps(CALLS[:1], TODAY, watched, just=Just.ORDERED), done),
        "asking-hotel": (Progress("progress.asking-hotel", stage="confirm"), done),
    }


def _messages(language: str) -> Mapping[str, Sample]:
    leaving = Situation(language, LEAVING, can_go_back=True)
    said = MESSAGES[language]
    messages = (MessageView(1, said[0]), MessageView(2, said[1], datetime.fromisoformat("2026-05-08 11:40")))
    return {
        "message-way": (ChooseMessageWay(), Situation(language, can_go_back=True)),
        "message-way-not-here": (ChooseMessageWay("messages.not-here"), Situation(language, can_go_back=True)),
        "read-messages": (ReadMessages(messages), Situation(language, READING)),
        "read-messages-some": (ReadMessages(messages[1:], complete=False), Situation(language, READING)),
        "read-messages-none": (ReadMessages(()), Situation(language, READING)),
        "read-messages-none-known": (ReadMessages((), complete=False), Situation(language, READING)),
        "for-whom": (ForWhom(), leaving),
        "for-whom-typed": (ForWhom("ALEX EXAMPLE"), leaving),
        "write-message": (WriteMessage(Note("front-desk", "SAM 6021")), leaving),
        "write-message-empty": (WriteMessage(), leaving),
        "write-message-own": (WriteMessage(OWN_WORDS), leaving),
        "write-message-full": (WriteMessage(FULL), leaving),
        "confirm-message": (ConfirmMessage("ALEX EXAMPLE", Note("in-the-lobby", "SAM 6021")), leaving),
        "confirm-message-own": (ConfirmMessage("ALEX EXAMPLE", FULL), leaving),
        "done-message": (Done("done.message.left", "sent", (), "done.message.passed-on"), Situation(language, LEAVING)),
    }


def _room_wishes(language: str) -> Mapping[str, Sample]:
    asking, done = Situation(language, ROOM_WISH_STAGES, can_go_back=True), Situation(language, ROOM_WISH_STAGES)
    until = (("until", ENDS[2].isoformat()),)
    return {
        "room-wish": (ChooseRoomWish(Wished(RoomWish.NONE), ENDS, TODAY), asking),
        "room-wish-undisturbed": (ChooseRoomWish(Wished(RoomWish.DO_NOT_DISTURB, ENDS[2]), ENDS, TODAY), asking),
        "room-wish-make-up": (ChooseRoomWish(Wished(RoomWish.MAKE_UP), ENDS, TODAY), asking),
        "done-room-wish": (
            Done("done.room-wish.do-not-disturb-until", "do-not-disturb", until, "done.room-wish.told"),
            done,
        ),
    }
