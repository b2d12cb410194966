"""Is what is on the glass fit to be read and touched? Looks at the widgets that are really there."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

from kivy.uix.label import Label
from kivy.uix.widget import Widget

from screens.controls import Pressable
from screens.keyboard import Keyboard
from screens.paper import Paper
from screens.scroller import Scroller
from screens.surfaces import Picture
from screens.theme import theme
from screens.typeface import ICONS

SLACK = 2.0
"""Pixels that rounding may cost."""

LEAST_PICTURE = 90
"""Drawn pixels of a drawing's shorter side."""

Box = tuple[float, float, float, float]


def faults_of(root: Widget) -> list[str]:
    """What is wrong, one phrase a fault."""
    faults: list[str] = []
    labels, pressables = [], []
    for widget, room in _visible(root, _box(root)):
        if isinstance(widget, Label) and widget.text.strip() and widget.opacity:
            labels.append((widget, room))
        if isinstance(widget, Pressable):
            pressables.append((widget, room))
        if isinstance(widget, (Picture, Paper)):
            faults += _misplaced(widget)
        if isinstance(widget, Keyboard) and _scroller_of(widget):
            faults.append("the keyboard is not seen whole")
    for label, room in labels:
        faults += _words_cut(label, room)
    for pressable, room in pressables:
        faults += _too_small(pressable, room)
    faults += _overlapping([label for label, _ in labels], "words")
    faults += _overlapping([pressable for pressable, _ in pressables if pressable.test_id != "start"], "targets")
    return faults


def _visible(widget: Widget, room: Box) -> Iterator[tuple[Widget, Box]]:
    """Every widget with the box it must stay in: that of its scroller, unbounded below where it scrolls."""
    if not widget.opacity:
        return
    if isinstance(widget, Scroller):
        left, low, right, high = _box(widget)
        room = (left, float("-inf"), right, float("inf")) if widget.overflow > 1 else (left, low, right, high)
    yield widget, room
    for child in widget.children:
        yield from _visible(child, room)


def _box(widget: Widget) -> Box:
    left, low = widget.to_window(widget.x, widget.y)
    return left, low, left + widget.width, low + widget.height


def _ink(label: Label) -> Box:
    """Where the words of a label really are: the texture in the widget, without the font's air above and below."""
    wide, high = label.texture_size
    left, low, right, top = _box(label)
    x = {"left": left, "right": right - wide}.get(label.halign, (left + right - wide) / 2)
    if label.text_size[0]:
        # The texture is as wide as the room given; the words are not.
        words = min(wide, max((_line_width(label, line) for line in label.text.split("\n")), default=wide))
        x = {"left": left, "right": right - words}.get(label.halign, (left + right - words) / 2)
        wide = words
    middle = (low + top) / 2
    air = label.font_size * 0.2
    return x, middle - high / 2 + air, x + wide, middle + high / 2 - air


def _line_width(label: Label, line: str) -> float:
    return float(label._label.get_extents(line)[0]) if line else 0.0


def _words_cut(label: Label, room: Box) -> Iterator[str]:
    name = f"{label.text[:24]!r}"
    wide = label.texture_size[0]
    room_given = label.text_size[1] is not None and not label.shorten  # of what is typed the end is seen
    if room_given and _needed_height(label) > label.height + label.font_size * 0.45 + SLACK:
        yield f"{name} is cut: needs more than {label.height:.0f} px of height"
    if label.text_size[0] is None and wide > label.width + SLACK:
        yield f"{name} is cut: {wide:.0f} px in {label.width:.0f}"
    if label.text_size[0] and _longest_word(label) > label.text_size[0] + SLACK:
        yield f"{name} breaks a word: {label.text_size[0]:.0f} px is too narrow"
    left, low, right, top = _ink(label)
    if left < room[0] - SLACK or right > room[2] + SLACK or low < room[1] - SLACK or top > room[3] + SLACK:
        yield f"{name} leaves its place: {left:.0f},{low:.0f}..{right:.0f},{top:.0f}"
    if isinstance(label.parent, Pressable):
        box = _box(label.parent)
        if left < box[0] - SLACK or right > box[2] + SLACK or low < box[1] - SLACK or top > box[3] + SLACK:
            yield f"{name} sticks out of {label.parent.test_id}"
    if label.font_name != ICONS and label.font_size < theme.smallest_type - 0.6:
        yield f"{name} is set in {label.font_size:.0f} px, the smallest is {theme.smallest_type}"


def _misplaced(picture: Picture | Paper) -> Iterator[str]:
    """A drawing must be there, inside its own widget, and that inside the sheet it lies on."""
    name = type(picture).__name__
    if picture.shown is None:
        yield f"{name} is empty"
        return
    left, low, wide, high = picture.shown
    for holder in (picture, picture.parent):
        right, top = holder.x + holder.width, holder.y + holder.height
        if left < holder.x - SLACK or low < holder.y - SLACK or left + wide > right + SLACK or low + high > top + SLACK:
            yield f"{name} lies outside {type(holder).__name__}: {left:.0f},{low:.0f} {wide:.0f} x {high:.0f}"
    if wide < theme.px(LEAST_PICTURE) or high < theme.px(LEAST_PICTURE):
        yield f"{name} is too small to tell anything: {wide:.0f} x {high:.0f}"


def _needed_height(label: Label) -> float:
    if not label.text_size[0]:
        return float(label.texture_size[1])
    lines, width = 1, 0.0
    for character in label.text:
        step = _line_width(label, character)
        if width + step > label.text_size[0]:
            lines, width = lines + 1, 0.0
        width += step
    return float(lines * label.font_size * 1.4)


def _longest_word(label: Label) -> float:
    words = [word for word in label.text.split() if word.isascii()]
    return max((_line_width(label, word) for word in words), default=0.0)


def _too_small(pressable: Pressable, room: Box) -> Iterator[str]:
    least = theme.least_target - SLACK / 2
    name = pressable.test_id or type(pressable).__name__
    if pressable.width < least or pressable.height < least:
        yield f"target {name} is {pressable.width:.0f} x {pressable.height:.0f} px, the least is {least:.0f}"
    left, low, right, top = _box(pressable)
    if left < room[0] - SLACK or right > room[2] + SLACK or low < room[1] - SLACK or top > room[3] + SLACK:
        yield f"target {name} leaves its place"


def _overlapping(widgets: list[Any], what: str) -> Iterator[str]:
    boxes = [(widget, _ink(widget) if isinstance(widget, Label) else _box(widget)) for widget in widgets]
    for (one, a), (other, b) in combinations(boxes, 2):
        if _veiled(one) != _veiled(other) or _clipped_apart(one, other):
            continue
        wide = min(a[2], b[2]) - max(a[0], b[0])
        high = min(a[3], b[3]) - max(a[1], b[1])
        if wide > SLACK and high > SLACK:
            yield f"{what} overlap: {_called(one)} and {_called(other)}"


def _called(widget: Any) -> str:
    return repr(widget.text[:16]) if isinstance(widget, Label) else str(widget.test_id)


def _veiled(widget: Widget) -> object:
    """The overlay or toast that a widget lies on: what lies beneath one is hidden by it."""
    from screens.overlays import Overlay, Toast

    while widget.parent is not None and widget.parent is not widget:
        if isinstance(widget, (Overlay, Toast)):
            return widget
        widget = widget.parent
    return None


def _clipped_apart(one: Widget, other: Widget) -> bool:
    """Of two widgets in different scrollers (or one outside) only the clipped parts could meet."""
    return _scroller_of(one) is not _scroller_of(other)


def _scroller_of(widget: Widget) -> object:
    while widget.parent is not None and widget.parent is not widget:
        if isinstance(widget, Scroller):
            return widget if widget.overflow > 1 else None
        widget = widget.parent
    return None
