"""A mail as it is read, and what the database knows of it: all that `decide` may lean on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Final

from mailcase.core.case import ReviewReason, Role, Stage, Status
from mailcase.core.entries import Entry
from mailcase.core.mail import authentication
from mailcase.core.mail.bounces import Bounce, read_bounce
from mailcase.core.mail.classify import Verdict, classify
from mailcase.core.mail.forms import FormSaid, read_form, ticket_id
from mailcase.core.mail.message import Message, read
from mailcase.core.mail.thread import Mentions, Owner, as_known, mentions
from mailcase.core.record import CaseRecord
from mailcase.core.rules import Rules
from mailcase.core.staff import capability
from mailcase.core.staff.arguments import Setting
from mailcase.core.staff.command_values import New, Said
from mailcase.core.staff.said import read_said
from mailcase.core.staff.staff_proof import claimed

MOST_READ: Final = 20  # mails of a case that are read at once: whoever sends many large ones must not fill the memory


@dataclass(frozen=True, slots=True)
class Arrival:
    """A kept mail as intake takes it."""

    id: int
    door: str  # the channel: email, import …
    role: Role
    junk: bool  # it lay in the junk folder
    received_at: datetime
    envelope_from: str | None  # '' is the null sender; None where the door cannot know
    silent: bool  # imported without --letters: nobody is answered
    accepted_by: str  # who took it out of review; '' when nobody did
    given_up: bool  # it ended the process, or raised, too often: it is not read again
    raw: bytes
    attempts: int = 1  # how often reading it was begun, this time included
    door_name: str = ""
    peer: str = ""  # who handed it to the SMTP door


@dataclass(frozen=True, slots=True)
class StaffMail:
    """What a mail says that claims to come from one of staff; nothing of it is proven yet."""

    person: str
    cases: tuple[str, ...]  # that its tokens are for
    said: Said


@dataclass(frozen=True, slots=True)
class Reading:
    """A mail, read and recognised; everything here follows from its bytes."""

    arrival: Arrival
    message: Message
    verdict: Verdict
    mentions: Mentions
    bounce: Bounce | None
    vouched: authentication.Verdict  # what the door's mail system says of the sender
    staff: StaffMail | None
    has_token: bool = False  # something in it looks like a token of ours, whatever that proves
    form: FormSaid | str | None = None  # what a configured sender says of a customer, or why it cannot be read

    @property
    def ticket(self) -> str:
        """What all mails of the ticket name that this mail is of; '' for one of none."""
        return ticket_id(self.form, self.message.from_address) if isinstance(self.form, FormSaid) else ""

    @property
    def writer(self) -> str:
        """Who speaks: the customer whom a form names, else the sender."""
        return self.form.address if isinstance(self.form, FormSaid) else self.message.from_address

    @property
    def begins_for(self) -> str:
        """The customer for whom `new:` would begin a case, if one of staff really wrote it; '' for nobody."""
        values = (each.value for each in self.staff.said.commands) if self.staff else ()
        return next((each.address for each in values if isinstance(each, New)), "")

    @property
    def is_human(self) -> bool:
        """Whether somebody's own words are in it; a form's mail is written by a program, and filled in by a person."""
        return self.verdict.kind == "human" or isinstance(self.form, FormSaid)

    @property
    def readers(self) -> tuple[str, ...]:
        """Whom an answer may go to: who speaks, and the one of staff in whose name it comes. The limits count each."""
        return (self.writer, self.staff.person) if self.staff else (self.writer,)


@dataclass(frozen=True, slots=True)
class Twin:
    """The mail that came before with the same digest."""

    mail: int
    review: ReviewReason | None  # still waiting in review, and why


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail that was added to a case before."""

    id: int
    received_at: datetime
    sender: str
    raw: bytes
    door: str = ""  # its name: it says by whose word the sender is believed
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another case of the same sender."""

    reference: str
    status: Status
    stage: Stage
    received_at: datetime
    format: str = ""
    contact: str = ""
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the database knows of a mail: all that `decide` may lean on."""

    twin: Twin | None
    by_id: Mapping[str, Owner]
    by_reference: Mapping[str, Owner]
    answers_hour: int  # to this sender, or to the one of staff in whose name it comes, whichever got more
    answers_day: int
    answers_minute: int  # to everybody
    last_sent: Mapping[str, str] = field(default_factory=dict)  # case, named by a bounce → the last letter that left
    records: Mapping[str, CaseRecord] = field(default_factory=dict)  # the cases that it names, whole and locked
    rules: Mapping[str, Rules] = field(default_factory=dict)  # of these cases: under the policy each is held to
    mails: Mapping[str, tuple[Kept, ...]] = field(default_factory=dict)  # of these cases: what customers wrote
    letters: Mapping[str, tuple[Kept, ...]] = field(default_factory=dict)  # ours to their customers, the last one first
    entries: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)  # of these cases: the timeline
    earlier: tuple[Earlier, ...] = ()  # cases of this sender, the last one first
    begun_for: tuple[Earlier, ...] = ()  # of the customer for whom `new:` would begin one
    asked_which: bool = False  # this sender was asked which of their cases they mean, and has not said it
    lately: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # case → mails of its customer, hour and day
    open_cases: int = 0  # that this sender was answered on, or would have been
    loads: Mapping[str, int] = field(default_factory=dict)  # handler → how many open cases they have

    @property
    def reads_by(self) -> tuple[str, str]:
        """The format and the way in which the customer wants our letters: kept from one case to the next."""
        return next(((each.format, each.contact) for each in self.earlier), ("", ""))


def read_arrival(arrival: Arrival, rules: Rules) -> Reading:
    """Step 3 of the journey: read the bytes, recognise the kind, list what the mail names."""
    message = _identified(read(b"" if arrival.given_up else arrival.raw), arrival.received_at)
    verdict = classify(message, arrival.envelope_from)
    bounce = read_bounce(message) if verdict.kind == "bounce" else None
    named = mentions(message, rules.prefix, rules.is_ours)
    if bounce:
        named = Mentions((*map(as_known, bounce.message_ids), *named.message_ids), named.references)
    trust = rules.trust.get(arrival.door_name, authentication.Trust())
    vouched = authentication.verdict(message, trust, arrival.peer)
    form = rules.form_of(message.from_address)
    found = Reading(
        arrival,
        message,
        verdict,
        named,
        bounce,
        vouched,
        _staff_mail(arrival, message, rules),
        has_token=bool(capability.find(message, rules.is_ours, rules.domain)),
        form=read_form(message, form) if form else None,
    )
    if not found.ticket:
        return found
    return replace(found, mentions=replace(named, message_ids=(*named.message_ids, found.ticket)))


def _staff_mail(arrival: Arrival, message: Message, rules: Rules) -> StaffMail | None:
    sender = authentication.strict_sender(message)
    person = claimed(message, sender, rules.staff_addresses)
    if not person:
        return None
    colleague = rules.colleague(person)
    today = arrival.received_at.astimezone(rules.zone).date()
    said = read_said(arrival.raw, colleague.signature if colleague else "", Setting(today, rules.prefix))
    tokens = capability.find(message, rules.is_ours, rules.domain)
    found = (capability.check(each, person, rules.prefix, rules.sealing, arrival.received_at) for each in tokens)
    cases = (each.case for each in found if isinstance(each, capability.Capability) and each.case)
    return StaffMail(person, tuple(dict.fromkeys(cases)), said)


def _identified(message: Message, received_at: datetime) -> Message:
    """Without Message-ID and Date, the same words on another day are another mail (a form's "call me back")."""
    if message.message_id or message.date:
        return message
    day = received_at.date().isoformat().encode()
    return replace(message, digest=sha256(message.digest + day).digest())
