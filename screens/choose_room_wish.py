"""What shall hold for the guest's room: do not disturb, with an end or without; make up the room; nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.journeys.room_wish_questions import ChooseRoomWish, RoomWish, Wished
from kiosk.wording import moment
from screens.controls import Option
from screens.question import QuestionScreen, screen_for
from screens.surfaces import Stack
from screens.theme import theme
from screens.tiles import Tile, UprightTile, WideTile
from screens.words import Text

ICONS = {RoomWish.DO_NOT_DISTURB: "do-not-disturb", RoomWish.MAKE_UP: "make-up", RoomWish.NONE: "no-wish"}


@screen_for(ChooseRoomWish)
class ChooseRoomWishScreen(QuestionScreen):
    wished = ObjectProperty(None)
    action = StringProperty("")
    unchanged = BooleanProperty(defaultvalue=True)

    def keep(self) -> object:
        return self.question, self.wished

    def fill(self) -> None:
        self.wished = self.question.now
        if isinstance(self.kept, tuple) and self.kept[0] == self.question:
            self.wished = self.kept[1]
        self._ends = self._ends_on_offer()
        self._about = Text(role="body", tone="soft")
        self._tiles = [self._tile(wish) for wish in ICONS]
        row = BoxLayout(size_hint_y=None, spacing=theme.px(20)) if theme.small else self.ids.wishes
        for tile in self._tiles:
            row.add_widget(tile)
        if theme.small:  # side by side; what would stand on the tile stands below all of them
            row.bind(minimum_height=row.setter("height"))
            self.ids.wishes.add_widget(row)
        self.bind(wished=self._show)
        self._show()

    def _tile(self, wish: RoomWish) -> Tile:
        face: dict[str, Any] = {
            "icon": ICONS[wish],
            "title": self.t(f"room-wish.{wish.value}"),
            "mark": self.t("room-wish.now") if wish is self.question.now.wish else "",
            "test_id": f"wish-{wish.value}",
        }
        if theme.small:
            tile: Tile = UprightTile(wish, **face)
        else:
            tile = WideTile(wish, note=self._note(wish), high=200 if theme.portrait else 140, **face)
        tile.bind(on_tap=lambda tapped: self._choose(tapped.value))
        return tile

    def _note(self, wish: RoomWish) -> str:
        now = self.question.now
        if wish is now.wish and now.until is not None:
            return self.t("room-wish.now-until", at=self._moment(now.until))
        return self.t(f"room-wish.{wish.value}-note")

    def _ends_on_offer(self) -> Ends:
        ends = Ends(heading=self.t("room-wish.how-long"))
        if theme.small:
            ends.remove_widget(ends.ids.heading)
        for end in (*self.question.ends, None):
            words = self.t("room-wish.until-lifted") if end is None else self._moment(end)
            name = "lifted" if end is None else f"{end:%H%M}"
            option = Option(end, text=words, test_id=f"until-{name}")
            option.bind(on_tap=lambda tapped: setattr(self, "wished", Wished(RoomWish.DO_NOT_DISTURB, tapped.value)))
            ends.ids.ends.add_widget(option)
        return ends

    def _moment(self, at: datetime) -> str:
        return moment(at, self.question.today, self.t)

    def _choose(self, wish: RoomWish) -> None:
        if wish is not self.wished.wish:
            self.wished = self.question.now if wish is self.question.now.wish else Wished(wish)

    def _show(self, *_: Any) -> None:
        wished = self.wished
        for tile in self._tiles:
            tile.chosen = tile.value is wished.wish
        for option in self._ends.ids.ends.children:
            option.chosen = option.value == wished.until
        self._show_ends(undisturbed=wished.wish is RoomWish.DO_NOT_DISTURB)
        self.unchanged = wished == self.question.now and not self._again
        self.action = self._action()

    def _show_ends(self, *, undisturbed: bool) -> None:
        """Below the wish that has an end."""
        wishes = self.ids.wishes
        self._about.text = self._note(self.wished.wish)
        if theme.small:
            shown, hidden = (self._ends, self._about) if undisturbed else (self._about, self._ends)
            wishes.remove_widget(hidden)
            if not shown.parent:
                wishes.add_widget(shown)
        elif undisturbed and not self._ends.parent:
            wishes.add_widget(self._ends, index=len(wishes.children) - 1)
        elif not undisturbed and self._ends.parent:
            wishes.remove_widget(self._ends)

    @property
    def _again(self) -> bool:
        """Who waits for the room to be made up may ask once more."""
        return self.wished.wish is self.question.now.wish is RoomWish.MAKE_UP

    def _action(self) -> str:
        wished = self.wished
        if self._again:
            return self.t("room-wish.set.make-up-again")
        if self.unchanged:
            return self.t("room-wish.unchanged")
        if wished.until is not None:
            return self.t("room-wish.set.do-not-disturb-until", at=self._moment(wished.until))
        return self.t(f"room-wish.set.{wished.wish.value}")


class Ends(Stack):
    """Until when, as options."""

    heading = StringProperty("")
