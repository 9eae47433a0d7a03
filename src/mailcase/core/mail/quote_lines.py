"""What one line of a mail's text is by itself, before its neighbours are looked at."""

from __future__ import annotations

import re
import unicodedata
from enum import IntEnum, auto
from typing import Final

from mailcase.core.mail.quote_marks import (
    FORWARDED,
    HEADERS,
    ORIGINAL,
    REPLY_ABOVE,
    SIGN_OFF,
    TELLING_WORDS,
    VERBS,
    VERBS_WITHIN,
    Header,
)

LONGEST_MARK: Final = 400  # characters; a longer line is text, which also bounds the work per line

INVISIBLE: Final = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2500"
_DECORATION: Final = _DASHES + "_*=~#<>[]() "
_RULE: Final = re.compile(rf"[{_DASHES}_=*#~+\s\u1427\xb7]+")  # U+1427 and dots: tracking marks of mail add-ons
_QUOTE: Final = re.compile(
    r"(?:\s*+>)++"
    r"|[A-Z]{1,3}>(?=\s|$)"  # initials, as FidoNet's FSC-0032 has them
    r"|(?:\|\s?+)++(?=[^|]*$)"  # with a second bar further on it is a row of a table
)
_POINTER: Final = re.compile(r">>.*<<$")  # ">>> look here <<<" is an author's
_DIVIDER: Final = re.compile(rf"[*\s]*[{_DASHES}_~=#]{{2}}")
_OLD_GMAIL: Final = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d gmt[+-]\d\d:\d\d .{1,60}|\d{4}/\d{1,2}/\d{1,2} .{1,80}<[^<>@]+@[^<>]+>"
)
_WORD: Final = re.compile(r"\w+")


class Kind(IntEnum):
    """What a line is."""

    BLANK = auto()
    TEXT = auto()
    QUOTED = auto()
    ATTRIBUTED = auto()  # quoted, and says who wrote what follows
    INTRODUCTION = auto()  # the same, not quoted: attribution, header block or divider
    ABOVE = auto()  # "reply above this line"
    DASHES = auto()  # the signature delimiter
    UNDERSCORES = auto()  # list managers put their footer below these
    RULE = auto()  # any other line of punctuation
    SIGN_OFF = auto()  # "Sent from my iPhone"
    SIGNATURE = auto()  # what stands below a delimiter, with it


def clean(line: str) -> str:
    """The line as a reader sees it, without invisible characters, and no longer than it needs to be."""
    head = line[: LONGEST_MARK + 1]
    if not head.isascii():
        head = INVISIBLE.sub("", unicodedata.normalize("NFKC", head))
    return head.strip()


def kind_of(line: str) -> Kind:
    """What a clean line is by itself."""
    if not line:
        return Kind.BLANK
    if _QUOTE.match(line) and not _POINTER.match(line):
        return Kind.QUOTED
    if _RULE.fullmatch(line):
        return _rule_kind(line)
    if len(line) > LONGEST_MARK:
        return Kind.TEXT
    lower = line.lower()
    if _is_divider(lower):
        return Kind.INTRODUCTION
    if REPLY_ABOVE.search(lower):
        return Kind.ABOVE
    return Kind.SIGN_OFF if SIGN_OFF.fullmatch(lower.strip(_DECORATION + ".!")) else Kind.TEXT


def _rule_kind(line: str) -> Kind:
    if line in ("--", "\u2013", "\u2014"):  # RFC 3676 section 4.3, and what programs made of it
        return Kind.DASHES
    return Kind.UNDERSCORES if line.startswith("_____") else Kind.RULE


def _is_divider(lower: str) -> bool:
    """A line such as `-----Original Message-----`, `---- Ann wrote ----`, or Apple's `Begin forwarded message:`."""
    words = lower.strip(_DECORATION)
    if words.endswith(":"):
        return words[:-1].rstrip() in FORWARDED
    if not _DIVIDER.match(lower):
        return False
    return words.startswith(ORIGINAL) or words.rpartition(" ")[2] in VERBS


def unquoted(line: str) -> str:
    """A quoted line without its quote marks."""
    return _QUOTE.sub("", line, count=1).strip()


def header_of(line: str) -> Header | None:
    """Which header of a quoted message the line is, in whatever language, bold or not."""
    name, colon, _ = line.partition(":")
    return HEADERS.get(name.strip(" *_|").lower()) if colon else None


# What speaks for an attribution, as bits: `wrote` is known in many languages, the rest needs none.
VERB: Final = 1
COLON: Final = 2
ADDRESS: Final = 4  # in brackets
YEAR: Final = 8
TIME: Final = 16
OPENING: Final = 32  # a year or a time, and at most three words before the first digit
TELLING: Final = 64  # a person's words, not a program's

_CLUES: Final = (
    (ADDRESS, re.compile(r"@[^\s@]{1,255}[>)\]\"']|[<(\[][^\s@<(\[]{1,64}@\S|@\S{1,255}&gt;")),
    (YEAR, re.compile(r"(?<![A-Za-z0-9@+_])\d{4}(?![A-Za-z0-9@_])|(?<!\d)\d{1,2}[/.-]\d{1,2}[/.-]\d{2}(?!\d)")),
    (TIME, re.compile(r"(?<![\d./])(?<!\d-)\d{1,2} ?[:.h] ?\d{2}(?!\d|[./-]\d)")),
    (OPENING, re.compile(r"^\W{0,3}(?:[^\W\d]+\W{1,3}){0,3}\d")),
)


def clues_of(line: str) -> int:
    """The bits of every clue in the line."""
    words = set(_WORD.findall(line.lower()))
    clues = COLON if line.rstrip(_DECORATION).endswith(":") else 0
    if not VERBS.isdisjoint(words) or any(verb in line for verb in VERBS_WITHIN):
        clues |= VERB
    if not TELLING_WORDS.isdisjoint(words):
        clues |= TELLING
    for clue, pattern in _CLUES:
        if pattern.search(line):
            clues |= clue
    return clues if clues & (YEAR | TIME) else clues & ~OPENING


def may_end_attribution(line: str) -> bool:
    """Whether an attribution may end with this line: with a colon, or with the word for `wrote`."""
    words = line.rstrip(_DECORATION)
    return words.endswith(":") or words.rpartition(" ")[2].lower() in VERBS or is_old_attribution(line)


def is_old_attribution(line: str) -> bool:
    """Gmail's form of before 2017, which knew neither verb nor colon: `2016-03-03 17:21 GMT+01:00 Some One`."""
    return line[:1].isdigit() and _OLD_GMAIL.fullmatch(line.lower()) is not None
