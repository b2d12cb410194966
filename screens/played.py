"""Guests played by a hand on the glass: two who copy, and one who wants to be woken and leaves a message.

The copying ones, one in Chinese with a room card, one in English by name, see every screen of the journey; between them
a sample and a name refused, a feeder that jams, a person called.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kiosk.journeys.copy_questions import ApproveSample, ChooseCopy, PrinterTrouble, ReviewPages, ScanTrouble
from kiosk.journeys.done import Done
from kiosk.journeys.message_questions import ChooseMessageWay, ConfirmMessage, ForWhom, WriteMessage
from kiosk.journeys.paying import Farewell, Identify, Sign
from kiosk.journeys.wake_up_questions import ChooseWakeUp, ConfirmWakeUp, WakeUps
from kiosk.journeys.welcome import Attract, ChooseLanguage, Home, PriceList
from kiosk.visit import Progress
from screens.hand import Hand

Happenings = Mapping[str, Callable[[], object]]
"""What happens to devices, by name: "card", "card-away", "jam", "clear", "feeder-jam", "stack"."""


@dataclass
class Journey:
    """What one guest did and saw; ``seconds`` by stage; ``sheets_asked`` without refused samples."""

    language: str
    sheets_asked: int
    service: str = "copy"
    screens: list[str] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


class Player:
    """Plays one guest. ``say`` is told each step in a line."""

    def __init__(self, hand: Hand, happenings: Happenings, say: Callable[[str], None]) -> None:
        self._hand = hand
        self._happen = happenings
        self._say = say
        self._journey = Journey("", 0)
        self._began = self._stage_began = time.monotonic()

    def chinese_guest_with_a_card(self) -> Journey:
        """Four copies of two pages on both sides, the first sample too light, a jam on the third sheet."""
        self._begin("zh_CN", sheets_asked=4)
        hand = self._hand
        self._arrive(choose=[*["copies-more"] * 3, "sides-long-edge"])
        self._stage("choose", "four copies, A4, both sides")
        self._scan()
        hand.tap("another-page")
        hand.wait_until(lambda: len(getattr(hand.shown, "pages", ())) == 2, "the second page")
        self._picture("review")
        hand.tap("continue")
        self._stage("scan", "two originals from the glass")
        hand.wait_for(Identify)
        self._picture("identify")
        self._happen["card"]()
        self._stage("identify", "the room card on the reader")
        hand.wait_for(ApproveSample)
        self._happen["card-away"]()
        self._picture("sample")
        hand.tap("too-light")
        hand.wait_until(lambda: not isinstance(hand.shown, ApproveSample), "the next sample to begin")
        hand.wait_for(ApproveSample)
        hand.tap("good")
        self._stage("sample", "too light; the second is right")
        return self._sign_and_collect()

    def english_guest_by_name(self, room: str, name: str) -> Journey:
        """Three pages from a feeder that jams first, twice in colour, stapled; a wrong name, then the right one."""
        self._begin("en", sheets_asked=6)
        hand = self._hand
        self._happen["feeder-jam"]()
        self._arrive(choose=["copies-more", "colour-true", "staple-top-left", "source-feeder"])
        self._stage("choose", "two copies in colour, stapled, from the feeder")
        hand.wait_for(ScanTrouble, seconds=30)
        self._picture("scan-trouble")
        self._happen["stack"]()
        hand.tap("retry")
        self._scan()
        self._picture("review")
        hand.tap("continue")
        self._stage("scan", "a jam in the feeder, then three originals")
        hand.wait_for(Identify)
        self._picture("identify")
        self._identify(room, "Lee")
        hand.wait_until(lambda: getattr(hand.shown, "failed", False), "the try to be refused")
        self._picture("identify-again")
        self._identify(room, name)
        self._stage("identify", "a wrong name, then the right one")
        hand.wait_for(ApproveSample)
        self._picture("sample")
        hand.tap("good")
        self._stage("sample", "approved")
        return self._sign_and_collect()

    def chinese_guest_who_wants_to_be_woken(self, other: str) -> Journey:
        """A wake-up call for half past six by room card; then a message for the guest ``other``, who is in house."""
        self._begin("zh_CN", sheets_asked=0)
        self._journey.service = "wake-up"
        hand = self._hand
        hand.wait_for(Attract)
        hand.tap("start")
        hand.wait_for(ChooseLanguage)
        hand.tap("language-zh_CN")
        hand.wait_for(Home)
        hand.tap("service-wake-up")
        hand.wait_for(Identify)
        self._picture("wake-up-identify")
        self._happen["card"]()
        hand.wait_for(ChooseWakeUp)
        self._happen["card-away"]()
        hand.tap("pick-0630")
        self._picture("wake-up-choose")
        hand.tap("continue")
        hand.wait_for(ConfirmWakeUp)
        self._picture("wake-up-confirm")
        hand.tap("confirm")
        hand.wait_for(WakeUps)
        self._picture("wake-up-calls")
        self._stage("wake-up", "half past six, by room card")
        hand.tap("another")
        hand.wait_for(Home)
        hand.tap("service-messages")
        hand.wait_for(ChooseMessageWay)
        hand.tap("leave")
        hand.wait_for(ForWhom)
        hand.tap("name")
        hand.type(other)
        hand.tap("continue")
        hand.wait_for(WriteMessage)
        hand.tap("template-in-the-lobby")
        hand.tap("sender")
        hand.type("Yang 6021")
        self._picture("message-write")
        hand.tap("continue")
        hand.wait_for(ConfirmMessage)
        self._picture("message-confirm")
        hand.tap("confirm")
        hand.wait_for(Done)
        self._picture("message-done")
        self._stage("message", "left for a guest by name, no room told")
        hand.tap("leave")
        hand.wait_for(Attract)
        self._journey.seconds["total"] = round(time.monotonic() - self._began, 2)
        return self._journey

    def _begin(self, language: str, sheets_asked: int) -> None:
        self._journey = Journey(language, sheets_asked)
        self._began = self._stage_began = time.monotonic()

    def _arrive(self, choose: list[str]) -> None:
        """From the attract screen to the choice, by way of everything one can look at before."""
        hand, language = self._hand, self._journey.language
        hand.wait_for(Attract)
        self._picture("attract")
        hand.tap("start")
        hand.wait_for(ChooseLanguage)
        self._picture("language")
        hand.tap(f"language-{language}")
        hand.wait_for(Home)
        self._picture("home")
        hand.tap("call")
        hand.wait_until(lambda: hand.find("call-withdraw") is not None, "staff to be called")
        self._picture("staff-called")
        hand.tap("call-withdraw")
        hand.wait_until(lambda: hand.find("call-withdraw") is None, "the call to be withdrawn")
        hand.tap("prices")
        hand.wait_for(PriceList)
        self._picture("prices")
        hand.tap("close")
        self._stage("welcome", "a person called and no longer needed, prices read")
        hand.tap("service-copy")
        hand.wait_for(ChooseCopy)
        for option in choose:
            hand.tap(option)
        self._picture("choose")
        hand.tap("continue")

    def _scan(self) -> None:
        hand = self._hand
        hand.wait_until(lambda: isinstance(hand.shown, Progress | ReviewPages), "the scan to begin")
        if isinstance(hand.shown, Progress):
            self._picture("scanning")
        hand.wait_for(ReviewPages, seconds=30)

    def _identify(self, room: str, name: str) -> None:
        self._hand.tap("room")
        self._hand.type(room)
        self._hand.tap("name")
        self._hand.type(name)
        self._hand.tap("confirm")

    def _sign_and_collect(self) -> Journey:
        """Sign, watch the printer jam and go on, take everything, leave."""
        hand = self._hand
        hand.wait_for(Sign)
        hand.tap("end")
        hand.wait_until(lambda: hand.find("end-cancel") is not None, "the question whether to end")
        self._picture("end")
        hand.tap("end-cancel")
        hand.sign()
        self._picture("sign")
        self._happen["jam"]()
        hand.tap("confirm")
        self._stage("sign", "signed")
        hand.wait_until(lambda: isinstance(hand.shown, Progress) and not hand.moving, "the printing to begin")
        self._picture("printing")
        hand.wait_for(PrinterTrouble)
        self._picture("jam")
        hand.tap("wait")
        hand.wait_until(lambda: getattr(hand.shown, "waiting", False), "the wait to be noted")
        self._picture("jam-waiting")
        self._happen["clear"]()
        self._say(f"[{self._journey.language}]          the jam is cleared")
        hand.wait_for(Farewell, seconds=60)
        self._picture("farewell")
        self._stage("collect", "paper and receipt")
        hand.tap("leave")
        hand.wait_for(Attract)
        self._journey.seconds["total"] = round(time.monotonic() - self._began, 2)
        return self._journey

    def _stage(self, name: str, words: str) -> None:
        now = time.monotonic()
        self._journey.seconds[name] = round(now - self._stage_began, 2)
        self._stage_began = now
        self._say(f"[{self._journey.language}] {now - self._began:5.1f} s  {name}: {words}")

    def _picture(self, name: str) -> None:
        self._journey.screens.append(self._hand.picture(f"{self._journey.language}-{name}"))
