"""From the time on a wall clock to the moment it means, also in the nights when clocks change."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def read_zone(name: str) -> ZoneInfo:
    """The zone of that name; a ValueError says what would be right."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder, or far too long
        raise ValueError(f"{name!r} is no time zone; write its IANA name, such as 'Europe/London'") from error


def moment_of(wall: datetime, zone: ZoneInfo) -> datetime:
    """The moment in UTC at which clocks in `zone` show the naive time `wall`.

    A time that comes twice (clocks go back) means the first: a due moment is never later than people can read it.
    A time that never comes (clocks go forward) means the moment of the jump, so that a later wall time is never an
    earlier moment.
    """
    first = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return first
    return _jump(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The whole second between the two at which the clock jumps: PEP 495 reads a time in a gap on both sides of it."""
    start = before.replace(microsecond=0)
    offset = start.astimezone(zone).utcoffset()

    def has_jumped(seconds: int) -> bool:
        return (start + timedelta(seconds=seconds)).astimezone(zone).utcoffset() != offset

    return start + timedelta(seconds=bisect_left(range(int((after - start).total_seconds())), True, key=has_jumped))
