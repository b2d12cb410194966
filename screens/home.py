"""Home: the services as tiles. What is not available says why and is not offered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.properties import NumericProperty

from kiosk.journeys.welcome import Home, ServiceTile, ShowPrices
from kiosk.texts import Texts
from kiosk.wording import money
from screens.attract import part_of_day
from screens.controls import Pressable, TouchButton
from screens.question import QuestionScreen, screen_for
from screens.steps import HowItGoes
from screens.surfaces import Plate
from screens.theme import Shape, theme
from screens.words import Icon, Text

PAGE = 6
"""Tiles a page where the panel is too low for all."""
FEW = {Shape.PORTRAIT: 4, Shape.LANDSCAPE: 4, Shape.SMALL: 3}
"""Services up to which each has the whole width."""


@screen_for(Home)
class HomeScreen(QuestionScreen):
    page = NumericProperty(0)

    @property
    def part_of_day(self) -> str:
        return part_of_day(self.around.clock().hour)

    def keep(self) -> object:
        return self.page

    def chips(self) -> list[tuple[str, str, str, Callable[[], None]]]:
        more = [("more-services", "next", self.t("home.more"), self._turn)] if self.pages > 1 and theme.small else []
        return [*more, ("prices", "prices", self.t("home.prices"), self.prices)]

    @property
    def columns(self) -> int:
        if self.few:
            return 1
        return 3 if theme.small and len(self.question.tiles) > 4 else 2

    @property
    def few(self) -> bool:
        return len(self.question.tiles) <= FEW[theme.shape]

    def prices(self) -> None:
        self.answer(ShowPrices())

    @property
    def pages(self) -> int:
        return 1 if theme.portrait else -(-len(self.question.tiles) // PAGE)

    def fill(self) -> None:
        if isinstance(self.kept, int):
            self.page = self.kept
        self._fill_page()
        if len(self.question.tiles) == 1:
            self.ids.choices.add_widget(HowItGoes(self.t))
        if self.pages > 1 and theme.landscape:
            more = TouchButton(icon="next", text=self.t("home.more"), test_id="more-services")
            more.bind(on_tap=lambda _button: self._turn())
            self.ids.actions.add_widget(more)

    def _turn(self) -> None:
        self.page = (self.page + 1) % self.pages
        self._fill_page()

    def _fill_page(self) -> None:
        grid = self.ids.tiles
        grid.clear_widgets()
        tiles = self.question.tiles
        if self.pages > 1:
            tiles = tiles[self.page * PAGE : (self.page + 1) * PAGE]
        for tile in tiles:
            widget = Tile(tile, self.t, wide=self.few, roomy=theme.portrait or len(self.question.tiles) < 4)
            widget.bind(on_tap=lambda tapped: self.answer(tapped.service.name))
            widget.bind(on_refused=lambda tapped: self.around.say(self.t(tapped.service.reason)))
            grid.add_widget(widget)


class Tile(Pressable):
    """One service: drawing, name, and a hint or the reason why not."""

    def __init__(self, service: ServiceTile, t: Texts, *, wide: bool, roomy: bool) -> None:
        self.service = service
        self._wide, self._roomy = wide, wide and roomy
        super().__init__(
            off=not service.available, tells_why=True, test_id=f"service-{service.name}"
        )  # fmt: skip
        self._plate = Plate(self.canvas.before)
        slim = theme.small or (theme.landscape and theme.large)
        drawn = 72 if slim else 148 if self._roomy else 92
        self._icon = Icon(name=service.name, drawn=drawn)
        self._title = Text(role="title" if self._roomy else "tile", text=t(f"service.{service.name}.title"))
        self._hint = Text(role="subtitle" if self._roomy else "body" if wide else "small", text=self._hint_words(t))
        self._onward = Icon(name="forward", drawn=64, opacity=float(wide and service.available))
        for part in (self._icon, self._title, self._hint, self._onward):
            self.add_widget(part)
        place = Clock.create_trigger(self._place, -1)
        self.bind(pos=place, size=place, pressed=self._paint)
        for part in (self._title, self._hint):
            part.bind(height=place)
        self._paint()

    def _hint_words(self, t: Texts) -> str:
        service = self.service
        if service.reason:
            return t(service.reason)
        if service.price_from is not None:
            return t(service.hint, price=money(service.price_from))
        return t(service.hint)

    def _paint(self, *_: Any) -> None:
        fill, edge = ("off", "off_line") if self.off else ("pressed" if self.pressed else "card", "line")
        self._plate.paint(getattr(theme, fill), getattr(theme, edge))
        if self.off:
            self._icon.tone, self._title.tone, self._hint.tone = "off_ink", "off_ink", "off_reason"
        else:
            lit = theme.contrast and self.pressed
            self._icon.tone, self._title.tone, self._hint.tone = (
                ("on_pine", "on_pine", "on_pine") if lit else ("pine", "ink", "soft")
            )
            self._onward.tone = self._icon.tone

    def _place(self, *_: Any) -> None:
        self._plate.place(self, theme.px(32), max(1, theme.px(2)))
        pad, gap = (theme.px(36), theme.px(26)) if theme.portrait else (theme.px(24), theme.px(18))
        self._onward.x, self._onward.center_y = self.right - pad - self._onward.width, self.center_y
        if theme.small and not self._wide:
            self._place_small()
            return
        if self._roomy:
            pad, gap = round(pad * 1.5), round(gap * 1.5)
        words = self._title.height + self._hint.height * 1.0
        self.size_hint_min_y = max(theme.space("tile") * self._high, words + 2 * theme.px(28))
        left = self.x + pad + self._icon.width + gap
        for part in (self._title, self._hint):
            part.x, part.width = left, self.right - pad * 0.6 - left - (self._onward.width if self._wide else 0)
        top = self.center_y + words / 2
        self._title.top, self._hint.top = top, top - self._title.height
        self._icon.x, self._icon.center_y = self.x + pad, self.center_y

    @property
    def _high(self) -> float:
        """Parts of a usual tile: more with the whole width, less where four of those share a low panel."""
        return 1.2 if self._roomy else 0.8 if self._wide else 1.0

    def _place_small(self) -> None:
        """Name beside the drawing, the hint below both."""
        inner = self.width - 2 * theme.px(28)
        self._icon.x = self.x + theme.px(28)
        self._title.x = self._icon.right + theme.px(16)
        self._title.width = self.right - theme.px(16) - self._title.x
        self._hint.x, self._hint.width = self.x + theme.px(28), inner
        self.size_hint_min_y = max(theme.space("tile"), self._title.height + self._hint.height + theme.px(40))
        self._title.top = self.top - theme.px(16)
        self._icon.center_y = self._title.center_y
        self._hint.top = self._title.y
