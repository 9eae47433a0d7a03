"""Specimens: letters of every kind about made-up cases: so `check` meets what a template wants and never gets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Literal

from mailcase.cli import people_specimens
from mailcase.core import record
from mailcase.core.case import LetterKind, Status
from mailcase.core.changes import QueueLetter
from mailcase.core.deadlines import extension
from mailcase.core.deadlines.extension import Extension
from mailcase.core.deadlines.owed import (
    WATCHED,
    Action,
    CaseFacts,
    Contact,
    Deadline,
    Happening,
    Look,
    Unsent,
    What,
    first_deadlines,
    new_case,
)
from mailcase.core.letters.acknowledge import acknowledgement
from mailcase.core.letters.attention import Heap, Unattended, attention
from mailcase.core.letters.customer_mail import written
from mailcase.core.letters.digest import (
    MOST,
    NotPassedOn,
    Owed,
    Returned,
    ToPost,
    Undecided,
    Unreached,
    Unread,
    Waiting,
    digest,
)
from mailcase.core.letters.notices import follow
from mailcase.core.letters.post import Draft
from mailcase.core.letters.staff_mail import CaseMailFacts, Choice, case_mails, file_mails
from mailcase.core.mail.message import Message, read
from mailcase.core.promises.policy import Policy, PromiseKind
from mailcase.core.rules import Rules
from mailcase.core.staff.assignment import Colleague
from mailcase.errors import MailcaseError

DAY = timedelta(days=1)
REFERENCE, CUSTOMER, COLLEAGUE = "MC-0000-00000", "sam@example.org", "colleague@example.org"
MAIL = b"From: sam@example.org\r\nSubject: A sample\r\nMessage-ID: <sample@example.org>\r\n\r\nA sample.\r\n"
SMALL, LARGE = 10, 20  # bytes that fit into a mail of `SMALL`, and that do not
FILES = b"".join(
    b"--b\r\nContent-Type: image/png\r\n\r\n" + content + b"\r\n"
    for content in (b"1" * SMALL, b"2" * SMALL, b"1" * SMALL, b"3" * LARGE)
)
HEADER, WORDS = MAIL.split(b"\r\n\r\n")
MAIL_WITH_FILES = (
    HEADER + b"\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + WORDS + FILES + b"--b--\r\n"
)
NO_WORDS = HEADER + b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Situation:
    """What letters speak of differently: how far a case is, what is late on it, and what was said about that."""

    status: Status
    late: tuple[PromiseKind, ...] = ()
    extended: bool = False
    wrote: bool = False  # an update went out since
    handler: str = ""
    held: bool = False  # its acknowledgement


SITUATIONS = (
    Situation("new"),
    Situation("new", late=("acknowledge",), held=True),
    Situation("waiting", extended=True, handler=COLLEAGUE),
    Situation("investigating", late=("update",), handler=COLLEAGUE),
    Situation("investigating", late=tuple(WATCHED)),
    Situation("investigating", late=tuple(WATCHED), extended=True, wrote=True),
)


def faults(rules: Rules, now: datetime) -> list[str]:
    """Which templates cannot be filled in, and why; each letter is written for each kind of case of the policy."""
    rules = replace(rules, managers=(COLLEAGUE,), staff=(*rules.staff, Colleague("A colleague", COLLEAGUE)))
    found: dict[str, None] = {}
    for kind in rules.policy.kinds:
        for specimen in SPECIMENS.values():
            try:
                list(specimen(kind, rules, now))
            except MailcaseError as fault:
                found[str(fault)] = None
    return list(found)


def message() -> Message:
    """The mail that the specimens answer."""
    return read(MAIL)


def _acknowledgements(kind: str, rules: Rules, now: datetime) -> Iterator[QueueLetter]:
    """At once, and for a mail that had to wait until all its dates were over."""
    for handler, received in (("", now), (COLLEAGUE, now - 1000 * DAY)):
        case = replace(new_case(rules.policy, REFERENCE, received), kind=kind, handler=handler)
        case = replace(case, deadlines=first_deadlines(rules.policy, case))
        yield written(
            acknowledgement(case, rules, now, again=bool(handler), day_only=bool(handler)), case, CUSTOMER, rules, now
        )


def _noticed(actions: tuple[What, ...], kind: str, rules: Rules, now: datetime) -> Iterator[QueueLetter]:
    for situation in SITUATIONS:
        case = _case(situation, kind, rules.policy, now)
        for told, what in enumerate(actions, start=1):
            for deadline in case.deadlines:
                if what != "write" or deadline.kind == "update":
                    action = Action(what, replace(deadline, told=told))
                    yield from _letters(case, action, rules, now)


def _letters(case: CaseFacts, action: Action, rules: Rules, now: datetime) -> Iterator[QueueLetter]:
    for change in follow(case, Look(case.deadlines, (action,), None), rules, now):
        if isinstance(change, Draft):
            yield change.written()
        elif isinstance(change, QueueLetter):
            yield change


def _case(situation: Situation, kind: str, policy: Policy, now: datetime) -> CaseFacts:
    """Received and acknowledged long ago; what is late was due yesterday, an update in a week, all else today."""
    since, wrote = now - 10 * DAY, now - DAY / 2
    given = extension.write(Extension(now + 7 * DAY, "A reason.")) if situation.extended else ""
    happened = [Happening(now, what, "Words.") for what in ("message", "contact")]
    contacts = [Contact(since, "acknowledgement", "<sample@example.org> 250 ok")]
    return replace(
        new_case(policy, REFERENCE, since),
        kind=kind,
        customer=CUSTOMER,
        handler=situation.handler,
        status=situation.status,
        unsent=(Unsent("acknowledgement", "held", since),) if situation.held else (),
        deadlines=tuple(_deadline(promised, situation, policy, now) for promised in WATCHED),
        contacts=(*contacts, *([Contact(wrote, "update", "<sample@example.org> 250 ok")] if situation.wrote else ())),
        happened=(*happened, *([Happening(now, "extend", given)] if given else ())),
    )


def _deadline(kind: PromiseKind, situation: Situation, policy: Policy, now: datetime) -> Deadline:
    name = next((promise.id for promise in policy.promises if promise.kind == kind), kind)
    owed = Deadline(name, 1, kind, now - 10 * DAY, now + 7 * DAY if kind == "update" else now)
    if kind not in situation.late:
        return owed
    return replace(owed, due_at=now - DAY, state="broken")


def _attention(_kind: str, rules: Rules, now: datetime) -> Iterable[QueueLetter]:
    return attention(COLLEAGUE, (Heap("1 mail to review", ("a mail",), "mailcase review list"),), rules, now)


def _digests(_kind: str, rules: Rules, now: datetime) -> Iterator[QueueLetter]:
    """For a manager and for one of the others; more of everything than a table has rows."""
    owed = [Owed(REFERENCE, "a promise", kind, now + ahead, COLLEAGUE) for kind in WATCHED for ahead in (-DAY, 7 * DAY)]
    waiting = Waiting(
        owed=tuple(owed) * MOST,
        undecided=(Undecided(REFERENCE, now, ""),) * (MOST + 1),
        to_post=(ToPost(REFERENCE, 1, now, COLLEAGUE),) * (MOST + 1),
        review=(Unread(1, now, CUSTOMER, "bulk"),) * (MOST + 1),
        undeliverable=(Unreached(REFERENCE, CUSTOMER, now, ""),) * (MOST + 1),
        not_passed_on=(NotPassedOn(REFERENCE, CUSTOMER, ""),) * (MOST + 1),
        unattended=(Unattended(REFERENCE, ()),) * (MOST + 1),
        returned=(Returned(COLLEAGUE, 1, now),),
    )
    for person in (COLLEAGUE, CUSTOMER):
        yield from digest(person, waiting, rules, now)


def _case_mails(
    template: Literal["staff-case", "staff-message"], wanted: LetterKind, kind: str, rules: Rules, now: datetime
) -> Iterator[QueueLetter]:
    """With and without words, files, other cases, and things to be warned of."""
    for raw in (MAIL, MAIL_WITH_FILES, NO_WORDS):
        odd, decision = _odd_facts(kind, now), record.Draft("a sample", "resolution", now, in_doubt=True)
        for facts in (_plain_facts(kind, now), odd, replace(odd, decision=decision)):
            mails = case_mails(template, b"a sample", facts, raw, COLLEAGUE, "token", rules, now, room=SMALL)
            yield from (mail for mail in mails if mail.kind == wanted)


def _file_mails(kind: str, rules: Rules, now: datetime) -> Iterator[QueueLetter]:
    yield from _case_mails("staff-case", "staff-files", kind, rules, now)
    for wanted in ((1, 2, 3), (4,)):
        facts = _plain_facts(kind, now)
        yield from file_mails(wanted, facts, MAIL_WITH_FILES, COLLEAGUE, "token", b"", rules, now, room=SMALL)


def _plain_facts(kind: str, now: datetime) -> CaseMailFacts:
    return CaseMailFacts(REFERENCE, kind, "", CUSTOMER, "", "My lamp", CUSTOMER, "", now, mail=1, vouched=True)


def _odd_facts(kind: str, now: datetime) -> CaseMailFacts:
    owed = tuple(Deadline(each, 1, each, now, now + ahead) for each in WATCHED for ahead in (-DAY, DAY))
    return replace(
        _plain_facts(kind, now),
        category="a category",
        customer_name="Sam",
        sender="somebody@example.net",
        sender_name="A colleague",
        vouched=False,
        deadlines=owed,
        earlier=(REFERENCE,),
        missing=("your order number",),
        proposed="Sam <sam@example.org>, received today",
        decision=record.Draft("a sample", "resolution", now + DAY),
        written_at=now,
        commands=(Choice("status: investigating", "says that you look into it"),),
    )


Specimen = Callable[[str, Rules, datetime], Iterable[QueueLetter]]  # for a kind of case

SPECIMENS: Mapping[LetterKind, Specimen] = {
    "acknowledgement": _acknowledgements,
    "update": partial(_noticed, ("write",)),
    "staff-attention": _attention,
    "staff-warning": partial(_noticed, ("warn",)),
    "staff-overdue": partial(_noticed, ("flag", "flag again")),
    "staff-words": partial(_noticed, ("ask for words",)),
    "staff-digest": _digests,
    "staff-case": partial(_case_mails, "staff-case", "staff-case"),
    "staff-message": partial(_case_mails, "staff-message", "staff-message"),
    "staff-files": _file_mails,
    **people_specimens.SPECIMENS,
}
