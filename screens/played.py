"""Two guests who copy, played by a hand on the glass: one in Chinese with a room card, one in English by name.

Between them they see every turn of the journey: prices, a sample refused, a jam cleared, a call for a person.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kiosk.journeys.copy_questions import ApproveSample, ChooseCopy, PrinterTrouble, ReviewPages
from kiosk.journeys.paying import Farewell, Identify, Sign
from kiosk.journeys.welcome import Attract, ChooseLanguage, Home, PriceList
from kiosk.visit import Progress
from screens.hand import Hand

Happenings = Mapping[str, Callable[[], object]]
"""What happens to devices, by name: "card", "card-away", "jam", "clear", "stack"."""


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
        hand.wait_for(Attract)
        self._picture("attract")
        hand.tap("start")
        hand.wait_for(ChooseLanguage)
        self._picture("language")
        hand.tap("language-zh_CN")
        hand.wait_for(Home)
        self._picture("home")
        hand.tap("prices")
        hand.wait_for(PriceList)
        self._picture("prices")
        hand.tap("close")
        self._stage("welcome", "language chosen, prices read")
        hand.tap("service-copy")
        hand.wait_for(ChooseCopy)
        for _ in range(3):
            hand.tap("copies-more")
        hand.tap("sides-long-edge")
        self._picture("choose")
        hand.tap("continue")
        self._stage("choose", "four copies, A4, both sides")
        self._scanned()
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
        hand.wait_for(Sign)
        hand.sign()
        self._picture("sign")
        self._happen["jam"]()
        hand.tap("confirm")
        self._stage("sign", "signed")
        self._printing()
        hand.wait_for(PrinterTrouble)
        self._picture("jam")
        hand.tap("wait")
        hand.wait_until(lambda: getattr(hand.shown, "waiting", False), "the wait to be noted")
        self._picture("jam-waiting")
        self._happen["clear"]()
        self._say("the jam is cleared")
        return self._end()

    def english_guest_by_name(self, room: str, name: str) -> Journey:
        """Three pages from the feeder in colour, stapled; a wrong name first; a person called and sent away."""
        self._begin("en", sheets_asked=3)
        hand = self._hand
        hand.wait_for(Attract)
        hand.tap("start")
        hand.wait_for(ChooseLanguage)
        hand.tap("language-en")
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
        self._stage("welcome", "prices read, a person called and no longer needed")
        hand.tap("service-copy")
        hand.wait_for(ChooseCopy)
        self._happen["stack"]()
        hand.tap("colour-true")
        hand.tap("staple-top-left")
        hand.tap("source-feeder")
        self._picture("choose")
        hand.tap("continue")
        self._stage("choose", "one copy in colour, stapled, from the feeder")
        self._scanned()
        self._picture("review")
        hand.tap("continue")
        self._stage("scan", "three originals from the feeder")
        hand.wait_for(Identify)
        self._identify(room, "Lee")
        hand.wait_until(lambda: getattr(hand.shown, "failed", False), "the try to be refused")
        self._picture("identify-again")
        self._identify(room, name)
        self._stage("identify", "a wrong name, then the right one")
        hand.wait_for(ApproveSample)
        self._picture("sample")
        hand.tap("good")
        self._stage("sample", "approved")
        hand.wait_for(Sign)
        hand.sign()
        self._picture("sign")
        hand.tap("confirm")
        self._stage("sign", "signed")
        return self._end()

    def _begin(self, language: str, sheets_asked: int) -> None:
        self._journey = Journey(language, sheets_asked)
        self._began = self._stage_began = time.monotonic()

    def _scanned(self) -> None:
        hand = self._hand
        hand.wait_until(lambda: isinstance(hand.shown, Progress | ReviewPages), "the scan to begin")
        if isinstance(hand.shown, Progress):
            self._picture("scanning")
        hand.wait_for(ReviewPages, seconds=30)

    def _printing(self) -> None:
        hand = self._hand
        hand.wait_until(lambda: isinstance(hand.shown, Progress) and not hand.moving, "the printing to begin")
        if isinstance(hand.shown, Progress):
            self._picture("printing")

    def _identify(self, room: str, name: str) -> None:
        self._hand.tap("room")
        self._hand.type(room)
        self._hand.tap("name")
        self._hand.type(name)
        self._hand.tap("confirm")

    def _end(self) -> Journey:
        self._hand.wait_for(Farewell, seconds=60)
        self._picture("farewell")
        self._stage("collect", "paper and receipt")
        self._hand.tap("leave")
        self._hand.wait_for(Attract)
        self._journey.seconds["total"] = round(time.monotonic() - self._began, 2)
        return self._journey

    def _stage(self, name: str, words: str) -> None:
        now = time.monotonic()
        self._journey.seconds[name] = round(now - self._stage_began, 2)
        self._stage_began = now
        self._say(f"[{self._journey.language}] {now - self._began:5.1f} s  {name}: {words}")

    def _picture(self, name: str) -> None:
        self._journey.screens.append(self._hand.picture(f"{self._journey.language}-{name}"))
