"""Whether the clock on the wall can be believed: it has to keep pace with one that nobody can set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

JUMP = timedelta(hours=1)  # corrections stay far below; what moves a clock further is a mistake, or its end


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks of one process, read at the same moment."""

    wall: datetime  # UTC; people and programs can set it
    steady: float  # seconds, from anywhere; nobody can set it


def jump(trusted: Reading, reading: Reading) -> timedelta:
    """How far the wall clock has come ahead of the steady one since `trusted`; below zero: how far behind."""
    return reading.wall - _counted(trusted, reading)


def jumped(trusted: Reading, reading: Reading) -> bool:
    """Whether the wall clock is off by more than anybody corrects a clock that was right."""
    return abs(jump(trusted, reading)) > JUMP


def believed(trusted: Reading, reading: Reading) -> datetime:
    """The time to work with: the wall's, but after a jump as the steady clock counts on from `trusted`."""
    return _counted(trusted, reading) if jumped(trusted, reading) else reading.wall


def _counted(trusted: Reading, reading: Reading) -> datetime:
    return trusted.wall + timedelta(seconds=reading.steady - trusted.steady)
