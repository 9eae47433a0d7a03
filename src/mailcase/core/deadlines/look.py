"""One look at a case: from its deadlines and the evidence to what is kept, what is broken, and what follows now.

A look settles each promise by the evidence, asks of what is still owed whether it is late or soon due, so that somebody
wants to be warned, asked, or written to, and says when to look again. It touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from mailcase.core.deadlines.evidence import over, settled
from mailcase.core.deadlines.owed import (
    OPEN,
    Action,
    CaseFacts,
    Deadline,
    Look,
    What,
    watched,
)
from mailcase.core.promises.policy import KINDS, Policy, Promise, PromiseKind

_OUTSIDE: tuple[PromiseKind, ...] = ("escalation", "signpost")  # the deadlines that lead to the letter about ADR

Point = tuple[datetime, What, dict[str, Any]]  # when, what, and what the deadline then remembers


def look(case: CaseFacts, policy: Policy, now: datetime) -> Look:
    """One look at a case. Done again at the same moment on what it brought about, it finds nothing more to do."""
    promises = {promise.id: promise for promise in watched(policy, case)}
    deadlines: list[Deadline] = []
    actions: list[Action] = []
    looks: list[datetime] = []
    for name, known in groupby(case.deadlines, lambda deadline: deadline.promise):
        promise = promises.get(name)
        for each in settled(list(known), promise, case, policy):
            due = _overdue(each, case, now)
            done, todo, next_looks = _todo(due, promise, case, policy, now)
            deadlines.append(done)
            actions += todo
            looks += next_looks
    for at, deadline in _signposts(case, deadlines, policy):
        if at <= now:
            index = deadlines.index(deadline)
            deadlines[index] = replace(deadline, written=True)
            actions.append(Action("signpost", deadlines[index]))
        else:
            looks.append(at)
    return Look(tuple(deadlines), tuple(_one_letter(actions)), min(looks, default=None))


def _signposts(case: CaseFacts, deadlines: Sequence[Deadline], policy: Policy) -> Iterator[tuple[datetime, Deadline]]:
    """When the letter goes that names the ADR body: at once after the second decision, else on the day of the limit.

    It is written once. One that was refused, or waits for a person's hand, is a matter for staff, who were told.
    """
    letters = (*(each.what for each in case.contacts), *(each.kind for each in case.unsent if each.may_leave))
    wrote = "signpost" in letters or any(each.written and each.kind in _OUTSIDE for each in deadlines)
    if not policy.adr or case.stage == "signposted" or wrote:
        return
    for deadline in deadlines:
        if deadline.kind == "escalation" and case.status == "resolved" and deadline.met_at:
            yield deadline.met_at, deadline
            return
        owed = deadline.state in ("open", "broken") and deadline.met_at is None  # also when we were down on the day
        if deadline.kind == "signpost" and owed and case.status in OPEN:
            calendar = policy.calendar
            yield calendar.open_of(calendar.day_of(calendar.last_window_before(deadline.due_at))), deadline
            return


def _one_letter(actions: Iterable[Action]) -> Iterator[Action]:
    """One letter to the customer keeps every promise of an update that wants one now."""
    wrote = False
    for action in actions:
        if action.what != "write" or not wrote:
            yield action
        wrote = wrote or action.what == "write"


def _overdue(deadline: Deadline, case: CaseFacts, now: datetime) -> Deadline:
    if deadline.state != "open" or now < deadline.due_at or _is_unsure(deadline, case):
        return deadline
    return replace(deadline, state="broken")


def _is_unsure(deadline: Deadline, case: CaseFacts) -> bool:
    """The first update counts from the acknowledgement: while that is on its way, nobody knows by when it is owed."""
    on_its_way = (each.kind == "acknowledgement" and each.may_leave and each.state != "held" for each in case.unsent)
    return deadline.kind == "update" and deadline.seq == 1 and any(on_its_way)


def _todo(
    deadline: Deadline, promise: Promise | None, case: CaseFacts, policy: Policy, now: datetime
) -> tuple[Deadline, list[Action], list[datetime]]:
    """What the deadline wants now, marked as done in it, and the moments at which it wants something next.

    Of several warnings that were missed while we were down, or several flags, the first one says it all.
    """
    done = deadline
    actions: list[Action] = []
    looks: list[datetime] = []
    for points in _wanted(deadline, promise, case, policy, now):
        missed = [(what, changed) for at, what, changed in points if at <= now]
        if missed:
            what, first = missed[0]
            actions.append(Action(what, replace(done, **first)))
            done = replace(done, **missed[-1][1])
        looks += [at for at, _, _ in points if at > now]
    return done, actions, looks


def _wanted(
    deadline: Deadline, promise: Promise | None, case: CaseFacts, policy: Policy, now: datetime
) -> Iterator[list[Point]]:
    """The points in time that matter to a deadline, those of one kind together."""
    if deadline.state in ("kept", "waived") or _is_unsure(deadline, case):
        return
    yield list(_telling(deadline, case, policy))
    if deadline.met_at is not None:
        return
    if deadline.state == "open":
        yield list(_warnings(deadline, promise, policy))
    if promise and promise.every and _may_write(case):
        yield from _writing(deadline, case, policy, now)


def _may_write(case: CaseFacts) -> bool:
    """Nobody is written to again before a first letter has left: their name may be forged, and that letter held."""
    waits = any(each.kind == "update" and each.may_leave for each in case.unsent)
    return case.reachable and case.status in OPEN and not waits and bool(case.contacts)


def _telling(deadline: Deadline, case: CaseFacts, policy: Policy) -> Iterator[Point]:
    """Handler and managers are told at the target; the managers once more if it is still owed after `tell_again`.

    Not where the customer has another date by then: that one is watched as the first one was.
    """
    moved = any(
        each.promise == deadline.promise and each.is_extension and each.state == "open" for each in case.deadlines
    )
    if deadline.told < 1:
        yield deadline.due_at, "flag", {"told": 1}
    if deadline.told < 2 and deadline.met_at is None and not moved and not over(deadline, case):
        yield policy.calendar.after(deadline.due_at, policy.tell_again), "flag again", {"told": 2}


def _warnings(deadline: Deadline, promise: Promise | None, policy: Policy) -> Iterator[Point]:
    """One warning for each time before the target."""
    ahead = promise.warn if promise else KINDS[deadline.kind].warn
    times = sorted(policy.warn_at(deadline.due_at, each) for each in ahead)
    for number, at in enumerate(times, start=1):
        if number > deadline.warned:
            yield at, "warn", {"warned": number}


def _writing(deadline: Deadline, case: CaseFacts, policy: Policy, now: datetime) -> Iterator[list[Point]]:
    """The letter leaves in the last business hours before it is due; a business day before, the handler is asked.

    One that was stopped is written anew on the next business morning: what it was to keep is owed all the same.
    """
    calendar = policy.calendar
    send_at = sends_at(deadline, policy)
    if deadline.written:
        stopped = [each.queued_at for each in case.unsent if each.kind == "update" and not each.may_leave]
        if max(stopped, default=deadline.counted_from) <= deadline.counted_from:
            return
        send_at = calendar.next_opening(max(now, calendar.close_of(calendar.day_of(max(stopped)))))
    elif now >= deadline.due_at:  # late: at once in business hours, else when they begin
        send_at = calendar.next_opening(now)
    elif send_at > now and not deadline.asked:
        yield [(calendar.business_days_before(send_at, 1), "ask for words", {"asked": True})]
    yield [(send_at, "write", {"written": True})]


def sends_at(deadline: Deadline, policy: Policy) -> datetime:
    """When the update leaves: at the opening of the last business hours before it is due.

    Over long holidays, the promise goes before our hours.
    """
    calendar = policy.calendar
    opening = calendar.open_of(calendar.day_of(calendar.last_window_before(deadline.due_at)))
    if calendar.day_of(opening) > calendar.day_of(deadline.counted_from):
        return opening
    halfway = deadline.counted_from + (deadline.due_at - deadline.counted_from) / 2
    return max(deadline.due_at - timedelta(days=1), halfway)
