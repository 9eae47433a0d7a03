"""What the evidence makes of deadlines: kept, broken, waived, or open still, and which update is owed next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from mailcase.core.case import Status
from mailcase.core.days.durations import Duration
from mailcase.core.deadlines.owed import (
    DECIDED_IN,
    PROMISED_NO_MORE,
    WATCHED,
    CaseFacts,
    Contact,
    Deadline,
    State,
)
from mailcase.core.promises.policy import Policy, Promise, PromiseKind

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


def settled(known: Sequence[Deadline], promise: Promise | None, case: CaseFacts, policy: Policy) -> list[Deadline]:
    """The deadlines of one promise (None: promised no more) as the contacts make them."""
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
    taken_up = deadline.state == "waived" and not deadline.evidence and promised and not over(deadline, case)
    return replace(deadline, state="open") if taken_up else deadline


def over(deadline: Deadline, case: CaseFacts) -> bool:
    """Whether nothing more is owed on it, with the status that the case has."""
    return case.status in ENDED_BY[deadline.kind]


def _waived(deadline: Deadline, case: CaseFacts) -> Deadline:
    return replace(deadline, state="waived") if deadline.state == "open" and over(deadline, case) else deadline


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
