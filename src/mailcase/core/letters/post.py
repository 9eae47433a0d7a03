"""A letter, from its template and its values to finished bytes in the outbox: the same for every kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from mailcase.core import ids
from mailcase.core.case import LetterKind
from mailcase.core.changes import QueueLetter
from mailcase.core.letters.templates import Attached, Letterhead
from mailcase.core.rules import Rules
from mailcase.core.staff import capability

TOKEN_LIFE = timedelta(days=90)  # each mail to staff brings a new one


@dataclass(frozen=True, slots=True)
class Envelope:
    """To whom a letter goes, about what, and what it answers; `about` makes its id, so a redo makes the same one."""

    kind: LetterKind
    about: bytes
    to: str
    due_at: datetime  # the outbox sends the oldest first
    case: str = ""
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    auto_submitted: Literal["auto-replied", "auto-generated"] = "auto-generated"
    answer: bool = False
    held: str = ""
    token: str = ""  # what the answer of the reader proves; in place of `reply_to`
    leaves_at: datetime | None = None  # not before
    stage: str = ""  # of the case


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter that is `written` only when it is not one too many: to write it costs more than to decide that."""

    kind: LetterKind
    to: str
    written: Callable[[], QueueLetter]


def queue(
    envelope: Envelope,
    values: Mapping[str, object],
    rules: Rules,
    now: datetime,
    attachments: Sequence[Attached] = (),
) -> QueueLetter:
    """The finished letter, dated now."""
    letter = ids.letter_id(rules.key, envelope.about, envelope.kind)
    head = Letterhead(
        from_name=rules.service_name,
        from_address=rules.service_address,
        to=envelope.to,
        message_id=_message_id(letter, envelope, rules),
        date=now.astimezone(rules.zone),
        reply_to=_reply_to(envelope, rules),
        in_reply_to=envelope.in_reply_to,
        references=envelope.references,
        auto_submitted=envelope.auto_submitted,
        boundary=ids.boundary(rules.key, letter),
    )
    common = {"service_name": rules.service_name, "service_address": rules.service_address}
    return QueueLetter(
        id=letter,
        case=envelope.case,
        kind=envelope.kind,
        recipient=envelope.to,
        mail_from=_envelope_sender(letter, rules),
        message_id=head.message_id,
        raw=rules.templates.write(envelope.kind, {**common, **values}, head, rules.language, attachments),
        due_at=envelope.due_at,
        answer=envelope.answer,
        held=envelope.held,
        leaves_at=envelope.leaves_at,
        stage=envelope.stage,
    )


def token_for(person: str, case: str, rules: Rules, now: datetime) -> str:
    """What one of staff answers to: it lets them give commands on a case, or '' for what belongs to none yet."""
    expires = now.astimezone(UTC).date() + TOKEN_LIFE
    return capability.issue(rules.sealing, capability.Capability(person, case, expires))


def personal_address(person: str, rules: Rules, now: datetime) -> str:
    """Where one of staff begins cases; '' where our address takes no tags."""
    return ids.tagged(rules.service_address, token_for(person, "", rules, now)) if rules.plus_addressing else ""


def for_staff(kind: LetterKind, about: bytes, person: str, case: str, rules: Rules, now: datetime) -> Envelope:
    """The envelope of a mail to one of staff: in the case's conversation, and with a token to answer to."""
    references = (conversation(case, rules),) if case else ()
    return Envelope(kind, about, person, now, references=references, token=token_for(person, case, rules, now))


def reply_address(reference: str, rules: Rules) -> str:
    """Where an answer goes: tagged with the case where the mail system delivers such addresses."""
    return ids.tagged(rules.service_address, ids.tag(reference)) if rules.plus_addressing else ""


def conversation(reference: str, rules: Rules) -> str:
    """An id that all mails to staff about a case refer to, so that mail programs show them as one conversation.

    No message has it itself. The subject is the same in all of them as well: some programs group by that alone.
    """
    return f"<{ids.letter_id(rules.key, reference.encode(), 'staff')}@{rules.domain}>"


def _reply_to(envelope: Envelope, rules: Rules) -> str:
    if envelope.token and rules.plus_addressing:
        return ids.tagged(rules.service_address, envelope.token)
    return envelope.reply_to


def _message_id(letter: str, envelope: Envelope, rules: Rules) -> str:
    """The id of the letter; with the token, where our address cannot carry that."""
    if envelope.token and not rules.plus_addressing:
        return capability.message_id(letter, envelope.token, rules.domain)
    return f"<{letter}@{rules.domain}>"


def _envelope_sender(letter: str, rules: Rules) -> str:
    """Where a bounce goes (RFC 5321 section 4.4); '' is the null sender, with which nothing ever bounces."""
    if rules.envelope == "null":
        return ""
    return ids.tagged(rules.service_address, letter) if rules.envelope == "tagged" else rules.service_address
