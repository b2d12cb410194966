"""Which language: each in its own words."""

from __future__ import annotations

from kiosk.journeys.welcome import ChooseLanguage
from kiosk.texts import Texts, texts
from screens.controls import TouchButton
from screens.frame import LANGUAGE_NAMES
from screens.question import QuestionScreen, screen_for
from screens.theme import theme


@screen_for(ChooseLanguage)
class ChooseLanguageScreen(QuestionScreen):
    @property
    def tongues(self) -> list[Texts]:
        return [texts(language) for language in self.question.languages]

    def fill(self) -> None:
        for language in self.question.languages:
            button = TouchButton(
                text=LANGUAGE_NAMES[language],
                role="tile",
                test_id=f"language-{language}",
                high=theme.px(190),
                trailing="forward",
            )
            button.bind(on_tap=lambda _button, chosen=language: self.answer(chosen))
            self.ids.languages.add_widget(button)
