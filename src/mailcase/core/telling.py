"""What staff are told of a case by mail: what the customer wrote, and the commands that fit the moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from mailcase.core.changes import QueueLetter
from mailcase.core.message import read
from mailcase.core.post import token_for
from mailcase.core.reading import Kept, Known, Reading
from mailcase.core.record import CaseRecord
from mailcase.core.rules import Rules
from mailcase.core.staff_mail import CaseMailFacts, Choice, case_mails, file_mails

# What fits on a case, by how far it is. `help` names all the others.
_OPEN = (
    Choice("reply: Dear …", "writes to the customer"),
    Choice("ask: Could you send …", "asks the customer; the case waits for the answer"),
    Choice("extend: 5 business days: reason", "moves the date, and tells the customer why"),
    Choice("outcome: upheld, redress: none, resolve: Dear …", "three lines: the decision, with what is given and why"),
    Choice("help", "sends you all that you can write"),
)
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
_NOTHING = (Choice("note: …", "keeps words for colleagues"), Choice("show", "sends you the whole case"))

# What there is to tell: the row of the templates' headlines that it takes, words in place of these, and the commands.
SORTS: Mapping[str, tuple[str, str, Sequence[Choice]]] = MappingProxyType(
    {
        "case": ("case", "", _OPEN),
        "reply": ("reply", "", _OPEN),
        "after": ("after", "", _AFTER),
        "undecided": ("after", "Undecided for a business day: the customer wrote after our decision on {0}.", _AFTER),
        "withdrawal": ("withdrawal", "", _WITHDRAWAL),
        "survey": ("survey", "", _NOTHING),
        "escalated": ("case", "Please look again at {0}: the customer does not accept our decision.", _OPEN),
        "taken over": ("reply", "For you to know: somebody else looks at {0} again. Nothing to do.", _NOTHING),
        "offered": ("reply", "Log it? Your mail to the customer of {0} came to us as a copy.", _OFFERED),
        "referral": ("case", "Who complains? Please confirm {0}, which a colleague's mail began.", _REFERRAL),
    }
)


def tell(
    person: str, what: str, record: CaseRecord, known: Known, rules: Rules, now: datetime, mail: Reading | None = None
) -> tuple[QueueLetter, ...]:
    """The mails to one of staff about a case, with a mail of the customer: this one, or the last that was kept."""
    kept = as_kept(mail) if mail else next(iter(known.mails.get(record.reference, ())), None)
    if kept is None:
        kept = Kept(0, record.received_at, record.customer, b"")
    row, headline, commands = SORTS[what]
    facts = _facts(record, kept, known, rules, mail, commands, headline.format(record.reference))
    token = token_for(person, record.reference, rules, now)
    return case_mails(row, facts, kept.raw, person, token, rules, now)


def tell_handler(
    what: str, record: CaseRecord, known: Known, rules: Rules, now: datetime, mail: Reading
) -> tuple[QueueLetter, ...]:
    """Who looks after the case; the managers, as long as nobody does; never anybody of whom it complains."""
    people = (record.handler,) if record.handler else rules.managers
    hidden = {each.casefold() for each in record.conflicts}
    return tuple(
        letter
        for person in people
        if person.casefold() not in hidden and rules.colleague(person)
        for letter in tell(person, what, record, known, rules, now, mail)
    )


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
        facts = _facts(record, kept, known, rules, None, (), "")
        about = asked_by.message.digest
        if found := file_mails(numbers, facts, kept.raw, person, token, about, rules, now):
            return found
    return ()


def as_kept(mail: Reading) -> Kept:
    """A mail that is decided now, as it will lie on its case."""
    return Kept(mail.arrival.id, mail.arrival.received_at, mail.message.from_address, mail.arrival.raw)


def _facts(
    record: CaseRecord,
    kept: Kept,
    known: Known,
    rules: Rules,
    mail: Reading | None,
    commands: Sequence[Choice],
    headline: str,
) -> CaseMailFacts:
    message = mail.message if mail else read(kept.raw)
    return CaseMailFacts(
        reference=record.reference,
        kind=record.kind,
        category=record.category,
        customer=record.customer,
        customer_name=record.customer_name,
        sender=message.from_address or kept.sender,
        sender_name=message.from_name,
        received_at=kept.received_at,
        mail=kept.id,
        vouched=mail is None or not rules.trust.get(mail.arrival.door_name) or mail.vouched.says == "pass",
        missing=record.missing,
        deadlines=record.owed.deadlines if record.facts else (),
        earlier=tuple(each.reference for each in known.earlier if each.reference != record.reference),
        commands=tuple(commands),
        headline=headline,
    )
