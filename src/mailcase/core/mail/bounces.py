"""What a returned mail says: which letter came back, from whom, and whether it is lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mailcase.core.mail import signals
from mailcase.core.mail.message import Message

_READ = 50_000  # characters that are looked at: the words and the headers of the returned letter come first
_WORDS = 8_000  # ... of which the mail system's own words are at most this many
_MOST = 20  # message ids and recipients that one returned mail may name
_SHOWN = 300  # characters of a diagnostic

_FIELD = re.compile(r"^[ \t>]{0,8}([a-z][a-z-]{0,40}):[ \t]*(.*(?:\n[ \t]+\S.*)*)", re.IGNORECASE | re.MULTILINE)
_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n)+")
_MESSAGE_ID = re.compile(r"message-id\s?[:=]\s{0,80}(<[^<>\s]{3,250}>)", re.IGNORECASE)
_ANY_ID = re.compile(r"<[^<>\s]{3,250}>")

_RECIPIENT_FIELDS = ("original-recipient", "final-recipient")
_ADDR_SPEC = r"[^\s<>()\[\],;:\"'=*@]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}"
_ADDRESS = re.compile(_ADDR_SPEC, re.IGNORECASE)
# Where mail systems put the recipient: first on a line, perhaps in brackets or after a word such as "To:".
_INTRODUCTION = r"(?:rcpt )?to|(?:failed )?recipient|error-for|unknown user|undeliverable[ \t]{1,20}(?:to|address)"
_FIRST_ON_LINE = re.compile(
    r"^[ \t>*-]{0,40}"
    rf"(?:(?:{_INTRODUCTION})[ \t]{{0,20}}:?[ \t]{{0,20}})?[<\"\[]?(?:smtp:)?({_ADDR_SPEC})(?=[>\"\]:\s]|$)",
    re.IGNORECASE | re.MULTILINE,
)
_NOT_LOST = re.compile(r"delayed|delivered|relayed|expanded", re.IGNORECASE)  # RFC 3464 section 2.3.3
_SYSTEM = re.compile(r"(?:postmaster|mailer-daemon|mdaemon)@", re.IGNORECASE)

_STATUS = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?!\.?\d)")  # RFC 3463; 2.x.x in a text is a version number
_REPLY_LINE = re.compile(r"^.*\b[45]\d\d(?:[ -]|: ).*$", re.MULTILINE)  # RFC 5321 section 4.2


@dataclass(frozen=True, slots=True)
class Bounce:
    """One returned mail. `failed` is False for a mere warning of delay or a report of success.

    `message_ids` are candidates, the likeliest first: the returned letter's own id, then what it answered.
    `recipients` may be read out of mere words; `reported` are those whom the fields of a report name.
    """

    message_ids: tuple[str, ...]
    recipients: tuple[str, ...]
    failed: bool
    status: str
    diagnostic: str
    reported: tuple[str, ...] = ()


def read_bounce(message: Message) -> Bounce:
    """Read a returned mail: the fields of RFC 3464 where there are any, else the words of the mail system."""
    text = _lines(message.text)
    words = _own_words(text)
    headers = f"{_lines(message.enclosed)}\n{text}"  # where those of the returned letter may stand
    groups = _field_groups(_lines(message.report) or text)
    reports = [group for group in groups if "action" in group]
    lost = [group for group in reports if not _NOT_LOST.match(group["action"])]
    told = (lost or reports or groups or [{}])[0]
    return Bounce(
        message_ids=_each_once(_message_ids(message, groups, headers)),
        recipients=_each_once(_recipients(message, lost or reports or groups, words))
        or _each_once(_ADDRESS.findall(_field(headers, "to"))),
        failed=bool(lost) if reports else not _only_a_warning(message, words),
        status=_status(told.get("status", ""), told.get("diagnostic-code", ""), words),
        diagnostic=_diagnostic(told, words),
        reported=_each_once(_reported(lost or reports or groups)),
    )


def _lines(text: str) -> str:
    return text[:_READ].replace("\r\n", "\n")


def _own_words(text: str) -> str:
    """What the mail system itself says, up to the returned letter."""
    separator = signals.SEPARATOR.search(text, 0, _WORDS)
    return text[: separator.start() if separator else _WORDS]


def _field_groups(text: str) -> list[dict[str, str]]:
    """The groups of fields that speak of a recipient (RFC 3464 section 2.3, RFC 8098 section 3.2)."""
    groups = [
        {name.lower(): " ".join(value.split()) for name, value in _FIELD.findall(group)}
        for group in _BLANK_LINES.split(text)
    ]
    return [group for group in groups if any(name in group for name in _RECIPIENT_FIELDS)]


def _message_ids(message: Message, groups: list[dict[str, str]], headers: str) -> Iterator[str]:
    yield from _MESSAGE_ID.findall(headers)
    for group in groups:
        yield from _ANY_ID.findall(group.get("original-message-id", ""))
    # A relay may have replaced the letter's id; our own then still stands in its References.
    yield from _ANY_ID.findall(_field(headers, "in-reply-to"))
    yield from reversed(_ANY_ID.findall(_field(headers, "references")))
    yield from message.in_reply_to
    yield from reversed(message.references)


def _field(headers: str, wanted: str) -> str:
    """The first value of this header field in a text that holds some, '' if there is none."""
    return next((value for name, value in _FIELD.findall(headers) if name.lower() == wanted), "")


def _recipients(message: Message, groups: list[dict[str, str]], words: str) -> Iterator[str]:
    """Whom the letter did not reach: fields before text, and in a text the addresses that begin a line."""
    for group in groups:
        # The final recipient may be an alias behind the address that we wrote to.
        for name in _RECIPIENT_FIELDS:
            yield from _ADDRESS.findall(group.get(name, ""))[:1]
    for value in message.headers.get("x-failed-recipients", ()):
        yield from _ADDRESS.findall(value)
    if not groups:
        found = _FIRST_ON_LINE.findall(words) or _ADDRESS.findall(words)
        yield from [address for address in found if not _SYSTEM.match(address)] or found


def _reported(groups: list[dict[str, str]]) -> Iterator[str]:
    """The whole addresses in the fields: of `o'brien@x` or `a=b@x` a search in text finds only the end."""
    for group in groups:
        for name in _RECIPIENT_FIELDS:
            kind, _, address = group.get(name, "").rpartition(";")  # RFC 3464 section 2.3.1: a type before the address
            if "@" in address and kind.strip().lower() in ("", "rfc822"):
                yield address.strip(" <>")


def _only_a_warning(message: Message, words: str) -> bool:
    return bool(signals.NOT_FAILED.search(message.subject, 0, _SHOWN) or signals.NOT_FAILED.search(words))


def _status(*texts: str) -> str:
    """The first status code of RFC 3463 that says failed or delayed."""
    found = (_STATUS.search(text) for text in texts)
    return next((match[1] for match in found if match), "")


def _diagnostic(told: dict[str, str], words: str) -> str:
    """What the other side said, or the line of the text that repeats it."""
    line = _REPLY_LINE.search(words)
    said = told.get("diagnostic-code") or (line.group() if line else "")
    return " ".join(said.split())[:_SHOWN]


def _each_once(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:_MOST]
