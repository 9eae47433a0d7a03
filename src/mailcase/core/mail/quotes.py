"""What the author of a reply newly wrote: lines get kinds, then a few rules cut.

The rules, in order: a signature goes (RFC 3676 section 4.3); what an attribution, a header block or a divider
introduces goes, unless nothing was written above it; a quote at the end goes; quotes between the author's words
stay, for they say what is answered. When in doubt a line stays: showing too much is better than losing words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Final

from mailcase.core.mail.quote_lines import (
    ADDRESS,
    COLON,
    OPENING,
    TELLING,
    TIME,
    VERB,
    YEAR,
    Kind,
    clean,
    clues_of,
    header_of,
    is_old_attribution,
    kind_of,
    may_end_attribution,
    unquoted,
)
from mailcase.core.mail.quote_marks import FOOTER, Header

MOST_LINES: Final = 20_000  # nobody wrote more than this: it is shown whole
WRAPPED_LINES: Final = 6  # over how many lines an attribution may be wrapped
HEADER_LINES: Final = 24  # how long a header block may be, with its folded lines
SIGNATURE_LINES: Final = 25  # more than this below `-- ` is not a signature
FOOTER_LINES: Final = 8  # likewise below a line of underscores
CLOSING_LINES: Final = 7  # fewer lines than this below the only quote are a closing, not an answer to it
LONGEST_TAIL: Final = 20  # characters of a last line such as `> wrote:`, whose bracket belongs to the address above

_NAMED_AND_DATED: Final = ADDRESS | YEAR | TIME
_NAMED_VERB: Final = VERB | ADDRESS
_DATED_VERB: Final = VERB | YEAR | TIME
_LIKELY: Final = VERB | COLON
_LINE_END: Final = re.compile(r"\r\n?|\n")
_QUOTES: Final = frozenset({Kind.QUOTED, Kind.ATTRIBUTED})
_RULES: Final = frozenset({Kind.RULE, Kind.UNDERSCORES, Kind.DASHES})
_EMPTY: Final = _RULES | {Kind.BLANK}
_SHOWN: Final = _QUOTES | _EMPTY | {Kind.TEXT}
_FOREIGN: Final = _QUOTES | {Kind.INTRODUCTION, Kind.ABOVE}


def new_text(text: str) -> str:
    """What the author newly wrote, for people to read; all of `text` when that would be nothing."""
    lines = _LINE_END.split(text)
    if len(lines) > MOST_LINES:
        return text
    kinds = line_kinds(lines)
    kept = _kept(kinds)
    said = [kind for kind in kinds if kind is not Kind.BLANK]
    shown = [kinds[index] for index in kept if kinds[index] is not Kind.BLANK]
    if len(shown) == len(said) or Kind.TEXT not in shown:
        return text
    return "\n".join(lines[index] for index in kept)


def line_kinds(lines: Sequence[str], may_be_form: bool = True) -> list[Kind]:
    """The kind of each line: first by itself, then by its neighbours; the block at the top of a form is its own."""
    cleaned = [clean(line) for line in lines]
    kinds = [kind_of(line) for line in cleaned]
    bare = [unquoted(line) if kind is Kind.QUOTED else line for line, kind in zip(cleaned, kinds, strict=True)]
    _mark_header_blocks(bare, kinds, may_be_form)
    _mark_attributions(bare, kinds)
    _mark_sign_offs(kinds)
    _mark_signatures(bare, kinds)
    return kinds


def _introduce(kinds: list[Kind], first: int, last: int) -> None:
    kind = Kind.ATTRIBUTED if kinds[first] in _QUOTES else Kind.INTRODUCTION
    kinds[first : last + 1] = [kind] * (last + 1 - first)


# Header blocks


def _mark_header_blocks(bare: Sequence[str], kinds: list[Kind], may_be_form: bool) -> None:
    """Mark blocks of From, Sent, To, Subject; at the very top a form may have its own."""
    above = not may_be_form
    index = 0
    while index < len(bare):
        last = index
        if header_of(bare[index]) is not None:
            last, is_block = _header_block(bare, index)
            if is_block and above:
                _introduce(kinds, index, last)
        above = above or kinds[index] is not Kind.BLANK
        index = last + 1


def _header_block(bare: Sequence[str], first: int) -> tuple[int, bool]:
    """The last line of the block that begins at `first`, and whether it says enough to be one.

    A header may be folded over two more lines; HTML turned to text may have left an empty line between two.
    """
    found: set[Header] = set()
    last = first
    for index in range(first, min(first + HEADER_LINES, len(bare))):
        header = header_of(bare[index])
        if header is not None:
            found.add(header)
            last = index
        elif index - last > 2 or (index - last > 1 and not bare[index - 1]):
            break
    address = any("@" in line for line in bare[first : last + 1])
    dated = not found.isdisjoint({Header.FROM, Header.SENT, Header.DATE})
    titled = not found.isdisjoint({Header.SENT, Header.SUBJECT})
    return last, dated and (len(found) >= 2 if address else titled and len(found) >= 3)


# Attributions


def _mark_attributions(bare: Sequence[str], kinds: list[Kind]) -> None:
    """Mark lines such as `On 5 May 2017 at 10:00, Ann <ann@example.org> wrote:`, also when they are wrapped."""
    clues = cache(lambda index: clues_of(bare[index]))
    for end, line in enumerate(bare):
        if line and may_end_attribution(line) and kinds[end] is not Kind.INTRODUCTION:
            start = _attribution_start(bare, kinds, end, clues)
            if start is not None:
                _introduce(kinds, start, end)


def _attribution_start(bare: Sequence[str], kinds: Sequence[Kind], end: int, clues: Callable[[int], int]) -> int | None:
    """Where the attribution that ends at `end` begins, if it is one; the line with its date if there is one."""
    if is_old_attribution(bare[end]):
        return end
    likely = _quote_follows(kinds, end)
    seen = 0
    undated = None
    for start in _wrapped_lines(bare, kinds, end):
        seen |= clues(start)
        sure = _is_sure(seen)
        if clues(start) & OPENING and (sure or (likely and _is_likely(seen))):
            return start
        if sure and undated is None and not seen & TELLING:
            undated = start
        if undated is not None and seen & YEAR:
            return start
    if undated is None and likely and _is_likely(clues(end)):
        return end
    return undated


def _wrapped_lines(bare: Sequence[str], kinds: Sequence[Kind], end: int) -> Iterator[int]:
    """The lines, upwards from `end`, that may belong to one attribution."""
    yield end
    bracket = len(bare[end]) < LONGEST_TAIL and end > 0 and kinds[end - 1] is Kind.TEXT
    quoted = kinds[end] in _QUOTES and not bracket
    for index in range(end - 1, max(end - WRAPPED_LINES, -1), -1):
        if not bare[index] and bare[index + 1].startswith("<"):
            continue  # HTML turned to text may put the address into a paragraph of its own
        if not bare[index] or (kinds[index] in _QUOTES) != quoted:
            return
        yield index


def _is_sure(clues: int) -> bool:
    """Enough to be an attribution whatever follows."""
    if clues & _NAMED_AND_DATED == _NAMED_AND_DATED:
        return bool(clues & _LIKELY)
    return not clues & TELLING and (clues & _NAMED_VERB == _NAMED_VERB or clues & _DATED_VERB == _DATED_VERB)


def _is_likely(clues: int) -> bool:
    """Enough when quoted lines follow."""
    return clues & (_LIKELY | TELLING) == _LIKELY


def _quote_follows(kinds: Sequence[Kind], index: int) -> bool:
    below = (kind for kind in kinds[index + 1 : index + 4] if kind is not Kind.BLANK)
    return next(below, Kind.BLANK) in _QUOTES


# Signatures


def _mark_sign_offs(kinds: list[Kind]) -> None:
    """A line such as `Sent from my iPhone` counts only where a paragraph ends with it."""
    below = Kind.BLANK
    for index in reversed(range(len(kinds))):
        if kinds[index] is Kind.SIGN_OFF and below is Kind.TEXT:
            kinds[index] = Kind.TEXT
        below = kinds[index]


def _mark_signatures(bare: Sequence[str], kinds: list[Kind]) -> None:
    """Mark what stands between a signature delimiter and the next quoted thing, or the end."""
    runs = groupby(range(len(kinds)), key=lambda index: kinds[index] in _FOREIGN)
    for run in [list(indices) for foreign, indices in runs if not foreign]:
        start = _signature_start(bare, kinds, run)
        if start is not None:
            for index in range(start, run[-1] + 1):
                kinds[index] = Kind.SIGNATURE


def _signature_start(bare: Sequence[str], kinds: Sequence[Kind], run: Sequence[int]) -> int | None:
    """The first delimiter in the run with no more below it than a signature has."""
    start = None
    below, nearest = 0, ""
    is_end = run[-1] == len(kinds) - 1
    for index in reversed(run):
        kind = kinds[index]
        limit = SIGNATURE_LINES if kind is Kind.DASHES or FOOTER.match(nearest) else 0
        if kind is Kind.UNDERSCORES and is_end and index > 0 and kinds[index - 1] is Kind.BLANK:
            limit = FOOTER_LINES
        if kind in _RULES and below <= limit:
            start = index
        if kind not in _EMPTY:
            below, nearest = below + 1, bare[index].lower()
    return start


# What is kept


def _kept(kinds: Sequence[Kind]) -> list[int]:
    """The lines to show, without the empty ones at both ends."""
    own = kinds[: _end_of_own(kinds)]
    idle = _idle_quotes(own)
    kept = [index for index, kind in enumerate(own) if kind in _SHOWN and index not in idle]
    while kept and own[kept[-1]] in _EMPTY:
        kept.pop()
    first = next((place for place, index in enumerate(kept) if own[index] is not Kind.BLANK), 0)
    return kept[first:]


def _end_of_own(kinds: Sequence[Kind]) -> int:
    """Where everything below is another's: an introduction under the author's words, with no quote marks below it."""
    leads = leads_to_quote(kinds)
    above = False
    for index, kind in enumerate(kinds):
        above = above or kind is Kind.TEXT
        if above and (kind is Kind.ABOVE or (kind is Kind.INTRODUCTION and not leads[index])):
            return index
    return len(kinds)


def leads_to_quote(kinds: Sequence[Kind]) -> list[bool]:
    """For each line: whether the next line that says anything, other than who wrote, is quoted."""
    leads = []
    quote = False
    for kind in reversed(kinds):
        leads.append(quote)
        if kind is not Kind.INTRODUCTION and kind not in _EMPTY:
            quote = kind in _QUOTES
    return leads[::-1]


def _idle_quotes(kinds: Sequence[Kind]) -> frozenset[int]:
    """The quotes that nothing answers: one at the end, or the only one when the author wrote above it or below it.

    Quotes between the author's words are kept, and so is one at the top that no program introduced.
    """
    runs = groupby(range(len(kinds)), key=lambda index: kinds[index] is Kind.TEXT)
    gaps = [list(indices) for is_text, indices in runs if not is_text]
    blocks = [gap for gap in gaps if any(kinds[index] in _QUOTES for index in gap)]
    if not blocks:
        return frozenset()
    last = blocks[-1]
    above = kinds[: last[0]].count(Kind.TEXT)
    below = kinds[last[-1] + 1 :].count(Kind.TEXT)
    only = len(blocks) == 1 and _is_introduced(kinds, last)
    if not below or (only and (not above or below < CLOSING_LINES)):
        parting = next((index for index in last if kinds[index] is Kind.BLANK), None)
        return frozenset(last) - {parting}
    return frozenset()


def _is_introduced(kinds: Sequence[Kind], block: Sequence[int]) -> bool:
    """Whether an introduction stands above the first quoted line, or is that line (Apple Mail)."""
    said = (kinds[index] for index in block if kinds[index] in _FOREIGN)
    return next(said, Kind.QUOTED) is not Kind.QUOTED
