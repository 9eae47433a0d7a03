"""A firm's weekdays and opening hours as a policy writes them: 'mon-fri' and '09:00-17:00'."""

from __future__ import annotations

import re

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_SHORT = tuple(name[:3].lower() for name in WEEKDAYS)
_HOURS = re.compile(r"(\d\d?):(\d\d) ?- ?(\d\d?):(\d\d)", re.ASCII)
_MIDNIGHT = 24 * 60  # close must be earlier: a due moment lies on the day that it is due


def read_weekdays(text: str) -> frozenset[int]:
    """The weekdays in 'mon-fri', 'sun-thu' or 'mon,tue,thu', Monday is 0; a ValueError says what would be right."""
    found: set[int] = set()
    for piece in text.lower().replace(" ", "").split(","):
        first, dash, last = piece.partition("-")
        last = last if dash else first
        if first not in _SHORT or last not in _SHORT:
            raise ValueError(f"{text!r} names no weekdays; write them as 'mon-fri', 'mon-sat' or 'mon,tue,thu'")
        start = _SHORT.index(first)
        length = (_SHORT.index(last) - start) % 7
        found.update((start + ahead) % 7 for ahead in range(length + 1))
    return frozenset(found)


def read_hours(text: str) -> tuple[int, int]:
    """Opening and close in minutes after midnight, as late as '23:59'; a ValueError says what would be right."""
    match = _HOURS.fullmatch(text.strip())
    numbers = [int(number) for number in match.groups()] if match else []
    if numbers and max(numbers[1], numbers[3]) < 60:
        opening, close = 60 * numbers[0] + numbers[1], 60 * numbers[2] + numbers[3]
        if opening < close < _MIDNIGHT:
            return opening, close
    raise ValueError(
        f"{text!r} are no opening hours; write opening and close of one day, such as '09:00-17:00' or '00:00-23:59'"
    )
