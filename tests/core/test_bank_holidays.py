"""Bank holidays: the one business day that follows, where a calendar of another place would say another."""

from __future__ import annotations

from datetime import date

import pytest

from days import at, on
from mailcase.core.days.calendar import Calendar
from mailcase.core.days.durations import parse

PLACES = {
    "England": ("Europe/London", "GB", "ENG"),
    "Scotland": ("Europe/London", "GB", "SCT"),
    "Northern Ireland": ("Europe/London", "GB", "NIR"),
    "Ireland": ("Europe/Dublin", "IE", ""),
    "Bavaria": ("Europe/Berlin", "DE", "BY"),
    "France": ("Europe/Paris", "FR", "national"),
    "Alsace": ("Europe/Paris", "FR", "6AE"),
    "California": ("America/Los_Angeles", "US", "CA"),
    "New York": ("America/New_York", "US", "NY"),
}


@pytest.mark.parametrize(
    ("place", "received", "due", "because"),
    [
        ("England", "Thu 2026-04-02", "Tue 2026-04-07", "Good Friday and Easter Monday"),
        ("England", "Fri 2026-05-01", "Tue 2026-05-05", "the first Monday in May"),
        ("England", "Fri 2020-05-01", "Mon 2020-05-04", "moved to Friday 8 May for VE Day 75"),
        ("England", "Thu 2020-05-07", "Mon 2020-05-11", "moved to Friday 8 May for VE Day 75"),
        ("England", "Wed 2022-06-01", "Mon 2022-06-06", "Platinum Jubilee, and the spring holiday moved to it"),
        ("England", "Fri 2022-09-16", "Tue 2022-09-20", "state funeral"),
        ("England", "Fri 2023-05-05", "Tue 2023-05-09", "coronation"),
        ("England", "Fri 2026-07-31", "Mon 2026-08-03", "the Scottish summer holiday is none here"),
        ("England", "Fri 2026-08-28", "Tue 2026-09-01", "the last Monday in August"),
        ("England", "Thu 2026-12-24", "Tue 2026-12-29", "Boxing Day on Saturday gives Monday 28"),
        ("England", "Fri 2027-12-24", "Wed 2027-12-29", "both on a weekend: Monday 27 and Tuesday 28"),
        ("England", "Fri 2027-12-31", "Tue 2028-01-04", "New Year's Day on Saturday gives Monday 3"),
        ("England", "Thu 2026-12-31", "Mon 2027-01-04", "2 January is none here"),
        ("Scotland", "Thu 2026-04-02", "Mon 2026-04-06", "Easter Monday is none here"),
        ("Scotland", "Fri 2026-06-12", "Tue 2026-06-16", "World Cup, once"),
        ("Scotland", "Fri 2026-07-31", "Tue 2026-08-04", "the first Monday in August"),
        ("Scotland", "Fri 2026-08-28", "Mon 2026-08-31", "the last Monday in August is none here"),
        ("Scotland", "Fri 2026-11-27", "Tue 2026-12-01", "St Andrew's Day"),
        ("Scotland", "Fri 2024-11-29", "Tue 2024-12-03", "St Andrew's Day on Saturday gives Monday"),
        ("Scotland", "Thu 2026-12-31", "Tue 2027-01-05", "2 January on Saturday gives Monday 4"),
        ("Scotland", "Fri 2027-12-31", "Wed 2028-01-05", "1 and 2 January give Monday 3 and Tuesday 4"),
        ("Northern Ireland", "Mon 2026-03-16", "Wed 2026-03-18", "St Patrick's Day"),
        ("Northern Ireland", "Fri 2024-03-15", "Tue 2024-03-19", "St Patrick's Day on Sunday gives Monday"),
        ("Northern Ireland", "Thu 2026-04-02", "Tue 2026-04-07", "Easter Monday"),
        ("Northern Ireland", "Fri 2026-07-10", "Tue 2026-07-14", "the Twelfth on Sunday gives Monday 13"),
        ("Northern Ireland", "Fri 2027-07-09", "Tue 2027-07-13", "the Twelfth"),
        ("Ireland", "Fri 2026-01-30", "Tue 2026-02-03", "St Brigid: the first Monday in February"),
        ("Ireland", "Thu 2030-01-31", "Mon 2030-02-04", "St Brigid: 1 February itself when a Friday"),
        ("Ireland", "Wed 2022-03-16", "Mon 2022-03-21", "a day of remembrance, once, after St Patrick's Day"),
        ("Ireland", "Thu 2026-04-02", "Fri 2026-04-03", "Good Friday is none here"),
        ("Ireland", "Fri 2026-10-23", "Tue 2026-10-27", "the last Monday in October"),
        ("Bavaria", "Mon 2026-01-05", "Wed 2026-01-07", "Epiphany"),
        ("Bavaria", "Wed 2026-06-03", "Fri 2026-06-05", "Corpus Christi"),
        ("Bavaria", "Fri 2026-10-02", "Mon 2026-10-05", "Unity Day on Saturday gives nothing"),
        ("Bavaria", "Thu 2025-10-30", "Fri 2025-10-31", "Reformation Day is none here"),
        ("Bavaria", "Thu 2026-12-24", "Mon 2026-12-28", "26 December on Saturday gives nothing"),
        ("France", "Wed 2026-05-13", "Fri 2026-05-15", "Ascension"),
        ("France", "Mon 2026-07-13", "Wed 2026-07-15", "14 July"),
        ("France", "Thu 2026-04-02", "Fri 2026-04-03", "Good Friday is none here"),
        ("Alsace", "Thu 2026-04-02", "Tue 2026-04-07", "Good Friday and Easter Monday"),
        ("California", "Mon 2026-03-30", "Wed 2026-04-01", "Cesar Chavez Day"),
        ("California", "Fri 2026-10-09", "Mon 2026-10-12", "Columbus Day is none here"),
        ("California", "Wed 2026-11-25", "Mon 2026-11-30", "Thanksgiving and the day after"),
        ("New York", "Fri 2026-10-09", "Tue 2026-10-13", "Columbus Day"),
    ],
)
def test_one_business_day(place: str, received: str, due: str, because: str) -> None:
    calendar = Calendar(*PLACES[place])
    moment = at(f"{received} 11:00", calendar.timezone)
    assert calendar.day_of(calendar.add(moment, parse("1 business day"))) == on(due), because


@pytest.mark.parametrize(
    ("place", "day", "why"),
    [
        ("England", "2026-12-25", "Christmas Day"),
        ("England", "2026-12-26", "Saturday"),
        ("England", "2026-12-28", "Boxing Day (observed)"),
        ("England", "2026-12-29", ""),
        ("England", "2026-04-06", "Easter Monday"),
        ("Bavaria", "2026-01-06", "Epiphany"),  # in English, whatever the language of the process
        ("France", "2026-05-08", "Victory Day"),
    ],
)
def test_why_a_day_is_closed(place: str, day: str, why: str) -> None:
    assert Calendar(*PLACES[place]).why_closed(date.fromisoformat(day)) == why
