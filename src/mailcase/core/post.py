"""A letter, from its template and its values to finished bytes in the outbox: the same for every kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mailcase.core import ids
from mailcase.core.case import LetterKind
from mailcase.core.changes import QueueLetter
from mailcase.core.letters import Letterhead
from mailcase.core.rules import Rules


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


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter that is `written` only when it is not one too many: to write it costs more than to decide that."""

    kind: LetterKind
    to: str
    written: Callable[[], QueueLetter]


def queue(envelope: Envelope, values: Mapping[str, object], rules: Rules, now: datetime) -> QueueLetter:
    """The finished letter, dated now."""
    letter = ids.letter_id(rules.key, envelope.about, envelope.kind)
    head = Letterhead(
        from_name=rules.service_name,
        from_address=rules.service_address,
        to=envelope.to,
        message_id=f"<{letter}@{rules.domain}>",
        date=now.astimezone(rules.zone),
        reply_to=envelope.reply_to,
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
        raw=rules.templates.write(envelope.kind, {**common, **values}, head, rules.language),
        due_at=envelope.due_at,
        answer=envelope.answer,
        held=envelope.held,
    )


def reply_address(reference: str, rules: Rules) -> str:
    """Where an answer goes: tagged with the case where the mail system delivers such addresses."""
    return ids.tagged(rules.service_address, ids.tag(reference)) if rules.plus_addressing else ""


def _envelope_sender(letter: str, rules: Rules) -> str:
    """Where a bounce goes (RFC 5321 section 4.4); '' is the null sender, with which nothing ever bounces."""
    if rules.envelope == "null":
        return ""
    return ids.tagged(rules.service_address, letter) if rules.envelope == "tagged" else rules.service_address
