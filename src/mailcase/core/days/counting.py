"""Counting days: which day is the nth, and why a day did not count. Dates only; times and zones are calendar's."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from mailcase.core.days.durations import Duration

Counting = Literal["day-after-receipt", "day-of-receipt"]
WhyClosed = Callable[[date], str]  # '' on a business day, else the reason in words

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the reckoning: the day, its number when it counts, else None, and what is to be said about it."""

    day: date
    counted: int | None
    why: str


def business_day(why_closed: WhyClosed, day: date, count: int) -> date:
    """The business day `count` after `day`, or before it when negative; `day` itself is never counted."""
    step = DAY if count > 0 else -DAY
    left = abs(count)
    while left:
        day += step
        if not why_closed(day):
            left -= 1
    return day


def business_days_between(why_closed: WhyClosed, start: date, end: date, counting: Counting) -> int:
    """The number that `end` has when business days are counted from `start`; 0 when it is not later."""
    first = start if counting == "day-of-receipt" else start + DAY
    return sum(not why_closed(first + timedelta(days=ahead)) for ahead in range((end - first).days + 1))


def due_day(why_closed: WhyClosed, received: date, duration: Duration, counting: Counting) -> date:
    """The last day of a duration that is counted in whole days; hours are a ValueError.

    The day of receipt is day 0, or day 1 by `day-of-receipt`: then any duration ends one day earlier, as a period
    that begins with a day does in law (Zoan v Rouamba [2000] 1 WLR 1509; BGB 187-188). Weeks and months end on the
    day they end on, open or not.
    """
    early = 1 if counting == "day-of-receipt" else 0
    match duration.unit:
        case "business days":
            return business_day(why_closed, received - timedelta(days=early), duration.count)
        case "days":
            return received + timedelta(days=duration.count - early)
        case "weeks":
            return received + timedelta(days=7 * duration.count - early)
        case "months":
            return _months_later(received, duration.count, early)
        case _:
            raise ValueError(f"{duration} is not counted in days")


def _months_later(received: date, count: int, early: int) -> date:
    """The same day of a later month, or its last day where it has no such day: 31 January + 1 month = 28 February."""
    months = received.month - 1 + count
    year, month = received.year + months // 12, months % 12 + 1
    day = min(received.day - early, monthrange(year, month)[1])
    return date(year, month, 1) + timedelta(days=day - 1)


def day_steps(why_closed: WhyClosed, received: date, duration: Duration, counting: Counting) -> Iterator[Step]:
    """How `due_day` was reached: a step for each day, or for each week or month; the last one is the due day."""
    if duration.unit in ("weeks", "months"):
        yield from _long_steps(why_closed, received, duration, counting)
        return
    closed = why_closed if duration.unit == "business days" else _never
    day, counted = received, 0
    if counting == "day-after-receipt":
        yield Step(received, 0, "day of receipt")
        day += DAY
    while counted < duration.count:
        why = closed(day)
        counted += not why
        yield Step(day, None if why else counted, why)
        day += DAY


def _long_steps(why_closed: WhyClosed, received: date, duration: Duration, counting: Counting) -> Iterator[Step]:
    yield Step(received, 0, "day of receipt")
    for count in range(1, duration.count + 1):
        day = due_day(why_closed, received, Duration(count, duration.unit), counting)
        why = why_closed(day) if count == duration.count else ""
        yield Step(day, count, f"{why}; {duration.unit} do not move off a closed day" if why else "")


def _never(_: date) -> str:
    return ""
