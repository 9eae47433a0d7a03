"""The pure half of the SMTP door: replies, addresses, the trace field, the message off the wire."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

END = b"\r\n.\r\n"  # RFC 5321 4.1.1.4: nothing else ends the content (SMTP smuggling)
EVERYBODY = "*"  # stands among the recipients of a door that takes mail for every address, as a relay does
MAX_RECIPIENTS = 100  # RFC 5321 4.5.3.1.8: a server must take at least 100

KEPT = "250 2.0.0 Your message is kept"
LATER = "451 4.3.0 We could not store your message: please send it again later"
FULL = "452 4.3.1 We have no space left at the moment: please send your message again later"
CROWDED = "452 4.3.1 We are taking too much mail at this moment: please send your message again later"
CLOSING = "421 4.3.2 We are closing this connection: please connect again later"
BUSY = "421 4.3.2 Too many connections: please connect again in a minute"
BARE = "554 5.6.0 A line of your message does not end in CR LF: please send it with CR LF after each line"
UNKNOWN = "550 5.1.1 Nobody here has this address: please check it and send your message again"
TOO_MANY = "452 4.5.3 Too many recipients: please send to the others in another message"
WHO = "252 2.5.2 We do not say who is here: please just send your message"
NO_AUTH = "502 5.5.1 There is no login here: send your message without it"
TLS_ON = "503 5.5.1 TLS is on already: go on with EHLO"
TOO_LARGE = "552 5.3.4 Your message is larger than we take: please send it without attachments, or in parts"

# What aiosmtpd says by itself, in our words: with an enhanced status code (RFC 2034), repeating nothing.
WORDS = {
    "221 Bye": "221 2.0.0 Goodbye",
    "250 OK": "250 2.0.0 OK",
    "454": "454 4.7.0 TLS is not offered here: please go on without it",
    "500": "500 5.5.2 Command not understood: please send one SMTP command on each line",
    "501": "501 5.5.4 Argument not understood: please check how the command is written",
    "502": "502 5.5.1 This command is not offered here: please leave it out",
    "503": "503 5.5.1 Commands in the wrong order: please send EHLO, MAIL, RCPT, DATA",
    "552": TOO_LARGE,
    "553": "553 5.1.3 Address not understood: please write it as <name@example.org>",
    "555": "555 5.5.4 Parameter not offered here: please leave it out",
}
ENHANCED = re.compile(r"[245]\d\d[ -][245]\.\d{1,3}\.\d{1,3} ")

# A path (RFC 5321 4.1.2), its old source route skipped; wide, but closed to controls and lone surrogates.
PATH = re.compile(
    r"<(?:@[^:<>\s]*:)?"
    r'(?P<address>(?:"(?:[^"\\\x00-\x1f\x7f]|\\[ -~])*"@)?[^\s<>"\x00-\x1f\x7f\ud800-\udfff]*)'
    r">(?:\s+(?P<parameters>.*))?"
)
PLAIN_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
NOT_IN_HELO = re.compile(r"[^A-Za-z0-9.:_\[\]-]")


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as it came in, our trace line on top (RFC 5321 4.4); `mail_from` '' is the null sender."""

    raw: bytes
    received_at: datetime
    mail_from: str
    rcpt_to: tuple[str, ...]
    peer: str


def in_our_words(reply: str) -> str:
    """A reply as we say it: ours already have an enhanced status code, aiosmtpd's are looked up."""
    return reply if ENHANCED.match(reply) else WORDS.get(reply) or WORDS.get(reply[:3]) or reply


def read_path(argument: str) -> tuple[str, str] | None:
    """Address and parameters of a MAIL or RCPT command (RFC 5321 4.1.1.2); '' is the null sender."""
    path = PATH.fullmatch(argument)
    return (path["address"], path["parameters"] or "") if path else None


def is_ours(address: str, recipients: Collection[str]) -> bool:
    """Whether it is one of `recipients` (in lower case), with or without `+anything` in its local part.

    No config can name EVERYBODY: it is no address.
    """
    if EVERYBODY in recipients:
        return True
    local, _, domain = address.lower().rpartition("@")
    return f"{local}@{domain}" in recipients or f"{local.partition('+')[0]}@{domain}" in recipients


def host_of(peer: Sequence[object] | None) -> str:
    """The IP address in a socket's peer name; a connection that is already gone has none."""
    return str(peer[0]) if peer else "unknown"


def protocol(extended: bool, utf8: bool, secure: bool) -> str:
    """What was spoken, as the trace field names it (RFC 3848, RFC 6531 4.3)."""
    return ("UTF8SMTP" if utf8 else "ESMTP" if extended else "SMTP") + "S" * secure


def trace(helo: str, peer: str, hostname: str, spoken: str, recipients: Sequence[str], at: datetime) -> bytes:
    """The `Received:` field (RFC 5321 4.4) without its last CR LF; nothing a client says breaks out of it."""
    name = NOT_IN_HELO.sub("?", helo)[:255]
    literal = f"IPv6:{peer}" if ":" in peer else peer
    single = len(recipients) == 1 and PLAIN_ADDRESS.fullmatch(recipients[0])
    wanted = f"\r\n\tfor <{recipients[0]}>" if single else ""
    line = f"Received: from {name} ([{literal}])\r\n\tby {hostname} with {spoken}{wanted};\r\n\t"
    return (line + format_datetime(at)).encode("ascii")


def finished(head: bytes, blocks: Sequence[bytes]) -> bytes | None:
    """The message under its trace field, dots undoubled (RFC 5321 4.5.2); None if a CR or LF stands alone."""
    raw = b"".join((head, *blocks)).replace(b"\r\n.", b"\r\n")
    return raw if raw.count(b"\r") == raw.count(b"\n") == raw.count(b"\r\n") else None
