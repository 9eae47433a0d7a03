"""One look at a case: from its deadlines and the evidence to what is kept, what is broken, and what follows now.

A look settles each promise by the evidence, asks of what is still owed whether it is late or soon due, so that somebody
wants to be warned, asked, or written to, and says when to look again. It touches nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from mailcase.core.case import Status
from mailcase.core.durations import Duration
from mailcase.core.owed import (
    DECIDED_IN,
    OPEN,
    PROMISED_NO_MORE,
    WATCHED,
    Action,
    CaseFacts,
    Contact,
    Deadline,
    Look,
    State,
    What,
    watched,
)
from mailcase.core.policy import KINDS, Policy, Promise, PromiseKind

# With which statuses nothing more is owed. What is called resolved still owes the decision: its letter keeps it.
ENDED_BY: Mapping[PromiseKind, tuple[Status, ...]] = {
    "acknowledge": (),
    "assign": ("resolved", "closed", "withdrawn"),
    "update": ("resolved", "closed", "withdrawn"),
    "resolve": ("closed", "withdrawn"),
    "escalation": ("closed", "withdrawn"),
    "survey": (),
    "signpost": ("resolved", "closed", "withdrawn"),
}
COUNTED_FROM_LOST = "the letter that it was counted from came back"

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
        for settled in _settled(list(known), promise, case, policy):
            due = _overdue(settled, case, now)
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


# -- evidence


def _settled(known: Sequence[Deadline], promise: Promise | None, case: CaseFacts, policy: Policy) -> list[Deadline]:
    """The deadlines of one promise as the contacts make them."""
    promised = promise is not None or any(use.name == known[0].promise for use in policy.schemes)
    open_again = [_open_again(deadline, case, promised) for deadline in known]
    if promise and promise.every:
        return _updates(open_again, promise.every, case, policy)
    return [
        deadline if deadline.evidence == PROMISED_NO_MORE else _waived(_met(deadline, case), case)
        for deadline in open_again
    ]


def _open_again(deadline: Deadline, case: CaseFacts, promised: bool) -> Deadline:
    """A letter that came back has kept nothing, and on a case that is taken up again the old dates stand."""
    if deadline.met_at and any(not each.reached and each.evidence == deadline.evidence for each in case.contacts):
        state: State = "open" if deadline.state == "kept" else deadline.state  # what is broken stays so
        return replace(deadline, state=state, met_at=None, evidence="", written=False)
    taken_up = deadline.state == "waived" and not deadline.evidence and promised and not _over(deadline, case)
    return replace(deadline, state="open") if taken_up else deadline


def _over(deadline: Deadline, case: CaseFacts) -> bool:
    return case.status in ENDED_BY[deadline.kind]


def _waived(deadline: Deadline, case: CaseFacts) -> Deadline:
    return replace(deadline, state="waived") if deadline.state == "open" and _over(deadline, case) else deadline


def _met(deadline: Deadline, case: CaseFacts) -> Deadline:
    """Kept when in time; one that was late stays broken, with the moment at which it was done after all."""
    contact = None if _is_settled(deadline) else _evidence(deadline, case)
    if contact is None:
        return deadline
    if deadline.state != "broken" and contact.at <= deadline.due_at:
        return replace(deadline, state="kept", met_at=contact.at, evidence=contact.evidence)
    if deadline.state == "waived":
        return deadline
    return replace(deadline, state="broken", met_at=contact.at, evidence=contact.evidence)


def _is_settled(deadline: Deadline) -> bool:
    return deadline.met_at is not None or deadline.evidence == COUNTED_FROM_LOST


def _evidence(deadline: Deadline, case: CaseFacts) -> Contact | None:
    """The first contact that keeps it; an update is counted from a contact, which cannot be the next one as well."""
    keeps = WATCHED[deadline.kind][1]
    is_update = deadline.kind == "update"
    for contact in case.contacts:
        in_it = contact.at > deadline.counted_from if is_update else contact.at >= deadline.counted_from
        if in_it and contact.reached and contact.what in keeps and _is_of_its_stage(contact, deadline):
            return contact
    return None


def _is_of_its_stage(contact: Contact, deadline: Deadline) -> bool:
    """A late copy of the first decision is not the second one."""
    stage = DECIDED_IN.get(deadline.kind)
    return stage is None or contact.what != "resolution" or contact.stage in ("", stage)


# -- updates


def _updates(known: Sequence[Deadline], every: Duration, case: CaseFacts, policy: Policy) -> list[Deadline]:
    """Updates, and behind those that were given the one that follows: one of them always runs."""
    found = [_update(deadline, every, case, policy) for deadline in known]
    while all(map(_is_settled, found)):
        last = max(deadline.met_at for deadline in found if deadline.met_at)
        seq = max(deadline.seq for deadline in found) + 1
        due = policy.calendar.after(last, every)
        found.append(_waived(_met(Deadline(found[0].promise, seq, "update", last, due), case), case))
    return found


def _update(deadline: Deadline, every: Duration, case: CaseFacts, policy: Policy) -> Deadline:
    if deadline.state == "open" and deadline.seq == 1:
        deadline = _from_acknowledgement(deadline, every, case, policy)
    elif deadline.state == "open" and _lost(case, deadline.counted_from, WATCHED["update"][1]):
        # What came before it is open again, and stands for it.
        return replace(deadline, state="waived", evidence=COUNTED_FROM_LOST)
    return _waived(_met(deadline, case), case)


def _from_acknowledgement(deadline: Deadline, every: Duration, case: CaseFacts, policy: Policy) -> Deadline:
    """The acknowledgement is the first contact: the first update is owed from then on, if it reached the customer."""
    acknowledged = (each.at for each in case.contacts if each.what == "acknowledgement" and each.reached)
    start = next(acknowledged, None)
    if start is None and _lost(case, deadline.counted_from, ("acknowledgement",)):
        start = case.received_at
    elif start is None or start <= deadline.counted_from:  # it may count from later: from when its policy was applied
        return deadline
    return replace(deadline, counted_from=start, due_at=policy.calendar.after(start, every))


def _lost(case: CaseFacts, moment: datetime, kinds: Sequence[str]) -> bool:
    """Whether what the relay took of these kinds at this moment came back."""
    then = [each.reached for each in case.contacts if each.at == moment and each.what in kinds]
    return bool(then) and not any(then)


# -- late, and what to do now


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
    """Handler and managers are told at the target; the managers once more if it is still owed after `tell_again`."""
    if deadline.told < 1:
        yield deadline.due_at, "flag", {"told": 1}
    if deadline.told < 2 and deadline.met_at is None and not _over(deadline, case):
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
