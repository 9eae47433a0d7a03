"""The MIME tree of a mail, read within fixed bounds (RFC 5322 2.2, RFC 2045, RFC 2046 5.1, RFC 2231).

Not the stdlib's feed parser: it recurses as deep as the mail wants (RecursionError at 1,000 levels), and a mail of
70 kB with one attachment costs it 1.5 ms before anything is decoded, where all of `message.read` needs half.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from mailcase.core.mail.charset import decode, decode_words, one_line
from mailcase.core.mail.transfer import undo

MAX_DEPTH = 50
MAX_PARTS = 1_000
MAX_HEAD = 256 * 1024
MAX_FIELDS = 1_000
MAX_STRAY_LINES = 5
MAX_BODY = 10 * 1024 * 1024
MAX_DELIMITERS = 100_000

# One field with its continuation lines; also with space before the colon (obsolete, RFC 5322 4.5).
_FIELD = re.compile(rb"([!-9;-~]++)[ \t]*+:([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?")
_FOLD = re.compile(rb"\r?\n")
_BLANK = re.compile(rb"\n\r?\n")
_TYPE = re.compile(r"\s*([a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127})", re.IGNORECASE)
# A parameter; a quote that is never closed ends with the field, an unquoted value at the next semicolon.
_PARAM = re.compile(r'(?:;|(?<!\s)\s)\s*+([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"?|([^;"]*+))')
_SECTION = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")  # RFC 2231 3 and 4: name*1*
_ESCAPED = re.compile(r'\\(["\\])')

Fields = list[tuple[str, bytes]]


@dataclass(slots=True)
class Part:
    """One part: its fields as (lower-case name, unfolded raw value) and where its body lies in the raw mail."""

    fields: Fields
    type: str
    params: dict[str, str]
    start: int
    end: int
    children: list[Part] = field(default_factory=list)
    size: int = 0  # of the decoded content
    content: bytes = b""  # decoded, kept only of parts that are read

    def first(self, name: str) -> bytes:
        """The first value of a field, b'' when it is missing."""
        for known, value in self.fields:
            if known == name:
                return value
        return b""


@dataclass(slots=True)
class Tree:
    """A walked mail; `unread` are the stretches behind a bound that was met."""

    root: Part
    raw: bytes
    defects: dict[str, None]
    unread: list[tuple[int, int]]

    def parts(self) -> list[Part]:
        """Every part in order, the root first."""
        found: list[Part] = []
        todo = [self.root]
        while todo:
            part = todo.pop()
            found.append(part)
            todo += reversed(part.children)
        return found

    def decoded(self, part: Part) -> bytes:
        """The body of a part with its transfer encoding undone (RFC 2045 6); what cannot be decoded stays as it is."""
        return undo(part.first("content-transfer-encoding"), memoryview(self.raw)[part.start : part.end])


def walk(raw: bytes, most: int = MAX_BODY) -> Tree:
    """The parts of a mail; attached mails (message/rfc822) are leaves. Linear in the size of the mail.

    Of a body longer than `most` only the beginning is read.
    """
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    return _Walk(raw, most).tree()


def split_head(raw: bytes, start: int, end: int) -> tuple[Fields, int, str]:
    """The fields between `start` and `end`, where the body begins, and a defect or ''."""
    limit = min(end, start + MAX_HEAD)
    fields: Fields = []
    defect = ""
    at = _past_mbox_line(raw, start, limit)
    while len(fields) < MAX_FIELDS and at < limit:
        if found := _FIELD.match(raw, at, limit):
            fields.append((found[1].decode("ascii").lower(), _unfold(found[2])))
            at = found.end()
        elif raw.startswith((b"\n", b"\r\n"), at):
            return fields, raw.index(b"\n", at) + 1, defect
        elif following := _field_after(raw, at, limit):
            defect = "header: a line that is no field"
            if fields:  # continuations whose indent was lost
                fields[-1] = (fields[-1][0], fields[-1][1] + b" " + _unfold(raw[at:following]))
            at = following
        else:
            return fields, at, "header: no blank line before the body"
    if at >= end:
        return fields, end, defect
    blank = _BLANK.search(raw, max(start, at - 1), end)
    return fields, blank.end() if blank else end, "header: too long, the rest of it is not read"


def parameters(value: bytes) -> dict[str, str]:
    """The parameters of a Content-Type or Content-Disposition, continued and extended ones joined (RFC 2231 3, 4)."""
    if b"=" not in value:
        return {}
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for found in _PARAM.finditer(one_line(decode(value)[0])):
        text = found[3].strip() if found[2] is None else _ESCAPED.sub(r"\1", found[2])
        name = found[1].lower()
        section = _SECTION.fullmatch(name) if "*" in name else None
        if section is None:
            plain.setdefault(name, text)
        else:
            pieces.setdefault(section[1], []).append((int(section[2] or 0), bool(section[3]), text))
    return plain | {name: _joined(found) for name, found in pieces.items()}


class _Walk:
    """The state of one walk: how many parts there are, what was odd, where lines begin with two hyphens."""

    def __init__(self, raw: bytes, most: int) -> None:
        self.raw = raw
        self.most = most
        self.count = 0
        self.defects: dict[str, None] = {}
        self.unread: list[tuple[int, int]] = []
        self.delimiters: dict[bytes, list[int]] | None = None
        self.likely: list[tuple[int, bytes]] | None = None

    def tree(self) -> Tree:
        fields, start, defect = split_head(self.raw, 0, len(self.raw))
        self.note(defect)
        # Counted from the body, so that a trace field more does not move the cut.
        self.limit = min(len(self.raw), start + self.most)
        root = self.part(fields, start, self.limit, 0, "text/plain")
        if self.limit < len(self.raw):
            self.note(f"body: larger than {self.most} bytes, only its beginning is read")
            self.unread.append((self.limit, len(self.raw)))
        return Tree(root, self.raw, self.defects, self.unread)

    def note(self, defect: str) -> None:
        if defect:
            self.defects[defect] = None

    def part(self, fields: Fields, start: int, end: int, depth: int, default: str) -> Part:
        self.count += 1
        part = Part(fields, default, {}, start, end)
        if value := part.first("content-type"):
            found = _TYPE.match(value.decode("latin-1"))
            if found:
                part.type = found[1].lower()
            else:
                self.note("mime: a Content-Type that is none")
            part.params = parameters(value)
        if part.type.startswith("multipart/"):
            self.split(part, depth)
        return part

    def split(self, part: Part, depth: int) -> None:
        if depth >= MAX_DEPTH:
            self.note(f"mime: nested deeper than {MAX_DEPTH}, the rest is not taken apart")
            return
        spans = self.spans(part)
        if not spans:
            self.note("mime: a multipart without parts")
            part.type = "text/plain"
            return
        default = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for start, end in spans:
            if self.count >= MAX_PARTS:
                self.note(f"mime: more than {MAX_PARTS} parts, the rest is not read")
                self.unread.append((start, part.end))
                return
            fields, body, defect = split_head(self.raw, start, end)
            self.note(defect)
            part.children.append(self.part(fields, body, end, depth + 1, default))

    def spans(self, part: Part) -> list[tuple[int, int]]:
        """From and to of each part between the delimiter lines (RFC 2046 5.1.1)."""
        boundary = part.params.get("boundary", "").rstrip().encode("utf-8", "replace")
        opens = self.places(boundary, part)
        if not opens:
            boundary = self.guessed(part)
            opens = self.places(boundary, part)
        if not opens:
            return []
        starts = opens
        last = next((at for at in self.places(boundary + b"--", part) if at > opens[0]), None)
        if last is None:
            self.note("mime: a multipart that is not closed")
            ends = [part.end]
        else:
            starts = [at for at in opens if at < last]
            ends = [self.before_newline(last)]
        ends = [self.before_newline(at) for at in starts[1:]] + ends
        bodies = [self.raw.find(b"\n", at, part.end) + 1 or part.end for at in starts]
        return [(body, max(body, end)) for body, end in zip(bodies, ends, strict=True)]

    def before_newline(self, at: int) -> int:
        """The newline before a delimiter belongs to the delimiter."""
        return at - 2 if self.raw[max(0, at - 2) : at] == b"\r\n" else at - 1

    def places(self, delimiter: bytes, part: Part) -> list[int]:
        """Where a delimiter stands within a part."""
        if not delimiter:
            return []
        places = self.delimiter_lines().get(delimiter, [])
        return places[bisect_left(places, part.start) : bisect_left(places, part.end)]

    def guessed(self, part: Part) -> bytes:
        """The boundary that a multipart misnames: the first line with two hyphens that is closed or begins a part."""
        lines = self.delimiter_lines()
        if self.likely is None:
            self.likely = sorted((at[0], text) for text, at in lines.items() if text and self.is_likely(text, at[0]))
        found = bisect_left(self.likely, (part.start, b""))
        if found == len(self.likely) or self.likely[found][0] >= part.end:
            return b""
        self.note("mime: a multipart that does not name its boundary")
        return self.likely[found][1]

    def is_likely(self, text: bytes, at: int) -> bool:
        following = self.raw.find(b"\n", at) + 1
        return text + b"--" in self.delimiter_lines() or self.raw[following : following + 8].lower() == b"content-"

    def delimiter_lines(self) -> dict[bytes, list[int]]:
        """Each line of the mail that begins with two hyphens, what follows them -> where; found once for all levels."""
        if self.delimiters is not None:
            return self.delimiters
        self.delimiters = {}
        raw, at, found = self.raw, self.raw.find(b"\n--"), 0
        while 0 <= at < self.limit and found < MAX_DELIMITERS:
            end = raw.find(b"\n", at + 3)
            text = raw[at + 3 : min(end if end >= 0 else self.limit, at + 203)].rstrip()
            self.delimiters.setdefault(text, []).append(at + 1)
            at, found = raw.find(b"\n--", at + 3), found + 1
        if found == MAX_DELIMITERS:
            self.note(f"mime: more than {MAX_DELIMITERS} lines like a boundary")
        return self.delimiters


def _past_mbox_line(raw: bytes, start: int, limit: int) -> int:
    if raw.startswith((b"From ", b">From "), start):
        return raw.find(b"\n", start, limit) + 1 or limit
    return start


def _field_after(raw: bytes, at: int, limit: int) -> int:
    """Where the next field begins behind a few lines that are none, 0 if the body seems to begin here."""
    for _ in range(MAX_STRAY_LINES):
        if raw.startswith((b"--", b"\n", b"\r\n"), at):
            return 0
        at = raw.find(b"\n", at, limit) + 1
        if not at or _FIELD.match(raw, at, limit):
            return at
    return 0


def _unfold(value: bytes) -> bytes:
    """On one line, without the white space around it; other control characters stay, because they are odd."""
    return (_FOLD.sub(b"", value) if b"\n" in value else value).strip(b" \t\r\n")


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    """The sections of a parameter in order; the first may name the charset of all (RFC 2231 4.1)."""
    charset, data = "", b""
    for i, (_, extended, text) in enumerate(sorted(pieces, key=lambda piece: piece[0])):
        value = text
        if i == 0 and extended and value.count("'") >= 2:
            charset, _, value = value.split("'", 2)
        data += unquote_to_bytes(value) if extended else value.encode("utf-8", "replace")
    return decode_words(decode(data, charset)[0])
