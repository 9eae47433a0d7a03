"""Who may see a case: nobody of whom it complains."""

from __future__ import annotations

from collections.abc import Collection


def complains_about(conflicts: Collection[str], person: str) -> bool:
    """Whether one of staff is among those of whom a case complains, and so may know nothing of it."""
    return person.casefold() in {each.casefold() for each in conflicts}
