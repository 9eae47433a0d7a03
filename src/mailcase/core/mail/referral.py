"""A complaint that a colleague passes on: whose it is and since when the firm has it, as a proposal to a handler.

Nothing here is believed. The original is the mail that is attached, or what stands below the header block that mail
programs put above a mail they forward. Of mails within mails the outermost that is not our own counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from zoneinfo import ZoneInfo

from mailcase.core.mail.addresses import addresses_in, folded, one_strict_address
from mailcase.core.mail.body import MAILS
from mailcase.core.mail.forms import without_links
from mailcase.core.mail.forwarded_dates import LANGUAGES_OF, moment_in
from mailcase.core.mail.message import Message, first, read
from mailcase.core.mail.quote_lines import Kind, clean, header_of, kind_of, unquoted
from mailcase.core.mail.quote_marks import Header
from mailcase.core.mail.walk import walk

MOST_NESTED: Final = 5  # mails attached to mails; each is read anew
MOST_LINES: Final = 5_000  # in which a header block is looked for
HEADER_LINES: Final = 24  # how long it may be, with its folded lines
FOLDED_LINES: Final = 2  # over how many more lines one header may run

_LINE_END: Final = re.compile(r"\r\n?|\n")
_QUOTE_MARK: Final = re.compile(r"\s?> ?")
_QUOTE_MARKS: Final = re.compile(r"(?:\s*+>)*+")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who wrote the original, what, and when (UTC; None where the date can be read in two ways)."""

    address: str
    name: str
    received: datetime | None
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class _Block:
    """A header block: the value of each header with the label it stood under, and where the mail below it begins."""

    headers: Mapping[Header, tuple[str, str]]
    end: int
    depth: int  # of quotation


def proposed(raw: bytes, message: Message, is_ours: Callable[[str], bool], zone: ZoneInfo) -> Proposal | None:
    """The mail that a colleague passed on, attached or inline; None where no customer is plainly named.

    `zone` is that of the firm: programs write the date of what they forward as their own clock shows it.
    """
    return _attached(raw, is_ours, zone, MOST_NESTED) or _inline(message.text, is_ours, zone)


def staff_with_customer(message: Message, is_colleague: Callable[[str], bool]) -> str:
    """The one outside address in To of a mail by staff, offered as logged contact; '' if it is not exactly one."""
    if not message.from_address or not is_colleague(message.from_address):
        return ""
    outside = {folded(each): each for each in addresses_in(message.headers.get("to", ())) if not is_colleague(each)}
    return next(iter(outside.values())) if len(outside) == 1 else ""


def _attached(raw: bytes, is_ours: Callable[[str], bool], zone: ZoneInfo, depth: int) -> Proposal | None:
    """The first attached mail; of one by our own people, what is passed on in it."""
    tree = walk(raw)
    part = next((part for part in tree.parts() if part.type in MAILS), None)
    if part is None or not depth:
        return None
    content = tree.decoded(part)
    original = read(content)
    sender = one_strict_address(original.headers.get("from", ()))
    if sender is None:
        return None
    if is_ours(sender[0]):
        return _attached(content, is_ours, zone, depth - 1) or _inline(original.text, is_ours, zone)
    return Proposal(*sender, _received(original), original.subject, original.text)


def _received(original: Message) -> datetime | None:
    """When the last server had it, else when its author says to have sent it."""
    trace = first(original.headers, "received").rpartition(";")[2]
    return _instant(parsedate_to_datetime, trace[:100]) or _instant(datetime.fromisoformat, original.date)


def _instant(parse: Callable[[str], datetime], words: str) -> datetime | None:
    try:
        found = parse(words)
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


# Inline


def _inline(text: str, is_ours: Callable[[str], bool], zone: ZoneInfo) -> Proposal | None:
    lines = _LINE_END.split(text)
    for block in _blocks([clean(line) for line in lines[:MOST_LINES]]):
        sender = one_strict_address([without_links(block.headers[Header.FROM][1])])
        if sender is None:
            return None  # whoever it is, the mails further in are not what was passed on
        if not is_ours(sender[0]):
            below = "\n".join(_less_quoted(line, block.depth) for line in lines[block.end :]).strip("\n")
            received = moment_in(*block.headers.get(Header.SENT, ("", "")), zone)
            return Proposal(*sender, received, block.headers.get(Header.SUBJECT, ("", ""))[1], below)
    return None


def _blocks(lines: Sequence[str]) -> Iterator[_Block]:
    """The header blocks, from the top; also one with nothing above it, as Outlook makes it when nothing was added."""
    bare = [unquoted(line) if kind_of(line) is Kind.QUOTED else line for line in lines]
    end = 0
    for start, line in enumerate(lines):
        if start < end or _header(bare[start]) is None:
            continue
        headers, last = _headers(bare, start)
        if Header.FROM in headers and not headers.keys().isdisjoint({Header.SENT, Header.SUBJECT}):
            end = last + 1
            yield _Block(headers, end, _depth(line))


def _headers(bare: Sequence[str], start: int) -> tuple[dict[Header, tuple[str, str]], int]:
    """The headers of a block and its last line; a header that comes again begins another block."""
    found: dict[Header, tuple[str, str]] = {}
    header, last = Header.TO, start
    folded_lines: list[str] = []
    for index in range(start, min(start + HEADER_LINES, len(bare))):
        following = _header(bare[index])
        if following is None:
            folded_lines.append(bare[index])
            if len(folded_lines) > FOLDED_LINES or (len(folded_lines) > 1 and not folded_lines[-2]):
                break
            continue
        if following in found and following is not Header.TO:
            break
        if header in found:
            found[header] = (found[header][0], " ".join([found[header][1], *folded_lines]).strip())
        folded_lines.clear()
        header, last = following, index
        label, _, value = bare[index].partition(":")
        found[header] = (_label(label), value.strip(" *_|"))
    return found, last


def _header(line: str) -> Header | None:
    """Which header the line is; Date and Sent are one."""
    label, colon, _ = line.partition(":")
    if colon and _label(label) in LANGUAGES_OF:
        return Header.SENT
    found = header_of(line)
    return Header.SENT if found is Header.DATE else found


def _label(words: str) -> str:
    return words.strip(" *_|").lower()


def _depth(line: str) -> int:
    marks = _QUOTE_MARKS.match(line)
    return marks[0].count(">") if marks else 0


def _less_quoted(line: str, depth: int) -> str:
    for _ in range(depth):
        mark = _QUOTE_MARK.match(line)
        line = line[mark.end() :] if mark else line
    return line
