"""The acknowledgement: what we say to a customer at once, and the limits of it."""

from __future__ import annotations

from datetime import datetime

from mailcase.core import ids
from mailcase.core.changes import QueueLetter
from mailcase.core.dates import day_in_words
from mailcase.core.letters import Letterhead
from mailcase.core.message import Message
from mailcase.core.rules import Rules


def acknowledgement(
    message: Message, received_at: datetime, reference: str, rules: Rules, now: datetime, held: str
) -> QueueLetter:
    """The letter that gives the reference, the time of receipt, and what happens next by when.

    Nothing that the sender wrote goes into it, so that nobody can make us carry words to a third party.
    """
    letter = ids.letter_id(rules.key, message.digest, "acknowledgement")
    message_id = f"<{letter}@{rules.domain}>"
    head = Letterhead(
        from_name=rules.service_name,
        from_address=rules.service_address,
        to=message.from_address,
        message_id=message_id,
        date=now.astimezone(rules.zone),
        reply_to=reply_address(reference, rules),
        in_reply_to=message.message_id,
        references=(message.message_id,) if message.message_id else (),
        auto_submitted="auto-replied",
        boundary=ids.boundary(rules.key, letter),
    )
    raw = rules.templates.write("acknowledgement", _values(received_at, reference, rules), head, rules.language)
    return QueueLetter(
        id=letter,
        case=reference,
        kind="acknowledgement",
        recipient=message.from_address,
        mail_from=envelope_sender(letter, rules),
        message_id=message_id,
        raw=raw,
        due_at=received_at,
        answer=True,
        held=held,
    )


def _values(received_at: datetime, reference: str, rules: Rules) -> dict[str, object]:
    local = received_at.astimezone(rules.zone)
    steps = [step.text.format(date=day_in_words(local + step.within, rules.language)) for step in rules.next_steps]
    return {
        "service_name": rules.service_name,
        "service_address": rules.service_address,
        "reference": reference,
        "received": local,
        "next_steps": steps,
    }


def reply_address(reference: str, rules: Rules) -> str:
    """Where an answer goes: tagged with the case where the mail system delivers such addresses."""
    return ids.tagged(rules.service_address, ids.tag(reference)) if rules.plus_addressing else ""


def envelope_sender(letter: str, rules: Rules) -> str:
    """Where a bounce goes (RFC 5321 section 4.4); '' is the null sender, with which nothing ever bounces."""
    if rules.envelope == "null":
        return ""
    return ids.tagged(rules.service_address, letter) if rules.envelope == "tagged" else rules.service_address
