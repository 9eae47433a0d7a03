"""What a customer's mail brings about on their case: an entry, a mail to its handler, and one step at most."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from mailcase.core.case import ENDED
from mailcase.core.changes import AddEntry, Change, Decision, LookAt, MarkArrived, MarkReachable, QueueLetter, SetCase
from mailcase.core.days.durations import Duration
from mailcase.core.letters.customer_mail import HOLD
from mailcase.core.letters.post import Envelope, queue
from mailcase.core.letters.telling import as_kept, tell, tell_handler, too_many
from mailcase.core.mail.forms import FormSaid
from mailcase.core.mail.quotes import new_text
from mailcase.core.mail.replies import disagrees, survey_answer, withdraws
from mailcase.core.mail.thread import Owner, same_address
from mailcase.core.promises.stated import still_missing
from mailcase.core.reading import Known, Reading
from mailcase.core.record import CaseRecord
from mailcase.core.rules import Rules
from mailcase.core.second_stage import begin, promised
from mailcase.core.staff.who import complained_about, complains_about

LONG_AFTER = timedelta(days=90)  # a mail so long after the end of a case begins another one, linked
DECIDE_IN = Duration(1, "business days")  # then the manager hears that nobody decided what follows

_GREETINGS = ("dear ", "hi ", "hello ", "good ")  # to whom a mail is written is no complaint about them


def is_history(record: CaseRecord | None, mail: Reading) -> bool:
    """Whether a case ended so long ago that a mail about it is a new complaint."""
    ended_at = record.ended_at if record and record.status in ENDED else None
    return ended_at is not None and mail.arrival.received_at > ended_at + LONG_AFTER


def received(mail: Reading, case: str) -> tuple[AddEntry, ...]:
    """The entry for a mail that came, and one for what a form says beside the customer's words."""
    kind = "message" if mail.is_human else mail.verdict.kind
    listed = ", ".join(f"{part.name} ({part.size} bytes)" for part in mail.message.attachments)
    text = f"{mail.message.subject or '(no subject)'}" + (f" [attached: {listed}]" if listed else "")
    sender = mail.message.from_address or "unknown sender"
    further = "; ".join(mail.form.further) if isinstance(mail.form, FormSaid) else ""
    fields = (AddEntry(case, "form", sender, further),) if further else ()
    return (AddEntry(case, kind, sender, text), *fields)


def added(mail: Reading, owner: Owner, known: Known, rules: Rules, now: datetime) -> Decision:
    """One more entry; whoever writes to us now is there again, whatever came back before."""
    case = owner.case
    changes: list[Change] = [*received(mail, case)]
    written = mail.is_human and not mail.arrival.silent
    if owner.undeliverable and written and same_address(owner.customer, mail.writer) and mail.vouched.says != "fail":
        changes += [MarkReachable(case), LookAt("case", case, now)]
    record = known.records.get(case)
    if record and written:
        changes += _named(record, mail, known, known.rules.get(case, rules), now)
        missing = still_missing(record.missing, known.rules.get(case, rules).policy.facts, mail.message.text)
        if missing != record.missing:
            record = replace(record, missing=missing)
            changes.append(SetCase(record))
        record, arrived = _arrived(record, mail, known, now)
        changes += arrived
        changes += _follows(record, mail, known, known.rules.get(case, rules), now)
    return Decision("added", f"from the customer of {case}", case, changes=tuple(changes))


def _arrived(record: CaseRecord, mail: Reading, known: Known, now: datetime) -> tuple[CaseRecord, list[Change]]:
    """Who answers a letter has it, also where the relay took it and gave no answer: then a decision is given."""
    changes: list[Change] = []
    at, case = mail.arrival.received_at, record.reference
    for owner in filter(None, map(known.by_id.get, mail.mentions.message_ids)):
        theirs = owner.case == case and same_address(owner.recipient, record.customer)
        if not (owner.in_doubt and theirs) or mail.vouched.says == "fail":
            continue
        words = f"{owner.kind} to {owner.recipient} has arrived: it was answered"
        changes += [MarkArrived(owner.letter, at), AddEntry(case, "sent", "mailcase", words), LookAt("case", case, now)]
        record = replace(record, drafts=tuple(each for each in record.drafts if each.letter != owner.letter))
        if owner.kind == "resolution" and record.status not in ENDED:
            record = replace(record, status="resolved", ended_at=at)
            changes += [SetCase(record), AddEntry(case, "status", "mailcase", "resolved")]
    return record, changes


def _named(record: CaseRecord, mail: Reading, known: Known, rules: Rules, now: datetime) -> Iterable[Change]:
    """Staff whom the customer now writes of: they may be complained about, and a colleague decides whether they are."""
    lines = new_text(mail.message.text).splitlines()
    text = "\n".join(line for line in lines if not line.casefold().startswith(_GREETINGS))
    names = [each for each in complained_about(text, rules) if each not in record.conflicts]
    if not names:
        return
    words = ", ".join(rules.name_of(each) for each in names)
    yield AddEntry(record.reference, "named", "mailcase", f"the customer writes of {words}")
    if too_many(record, known, rules):
        return
    for person in dict.fromkeys((*rules.managers, record.handler)):
        if rules.colleague(person) and not complains_about((*record.conflicts, *names), person):
            yield from tell(person, "named", record, mail.message.digest, known, rules, now, mail)


def ask_which(mail: Reading, case: str, known: Known, rules: Rules, now: datetime) -> Decision:
    """A request to look again that may mean several cases: the customer is asked which, once; staff see it at once."""
    if mail.arrival.silent:
        return Decision(
            "added", "an old request to look again, which names no case", case, changes=received(mail, case)
        )
    held = rules.limits.reached(known.answers_hour, known.answers_day, known.answers_minute)
    parked = _parked(known.records[case], mail, known, known.rules.get(case, rules), now)
    asked = () if known.asked_which else (_which_case(mail, rules, now, held),)
    changes = (*received(mail, case), *parked, *asked)
    return Decision("added", "a request to look again, which names no case", case, changes=changes)


def _which_case(mail: Reading, rules: Rules, now: datetime, held: str) -> QueueLetter:
    """It belongs to no case, so that the reference in the answer decides."""
    message = mail.message
    envelope = Envelope(
        kind="which-case",
        about=message.digest,
        to=message.from_address,
        due_at=now,
        reply_to=rules.escalation_address,
        in_reply_to=message.message_id,
        references=(message.message_id,) if message.message_id else (),
        auto_submitted="auto-replied",
        answer=True,
        held=held or (HOLD if rules.hold else ""),
    )
    return queue(envelope, {}, rules, now)


def _follows(record: CaseRecord, mail: Reading, known: Known, rules: Rules, now: datetime) -> Iterable[Change]:
    if mail.vouched.says == "fail":  # somebody else wrote it: the handler sees it, and nothing else happens
        return tell_handler("reply", record, known, rules, now, mail)
    text = new_text(mail.message.text)
    if record.status in ENDED:
        return _after_the_end(record, text, mail, known, rules, now)
    if record.stage == "first" and mail.arrival.role == "escalation":
        told = tell_handler("reply", record, known, rules, now, mail)
        return (*_unwaited(record, now), *told)
    what = "withdrawal" if withdraws(text) else "reply"
    return (*_unwaited(record, now), *tell_handler(what, record, known, rules, now, mail))


def _unwaited(record: CaseRecord, now: datetime) -> tuple[Change, ...]:
    """A case that waited for the customer waits no longer."""
    if record.status != "waiting":
        return ()
    case = record.reference
    return (
        SetCase(replace(record, status="investigating")),
        AddEntry(case, "status", "mailcase", "investigating"),
        LookAt("case", case, now),
    )


def _after_the_end(
    record: CaseRecord, text: str, mail: Reading, known: Known, rules: Rules, now: datetime
) -> Iterable[Change]:
    """The answer to a survey is recorded once; a request to look again begins that; else staff decide what follows."""
    rated: tuple[Change, ...] = ()
    if answer := _answer(record, text):
        rated = tuple(_rated(record, answer, mail, known, rules, now))
        record = replace(record, rating=answer[0])
    promise = promised(record, rules) if record.stage == "first" and record.status != "withdrawn" else None
    by_address = mail.arrival.role == "escalation" or rules.asks_to_look_again(mail.message.to)
    if promise and (by_address or (rules.policy.disagree_by_reply and disagrees(text))):
        known = replace(known, mails={**known.mails, record.reference: (as_kept(mail),)})
        found = begin(
            record, promise, mail.arrival.received_at, mail.message.from_address, mail.message.digest.hex(), known,
            rules, now,
        )  # fmt: skip
        return (*rated, SetCase(found.record), *found.changes)
    return rated or _parked(record, mail, known, rules, now)


def _parked(record: CaseRecord, mail: Reading, known: Known, rules: Rules, now: datetime) -> tuple[Change, ...]:
    received_at = record.parked_at or mail.arrival.received_at
    return (
        SetCase(replace(record, parked_at=received_at)),
        LookAt("parked", record.reference, rules.policy.add(received_at, DECIDE_IN)),
        *tell_handler("back" if record.status == "withdrawn" else "after", record, known, rules, now, mail),
    )


def _answer(record: CaseRecord, text: str) -> tuple[int, str] | None:
    asked = record.facts is not None and any(each.kind == "survey" for each in record.facts.deadlines)
    return survey_answer(text) if asked and not record.rating else None


def _rated(
    record: CaseRecord, answer: tuple[int, str], mail: Reading, known: Known, rules: Rules, now: datetime
) -> tuple[Change | QueueLetter, ...]:
    digit, words = answer
    text = f"{digit} of 5" + (f": {words}" if words else "")
    return (
        SetCase(replace(record, rating=digit)),
        AddEntry(record.reference, "survey", mail.message.from_address, text),
        *tell_handler("survey", record, known, rules, now, mail),
    )
