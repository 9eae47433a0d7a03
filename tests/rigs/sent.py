"""Letters that left and mails that came, as values and as text to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import NamedTuple

from rigs.people import TAGGED, own_address


class Sent(NamedTuple):
    """A letter that the relay took, and when it was by the story's clock."""

    kind: str
    at: datetime
    to: str
    sender: str
    subject: str
    text: str
    reply_to: str
    message_id: str
    mail: EmailMessage


class Attachment(NamedTuple):
    """A file that goes with a mail."""

    name: str
    data: bytes
    type: str = "image/jpeg"


def as_sent(data: bytes, to: str, kinds: Mapping[str, str], now: datetime) -> Sent:
    """A letter as the relay got it; `kinds` is by Message-ID."""
    mail = message_from_bytes(data, policy=policy.SMTP)
    assert isinstance(mail, EmailMessage)
    body = mail.get_body(("plain",))
    text = str(body.get_content()).replace("\r\n", "\n").strip() if body else ""
    head = {name: str(mail[name] or "") for name in ("From", "Subject", "Reply-To", "Message-ID")}
    kind = kinds[head["Message-ID"]]
    return Sent(kind, now, to, head["From"], head["Subject"], text, head["Reply-To"], head["Message-ID"], mail)


def at_their_own_address(helped: Sent) -> Sent:
    """The answer to `help`, to be answered where its reader begins cases."""
    return helped._replace(reply_to=own_address(helped.text))


def _untagged(address: str) -> str:
    """Without the token, which is nothing to read."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def the(sent: Sequence[Sent], kind: str, to: str = "", about: str = "") -> Sent:
    """The one letter of this kind (to somebody, about a case)."""
    found = [each for each in sent if each.kind == kind and to in ("", each.to) and about in each.subject]
    assert len(found) == 1, [(each.kind, each.to, each.subject) for each in sent]
    return found[0]


def reference(letter: Sent) -> str:
    """The case that a letter to the customer is about."""
    return letter.subject.split()[-1]


def told(mail: EmailMessage, when: str) -> str:
    """A mail that comes in: its own words, without what it quotes, and the names of its files."""
    body = mail.get_body(("plain",))
    text = str(body.get_content()) if body else ""
    own = [line for line in text.replace("\r\n", "\n").splitlines() if not line.startswith(">")]
    words = "\n".join(f"    {line}".rstrip() for line in own).rstrip()
    files = "".join(f"\n    [{part.get_filename()}]" for part in mail.iter_attachments())
    head = f">>> {when}: {mail['From']} writes to {_untagged(str(mail['To']))}"
    return f"{head}\n    Subject: {mail['Subject']}\n\n{words}{files}\n"


def shown(sent: Sent, when: str) -> str:
    """A letter that left."""
    head = f"From: {sent.sender}\nTo: {sent.to}\nSubject: {sent.subject}\n"
    files = "".join(f"[{part.get_filename()}]\n" for part in sent.mail.iter_attachments())
    text = TAGGED.sub(lambda found: _untagged(found[0]).replace("@", "+…@"), sent.text)
    return f"<<< {when}: {sent.kind}\n{head}\n{text}\n{files}"
