"""Letters to the customer of a case, by the way in which they read them: by e-mail, or by a person's hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailcase.core.case import LetterKind
from mailcase.core.changes import AddEntry, Change, PostByHand, QueueLetter
from mailcase.core.deadlines.owed import WATCHED, CaseFacts
from mailcase.core.letters.post import Envelope, for_staff, queue, reply_address
from mailcase.core.letters.templates import Attached
from mailcase.core.mail.walk import walk
from mailcase.core.promises.policy import Policy, promises_for
from mailcase.core.rules import Rules
from mailcase.core.staff.who import workers

# In what we can write ourselves; everything else a person makes.
OUR_FORMATS = ("", "standard", "plain", "large print")
OUR_WAYS = ("", "email")
REQUESTS = frozenset(("refund", "assistance", "access-request"))  # kinds of case that complain of nothing
HOLD = "hold is set"  # why a letter waits where the operator wants to release each
BEFORE_DUE = timedelta(minutes=5)  # so long before a deadline a letter with words of staff leaves at the latest


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter to the customer: its kind, what it is about (which makes its id), and the values of its template."""

    kind: LetterKind
    about: str
    values: Mapping[str, object]
    due_at: datetime  # the outbox sends the oldest first
    in_reply_to: str = ""
    answer: bool = False  # it answers a mail, so the limits count it
    held: str = ""
    leaves_at: datetime | None = None


def needs_hand(case: CaseFacts) -> bool:
    """Whether a person has to post, print, or read out what we have to say."""
    return not case.customer or case.contact not in OUR_WAYS or case.format not in OUR_FORMATS


def is_reachable(case: CaseFacts, undeliverable: bool) -> bool:
    """Whether a letter gets there: by e-mail where none came back for good, or by the hand of whoever posts it."""
    return bool(case.customer or case.contact) and (needs_hand(case) or not undeliverable)


def letters(letter: Letter, case: CaseFacts, rules: Rules, now: datetime) -> Iterator[Change]:
    """The letter to the customer and to whoever gets their letters too; or the task for whoever posts it."""
    if needs_hand(case):
        yield from _task(letter, case, rules, now)
    readers = [] if needs_hand(case) else [case.customer]
    for reader in dict.fromkeys((*readers, *case.people)):
        yield written(letter, case, reader, rules, now)


def written(
    letter: Letter, case: CaseFacts, reader: str, rules: Rules, now: datetime, *, on_paper: bool = False
) -> QueueLetter:
    """The finished letter to one reader; whoever reads it on paper cannot answer it by mail."""
    envelope = Envelope(
        kind=letter.kind,
        about=f"{case.reference} {letter.about} {reader}".encode(),
        to=reader,
        due_at=letter.due_at,
        case=case.reference,
        reply_to=reply_address(case.reference, rules),
        in_reply_to=letter.in_reply_to,
        references=(letter.in_reply_to,) if letter.in_reply_to else (),
        auto_submitted="auto-replied" if letter.answer else "auto-generated",
        answer=letter.answer,
        held=letter.held or (HOLD if rules.hold else ""),
        leaves_at=letter.leaves_at,
        stage=case.stage,
    )
    return queue(envelope, {**common(case, rules), **letter.values, "on_paper": on_paper}, rules, now)


def _task(letter: Letter, case: CaseFacts, rules: Rules, now: datetime) -> Iterator[Change]:
    """Whoever looks after the case gets the letter to print, and says `log: posted` when it is on its way."""
    printable = written(letter, case, case.customer or rules.service_address, rules, now, on_paper=True)
    mails = tuple(by_hand(printable, letter, case, rules, now))
    yield PostByHand(case.reference, letter.kind, tuple(each.id for each in mails))
    yield AddEntry(case.reference, "task", "mailcase", f"{letter.kind} is to be sent by hand")
    yield from mails


def by_hand(
    printable: QueueLetter, letter: Letter, case: CaseFacts, rules: Rules, now: datetime
) -> Iterator[QueueLetter]:
    """The mail that brings a finished letter to whoever is to post it."""
    due = _post_by(letter, case, rules)
    for person in workers(case.handler, case.conflicts, rules, now.astimezone(rules.zone).date()):
        about = f"{case.reference} {letter.kind} {letter.about} {person}".encode()
        envelope = for_staff("staff-post", about, person, case.reference, rules, now)
        envelope = replace(envelope, due_at=due, leaves_at=letter.leaves_at, held=letter.held)
        values = {
            **common(case, rules),
            "what": letter.kind,
            "due": due.astimezone(rules.zone),
            "format": case.format,
            "contact": case.contact,
            "customer": case.customer_name or case.customer,
            "has_address": bool(case.customer),
        }
        yield queue(envelope, values, rules, now, (Attached("letter.html", "text/html", _page_of(printable.raw)),))


def _post_by(letter: Letter, case: CaseFacts, rules: Rules) -> datetime:
    """By when it has to be posted: the first date that it keeps, else the end of the next business hours."""
    keeps = (each for each in case.deadlines if each.state == "open" and letter.kind in WATCHED[each.kind][1])
    calendar = rules.policy.calendar
    closing = calendar.close_of(calendar.day_of(calendar.next_opening(letter.due_at)))
    return min((each.due_at for each in keeps), default=closing)


def _page_of(raw: bytes) -> bytes:
    """The page of a letter of ours, to be printed."""
    tree = walk(raw)
    return next(bytes(tree.decoded(part)) for part in tree.parts() if part.type == "text/html")


def common(case: CaseFacts, rules: Rules) -> dict[str, object]:
    """What every letter of a case can speak of."""
    steps = rules.policy.steps.get(case.kind, ())
    return {
        "reference": case.reference,
        "kind": case.kind,
        "what": "request" if case.kind in REQUESTS else "complaint",
        "handler": rules.name_of(case.handler),
        "steps": steps,
        "step": min(case.step, len(steps)) if steps else 0,
        "large": case.format == "large print",
    }


def second_look(case: CaseFacts, policy: Policy) -> bool:
    """Whether the policy promises that somebody else looks again at our decision."""
    found = promises_for(policy, case.kind, case.track, case.category, "second")
    return case.stage == "first" and any(promise.kind == "escalation" for promise in found)


def cools_until(case: CaseFacts, rules: Rules, now: datetime) -> datetime:
    """Until when a letter with words of staff can be stopped: shorter where something is due before."""
    dues = [each.due_at - BEFORE_DUE for each in case.deadlines if each.state == "open" and each.due_at > now]
    return max(now, min((now + rules.cooling, *dues)))
