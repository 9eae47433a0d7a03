"""Lengths of time as policies state them: '24 hours', '5 business days', '8 weeks'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Unit = Literal["hours", "days", "weeks", "months", "business hours", "business days"]

MAX_COUNT = 10_000  # 27 years of days: longer than anybody keeps a record, and every date stays in range

UNITS: Mapping[str, Unit] = MappingProxyType(
    {
        "hour": "hours",
        "hours": "hours",
        "day": "days",
        "days": "days",
        "calendar day": "days",
        "calendar days": "days",
        "week": "weeks",
        "weeks": "weeks",
        "month": "months",
        "months": "months",
        "business hour": "business hours",
        "business hours": "business hours",
        "working hour": "business hours",
        "working hours": "business hours",
        "business day": "business days",
        "business days": "business days",
        "working day": "business days",  # what British policies call them
        "working days": "business days",
    }
)


@dataclass(frozen=True, slots=True)
class Duration:
    """A whole number of one unit, from 1 to 10,000; anything else is a ValueError. `str` says it as a policy would."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_COUNT:
            raise ValueError(f"{self.count} {self.unit}: the number must be from 1 to {MAX_COUNT}")

    def __str__(self) -> str:
        return f"{self.count} {self.unit.removesuffix('s') if self.count == 1 else self.unit}"


def parse(text: str) -> Duration:
    """Read '5 business days' in any case and spacing; a ValueError says what would be right."""
    count, _, unit = " ".join(text.lower().split()).partition(" ")
    if not (count.isascii() and count.isdecimal() and len(count) <= 9 and unit in UNITS):
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        raise ValueError(
            f"{shown!r} is not a length of time: write a whole number and hours, days, weeks, months, "
            "business hours or business days, such as '5 business days'"
        )
    return Duration(int(count), UNITS[unit])
