"""What is owed on a case that had ended and goes on: no date that fell due meanwhile was owed to anybody."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from mailcase.core.case import ENDED
from mailcase.core.deadlines.evidence import COUNTED_FROM_LOST
from mailcase.core.deadlines.owed import CaseFacts, Deadline, current_decision, decision_due, watched
from mailcase.core.promises.policy import Policy

ENDED_THEN = "the case had ended when it fell due"


def taken_up(case: CaseFacts, policy: Policy, now: datetime) -> tuple[Deadline, ...]:
    """The deadlines of an ended case that change when it goes on: its updates, and one more date for its decision."""
    return (*updates_from_now(case, policy, now), *_decisions(case, policy, now))


def updates_from_now(case: CaseFacts, policy: Policy, now: datetime) -> Iterator[Deadline]:
    """The update that runs on a case that had ended counts from now; the others stay as they are."""
    periods = {promise.id: promise.every for promise in watched(policy, case) if promise.every}
    for each in case.deadlines:
        stands_for = each.met_at or each.evidence == COUNTED_FROM_LOST or each.state == "broken"
        if case.status in ENDED and each.promise in periods and not stands_for:
            due = policy.calendar.after(now, periods[each.promise])
            yield replace(each, counted_from=now, due_at=due, state="open", warned=0, asked=False, written=False)


def _decisions(case: CaseFacts, policy: Policy, now: datetime) -> Iterator[Deadline]:
    """The old date where it lies ahead; else the time that was promised, counted from now."""
    kind = current_decision(case)
    times = {promise.id: promise.within for promise in watched(policy, case) if promise.kind == kind}
    known = (each for each in case.deadlines if each.kind == kind)
    for name, dates in groupby(known, lambda each: each.promise):
        *_, last = dates
        if last.met_at is None and (last.due_at > now or last.state == "broken"):
            continue  # it is owed still, or it was missed before the case ended
        if last.met_at is None:
            yield replace(last, state="waived", evidence=ENDED_THEN)
        within = times.get(name)
        if last.due_at > now:
            yield Deadline(name, last.seq + 1, kind, now, last.due_at)
        elif within:
            yield Deadline(name, last.seq + 1, kind, now, decision_due(policy, case, within, now))
