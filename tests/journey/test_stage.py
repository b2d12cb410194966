"""How screens come onto the glass, and with what their words are drawn."""

from __future__ import annotations

from itertools import product

import pytest

from hardware.protocols import Staple
from kiosk.journeys.copy_questions import STAGES, ChooseCopy
from kiosk.journeys.welcome import Home
from kiosk.visit import Situation
from screens import samples
from screens.hand import touch_at
from screens.typeface import EVERYDAY, WHOLE
from screens.words import Text

IN_COPY = Situation("zh_CN", STAGES, can_go_back=True)


def test_a_new_screen_slides_in_from_the_direction_of_travel(glass, asked):
    from screens.theme import theme

    theme.still = False
    asked(Home(samples.TILES))
    glass.start(glass.guest.ask(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy), IN_COPY))
    glass.wait_until(lambda: glass.moving, "the slide")
    assert glass.screen.x > 0
    glass.wait_for(ChooseCopy)
    assert glass.screen.x == glass.station._stage.x


def test_a_screen_that_is_still_being_built_takes_no_touch_and_is_built_anew_in_another_language(glass, asked):
    home = asked(Home(samples.TILES))
    glass.tap("service-copy")
    assert glass.result(home) == "copy"
    copy = glass.start(glass.guest.ask(ChooseCopy(samples.CHOICES, samples.ORDER, samples.TARIFF.copy), IN_COPY))
    glass.wait_until(lambda: isinstance(glass.shown, ChooseCopy), "the next question")
    assert "staple" not in glass.screen._grids
    stage = glass.station._stage
    for across, up in product(range(5, 100, 10), repeat=2):
        touch = touch_at(stage.x + stage.width * across / 100, stage.y + stage.height * up / 100)
        touch.touch_down()
        touch.touch_up()
    glass.station._other_language()
    assert "staple" not in glass.screen._grids
    glass.wait_for(ChooseCopy)
    assert glass.screen.t.language == "en"
    assert len({option.value for option in glass.screen._grids["staple"].children}) == len(Staple)
    assert not copy.done()
    glass.tap("continue")
    assert glass.result(copy) == samples.ORDER


def test_a_fault_of_a_screen_puts_the_question_up_anew_and_says_so(glass, asked):
    answer = asked(Home(samples.TILES))
    before = glass.screen
    glass.station.recover()
    assert glass.screen is not before
    assert glass.station._toast is not None
    glass.tap("service-copy")
    assert glass.result(answer) == "copy"


def test_a_rare_character_is_drawn_with_the_whole_typeface_and_only_then(glass):
    name = Text(text="Room 0808, 王")
    everyday = name.font_name
    name.text = "Room 0808, 㼆"
    rare = name.font_name
    name.texture_update()
    drawn = bytes(name.texture.pixels)
    name.text = "Room 0808, 㼇"
    name.texture_update()
    assert bytes(name.texture.pixels) != drawn, "both are the box that stands for a missing character"
    name.text = "Room 0808, 李"
    assert (everyday, rare, name.font_name) == (EVERYDAY, WHOLE, EVERYDAY)


@pytest.mark.parametrize("change", [{"text": "Αλέξανδρος Παπαδόπουλος, Δημήτριος Γεωργίου"}, {"role": "tile"}])
def test_words_that_take_another_font_are_broken_by_its_widths(glass, change):
    for width in range(240, 640, 20):
        words = Text(text="Please check the long sentence in your own language", width=width)
        for name, value in change.items():
            setattr(words, name, value)
        words.texture_update()
        first = words._label.text
        words.texture_update()
        assert words._label.text == first
