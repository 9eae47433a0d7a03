"""Who may see a case: nobody of whom it complains."""

from __future__ import annotations

from collections.abc import Collection

from mailcase.core.rules import Rules


def complains_about(conflicts: Collection[str], person: str) -> bool:
    """Whether one of staff is among those of whom a case complains, and so may know nothing of it."""
    return person.casefold() in {each.casefold() for each in conflicts}


def complained_about(text: str, rules: Rules) -> tuple[str, ...]:
    """Staff whose full name the customer wrote: such a case goes to somebody else, whatever they said of them."""
    words = " ".join(text.casefold().split())
    return tuple(each.address for each in rules.staff if " " in each.name and f" {each.name.casefold()}" in f" {words}")
