"""The calendar: the verified vectors of real policies, opening hours, nights when clocks change, and faults."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from days import at, on
from mailcase.core.days.calendar import BadCalendar, Calendar
from mailcase.core.days.counting import Counting
from mailcase.core.days.durations import parse

ENGLAND = Calendar("Europe/London", "GB", "ENG")
SCOTLAND = Calendar("Europe/London", "GB", "SCT")


@pytest.mark.parametrize(
    ("received", "duration", "england", "scotland"),
    [
        ("Fri 2026-11-20 18:30", "3 business days", "Wed 2026-11-25", "Wed 2026-11-25"),
        ("Fri 2026-11-20 18:30", "5 business days", "Fri 2026-11-27", "Fri 2026-11-27"),
        ("Fri 2026-11-20 18:30", "20 business days", "Fri 2026-12-18", "Mon 2026-12-21"),
        ("Fri 2026-11-20 18:30", "6 weeks", "Fri 2027-01-01", "Fri 2027-01-01"),
        ("Fri 2026-11-20 18:30", "8 weeks", "Fri 2027-01-15", "Fri 2027-01-15"),
        ("Sat 2026-11-21 12:00", "3 business days", "Wed 2026-11-25", "Wed 2026-11-25"),
        ("Sat 2026-11-21 12:00", "5 business days", "Fri 2026-11-27", "Fri 2026-11-27"),
        ("Sat 2026-11-21 12:00", "20 business days", "Fri 2026-12-18", "Mon 2026-12-21"),
        ("Sat 2026-11-21 12:00", "6 weeks", "Sat 2027-01-02", "Sat 2027-01-02"),
        ("Sat 2026-11-21 12:00", "8 weeks", "Sat 2027-01-16", "Sat 2027-01-16"),
        ("Thu 2026-12-24 12:00", "3 business days", "Thu 2026-12-31", "Thu 2026-12-31"),
        ("Thu 2026-12-24 12:00", "5 business days", "Tue 2027-01-05", "Wed 2027-01-06"),
        ("Thu 2026-12-24 12:00", "20 business days", "Tue 2027-01-26", "Wed 2027-01-27"),
        ("Thu 2026-12-24 12:00", "6 weeks", "Thu 2027-02-04", "Thu 2027-02-04"),
        ("Thu 2026-12-24 12:00", "8 weeks", "Thu 2027-02-18", "Thu 2027-02-18"),
        ("Sat 2026-12-26 12:00", "3 business days", "Thu 2026-12-31", "Thu 2026-12-31"),
        ("Sat 2026-12-26 12:00", "5 business days", "Tue 2027-01-05", "Wed 2027-01-06"),
        ("Sat 2026-12-26 12:00", "20 business days", "Tue 2027-01-26", "Wed 2027-01-27"),
        ("Sat 2026-12-26 12:00", "6 weeks", "Sat 2027-02-06", "Sat 2027-02-06"),
        ("Sat 2026-12-26 12:00", "8 weeks", "Sat 2027-02-20", "Sat 2027-02-20"),
        ("Thu 2026-04-02 12:00", "5 business days", "Mon 2026-04-13", "Fri 2026-04-10"),
    ],
)
def test_a_date_is_due_at_close_of_business_of_the_verified_day(
    received: str, duration: str, england: str, scotland: str
) -> None:
    assert ENGLAND.add(at(received), parse(duration)) == at(f"{england} 17:00")
    assert SCOTLAND.add(at(received), parse(duration)) == at(f"{scotland} 17:00")


@pytest.mark.parametrize(
    ("received", "at_14", "at_18"),
    [
        ("Mon 2026-06-01", "Mon 2026-06-29", "Tue 2026-06-30"),
        ("Tue 2026-06-02", "Tue 2026-06-30", "Wed 2026-07-01"),
        ("Wed 2026-06-03", "Wed 2026-07-01", "Thu 2026-07-02"),
        ("Thu 2026-06-04", "Thu 2026-07-02", "Fri 2026-07-03"),
        ("Fri 2026-06-05", "Fri 2026-07-03", "Mon 2026-07-06"),
        ("Sat 2026-06-06", "Mon 2026-07-06", "Mon 2026-07-06"),
        ("Sun 2026-06-07", "Mon 2026-07-06", "Mon 2026-07-06"),
    ],
)
def test_20_business_days_when_late_mail_counts_from_the_next_business_day(
    received: str, at_14: str, at_18: str
) -> None:
    duration = parse("20 business days")
    for time, due in (("14:00", at_14), ("18:00", at_18)):
        found = ENGLAND.add(at(f"{received} {time}"), duration, late_next_day=True)
        assert found == at(f"{due} 17:00"), time


@pytest.mark.parametrize(
    ("received", "duration", "counting", "late", "due"),
    [
        ("Fri 2026-11-20 17:00", "1 business day", "day-after-receipt", True, "Mon 2026-11-23"),  # not after close
        ("Fri 2026-11-20 17:01", "1 business day", "day-after-receipt", True, "Tue 2026-11-24"),
        ("Fri 2026-11-20 06:00", "1 business day", "day-after-receipt", True, "Mon 2026-11-23"),  # early is not late
        ("Thu 2026-12-24 18:00", "1 business day", "day-after-receipt", True, "Wed 2026-12-30"),
        ("Fri 2026-11-20 18:30", "2 weeks", "day-after-receipt", True, "Mon 2026-12-07"),
        ("Mon 2026-11-23 12:00", "1 business day", "day-of-receipt", False, "Mon 2026-11-23"),
        ("Sat 2026-11-21 12:00", "1 business day", "day-of-receipt", False, "Mon 2026-11-23"),
        ("Fri 2026-11-20 18:30", "2 business days", "day-of-receipt", False, "Mon 2026-11-23"),
        ("Fri 2026-11-20 18:30", "2 business days", "day-of-receipt", True, "Tue 2026-11-24"),
        ("Fri 2026-11-20 18:30", "1 business day", "day-of-receipt", False, "Mon 2026-11-23"),  # not due before it came
        ("Sat 2026-11-21 16:00", "1 day", "day-of-receipt", False, "Sat 2026-11-21"),
        ("Sat 2026-11-21 18:30", "1 day", "day-of-receipt", False, "Mon 2026-11-23"),
    ],
)
def test_the_day_of_receipt(received: str, duration: str, counting: Counting, late: bool, due: str) -> None:
    assert ENGLAND.add(at(received), parse(duration), counting, late) == at(f"{due} 17:00")


def test_the_day_of_receipt_is_read_in_the_firms_zone() -> None:
    just_after_midnight_in_london = datetime(2026, 6, 1, 23, 30, tzinfo=UTC)
    assert ENGLAND.day_of(just_after_midnight_in_london) == on("Tue 2026-06-02")
    new_york = Calendar("America/New_York", "US", "NY")
    assert new_york.day_of(just_after_midnight_in_london) == on("Mon 2026-06-01")


@pytest.mark.parametrize(
    ("received", "duration", "due"),
    [
        ("Fri 2026-11-20 18:30", "24 hours", "Sat 2026-11-21 18:30"),
        ("Sat 2027-03-27 12:00", "24 hours", "Sun 2027-03-28 13:00"),  # clocks go forward: 24 real hours
        ("Sat 2026-10-24 12:00", "24 hours", "Sun 2026-10-25 11:00"),  # and back
        ("Mon 2028-02-28 12:00", "24 hours", "Tue 2028-02-29 12:00"),
        ("Fri 2026-11-20 16:00", "1 business hour", "Fri 2026-11-20 17:00"),
        ("Fri 2026-11-20 16:00", "2 business hours", "Mon 2026-11-23 10:00"),
        ("Fri 2026-11-20 18:30", "4 business hours", "Mon 2026-11-23 13:00"),
        ("Fri 2026-11-20 07:00", "8 business hours", "Fri 2026-11-20 17:00"),
        ("Fri 2026-11-20 17:00", "8 business hours", "Mon 2026-11-23 17:00"),
        ("Thu 2026-12-24 16:30", "1 business hour", "Tue 2026-12-29 09:30"),
        ("Thu 2027-03-25 16:00", "2 business hours", "Tue 2027-03-30 10:00"),  # Easter, and clocks go forward
        ("Fri 2027-03-26 16:00", "2 business hours", "Tue 2027-03-30 11:00"),  # received on Good Friday
    ],
)
def test_hours(received: str, duration: str, due: str) -> None:
    assert ENGLAND.add(at(received), parse(duration)) == at(due)


@pytest.mark.parametrize(
    ("contact", "period", "due", "window"),
    [
        ("Tue 2026-11-24 14:05", "5 days", "Sun 2026-11-29 14:05", "Fri 2026-11-27 17:00"),
        ("Fri 2026-11-20 14:05", "5 days", "Wed 2026-11-25 14:05", "Tue 2026-11-24 17:00"),
        ("Fri 2026-11-20 18:30", "5 days", "Wed 2026-11-25 18:30", "Wed 2026-11-25 17:00"),
        ("Wed 2026-12-23 12:00", "5 days", "Mon 2026-12-28 12:00", "Thu 2026-12-24 17:00"),
        ("Fri 2026-11-20 18:30", "5 business days", "Fri 2026-11-27 17:00", "Fri 2026-11-27 17:00"),
        ("Fri 2026-11-20 18:30", "2 weeks", "Fri 2026-12-04 18:30", "Fri 2026-12-04 17:00"),
        ("Sun 2027-01-31 12:00", "1 month", "Sun 2027-02-28 12:00", "Fri 2027-02-26 17:00"),
        ("Tue 2027-03-23 12:00", "5 days", "Sun 2027-03-28 12:00", "Thu 2027-03-25 17:00"),  # over the change of clocks
        ("Tue 2027-03-23 01:30", "5 days", "Sun 2027-03-28 02:00", "Thu 2027-03-25 17:00"),  # a time that never comes
        ("Fri 2026-11-20 14:05", "48 hours", "Sun 2026-11-22 14:05", "Fri 2026-11-20 17:00"),
    ],
)
def test_an_update_is_due_at_the_same_time_of_day_and_goes_in_the_window_before(
    contact: str, period: str, due: str, window: str
) -> None:
    found = ENGLAND.after(at(contact), parse(period))
    assert found == at(due)
    assert ENGLAND.last_window_before(found) == at(window)


@pytest.mark.parametrize(
    ("due", "count", "warning"),
    [
        ("Fri 2026-12-18 17:00", 3, "Tue 2026-12-15 09:00"),
        ("Fri 2026-12-18 17:00", 1, "Thu 2026-12-17 09:00"),
        ("Sat 2027-01-02 17:00", 1, "Thu 2026-12-31 09:00"),
        ("Tue 2026-12-29 17:00", 1, "Thu 2026-12-24 09:00"),
        ("Mon 2026-11-23 06:00", 1, "Fri 2026-11-20 09:00"),
    ],
)
def test_a_warning_comes_at_opening_of_a_business_day_before(due: str, count: int, warning: str) -> None:
    assert ENGLAND.business_days_before(at(due), count) == at(warning)


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        ("Fri 2026-11-20 08:59", "Fri 2026-11-20 09:00"),
        ("Fri 2026-11-20 09:00", "Fri 2026-11-20 09:00"),
        ("Fri 2026-11-20 16:59", "Fri 2026-11-20 16:59"),
        ("Fri 2026-11-20 17:00", "Mon 2026-11-23 09:00"),
        ("Sat 2026-11-21 12:00", "Mon 2026-11-23 09:00"),
        ("Fri 2026-12-25 12:00", "Tue 2026-12-29 09:00"),
    ],
)
def test_the_next_opening_is_now_while_it_is_open(moment: str, opening: str) -> None:
    assert ENGLAND.next_opening(at(moment)) == at(opening)
    assert ENGLAND.is_open(at(moment)) is (moment == opening)


def test_the_firms_own_days_beat_holidays_and_weekends() -> None:
    firm = replace(
        ENGLAND,
        closed=frozenset({date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26)}),
        open=frozenset({date(2026, 12, 28), date(2026, 12, 20)}),
    )
    days = [date(2026, 12, day) for day in range(20, 30)]
    assert [firm.why_closed(day) for day in days] == [
        *("", "", "", "", "closed by the firm", "Christmas Day", "Saturday", "Sunday", "", ""),
    ]
    assert firm.add(at("Sat 2026-12-19 12:00"), parse("1 business day")) == at("Sun 2026-12-20 17:00")


@pytest.mark.parametrize(
    ("days", "open_on"),
    [
        ("mon-fri", "Mon Tue Wed Thu Fri"),
        ("mon-sat", "Mon Tue Wed Thu Fri Sat"),
        ("Mon, Tue, Thu", "Mon Tue Thu"),
        ("sun-thu", "Mon Tue Wed Thu Sun"),
        ("mon-thu,sat", "Mon Tue Wed Thu Sat"),
        ("sun", "Sun"),
        ("mon-sun", "Mon Tue Wed Thu Fri Sat Sun"),
    ],
)
def test_the_weekdays_of_a_firm(days: str, open_on: str) -> None:
    firm = replace(ENGLAND, days=days)
    week = [date(2026, 6, day) for day in range(1, 8)]
    assert [f"{day:%a}" for day in week if not firm.why_closed(day)] == open_on.split()


def test_a_firm_that_never_closes_is_due_in_the_last_minute_of_the_day() -> None:
    firm = replace(ENGLAND, days="mon-sun", hours="00:00-23:59")
    due = firm.add(at("Fri 2026-11-20 18:30"), parse("1 business day"))
    assert due == at("Sat 2026-11-21 23:59")
    assert firm.is_open(at("Sat 2026-11-21 23:58"))


def test_business_hours_that_a_change_of_clocks_swallows_are_not_counted() -> None:
    firm = replace(ENGLAND, days="mon-sun", hours="01:00-02:00")
    assert firm.add(at("Sun 2028-03-26 00:30"), parse("1 business hour")) == at("Mon 2028-03-27 02:00")
    assert firm.add(at("Sat 2026-10-24 12:00"), parse("2 business hours")) == at("Sun 2026-10-25 02:00")


def test_late_mail_says_so_in_its_reckoning() -> None:
    steps = ENGLAND.steps(at("Thu 2026-12-24 18:00"), parse("2 business days"), late_next_day=True)
    assert [(step.day.day, step.counted, step.why) for step in steps] == [
        (24, None, "received after close of business"),
        (25, None, "Christmas Day"),
        (26, None, "Saturday"),
        (27, None, "Sunday"),
        (28, None, "Boxing Day (observed)"),
        (29, 0, "day of receipt"),
        (30, 1, ""),
        (31, 2, ""),
    ]


def test_hours_are_reckoned_from_the_time_of_receipt() -> None:
    steps = ENGLAND.steps(at("Fri 2026-11-20 18:30"), parse("24 hours"))
    assert [(step.day.day, step.counted, step.why) for step in steps] == [
        (20, 0, "received at 18:30"),
        (21, 24, "hours run day and night"),
    ]


def test_business_hours_are_reckoned_by_the_day() -> None:
    steps = ENGLAND.steps(at("Fri 2026-11-20 15:30"), parse("4 business hours"))
    assert [(step.day.day, step.counted, step.why) for step in steps] == [
        (20, 1, ""),
        (21, None, "Saturday"),
        (22, None, "Sunday"),
        (23, 4, ""),
    ]


def test_how_far_the_holidays_reach() -> None:
    last = ENGLAND.holidays_known_until
    assert last >= date(2030, 12, 31)
    assert ENGLAND.reaches(last)
    assert not ENGLAND.reaches(last + timedelta(days=1))


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone: .* write its IANA name, such as 'Europe/London'"),
        ({"timezone": "Europe"}, "timezone: .* is no time zone"),
        ({"timezone": ""}, "timezone: '' is no time zone"),
        ({"timezone": "/etc/passwd"}, "timezone: '/etc/passwd' is no time zone"),
        ({"country": "XX"}, "country: 'XX' is not known; write its ISO 3166-1 code, such as GB"),
        ({"country": "gb"}, "country: 'gb' is not known"),
        ({"country": ""}, "country: '' is not known"),
        ({"subdivision": ""}, "subdivision: the holidays of GB depend on the region; write one of ENG, NIR, SCT, WLS,"),
        ({"subdivision": "XYZ"}, "subdivision: 'XYZ' is not known in GB; write one of ENG, NIR, SCT, WLS, or national"),
        ({"country": "IE", "subdivision": "ENG"}, "subdivision: 'ENG' is not known in IE; leave it out"),
        ({"days": ""}, "days: '' names no weekdays; write them as 'mon-fri'"),
        ({"days": "monday-friday"}, "days: 'monday-friday' names no weekdays"),
        ({"days": "mon-"}, "days: 'mon-' names no weekdays"),
        ({"hours": "9-5"}, "hours: '9-5' are no opening hours; .* such as '09:00-17:00' or '00:00-23:59'"),
        ({"hours": "17:00-09:00"}, "hours: .* are no opening hours"),
        ({"hours": "09:00-09:00"}, "hours: .* are no opening hours"),
        ({"hours": "09:00-24:00"}, "hours: .* are no opening hours"),
        ({"hours": "09:60-17:00"}, "hours: .* are no opening hours"),
        ({"closed": frozenset({date(2026, 12, 24)}), "open": frozenset({date(2026, 12, 24)})}, "open: 2026-12-24 also"),
    ],
)
def test_a_field_that_cannot_be_used_is_named_with_what_would_be_right(fields: dict[str, object], fault: str) -> None:
    good: dict[str, object] = {"timezone": "Europe/London", "country": "GB", "subdivision": "ENG"}
    with pytest.raises(BadCalendar, match=f"^{fault}") as found:
        Calendar(**(good | fields))  # type: ignore[arg-type]
    assert len(found.value.faults) == 1


def test_all_faults_come_at_once() -> None:
    with pytest.raises(BadCalendar) as found:
        Calendar("Mars/Olympus", "GB", days="someday", hours="late")
    assert [fault.partition(":")[0] for fault in found.value.faults] == ["timezone", "days", "hours", "subdivision"]


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        ENGLAND.add(datetime(2026, 6, 1, 12), parse("24 hours"))  # noqa: DTZ001


def test_equal_calendars_are_equal_whatever_they_have_looked_up() -> None:
    other = Calendar("Europe/London", "GB", "ENG")
    assert other.why_closed(date(2031, 12, 25)) == "Christmas Day"
    assert other == ENGLAND
    assert hash(other) == hash(ENGLAND)
