"""Who looks after a case: the category's people, else who has the fewest open ones; never who is complained about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal


@dataclass(frozen=True, slots=True)
class Absence:
    """Days on which somebody is away, the first and the last among them."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Colleague:
    """One of staff; `signature` is what their mail program puts below their words."""

    name: str
    address: str
    role: Literal["handler", "manager"] = "handler"
    categories: tuple[str, ...] = ()  # of which they take the cases; () is any
    away: tuple[Absence, ...] = ()
    signature: str = ""

    def is_away(self, day: date) -> bool:
        """Whether they are away on a day."""
        return any(absence.first <= day <= absence.last for absence in self.away)


def handler_for(
    category: str, staff: Sequence[Colleague], loads: Mapping[str, int], not_these: Sequence[str], day: date
) -> str:
    """The address of who gets a new case; '' when nobody may. Managers only where there is no handler."""
    free = [each for each in staff if not _is_one_of(each, not_these)]
    here = [each for each in free if not each.is_away(day)] or free
    handlers = [each for each in here if each.role == "handler"] or here
    chosen = [each for each in handlers if category and category in each.categories]
    chosen = chosen or [each for each in handlers if not each.categories] or handlers
    return min(chosen, key=lambda each: (loads.get(each.address, 0), each.address)).address if chosen else ""


def reviewer_for(staff: Sequence[Colleague], loads: Mapping[str, int], not_these: Sequence[str], day: date) -> str:
    """The address of the manager who looks at a case again: none who worked on it, and none complained about."""
    free = [each for each in staff if each.role == "manager" and not _is_one_of(each, not_these)]
    here = [each for each in free if not each.is_away(day)] or free
    return min(here, key=lambda each: (loads.get(each.address, 0), each.address)).address if here else ""


def _is_one_of(colleague: Colleague, addresses: Sequence[str]) -> bool:
    return colleague.address.casefold() in {address.casefold() for address in addresses}
