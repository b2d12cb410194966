"""Every colour, size, font size and time of the screens, by name. Screens use names; nothing else knows a number.

The drawing is 1080 x 1920; lengths here are drawn lengths and ``Theme.px`` turns them into pixels of the panel. No
Kivy here, so the numbers can be checked without a window.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

Colour = tuple[float, float, float, float]

DRAWN_WIDTH = 1080
LARGE = 1.3
LARGE_IN_COLUMNS = 1.12
"""For titles in a narrow column, and for all type of a small panel, which is near its largest already."""
MM_PER_INCH = 25.4

X_HEIGHT = 0.543
"""Height of a small x in Noto Sans SC, as a part of the type size."""

SMALLEST_X_HEIGHT_MM = 3.0
"""On a 7-inch panel, which is read from the same distance as the large one."""


def colour(text: str) -> Colour:
    """``#RRGGBB`` or ``#RRGGBBAA`` as Kivy wants it."""
    parts = [int(text[i : i + 2], 16) / 255 for i in range(1, len(text), 2)]
    red, green, blue, alpha = [*parts, 1.0][:4]
    return red, green, blue, alpha


@dataclass(frozen=True)
class Palette:
    """Colours by what they mean. ``on_x`` is the text on a surface of colour x."""

    paper: str
    card: str
    line: str
    foot: str
    ink: str
    soft: str
    pine: str
    on_pine: str
    pine_soft: str
    on_pine_soft: str
    brass: str
    brass_soft: str
    brass_ink: str
    alert: str
    alert_soft: str
    on_alert_soft: str
    off: str
    off_line: str
    off_ink: str
    off_reason: str
    pressed: str
    attract_top: str
    attract_bottom: str
    attract_ink: str
    attract_icon: str
    veil: str


STANDARD = Palette(
    paper="#F5F1EA",
    card="#FFFFFF",
    line="#DDD5C8",
    foot="#FBF8F3",
    ink="#1C2B2D",
    soft="#5D6B6B",
    pine="#12524A",
    on_pine="#FFFFFF",
    pine_soft="#E3EEEA",
    on_pine_soft="#1C2B2D",
    brass="#A8793A",
    brass_soft="#F4E9D8",
    brass_ink="#5F4118",
    alert="#A93A2B",
    alert_soft="#F8E4DF",
    on_alert_soft="#1C2B2D",
    off="#EFEAE2",
    off_line="#DDD5C8",
    off_ink="#6F685D",
    off_reason="#A93A2B",
    pressed="#E8E2D8",
    attract_top="#12524A",
    attract_bottom="#0B3530",
    attract_ink="#F5F1EA",
    attract_icon="#D9B27C",
    veil="#1C2B2D99",
)

CONTRAST = Palette(
    paper="#000000",
    card="#000000",
    line="#FFFFFF",
    foot="#000000",
    ink="#FFFFFF",
    soft="#FFFFFF",
    pine="#FFD400",
    on_pine="#000000",
    pine_soft="#FFD400",
    on_pine_soft="#000000",
    brass="#FFD400",
    brass_soft="#000000",
    brass_ink="#FFD400",
    alert="#FFD400",
    alert_soft="#000000",
    on_alert_soft="#FFFFFF",
    off="#000000",
    off_line="#000000",
    off_ink="#FFFFFF",
    off_reason="#FFD400",
    pressed="#FFD400",
    attract_top="#000000",
    attract_bottom="#000000",
    attract_ink="#FFFFFF",
    attract_icon="#FFD400",
    veil="#000000CC",
)

TEXT_ON = (
    ("ink", "paper"),
    ("soft", "paper"),
    ("ink", "card"),
    ("soft", "card"),
    ("ink", "foot"),
    ("pine", "paper"),
    ("pine", "card"),
    ("on_pine", "pine"),
    ("on_pine_soft", "pine_soft"),
    ("brass_ink", "brass_soft"),
    ("alert", "card"),
    ("alert", "paper"),
    ("on_alert_soft", "alert_soft"),
    ("alert", "alert_soft"),
    ("off_ink", "off"),
    ("off_reason", "off"),
    ("attract_ink", "attract_top"),
    ("attract_ink", "attract_bottom"),
    ("attract_icon", "attract_top"),
    ("attract_top", "attract_ink"),
)
"""Every pair of text and ground that the screens draw."""

TYPE = {
    "clock": 190,
    "hero": 76,
    "title": 64,
    "amount": 54,
    "tile": 44,
    "count": 40,
    "control": 34,
    "subtitle": 32,
    "body": 28,
    "small": 24,
}
BOLD = frozenset({"hero", "title", "amount", "tile", "count"})

SPACE = {
    "margin": 56,
    "block": 40,
    "gap": 28,
    "row": 20,
    "hair": 2,
    "head_bar": 150,
    "foot_bar": 190,
    "button": 124,
    "option": 108,
    "tile": 236,
    "card_radius": 32,
    "button_radius": 28,
    "option_radius": 24,
}

TARGETS = {"button": SPACE["button"], "option": SPACE["option"], "tile": SPACE["tile"], "key": SPACE["option"]}
"""Least drawn height of everything that can be touched; never below ``least_target_mm``."""


class Shape(Enum):
    """How a screen is laid out."""

    PORTRAIT = "portrait"
    LANDSCAPE = "landscape"
    SMALL = "small"


@dataclass(frozen=True)
class Panel:
    """The glass: pixels, and inches across the diagonal."""

    width: int = 1080
    height: int = 1920
    inches: float = 21.5

    @property
    def shape(self) -> Shape:
        if self.width < self.height:
            return Shape.PORTRAIT
        return Shape.LANDSCAPE if self.height >= 600 else Shape.SMALL

    @property
    def px_per_mm(self) -> float:
        diagonal: float = (self.width**2 + self.height**2) ** 0.5
        return diagonal / (self.inches * MM_PER_INCH)

    @property
    def least_target_mm(self) -> float:
        """20 mm for a standing guest at a large panel, 9 mm where the panel is small and near."""
        return 20.0 if self.inches >= 18 else 9.0


TYPE_SCALE = {Shape.PORTRAIT: 1.0, Shape.LANDSCAPE: 0.85, Shape.SMALL: 0.62}
"""Of the type sizes, on the drawing, on 1280 x 800 and on 800 x 480."""
TYPE_DRAWN_FOR = {Shape.PORTRAIT: 1080, Shape.LANDSCAPE: 800, Shape.SMALL: 480}


class Theme:
    """The one theme in force: a panel, a palette and the size of type. Widgets read it when they are built."""

    def __init__(self) -> None:
        self.panel = Panel()
        self.large = False
        self.contrast = False
        self.usual = (False, False)
        """Large and contrast of the look that every guest finds."""
        self.still = False
        self._palette: dict[str, Colour] = {}
        self._wear(STANDARD)

    def fit(self, panel: Panel) -> None:
        self.panel = panel

    def wear(self, *, large: bool = False, contrast: bool = False) -> None:
        """Large type and the high-contrast palette, one or both."""
        self.large, self.contrast = large, contrast
        self._wear(CONTRAST if contrast else STANDARD)

    def wear_usual(self) -> None:
        large, contrast = self.usual
        self.wear(large=large, contrast=contrast)

    def _wear(self, palette: Palette) -> None:
        self._palette = {name: colour(value) for name, value in vars(palette).items()}

    def __getattr__(self, name: str) -> Colour:
        try:
            return self.__dict__["_palette"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(f"the theme has no {name!r}") from None

    @property
    def shape(self) -> Shape:
        return self.panel.shape

    @property
    def portrait(self) -> bool:
        return self.shape is Shape.PORTRAIT

    @property
    def landscape(self) -> bool:
        return self.shape is Shape.LANDSCAPE

    @property
    def small(self) -> bool:
        return self.shape is Shape.SMALL

    def px(self, drawn: float) -> int:
        """Pixels for a drawn length."""
        return round(drawn * min(self.panel.width, self.panel.height) / DRAWN_WIDTH)

    def space(self, name: str) -> int:
        return self.px(SPACE[name])

    @property
    def smallest_type(self) -> int:
        """Pixels of the smallest type there is."""
        if self.small:
            return round(SMALLEST_X_HEIGHT_MM * self.panel.px_per_mm / X_HEIGHT)
        return self._scaled(TYPE["small"])

    def type(self, role: str) -> int:
        """Pixels of the type for a role of ``TYPE``."""
        size = max(self._scaled(TYPE[role]), self.smallest_type)
        if not self.large or role == "clock":
            return size
        in_column = self.landscape and role in BOLD
        return round(size * (LARGE_IN_COLUMNS if self.small or in_column else LARGE))

    def _scaled(self, drawn: int) -> int:
        short = min(self.panel.width, self.panel.height)
        return round(drawn * TYPE_SCALE[self.shape] * short / TYPE_DRAWN_FOR[self.shape])

    @property
    def least_target(self) -> float:
        """Pixels that a touch target must have in its smaller direction."""
        return self.panel.least_target_mm * self.panel.px_per_mm

    @property
    def motion(self) -> float:
        """Seconds that a slide takes; 0 where nothing may move."""
        return 0.0 if self.contrast or self.still else 0.22


theme = Theme()
