"""From raw bytes to a `Message`: what a mail says, with everything odd about it named as a defect."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime

from mailcase.core.mail.addresses import addresses_in, one_strict_address
from mailcase.core.mail.body import HEADERS_ONLY, MAILS, REPORTS, attachments_of, is_read, text_of
from mailcase.core.mail.charset import clean, decode, decode_header, decode_words
from mailcase.core.mail.walk import Part, Tree, split_head, walk

MAX_REPORT = 64 * 1024
MAX_REFERENCES = 100
MAX_ID = 900  # octets: no longer one stands on a line of 998 behind its name (RFC 5322 section 2.1.1)

_ID = re.compile(r"<([^<>]{1,1000})>")
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_TO = ("to", "cc", "delivered-to", "x-original-to")
_IDENTITY = ("message-id", "from", "date", "subject")  # what a relay leaves alone


@dataclass(frozen=True, slots=True)
class Attachment:
    """A part that is listed, never unpacked; `name` is cleaned for showing, `size` is the decoded size in bytes."""

    name: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class Message:
    """What one mail says. No field holds a NUL or a lone surrogate; '' or () stands for what is missing."""

    headers: Mapping[str, tuple[str, ...]]  # lower-case name -> unfolded values in order, not decoded
    from_address: str  # the one address in From, lower-cased domain; '' when there is none or more than one
    from_name: str
    reply_to: tuple[str, ...]
    to: tuple[str, ...]  # addresses in To, Cc, Delivered-To, X-Original-To: where our tagged address may stand
    subject: str
    date: str  # ISO 8601 with zone as claimed by the sender; never used as the time of receipt
    message_id: str  # with angle brackets
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    text: str  # the whole readable text; HTML turned to text where there is no plain part
    attachments: tuple[Attachment, ...]
    content_types: tuple[str, ...]  # of every part in the order of the walk, the root first
    calendar_method: str  # of the first text/calendar part, lower case: request, reply, cancel … (RFC 5546)
    report: str  # text of message/delivery-status and message/disposition-notification parts
    enclosed: str  # header text of the first message/rfc822 or text/rfc822-headers part
    defects: tuple[str, ...]
    digest: bytes = field(repr=False)  # sha256 over Message-ID, From, Date, Subject and decoded parts


def read(raw: bytes) -> Message:
    """Read a mail; never raises and never hangs, whatever the bytes (RFC 5322, RFC 2045-2049)."""
    tree = walk(raw)
    fields: dict[str, list[bytes]] = {}
    for name, value in tree.root.fields:
        fields.setdefault(name, []).append(value)
    charset = tree.root.params.get("charset", "")
    headers = {name: tuple(decode_header(value, charset) for value in values) for name, values in fields.items()}
    parts = tree.parts()
    digest = _digest(tree, parts, headers)
    text, odd = text_of(tree.root)
    tree.defects.update(dict.fromkeys(odd))
    address, name = _sender(fields.get("from", []), headers.get("from", ()), tree.defects)
    return Message(
        headers=headers,
        from_address=address,
        from_name=name,
        reply_to=addresses_in(headers.get("reply-to", ())),
        to=addresses_in(value for name in _TO for value in headers.get(name, ())),
        subject=decode_words(first(headers, "subject")),
        date=_date(first(headers, "date"), tree.defects),
        message_id=_message_id(first(headers, "message-id")),
        in_reply_to=_ids(headers.get("in-reply-to", ())),
        references=_ids(headers.get("references", ())),
        text=text,
        attachments=tuple(Attachment(*found) for found in attachments_of(tree.root)),
        content_types=tuple(part.type for part in parts),
        calendar_method=_calendar_method(parts),
        report=_report(parts),
        enclosed=_enclosed(parts),
        defects=tuple(tree.defects),
        digest=digest,
    )


def first(headers: Mapping[str, tuple[str, ...]], name: str) -> str:
    """The first value of a header, '' when it is missing."""
    values = headers.get(name)
    return values[0] if values else ""


def _digest(tree: Tree, parts: list[Part], headers: Mapping[str, tuple[str, ...]]) -> bytes:
    """What makes it the same mail, however it came; each part is decoded here, once, and kept if it is read.

    Line ends and white space at the end of a part are left out, because relays and mailboxes change them.
    """
    state = hashlib.sha256()

    def add(piece: bytes) -> None:
        state.update(b"%d:" % len(piece))
        state.update(piece)

    for name in _IDENTITY:
        values = headers.get(name, ())
        add(b"%d" % len(values))
        for value in values:
            add(" ".join(decode_words(value).split()).encode())
    for part in parts:
        add(part.type.encode())
        if part.children:
            continue
        content = tree.decoded(part)
        part.size = len(content)
        if is_read(part):
            part.content = content
        add(content.replace(b"\r\n", b"\n").rstrip())
    for start, end in tree.unread:
        state.update(memoryview(tree.raw)[start:end])
    return state.digest()


def _sender(raw: list[bytes], values: tuple[str, ...], defects: dict[str, None]) -> tuple[str, str]:
    """The one address of From and its name; ('', '') with a defect when readers could differ about it.

    A field that is not well formed but holds a single @, such as `Okafor, Sam <sam@example.org>`, still says who
    wrote; its defect keeps it from proving anything.
    """
    if any(map(_CONTROL.search, raw)):
        defects["from: control characters"] = None
        return "", ""
    if found := one_strict_address(values):
        return found
    defects["from: not exactly one plain address" if raw else "from: missing"] = None
    lenient = addresses_in(values) if len(values) == 1 and values[0].count("@") == 1 else ()
    return one_strict_address(lenient) or ("", "")


def _date(value: str, defects: dict[str, None]) -> str:
    if not value:
        return ""
    try:
        date = parsedate_to_datetime(value[:100])
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        defects["date: cannot be read"] = None
        return ""


def _ids(values: Iterable[str]) -> tuple[str, ...]:
    """The Message-IDs between junk (RFC 5322 3.6.4), the last ones if there are many; folding inside one is undone."""
    tokens = ("".join(token.split()) for value in values for token in _ID.findall(value))
    found = dict.fromkeys(f"<{token}>" for token in tokens if len(token.encode()) <= MAX_ID)
    return tuple(found)[-MAX_REFERENCES:]


def _message_id(value: str) -> str:
    bare = value.strip()
    found = _ids([value] if "<" in bare or len(bare.split()) > 1 else [f"<{bare}>"])
    return found[0] if found else ""


def _calendar_method(parts: list[Part]) -> str:
    return next((part.params.get("method", "").lower() for part in parts if part.type == "text/calendar"), "")


def _report(parts: list[Part]) -> str:
    texts = (_beginning(part.content) for part in parts if part.type in REPORTS)
    return "\n\n".join(texts)[:MAX_REPORT]


def _enclosed(parts: list[Part]) -> str:
    """The header of the mail that is sent back or passed on, as it stands there."""
    for part in parts:
        if part.type in HEADERS_ONLY:
            return _beginning(part.content)
        if part.type in MAILS:
            _, body, _ = split_head(part.content, 0, len(part.content))
            return _beginning(part.content[:body])
    return ""


def _beginning(content: bytes) -> str:
    return clean(decode(content[:MAX_REPORT])[0]).strip("\n")
