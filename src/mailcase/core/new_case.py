"""A case that a mail opens: who looks after it, what it is owed, the acknowledgement, and the mail to its handler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from mailcase.core import ids
from mailcase.core.changes import (
    AddEntry,
    Change,
    Decision,
    LinkCases,
    LookAt,
    OpenCase,
    QueueLetter,
    SetDeadline,
    WantAttention,
)
from mailcase.core.customers import received
from mailcase.core.deadlines.look import look
from mailcase.core.deadlines.owed import CaseFacts, assigned, new_case
from mailcase.core.letters.acknowledge import acknowledgement, notice_entries
from mailcase.core.letters.customer_mail import HOLD, letters
from mailcase.core.letters.telling import tell_handler
from mailcase.core.mail.forms import FormSaid
from mailcase.core.mail.thread import Owner
from mailcase.core.promises.stated import not_stated
from mailcase.core.reading import Known, Reading
from mailcase.core.record import CaseRecord
from mailcase.core.rules import Rules
from mailcase.core.staff.assignment import handler_for
from mailcase.core.staff.who import complained_about

# A case from an earlier day may be late when it opens. Its acknowledgement has so long to leave, and asks for a look
# itself when it has left: what was done late is not told as undone.
ON_ITS_WAY = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Customer:
    """Who complains, and what is known of it beside the mail's own words; `received_at` is when the firm got it."""

    address: str
    name: str
    received_at: datetime
    subject: str = ""
    category: str = ""
    channel: str = ""
    proposed: str = ""  # nobody has confirmed who it is: nobody is written to
    words: str = ""  # theirs, where somebody passed them on: the mail has another author


def opened(
    mail: Reading, customer: Customer, named: Sequence[Owner], known: Known, rules: Rules, now: datetime, held: str
) -> Decision:
    """The decision to open a case; `named` are other cases that the mail names, `held` why no answer may leave."""
    record = _record(mail, customer, known, rules, now)
    reference, silent = record.reference, mail.arrival.silent
    changes: list[Change] = [row(record, watched=not silent), *received(mail, reference)]
    if not silent:
        changes += _promises(record.owed, mail, rules, now)
    for other in dict.fromkeys(owner.case for owner in named):
        changes.append(LinkCases(reference, other, "this mail names it"))
        changes.append(AddEntry(other, "link", "mailcase", f"named by {reference}, a case of its own"))
    answer = list(_answer(mail, known, held, record, rules, now))
    changes += answer
    # What floods or forges is told in the one mail an hour about held letters: nobody must bury staff under mails.
    suspicious = any(isinstance(each, QueueLetter) and each.held not in ("", HOLD) for each in answer)
    if not silent and not suspicious:
        what = "referral" if customer.proposed else "case"
        changes += tell_handler(what, record, known, rules, now, mail)
    return Decision("case", "a new complaint", reference, changes=tuple(changes))


def _record(mail: Reading, customer: Customer, known: Known, rules: Rules, now: datetime) -> CaseRecord:
    reference = free_reference(mail.message.digest, known, rules)
    facts = new_case(rules.policy, reference, customer.received_at, customer.category)
    words = customer.words if customer.proposed else f"{mail.message.subject}\n{mail.message.text}"
    conflicts = complained_about(words, rules)
    today = now.astimezone(rules.zone).date()
    silent = mail.arrival.silent
    handler = "" if silent else handler_for(customer.category, rules.staff, known.loads, conflicts, today)
    form, contact = known.reads_by if customer.address else ("", "")
    missing = not_stated(rules.policy.facts, *_told(mail, customer))
    deadlines = assigned(facts.deadlines, handler, max(now, customer.received_at))
    facts = replace(facts, deadlines=deadlines)
    return CaseRecord(
        reference=reference,
        status="new",
        stage="first",
        customer=customer.address,
        customer_name=customer.name,
        subject=customer.subject or mail.message.subject,
        handler=handler,
        channel=customer.channel or mail.arrival.door,
        role=mail.arrival.role,
        language=rules.language,
        kind=facts.kind,
        track=facts.track,
        category=facts.category,
        received_at=customer.received_at,
        policy=rules.policy.digest,
        format=form,
        contact=contact,
        conflicts=conflicts,
        missing=missing,
        proposed=customer.proposed,
        facts=facts,
    )


def _told(mail: Reading, customer: Customer) -> tuple[str, frozenset[str]]:
    """The customer's words, and the fields that they filled in; a mail from an address with a name says who writes."""
    filled = mail.form.filled if isinstance(mail.form, FormSaid) else frozenset[str]()
    named = {"name"} if customer.name and customer.address else set[str]()
    return f"{mail.message.subject}\n{mail.message.text}", filled | named


def row(record: CaseRecord, *, watched: bool = True) -> OpenCase:
    """The row of a case that begins."""
    return OpenCase(
        reference=record.reference,
        customer=record.customer,
        customer_name=record.customer_name,
        subject=record.subject,
        channel=record.channel,
        role=record.role,
        language=record.language,
        received_at=record.received_at,
        kind=record.kind,
        track=record.track,
        policy=record.policy,
        watched=watched,
        handler=record.handler,
        category=record.category,
        conflicts=record.conflicts,
        format=record.format,
        contact=record.contact,
        missing=record.missing,
        proposed=record.proposed,
    )


def _promises(case: CaseFacts, mail: Reading, rules: Rules, now: datetime) -> Iterator[Change]:
    """What the case is owed from now on; an old case that is only imported is history, and nobody is written to."""
    for deadline in case.deadlines:
        yield SetDeadline(case.reference, deadline)
    at = look(case, rules.policy, mail.arrival.received_at).look_at
    yield LookAt("case", case.reference, now + ON_ITS_WAY if at and at <= now else at)


def candidate(digest: bytes, rules: Rules, counter: int = 0) -> str:
    """The reference that a new case opened by this mail would get; `counter` rises when one is taken."""
    return ids.reference(rules.key, rules.prefix, digest, counter)


def free_reference(digest: bytes, known: Known, rules: Rules) -> str:
    """The first candidate that no case has."""
    counter = 0
    while (reference := candidate(digest, rules, counter)) in known.by_reference:
        counter += 1
    return reference


def _answer(
    mail: Reading, known: Known, hold: str, record: CaseRecord, rules: Rules, now: datetime
) -> Iterator[Change]:
    """The acknowledgement, sent, held, or left out with a word about why."""
    reference = record.reference
    if mail.arrival.silent:
        yield AddEntry(reference, "note", "mailcase", "imported: no acknowledgement was sent")
        return
    if record.proposed:
        yield AddEntry(reference, "note", "mailcase", "no acknowledgement: a handler confirms the customer first")
        return
    if not record.customer:
        yield AddEntry(reference, "note", "mailcase", "no acknowledgement: the mail names no single sender")
        return
    if record.missing:
        yield AddEntry(reference, "note", "mailcase", f"the customer is asked for: {'; '.join(record.missing)}")
    reached = rules.limits.reached(known.answers_hour, known.answers_day, known.answers_minute)
    held = reached or rules.limits.many_open(known.open_cases) or hold
    again = record.role == "escalation" or rules.asks_to_look_again(mail.message.to)
    answers = mail.message.message_id if mail.message.from_address == record.customer else ""
    letter = acknowledgement(record.owed, rules, now, answers, held, again=again)
    for change in letters(letter, record.owed, rules, now):
        yield change
        if isinstance(change, QueueLetter) and change.held:
            yield AddEntry(reference, "held", "mailcase", f"acknowledgement held: {change.held}")
            yield WantAttention()
    yield from notice_entries(reference, rules)
