"""Read one's own messages, or leave one."""

from __future__ import annotations

from kiosk.journeys.message_questions import ChooseMessageWay, MessageWay
from screens.question import QuestionScreen, screen_for
from screens.theme import theme
from screens.tiles import WideTile

ICONS = {MessageWay.READ: "message-read", MessageWay.LEAVE: "message-leave"}


@screen_for(ChooseMessageWay)
class ChooseMessageWayScreen(QuestionScreen):
    def fill(self) -> None:
        for way, icon in ICONS.items():
            refused = self.question.unread if way is MessageWay.READ else None
            tile = WideTile(
                way,
                icon=icon,
                title=self.t(f"message.way.{way.value}"),
                note=self.t(refused or f"message.way.{way.value}-note"),
                onward=refused is None,
                high=240 if theme.small else 320,
                test_id=way.value,
                off=refused is not None,
                tells_why=True,
            )
            tile.bind(on_tap=lambda tapped: self.answer(tapped.value))
            tile.bind(on_refused=lambda _tile: self.around.say(self.t(self.question.unread)))
            self.ids.ways.add_widget(tile)
