"""What a person would read of a mail's parts, and what is only listed (RFC 2046, RFC 2183, RFC 3676)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from mailcase.core.mail.charset import clean, decode, decode_words
from mailcase.core.mail.html import to_text
from mailcase.core.mail.walk import Part, parameters, split_head

MAX_TEXT = 1_000_000
MAX_READ = 2 * 1024 * 1024  # bytes of one part that are read as text
MAX_NAME = 150

REPORTS = frozenset(
    {
        "message/delivery-status",
        "message/disposition-notification",
        "message/global-delivery-status",
        "message/global-disposition-notification",
    }
)
MAILS = frozenset({"message/rfc822", "message/global"})
_HTML = frozenset({"text/html", "application/xhtml+xml", "text/enriched", "text/richtext"})
HEADERS_ONLY = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})
_NEITHER = HEADERS_ONLY | {"text/x-amp-html", "text/watch-html", "text/css", "message/feedback-report"}
_READ = REPORTS | MAILS | HEADERS_ONLY | _HTML
_NOT_LISTED = REPORTS | _NEITHER
_DATA = frozenset({"text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/csv", "text/xml"})
_NOT_PROSE = _NEITHER | _DATA

_NAMES = {  # of attachments that have none
    "application/pdf": "attachment.pdf",
    "application/zip": "attachment.zip",
    "application/ms-tnef": "winmail.dat",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/json": "attachment.json",
    "application/xml": "attachment.xml",
    "image/jpeg": "image.jpg",
    "image/svg+xml": "image.svg",
    "text/calendar": "invite.ics",
    "text/csv": "attachment.csv",
    "text/directory": "contact.vcf",
    "text/vcard": "contact.vcf",
    "text/x-vcard": "contact.vcf",
    "text/html": "attachment.html",
    "text/plain": "attachment.txt",
}
_GROUP_NAMES = {"image": "image", "audio": "audio", "video": "video"}

_STUB_WORDS = 60
_HTML_WORD = re.compile(r"\bhtml\b", re.IGNORECASE)
_STUB_WORD = re.compile(r"client|reader|viewer|browser|support|enable|capable|program|display|view", re.IGNORECASE)
_META = re.compile(rb"<meta\b[^>]{0,200}charset\s*=\s*[\"']?\s*([a-zA-Z0-9_.:-]{1,40})", re.IGNORECASE)
_MARKUP = re.compile(r"\s*(?:<!doctype html|<html[\s>])", re.IGNORECASE)
_NO_WORD = re.compile(r"\W+")
# Separators, and the marks that turn the reading direction (`gpj.exe` shown as `exe.jpg`).
_NOT_IN_NAMES = re.compile("[/\\\\\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\n\t]")


def is_read(part: Part) -> bool:
    """Whether the content of a part is wanted, and not only its size."""
    return part.type.startswith("text/") or part.type in _READ


class Piece(NamedTuple):
    """A part that is shown, and its text."""

    part: Part
    text: str


def text_of(root: Part) -> tuple[str, list[str]]:
    """The readable text and what was odd about it: plain before HTML, the inline parts joined by a blank line."""
    pieces, defects = pieces_of(root, html_first=False)
    text = joined(pieces)
    if len(text) > MAX_TEXT:
        defects.append(f"text: longer than {MAX_TEXT} characters, cut")
    return text[:MAX_TEXT].strip("\n"), defects


def pieces_of(root: Part, html_first: bool) -> tuple[list[Piece], list[str]]:
    """The parts that make up the readable text, in order, and what was odd about them."""
    defects: list[str] = []
    pieces = _pieces(root, root, lambda part: _read(part, defects), html_first)
    if not pieces:  # nothing but files: then the inline ones that are text
        files = (part for part in _leaves(root) if _is_inline_file(part) and not _is_text(part, root))
        pieces = [Piece(part, _read(part, defects)) for part in files]
    return pieces, defects


def typed_pieces(root: Part) -> list[Piece]:
    """The parts that the author typed, with the text that the author saw; no file is among them.

    From the HTML where there is any, with the lines that the author made: the plain part beside it is the work of a
    program, which wraps and indents as it likes.
    """
    return _pieces(root, root, lambda part: _read(part, [], typed=True), html_first=True)


def html_of(part: Part) -> str:
    """The HTML that a part is written in, '' when it is written in another way."""
    text, is_html = _characters(part, [])
    return text if is_html else ""


def attachments_of(root: Part) -> list[tuple[str, str, int]]:
    """Name, type and size of what is not text of the mail itself: files, pictures, attached mails, calendars."""
    return [(name, part.type, part.size) for name, part in files_of(root)]


def files_of(root: Part) -> list[tuple[str, Part]]:
    """The same with the parts themselves; the names are cleaned for showing."""
    return [(_name(part), part) for part in _leaves(root) if _is_listed(part, root)]


def unflow(text: str, delsp: bool) -> str:
    """Paragraphs of format=flowed put together again, the depth of quotation kept (RFC 3676 4)."""
    pieces: list[str] = []
    open_depth = -1  # of the line before, when it flows on
    for line in text.split("\n"):
        marks, words = _depth_and_words(line)
        flows = words.endswith(" ") and words != "-- "
        if len(marks) != open_depth or words == "-- ":
            pieces.append("\n")
            pieces.append(f"{marks} " if marks else "")
        pieces.append(words[:-1] if flows and delsp else words)
        open_depth = len(marks) if flows else -1
    return "".join(pieces[1:])


def _depth_and_words(line: str) -> tuple[str, str]:
    """The quote marks and the rest, without the space that stuffs it (RFC 3676 4.4)."""
    words = line.lstrip(">")
    return line[: len(line) - len(words)], words.removeprefix(" ")


def _leaves(part: Part) -> Iterator[Part]:
    if not part.children:
        yield part
    for child in part.children:
        yield from _leaves(child)


def _pieces(part: Part, root: Part, read: Callable[[Part], str], html_first: bool) -> list[Piece]:
    if not part.children:
        text = read(part) if _is_text(part, root) else ""
        return [Piece(part, text)] if text else []
    if part.type == "multipart/alternative":
        return _best(part.children, root, read, html_first)
    found: list[Piece] = []
    before = ""
    for child in part.children:
        pieces = _pieces(child, root, read, html_first)
        text = joined(pieces)
        if text and not (_is_html(child) and before and _same_words(text, before)):
            found += pieces
            before = text
    return found


def joined(pieces: list[Piece]) -> str:
    """The text of several parts, blank lines between them."""
    return "\n\n".join(piece.text.strip("\n") for piece in pieces)


def _best(children: list[Part], root: Part, read: Callable[[Part], str], html_first: bool) -> list[Piece]:
    """Of alternatives the wanted one, unless it is empty or only says that there is HTML."""
    stub: list[Piece] = []
    for child in sorted(children, key=_begins_with_html, reverse=html_first):
        pieces = _pieces(child, root, read, html_first)
        text = joined(pieces)
        if text.strip() and not _is_stub(text):
            return pieces
        stub = stub or pieces
    return stub


def _begins_with_html(part: Part) -> bool:
    return next((_is_html(leaf) for leaf in _leaves(part) if _is_prose(leaf)), True)


def _is_stub(text: str) -> bool:
    words = text.split(None, _STUB_WORDS)
    return len(words) < _STUB_WORDS and bool(_HTML_WORD.search(text)) and bool(_STUB_WORD.search(text))


def _same_words(html_text: str, plain: str) -> bool:
    """A mixed mail that carries the same letter twice."""
    return _NO_WORD.sub("", html_text) == _NO_WORD.sub("", plain)


def _is_html(part: Part) -> bool:
    return part.type in _HTML


def _is_prose(part: Part) -> bool:
    return part.type in _HTML or (part.type.startswith("text/") and part.type not in _NOT_PROSE)


def _is_text(part: Part, root: Part) -> bool:
    """Prose that is no file; the only part of a mail may have a name."""
    return _is_prose(part) and _disposition(part) != "attachment" and (part is root or not _given_name(part))


def _is_inline_file(part: Part) -> bool:
    return _is_prose(part) and _disposition(part) != "attachment"


def _is_listed(part: Part, root: Part) -> bool:
    if part.type in _NOT_LISTED or (part.type.startswith("multipart/") and not part.size):
        return False
    return not (_is_prose(part) and _is_text(part, root))


def _disposition(part: Part) -> str:
    return part.first("content-disposition").partition(b";")[0].strip().lower().decode("latin-1")


def _read(part: Part, defects: list[str], typed: bool = False) -> str:
    """The text of one part, HTML turned to text, flowed lines joined."""
    text, is_html = _characters(part, defects)
    if is_html:
        return to_text(text, typed)
    if part.params.get("format", "").lower() == "flowed":
        text = unflow(text[: MAX_TEXT + 1], part.params.get("delsp", "").lower() == "yes")
    return text.strip("\n")


def _characters(part: Part, defects: list[str]) -> tuple[str, bool]:
    """A part as it is written, and whether that is HTML."""
    content, charset = part.content, part.params.get("charset", "")
    if len(content) > MAX_READ:
        defects.append(f"text: more than {MAX_READ} bytes in one part, the rest is not read")
        content = content[:MAX_READ]
    html = _is_html(part)
    if html and not charset and (meta := _META.search(content, 0, 4096)):
        charset = meta[1].decode("ascii")
    text, defect = decode(content, charset)
    if defect:
        defects.append(defect)
    return text, html or _MARKUP.match(text) is not None


def _given_name(part: Part) -> str:
    disposition = parameters(part.first("content-disposition"))
    return disposition.get("filename") or disposition.get("name") or part.params.get("name") or ""


def _name(part: Part) -> str:
    """The name for showing: one component, no control or direction marks, at most `MAX_NAME` with its ending."""
    name = _NOT_IN_NAMES.sub("_", clean(decode_words(_given_name(part)))).strip(" ._")
    if not name and part.type in MAILS:
        name = _NOT_IN_NAMES.sub("_", _subject_of(part)).strip(" ._")[: MAX_NAME - 4] + ".eml"
        return name if name != ".eml" else "mail.eml"
    if not name:
        group, _, kind = part.type.partition("/")
        kind = kind.removeprefix("x-")[:20] if group in _GROUP_NAMES else "bin"
        return _NAMES.get(part.type) or f"{_GROUP_NAMES.get(group, 'attachment')}.{kind}"
    if len(name) <= MAX_NAME:
        return name
    stem, dot, ending = name.rpartition(".")
    return stem[: MAX_NAME - 1 - len(ending)] + dot + ending if stem and len(ending) <= 10 else name[:MAX_NAME]


def _subject_of(mail: Part) -> str:
    fields, _, _ = split_head(mail.content, 0, len(mail.content))
    return next((decode_words(decode(value)[0]) for name, value in fields if name == "subject"), "")
