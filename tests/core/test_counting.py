"""Counting days by hand: one line per weekday, the ends of months, and every step of the way."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from days import on
from mailcase.core.days.counting import Counting, Step, business_day, business_days_between, day_steps, due_day
from mailcase.core.days.durations import parse

dates = st.dates(date(2024, 1, 1), date(2032, 12, 31))
countings = st.sampled_from(("day-after-receipt", "day-of-receipt"))


def weekend(day: date) -> str:
    return ("", "", "", "", "", "Saturday", "Sunday")[day.weekday()]


@pytest.mark.parametrize(
    ("received", "after_receipt", "of_receipt"),
    [
        ("Mon 2026-06-01", "Mon 2026-06-29", "Fri 2026-06-26"),
        ("Tue 2026-06-02", "Tue 2026-06-30", "Mon 2026-06-29"),
        ("Wed 2026-06-03", "Wed 2026-07-01", "Tue 2026-06-30"),
        ("Thu 2026-06-04", "Thu 2026-07-02", "Wed 2026-07-01"),
        ("Fri 2026-06-05", "Fri 2026-07-03", "Thu 2026-07-02"),
        ("Sat 2026-06-06", "Fri 2026-07-03", "Fri 2026-07-03"),
        ("Sun 2026-06-07", "Fri 2026-07-03", "Fri 2026-07-03"),
    ],
)
def test_20_business_days_from_each_weekday(received: str, after_receipt: str, of_receipt: str) -> None:
    duration = parse("20 business days")
    assert due_day(weekend, on(received), duration, "day-after-receipt") == on(after_receipt)
    assert due_day(weekend, on(received), duration, "day-of-receipt") == on(of_receipt)


@pytest.mark.parametrize(
    ("received", "duration", "after_receipt", "of_receipt"),
    [
        ("Mon 2026-06-01", "1 day", "Tue 2026-06-02", "Mon 2026-06-01"),
        ("Sat 2026-11-21", "5 days", "Thu 2026-11-26", "Wed 2026-11-25"),
        ("Mon 2028-02-28", "1 day", "Tue 2028-02-29", "Mon 2028-02-28"),
        ("Mon 2028-02-28", "2 days", "Wed 2028-03-01", "Tue 2028-02-29"),
        ("Sun 2027-02-28", "1 day", "Mon 2027-03-01", "Sun 2027-02-28"),
        ("Tue 2028-02-29", "8 weeks", "Tue 2028-04-25", "Mon 2028-04-24"),
        ("Fri 2026-11-20", "6 weeks", "Fri 2027-01-01", "Thu 2026-12-31"),
        ("Fri 2026-11-20", "1 month", "Sun 2026-12-20", "Sat 2026-12-19"),
        ("Sun 2026-03-01", "1 month", "Wed 2026-04-01", "Tue 2026-03-31"),
        ("Sat 2026-01-31", "1 month", "Sat 2026-02-28", "Sat 2026-02-28"),
        ("Fri 2026-01-30", "1 month", "Sat 2026-02-28", "Sat 2026-02-28"),
        ("Thu 2026-01-29", "1 month", "Sat 2026-02-28", "Sat 2026-02-28"),
        ("Wed 2026-01-28", "1 month", "Sat 2026-02-28", "Fri 2026-02-27"),
        ("Mon 2028-01-31", "1 month", "Tue 2028-02-29", "Tue 2028-02-29"),
        ("Thu 2024-02-29", "12 months", "Fri 2025-02-28", "Fri 2025-02-28"),
        ("Thu 2024-02-29", "48 months", "Tue 2028-02-29", "Mon 2028-02-28"),
        ("Thu 2026-12-31", "2 months", "Sun 2027-02-28", "Sun 2027-02-28"),
        ("Mon 2026-08-31", "6 months", "Sun 2027-02-28", "Sun 2027-02-28"),
        ("Thu 2026-12-31", "11 months", "Tue 2027-11-30", "Tue 2027-11-30"),
        ("Thu 2026-12-31", "12 months", "Fri 2027-12-31", "Thu 2027-12-30"),
    ],
)
def test_days_weeks_and_months_end_where_they_end(
    received: str, duration: str, after_receipt: str, of_receipt: str
) -> None:
    assert due_day(weekend, on(received), parse(duration), "day-after-receipt") == on(after_receipt)
    assert due_day(weekend, on(received), parse(duration), "day-of-receipt") == on(of_receipt)


@pytest.mark.parametrize(
    ("day", "count", "expected"),
    [
        ("Fri 2026-06-05", 1, "Mon 2026-06-08"),
        ("Sat 2026-06-06", 1, "Mon 2026-06-08"),
        ("Fri 2026-06-05", 0, "Fri 2026-06-05"),
        ("Mon 2026-06-08", -1, "Fri 2026-06-05"),
        ("Sun 2026-06-07", -1, "Fri 2026-06-05"),
        ("Fri 2026-06-05", -5, "Fri 2026-05-29"),
    ],
)
def test_business_days_are_walked_both_ways(day: str, count: int, expected: str) -> None:
    assert business_day(weekend, on(day), count) == on(expected)


@pytest.mark.parametrize("unit", ["hours", "business hours"])
def test_hours_end_on_no_day_of_their_own(unit: str) -> None:
    with pytest.raises(ValueError, match="not counted in days"):
        due_day(weekend, date(2026, 6, 1), parse(f"5 {unit}"), "day-after-receipt")


def test_each_day_is_said_with_its_number_or_its_reason() -> None:
    assert list(day_steps(weekend, on("Thu 2026-06-04"), parse("3 business days"), "day-after-receipt")) == [
        Step(date(2026, 6, 4), 0, "day of receipt"),
        Step(date(2026, 6, 5), 1, ""),
        Step(date(2026, 6, 6), None, "Saturday"),
        Step(date(2026, 6, 7), None, "Sunday"),
        Step(date(2026, 6, 8), 2, ""),
        Step(date(2026, 6, 9), 3, ""),
    ]


def test_the_day_of_receipt_is_the_first_step_where_it_counts() -> None:
    steps = list(day_steps(weekend, on("Sun 2026-06-07"), parse("2 business days"), "day-of-receipt"))
    assert [(step.counted, step.why) for step in steps] == [(None, "Sunday"), (1, ""), (2, "")]


def test_weeks_are_said_one_by_one_and_stay_on_a_weekend() -> None:
    assert list(day_steps(weekend, on("Sat 2026-11-21"), parse("2 weeks"), "day-after-receipt")) == [
        Step(date(2026, 11, 21), 0, "day of receipt"),
        Step(date(2026, 11, 28), 1, ""),
        Step(date(2026, 12, 5), 2, "Saturday; weeks do not move off a closed day"),
    ]


def test_nothing_is_counted_backwards() -> None:
    assert business_days_between(weekend, on("Fri 2026-06-05"), on("Mon 2026-06-01"), "day-after-receipt") == 0


@given(dates, st.integers(1, 60), st.integers(0, 40), countings, st.sampled_from(("days", "weeks", "months")))
def test_a_later_receipt_or_a_longer_time_is_never_due_earlier(
    received: date, count: int, later: int, counting: Counting, unit: str
) -> None:
    due = due_day(weekend, received, parse(f"{count} {unit}"), counting)
    assert due <= due_day(weekend, received + timedelta(days=later), parse(f"{count} {unit}"), counting)
    assert due < due_day(weekend, received, parse(f"{count + 1} {unit}"), counting)
