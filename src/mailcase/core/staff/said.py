"""What a member of staff newly wrote in a mail, and what it says: without quoted text, signature and sign-off.

Stricter than `quotes.new_text`, which shows a reader too much rather than too little: here nothing that another wrote,
or that a program put there, may be taken for a command or get into a letter.
"""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from mailcase.core.mail.body import Piece, is_read, typed_pieces
from mailcase.core.mail.quote_lines import Kind
from mailcase.core.mail.quotes import MOST_LINES, leads_to_quote, line_kinds
from mailcase.core.mail.walk import Tree, walk
from mailcase.core.staff.arguments import Setting
from mailcase.core.staff.attached import attached
from mailcase.core.staff.command_lines import head_of, is_wrapped
from mailcase.core.staff.command_values import Fault, Letter, Said
from mailcase.core.staff.grammar import parse

SHORTEST: Final = 2  # letters of a signature: a single one may be anything
SURE: Final = 12  # so many are a signature also where something stands below them, or where only a part is found
MOST_TIMES: Final = 10  # that blocks of a signature stand below what was written

_UNSEEN: Final = re.compile("[\u200b\u2060\ufeff]")  # of no width; the joiners that scripts and emoji need stay
_LINE_END: Final = re.compile("\r\n?|[\n\u2028\u2029]")
_BLOCKS: Final = re.compile(r"\n\s*\n")
# What programs add to the words of a signature: where a link leads, and the place of a picture.
_ADDED: Final = re.compile(r"<(?:https?|mailto|tel):[^<>]*>|\[(?:cid|image):[^\[\]]*\]", re.IGNORECASE)
# What Microsoft's filter makes of a link, also in mail within a firm; it names the reader of the mail.
_WATCHED: Final = re.compile(
    r"https://[\w.-]+\.safelinks\.protection\.outlook\.com/[^\s?<>]*\?url=([^&\s<>]+)[^\s<>]*", re.IGNORECASE
)
_NO_WORD: Final = re.compile(r"[\W_]+")
_INTRODUCED: Final = frozenset({Kind.INTRODUCTION, Kind.ATTRIBUTED, Kind.ABOVE})
_OWN: Final = frozenset({Kind.TEXT, Kind.BLANK, Kind.QUOTED, Kind.ATTRIBUTED, Kind.RULE, Kind.UNDERSCORES, Kind.DASHES})


@dataclass(frozen=True, slots=True)
class Written:
    """What the author newly wrote: the text, and apart from it what stands below the signature or the quoted text."""

    text: str
    below: str = ""
    above: str = ""  # the quoted line directly above the text


def read_said(raw: bytes, signature: str, setting: Setting) -> Said:
    """What a mail of staff says; `signature` is what the author's program puts below everything, '' if not known.

    All commands and the letter stand in one part of it: what stands in another may be the footer of a list.
    """
    tree = _decoded(raw)
    pieces = typed_pieces(tree.root)
    wraps = any(map(_wraps, pieces))
    found = (written(piece.text, signature, wraps) for piece in pieces)
    first, *others = [each for each in found if each.text or each.below] or [Written("")]
    apart = "\n\n".join(words for each in others for words in (each.text, each.below) if words)
    below = "\n\n".join(words for words in (first.below, apart) if words)
    said = parse(first.text, setting, below, wraps, first.above)
    if said.letter and apart:
        line = next(line for line in apart.split("\n") if line.strip())
        words = "it stands in another part of the mail than the letter: write everything above the files"
        return Said(faults=(Fault(first.text.count("\n") + 2, line, words),))
    if said.letter and (files := list(attached(tree.root))):
        return Said(faults=(_not_sent(said.letter, files),))
    return said


def _not_sent(letter: Letter, files: Sequence[str]) -> Fault:
    names = ", ".join(files)
    what = f"your file {names} was not sent" if len(files) == 1 else f"your files {names} were not sent"
    instead = "send it from your own mailbox, and write log: e-mail: what you sent"
    words = f"{what}: files of yours do not go out; say in the letter what it says, or {instead}"
    return Fault(letter.line, f"{letter.keyword}: …", words)


def _decoded(raw: bytes) -> Tree:
    tree = walk(raw)
    for part in tree.parts():
        if not part.children and is_read(part):
            part.content = tree.decoded(part)
    return tree


def _wraps(piece: Piece) -> bool:
    """Whether a program broke its lines without saying where (RFC 3676)."""
    part = piece.part
    return part.type == "text/plain" and part.params.get("format", "").lower() != "flowed"


def written(text: str, signature: str = "", wraps: bool = False) -> Written:
    """What the author newly wrote; empty when all of it is quoted.

    Quoted lines between the author's own stay, because words around them may belong together.
    """
    lines = _LINE_END.split(_WATCHED.sub(_target, _UNSEEN.sub("", text)))[:MOST_LINES]
    kinds = _kinds(lines)
    if wraps:
        _mark_broken(lines, kinds)
    end = _end(kinds)
    first = next((index for index in range(end) if kinds[index] is Kind.TEXT), end)
    quote = next((index for index in range(first, end) if kinds[index] in _INTRODUCED), end)
    own, under = _cut(_own(lines, kinds, first, quote), signature)
    below = _without(_own(lines, kinds, quote, end), signature)
    parts = (textwrap.dedent("\n".join(part)).strip() for part in (under, below))
    above = lines[first - 1] if first and kinds[first - 1] is Kind.QUOTED else ""
    return Written(textwrap.dedent("\n".join(own)).strip("\n"), "\n\n".join(part for part in parts if part), above)


def _kinds(lines: Sequence[str]) -> list[Kind]:
    """The kinds of the lines, but a line with a keyword introduces nothing, whatever addresses and days it names."""
    return [
        Kind.TEXT if kind in (Kind.INTRODUCTION, Kind.ABOVE) and _has_keyword(line) else kind
        for line, kind in zip(lines, line_kinds(lines, may_be_form=False), strict=True)
    ]


def _target(watched: re.Match[str]) -> str:
    """Where a link led before a filter changed it."""
    target = unquote(watched[1])
    return target if target.isprintable() and " " not in target else watched[0]


def _mark_broken(lines: Sequence[str], kinds: list[Kind]) -> None:
    """Between quoted lines, what a program broke off from one of them and left without a mark."""
    broken: list[int] = []
    for index in range(1, len(lines)):
        if kinds[index] is Kind.QUOTED:
            for each in broken:
                kinds[each] = Kind.QUOTED
            broken = []
        elif (broken or kinds[index - 1] is Kind.QUOTED) and _is_broken_off(lines, kinds, index):
            broken.append(index)
        else:
            broken = []


def _is_broken_off(lines: Sequence[str], kinds: Sequence[Kind], index: int) -> bool:
    line = lines[index]
    return kinds[index] is Kind.TEXT and is_wrapped(lines[index - 1], line) and not _has_keyword(line)


def _has_keyword(line: str) -> bool:
    head = head_of(line)
    return head is not None and head.keyword is not None


def _end(kinds: Sequence[Kind]) -> int:
    """Where another's words begin that have no quote marks; below them nothing is known to be the author's."""
    leads = leads_to_quote(kinds)
    for index, kind in enumerate(kinds):
        if kind is Kind.ABOVE or (kind is Kind.INTRODUCTION and not leads[index]):
            return index
    return len(kinds)


def _own(lines: Sequence[str], kinds: Sequence[Kind], start: int, end: int) -> list[str]:
    """The author's lines of a stretch, from the first to the last, with what is quoted between them."""
    texts = [index for index in range(start, end) if kinds[index] is Kind.TEXT]
    if not texts:
        return []
    return [lines[index] for index in range(texts[0], texts[-1] + 1) if kinds[index] in _OWN]


# The signature


def _cut(lines: list[str], signature: str) -> tuple[list[str], list[str]]:
    """The lines above the signature, and what else stands below it."""
    found = _place(lines, signature)
    if found is None:
        return lines, []
    start, end = found
    above = lines[:start]
    while above and not _bare(above[-1]):  # a line of hyphens that is no delimiter
        above.pop()
    return above, _without(lines[end:], signature)


def _without(lines: list[str], signature: str) -> list[str]:
    """The lines without the signature or blocks of it."""
    for _ in range(MOST_TIMES):
        found = _place(lines, signature)
        if found is None:
            break
        lines = lines[: found[0]] + lines[found[1] :]
    return lines


def _place(lines: Sequence[str], signature: str) -> tuple[int, int] | None:
    """Where the signature stands, the last time; else the first block of it that is found."""
    bare = [_bare(line) for line in lines]
    whole = _bare(signature)
    found = _last(bare, whole) if len(whole) >= SHORTEST else None
    if found and (len(whole) >= SURE or not any(bare[found[1] :])):
        return found
    blocks = (block for block in map(_bare, _BLOCKS.split(signature)) if len(block) >= SURE)
    return min((place for block in blocks if (place := _last(bare, block))), default=None)


def _last(bare: Sequence[str], wanted: str) -> tuple[int, int] | None:
    """The last lines that together say what is wanted, however they are broken."""
    for start in reversed(range(len(bare))):
        end, rest = start, wanted
        while end < len(bare) and rest and rest.startswith(bare[end]):
            rest = rest.removeprefix(bare[end])
            end += 1
        if not rest and bare[start]:
            return start, end
    return None


def _bare(text: str) -> str:
    """Letters and digits alone, so that no space, line end, bold, link or picture makes a difference."""
    return _NO_WORD.sub("", unicodedata.normalize("NFKC", _ADDED.sub("", text)).casefold())
