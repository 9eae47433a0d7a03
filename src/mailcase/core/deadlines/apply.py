"""Holding an open case to another policy: which of its dates move, and what stands on its timeline about it.

What is settled stays as it is: kept, broken, or past and not looked at yet. A date never moves into the past, unless a
limit by law does so: nobody breaks a promise that was not given yet. A date that staff gave stays, for the customer
knows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from mailcase.core.changes import AddEntry, Change, LookAt, SetDeadline, SetPolicy
from mailcase.core.deadlines.evidence import COUNTED_FROM_LOST
from mailcase.core.deadlines.explain import UNTIL_NOW
from mailcase.core.deadlines.owed import (
    DECISIONS,
    FROM_RECEIPT,
    PROMISED_NO_MORE,
    WATCHED,
    CaseFacts,
    Deadline,
    assigned,
    first_deadlines,
    watched,
)
from mailcase.core.promises.policy import Policy, promises_for, statutory

SHORT = 12  # symbols of a policy's digest that the timeline names


@dataclass(frozen=True, slots=True)
class Move:
    """A deadline that changes: `before` is None for a new one, and `after` is waived where it is promised no more."""

    before: Deadline | None
    after: Deadline

    @property
    def is_later(self) -> bool:
        """Whether a decision comes later than the customer has been told."""
        return self.after.kind in DECISIONS and self.before is not None and self.after.due_at > self.before.due_at

    @property
    def words(self) -> str:
        """For the timeline; it begins with the promise, by which `explain` finds it."""
        return self.told(_shown)

    def told(self, shown: Callable[[datetime], str]) -> str:
        """The same, with moments as somebody reads them."""
        promise, due = self.after.promise, shown(self.after.due_at)
        if self.before is None or self.before.state == "waived":
            return f"{promise}: promised from now on, due {due}"
        if self.after.state == "waived":
            return f"{promise}: no longer promised; it was due {due}"
        if self.after.due_at == self.before.due_at:
            return f"{promise}: due {due} as before; counted from now on"
        return f"{promise}: due {due}; it was due {shown(self.before.due_at)}"


def _shown(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def track_under(case: CaseFacts, policy: Policy) -> str:
    """The case's track, or the policy's first choice where it does not have that one."""
    return case.track if case.track in policy.tracks else policy.default_track


def moves(case: CaseFacts, policy: Policy, now: datetime) -> tuple[Move, ...]:
    """What changes on a case that is held to this policy from now on."""
    case = replace(case, track=track_under(case, policy))
    wanted = assigned(first_deadlines(policy, case), case.handler, now)
    found = [move for new in wanted if (move := _move(new, wanted, case, policy, now))]
    return (*found, *_gone(wanted, case, policy, now))


def first_moves(case: CaseFacts, policy: Policy, now: datetime) -> tuple[Move, ...]:
    """What a case that never had a date is owed: all that is promised, also what is past and thus broken.

    It was opened before dates were kept, and what the firm publishes was promised then. Its updates count from now.
    """
    case = replace(case, track=track_under(case, policy))
    owed = assigned(first_deadlines(policy, case), case.handler, now)
    return tuple(Move(None, _from_now(new, case, policy, now)) for new in owed)


def changes_for(
    case: CaseFacts, found: tuple[Move, ...], policy: Policy, before: str, by: str, now: datetime
) -> list[Change]:
    """What is written; `before` is the digest of the policy until now, '' where there was none."""
    until_now = f"{UNTIL_NOW}{before[:SHORT]}" if before else "it had no dates before"
    words = f"held to the policy {policy.digest[:SHORT]}, {policy.name}; {until_now}"
    return [
        SetPolicy(case.reference, policy.digest, track_under(case, policy)),
        AddEntry(case.reference, "policy", by, words),
        *(SetDeadline(case.reference, move.after) for move in found),
        *(AddEntry(case.reference, "policy", by, move.words) for move in found),
        *(AddEntry(case.reference, "moved", by, move.words) for move in found if move.is_later),
        LookAt("case", case.reference, now),
    ]


def _gone(wanted: tuple[Deadline, ...], case: CaseFacts, policy: Policy, now: datetime) -> Iterator[Move]:
    """What still runs and is promised no more; a date that staff gave stands as long as any decision is promised."""
    names, kinds = {deadline.promise for deadline in wanted}, {deadline.kind for deadline in wanted}
    # Begun by what happened on the case, not by its receipt: the date that the customer knows stands.
    later = {promise.kind for promise in watched(policy, case) if promise.kind not in FROM_RECEIPT}
    for deadline in case.deadlines:
        given = deadline.is_extension and deadline.kind in kinds
        stands = given or deadline.promise in names or deadline.kind in later
        if not stands and _runs(deadline, now):
            yield Move(deadline, replace(deadline, state="waived", evidence=PROMISED_NO_MORE))


def _runs(deadline: Deadline, now: datetime) -> bool:
    return deadline.state == "open" and deadline.due_at > now


def _move(new: Deadline, wanted: tuple[Deadline, ...], case: CaseFacts, policy: Policy, now: datetime) -> Move | None:
    same = [each for each in case.deadlines if each.promise == new.promise and _may_move(each)]
    if not same:
        return _added(new, wanted, case, policy, now)
    last = max(same, key=lambda deadline: (deadline.state == "open", deadline.seq))
    if last.state == "waived":
        dated = _dated(replace(last, state="open", evidence=""), new, case, policy, now)
        return Move(last, dated) if dated.due_at > now else None
    if not _runs(last, now):
        return None
    moved = _dated(last, new, case, policy, now)
    return Move(last, moved) if moved != last else None


def _may_move(deadline: Deadline) -> bool:
    """Not what staff gave, nor an update for which the one before it stands."""
    return not deadline.is_extension and deadline.evidence != COUNTED_FROM_LOST


def _added(new: Deadline, wanted: tuple[Deadline, ...], case: CaseFacts, policy: Policy, now: datetime) -> Move | None:
    """A promise that the case did not have; in the place of one of its kind that is promised no more, it runs on."""
    names = {deadline.promise for deadline in wanted}
    before = [
        each for each in case.deadlines if each.kind == new.kind and each.promise not in names and _may_move(each)
    ]
    last = max(before, key=lambda deadline: (deadline.counted_from, deadline.seq), default=None)
    if last and _runs(last, now):
        running = replace(last, promise=new.promise, seq=1, warned=0)
        return Move(None, _dated(running, new, case, policy, now))
    if new.kind == "update":
        return Move(None, _from_now(new, case, policy, now))
    return Move(None, new) if not last and (new.due_at > now or new.due_at == _law(new, case, policy)) else None


def _from_now(new: Deadline, case: CaseFacts, policy: Policy, now: datetime) -> Deadline:
    """An update that was never owed before counts from now; all else as from its receipt."""
    return _update(replace(new, counted_from=now), case, policy, now) if new.kind == "update" else new


def _dated(old: Deadline, new: Deadline, case: CaseFacts, policy: Policy, now: datetime) -> Deadline:
    """The old deadline with the date that the policy gives it; warned of again when it moves later."""
    if new.kind == "update":
        return _update(old, case, policy, now)
    law = _law(new, case, policy)
    due = new.due_at if new.due_at > now else min(old.due_at, law or old.due_at)
    return replace(old, due_at=due, warned=0 if due > old.due_at else old.warned)


def _update(old: Deadline, case: CaseFacts, policy: Policy, now: datetime) -> Deadline:
    """Counted from the last contact; from now on, where that would be over already."""
    promises = promises_for(policy, case.kind, case.track, case.category, case.stage)
    every = next(promise.every for promise in promises if promise.id == old.promise and promise.every)
    due = policy.calendar.after(old.counted_from, every)
    if due > now:
        return replace(old, due_at=due)
    fresh = policy.calendar.after(now, every)
    return replace(old, counted_from=now, due_at=min(fresh, old.due_at) if old.due_at > now else fresh)


def _law(new: Deadline, case: CaseFacts, policy: Policy) -> datetime | None:
    duty = WATCHED[new.kind][0]
    law = duty and statutory(policy, duty, case.kind, case.track, case.category, case.received_at)
    return law[0] if law else None
