"""What every screen has in common: one question, one answer, a title, and three places to put things.

A screen's kv puts its widgets into ``Aside`` (what is looked at), ``Choices`` (what is touched) and ``Actions`` (what
happens next). Where these stand is decided here by the shape of the panel, so no screen knows the panels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from kivy.lang import Builder
from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.texts import Texts, texts
from kiosk.visit import BACK, Progress, Question, Situation
from screens.assets import Assets
from screens.controls import TouchButton
from screens.frame import Trail
from screens.scroller import Scroller
from screens.surfaces import Stack
from screens.theme import theme
from screens.words import Text

Shown = Question[Any] | Progress
SCREENS: dict[type[Any], type[QuestionScreen]] = {}


class Slot(Stack):
    """A place on a screen. It stretches when something in it does."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("spacing", theme.space("gap"))
        super().__init__(**kwargs)

    def settle(self) -> bool:
        """Called when everything is in it; True when it stretches."""
        if all(child.size_hint_y is None for child in self.children):
            return False
        self.unbind(minimum_height=self.setter("height"))
        self.bind(minimum_height=self.setter("size_hint_min_y"))
        self.size_hint_y, self.size_hint_min_y = 1, self.minimum_height
        return True


class Aside(Slot):
    pass


class Choices(Slot):
    pass


class Actions(BoxLayout):
    """The row at the bottom; the main action last. All as high as the highest."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("spacing", theme.space("gap"))
        kwargs.setdefault("size_hint_y", None)
        super().__init__(**kwargs)
        self.bind(minimum_height=self.setter("height"))

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(widget, TouchButton):
            widget.size_hint_y = 1
        super().add_widget(widget, *args, **kwargs)


class QuestionScreen(BoxLayout):
    """Shows one question and answers it once. Knows nothing of journeys, devices or money.

    ``kept`` is what ``keep`` gave when the same question was rebuilt for another language or theme.
    """

    title = StringProperty("")
    subtitle = StringProperty("")
    test_id = StringProperty("")

    covers_all: ClassVar[bool] = False
    """Takes the whole glass, without bars."""
    chimes: ClassVar[bool] = False
    """Something is ready or needs the guest: say so."""

    def __init__(
        self,
        question: Any,
        situation: Situation,
        surroundings: Surroundings,
        answered: Callable[[Any], None],
        kept: object = None,
        size: tuple[float, float] = (100, 100),
    ) -> None:
        self.question = question
        self.situation = situation
        self.around = surroundings
        self.t: Texts = texts(situation.language)
        self.kept = kept
        self.dead = False
        self._answered = answered
        self._slots: dict[type, Any] = {}
        self._arranged = False
        self.filling = self.fill_on()
        super().__init__(orientation="vertical", size_hint=(None, None), size=size)

    def answer(self, value: object) -> None:
        """The screen goes dead in the same frame: a second tap can't answer the next question."""
        if not self.dead:
            self.dead = True
            self._answered(value)

    def back(self) -> None:
        self.answer(BACK)

    def keep(self) -> object:
        """What the guest has chosen so far, for the same screen built anew. None: nothing to keep."""
        return None

    def update(self, _question: Any) -> bool:
        """Show a newer value of the same kind in place; False when the screen has to be built anew."""
        return False

    def chips(self) -> list[tuple[str, str, str, Callable[[], None]]]:
        """Small buttons beside the title: test id, icon, words, what they do."""
        return []

    def came(self) -> None:
        """The screen is on the glass and at rest."""

    def left(self) -> None:
        """The screen is being taken down: stop what runs."""

    def on_touch_down(self, touch: Any) -> bool:
        if self.dead:
            return bool(self.collide_point(*touch.pos))
        return bool(super().on_touch_down(touch))

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        if not self._arranged and isinstance(widget, (Aside, Choices, Actions)):
            self._slots[type(widget)] = widget
            return
        super().add_widget(widget, *args, **kwargs)

    def on_kv_post(self, _base: Any) -> None:
        self.fill()
        self._arranged = True
        if not self.covers_all:
            self._arrange()

    def fill(self) -> None:
        """Add what depends on the question, before the screen is laid out."""

    def fill_on(self) -> Iterator[None]:
        """Add what is too much for one frame, while the screen before is still seen: yield after each frame's piece."""
        yield from ()

    def _arrange(self) -> None:
        filled = {kind: slot for kind, slot in self._slots.items() if slot.children}
        aside, choices, actions = (filled.get(kind) for kind in (Aside, Choices, Actions))
        margin = theme.space("margin") if not theme.small else theme.px(36)
        head = Head(self)
        if theme.landscape:
            self._arrange_in_columns(head, aside, choices, actions)
            return
        top = theme.px(40) if self.situation.trail else margin
        self.padding, self.spacing = [margin, top, margin, theme.space("margin") * 0.8], theme.space("gap")
        if theme.small:
            self.padding, self.spacing = [margin, theme.px(24)], theme.px(20)
        body = _column([head, *(slot for slot in (aside, choices) if slot)])
        self.add_widget(body)
        self.scrollers = [body]
        if actions:
            self.add_widget(actions)

    def _arrange_in_columns(self, head: Head, aside: Any, choices: Any, actions: Any) -> None:
        """Question left, choices right with what happens next below them, near the hand."""
        self.orientation, self.spacing = "horizontal", theme.px(64)
        self.padding = [theme.space("margin"), theme.px(40)]
        left, right = (
            BoxLayout(orientation="vertical", spacing=theme.space("gap"), size_hint_x=part) for part in (2, 3)
        )
        blocks = [head, *([aside] if aside else [])]
        self.scrollers = [_column(blocks)]
        left.add_widget(self.scrollers[0])
        if choices:
            self.scrollers.append(_column([choices], rest="below" if not aside else "above" if actions else "around"))
            right.add_widget(self.scrollers[-1])
        if actions:  # two buttons need the wider column
            (right if aside or len(actions.children) > 1 else left).add_widget(actions)
        self.add_widget(left)
        self.add_widget(right)


def _column(blocks: list[Any], rest: str = "below") -> Scroller:
    """Blocks above each other; where they don't need the room, ``rest`` says where it is left."""
    content = BoxLayout(orientation="vertical", spacing=theme.px(20) if theme.small else theme.space("gap"))
    stretches = False
    for block in blocks:
        content.add_widget(block)
        stretches = (isinstance(block, Slot) and block.settle()) or stretches
    if not stretches and rest in ("above", "around"):
        content.add_widget(Widget(), index=len(content.children))
        if rest == "around":
            content.add_widget(Widget())
        stretches = True
    return Scroller(content, stretches=stretches)


class Head(Stack):
    """Where one is, what is asked, what happens next, and the way back."""

    def __init__(self, screen: QuestionScreen) -> None:
        super().__init__(spacing=0)
        situation, stage = screen.situation, getattr(screen.question, "stage", None)
        trail = Trail(situation.trail, stage, screen.t) if situation.trail and stage and not theme.small else None
        chips = [_chip("back", "back", screen.t("action.back"), screen.back)] if situation.can_go_back else []
        chips += [_chip(*chip) for chip in screen.chips()]
        title = Text(role="title", text=screen.title, pos_hint={"top": 1})
        if theme.landscape:  # the column is narrow: the title has a line to itself
            self._add_row([*([trail] if trail else []), *([] if trail else [Widget()]), *chips])
            self._add_row([title])
        else:
            if trail:
                self.add_widget(trail)
                self.add_widget(Widget(size_hint_y=None, height=theme.px(24)))
            self._add_row([title, *chips])
        subtitle = Text(role="subtitle", tone="soft", text=screen.subtitle)
        screen.bind(title=title.setter("text"), subtitle=subtitle.setter("text"))
        if screen.subtitle and not (theme.small and situation.trail):  # the room is needed for what is touched
            self.add_widget(subtitle)

    def _add_row(self, widgets: list[Any]) -> None:
        """Side by side, as high as the highest."""
        if not any(isinstance(widget, (Text, Trail, TouchButton)) for widget in widgets):
            return
        row = BoxLayout(size_hint_y=None, spacing=theme.space("gap"))

        def grow(*_: Any) -> None:
            row.height = max(widget.height for widget in widgets if widget.size_hint_y is None)

        for widget in widgets:
            row.add_widget(widget)
            widget.bind(height=grow)
        grow()
        self.add_widget(row)


def _chip(test_id: str, icon: str, text: str, act: Callable[[], None]) -> TouchButton:
    chip = TouchButton(
        icon=icon, text="" if theme.small else text, hug=True, test_id=test_id, role="body", inset=24,
        high=max(theme.px(92), theme.least_target + 1), pos_hint={"top": 1},
    )  # fmt: skip
    chip.bind(on_tap=lambda _chip: act())
    return chip


class Surroundings:
    """What a screen may know of the house: where the drawings are, what time it is, what the hotel is called; and how
    to say a sentence beside the question."""

    def __init__(
        self, assets: Assets, clock: Callable[[], Any], house: Callable[[str], str], say: Callable[[str], None]
    ) -> None:
        self.assets = assets
        self.clock = clock
        self.house = house
        self.say = say

    def drawing(self, name: str) -> str:
        """Path of the drawing called ``name``, in the palette in force."""
        return str(self.assets.drawing(name, contrast=theme.contrast))

    def fault_drawing(self, key: str) -> str:
        """The drawing for the fault ``key`` ("printer.media-jam"), else the one of its device, else the house's."""
        for name in (key.replace(".", "-"), key.split(".")[0]):
            path = self.assets.drawing(name, contrast=theme.contrast)
            if path.exists():
                return str(path)
        return self.drawing("out-of-service")


S = TypeVar("S", bound=QuestionScreen)


def screen_for(asked: type[Any]) -> Callable[[type[S]], type[S]]:
    """Class decorator: this is the one screen of that question. Loads the layout of the same name beside it."""

    def register(screen: type[S]) -> type[S]:
        if asked in SCREENS:
            raise TypeError(f"{asked.__name__} has a screen already: {SCREENS[asked].__name__}")
        SCREENS[asked] = screen
        load_kv(screen.__module__)
        return screen

    return register


_kv_loaded: set[str] = set()


def load_kv(module: str) -> None:
    """Load the layout that lies beside ``module``, once."""
    name = module.rpartition(".")[2]
    if name not in _kv_loaded:
        _kv_loaded.add(name)
        Builder.load_file(str(Path(__file__).with_name(f"{name}.kv")))


def modules() -> list[str]:
    """The modules that hold screens: those with a layout of the same name."""
    return [f"screens.{kv.stem}" for kv in sorted(Path(__file__).parent.glob("*.kv"))]


def load_all() -> None:
    for module in modules():
        import_module(module)


def screen_of(shown: Shown) -> type[QuestionScreen]:
    """The screen of a question; its module is loaded when it was not yet."""
    if type(shown) not in SCREENS:
        load_all()
    return SCREENS[type(shown)]
