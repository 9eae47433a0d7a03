"""Recognise what wrote a mail: a person, or which sort of machine, and by which signals."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mailcase.core.mail import signals
from mailcase.core.mail.message import Message, first

Kind = Literal["human", "auto-reply", "bounce", "courtesy", "list", "bulk"]

_OPENING = 4_000  # characters of text in which a mail system introduces itself
_FIRST_WORDS = 400  # ... and where it must do so if nothing in the headers says that a mail system writes
_SHOWN = 60  # characters of a value that a signal repeats


@dataclass(frozen=True, slots=True)
class Verdict:
    """The kind of a mail, and the names of the headers or patterns behind it; no signals for a human."""

    kind: Kind
    signals: tuple[str, ...]


def classify(message: Message, envelope_from: str | None = None) -> Verdict:
    """Say what wrote this mail; `envelope_from` is '' for the null sender and None where it is unknown.

    Without an envelope the Return-Path tells it (RFC 5321 section 4.4). The kinds are asked in the order of
    the table at the end of this module, the most specific first. A From of no-reply@ alone proves nothing:
    the contact forms of firms carry human words from there.
    """
    sender = _envelope_sender(message, envelope_from)
    for kind, recognise in _KINDS:
        found = recognise(message, sender)
        if found:
            return Verdict(kind, tuple(found))
    return Verdict("human", ())


def _envelope_sender(message: Message, envelope_from: str | None) -> str | None:
    """The address between the angle brackets, '' for the null sender, None where nobody recorded it."""
    if envelope_from is not None:
        return envelope_from.strip("<> \t")
    path = first(message.headers, "return-path").strip()
    return path.strip("<> \t") if path else None


def _bounce(message: Message, sender: str | None) -> list[str]:
    """A returned mail: a header that says so, or what its sender, subject, parts and text say together."""
    found = _report(message, signals.BOUNCE_REPORTS) + _headers(message, signals.BOUNCE_HEADERS)
    daemon, system = _daemon(message, sender), _mail_system(message)
    subject = _shown("subject", _bounce_subject(message.subject.strip()))
    status = ["part: message/delivery-status"] if _reports_delivery(message) else []
    head = found + daemon + system + subject + status
    if found or (daemon and (subject or status)) or (status and (subject or system)):
        return head
    text = _returned_text(message, daemon=bool(daemon), system=bool(system), subject=bool(subject))
    return head + text if text else []


def _bounce_subject(subject: str) -> re.Match[str] | None:
    """What a mail system writes, at the beginning or behind the subject that it answers: `RE: Hello : non remis`."""
    behind = subject.rpartition(" : ")[2]
    return signals.BOUNCE_SUBJECT.match(subject) or signals.BOUNCE_SUBJECT.match(behind)


def _returned_text(message: Message, *, daemon: bool, system: bool, subject: bool) -> list[str]:
    """The words of a returned mail, as plain as its head leaves doubt.

    A daemon may use any. A postmaster may be a person, and people paste returned mails or complain that something was
    not delivered: from them only what nobody but a mail system writes. Automatic replies and receipts quote.
    """
    if signals.AUTO_REPLY_SUBJECT.match(message.subject.strip()) or _report(message, signals.COURTESY_REPORTS):
        return []
    if daemon:
        return _text(message, signals.BOUNCE_TEXT, _OPENING)
    if system and subject:
        return _text(message, signals.BOUNCE_TEXT, _OPENING) or _text(message, signals.SEPARATOR, _OPENING)
    if system or subject:
        return _text(message, signals.MAIL_SYSTEM_TEXT, _OPENING if system else _FIRST_WORDS)
    return []


def _daemon(message: Message, sender: str | None) -> list[str]:
    """The signs that no person sent it: the null sender or a mailer daemon (RFC 3834 section 2)."""
    found = []
    if sender is not None and (sender == "" or signals.DAEMON_SENDER.match(sender)):
        found.append(f"envelope sender: {sender[:_SHOWN] or '<>'}")
    return found + _shown("from", signals.DAEMON_FROM.search(first(message.headers, "from")))


def _mail_system(message: Message) -> list[str]:
    return _shown("from", signals.SYSTEM_FROM.search(first(message.headers, "from")))


def _text(message: Message, pattern: re.Pattern[str], within: int) -> list[str]:
    return _shown("text", pattern.search(message.text, 0, within))


def _reports_delivery(message: Message) -> bool:
    """Whether this mail itself reports, not one that a person encloses with a word of their own."""
    for content_type in message.content_types:
        if content_type in signals.STATUS_TYPES:
            return True
        if content_type in signals.ENCLOSED_TYPES:
            return False
    return False


def _courtesy(message: Message, _sender: str | None) -> list[str]:
    """A read receipt, an answer to an invitation, a reaction: somebody's machine being polite."""
    found = _report(message, signals.COURTESY_REPORTS)
    found += [f"part: {each}" for each in signals.COURTESY_TYPES if each in message.content_types]
    if message.calendar_method in signals.CALENDAR_ANSWERS:
        found.append(f"calendar: method={message.calendar_method}")
    return found or _shown("text", signals.REACTION_TEXT.match(message.text, 0, _FIRST_WORDS))


def _auto_reply(message: Message, sender: str | None) -> list[str]:
    """An automatic answer or notice (RFC 3834 sections 2 and 5), or a sender that must never be answered."""
    found = _report(message, signals.AUTO_REPLY_REPORTS) + _headers(message, signals.AUTO_REPLY_HEADERS)
    found += _shown("subject", signals.AUTO_REPLY_SUBJECT.match(message.subject.strip()))
    return found + _daemon(message, sender)


def _list(message: Message, sender: str | None) -> list[str]:
    """Mail that came through a mailing list (RFC 2369, RFC 2919, RFC 3834 section 2)."""
    found = _headers(message, signals.LIST_HEADERS)
    if sender and signals.LIST_SENDER.match(sender):
        found.append(f"envelope sender: {sender[:_SHOWN]}")
    return found


def _bulk(message: Message, _sender: str | None) -> list[str]:
    """Mail to many: one header that only such senders write, or two that they share with others."""
    found = _headers(message, signals.BULK_HEADERS)
    if found:
        return found
    hints = _headers(message, signals.BULK_HINTS)
    hints += _hints_of_a_robot(message) if hints else []
    return hints if len(hints) > 1 else []


def _robot(message: Message, _sender: str | None) -> list[str]:
    """A notice: nobody is to answer it, and it asks for no automatic answer either."""
    hints = _hints_of_a_robot(message)
    return hints if len(hints) > 1 else []


def _hints_of_a_robot(message: Message) -> list[str]:
    found = _headers(message, signals.AUTO_REPLY_HINTS)
    if not message.reply_to and signals.NO_REPLY.match(message.from_address):
        found.append(f"from: {message.from_address[:_SHOWN]}")
    return found


def _report(message: Message, types: tuple[str, ...]) -> list[str]:
    """The type of report that this mail is as a whole (RFC 6522 section 3), if it is one of these."""
    if message.content_types[:1] != ("multipart/report",):
        return []
    named = signals.REPORT_TYPE.match(first(message.headers, "content-type"))
    return [f"report-type: {named[1].lower()}"] if named and named[1].lower() in types else []


def _headers(message: Message, table: tuple[signals.Header, ...]) -> list[str]:
    """The rows of a table that this mail has, as signals."""
    return [
        f"{name}: {value.strip()[:_SHOWN]}"
        for name, pattern in table
        for value in message.headers.get(name, ())
        if pattern.match(value)
    ]


def _shown(where: str, match: re.Match[str] | None) -> list[str]:
    return [f"{where}: {' '.join(match.group().split())[:_SHOWN]}"] if match else []


_KINDS: tuple[tuple[Kind, Callable[[Message, str | None], list[str]]], ...] = (
    ("bounce", _bounce),
    ("courtesy", _courtesy),
    ("auto-reply", _auto_reply),
    ("list", _list),
    ("bulk", _bulk),
    ("auto-reply", _robot),
)
