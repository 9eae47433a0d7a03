"""Dates and moments for tables of tests, written with a weekday that must be true."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def on(text: str) -> date:
    """The day in 'Mon 2026-06-01'."""
    return at(text, "UTC").date()


def at(text: str, zone: str = "Europe/London") -> datetime:
    """The moment in 'Mon 2026-06-01 09:30', as clocks in the zone show it, in UTC."""
    wall = datetime.fromisoformat(text[4:]).replace(tzinfo=ZoneInfo(zone))
    assert f"{wall:%a}" == text[:3], f"{text} is a {wall:%A}"
    return wall.astimezone(UTC)
