"""Wall clocks: ordinary times, and those that come twice or never, in the nights when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcase.core.days.local_time import moment_of

ZONES = ("Europe/London", "Europe/Berlin", "America/New_York", "Australia/Sydney", "Australia/Lord_Howe")


@pytest.mark.parametrize(
    ("zone", "wall", "utc"),
    [
        ("Europe/London", "2026-11-20 17:00", "2026-11-20 17:00"),
        ("Europe/London", "2026-07-20 17:00", "2026-07-20 16:00"),
        ("Europe/London", "2027-03-28 00:59", "2027-03-28 00:59"),
        ("Europe/London", "2027-03-28 01:00", "2027-03-28 01:00"),  # never comes
        ("Europe/London", "2027-03-28 01:30", "2027-03-28 01:00"),
        ("Europe/London", "2027-03-28 01:59:59.999999", "2027-03-28 01:00"),
        ("Europe/London", "2027-03-28 02:00", "2027-03-28 01:00"),
        ("Europe/London", "2026-10-25 00:59", "2026-10-24 23:59"),
        ("Europe/London", "2026-10-25 01:00", "2026-10-25 00:00"),  # comes twice
        ("Europe/London", "2026-10-25 01:30", "2026-10-25 00:30"),
        ("Europe/London", "2026-10-25 02:00", "2026-10-25 02:00"),
        ("Europe/Berlin", "2027-03-28 02:30", "2027-03-28 01:00"),
        ("Europe/Berlin", "2026-10-25 02:30", "2026-10-25 00:30"),
        ("America/New_York", "2027-03-14 02:30", "2027-03-14 07:00"),
        ("America/New_York", "2026-11-01 01:30", "2026-11-01 05:30"),
        ("Australia/Sydney", "2026-10-04 02:30", "2026-10-03 16:00"),
        ("Australia/Sydney", "2027-04-04 02:30", "2027-04-03 15:30"),
        ("Australia/Lord_Howe", "2026-10-04 02:15", "2026-10-03 15:30"),  # half an hour
        ("Europe/Dublin", "2027-03-28 01:30", "2027-03-28 01:00"),  # summer is its standard time
        ("Asia/Beirut", "2027-03-28 00:00", "2027-03-27 22:00"),  # midnight never comes
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00"),  # a whole day never came
    ],
)
def test_a_wall_clock_time_means_one_moment(zone: str, wall: str, utc: str) -> None:
    expected = datetime.fromisoformat(utc).replace(tzinfo=UTC)
    assert moment_of(datetime.fromisoformat(wall), ZoneInfo(zone)) == expected


walls = st.datetimes(datetime(2024, 1, 1), datetime(2033, 1, 1))  # noqa: DTZ001 - wall clocks have no zone


@given(walls, st.timedeltas(timedelta(0), timedelta(hours=3)), st.sampled_from(ZONES))
def test_a_later_wall_clock_is_never_an_earlier_moment(wall: datetime, later: timedelta, name: str) -> None:
    zone = ZoneInfo(name)
    assert moment_of(wall, zone) <= moment_of(wall + later, zone)


@given(walls.map(lambda wall: wall.replace(tzinfo=UTC)), st.sampled_from(ZONES))
def test_every_moment_is_found_again_or_is_the_second_of_its_name(moment: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    local = moment.astimezone(zone)
    found = moment_of(local.replace(tzinfo=None), zone)
    assert (found == moment) is not bool(local.fold)
    assert found <= moment
