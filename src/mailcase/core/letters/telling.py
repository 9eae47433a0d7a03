"""What staff are told of a case by mail: what the customer wrote, and the commands that fit the moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Final, Literal

from mailcase.core import referred
from mailcase.core.changes import AddEntry, Change, LookAt, QueueLetter, WantAttention
from mailcase.core.days.dates import date_in_words
from mailcase.core.deadlines.owed import OPEN
from mailcase.core.letters.customer_mail import second_look
from mailcase.core.letters.digest import next_morning
from mailcase.core.letters.post import token_for
from mailcase.core.letters.staff_mail import CaseMailFacts, Choice, case_mails, file_mails
from mailcase.core.mail import authentication
from mailcase.core.mail.message import Message, read
from mailcase.core.reading import Kept, Known, Reading
from mailcase.core.record import CaseRecord
from mailcase.core.rules import Rules
from mailcase.core.staff.who import complains_about, workers

# What fits on a case, by how far it is. `help` names all the others.
_OPEN = (
    Choice("reply: Dear …", "writes to the customer"),
    Choice("ask: Could you send …", "asks the customer; the case waits for the answer"),
    Choice("extend: 5 business days: reason", "moves the date, and tells the customer why"),
    Choice("resolve: Dear …", "is the decision, below a line with outcome: and one with redress:"),
    Choice("help", "sends you all that you can write"),
)
_TAKEN_OVER = (Choice("show", "sends you all that was written so far"), *_OPEN[:1], *_OPEN[2:])
_AFTER = (
    Choice("thanks", "no answer is needed"),
    Choice("reopen", "takes the case up again"),
    Choice("escalate", "a manager who did not work on it looks again"),
    Choice("reply: Dear …", "writes to the customer"),
    Choice("help", "sends you all that you can write"),
)
_WITHDRAWAL = (
    Choice("withdraw", "ends the case, and tells the customer so"),
    Choice("reply: Dear …", "writes to the customer"),
    Choice("help", "sends you all that you can write"),
)
_REFERRAL = (
    Choice("accept", "confirms the customer and the day that are proposed"),
    Choice("accept: sam@example.org: received 3 May", "names them yourself"),
    Choice("withdraw", "it is no complaint: the case ends, and nobody is written to"),
    Choice("help", "sends you all that you can write"),
)
_OFFERED = (
    Choice("log: e-mail: what you wrote", "records it as contact with the customer"),
    Choice("help", "sends you all that you can write"),
)
_NAMED = (
    Choice("conflict: NAME", "keeps the case from the colleague, if the customer complains about them"),
    Choice("show", "sends you the whole case"),
)
_NOTHING = (Choice("note: …", "keeps words for colleagues"), Choice("show", "sends you the whole case"))


# The look that stands for a case with mails that were not passed on, until one of staff has asked to be shown it.
UNREAD: Final = "unread"


@dataclass(frozen=True, slots=True)
class Sort:
    """A mail to staff about a case: its template, what it wants of its reader, and the commands that fit."""

    template: Literal["staff-case", "staff-message"]
    headline: str  # all that the list of a mail program shows beside the subject
    commands: Sequence[Choice]


SORTS: Mapping[str, Sort] = MappingProxyType(
    {
        "case": Sort("staff-case", "Please look after {reference}: it is a new case.", _OPEN),
        "yours": Sort("staff-case", "Please look after {reference}: the case is yours now.", _TAKEN_OVER),
        "escalated": Sort(
            "staff-case", "Please look again at {reference}: the customer does not accept our decision.", _TAKEN_OVER
        ),
        "referral": Sort(
            "staff-case", "Who complains? Please confirm {reference}, which a colleague's mail began.", _REFERRAL
        ),
        "reply": Sort("staff-message", "Please answer on {reference}: the customer has written.", _OPEN),
        "after": Sort("staff-message", "Reopen, escalate or thanks? Words after our decision on {reference}.", _AFTER),
        "back": Sort("staff-message", "Reopen? The customer of {reference} withdrew, and has written again.", _AFTER),
        "undecided": Sort(
            "staff-message",
            "Undecided for a business day: the customer wrote after our decision on {reference}.",
            _AFTER,
        ),
        "withdrawal": Sort(
            "staff-message", "Please confirm with withdraw: the customer takes {reference} back.", _WITHDRAWAL
        ),
        "survey": Sort("staff-message", "Nothing to do: the customer answered our survey on {reference}.", _NOTHING),
        "named": Sort("staff-message", "Is it about a colleague? The customer of {reference} names one.", _NAMED),
        "taken over": Sort(
            "staff-message", "For you to know: somebody else looks at {reference} again. Nothing to do.", _NOTHING
        ),
        "offered": Sort(
            "staff-message", "Log it? Your mail to the customer of {reference} came to us as a copy.", _OFFERED
        ),
    }
)


def tell(
    person: str,
    what: str,
    record: CaseRecord,
    cause: bytes,
    known: Known,
    rules: Rules,
    now: datetime,
    mail: Reading | None = None,
) -> tuple[QueueLetter, ...]:
    """The mails to one of staff about a case, with a mail of the customer: this one, or the last that was kept.

    The cause makes their ids: what is decided anew after a crash is the same mail, and another cause is another one.
    """
    kept = as_kept(mail) if mail else next(iter(known.mails.get(record.reference, ())), None)
    if kept is None:
        kept = Kept(0, record.received_at, record.customer, b"")
    facts = _facts(person, record, kept, known, rules, mail, SORTS[what])
    about = f"{record.reference} {what} {person} ".encode() + cause
    token = token_for(person, record.reference, rules, now)
    return case_mails(SORTS[what].template, about, facts, kept.raw, person, token, rules, now)


def tell_handler(
    what: str, record: CaseRecord, known: Known, rules: Rules, now: datetime, mail: Reading
) -> tuple[Change, ...]:
    """Who looks after the case, each of them; of a customer who writes too much the digest tells them.

    Where nobody may know of the case, that is what waits for a person.
    """
    if many := too_many(record, known, rules):
        text = f"mail {mail.arrival.id} was not passed on, the digest tells of it; {many}"
        entry = AddEntry(record.reference, "not passed on", "mailcase", text)
        return (entry, LookAt(UNREAD, record.reference, next_morning(rules.policy.calendar, now)))
    people = workers(record.handler, record.conflicts, rules, now.astimezone(rules.zone).date())
    if rules.staff and not people:
        return (untold(record.reference), WantAttention())
    staff = filter(rules.colleague, people)
    told = (tell(person, what, record, mail.message.digest, known, rules, now, mail) for person in staff)
    return tuple(chain(*told))


def untold(case: str) -> AddEntry:
    """The entry for what should be told to staff, and cannot."""
    return AddEntry(case, "untold", "mailcase", "nobody is told: it complains about everybody who could be")


def too_many(record: CaseRecord, known: Known, rules: Rules) -> str:
    """Why no further mail of the customer is passed on now, in words; '' while it is."""
    return rules.limits.many_mails(*known.lately.get(record.reference, (0, 0)))


def tell_files(
    numbers: Sequence[int],
    person: str,
    record: CaseRecord,
    known: Known,
    rules: Rules,
    asked_by: Reading,
    now: datetime,
) -> tuple[QueueLetter, ...]:
    """The files of these numbers of the customer's last mail that has any."""
    token = token_for(person, record.reference, rules, now)
    for kept in known.mails.get(record.reference, ()):
        facts = _facts(person, record, kept, known, rules, None)
        about = asked_by.message.digest
        if found := file_mails(numbers, facts, kept.raw, person, token, about, rules, now):
            return found
    return ()


def as_kept(mail: Reading) -> Kept:
    """A mail that is decided now, as it will lie on its case."""
    arrival = mail.arrival
    sender = mail.message.from_address
    return Kept(arrival.id, arrival.received_at, sender, arrival.raw, arrival.door_name, arrival.peer)


def is_vouched(kept: Kept, message: Message, rules: Rules) -> bool:
    """False where the mail system denies the sender, or says nothing though it speaks of everybody's.

    By the other methods it knows its own people alone: a warning on every customer's mail would warn of none. The
    message is the mail, read; a letter of ours, and what has no bytes, came through no door.
    """
    trust = rules.trust.get(kept.door, authentication.Trust())
    says = authentication.verdict(message, trust, kept.peer).says
    return says == "pass" or (says == "nothing" and trust.method != "rfc8601")


def _facts(
    person: str,
    record: CaseRecord,
    kept: Kept,
    known: Known,
    rules: Rules,
    mail: Reading | None,
    sort: Sort | None = None,
) -> CaseMailFacts:
    message = mail.message if mail else read(kept.raw)
    return CaseMailFacts(
        reference=record.reference,
        kind=record.kind,
        category=record.category,
        customer=record.customer,
        customer_name=record.customer_name,
        subject=message.subject,
        sender=message.from_address or kept.sender,
        sender_name=message.from_name,
        received_at=record.received_at,
        written_at=kept.received_at if kept.received_at > record.received_at else None,
        mail=kept.id,
        vouched=is_vouched(kept, message, rules),
        missing=record.missing if record.stage == "first" and record.status in OPEN else (),
        deadlines=record.owed.deadlines if record.facts else (),
        earlier=_earlier(person, record, known),
        proposed=_proposed(record, rules),
        decision=next((each for each in record.drafts if each.kind == "resolution"), None),
        commands=_fitting(sort.commands, record, rules) if sort else (),
        headline=sort.headline.format(reference=record.reference) if sort else "",
    )


def _earlier(person: str, record: CaseRecord, known: Known) -> tuple[str, ...]:
    """The customer's other cases, but for those that complain about the reader."""
    others = (each for each in known.earlier if each.reference != record.reference)
    return tuple(each.reference for each in others if not complains_about(each.conflicts, person))


def _fitting(commands: Sequence[Choice], record: CaseRecord, rules: Rules) -> tuple[Choice, ...]:
    """Without a second look where the policy promises none."""
    looks_again = record.facts is not None and second_look(record.owed, rules.policy)
    return tuple(each for each in commands if looks_again or each.write != "escalate")


def _proposed(record: CaseRecord, rules: Rules) -> str:
    """Whom a handler is to confirm as the customer, in words."""
    if not record.proposed:
        return ""
    found = referred.read(record.proposed)
    who = f"{found.name} <{found.address}>" if found.address else "nobody: the mail names no customer"
    when = found.received or record.received_at
    return f"{who.strip()}, received {date_in_words(when.astimezone(rules.zone), rules.language)}"
