"""How to copy: every option in a row, the price at once. What can't be had says why when it is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from hardware.protocols import Sides, Staple
from kiosk.journeys.copy_questions import DARKNESS, FIT, Choice, ChooseCopy, CopyOrder, ScanAgain
from kiosk.wording import money
from screens.controls import Option, OptionGrid, TouchButton
from screens.question import QuestionScreen, screen_for
from screens.surfaces import Card
from screens.theme import theme
from screens.words import Text, words_wide

A3_TO_A4 = 71
SCALES = (100, FIT, A3_TO_A4)
LEAST_SCALE, MOST_SCALE, SCALE_STEP = 25, 400, 5
DARKNESS_NAMES = dict(zip(DARKNESS, ("lightest", "light", "normal", "dark", "darkest"), strict=True))


@dataclass(frozen=True)
class Row:
    """One option of the order: its field, the words of its label and of a value, and the values there are."""

    field: str
    label: str
    choices: tuple[Choice, ...]
    word: Callable[[Any], str]
    note: Callable[[Any], str] = lambda _value: ""


@screen_for(ChooseCopy)
class ChooseCopyScreen(QuestionScreen):
    order = ObjectProperty(None)

    def keep(self) -> object:
        return self.order

    def fill(self) -> None:
        self.order = self.kept if isinstance(self.kept, CopyOrder) else self.question.order
        self._label_width = self._widest_label()
        self._grids: dict[str, OptionGrid] = {}
        self.ids.rows.add_widget(self._copies_row())
        self._dress_bar()
        self.bind(order=self._reprice)
        self._reprice()

    def fill_on(self) -> Iterator[None]:
        for row in self._rows():
            self.ids.rows.add_widget(self._labelled(row.label, self._options(row)))
            if row.field == "darkness":
                yield
                self._scale = BoxLayout(size_hint_y=None)
                self._scale.bind(minimum_height=self._scale.setter("height"))
                self.ids.rows.add_widget(self._labelled("copy.scale", self._scale))
                self._show_scale(custom=self.order.scale not in SCALES)
        yield

    def _rows(self) -> Iterable[Row]:
        choices, t = self.question.choices, self.t
        yield Row("media", "copy.paper", choices.media, lambda media: t(f"media.{media}"))
        yield Row(
            "sides", "copy.sides", choices.sides, lambda sides: t(f"copy.sides.{sides.value}"),
            lambda sides: "" if sides is Sides.ONE else t("copy.sides.saves"),
        )  # fmt: skip
        yield Row("colour", "copy.colour", choices.colour, lambda on: t(f"copy.colour.{_colour(on)}"))
        yield Row(
            "darkness", "copy.darkness", tuple(Choice(step) for step in DARKNESS),
            lambda step: t(f"copy.darkness.{DARKNESS_NAMES[step]}"),
        )  # fmt: skip
        yield Row(
            "staple", "copy.staple", self.question.staples(self.order),
            lambda staple: t(f"copy.staple.{_name(staple)}"),
        )  # fmt: skip
        if self.question.source_asked:
            yield Row("source", "copy.source", choices.source, lambda source: t(f"copy.source.{source.value}"))

    # Rows

    def _widest_label(self) -> float:
        return theme.px(178) * (1.0 if theme.portrait else 1.15) * (1.25 if theme.large else 1.0)

    def _labelled(self, label: str, controls: Any) -> OptionRow:
        row = OptionRow(orientation="vertical" if self._labels_above else "horizontal")
        words = Text(role="subtitle" if theme.portrait else "body", tone="soft", text=self.t(label))
        if not self._labels_above:
            words.size_hint_x, words.width = None, self._label_width - theme.px(20)
            words.fit = "box"
            words.size_hint_y, words.height = None, theme.space("option")
            words.pos_hint = {"top": 1}
        row.add_widget(words)
        row.add_widget(controls)
        return row

    @property
    def _labels_above(self) -> bool:
        """Beside the options there is no room for long words where type is large or the panel small."""
        return theme.large or theme.small

    def _options(self, row: Row) -> OptionGrid:
        grid = self._grids[row.field] = OptionGrid()
        self._fill(grid, row)
        return grid

    def _fill(self, grid: OptionGrid, row: Row) -> None:
        for choice in row.choices:
            grid.add_widget(
                self._option(
                    row.field, choice.value, row.word(choice.value), reason=choice.reason, note=row.note(choice.value)
                )
            )

    def _option(self, field: str, value: Any, text: str, *, reason: str | None = None, note: str = "") -> Option:
        option = Option(
            value, text=text, note=note, off=reason is not None, tells_why=True, test_id=f"{field}-{_name(value)}",
            chosen=getattr(self.order, field) == value,
        )  # fmt: skip
        option.bind(on_tap=lambda tapped: self._choose(field, tapped.value))
        option.bind(on_refused=lambda _option: self.around.say(self.t(reason or "")))
        return option

    def _choose(self, field: str, value: Any) -> None:
        self.order = replace(self.order, **{field: value})
        for option in self._grids[field].children:
            option.chosen = option.value == value
        if field == "sorted":
            self._offer_staples()

    def _offer_staples(self) -> None:
        """Whether there are sets to staple depends on the sorting."""
        if not self.order.sorted:
            self.order = replace(self.order, staple=Staple.NONE)
        grid = self._grids["staple"]
        grid.clear_widgets()
        self._fill(grid, next(row for row in self._rows() if row.field == "staple"))

    def _copies_row(self) -> OptionRow:
        controls = BoxLayout(size_hint_y=None, spacing=theme.px(20))
        controls.bind(minimum_height=controls.setter("height"))
        stepper = Stepper(name="copies", least=1, most=self.question.choices.copies_most, value=self.order.copies)
        stepper.bind(value=lambda _stepper, copies: setattr(self, "order", replace(self.order, copies=copies)))
        controls.add_widget(stepper)
        grid = OptionGrid(size_hint_x=0.85)
        for value, key in ((True, "copy.sorted"), (False, "copy.unsorted")):
            grid.add_widget(self._option("sorted", value, self.t(key)))
        self._grids["sorted"] = grid
        controls.add_widget(grid)
        if theme.large or theme.landscape:
            controls.orientation = "vertical"
            grid.size_hint_x = 1
        return self._labelled("copy.copies", controls)

    def _show_scale(self, *, custom: bool) -> None:
        self._scale.clear_widgets()
        self._scale.spacing = theme.px(20)
        grid = OptionGrid()
        self._grids["scale"] = grid
        if custom:
            start = self.order.scale if self.order.scale not in (FIT,) else 100
            self.order = replace(self.order, scale=start)
            stepper = Stepper(
                name="scale", least=LEAST_SCALE, most=MOST_SCALE, value=start, stride=SCALE_STEP, unit="%"
            )
            stepper.bind(value=lambda _stepper, scale: setattr(self, "order", replace(self.order, scale=scale)))
            presets = self._plain_option("scale-presets", self.t("copy.scale.presets"), self._back_to_presets)
            self._scale.add_widget(stepper)
            grid.size_hint_x = 0.42
            grid.add_widget(presets)
        else:
            for scale in SCALES:
                grid.add_widget(self._option("scale", scale, self._scale_words(scale)))
            grid.add_widget(
                self._plain_option("scale-custom", self.t("copy.scale.custom"), lambda: self._show_scale(custom=True))
            )
        self._scale.add_widget(grid)

    def _scale_words(self, scale: int) -> str:
        return {FIT: self.t("copy.scale.fit"), A3_TO_A4: self.t("copy.scale.a3-a4")}.get(scale, f"{scale}%")

    def _plain_option(self, test_id: str, text: str, act: Callable[[], None]) -> Option:
        option = Option(text=text, test_id=test_id)
        option.bind(on_tap=lambda _option: act())
        return option

    def _back_to_presets(self) -> None:
        self.order = replace(self.order, scale=100)
        self._show_scale(custom=False)

    # Price

    def _dress_bar(self) -> None:
        bar, adjusting = self.ids.bar, self.question.adjusting
        if theme.small:  # the options need the room
            bar.ids.words.remove_widget(bar.ids.summary)
        bar.forward_words = self.t("copy.sample-again" if adjusting else "copy.continue")
        bar.bind(on_forward=lambda _bar: self.answer(self.order))
        if adjusting:
            again = TouchButton(
                text=self.t("copy.scan-again"), icon="scan", test_id="scan-again", size_hint_x=None,
                high=max(theme.px(96), theme.least_target + 1),
            )  # fmt: skip
            again.width = bar.ids.forward.width
            bar.ids.forward.bind(width=again.setter("width"))
            again.bind(on_tap=lambda _button: self.answer(ScanAgain()))
            bar.ids.buttons.add_widget(again, index=1)

    def _reprice(self, *_: Any) -> None:
        bar, order = self.ids.bar, self.order
        try:
            total, sheet = self.question.price(order), self.question.sheet_price(order)
        except LookupError:  # the tariff has no price for this combination of single choices
            bar.price, bar.summary = self.t("copy.no-price"), self.t("copy.not-sold")
            bar.ids.forward.off = True
            return
        bar.ids.forward.off = False
        key = "copy.price.about" if self.question.pages is None else "copy.price.exact"
        bar.price = self.t(key, price=money(total))
        bar.summary = self.t.say(
            "copy.summary",
            {
                "copies": order.copies,
                "media": order.media,
                "sides": order.sides.value,
                "colour": _colour(order.colour),
                "price": money(sheet),
            },
        )


def _name(value: Any) -> str:
    """The value as it stands in a test id or a message key."""
    name = getattr(value, "name", None)
    return name.lower().replace("_", "-") if isinstance(name, str) else str(value).lower()


def _colour(on: bool) -> str:
    return "colour" if on else "black"


class OptionRow(BoxLayout):
    """The name of an option, and its values beside it (above it in large type)."""


class Stepper(BoxLayout):
    """A number between two buttons, from ``least`` to ``most`` by ``stride``."""

    name = StringProperty("")
    value = NumericProperty(1)
    least = NumericProperty(1)
    most = NumericProperty(99)
    stride = NumericProperty(1)
    unit = StringProperty("")
    words = StringProperty("")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bind(value=self._write, unit=self._write)
        self._write()

    def _write(self, *_: Any) -> None:
        self.words = f"{self.value}{self.unit}"

    def step(self, direction: int) -> None:
        self.value = max(self.least, min(self.most, self.value + direction * self.stride))


class PriceBar(Card):
    """What it costs, and the way on."""

    summary = StringProperty("")
    price = StringProperty("")
    forward_words = StringProperty("")
    price_role = StringProperty("amount")

    @property
    def stacked(self) -> bool:
        """The button below the price: in a column, and in large type."""
        return theme.landscape or (theme.portrait and theme.large)

    __events__ = ("on_forward",)

    def on_forward(self) -> None:
        pass

    def on_price(self, _bar: PriceBar, price: str) -> None:
        """As large as it fits beside the button."""
        if not theme.portrait:
            self.price_role = "amount"
            return
        room = theme.px(400 if not theme.large else 900)
        fits = words_wide(price, theme.type("hero"), bold=True) <= room
        self.price_role = "hero" if fits else "amount"

    def on_forward_words(self, _bar: PriceBar, words: str) -> None:
        self.ids.forward.text = words
