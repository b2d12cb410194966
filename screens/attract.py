"""Attract: greets whoever passes, in both languages. Nothing moves, so an idle station costs next to nothing."""

from __future__ import annotations

from typing import Any

from kivy.clock import Clock
from kivy.graphics.texture import Texture
from kivy.properties import ObjectProperty, StringProperty

from kiosk.journeys.welcome import LANGUAGES, Attract
from kiosk.texts import texts
from screens.controls import Pressable
from screens.frame import LANGUAGE_NAMES
from screens.question import QuestionScreen, screen_for
from screens.steps import Steps
from screens.surfaces import Stack
from screens.theme import Colour, theme
from screens.words import Icon, Text, words_wide

DAY_PARTS = ((5, "evening"), (12, "morning"), (18, "afternoon"), (24, "evening"))
"""Up to which hour of the day which greeting is said."""


def part_of_day(hour: int) -> str:
    return next(name for end, name in DAY_PARTS if hour < end)


def gradient(top: Colour, bottom: Colour) -> Texture:
    """From ``bottom`` up to ``top``; two pixels that the graphics card blends."""
    texture = Texture.create(size=(1, 2), colorfmt="rgb")
    pixels = bytes(round(part * 255) for shade in (bottom, top) for part in shade[:3])
    texture.blit_buffer(pixels, colorfmt="rgb", bufferfmt="ubyte")
    texture.wrap = "clamp_to_edge"
    # From the middle of the lower pixel to the middle of the upper one.
    texture.uvpos, texture.uvsize = (0, 0.25), (1, 0.5)
    return texture


@screen_for(Attract)
class AttractScreen(QuestionScreen):
    covers_all = True

    house = StringProperty("")
    time = StringProperty("")
    greeting = StringProperty("")
    second_greeting = StringProperty("")
    invitation = StringProperty("")
    ground = ObjectProperty(None)

    def fill(self) -> None:
        self.ground = gradient(theme.attract_top, theme.attract_bottom)
        chinese, english = (texts(language) for language in LANGUAGES)
        self.house = " ".join(self.around.house(LANGUAGES[0]))
        self.invitation = "  ·  ".join(said("attract.start") for said in (chinese, english))
        self._offer_services()
        self._offer_languages()
        self._tell_time()
        self._ticking = Clock.schedule_interval(self._tell_time, 5)

    def _offer_services(self) -> None:
        row, services = self.ids.services, self.question.services
        if len(services) == 1 and not theme.small:
            both = tuple(texts(language) for language in LANGUAGES)
            row.orientation, row.spacing = "vertical", theme.px(40)
            words = "  ·  ".join(said(f"service.{services[0]}.title") for said in both)
            row.add_widget(Text(role="tile", tone="attract_icon", halign="center", text=words))
            row.add_widget(Steps(both, icon_tone="attract_icon", tone="attract_ink", drawn=96))
            return
        for service in services:
            row.add_widget(_service(service))

    def _offer_languages(self) -> None:
        row = self.ids.languages
        for language in LANGUAGES:
            label = Language(LANGUAGE_NAMES[language], f"language-{language}")
            label.bind(on_tap=lambda _label, chosen=language: self.answer(chosen))
            row.add_widget(label)

    def largest(self, words: str, role: str, *, bold: bool) -> float:
        """Pixels of the type in which ``words`` fit on one line, at most those of ``role``."""
        wanted, room = theme.type(role), theme.panel.width - 2 * theme.space("margin")
        return wanted * min(1.0, room / max(1.0, words_wide(words, wanted, bold=bold)))

    def _tell_time(self, *_: Any) -> None:
        now = self.around.clock()
        part = part_of_day(now.hour)
        self.time = f"{now:%H:%M}"
        self.greeting, self.second_greeting = (texts(language)(f"attract.greeting.{part}") for language in LANGUAGES)

    def left(self) -> None:
        self._ticking.cancel()

    def on_touch_down(self, touch: Any) -> bool:
        if super().on_touch_down(touch):
            return True
        touch.grab(self)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is self:
            touch.ungrab(self)
            self.answer(None)
            return True
        return bool(super().on_touch_up(touch))


def _service(name: str) -> Stack:
    both = [texts(language)(f"service.{name}.short") for language in LANGUAGES]
    block = Stack(spacing=theme.px(10))
    block.add_widget(Icon(name=name, drawn=96, tone="attract_icon", pos_hint={"center_x": 0.5}))
    words = Text(role="body", tone="attract_ink", halign="center", text=" ".join(both))
    block.add_widget(words)
    return block


class Language(Pressable):
    """A language's own name."""

    def __init__(self, text: str, test_id: str) -> None:
        side = theme.space("option")
        super().__init__(size_hint=(None, None), size=(side, side), test_id=test_id)
        self._text = Text(role="control", tone="attract_ink", fit="tight", text=text)
        self.add_widget(self._text)
        self._text.bind(texture_size=self._place)
        self.bind(pos=self._place)
        self._place()

    def _place(self, *_: Any) -> None:
        self.width = max(self._text.texture_size[0] + theme.px(48), self.height)
        self._text.center = self.center
