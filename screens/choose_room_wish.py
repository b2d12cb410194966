"""What shall hold for the guest's room: do not disturb, with an end or without; make up the room; nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from kivy.properties import BooleanProperty, ObjectProperty, StringProperty

from kiosk.journeys.room_wish_questions import ChooseRoomWish, RoomWish, Wished
from kiosk.wording import moment
from screens.controls import Option
from screens.question import QuestionScreen, screen_for
from screens.surfaces import Stack
from screens.theme import theme
from screens.tiles import WideTile

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
        self._tiles = [self._tile(wish) for wish in ICONS]
        self._ends = self._ends_on_offer()
        for tile in self._tiles:
            self.ids.wishes.add_widget(tile)
        self.bind(wished=self._show)
        self._show()

    def _tile(self, wish: RoomWish) -> WideTile:
        tile = WideTile(
            wish,
            icon=ICONS[wish],
            title=self.t(f"room-wish.{wish.value}"),
            note=self._note(wish),
            mark=self.t("room-wish.now") if wish is self.question.now.wish else "",
            high=200 if theme.portrait else 150,
            test_id=f"wish-{wish.value}",
        )
        tile.bind(on_tap=lambda tapped: self._choose(tapped.value))
        return tile

    def _note(self, wish: RoomWish) -> str:
        now = self.question.now
        if wish is now.wish and now.until is not None:
            return self.t("room-wish.now-until", at=self._moment(now.until))
        return self.t(f"room-wish.{wish.value}-note")

    def _ends_on_offer(self) -> Ends:
        ends = Ends(heading=self.t("room-wish.how-long"))
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
        wished, wishes = self.wished, self.ids.wishes
        for tile in self._tiles:
            tile.chosen = tile.value is wished.wish
        for option in self._ends.ids.ends.children:
            option.chosen = option.value == wished.until
        disturb = wished.wish is RoomWish.DO_NOT_DISTURB
        if disturb and not self._ends.parent:
            wishes.add_widget(self._ends, index=len(wishes.children) - 1)
        elif not disturb and self._ends.parent:
            wishes.remove_widget(self._ends)
        self.unchanged = wished == self.question.now and not self._again
        self.action = self._action()

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
