"""Done: what to take along, what was charged, the receipt."""

from __future__ import annotations

from typing import Any

import segno
from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.properties import StringProperty

from kiosk.journeys.paying import Farewell
from kiosk.wording import money
from screens import drawing, rows  # noqa: F401 - named in the layout
from screens.parting import PartingScreen
from screens.question import screen_for
from screens.surfaces import Card
from screens.theme import theme
from screens.words import Text

PRINTED = "printed"


@screen_for(Farewell)
class FarewellScreen(PartingScreen):
    def fill(self) -> None:
        super().fill()
        question, things = self.question, self.ids.things
        things.fact("copy", self.t(self._count_key(), sheets=question.sheets, asked=question.asked))
        things.fact("scan", self.t(f"farewell.originals-{question.originals_in}"), tone="brass")
        if question.trouble is not None:
            things.fact("alert", self.t(question.trouble), tone="alert")
        if question.receipt is None:
            things.fact("check", self.t("farewell.free"))
        elif question.receipt == PRINTED:
            things.fact("receipt", self.t("farewell.receipt-printed"))
        else:
            things.fact("alert", self.t(question.receipt), tone="alert")
        bill = self.ids.bill
        bill.add_widget(Text(role="body", tone="soft", text=self.t("farewell.charged")))
        bill.add_widget(Text(role="hero" if theme.portrait else "amount", text=money(question.bill.total)))
        self._qr = self.ids.qr.__self__
        if question.voucher is None:
            self.ids.below.remove_widget(self._qr)
        else:
            bill.add_widget(Text(role="body", tone="soft", text=self.t("farewell.voucher", voucher=question.voucher)))
            self._qr.words = self.t("farewell.qr")
            self._qr.show(question.receipt_link)

    def _count_key(self) -> str:
        return "farewell.all" if self.question.sheets >= self.question.asked else "farewell.some"


class QrCard(Card):
    """A code to take along on a phone; black on white in every theme, or no phone reads it."""

    words = StringProperty("")

    def show(self, text: str) -> None:
        code = [bytes(0 if dark else 255 for dark in line) for line in segno.make(text, micro=False).matrix_iter()]
        side = len(code)
        texture = Texture.create(size=(side, side), colorfmt="luminance")
        texture.mag_filter = texture.min_filter = "nearest"
        texture.blit_buffer(b"".join(reversed(code)), colorfmt="luminance", bufferfmt="ubyte")
        place = self.ids.place
        with place.canvas:
            Color(1, 1, 1, 1)
            self._code = Rectangle(texture=texture)
        place.bind(pos=self._put, size=self._put)

    def _put(self, place: Any, *_: Any) -> None:
        side = min(place.width, place.height)
        self._code.size = (side, side)
        self._code.pos = (place.x + (place.width - side) / 2, place.y + (place.height - side) / 2)
