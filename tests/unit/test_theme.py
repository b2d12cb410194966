"""The numbers of the look: what can be read and what can be touched on each panel."""

from __future__ import annotations

import pytest

from screens.theme import (
    CONTRAST,
    STANDARD,
    TARGETS,
    TEXT_ON,
    TYPE,
    X_HEIGHT,
    Panel,
    Shape,
    Theme,
    colour,
)

PORTRAIT, LANDSCAPE, SMALL = Panel(1080, 1920, 21.0), Panel(1280, 800, 10.1), Panel(800, 480, 7.0)
PANELS = (PORTRAIT, LANDSCAPE, SMALL)


def luminance(text: str) -> float:
    """WCAG 2.2 relative luminance."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour(text)[:3]]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("palette", "least"), [(STANDARD, 4.5), (CONTRAST, 7.0)])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON)
def test_every_text_stands_out_from_its_ground(palette, least, text, ground):
    assert contrast(getattr(palette, text), getattr(palette, ground)) >= least


def test_contrast_of_black_on_white_is_21():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


def test_high_contrast_has_black_white_and_one_more_colour():
    assert {value[:7] for value in vars(CONTRAST).values()} == {"#000000", "#FFFFFF", "#FFD400"}


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("panel", PANELS)
def test_whatever_is_touched_is_large_enough_on_the_real_glass(panel, name):
    theme = Theme()
    theme.fit(panel)
    millimetres = theme.px(TARGETS[name]) / panel.px_per_mm
    assert millimetres >= panel.least_target_mm


@pytest.mark.parametrize(("panel", "least"), [(PORTRAIT, 20.0), (LANDSCAPE, 9.0), (SMALL, 9.0)])
def test_least_target_by_panel(panel, least):
    assert panel.least_target_mm == least


@pytest.mark.parametrize(("panel", "shape"), zip(PANELS, (Shape.PORTRAIT, Shape.LANDSCAPE, Shape.SMALL), strict=True))
def test_shape_of_the_panels(panel, shape):
    assert panel.shape is shape


def test_the_drawing_is_reproduced_pixel_by_pixel():
    theme = Theme()
    assert [theme.type(role) for role in TYPE] == list(TYPE.values())
    assert theme.space("margin") == 56


def test_smallest_type_on_seven_inches_has_an_x_height_of_three_millimetres():
    theme = Theme()
    theme.fit(SMALL)
    smallest = min(theme.type(role) for role in TYPE)
    assert smallest * X_HEIGHT / SMALL.px_per_mm >= 2.98


@pytest.mark.parametrize("panel", PANELS)
def test_large_type_is_larger_everywhere_but_the_clock(panel):
    usual, large = Theme(), Theme()
    for theme in (usual, large):
        theme.fit(panel)
    large.wear(large=True)
    for role in TYPE:
        if role == "clock":
            assert large.type(role) == usual.type(role)
        else:
            assert large.type(role) > usual.type(role)


def test_nothing_moves_in_high_contrast():
    theme = Theme()
    assert 0.18 <= theme.motion <= 0.24
    theme.wear(contrast=True)
    assert theme.motion == 0


def test_an_unknown_colour_is_named():
    with pytest.raises(AttributeError, match="magenta"):
        _ = Theme().magenta
