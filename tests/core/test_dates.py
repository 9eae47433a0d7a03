"""Dates in words: one line per weekday and per month."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.days.dates import LANGUAGES, date_in_words, day_in_words


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 12, 21), "Monday 21 December 2026"),
        (date(2026, 12, 22), "Tuesday 22 December 2026"),
        (date(2026, 12, 23), "Wednesday 23 December 2026"),
        (date(2026, 12, 24), "Thursday 24 December 2026"),
        (date(2026, 12, 25), "Friday 25 December 2026"),
        (date(2026, 12, 26), "Saturday 26 December 2026"),
        (date(2026, 12, 27), "Sunday 27 December 2026"),
        (date(2027, 1, 5), "Tuesday 5 January 2027"),
        (date(2027, 2, 28), "Sunday 28 February 2027"),
        (date(2028, 2, 29), "Tuesday 29 February 2028"),
        (date(2027, 3, 1), "Monday 1 March 2027"),
        (date(2027, 4, 1), "Thursday 1 April 2027"),
        (date(2027, 5, 3), "Monday 3 May 2027"),
        (date(2027, 6, 30), "Wednesday 30 June 2027"),
        (date(2027, 7, 4), "Sunday 4 July 2027"),
        (date(2027, 8, 31), "Tuesday 31 August 2027"),
        (date(2027, 9, 9), "Thursday 9 September 2027"),
        (date(2027, 10, 10), "Sunday 10 October 2027"),
        (date(2027, 11, 11), "Thursday 11 November 2027"),
    ],
)
def test_a_day_is_said_with_its_weekday(day: date, words: str) -> None:
    assert day_in_words(day) == words


@pytest.mark.parametrize(
    ("when", "words"),
    [
        (datetime(2026, 12, 24, 14, 5, tzinfo=ZoneInfo("Europe/London")), "Thursday 24 December 2026 at 14:05"),
        (datetime(2026, 12, 24, 0, 0, tzinfo=UTC), "Thursday 24 December 2026 at 00:00"),
        (datetime(2026, 12, 24, 9, 59, 59, tzinfo=UTC), "Thursday 24 December 2026 at 09:59"),
        (datetime(2026, 12, 31, 23, 59, tzinfo=timezone(timedelta(hours=13))), "Thursday 31 December 2026 at 23:59"),
    ],
)
def test_a_moment_is_said_in_its_own_zone(when: datetime, words: str) -> None:
    assert date_in_words(when) == words


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        date_in_words(datetime(2026, 12, 24, 14, 5))  # noqa: DTZ001


def test_a_regional_language_speaks_its_main_language() -> None:
    assert day_in_words(date(2026, 12, 24), "en-GB") == "Thursday 24 December 2026"


def test_a_language_without_words_is_named() -> None:
    with pytest.raises(ValueError, match="'tlh'"):
        day_in_words(date(2026, 12, 24), "tlh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_seven_weekdays_and_twelve_months(language: str) -> None:
    words = LANGUAGES[language]
    assert (len(set(words.weekdays)), len(set(words.months))) == (7, 12)


@given(st.dates())
def test_every_day_agrees_with_the_calendar(day: date) -> None:
    weekday, number, month, year = day_in_words(day).split(" ")
    assert datetime.strptime(f"{year.zfill(4)} {month} {number}", "%Y %B %d").date() == day  # noqa: DTZ007
    assert weekday == day.strftime("%A")
