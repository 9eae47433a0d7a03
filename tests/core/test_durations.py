"""Durations: what a policy may write, what it says back, and what is refused with which advice."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.days.durations import MAX_COUNT, UNITS, Duration, Unit, parse

durations = st.builds(Duration, st.integers(1, MAX_COUNT), st.sampled_from(sorted(set(UNITS.values()))))


@pytest.mark.parametrize(
    ("text", "count", "unit", "said"),
    [
        ("24 hours", 24, "hours", "24 hours"),
        ("1 hour", 1, "hours", "1 hour"),
        ("5 days", 5, "days", "5 days"),
        ("1 day", 1, "days", "1 day"),
        ("30 calendar days", 30, "days", "30 days"),
        ("8 weeks", 8, "weeks", "8 weeks"),
        ("1 week", 1, "weeks", "1 week"),
        ("6 months", 6, "months", "6 months"),
        ("1 month", 1, "months", "1 month"),
        ("4 business hours", 4, "business hours", "4 business hours"),
        ("1 working hour", 1, "business hours", "1 business hour"),
        ("20 business days", 20, "business days", "20 business days"),
        ("1 business day", 1, "business days", "1 business day"),
        ("5 working days", 5, "business days", "5 business days"),
        ("  5\tBusiness\n Days ", 5, "business days", "5 business days"),
        ("007 days", 7, "days", "7 days"),
    ],
)
def test_a_duration_is_read_and_said(text: str, count: int, unit: Unit, said: str) -> None:
    assert parse(text) == Duration(count, unit)
    assert str(parse(text)) == said


@pytest.mark.parametrize(
    "text",
    [
        *("", "5", "days", "five days", "5days", "1.5 hours", "-5 days", "+5 days", "5 fortnights", "5 days 2 hours"),
        *("5 business", "²5 days", "٥ days", "5 days\0", "9" * 5000 + " days", "5 " + "x" * 100_000),
    ],
)
def test_what_is_no_duration_is_refused_with_what_would_be_right(text: str) -> None:
    with pytest.raises(ValueError, match="write a whole number and hours, days, weeks") as fault:
        parse(text)
    assert str(fault.value).endswith("such as '5 business days'")
    assert len(str(fault.value)) < 250


@pytest.mark.parametrize("text", ["0 days", "10001 hours", "999999999 business days"])
def test_a_number_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="the number must be from 1 to 10000"):
        parse(text)


@given(durations)
def test_what_is_said_is_read_back(duration: Duration) -> None:
    assert parse(str(duration)) == duration


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert parse(text).count >= 1
