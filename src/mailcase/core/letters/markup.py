"""A small Markdown for letters, translated once from a template's source into a text and an HTML template.

What it knows: `#` and `##` headings, paragraphs (their lines flow together), `- ` and `1. ` lists, tables of
`| a | b |` lines with the head first, `> ` for somebody else's words, `**strong**`, bare http links. Blank lines divide
the blocks. Only what the firm wrote is looked at: Jinja's code is set aside first and put back untouched, so what an
expression stands for is never parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby, zip_longest
from types import MappingProxyType
from typing import NamedTuple

from jinja2 import Environment, TemplateSyntaxError

CELL = "\x1f"  # divides the cells of a row in the text form until `align` has made columns of them
BARRED = "_barred"  # the filter through which the text form puts somebody else's words
# Here and not in the page around the letter: it stands out also where a mail program drops that page's styles.
BLOCKQUOTE = '<blockquote style="margin: 0 0 1em; padding-left: 0.75em; border-left: 3px solid #7d9a96">'
NUMBERS = "_numbers"  # what an ordered list's text form calls for a fresh count; whoever renders provides it

# The tags a letter may use, and by how much each deepens the nesting.
TAGS: Mapping[str, int] = MappingProxyType(
    {"if": 1, "elif": 0, "else": 0, "endif": -1, "for": 1, "endfor": -1, "set": 0}
)

# The tokens of Jinja's lexer after which a construct is whole.
_ENDS = frozenset({"variable_end", "block_end", "comment_end", "raw_begin"})
_ASIDE = re.compile("\x00([0-9]+)\x00")
_HEADING = re.compile(r"(#{1,2}) +(.+)")
_ROW = re.compile(r"\| (.+) \|")
_QUOTE = re.compile(r"> (.+)")
_ITEM = re.compile(r"(-|[0-9]{1,2}\.) +(.+)")
_STRONG = re.compile(r"\*\*([^*]+)\*\*")
# In escaped text, so `&amp;` belongs to a link and `&gt;` ends it. A link that an expression completes is
# left alone: a value must not decide where it leads. Possessive, so that no shorter piece of it matches.
_LINK = re.compile("https?://(?:[^\\s<>&\x00]|&amp;)++(?!\x00)")


class Both(NamedTuple):
    """The same words in the two forms of a letter."""

    text: str
    html: str


class _Aside(NamedTuple):
    code: str
    depth: int | None  # a tag's, from TAGS; 0 for a comment; None for an expression, a word of its line
    newlines: int


class _Line(NamedTuple):
    number: int
    words: str
    is_code: bool  # nothing but tags and comments
    depths: tuple[int, ...]


def translate(source: str, environment: Environment) -> Both:
    """A template's source in both forms; TemplateSyntaxError, with its line, for what has no place in it."""
    if "\x00" in source:
        line = source.partition("\x00")[0].count("\n") + 1
        raise TemplateSyntaxError("a NUL character has no place in a letter", line)
    marked, aside = _set_aside(source, environment)
    blocks = [_translate_block(block) for block in _blocks(_lines(marked, aside))]
    text = "".join(block.text for block in blocks)
    html = "".join(block.html for block in blocks)
    return Both(_put_back(text, aside), _put_back(html, aside))


def _set_aside(source: str, environment: Environment) -> tuple[str, list[_Aside]]:
    """Put the number of each expression, tag and comment, between two NULs, in its place."""
    marked = ""
    aside: list[_Aside] = []
    tokens: list[tuple[int, str, str]] = []
    for token in environment.lex(source):
        if token[1] == "data":
            marked += token[2]
            continue
        tokens.append(token)
        if token[1] in _ENDS:
            marked += f"\x00{len(aside)}\x00"
            aside.append(_as_aside(tokens))
            tokens = []
    return marked, aside


def _as_aside(tokens: Sequence[tuple[int, str, str]]) -> _Aside:
    number, kind, _ = tokens[0]
    code = "".join(value for _, _, value in tokens)
    if kind == "variable_begin":
        return _Aside(code, None, code.count("\n"))
    if kind == "comment_begin":
        return _Aside("", 0, code.count("\n"))
    tag = next((value for _, kind, value in tokens if kind == "name"), "raw")
    if tag not in TAGS:
        raise TemplateSyntaxError(f"the tag {tag!r} has no place in a letter, only if, for and set", number)
    return _Aside(code, TAGS[tag], code.count("\n"))


def _put_back(marked: str, aside: Sequence[_Aside]) -> str:
    return _ASIDE.sub(lambda match: aside[int(match[1])].code, marked)


def _lines(marked: str, aside: Sequence[_Aside]) -> Iterator[_Line]:
    number = 1
    for words in marked.split("\n"):
        inside = [aside[int(index)] for index in _ASIDE.findall(words)]
        depths = tuple(each.depth for each in inside if each.depth is not None)
        is_code = len(depths) == len(inside) > 0 and not _ASIDE.sub("", words).strip()
        yield _Line(number, words, is_code, depths)
        number += 1 + sum(each.newlines for each in inside)


def _blocks(lines: Iterator[_Line]) -> Iterator[list[_Line]]:
    """Lines that belong together: blank lines divide, and a heading stands alone."""
    block: list[_Line] = []
    for line in lines:
        heading = _HEADING.fullmatch(line.words)
        if block and (heading or not line.words.strip()):
            yield block
            block = []
        if heading:
            yield [line]
        elif line.words.strip():
            block.append(line)
    if block:
        yield block


def _translate_block(block: Sequence[_Line]) -> Both:
    first = next((line for line in block if not line.is_code), None)
    if first is None:
        tags = "".join(line.words for line in block)
        return Both(tags, tags)
    _demand_balance(block)
    if heading := _HEADING.fullmatch(first.words):
        return _heading(heading)
    if _ROW.fullmatch(first.words):
        return _table(block)
    if _QUOTE.fullmatch(first.words):
        return _quote(block)
    return _list(block, first) if _ITEM.match(first.words) else _paragraph(block)


def _demand_balance(block: Sequence[_Line]) -> None:
    """A tag that opens in a paragraph or list must close in it, or the HTML around it would come apart."""
    depth = 0
    for line in block:
        for step in line.depths:
            depth += step
            if depth < 0:
                raise TemplateSyntaxError(
                    "this tag closes one from before its block: put a blank line before it", line.number
                )
    if depth:
        raise TemplateSyntaxError(
            "a tag of this block closes after it: put a blank line after the tag", block[0].number
        )


def _heading(heading: re.Match[str]) -> Both:
    level, words = len(heading[1]), _inline(heading[2].strip())
    # The news of a letter stands alone, also above the letter of a person that begins with a greeting.
    return Both(f"{words.text}\n\n" if level == 1 else f"{words.text}\n", f"<h{level}>{words.html}</h{level}>\n")


def _paragraph(block: Sequence[_Line]) -> Both:
    last = max(line.number for line in block if not line.is_code)
    text, html = "", ""
    for line in block:
        if _ITEM.match(line.words):
            raise TemplateSyntaxError("put a blank line between a paragraph and a list", line.number)
        words = _inline(line.words.strip())
        gap = " " if line.number < last and not line.is_code else ""
        text += words.text + gap
        html += words.html + gap
    return Both(f"{text}\n\n", f"<p>{html}</p>\n")


def _list(block: Sequence[_Line], first: _Line) -> Both:
    ordered = not first.words.startswith("-")
    text = f"{{% set _number = {NUMBERS}() %}}" if ordered else ""
    html = ""
    for line in block:
        item = _ITEM.fullmatch(line.words)
        if item is None and not line.is_code:
            raise TemplateSyntaxError("an item of a list is one line; put a blank line after the list", line.number)
        words = _inline(item[2].strip() if item else line.words.strip())
        mark = "{{ _number() }}. " if ordered else "- "
        text += f"{mark}{words.text}\n" if item else words.text
        html += f"<li>{words.html}</li>\n" if item else words.html
    name = "ol" if ordered else "ul"
    return Both(f"{text}\n", f"<{name}>\n{html}</{name}>\n")


def _table(block: Sequence[_Line]) -> Both:
    text, html = "", ""
    cell = "th"
    for line in block:
        row = _ROW.fullmatch(line.words)
        if row is None and not line.is_code:
            raise TemplateSyntaxError("a row of a table is one line; put a blank line after the table", line.number)
        if row is None:
            code = line.words.strip()
            text, html = text + code, html + code
            continue
        cells = [_inline(words.strip()) for words in row[1].split(" | ")]
        text += CELL.join(each.text for each in cells) + "\n"
        html += f"<tr>{''.join(f'<{cell}>{each.html}</{cell}>' for each in cells)}</tr>\n"
        cell = "td"
    return Both(f"{text}\n", f"<table>\n{html}</table>\n")


def _quote(block: Sequence[_Line]) -> Both:
    """One line, that may stand for many; in the HTML form also for whole paragraphs."""
    quote = _QUOTE.fullmatch(block[0].words)
    if quote is None or len(block) > 1:
        raise TemplateSyntaxError("somebody else's words are one line; put blank lines around it", block[0].number)
    words = _inline(quote[1].strip())
    text = f"{{% filter {BARRED} %}}{words.text}{{% endfilter %}}\n\n"
    return Both(text, f"{BLOCKQUOTE}\n{words.html}\n</blockquote>\n")


def align(text: str) -> str:
    """The text with the cells of each table in columns: known only when the values are in it."""
    lines: list[str] = []
    for is_table, group in groupby(text.split("\n"), key=lambda line: CELL in line):
        block = list(group)
        lines += _columns([line.split(CELL) for line in block]) if is_table else block
    return "\n".join(lines)


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()


def _inline(words: str) -> Both:
    marked = _LINK.sub(_link, escape(words, quote=False))
    return Both(_STRONG.sub(r"\1", words), _STRONG.sub(r"<strong>\1</strong>", marked))


def _link(match: re.Match[str]) -> str:
    url = match[0].rstrip(".,:!?)")
    return f'<a href="{url}">{url}</a>{match[0][len(url) :]}'
