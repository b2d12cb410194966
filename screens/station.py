"""The whole glass: bars, the stage where screens come and go, and what is laid over them. On Kivy's thread only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from kiosk.journeys.welcome import Attract
from kiosk.texts import texts
from kiosk.visit import IdleWarning, LanguageChosen, Notice, Progress, Signal, Situation, StaffCalled
from screens import sounds
from screens.assets import Assets, folder_of_choice
from screens.frame import LANGUAGE_NAMES, FootBar, Ground, HeadBar, place_on_trail
from screens.overlays import CallPanel, EndPanel, IdlePanel, Overlay, Toast
from screens.question import QuestionScreen, Shown, Surroundings, screen_of
from screens.settings import GlassSettings
from screens.stage import Stage
from screens.theme import theme

WAIT_BEFORE_REST = 0.6
"""Seconds that a question which was answered stays, dead, until the glass says "one moment"."""
REST = Progress("progress.moment")


@dataclass
class Presence:
    """What is on the glass: the question or progress, who waits for its answer, and its screen."""

    shown: Shown
    situation: Situation
    ticket: int | None
    answered: Callable[[Any], None]
    screen: QuestionScreen


class Station(FloatLayout):
    """Shows what the engine asks, shows and tells; reports what the guest does through ``signal``."""

    def __init__(self, settings: GlassSettings, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.settings = settings
        self.signal: Callable[[Signal | LanguageChosen], None] = lambda _signal: None
        self.presence: Presence | None = None
        self.language = settings.first_language
        self.called = StaffCalled(None)
        self._surroundings = Surroundings(
            Assets(folder_of_choice(settings.assets)), settings.clock, self._house, self.say
        )
        self._frame_key: object = None
        self._stage = Stage()
        self._head: HeadBar | None = None
        self._foot: FootBar | None = None
        self._ground = Ground()
        self._overlay: Overlay | None = None
        self._toast: Toast | None = None
        self._rest = Clock.create_trigger(self._come_to_rest, WAIT_BEFORE_REST)
        Clock.schedule_interval(self._tick, 1.0)
        Window.bind(on_touch_down=self._touched)
        self.add_widget(self._ground)

    def close(self) -> None:
        """Let go of the clock and the window; the station is not shown again."""
        Clock.unschedule(self._tick)
        self._rest.cancel()
        Window.unbind(on_touch_down=self._touched)
        if self.presence:
            self.presence.screen.left()

    @property
    def resting(self) -> bool:
        """Nothing on the glass moves or is expected to be touched in a hurry: the attract screen, alone."""
        now = self.presence
        return now is not None and now.screen.covers_all and not self._stage.moving and self._overlay is None

    @property
    def showing(self) -> str:
        """The name of the question or progress that was put up last."""
        return type(self.presence.shown).__name__ if self.presence else ""

    def greet(self) -> None:
        """The first frame, before the engine has anything to ask: the attract screen, not yet awake."""
        situation = Situation(self.language)
        self._present(Attract(()), situation, None, lambda _answer: None)
        if self.presence:
            self.presence.screen.dead = True

    def recover(self) -> None:
        """After a fault of a screen: put the question up anew and say so."""
        self._close_overlay()
        self._frame_key = None
        self.rebuild()
        self.say(texts(self.language)("screen.crashed"))

    # What the engine does

    def put(self, ticket: int, question: Any, situation: Situation, answered: Callable[[Any], None]) -> None:
        self._present(question, situation, ticket, answered)

    def take_off(self, ticket: int) -> None:
        """The engine no longer waits: the question dies now and goes when nothing else comes."""
        if self.presence and self.presence.ticket == ticket:
            self.presence.screen.dead = True
            self.presence.ticket = None
            self._rest()

    def show(self, progress: Progress, situation: Situation) -> None:
        now = self.presence
        if now and isinstance(now.shown, Progress) and not now.screen.dead and now.screen.update(progress):
            now.shown, now.situation = progress, situation
            return
        self._present(progress, situation, None, lambda _answer: None)

    def tell(self, notice: Notice | IdleWarning | StaffCalled) -> None:
        if isinstance(notice, IdleWarning):
            self._warn(notice.seconds)
        elif isinstance(notice, StaffCalled):
            self._staff_called(notice)
        else:
            self.say(texts(self.language).say(notice.key, notice.values))

    # Screens

    def _present(self, shown: Shown, situation: Situation, ticket: int | None, answered: Callable[[Any], None]) -> None:
        self._rest.cancel()
        before = self.presence
        kind = screen_of(shown)
        if kind.covers_all and (theme.large, theme.contrast) != theme.usual:
            theme.wear_usual()
        if kind.covers_all or self.language != situation.language:
            self._close_overlay()
        self.language = situation.language
        if isinstance(self._overlay, EndPanel):
            self._close_overlay()
        kept = before.screen.keep() if before and type(before.screen) is kind else None
        screen = self._build(kind, shown, situation, answered, kept)
        self.presence = Presence(shown, situation, ticket, answered, screen)
        self._dress(screen)
        self._stage.present(screen, travel=_travel(before, self.presence))
        if kind.chimes:
            sounds.play("chime")

    def _build(
        self, kind: type[QuestionScreen], shown: Shown, situation: Situation, answered: Any, kept: object = None
    ) -> QuestionScreen:
        return kind(shown, situation, self._surroundings, answered, kept, size=self._stage.size)

    def _come_to_rest(self, *_: Any) -> None:
        """Nothing came after an answer: say so, and leave nothing of the guest on the glass."""
        if self.presence and self.presence.ticket is None and self.presence.screen.dead:
            self._present(REST, self.presence.situation, None, lambda _answer: None)

    def rebuild(self) -> None:
        """The same question again, in another language, type or palette, with what the guest has chosen so far."""
        self._frame_key = None
        now = self.presence
        if now is None:
            return
        dead, kept = now.screen.dead, now.screen.keep()
        situation = Situation(self.language, now.situation.trail, now.situation.can_go_back, now.situation.at_stake)
        screen = self._build(type(now.screen), now.shown, situation, now.answered, kept)
        self.presence = Presence(now.shown, situation, now.ticket, now.answered, screen)
        self._dress(screen)
        self._stage.present(screen, travel=0)
        screen.dead = dead

    # What stands around the screens

    def _dress(self, screen: QuestionScreen) -> None:
        """Put up the bars that the screen wants; they are kept while nothing about them changes."""
        situation = screen.situation
        place = ""
        if theme.small:
            place = place_on_trail(situation.trail, getattr(screen.question, "stage", None), screen.t)
        key = (screen.covers_all, self.language, theme.large, theme.contrast, place, theme.panel)
        if key == self._frame_key:
            return
        self._frame_key = key
        self.clear_widgets()
        if self._stage.parent:
            self._stage.parent.remove_widget(self._stage)
        self._head = self._foot = None
        Window.clearcolor = theme.paper  # a sheet of the whole panel would cost a third of every frame
        self._ground = Ground(orientation="vertical" if theme.portrait else "horizontal")
        self.add_widget(self._ground)
        if screen.covers_all:
            self._ground.add_widget(self._stage)
        else:
            self._add_bars(place)
        for layer in (self._toast, self._overlay):
            if layer is not None:
                self.add_widget(layer)
        self._stage.size = self.size
        self._ground.size = self.size
        self.do_layout()
        self._ground.do_layout()
        for child in self._ground.children:
            if isinstance(child, BoxLayout):
                child.do_layout()
        self._tick()

    def _add_bars(self, place: str) -> None:
        t = texts(self.language)
        self._head = HeadBar(self._house(self.language), t, place)
        on = {"call": self.call_person, "language": self._other_language, "look": self._next_look, "end": self._end}
        self._foot = FootBar(t, self.language, on)
        self._foot.called = self.called.number or 0
        if theme.portrait:
            for block in (self._head, self._stage, self._foot):
                self._ground.add_widget(block)
            return
        column = BoxLayout(orientation="vertical")
        column.add_widget(self._head)
        column.add_widget(self._stage)
        self._ground.add_widget(column)
        self._ground.add_widget(self._foot)

    def _house(self, language: str) -> str:
        return self.settings.house.get(language) or next(iter(self.settings.house.values()))

    def _tick(self, *_: Any) -> None:
        now: datetime = self.settings.clock()
        if self._head:
            self._head.time = f"{now:%H:%M}"

    # The foot bar

    def _touched(self, *_: Any) -> None:
        self.signal(Signal.TOUCHED)

    def call_person(self) -> None:
        if not self.called.number:
            self.signal(Signal.CALL_PERSON)
        self._lay_over(CallPanel(self.language, self.called, self._close_overlay, self._withdraw))

    def _withdraw(self) -> None:
        self.signal(Signal.WITHDRAW_CALL)
        self._close_overlay()

    def _staff_called(self, called: StaffCalled) -> None:
        self.called = called
        if self._foot:
            self._foot.called = called.number or 0
        if isinstance(self._overlay, CallPanel):
            if called.number:
                self._lay_over(CallPanel(self.language, called, self._close_overlay, self._withdraw))
            else:
                self._close_overlay()
        if not called.number:
            self.say(texts(self.language)("call.withdrawn"))

    def _other_language(self) -> None:
        self.language = next(name for name in LANGUAGE_NAMES if name != self.language)
        self.signal(LanguageChosen(self.language))
        self.rebuild()

    def _next_look(self) -> None:
        large, contrast = {
            (False, False): (True, False),
            (True, False): (True, True),
        }.get((theme.large, theme.contrast), (False, False))
        theme.wear(large=large, contrast=contrast)
        self.rebuild()

    def _end(self) -> None:
        if self.presence and self.presence.situation.at_stake:
            self._lay_over(EndPanel(self.language, self._close_overlay, self._end_now))
        else:
            self._end_now()

    def _end_now(self) -> None:
        self._close_overlay()
        self.signal(Signal.END)

    # What is laid over

    def _warn(self, seconds: int | None) -> None:
        if seconds is None:
            if isinstance(self._overlay, IdlePanel):
                self._close_overlay()
            return
        sounds.play("warning")
        if isinstance(self._overlay, IdlePanel):
            self._overlay.seconds = seconds
        else:
            self._lay_over(IdlePanel(self.language, seconds, self._still_here))

    def _still_here(self) -> None:
        self.signal(Signal.TOUCHED)
        self._close_overlay()

    def _lay_over(self, overlay: Overlay) -> None:
        self._close_overlay()
        self._overlay = overlay
        self.add_widget(overlay)

    def _close_overlay(self) -> None:
        if self._overlay is not None:
            self.remove_widget(self._overlay)
            self._overlay = None

    def say(self, words: str) -> None:
        """A sentence beside the question, gone by itself."""
        if self._toast is not None:
            self.remove_widget(self._toast)
        self._toast = Toast(words, self._stage)
        self.add_widget(self._toast)
        toast = self._toast
        Clock.schedule_once(lambda _elapsed: self._unsay(toast), toast.seconds)

    def _unsay(self, toast: Toast) -> None:
        if self._toast is toast:
            self.remove_widget(toast)
            self._toast = None


def _travel(before: Presence | None, after: Presence) -> int:
    """Forward or back along the trail; covering screens come and go at once."""
    if before is None or before.screen.covers_all or after.screen.covers_all:
        return 0
    if type(before.screen) is type(after.screen):
        return 0
    trail = after.situation.trail
    was, now = (_stage_of(presence) for presence in (before, after))
    if was in trail and now in trail and trail.index(str(now)) < trail.index(str(was)):
        return -1
    return -1 if before.situation.trail and not trail else 1


def _stage_of(presence: Presence) -> str | None:
    return getattr(presence.shown, "stage", None)
