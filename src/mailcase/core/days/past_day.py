"""A day that has been, as people write it: '3 May', 'Mon 3rd of May 2026', '2026-05-03', 'yesterday'."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from mailcase.core.days.dates import words_for

YEARS_BACK: Final = 10  # an older receipt is a slip of the pen

_RELATIVE: Final[Mapping[str, int]] = MappingProxyType({"today": 0, "yesterday": 1})
_ISO: Final = re.compile(r"(?P<year>\d{4})-(?P<number>\d\d)-(?P<day>\d\d)")
_WEEKDAY: Final = r"(?:(?P<weekday>[a-z]{3,9})\.?,? )?"
_DAY: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_MONTH: Final = r"(?P<month>[a-z]{3,9})\.?"
_YEAR: Final = r"(?:,? (?P<year>\d{4}))?"
_SHAPES: Final = (
    _ISO,
    re.compile(rf"{_WEEKDAY}(?:the )?{_DAY} (?:of )?{_MONTH}{_YEAR}"),
    re.compile(rf"{_WEEKDAY}{_MONTH} (?:the )?{_DAY}{_YEAR}"),
)


def past_day(text: str, today: date) -> date:
    """The day; without a year the last one that has been. A ValueError says what is wrong with it.

    Days in figures alone are not read: 3/5 is May to some and March to others.
    """
    words = " ".join(text.lower().split()).removeprefix("on ").removeprefix("the ")
    if words in _RELATIVE:
        return today - timedelta(days=_RELATIVE[words])
    found = next((match for shape in _SHAPES if (match := shape.fullmatch(words))), None)
    if found is None:
        raise ValueError(f"“{text}” is no day: write it like 3 May, 3 May {today.year} or {today.isoformat()}")
    parts = found.groupdict()
    day = _day(parts, text, today)
    weekday = parts.get("weekday")
    if weekday and day.weekday() != _place(weekday, words_for("en").weekdays, text):
        raise ValueError(f"“{text}” is no day: {day.isoformat()} was a {words_for('en').weekdays[day.weekday()]}")
    return day


def _day(parts: Mapping[str, str | None], text: str, today: date) -> date:
    name, number, year = parts.get("month"), parts.get("number"), parts["year"]
    month = _place(name, words_for("en").months, text) + 1 if name else int(number or 0)
    years = [int(year)] if year else range(today.year, today.year - YEARS_BACK, -1)
    days = [found for each in years if (found := _date(each, month, int(parts["day"] or 0)))]
    if not days:
        raise ValueError(f"“{text}” is no day of the calendar")
    past = [day for day in days if day <= today]
    if not past:
        raise ValueError(f"“{text}” has not been yet: today is {today.isoformat()}")
    if past[0].year < today.year - YEARS_BACK:
        raise ValueError(f"“{text}” is more than {YEARS_BACK} years ago")
    return past[0]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _place(word: str, names: tuple[str, ...], text: str) -> int:
    """Which of the names the word begins (`sept`, `tues`)."""
    places = [place for place, name in enumerate(names) if name.lower().startswith(word)]
    if len(places) != 1:
        raise ValueError(f"“{text}” is no day: “{word}” is none of {', '.join(names)}")
    return places[0]
