"""A firm's calendar: when it is open, and the moment at which a promise is due. Moments are aware, results are UTC."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from mailcase.core.days import public_holidays
from mailcase.core.days.counting import (
    DAY,
    Counting,
    Step,
    business_day,
    business_days_between,
    day_steps,
    due_day,
)
from mailcase.core.days.durations import Duration
from mailcase.core.days.local_time import moment_of, read_zone
from mailcase.core.days.opening import WEEKDAYS, read_hours, read_weekdays

_HOUR = timedelta(hours=1)


class BadCalendar(ValueError):
    """A calendar that cannot be used; `faults` holds every fault found, each begins with the field's name."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True)
class Calendar:
    """The zone, business days and opening hours of a firm; BadCalendar when a field cannot be used.

    A day is a business day when it is one of `days`, no public holiday, and not in `closed`; those in `open` are
    business days whatever else they are.
    """

    timezone: str
    country: str
    subdivision: str = ""
    days: str = "mon-fri"
    hours: str = "09:00-17:00"
    closed: frozenset[date] = frozenset()
    open: frozenset[date] = frozenset()
    _years: dict[int, Mapping[date, str]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _hours: dict[date, tuple[datetime, datetime]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if faults := list(self._faults()):
            raise BadCalendar(faults)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone in which days begin and end, and clocks are read."""
        return read_zone(self.timezone)

    # The days

    def why_closed(self, day: date) -> str:
        """'' on a business day, else the reason in words: 'Saturday', 'Christmas Day', 'closed by the firm'."""
        return self._closed_days(day.year).get(day, "")

    def day_of(self, moment: datetime) -> date:
        """The day that a calendar on the firm's wall shows at this moment."""
        return self._local(moment).date()

    def open_of(self, day: date) -> datetime:
        """Opening on that day, were it a business day."""
        return self._window(day)[0]

    def close_of(self, day: date) -> datetime:
        """Close of business of that day, also of one that is no business day: a due date may fall on it."""
        return self._window(day)[1]

    def is_open(self, moment: datetime) -> bool:
        """Whether the moment lies in business hours; close of business does not."""
        day = self.day_of(moment)
        return not self.why_closed(day) and self.open_of(day) <= moment < self.close_of(day)

    def next_opening(self, moment: datetime) -> datetime:
        """The moment itself in business hours, else the opening that follows."""
        return next(self._windows(moment))[0]

    def reaches(self, day: date) -> bool:
        """Whether the holidays of that day's year are known; past them only weekends and the firm's days are closed."""
        return day <= self.holidays_known_until

    @cached_property
    def holidays_known_until(self) -> date:
        """The last day whose public holidays are known."""
        return public_holidays.known_until(self.country)

    # From a start to a due moment

    def add(
        self,
        start: datetime,
        duration: Duration,
        counting: Counting = "day-after-receipt",
        late_next_day: bool = False,
    ) -> datetime:
        """When a promise is due that began to run with mail received at `start`.

        1. Hours are real hours, day and night; business hours run while the firm is open. Neither asks how days count.
        2. All else is due at close of business of its last day (`counting.due_day`), from the day of receipt on.
        """
        if duration.unit == "hours":
            return _utc(start) + timedelta(hours=duration.count)
        if duration.unit == "business hours":
            return self._after_business_hours(start, duration.count)
        received = self.received_day(start, duration, counting, late_next_day)
        return self.close_of(due_day(self.why_closed, received, duration, counting))

    def after(self, contact: datetime, duration: Duration) -> datetime:
        """When the customer is owed the next word after a contact.

        It is close of business when counted in business days, else the same time of day, of that day by the calendar.
        """
        if duration.unit not in ("days", "weeks", "months"):
            return self.add(contact, duration)
        wall = self._local(contact)
        day = due_day(self.why_closed, wall.date(), duration, "day-after-receipt")
        return moment_of(datetime.combine(day, wall.time()), self.zone)

    def received_day(self, start: datetime, duration: Duration, counting: Counting, late_next_day: bool) -> date:
        """The day that counts as the day of receipt.

        It is the day on which the mail came; by `late_next_day`, the next business day for what came after close of
        business or on a closed day. The same goes for a promise of one day that would be over when the mail came.
        """
        day = self.day_of(start)
        if late_next_day and self.why_closed(day):
            return self._next_business_day(day)
        one_day = counting == "day-of-receipt" and due_day(self.why_closed, day, duration, counting) == day
        late = (late_next_day or one_day) and start > self.close_of(day)
        return self._next_business_day(day) if late else day

    def steps(
        self,
        start: datetime,
        duration: Duration,
        counting: Counting = "day-after-receipt",
        late_next_day: bool = False,
    ) -> Iterator[Step]:
        """How `add` got there, day by day, for people who doubt it; the last step is the due day."""
        if duration.unit == "hours":
            yield Step(self.day_of(start), 0, f"received at {self._local(start):%H:%M}")
            yield Step(self.day_of(self.add(start, duration)), duration.count, "hours run day and night")
            return
        if duration.unit == "business hours":
            yield from self._hour_steps(start, duration)
            return
        day, received = self.day_of(start), self.received_day(start, duration, counting, late_next_day)
        while day < received:
            yield Step(day, None, self.why_closed(day) or "received after close of business")
            day += DAY
        yield from day_steps(self.why_closed, received, duration, counting)

    def count(self, start: date, end: date, counting: Counting = "day-after-receipt") -> int:
        """The business days counted from the day of receipt to `end`: `add`, asked the other way round."""
        return business_days_between(self.why_closed, start, end, counting)

    # Back from a due moment

    def business_days_before(self, due: datetime, count: int) -> datetime:
        """Opening of the business day `count` (1 or more) before the due day: when to warn."""
        return self.open_of(business_day(self.why_closed, self.day_of(due), -count))

    def last_window_before(self, due: datetime) -> datetime:
        """The end of the last business hours that are over when it is due: of Friday for a due moment on Sunday."""
        day = self.day_of(due)
        while self.why_closed(day) or self.close_of(day) > due:
            day -= DAY
        return self.close_of(day)

    # Inside

    @cached_property
    def _minutes(self) -> tuple[int, int]:
        return read_hours(self.hours)

    def _faults(self) -> Iterator[str]:
        checks: tuple[tuple[str, Callable[[str], object], str], ...] = (
            ("timezone", read_zone, self.timezone),
            ("days", read_weekdays, self.days),
            ("hours", read_hours, self.hours),
        )
        for name, read, text in checks:
            try:
                read(text)
            except ValueError as error:
                yield f"{name}: {error}"
        yield from public_holidays.faults_of(self.country, self.subdivision)
        if both := sorted(self.closed & self.open):
            yield f"open: {', '.join(map(str, both))} also stands in closed; keep it in one of them"

    def _closed_days(self, year: int) -> Mapping[date, str]:
        known = self._years.get(year)
        if known is None:
            known = self._years[year] = self._reasons(year)
        return known

    def _reasons(self, year: int) -> dict[date, str]:
        """The days of a year that are no business days; of several reasons the weekday is said, then the holiday."""
        reasons = {day: "closed by the firm" for day in self.closed if day.year == year}
        reasons |= public_holidays.holidays_of(self.country, self.subdivision, year)
        weekdays = read_weekdays(self.days)
        for ordinal in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1):
            day = date.fromordinal(ordinal)
            if day.weekday() not in weekdays:
                reasons[day] = WEEKDAYS[day.weekday()]
        return {day: why for day, why in reasons.items() if day not in self.open}

    def _next_business_day(self, day: date) -> date:
        return business_day(self.why_closed, day, 1)

    def _local(self, moment: datetime) -> datetime:
        return _utc(moment).astimezone(self.zone)

    def _window(self, day: date) -> tuple[datetime, datetime]:
        """Opening and close, reckoned once for each day: every look at a case asks for a dozen."""
        known = self._hours.get(day)
        if known is None:
            opening, close = self._minutes
            known = self._hours[day] = self._at(day, opening), self._at(day, close)
        return known

    def _at(self, day: date, minutes: int) -> datetime:
        return moment_of(datetime.combine(day, time()) + timedelta(minutes=minutes), self.zone)

    def _windows(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The business hours from a moment on, each with opening and close; never an empty one."""
        day = self.day_of(moment)
        while True:
            if not self.why_closed(day):
                opening, close = max(self.open_of(day), _utc(moment)), self.close_of(day)
                if opening < close:
                    yield opening, close
            day += DAY

    def _after_business_hours(self, start: datetime, count: int) -> datetime:
        left = count * _HOUR
        windows = self._windows(start)
        opening, close = next(windows)
        while left > close - opening:
            left -= close - opening
            opening, close = next(windows)
        return opening + left

    def _hour_steps(self, start: datetime, duration: Duration) -> Iterator[Step]:
        due = self.add(start, duration)
        last, worked = self.day_of(due), timedelta()
        day = self.day_of(start)
        while day <= last:
            why = self.why_closed(day)
            if not why:
                worked += max(min(self.close_of(day), due) - max(self.open_of(day), start), timedelta())
            yield Step(day, None if why else worked // _HOUR, why)
            day += DAY


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone, so nobody can say what day it is")
    return moment.astimezone(UTC)
