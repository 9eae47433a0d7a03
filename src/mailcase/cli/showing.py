"""How the commands speak: tables for people, JSON for machines, and nothing from a mail that a terminal would obey."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

LONGEST_CELL = 500
SHORT_ID = 8  # symbols shown of a letter's id; the commands take as few as are unique
SHORT = 16  # a reference or a time: folded it could not be read out or copied
NOBODY = "(no single sender)"
# What JSON leaves as it is and a terminal may obey: C1 controls, and marks that turn the direction of writing.
_OBEYED = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Marked:
    """A value that a terminal also shows in colour; the words alone must say what the colour says."""

    value: object
    style: str


def shown(value: object, zone: tzinfo = UTC) -> str:
    """A value for people, on one line, without anything that moves the cursor, the colours or the direction."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value.astimezone(zone):%Y-%m-%d %H:%M}"
    return "".join(character if character.isprintable() else " " for character in str(value))


def counted(number: int, noun: str) -> str:
    """`1 mail`, `2 mails`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def complain(words: object) -> None:
    """One line on stderr."""
    print(f"mailcase: {shown(words)}", file=sys.stderr)


def print_text(text: str) -> None:
    """A text of several lines, set in: so that no line of a mail can pass for one of ours."""
    for line in text.splitlines():
        print(f"  {shown(line.expandtabs())}".rstrip())


def print_facts(facts: Iterable[tuple[str, object]], zone: tzinfo = UTC) -> None:
    """Names and values that line up; what is empty is left out."""
    for name, value in facts:
        if text := shown(value, zone):
            print(f"{name:<10} {text}")


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]], zone: tzinfo = UTC) -> None:
    """A table as wide as the terminal; into a file or a pipe, each row has its lines whole, for grep.

    A tuple in a cell stands in lines one below the other. A column in which nothing stands is left out.
    """
    from rich.table import Table

    cells = [[_lines(value, zone) for value in row] for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold")
    used = [place for place in range(len(columns)) if any(row[place] for row in cells)]
    for place in used:
        short = all(len(line) <= SHORT for row in cells for line, _ in row[place])
        table.add_column(columns[place], overflow="fold", no_wrap=short)
    for row in cells:
        table.add_row(*(_text(row[place]) for place in used))
    console = _console()
    with console.capture() as rendered:
        console.print(table)
    for line in rendered.get().splitlines():
        print(line.rstrip())


def _lines(value: object, zone: tzinfo) -> list[tuple[str, str]]:
    """The lines of a cell, each with its style; those in which nothing stands are left out."""
    parts = value if isinstance(value, tuple) else (value,)
    marked = (part if isinstance(part, Marked) else Marked(part, "") for part in parts)
    lines = ((shown(part.value, zone), part.style) for part in marked)
    return [(line if len(line) <= LONGEST_CELL else f"{line[:LONGEST_CELL]}…", style) for line, style in lines if line]


def _text(lines: Sequence[tuple[str, str]]) -> Text:
    from rich.text import Text

    return Text("\n").join(Text(line, style) for line, style in lines)


def _console() -> Console:
    from rich.console import Console

    free = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(file=sys.stdout, width=10_000 if free else None)


def print_json(rows: Iterable[Mapping[str, Any]]) -> None:
    """One object per line; times in ISO 8601, UTC."""
    readable = (sys.stdout.encoding or "").lower() == "utf-8"
    for row in rows:
        line = json.dumps(row, default=_plain, ensure_ascii=not readable)
        print(_OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", line))


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    raise TypeError(f"not for JSON: {type(value)}")
