"""From what a look found to what is written and said: letters to the customer, mails to staff, timeline entries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from types import MappingProxyType

from mailcase.core.case import LetterKind
from mailcase.core.changes import AddEntry, Change, LookAt, QueueLetter, SetDeadline, WantAttention
from mailcase.core.days.dates import date_in_words
from mailcase.core.deadlines.look import sends_at
from mailcase.core.deadlines.owed import DECISIONS, OPEN, CaseFacts, Deadline, Look, watched
from mailcase.core.letters.customer_mail import letters, needs_hand
from mailcase.core.letters.post import Draft, for_staff, queue
from mailcase.core.letters.signpost import signpost
from mailcase.core.letters.update import latest_extension, missed_decision, update
from mailcase.core.mail.thread import mailbox_key
from mailcase.core.rules import Rules
from mailcase.core.staff.who import may_see, workers

# Mails to staff that do not wait for the digest, and the share of a person's cap for the day that may be used up when
# one is written: what is missed must still get through on a day with many questions.
URGENT: Mapping[LetterKind, float] = MappingProxyType({"staff-words": 0.5, "staff-warning": 0.75, "staff-overdue": 1.0})


def follow(case: CaseFacts, found: Look, rules: Rules, now: datetime) -> tuple[Change | Draft, ...]:
    """Everything that a look brings about; its deadlines and the next look are among it, urgent mails as drafts."""
    changes: list[Change | Draft] = [
        SetDeadline(case.reference, deadline) for deadline in found.deadlines if deadline not in case.deadlines
    ]
    changes += _settled_now(case, found)
    for action in found.actions:
        changes += _DO[action.what](case, action.deadline, found, rules, now)
    return (*changes, LookAt("case", case.reference, found.look_at))


def within_cap(changes: Sequence[Change | Draft], sent: Mapping[str, int], most: int) -> tuple[list[Change], int]:
    """The changes with their drafts written, but for those above a person's cap for the day, and how many those are.

    `sent` is how many each address got today. What is left out stands in the digest, as all that is urgent does.
    """
    count, kept = Counter(sent), list[Change]()
    for change in changes:
        if isinstance(change, Draft):
            if count[change.to] >= most * URGENT[change.kind]:
                continue
            count[change.to] += 1
            change = change.written()
        kept.append(change)
    return kept, len(changes) - len(kept)


def within_customers_cap(changes: Sequence[Change], sent: Mapping[str, int], most: int) -> list[Change]:
    """The changes with those updates held that are above a mailbox's cap for the day.

    Complaints that somebody forges in a stranger's name must not bury that stranger in updates. `sent` is how many
    each mailbox got today.
    """
    count, found = Counter(sent), list[Change]()
    for change in changes:
        if isinstance(change, QueueLetter) and change.kind == "update" and not change.held:
            key = mailbox_key(change.recipient)
            count[key] += 1
            if count[key] > most:
                held = replace(change, held=f"{most} updates went to this address within a day")
                found += [held, *_held(held)]
                continue
        found.append(change)
    return found


def _settled_now(case: CaseFacts, found: Look) -> Iterable[Change]:
    before = {(deadline.promise, deadline.seq): deadline.state for deadline in case.deadlines}
    for deadline in found.deadlines:
        was = before.get((deadline.promise, deadline.seq), "open")
        if was != deadline.state and deadline.state != "open":
            yield AddEntry(case.reference, deadline.state, "mailcase", _said(deadline))


def _said(deadline: Deadline) -> str:
    due = f"{deadline.promise}, due {deadline.due_at:%Y-%m-%d %H:%M} UTC"
    return f"{due}: {deadline.evidence}" if deadline.met_at else due


# -- what each action brings about


def _write(case: CaseFacts, deadline: Deadline, found: Look, rules: Rules, now: datetime) -> list[Change | Draft]:
    wanted: list[Change | Draft] = []
    for change in letters(update(case, deadline, found, rules, now), case, rules, now):
        wanted += [change, *_held(change)] if isinstance(change, QueueLetter) else [change]
    return wanted


def _held(letter: QueueLetter) -> list[Change]:
    if not letter.held:
        return []
    return [AddEntry(letter.case, "held", "mailcase", f"{letter.kind} held: {letter.held}"), WantAttention()]


def _warn(case: CaseFacts, deadline: Deadline, found: Look, rules: Rules, now: datetime) -> list[Change | Draft]:
    """A warning is told in the morning's digest; a mail of its own only goes when it is due today."""
    by = date_in_words(deadline.due_at.astimezone(rules.zone), rules.language)
    entry = AddEntry(case.reference, "warning", "mailcase", f"{deadline.promise} is due {by}")
    day_of = rules.policy.calendar.day_of
    if day_of(now) != day_of(deadline.due_at):
        return [entry]
    return [entry, *_to_staff("staff-warning", case, deadline, found, _workers(case, rules, now), rules, now)]


def _flag(case: CaseFacts, deadline: Deadline, found: Look, rules: Rules, now: datetime) -> list[Change | Draft]:
    if deadline.met_at:  # late, and done since: the record has it, and there is nothing left to do
        return []
    everybody = dict.fromkeys((*_workers(case, rules, now), *_managers(case, rules)))
    return _to_staff("staff-overdue", case, deadline, found, everybody, rules, now)


def _flag_again(case: CaseFacts, deadline: Deadline, found: Look, rules: Rules, now: datetime) -> list[Change | Draft]:
    return _to_staff("staff-overdue", case, deadline, found, _managers(case, rules), rules, now)


def _ask(case: CaseFacts, deadline: Deadline, found: Look, rules: Rules, now: datetime) -> list[Change | Draft]:
    return _to_staff("staff-words", case, deadline, found, _workers(case, rules, now), rules, now)


def _signpost(case: CaseFacts, _deadline: Deadline, _found: Look, rules: Rules, now: datetime) -> list[Change | Draft]:
    return list(signpost(case, rules, now))


Do = Callable[[CaseFacts, Deadline, Look, Rules, datetime], list[Change | Draft]]
_DO: Mapping[str, Do] = {
    "warn": _warn,
    "flag": _flag,
    "flag again": _flag_again,
    "ask for words": _ask,
    "write": _write,
    "signpost": _signpost,
}


# -- mails to staff


def _workers(case: CaseFacts, rules: Rules, now: datetime) -> tuple[str, ...]:
    return workers(case.handler, case.conflicts, rules, now.astimezone(rules.zone).date())


def _managers(case: CaseFacts, rules: Rules) -> tuple[str, ...]:
    return may_see(rules.managers, case.conflicts)


def _to_staff(
    kind: LetterKind,
    case: CaseFacts,
    deadline: Deadline,
    found: Look,
    people: Iterable[str],
    rules: Rules,
    now: datetime,
) -> list[Change | Draft]:
    def written(person: str) -> QueueLetter:
        # With the due date in it: one that moved is warned of again, and that is another mail.
        key = f"{case.reference} {deadline.promise} {deadline.seq} {deadline.due_at} {person}"
        key += f" {deadline.told} {deadline.warned}"
        envelope = for_staff(kind, key.encode(), person, case.reference, rules, now)
        return queue(envelope, _facts(case, deadline, found, rules, now), rules, now)

    return [Draft(kind, person, partial(written, person)) for person in people]


def _update_follows(case: CaseFacts, rules: Rules) -> bool:
    """Whether mailcase will write to the customer by itself: an update is promised, and a first letter has left."""
    promised = any(promise.every for promise in watched(rules.policy, case))
    return promised and case.status in OPEN and bool(case.contacts)


def _facts(case: CaseFacts, deadline: Deadline, found: Look, rules: Rules, now: datetime) -> dict[str, object]:
    given = latest_extension(case, now)
    missed = missed_decision(found)
    return {
        "reference": case.reference,
        "customer": case.customer,
        "received": case.received_at.astimezone(rules.zone),
        "handler": rules.name_of(case.handler) or case.handler,
        "status": case.status,
        "reachable": case.reachable,
        "by_hand": needs_hand(case),
        "held": any(each.state == "held" for each in case.unsent),
        "update_follows": _update_follows(case, rules),
        "promise": deadline.promise,
        "kind": deadline.kind,
        "words": next((each.text for each in rules.policy.promises if each.id == deadline.promise), ""),
        "due": deadline.due_at.astimezone(rules.zone),
        "again": deadline.told == 2,
        "missed_decision": missed.due_at.astimezone(rules.zone) if missed else None,
        **_update_to_come(deadline, found, rules),
        "reason": given.reason if given else "",
    }


def _update_to_come(deadline: Deadline, found: Look, rules: Rules) -> dict[str, object]:
    """When the update leaves, and the decision that falls due before, of which it then has to explain the delay."""
    sends = sends_at(deadline, rules.policy)
    decisions = (each.due_at for each in found.deadlines if each.kind in DECISIONS and each.state == "open")
    before = next((due for due in decisions if due <= sends), None)
    return {"sends": sends.astimezone(rules.zone), "falls_due": before.astimezone(rules.zone) if before else None}
