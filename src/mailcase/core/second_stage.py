"""The second look at a case: another person, a deadline of its own, an acknowledgement; then the bodies outside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from mailcase.core.case import OUTDATED
from mailcase.core.changes import AddEntry, Change, LookAt, SetDeadline, StopLetter, WantAttention
from mailcase.core.deadlines.owed import Deadline, decision_due, next_update
from mailcase.core.deadlines.taken_up import updates_from_now
from mailcase.core.letters.customer_mail import Letter, letters
from mailcase.core.letters.telling import tell
from mailcase.core.promises.policy import Promise, promises_for
from mailcase.core.reading import Known
from mailcase.core.record import CaseRecord
from mailcase.core.rules import Rules
from mailcase.core.staff.assignment import reviewer_for
from mailcase.core.staff.who import complains_about


@dataclass(frozen=True, slots=True)
class Escalated:
    """The case as it goes on, and what else is to be written."""

    record: CaseRecord
    changes: tuple[Change, ...]


def promised(record: CaseRecord, rules: Rules) -> Promise | None:
    """What the policy promises when a customer does not accept our decision."""
    found = promises_for(rules.policy, record.kind, record.track, record.category, "second")
    return next((promise for promise in found if promise.kind == "escalation"), None)


def begin(
    record: CaseRecord,
    promise: Promise,
    asked_at: datetime,
    who: str,
    about: str,
    known: Known,
    rules: Rules,
    now: datetime,
) -> Escalated:
    """The second stage, asked for at a moment (UTC) from which its deadline counts; `about` makes the letter's id."""
    today = now.astimezone(rules.zone).date()
    worked = (*record.past_handlers, record.handler) if record.handler else record.past_handlers
    reviewer = reviewer_for(rules.staff, known.loads, (*worked, *record.conflicts), today)
    assert promise.within is not None, "the policy is checked: an escalation has a time"
    due = decision_due(rules.policy, record.owed, promise.within, asked_at)
    deadline = Deadline(promise.id, 1, "escalation", asked_at, due)
    updates = tuple(updates_from_now(record.owed, rules.policy, now))
    after = replace(
        record.without(*OUTDATED),
        stage="second",
        status="investigating",
        handler=reviewer,
        past_handlers=tuple(dict.fromkeys(worked)),
        outcome="",
        redress="",
        ended_at=None,
        parked_at=None,
        facts=replace(record.owed, deadlines=(*_with(record.owed.deadlines, updates), deadline)),
    )
    changes = (
        *(StopLetter(draft.letter) for draft in record.drafts),  # what was written before does not fit any more
        *(SetDeadline(record.reference, each) for each in (*updates, deadline)),
        *_recorded(after, who, asked_at, rules),
        *_told(record, after, deadline, about, known, rules, now),
        LookAt("case", record.reference, now),
    )
    return Escalated(after, changes)


def _recorded(after: CaseRecord, who: str, asked_at: datetime, rules: Rules) -> Iterator[Change]:
    name = rules.name_of(after.handler) or "nobody: no manager is left who may"
    text = f"asked {asked_at:%Y-%m-%d %H:%M} UTC; looked at by {name}"
    yield AddEntry(after.reference, "escalated", who, text)
    if not after.handler:
        yield WantAttention()


def _with(known: tuple[Deadline, ...], changed: tuple[Deadline, ...]) -> tuple[Deadline, ...]:
    by_key = {(each.promise, each.seq): each for each in changed}
    return tuple(by_key.get((each.promise, each.seq), each) for each in known)


def _told(
    before: CaseRecord, after: CaseRecord, deadline: Deadline, about: str, known: Known, rules: Rules, now: datetime
) -> Iterator[Change]:
    """The customer, whoever looks again, and whoever decided first."""
    case = after.owed
    update_by = next_update(case, rules.policy, now)
    values = {
        "reviewer": rules.name_of(after.handler),
        "decided": any(each.what == "resolution" for each in case.contacts),
        "decision_by": deadline.due_at.astimezone(rules.zone),
        "update_by": update_by.astimezone(rules.zone) if update_by else None,
    }
    letter = Letter("second-look", f"second-look {about}", values, due_at=now, answer=True)
    yield from letters(letter, case, rules, now)
    if after.handler:
        yield from tell(after.handler, "escalated", after, about.encode(), known, rules, now)
    if rules.colleague(before.handler) and not complains_about(before.conflicts, before.handler):
        yield from tell(before.handler, "taken over", after, about.encode(), known, rules, now)
