"""The mails by which staff get to see what a customer wrote: facts, the customer's words, files, what to answer.

What does not fit into the first mail follows in numbered ones. Each carries a token in its Reply-To (or Message-ID), so
that its reader can answer with commands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Final, TypedDict

from mailcase.core.case import LetterKind
from mailcase.core.changes import QueueLetter
from mailcase.core.deadlines.owed import Deadline
from mailcase.core.letters.enclosures import ROOM, File, enclosed, is_too_large, parcels
from mailcase.core.letters.post import Envelope, conversation, queue
from mailcase.core.letters.templates import Attached, Rich
from mailcase.core.record import Draft
from mailcase.core.rules import Rules
from mailcase.core.staff.look_alike import is_like_ours

MOST_COMMANDS: Final = 5  # that fit the moment; `help` names them all

_BY_ITSELF: Final = ("acknowledge", "assign")  # nobody has to do anything about these while there is time
MOST_SUBJECT: Final = 200
MOST_NAME: Final = 100  # characters of the name that somebody gives themselves
# These turn the reading direction, and with it the address behind a name.
_TURNS: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Choice:
    """A command that fits the moment: what to write, and what that does in a few words."""

    write: str
    does: str


@dataclass(frozen=True, slots=True)
class CaseMailFacts:
    """What is said about a case and one mail on it, beside that mail's own words. Times are UTC."""

    reference: str
    kind: str
    category: str
    customer: str  # the address that the case is known by
    customer_name: str
    subject: str  # of this mail
    sender: str  # the address that this mail really comes from, as a rule the customer's
    sender_name: str  # as it calls itself
    received_at: datetime  # the complaint
    mail: int  # its number, by which an operator finds it
    vouched: bool  # whether the site's own mail system vouches for the sender
    written_at: datetime | None = None  # this mail, where it is a later one
    deadlines: tuple[Deadline, ...] = ()
    missing: tuple[str, ...] = ()  # facts that the policy asks for
    earlier: tuple[str, ...] = ()  # references of this customer's other cases
    commands: tuple[Choice, ...] = ()
    headline: str = ""  # what is wanted of the reader
    proposed: str = ""  # whom the reader is to confirm as the customer, in words
    decision: Draft | None = None  # the one that has not left yet, as far as anybody knows


class Due(TypedDict):
    """A deadline that is still open, or broken and not yet met."""

    kind: str
    at: datetime
    overdue: bool


class FileLine(TypedDict):
    """What the templates may say of one file."""

    number: int
    name: str
    size: str
    same_as: int | None
    too_large: bool
    parcel: int  # which of the mails brings it, 0 for none


class Values(TypedDict, total=False):
    """What the templates staff-case, staff-message and staff-files may name, beside the service's name and address."""

    reference: str
    headline: str
    kind: str
    category: str
    customer: str
    customer_name: str
    proposed: str
    sender: str  # '' when it is the customer
    sender_name: str
    their_subject: str
    received: datetime
    written: datetime | None
    due: list[Due]
    missing: list[str]
    earlier: list[str]
    mail: int
    vouched: bool
    name_like_ours: str  # the name of the sender, when it could pass for one of us
    words: Rich | None
    files: list[FileLine]  # of staff-files: those of the mail at hand, and those that no mail has room for
    total: int  # how many files the customer's mail has
    parcel: int  # which of the mails this is, from 1 on
    parcels: int
    commands: list[Choice]
    decision_waits: bool  # it was written before this mail came, and can be stopped
    decision_leaves: datetime | None  # None when it may leave at any moment
    decision_in_doubt: bool  # a relay was given it and did not answer: the customer may have it


def case_mails(
    kind: LetterKind,
    about: bytes,
    facts: CaseMailFacts,
    raw: bytes,
    person: str,
    reply_to_token: str,
    rules: Rules,
    now: datetime,
    room: int = ROOM,
) -> tuple[QueueLetter, ...]:
    """What a handler gets of a customer's mail: one mail with the first files, and one for each further parcel.

    `about` makes the ids; `raw` is the customer's mail.
    """
    found = enclosed(raw)
    words = Rich(found.text, found.html) if found.text or found.html else None
    mails = _Mails(about, facts, person, reply_to_token, rules, now)
    boxes = parcels(found.files, room) or ((),)
    values = mails.values(found.files, boxes, room) | Values(words=words, total=len(found.files))
    return (mails.letter(kind, values, boxes[0]), *mails.of_files(values, boxes, first=2))


def file_mails(
    wanted: Iterable[int],
    facts: CaseMailFacts,
    raw: bytes,
    person: str,
    reply_to_token: str,
    about: bytes,
    rules: Rules,
    now: datetime,
    room: int = ROOM,
) -> tuple[QueueLetter, ...]:
    """The wanted files of a customer's mail once more; numbers that it does not have are passed over.

    `about` stands for the mail that asks for them: another one gets them again, under ids of its own.
    """
    numbers = set(wanted)
    every = enclosed(raw).files
    files = _alone(file for file in every if file.number in numbers)
    if not files:
        return ()
    about = f"{facts.reference} files {sorted(numbers)} {person} ".encode() + sha256(raw).digest() + about
    mails = _Mails(about, facts, person, reply_to_token, rules, now)
    boxes = parcels(files, room) or ((),)
    return mails.of_files(mails.values(files, boxes, room) | Values(total=len(every)), boxes, first=1)


@dataclass(frozen=True, slots=True)
class _Mails:
    """The mails to one person about one mail of a customer's."""

    about: bytes
    facts: CaseMailFacts
    person: str
    token: str
    rules: Rules
    now: datetime

    def of_files(self, values: Values, boxes: Sequence[tuple[File, ...]], first: int) -> tuple[QueueLetter, ...]:
        """A mail for each parcel from the `first` on; the first of all also names what no mail has room for."""
        found: list[QueueLetter] = []
        for number, box in enumerate(boxes[first - 1 :], first):
            lines = [
                each for each in values["files"] if each["parcel"] == number or (number == 1 and not each["parcel"])
            ]
            found.append(self.letter("staff-files", values | Values(files=lines, parcel=number), box))
        return tuple(found)

    def letter(self, kind: LetterKind, values: Values, files: Iterable[File]) -> QueueLetter:
        """One mail, with these files."""
        facts, rules = self.facts, self.rules
        envelope = Envelope(
            kind,
            self.about + b" %d" % values["parcel"],
            self.person,
            due_at=self.now,
            references=(conversation(facts.reference, rules),),
            token=self.token,
        )
        attachments = [Attached(file.name, file.type, file.data) for file in files]
        return queue(envelope, values, rules, self.now, attachments)

    def values(self, files: Iterable[File], boxes: Sequence[tuple[File, ...]], room: int) -> Values:
        """What the templates are filled with."""
        facts, rules = self.facts, self.rules
        known = facts.sender == facts.customer
        return Values(
            reference=facts.reference,
            headline=facts.headline,
            decision_waits=facts.decision is not None,
            decision_leaves=_ahead(facts.decision, rules, self.now),
            decision_in_doubt=facts.decision is not None and facts.decision.in_doubt,
            kind=facts.kind,
            category=facts.category,
            customer=facts.customer,
            customer_name=_shown(facts.customer_name),
            proposed=_shown(facts.proposed),
            sender="" if known else facts.sender,
            sender_name=_shown(facts.sender_name),
            their_subject=" ".join(_TURNS.sub("", facts.subject).split())[:MOST_SUBJECT],
            received=facts.received_at.astimezone(rules.zone),
            written=facts.written_at.astimezone(rules.zone) if facts.written_at else None,
            due=_due(facts, rules, self.now),
            missing=list(facts.missing),
            earlier=list(facts.earlier),
            mail=facts.mail,
            vouched=facts.vouched,
            name_like_ours=_shown(facts.sender_name) if is_like_ours(facts.sender_name, facts.sender, rules) else "",
            words=None,
            files=_lines(files, boxes, room),
            total=0,
            parcel=1,
            parcels=len(boxes),
            commands=list(facts.commands[:MOST_COMMANDS]),
        )


def _due(facts: CaseMailFacts, rules: Rules, now: datetime) -> list[Due]:
    unmet = [each for each in facts.deadlines if each.state in ("open", "broken") and each.met_at is None]
    theirs = (each for each in unmet if each.kind not in _BY_ITSELF or each.due_at < now)
    return [
        Due(kind=each.kind, at=each.due_at.astimezone(rules.zone), overdue=each.due_at < now)
        for each in sorted(theirs, key=lambda each: each.due_at)
    ]


def _ahead(draft: Draft | None, rules: Rules, now: datetime) -> datetime | None:
    return draft.leaves_at.astimezone(rules.zone) if draft and draft.leaves_at > now else None


def _lines(files: Iterable[File], boxes: Sequence[tuple[File, ...]], room: int) -> list[FileLine]:
    parcel = {file.number: number for number, box in enumerate(boxes, 1) for file in box}
    return [
        FileLine(
            number=file.number,
            name=file.name,
            size=_size(len(file.data)),
            same_as=file.same_as,
            too_large=not file.same_as and is_too_large(file, room),
            parcel=parcel.get(file.number, 0),
        )
        for file in files
    ]


def _alone(files: Iterable[File]) -> tuple[File, ...]:
    """Files of which each stands for itself, unless one like it is among them."""
    first: dict[bytes, int] = {}
    found: list[File] = []
    for file in files:
        number = first.setdefault(file.data, file.number)
        found.append(replace(file, same_as=number if number != file.number else None))
    return tuple(found)


def _size(count: int) -> str:
    """A number of bytes as mail programs show it."""
    if count < 1_000:
        return f"{count} bytes"
    return f"{count / 1_000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


def _shown(name: str) -> str:
    return " ".join(_TURNS.sub("", name).split())[:MOST_NAME]
