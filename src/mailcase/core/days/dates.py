"""Dates as people say them: 'Thursday 24 December 2026 at 14:05'; another language is one more row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Words:
    """How one language says a date; `day` and `moment` are format strings, weeks begin on Monday."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    day: str
    moment: str


LANGUAGES: Mapping[str, Words] = MappingProxyType(
    {
        "en": Words(
            weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
            months=(
                *("January", "February", "March", "April", "May", "June", "July"),
                *("August", "September", "October", "November", "December"),
            ),
            day="{weekday} {day} {month} {year}",
            moment="{date} at {hour:02}:{minute:02}",
        ),
    }
)


def words_for(language: str) -> Words:
    """The words of a language by its tag (RFC 5646), 'en-GB' speaks 'en'; ValueError if there is no row."""
    primary = language.partition("-")[0].lower()
    if primary not in LANGUAGES:
        raise ValueError(f"no words for dates in the language {language!r}; known: {', '.join(LANGUAGES)}")
    return LANGUAGES[primary]


def day_in_words(day: date, language: str = "en") -> str:
    """The day with its weekday, in the zone the value is in: 'Thursday 24 December 2026'."""
    words = words_for(language)
    return words.day.format(
        weekday=words.weekdays[day.weekday()], day=day.day, month=words.months[day.month - 1], year=day.year
    )


def date_in_words(when: datetime, language: str = "en") -> str:
    """The day and the time, in the zone the value is in; ValueError for a value that has no zone."""
    if when.utcoffset() is None:
        raise ValueError(f"{when!r} has no time zone, so nobody can say what day it is")
    words = words_for(language)
    return words.moment.format(date=day_in_words(when, language), hour=when.hour, minute=when.minute)
