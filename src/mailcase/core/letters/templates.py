"""Letters: a firm's templates and the values of a case become finished bytes; the same input, the same bytes.

A template is translated once into a text and an HTML template; a letter then only fills them in. So a value
is never parsed: markup, braces, links and line ends in it come out as what they are, in both forms.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from html import escape
from itertools import count
from types import MappingProxyType
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined, Template, TemplateError, TemplateSyntaxError, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mailcase.core.days import dates
from mailcase.core.letters.markup import BARRED, CELL, NUMBERS, align, translate
from mailcase.core.letters.wire import Attached, Letterhead, compose
from mailcase.core.promises.policy import KINDS, PromiseKind
from mailcase.errors import ConfigError, MailcaseError

__all__ = ["LAYOUT", "Attached", "Letterhead", "Rich", "Templates"]

LAYOUT = "layout.html"  # the page around every letter's HTML; `{{ letter }}` stands where the words go
_PART = re.compile(r'\{% include "(_[a-z-]+)" %\}')  # words that several letters share, from `_name.md`
_LETTER = re.compile(r"\{\{\s*letter\s*\}\}")
# What the words of a template may raise: a filter gets nothing where it wants a day, a sum divides by zero.
_MISTAKES = (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_SUBJECT = re.compile(r"Subject:[ \t]*(\S.*)")


@dataclass(frozen=True, slots=True)
class Rich:
    """A value with an HTML form of its own, which must be harmless: it alone stands in a letter unescaped."""

    text: str
    html: str

    def __str__(self) -> str:
        return self.text


class _Compiled(NamedTuple):
    subject: Template
    text: Template
    html: Template
    has_table: bool


class Templates:
    """The letters of one language, by name; ConfigError names every template that is wrong, with its line.

    Those that stand as they do in `tested` are only compiled when one is written: all of them take half a second.
    """

    def __init__(self, sources: Mapping[str, str], tested: Mapping[str, str] = MappingProxyType({})) -> None:
        self._plain = _environment(for_html=False)
        self._rich = _environment(for_html=True)
        self._sources = sources
        self._compiled: dict[str, _Compiled] = {}
        faults: list[str] = []
        self._layout = self._checked_layout(sources.get(LAYOUT), faults)
        for name, source in sources.items():
            if name != LAYOUT and source != tested.get(name):
                try:
                    self._checked_part(source) if name.startswith("_") else self._letter(name)
                except TemplateSyntaxError as error:
                    faults.append(f"{name}.md, line {error.lineno}: {error.message}")
        if faults:
            raise ConfigError(faults)

    def write(
        self,
        name: str,
        values: Mapping[str, object],
        head: Letterhead,
        language: str = "en",
        attachments: Sequence[Attached] = (),
    ) -> bytes:
        """The finished letter; MailcaseError when the template asks for a value that it does not get, or misuses it."""
        letter = self._letter(name)
        context = {**values, "language": language}
        try:
            context["subject"] = subject = letter.subject.render(context)
            text = letter.text.render(context)
            text = align(text) if letter.has_table else text
            html = letter.html.render(context)
        except _MISTAKES as error:
            raise MailcaseError(f"{name}.md: {error}") from error
        return compose(head, subject, text, html, language, attachments)

    def _letter(self, name: str) -> _Compiled:
        if name not in self._compiled:
            self._compiled[name] = self._compile(self._sources[name], self._layout)
        return self._compiled[name]

    def _compile(self, source: str, layout: str) -> _Compiled:
        """Both forms of one template; the source itself is compiled first, for errors with its lines."""
        self._plain.from_string(source)
        first, _, body = source.partition("\n")
        subject = _SUBJECT.fullmatch(first.rstrip())
        if subject is None:
            raise TemplateSyntaxError("the first line must be 'Subject: ' and the subject", 1)
        both = translate(_PART.sub(self._part, f"\n{body}"), self._plain)
        title = "" if "<h1>" in both.html else "<h1>{{ subject }}</h1>\n"
        page = _LETTER.sub(lambda _: title + both.html, layout)
        return _Compiled(
            subject=self._plain.from_string(subject[1]),
            text=self._plain.from_string(both.text),
            html=self._rich.from_string(page),
            has_table=CELL in both.text,
        )

    def _part(self, asked: re.Match[str]) -> str:
        if asked[1] not in self._sources:
            raise TemplateSyntaxError(f"there is no {asked[1]}.md", asked.string.count("\n", 0, asked.start()) + 1)
        return self._sources[asked[1]].rstrip("\n")

    def _checked_part(self, source: str) -> None:
        self._plain.from_string(source)
        translate(source, self._plain)

    def _checked_layout(self, layout: str | None, faults: list[str]) -> str:
        if layout is None or not _LETTER.search(layout):
            faults.append(f"{LAYOUT}: needs a place for the words, {{{{ letter }}}}")
            return ""
        try:
            self._rich.from_string(layout)
        except TemplateSyntaxError as error:
            faults.append(f"{LAYOUT}, line {error.lineno}: {error.message}")
            return ""
        return layout


def _environment(*, for_html: bool) -> Environment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, keep_trailing_newline=True, finalize=_as_html if for_html else None
    )
    environment.globals = {NUMBERS: _numbers}  # nothing else of Jinja's: each render would copy it
    environment.filters[BARRED] = _barred
    environment.filters["what_is_owed"] = _what_is_owed
    environment.filters["date_in_words"] = _date_in_words
    environment.filters["day_in_words"] = _day_in_words
    return environment


def _as_html(value: object) -> str:
    """A value as itself, line ends too. Jinja's escaping would spare what the filter `safe` has marked."""
    if isinstance(value, Rich):
        return value.html
    return escape(str(value)).replace("\n", "<br>\n")


def _barred(text: str) -> str:
    """Each line marked as somebody else's."""
    return "\n".join(f"| {line}".rstrip() for line in text.splitlines())


def _numbers() -> Callable[[], int]:
    return partial(next, count(1))


def _what_is_owed(kind: PromiseKind) -> str:
    return KINDS[kind].what


@pass_context
def _date_in_words(context: Context, when: datetime) -> str:
    return dates.date_in_words(when, context["language"])


@pass_context
def _day_in_words(context: Context, day: date) -> str:
    return dates.day_in_words(day, context["language"])
