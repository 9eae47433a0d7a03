"""What a staff mail says: from its newly written text to commands, one letter, a note, or faults.

1. Lines with keywords come first. 2. Then at most one letter to the customer, which takes the rest. 3. A text that
begins with neither is a note. One fault, and there are no commands and no letter at all: what is ambiguous is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mailcase.core.staff.arguments import BadArgument, Setting, words
from mailcase.core.staff.command_lines import (
    Head,
    head_of,
    is_command,
    is_end,
    is_indented,
    is_quoted,
    is_wrapped,
    names_keyword,
    plain,
    unescaped,
)
from mailcase.core.staff.command_values import Command, Fault, Letter, Said
from mailcase.core.staff.commands import KEYWORDS, Keyword, nearest

MOST_FAULTS: Final = 20  # enough to see what went wrong
CLOSING_LINES: Final = 12  # below `Kind regards`: more than this is no signature

_LINE_END: Final = re.compile(r"\r\n?|\n")
_CLOSING: Final = re.compile(
    r"(?:(?:many |with )?thanks(?: (?:a lot|again|in advance|and .{1,20}))?|thank you(?: .{1,20})?|cheers|ta"
    r"|(?:(?:with )?(?:kind|kindest|best|warm|many) )?(?:regards|wishes)|best|all the best|sincerely|yours .{1,20}"
    r"|mit freundlichen grüßen|viele grüße|cordialement|saludos|met vriendelijke groet(?:en)?)\W*",
    re.IGNORECASE,
)


def parse(text: str, setting: Setting, below: str = "", wraps: bool = False, above: str = "") -> Said:
    """Read the newly written text of a staff mail; `below` are words under the author's signature or the quoted text.

    Such words are in no letter; with a keyword among them, or between quoted lines, it is not clear what was meant.
    With `wraps` the author's program broke long lines, so that a line may go on in the next one; `above` is the quoted
    line that stands directly above the text.
    """
    lines = _LINE_END.split(text)
    under = _LINE_END.split(below)
    first = next((line for line in lines if plain(line).strip()), "")
    said = _Reading(lines, under, wraps, above).said(setting) if head_of(first) else _note([*lines, "", *under])
    return Said(faults=said.faults[:MOST_FAULTS]) if said.faults else said


def _note(lines: Sequence[str]) -> Said:
    """Words without a command, unless one is hidden further down."""
    faults = [
        _fault(number, line, f"commands come first: begin the mail with {keyword.name}:, or put a \\ before it")
        for number, line in enumerate(lines, 1)
        if (keyword := names_keyword(line)) and not is_quoted(line)
    ]
    return Said(note="\n".join(map(unescaped, lines)).strip(), faults=tuple(faults))


def _fault(number: int, line: str, what: str) -> Fault:
    shown = " ".join(plain(line).split())
    return Fault(number, shown if len(shown) <= 80 else f"{shown[:79]}…", what)


@dataclass(slots=True)
class _Entry:
    """A keyword and its words as they are gathered."""

    number: int
    line: str
    keyword: Keyword
    words: list[str] = field(default_factory=list)


class _Reading:
    """The mail as it is read line by line; `take` is what is done with the next one."""

    def __init__(self, lines: Sequence[str], below: Sequence[str], wraps: bool, above: str) -> None:
        self.entries: list[_Entry] = []
        self.letter: _Entry | None = None
        self.note: list[str] = []
        self.faults: list[Fault] = []
        self.above = above  # the line before
        self.wraps = wraps
        self.closing = 0
        self.take: Callable[[int, str], None] = self.command_line
        for number, line in enumerate(lines, 1):
            self.take(number, line)
            self.above = plain(line)
        self.take_below(len(lines), below)

    def said(self, setting: Setting) -> Said:
        """The entries read; nothing of them where anything is wrong."""
        commands = [command for entry in self.entries if (command := self.command(entry, setting))]
        self.check_twice()
        letter = self.finished(self.letter, setting) if self.letter else None
        if self.faults:
            return Said(faults=tuple(sorted(self.faults, key=lambda fault: fault.line)))
        return Said(tuple(commands), letter, "\n".join(self.note).strip())

    def fault(self, number: int, line: str, what: str) -> None:
        self.faults.append(_fault(number, line, what))

    # Lines

    def command_line(self, number: int, line: str) -> None:
        """A line among the commands."""
        head = head_of(line)
        if not plain(line).strip():
            if self.entries and self.entries[-1].keyword.several_lines:
                self.entries[-1].words.append("")
        elif is_quoted(line):
            self.fault(number, line, "quoted text stands among the commands: write them all above it")
        elif head is None or self.is_closing(head):
            self.other_line(number, line)
        elif head.is_indented and self.entries:
            self.indented_head(number, line, head)
        elif head.keyword is None:
            self.fault(number, line, _unknown(head.word))
        else:
            self.begin(number, line, head, head.keyword)

    def is_closing(self, head: Head) -> bool:
        """`Thanks` with an empty line above it is what polite people end with."""
        only_first = head.keyword is not None and head.keyword.only_first
        return only_first and head.rest is None and bool(self.entries) and not self.above.strip()

    def indented_head(self, number: int, line: str, head: Head) -> None:
        """It continues the line above, unless it looks like a command that was moved in by mistake."""
        if head.keyword is None:
            self.other_line(number, line)
        else:
            word = head.keyword.name
            what = f"it is indented: write {word} at the beginning of the line, or \\{word} if it goes on from above"
            self.fault(number, line, what)

    def begin(self, number: int, line: str, head: Head, keyword: Keyword) -> None:
        """A new entry."""
        if self.is_unclear(line, head, keyword):
            what = f"it may be a command, or part of what stands above: write {keyword.name} further up"
            self.fault(number, line, f"{what}, or \\{keyword.name} if it is part")
            return
        entry = _Entry(number, line, keyword, [unescaped(head.rest or "")])
        if keyword.sort != "letter":
            self.entries.append(entry)
        elif head.rest is None:
            self.fault(number, line, f"a letter begins with a colon: write {keyword.name}: and the words")
        else:
            self.letter = entry
            self.take = self.letter_line
            self.check_letter(number, head.rest)

    def is_unclear(self, line: str, head: Head, keyword: Keyword) -> bool:
        """A keyword under words that may go on in it."""
        if self.goes_on(line) and not self.above.rstrip().endswith((".", "!", "?")):
            return True
        if not self.entries:
            return False
        return head.rest is None and (keyword.only_first or self.entries[-1].keyword.several_lines)

    def goes_on(self, line: str) -> bool:
        """Whether a program may have broken the line above here."""
        return self.wraps and is_wrapped(self.above, plain(line))

    def other_line(self, number: int, line: str) -> None:
        """A line without a keyword: the line above goes on, or the author has come to an end."""
        last = self.entries[-1] if self.entries else None
        near = is_indented(line) or self.goes_on(line)
        if is_end(line):
            self.take = self.line_under
        elif last and (last.keyword.several_lines or (self.above.strip() and near)):
            last.words.append(unescaped(line).strip())
        elif last and _CLOSING.fullmatch(plain(line).strip()):
            self.take = self.closing_line
        else:
            self.fault(number, line, "it is no command; write note: before words for colleagues")
            self.take = self.ignored_line

    def closing_line(self, number: int, line: str) -> None:
        """A name below `Kind regards`."""
        self.closing += bool(plain(line).strip())
        if is_command(line) or self.closing > CLOSING_LINES:
            self.fault(number, line, "it stands below the end of your mail: write all commands above it")
            self.take = self.ignored_line

    def letter_line(self, number: int, line: str) -> None:
        """A line of the letter."""
        if is_end(line):
            self.take = self.line_under
        elif is_quoted(line):
            self.take = self.line_under_quote
        elif self.letter:
            self.check_letter(number, line)
            self.letter.words.append(unescaped(line).rstrip())

    def check_letter(self, number: int, line: str) -> None:
        """No command may leave the house."""
        if is_command(line):
            self.fault(number, line, "it stands in the letter: write it above the letter, or put a \\ before it")

    def line_under_quote(self, number: int, line: str) -> None:
        """The letter is over; words here would be lost from it."""
        if plain(line).strip() and not is_quoted(line):
            self.fault(number, line, "it stands below quoted text: write the whole letter above it")
            self.take = self.ignored_line

    def line_under(self, number: int, line: str) -> None:
        """Below `end`: for the house."""
        if is_command(line):
            self.fault(number, line, "it stands below the end of your mail: write all commands above it")
        self.note.append(line)

    def ignored_line(self, number: int, line: str) -> None:
        """Below a line like that nobody knows what was meant."""

    def take_below(self, number: int, below: Sequence[str]) -> None:
        """Words under the signature or under the quoted text, where commands or a letter stand above."""
        if any(map(is_quoted, below)):
            own = next((line for line in below if plain(line).strip() and not is_quoted(line)), "")
            self.fault(number + 1, own, "it stands between quoted lines: write everything above the quoted text")
            return
        self.note.append("")
        for line in below:
            number += 1
            self.line_under(number, line)

    # What was gathered

    def command(self, entry: _Entry, setting: Setting) -> Command | None:
        """One command, or a fault."""
        keyword = entry.keyword
        argument = ("\n" if keyword.several_lines else " ").join(entry.words).strip()
        if argument and not keyword.argument:
            self.fault(entry.number, entry.line, f"write {keyword.name} alone; words for colleagues go behind note:")
        elif not argument and not keyword.alone:
            self.fault(entry.number, entry.line, f"something must stand behind it, like this: {keyword.shape}")
        else:
            try:
                return Command(keyword.name, keyword.read(argument, setting), entry.number, plain(entry.line).strip())
            except BadArgument as error:
                self.fault(entry.number, entry.line, str(error))
        return None

    def finished(self, entry: _Entry, setting: Setting) -> Letter | None:
        """The letter, or a fault when it says nothing."""
        try:
            text = words("\n".join(entry.words).strip("\n").rstrip(), setting)
        except BadArgument as error:
            self.fault(entry.number, entry.line, f"{error}: write {entry.keyword.shape}")
            return None
        return Letter(entry.keyword.name, text, entry.number)

    def check_twice(self) -> None:
        """Two lines that contradict each other, or may."""
        seen: set[str] = set()
        for entry in self.entries:
            name = entry.keyword.name
            if name in seen and not entry.keyword.often:
                self.fault(entry.number, entry.line, f"{name} stands here twice: keep one of the two")
            seen.add(name)


def _unknown(word: str) -> str:
    near = nearest(word)
    if near:
        return f"{word} is no keyword; did you mean {near}:?"
    names = dict.fromkeys(keyword.name for keyword in KEYWORDS.values())
    return f"{word} is no keyword; there are {', '.join(names)}"
