"""How each date of a case came about and what became of it, for people who doubt it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailcase.core.days.counting import Step
from mailcase.core.deadlines.owed import DECISIONS, WATCHED, CaseFacts, Deadline
from mailcase.core.deadlines.proof import Evidence, evidence_of
from mailcase.core.entries import Entry
from mailcase.core.promises.policy import Policy, Promise, promises_for
from mailcase.core.promises.schemes import SCHEMES, limits

UNTIL_NOW = "until now to "  # what a timeline says before the policy that the case was held to before


@dataclass(frozen=True, slots=True)
class Reckoning:
    """One way in which a date was counted: the rule in words, its days, and where it ends."""

    rule: str
    source: str  # '' for the firm's own promise, else the scheme and where it stands
    due_at: datetime
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """One deadline, its words, how it was counted, what was warned of, and what kept it."""

    deadline: Deadline
    words: str
    reckoning: Reckoning | None  # None: no policy that the case was held to has this promise
    instead_of: Reckoning | None  # the firm's own date, where a limit by law is stricter
    moves: tuple[Entry, ...]  # the case was held to another policy, and the date moved
    extensions: tuple[Entry, ...]  # more time for the decision; it moves no date
    warnings: tuple[Entry, ...]
    evidence: Evidence


def earlier_policies(entries: Sequence[Entry]) -> list[str]:
    """The beginnings of the digests of the policies that a case was held to before its present one, latest first."""
    named = (entry.text.partition(UNTIL_NOW)[2] for entry in entries if entry.kind == "policy")
    return [digest for digest in reversed(list(named)) if digest]


def explain(case: CaseFacts, policies: Sequence[Policy], entries: Sequence[Entry]) -> list[Explanation]:
    """Every deadline of a case in the order in which they fall due, each by the policy that set its date.

    The first of the policies is the one that the case is held to, the others are those before it.
    """
    ordered = sorted(case.deadlines, key=lambda deadline: (deadline.due_at, deadline.promise, deadline.seq))
    return [_explained(deadline, case, policies, entries) for deadline in ordered]


def _explained(
    deadline: Deadline, case: CaseFacts, policies: Sequence[Policy], entries: Sequence[Entry]
) -> Explanation:
    tried = [_under(policy, deadline, case, entries) for policy in policies]
    exact = (one for one in tried if one.reckoning and one.reckoning.due_at == deadline.due_at)
    known = (one for one in tried if one.reckoning)
    return next(exact, None) or next(known, None) or tried[0]


def _under(policy: Policy, deadline: Deadline, case: CaseFacts, entries: Sequence[Entry]) -> Explanation:
    promises = promises_for(policy, case.kind, case.track, case.category, case.stage)
    promise = next((each for each in promises if each.id == deadline.promise), None)
    ours = _ours(deadline, promise, policy)
    law = None if deadline.is_extension else _law(deadline, case, policy)
    stricter = law if law and (ours is None or law.due_at < ours.due_at) else None
    return Explanation(
        deadline=deadline,
        words=promise.text if promise else SCHEMES.get(deadline.promise, ""),
        reckoning=stricter or ours,
        instead_of=ours if stricter else None,
        moves=_entries("policy", f"{deadline.promise}: ", deadline, entries),
        extensions=_entries("extend", "", deadline, entries) if deadline.kind in DECISIONS else (),
        warnings=_entries("warning", f"{deadline.promise} is due ", deadline, entries),
        evidence=evidence_of(deadline),
    )


def _ours(deadline: Deadline, promise: Promise | None, policy: Policy) -> Reckoning | None:
    start, calendar = deadline.counted_from, policy.calendar
    if deadline.is_extension:
        return Reckoning(
            "the new date that staff gave: an extension, or the case was taken up again", "", deadline.due_at, ()
        )
    if promise and promise.every:
        steps = tuple(_from_contact(calendar.steps(start, promise.every), deadline))
        rule = f"every {promise.every}, from the last contact"
        return Reckoning(rule, "", calendar.after(start, promise.every), steps)
    if promise and promise.within:
        steps = tuple(calendar.steps(start, promise.within, policy.counting, policy.late_next_day))
        return Reckoning(f"within {promise.within} of the receipt", "", policy.add(start, promise.within), steps)
    return None


def _from_contact(steps: Iterator[Step], deadline: Deadline) -> Iterator[Step]:
    """The first update is counted from the receipt until there is a contact; all the others from a contact."""
    for step in steps:
        contact = step.counted == 0 and step.why == "day of receipt" and deadline.seq > 1
        yield Step(step.day, step.counted, "day of the contact") if contact else step


def _law(deadline: Deadline, case: CaseFacts, policy: Policy) -> Reckoning | None:
    """The strictest limit of the schemes that bind the case."""
    duty = WATCHED[deadline.kind][0]
    calendar = policy.calendar
    bound = [
        (calendar.add(case.received_at, row.within), row)
        for use in policy.schemes
        if use.applies_to.covers(case.kind, case.track, case.category)
        for row in limits(use.name, case.kind, calendar.day_of(case.received_at))
        if row.duty == duty
    ]
    bound = [(due, row) for due, row in bound if due > deadline.counted_from]  # what is over binds no later date
    if not bound:
        return None
    due, row = min(bound, key=lambda pair: pair[0])
    steps = tuple(calendar.steps(case.received_at, row.within))
    return Reckoning(f"within {row.within} of the receipt", f"{SCHEMES[row.scheme]}; {row.source}", due, steps)


def _entries(kind: str, beginning: str, deadline: Deadline, entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The entries of a kind that begin so, made while the deadline ran."""
    return tuple(
        entry
        for entry in entries
        if entry.kind == kind
        and entry.text.startswith(beginning)
        and deadline.counted_from <= entry.at
        and (deadline.met_at is None or entry.at <= deadline.met_at)
    )
