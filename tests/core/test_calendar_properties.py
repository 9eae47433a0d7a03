"""What holds of every calendar: counting undoes adding, later is never earlier, clocks may change meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.days.calendar import Calendar
from mailcase.core.days.counting import Counting
from mailcase.core.days.durations import UNITS, Duration

CALENDARS = (
    Calendar(
        "Europe/London", "GB", "ENG", closed=frozenset({date(2026, 12, 24)}), open=frozenset({date(2026, 12, 28)})
    ),
    Calendar("Europe/Berlin", "DE", "BY", days="mon-sat", hours="08:00-20:00"),
    Calendar("America/New_York", "US", "NY", hours="00:00-23:59"),
    Calendar("Australia/Sydney", "AU", "NSW", days="tue,thu,sat,sun", hours="01:30-02:30"),  # in the hour that changes
)

calendars = st.sampled_from(CALENDARS)
moments = st.datetimes(datetime(2024, 1, 1), datetime(2032, 12, 31)).map(lambda m: m.replace(tzinfo=UTC))  # noqa: DTZ001
countings = st.sampled_from(("day-after-receipt", "day-of-receipt"))
counts = st.integers(1, 120)
durations = st.builds(Duration, counts, st.sampled_from(sorted(set(UNITS.values()))))
later = st.timedeltas(timedelta(0), timedelta(days=5))


@given(calendars, moments, counts, countings, st.booleans())
def test_adding_n_then_counting_gives_n(
    calendar: Calendar, start: datetime, n: int, counting: Counting, late: bool
) -> None:
    duration = Duration(n, "business days")
    due = calendar.day_of(calendar.add(start, duration, counting, late))
    assert calendar.why_closed(due) == ""
    assert calendar.count(calendar.received_day(start, duration, counting, late), due, counting) == n


@given(calendars, moments, durations, countings, st.booleans(), later)
def test_a_later_start_or_a_longer_time_is_never_due_earlier(
    calendar: Calendar, start: datetime, duration: Duration, counting: Counting, late: bool, wait: timedelta
) -> None:
    due = calendar.add(start, duration, counting, late)
    assert start <= due <= calendar.add(start + wait, duration, counting, late)
    assert due <= calendar.add(start, Duration(duration.count + 1, duration.unit), counting, late)


@given(calendars, moments, durations, countings, st.booleans())
def test_the_steps_end_on_the_due_day_with_the_last_number(
    calendar: Calendar, start: datetime, duration: Duration, counting: Counting, late: bool
) -> None:
    steps = list(calendar.steps(start, duration, counting, late))
    assert steps[0].day == calendar.day_of(start)
    assert steps[-1].counted == duration.count
    assert steps[-1].day == calendar.day_of(calendar.add(start, duration, counting, late))
    assert all(step.why for step in steps if step.counted is None)


@given(calendars, moments, counts)
def test_counted_numbers_follow_each_other_on_days_that_follow_each_other(
    calendar: Calendar, start: datetime, n: int
) -> None:
    steps = list(calendar.steps(start, Duration(n, "business days")))
    assert [step.counted for step in steps if step.counted is not None] == list(range(n + 1))
    assert {after.day - before.day for before, after in pairwise(steps)} == {timedelta(days=1)}


@given(calendars, moments, st.integers(1, 2000))
def test_hours_are_real_hours(calendar: Calendar, start: datetime, n: int) -> None:
    assert calendar.add(start, Duration(n, "hours")) - start == timedelta(hours=n)


@given(calendars, moments, durations)
def test_an_update_is_due_after_the_contact(calendar: Calendar, contact: datetime, duration: Duration) -> None:
    due = calendar.after(contact, duration)
    assert due > contact
    if duration.unit in ("days", "weeks", "months"):
        there, here = due.astimezone(calendar.zone), contact.astimezone(calendar.zone)
        # At a change of clocks the time of the contact may not come, and is then read as the moment of the jump.
        changes = there.utcoffset() != (there - timedelta(seconds=1)).utcoffset()
        assert there.time() == here.time() or changes or there.replace(fold=0).utcoffset() != here.utcoffset()


@given(calendars, moments, st.integers(1, 30))
def test_a_warning_leaves_as_many_business_days_as_it_says(calendar: Calendar, due: datetime, n: int) -> None:
    last = calendar.day_of(due)
    warning = calendar.business_days_before(due, n)
    day = calendar.day_of(warning)
    assert calendar.why_closed(day) == ""
    assert calendar.count(day, last) == (n - 1 if calendar.why_closed(last) else n)


@given(calendars, moments)
def test_the_last_window_is_over_when_it_is_due_and_none_is_later(calendar: Calendar, due: datetime) -> None:
    end = calendar.last_window_before(due)
    assert due - timedelta(days=14) < end <= due
    day = calendar.day_of(end)
    while calendar.close_of(day) <= due:
        assert calendar.why_closed(day) or calendar.close_of(day) <= end
        day += timedelta(days=1)


@given(calendars, moments)
def test_it_is_open_at_the_next_opening_and_not_before(calendar: Calendar, moment: datetime) -> None:
    opening = calendar.next_opening(moment)
    assert opening >= moment
    assert calendar.is_open(opening)
    assert calendar.is_open(moment) is (opening == moment)


@given(
    calendars, moments, st.integers(1, 60), st.frozensets(st.dates(date(2024, 1, 1), date(2032, 12, 31)), max_size=30)
)
def test_closing_more_days_never_makes_it_due_earlier(
    calendar: Calendar, start: datetime, n: int, closed: frozenset[date]
) -> None:
    duration = Duration(n, "business days")
    closes_more = replace(calendar, closed=calendar.closed | closed - calendar.open)
    assert closes_more.add(start, duration) >= calendar.add(start, duration)


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: calendar.timezone)
def test_every_close_of_2024_to_2032_is_read_on_the_wall_of_its_day(calendar: Calendar) -> None:
    shown = time.fromisoformat(calendar.hours.partition("-")[2])
    for ordinal in range(date(2024, 1, 1).toordinal(), date(2033, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        close = calendar.close_of(day).astimezone(calendar.zone)
        assert close.date() == day
        # Once a year 02:30 never comes in Sydney: the clocks go forward from 02:00 to 03:00.
        assert close.time() == shown or (close.time(), day.month, calendar.country) == (time(3), 10, "AU")
