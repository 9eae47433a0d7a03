"""The bytes of a letter: headers, and the same words as text and as HTML (RFC 5322, RFC 2045 to 2047).

The skeleton is fixed and filled by hand: the standard library's EmailMessage takes a hundred times the CPU.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from binascii import b2a_qp
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from itertools import groupby
from typing import Literal
from urllib.parse import quote

REFERENCES_KEPT = 20  # of the newest; the first, which names the thread, is kept besides
LONGEST_WORD = 60  # a longer word becomes encoded words, since nothing else may be folded inside (RFC 2047 section 2)
LONGEST_ADDRESS = 320  # local part 64, @, domain 255 (RFC 5321 section 4.5.3.1)
LONGEST_ID = 900  # keeps "References: " and one id within the 998 octets of a line (RFC 5322 section 2.1.1)
LINE = 78  # RFC 5322 section 2.1.1, where a header is folded
LONGEST_LINE = 998  # the same, where a line of the content must end

# C0, DEL, C1, Unicode line ends, lone surrogates: none belongs in a header, and CR LF would start a new one.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ADDRESS = re.compile(
    r"""(?: [^\s"(),:;<>@\[\]\\]+ | "(?:[^"\\]|\\.)*" ) @ (?: [^\s"(),:;<>@\[\]\\]+ | \[[^\s\[\]\\]+\] )""",
    re.VERBOSE,
)
_MESSAGE_ID = re.compile(r"<[!-;=?-~]+>")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_TYPE = re.compile(r"[a-z0-9]+/[a-z0-9.+-]+")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$&'()+,;=@\[\]^_`{}~.-]+(?: [A-Za-z0-9!#$&'()+,;=@\[\]^_`{}~.-]+)*")
_BOUNDARY = re.compile(r"[A-Za-z0-9._-]{1,60}")
_Q_SAFE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")  # RFC 2047 section 5 (3)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Everything of a letter that is not words; `boundary` is a token of its own for every letter."""

    from_name: str
    from_address: str
    to: str
    message_id: str
    date: datetime
    boundary: str
    reply_to: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    auto_submitted: Literal["auto-replied", "auto-generated", ""] = ""


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes with a letter, under a name and a type that its sender answers for."""

    name: str
    type: str
    data: bytes = field(repr=False)


def compose(
    head: Letterhead, subject: str, text: str, html: str, language: str, attachments: Sequence[Attached] = ()
) -> bytes:
    """The finished letter, the same bytes for the same input; ValueError for what no header may hold.

    What In-Reply-To and References name comes from other people's mail: what is no id there (RFC 5322 section
    3.6.4) is left out, because a strange id must not keep its sender from an answer.
    """
    _refuse_controls(head, subject)
    if not _LANGUAGE.fullmatch(language):
        raise ValueError(f"{language!r} is not a language tag")
    if not _BOUNDARY.fullmatch(head.boundary):
        raise ValueError(f"{head.boundary!r} is not a token for a MIME boundary")
    # RFC 2045 section 6.7: "=_" is never in quoted-printable. Neither of the two begins with the other.
    inner, outer = f"=_{head.boundary}", f"=_={head.boundary}"
    headers = "".join(_headers(head, subject, language)) + "MIME-Version: 1.0\r\n"
    words = (
        f'Content-Type: multipart/alternative; boundary="{inner}"\r\n'
        f"\r\n"
        f"{_part('plain', text, inner, outer)}{_part('html', html, inner, outer)}--{inner}--\r\n"
    )
    if not attachments:
        return f"{headers}{words}".encode()
    mixed = f'{headers}Content-Type: multipart/mixed; boundary="{outer}"\r\n\r\n--{outer}\r\n{words}'
    files = (_file(attached, outer) for attached in attachments)
    return b"".join((mixed.encode(), *files, f"--{outer}--\r\n".encode()))


def _headers(head: Letterhead, subject: str, language: str) -> Iterator[str]:
    if head.date.utcoffset() is None:
        raise ValueError("a letter's date needs a time zone")
    if not _is_id(head.message_id):
        raise ValueError(f"{head.message_id!r} is not a Message-ID")
    yield _fold("From", _mailbox(head.from_name, head.from_address))
    yield _fold("To", _mailbox("", head.to))
    yield _fold("Subject", _unstructured(subject))
    yield f"Date: {format_datetime(head.date)}\r\n"
    yield f"Message-ID: {head.message_id}\r\n"
    if head.reply_to:
        yield _fold("Reply-To", _mailbox("", head.reply_to))
    if _is_id(head.in_reply_to):
        yield f"In-Reply-To: {head.in_reply_to}\r\n"
    if references := [each for each in head.references if _is_id(each)]:
        yield _fold("References", references[:1] + references[1:][-REFERENCES_KEPT:])
    if head.auto_submitted:  # RFC 3834 section 5, and the header that Exchange reads instead
        yield f"Auto-Submitted: {head.auto_submitted}\r\n"
        yield "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply\r\n"
    yield f"Content-Language: {language}\r\n"


def _refuse_controls(head: Letterhead, subject: str) -> None:
    values = {
        "From name": head.from_name,
        "From": head.from_address,
        "To": head.to,
        "Subject": subject,
        "Message-ID": head.message_id,
        "Reply-To": head.reply_to,
        "In-Reply-To": head.in_reply_to,
        "References": "".join(head.references),
        "Auto-Submitted": head.auto_submitted,
    }
    for header, value in values.items():
        if _CONTROL.search(value):
            raise ValueError(f"{header}: a control character in {value[:200]!r}")


def _is_id(value: str) -> bool:
    return len(value) <= LONGEST_ID and _MESSAGE_ID.fullmatch(value) is not None


def _mailbox(name: str, address: str) -> list[str]:
    """A mailbox (RFC 5322 section 3.4) as words to fold between; a non-ASCII address stays so (RFC 6532)."""
    if len(address.encode()) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
        raise ValueError(f"{address[:200]!r} is not an address")
    return [*_phrase(name), f"<{address}>"] if name else [address]


def _phrase(name: str) -> list[str]:
    """A display name: as it is, quoted (RFC 5322 section 3.2.4), or encoded (RFC 2047 section 5)."""
    if not name.isascii() or "=?" in name or len(name) > LONGEST_WORD:
        return _encoded_words(name)
    if _ATOMS.fullmatch(name):
        return [name]
    return ['"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"']


def _unstructured(value: str) -> list[str]:
    """A subject as words to fold between; only words that need it are encoded, so the rest stays readable."""
    if "  " in value or value != value.strip():  # white space that folding and readers would lose
        return _encoded_words(value)
    words: list[str] = []
    for encode, group in groupby(value.split(" "), key=_needs_encoding):
        run = list(group)
        words += _encoded_words(" ".join(run)) if encode else run
    return words


def _needs_encoding(word: str) -> bool:
    return not word.isascii() or "=?" in word or len(word) > LONGEST_WORD


def _encoded_words(value: str) -> list[str]:
    """Encoded words in Q (RFC 2047 section 4.2), none of which cuts a character in two."""
    chunks = [""]
    for character in value:
        coded = _q(character)
        if len(chunks[-1]) + len(coded) > LONGEST_WORD - len("=?utf-8?q??="):
            chunks.append("")
        chunks[-1] += coded
    return [f"=?utf-8?q?{chunk}?=" for chunk in chunks]


def _q(character: str) -> str:
    if character in _Q_SAFE:
        return character
    return "_" if character == " " else "".join(f"={octet:02X}" for octet in character.encode())


def _fold(name: str, words: list[str]) -> str:
    """One header, folded between words (RFC 5322 section 2.2.3), never right after the name."""
    lines = [f"{name}: {words[0]}"]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) > LINE:
            lines.append("")
        lines[-1] += f" {word}"
    return "\r\n".join(lines) + "\r\n"


def _file(attached: Attached, outer: str) -> bytes:
    """One attachment (RFC 2183), never shown among the words."""
    if _CONTROL.search(attached.name):
        raise ValueError(f"attachment: a control character in {attached.name[:200]!r}")
    if not _TYPE.fullmatch(attached.type):
        raise ValueError(f"{attached.type[:200]!r} is not a media type")
    head = (
        f"--{outer}\r\n"
        f"Content-Type: {attached.type}\r\n"
        f"Content-Transfer-Encoding: base64\r\n"
        f"{_fold('Content-Disposition', ['attachment;', *_file_name(attached.name)])}"
        f"\r\n"
    )
    return head.encode("ascii") + encodebytes(attached.data).replace(b"\n", b"\r\n")


def _file_name(name: str) -> list[str]:
    """A name as it is, or in sections that are encoded (RFC 2231 sections 3 and 4), none of which cuts a character."""
    if len(name) <= LONGEST_WORD and _PLAIN_NAME.fullmatch(name):
        return [f'filename="{name}"']
    sections = [""]
    for character in name:
        coded = quote(character, safe="")
        if len(sections[-1]) + len(coded) > LONGEST_WORD - len("filename*00*=utf-8'';"):
            sections.append("")
        sections[-1] += coded
    sections[0] = f"utf-8''{sections[0]}"
    if len(sections) == 1:
        return [f"filename*={sections[0]}"]
    last = len(sections) - 1
    return [f"filename*{number}*={section}{';' * (number < last)}" for number, section in enumerate(sections)]


def _part(subtype: str, body: str, inner: str, outer: str) -> str:
    """One part, as it is where it is ASCII with lines that may be (RFC 5322 section 2.1.1), else quoted-printable."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
    longest = max(map(len, lines.split("\n")))
    plain = lines.isascii() and longest <= LONGEST_LINE and not any(mark in lines for mark in ("\0", inner, outer))
    content = lines.replace("\n", "\r\n")
    if not plain:  # RFC 2045 section 6.7: with soft breaks a paragraph can stay one line
        content = b2a_qp(content.encode(), istext=True).decode("ascii")
    return (
        f"--{inner}\r\n"
        f"Content-Type: text/{subtype}; charset=utf-8\r\n"
        f"Content-Transfer-Encoding: {'7bit' if plain else 'quoted-printable'}\r\n"
        f"\r\n"
        f"{content}"
    )
