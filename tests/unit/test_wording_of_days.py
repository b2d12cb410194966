"""Days and times in words: the same in every place, in the guest's language, 24 hours."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from kiosk.texts import texts
from kiosk.wording import day_words, moment, near_day, time_until

TODAY = date(2026, 11, 22)
AT = datetime.fromisoformat("2026-11-23 06:30")


@pytest.mark.parametrize(
    ("day", "chinese", "english"),
    [
        ("2026-11-22", "今天，11月22日 星期日", "Today, Sunday 22 November"),
        ("2026-11-23", "明天，11月23日 星期一", "Tomorrow, Monday 23 November"),
        ("2026-11-24", "11月24日 星期二", "Tuesday 24 November"),
        ("2027-01-01", "1月1日 星期五", "Friday 1 January"),
    ],
)
def test_a_day_is_told_with_weekday_and_date(day, chinese, english):
    asked = date.fromisoformat(day)
    assert day_words(asked, TODAY, texts("zh_CN")) == chinese
    assert day_words(asked, TODAY, texts("en")) == english


def test_short_days_for_narrow_places():
    assert day_words(AT.date(), TODAY, texts("en"), short=True) == "Tomorrow, Mon 23 Nov"
    assert near_day(date(2026, 11, 25), TODAY, texts("zh_CN")) == "周三"
    assert near_day(TODAY, TODAY, texts("en")) == "Today"


def test_a_moment_inside_a_sentence():
    assert moment(AT, TODAY, texts("zh_CN")) == "明天 06:30"
    assert moment(AT, TODAY, texts("en")) == "06:30 tomorrow"
    assert moment(AT, date(2026, 11, 20), texts("en")) == "06:30 on Monday 23 November"


@pytest.mark.parametrize(
    ("now", "chinese", "english"),
    [
        ("2026-11-22 23:10", "还有 7 小时 20 分钟", "In 7 h 20 min"),
        ("2026-11-23 06:17:30", "还有 13 分钟", "In 13 min"),
        ("2026-11-21 06:30", "还有 2 天 0 小时", "In 2 d 0 h"),
    ],
)
def test_the_time_that_is_left(now, chinese, english):
    assert time_until(AT, datetime.fromisoformat(now), texts("zh_CN")) == chinese
    assert time_until(AT, datetime.fromisoformat(now), texts("en")) == english


def test_values_that_are_times_are_worded_where_they_are_said():
    t = texts("en")
    assert t.say("done.room-wish.do-not-disturb-until", (("until", "2026-11-23T06:30:00+08:00"),)) == (
        "You will not be disturbed\nuntil 06:30 on Monday 23 November"
    )
