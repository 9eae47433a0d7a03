"""An extension: more time for our decision, as its entry on the timeline says it.

It moves no deadline: the promise is judged by its first date, and nothing resets that (no policy that we know lets the
firm give itself time and call it kept). The new date is one more deadline of the same promise, with warnings and flags
of its own, because the customer is told of it. It never lies beyond a limit by law, which nobody can extend.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from mailcase.core.changes import AddEntry, Change, LookAt, SetDeadline
from mailcase.core.deadlines.owed import DECISIONS, CaseFacts, Deadline
from mailcase.core.promises.policy import Policy, statutory
from mailcase.core.promises.schemes import source
from mailcase.errors import MailcaseError

_ENTRY = re.compile(r"until (\d{4}-\d\d-\d\d \d\d:\d\d) UTC: (.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Extension:
    """Until when the decision takes now, and why, in words that the customer reads; the entry's actor said so."""

    until: datetime | None
    reason: str


def write(extension: Extension) -> str:
    """The text of the entry."""
    if extension.until is None:
        return extension.reason
    return f"until {extension.until.astimezone(UTC):%Y-%m-%d %H:%M} UTC: {extension.reason}"


def read(text: str) -> Extension:
    """What an entry says; one without a date is all reason."""
    found = _ENTRY.fullmatch(text)
    if found is None:
        return Extension(None, text)
    return Extension(datetime.strptime(found[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC), found[2])


def extend(
    case: CaseFacts, policy: Policy, until: datetime, reason: str, who: str, now: datetime
) -> tuple[Change, ...]:
    """Give the decision until a later date; MailcaseError where none is owed, or the date is not later, or too late."""
    owed = [each for each in case.deadlines if each.kind in DECISIONS and each.state in ("open", "broken")]
    last = max((each for each in owed if each.met_at is None), key=lambda each: each.due_at, default=None)
    if last is None:
        raise MailcaseError(f"{case.reference}: no decision is owed, so there is nothing to extend")
    if until <= max(now, last.due_at):
        due = f"{last.due_at:%Y-%m-%d %H:%M} UTC"
        raise MailcaseError(f"{case.reference}: the new date must lie ahead, and later than {due}")
    _check_law(case, policy, until)
    return (
        AddEntry(case.reference, "extend", who, write(Extension(until, reason))),
        SetDeadline(case.reference, Deadline(last.promise, last.seq + 1, last.kind, now, until)),
        LookAt("case", case.reference, now),
    )


def _check_law(case: CaseFacts, policy: Policy, until: datetime) -> None:
    """A limit by law counts from the first receipt; up to its last moment the firm may take its time."""
    law = statutory(policy, "resolve", case.kind, case.track, case.category, case.received_at)
    if law and until > law[0]:
        where = source(law[1], "resolve", case.kind, policy.calendar.day_of(case.received_at))
        limit = f"{law[0].astimezone(UTC):%Y-%m-%d %H:%M} UTC ({law[1]}: {where})"
        raise MailcaseError(f"{case.reference}: the law wants the decision by {limit}; no extension goes beyond that")
