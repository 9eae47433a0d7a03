"""Who looks after a case, and who may see it: nobody of whom it complains."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from mailcase.core.case import Stage
from mailcase.core.rules import Rules


def complains_about(conflicts: Collection[str], person: str) -> bool:
    """Whether one of staff is among those of whom a case complains, and so may know nothing of it."""
    return person.casefold() in {each.casefold() for each in conflicts}


def may_see(people: Collection[str], conflicts: Collection[str]) -> tuple[str, ...]:
    """Those of whom it does not complain."""
    return tuple(each for each in people if not complains_about(conflicts, each))


def workers(handler: str, conflicts: Collection[str], rules: Rules, day: date) -> tuple[str, ...]:
    """Who hears of a case: its handler, and the managers too while the handler is away; the managers if there is none.

    Nobody hears of it who is not of staff any more, or of whom it complains; where that leaves no manager, everybody
    else of staff does.
    """
    managers = may_see(rules.managers, conflicts)
    colleague = rules.colleague(handler) if handler else None
    if colleague is None or complains_about(conflicts, handler):
        return managers or may_see([each.address for each in rules.staff], conflicts)
    return tuple(dict.fromkeys((handler, *(managers if colleague.is_away(day) else ()))))


def is_unattended(handler: str, conflicts: Collection[str], stage: Stage, rules: Rules, day: date) -> bool:
    """Whether nobody may look after a case, or nobody is left who may look at it again."""
    return not workers(handler, conflicts, rules, day) or (stage != "first" and not handler)


def told_what_waits(rules: Rules, unreached: Collection[str]) -> tuple[str, ...]:
    """Who is told what waits for a person: the managers whom our mail reaches, or where it reaches none the others."""
    staff = [each.address for each in rules.staff]
    reached = (tuple(each for each in people if each not in unreached) for people in (rules.managers, staff))
    return next(filter(None, reached), rules.managers)


def tells_of(unreached: str, reader: str, rules: Rules) -> bool:
    """Whether to tell a reader that our mail reaches somebody not: one of today's staff, and not themselves."""
    return unreached != reader and (unreached in rules.managers or rules.colleague(unreached) is not None)


def complained_about(text: str, rules: Rules) -> tuple[str, ...]:
    """Staff whose full name the customer wrote: such a case goes to somebody else, whatever they said of them."""
    words = " ".join(text.casefold().split())
    return tuple(each.address for each in rules.staff if " " in each.name and f" {each.name.casefold()}" in f" {words}")
