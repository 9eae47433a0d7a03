"""How one line of a staff mail begins: with a keyword, with another word and a colon, or with neither.

Mail programs do things to a keyword: capitals, bold as `*resolve:*`, a bullet, odd spaces, characters that nobody sees.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from mailcase.core.mail.quote_lines import INVISIBLE, Kind, clean, kind_of
from mailcase.core.staff.commands import Keyword, find

_SPACE: Final = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_HYPHEN: Final = re.compile("[\u2010\u2011]")
_BEGINNING: Final = (
    r" *(?P<bullet>(?:[-*+o\u00b7\u2013\u2014\u2022\u2023\u25aa\u25e6]|\d{1,2}[.)]) +)?(?P<mark>[*_]{0,3})"
)
_WORD: Final = r"(?P<word>[^\W\d_][\w-]{0,30})"
# After the colon no `//`: that is the address of a page.
_NAMED: Final = re.compile(_BEGINNING + _WORD + r"(?P<close>[*_]{0,3}) {0,2}[:\uff1a\ufe55\u2236](?!//)(?P<rest>.*)")
_ALONE: Final = re.compile(_BEGINNING + _WORD + r"(?P=mark) *")
_END: Final = re.compile(r" *[*_]{0,3}end[*_]{0,3}\.? *", re.IGNORECASE)

# Up to where programs wrap plain text that is not format=flowed, and from where a word no longer fits.
WRAP_FROM: Final = 72
WRAP_TO: Final = 80


@dataclass(frozen=True, slots=True)
class Head:
    """The word that a line begins with; `rest` is what follows its colon, None for a keyword that stands alone."""

    word: str
    keyword: Keyword | None
    is_indented: bool
    rest: str | None


def plain(line: str) -> str:
    """The line with ordinary spaces and hyphens, and without what nobody sees."""
    if line.isascii():
        return line.expandtabs(4)
    return _HYPHEN.sub("-", _SPACE.sub(" ", INVISIBLE.sub("", line))).expandtabs(4)


def head_of(line: str) -> Head | None:
    """The word and its colon, or the lone keyword, that the line begins with; None for any other line."""
    bare = plain(line)
    if found := _NAMED.fullmatch(bare):
        keyword = find(found["word"])
        return Head(found["word"], keyword, _is_indented(bare, found), _without_mark(found))
    found = _ALONE.fullmatch(bare)
    keyword = find(found["word"]) if found else None
    if found is None or keyword is None:
        return None
    return Head(found["word"], keyword, _is_indented(bare, found), None)


def names_keyword(line: str) -> Keyword | None:
    """The keyword, when the line begins with one and a colon."""
    head = head_of(line)
    return head.keyword if head and head.rest is not None else None


def is_command(line: str) -> bool:
    """Whether the line would be a command among commands, but for the `thanks` that people end with."""
    head = head_of(line)
    if head is None or head.keyword is None:
        return False
    return head.rest is not None or (head.keyword.alone and not head.keyword.only_first)


def is_indented(line: str) -> bool:
    """Whether the line continues the one before it."""
    return plain(line).startswith(" ")


def is_end(line: str) -> bool:
    """The line `end`, below which nothing belongs to the letter."""
    return bool(_END.fullmatch(plain(line)))


def is_quoted(line: str) -> bool:
    """Another's words, by their quote marks."""
    return kind_of(clean(line)) is Kind.QUOTED


def is_wrapped(above: str, line: str) -> bool:
    """Whether a program may have broken the line above here, because the next word did not fit."""
    full, word = len(above.rstrip()), len(line.split(" ", 1)[0])
    return 0 < full <= WRAP_TO and full + 1 + word > WRAP_FROM


def unescaped(line: str) -> str:
    """Without the backslash that says that a keyword is meant as a word."""
    before, slash, after = line.partition("\\")
    return before + after if slash and not before.strip() and (head_of(after) or is_end(after)) else line


def _is_indented(line: str, found: re.Match[str]) -> bool:
    """One space is a slip of the thumb, and a bullet is always moved in."""
    return line.startswith("  ") and not found["bullet"]


def _without_mark(found: re.Match[str]) -> str:
    """What follows the colon, without the end of the bold that began before the keyword."""
    rest, mark = found["rest"].strip(), found["mark"]
    if not mark or found["close"] == mark:
        return rest
    if rest.startswith(mark):
        return rest.removeprefix(mark).lstrip()
    return rest.removesuffix(mark).rstrip()
