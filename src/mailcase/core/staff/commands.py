"""What staff can write to mailcase, in one table; the grammar, `help` and docs/commands.md are made from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final, Literal

from mailcase.core.staff import arguments as read
from mailcase.core.staff.command_values import CONTACTS, FORMATS, KINDS, OUTCOMES, REDRESS, STATUSES, WAYS

Sort = Literal["line", "letter", "opener"]


@dataclass(frozen=True, slots=True)
class Keyword:
    """One keyword: what stands behind it ('' is nothing, brackets may be left out), what it does, and who reads it."""

    name: str
    argument: str
    help: str
    read: read.Reader = read.nothing
    sort: Sort = "line"  # a letter takes the rest of the mail; an opener begins a case
    several_lines: bool = False  # its words go on over lines that are not indented
    often: bool = False  # may stand more than once in a mail
    only_first: bool = False  # further down the word is what polite people end with
    aliases: tuple[str, ...] = ()

    @property
    def alone(self) -> bool:
        """Whether it may stand without an argument."""
        return not self.argument or self.argument.startswith("[")

    @property
    def shape(self) -> str:
        """How it is written."""
        if not self.argument:
            return self.name
        if self.alone:
            return f"{self.name}[: {self.argument.strip('[]')}]"
        return f"{self.name}: {self.argument}"


_TABLE: Final = (
    Keyword("status", "investigating", "says how far the case is", read.one_of(*STATUSES)),
    Keyword("handler", "priya", "hands the case to somebody else of staff", read.person),
    Keyword("category", "billing", "says what the complaint is about", read.name),
    Keyword("kind", "refund", "says what kind of case it is; its dates stay", read.one_of(*KINDS)),
    Keyword("track", "complex", "says which track of the policy the case is on", read.name),
    Keyword("step", "approved", "says which step a refund or a request for help has reached", read.name),
    Keyword("check", "fault: yes: it does not start", "answers one question of the checklist", read.check, often=True),
    Keyword("note", "depot has the CCTV", "keeps words for colleagues", read.words, several_lines=True, often=True),
    Keyword("log", "phone: what was said", "records a talk, or a letter by post (`log: posted`)", read.log, often=True),
    Keyword(
        "extend",
        "5 business days: waiting for the network operator",
        "moves the date of the decision; the customer is told the reason and the new date",
        read.extend,
    ),
    Keyword("outcome", "upheld", "says who was right: upheld, partly upheld or not upheld", read.one_of(*OUTCOMES)),
    Keyword("redress", "refund 20.00 GBP", "says what the customer gets; `redress: none` is nothing", read.redress),
    Keyword("cause", "courier", "says what went wrong, for the report", read.name),
    Keyword(
        "person",
        "add ADDRESS: representative: letter of 3 May",
        "adds somebody who gets the letters too: address, role, by which authority; or `remove ADDRESS`",
        read.further_person,
        often=True,
    ),
    Keyword("format", "large print", "says how the customer reads our letters", read.one_of(*FORMATS)),
    Keyword("contact", "post", "says how the customer wants to be reached", read.one_of(*WAYS)),
    Keyword("conflict", "NAME", "says who is complained about, and must not see the case", read.person, often=True),
    Keyword("same", "REF", "joins this case with another one", read.same),
    Keyword("escalate", "", "takes the case to its second stage, with a manager who looks again"),
    Keyword("withdraw", "", "ends the case because the customer takes the complaint back"),
    Keyword("reopen", "", "takes a resolved case up again", aliases=("re-open",)),
    Keyword("close", "", "closes a resolved case"),
    Keyword("thanks", "", "says that what the customer wrote after our decision needs no answer", only_first=True),
    Keyword("files", "2,3", "sends these attachments to you again", read.files),
    Keyword("cancel", "", "stops the letters that have not left yet"),
    Keyword("show", "", "sends you the whole case"),
    Keyword("help", "", "sends you this list; also alone, in a new mail to us"),
    Keyword("accept", "[ADDRESS: received 3 May]", "confirms what mailcase proposes, or corrects it", read.accept),
    Keyword(
        "new",
        "phone: sam@example.org: received 3 May: what happened",
        "opens a case for a complaint by phone, post or web; a name where there is no address",
        read.new,
        "opener",
        several_lines=True,
    ),
    Keyword("reply", "Dear Sam, …", "writes to the customer", read.words, "letter"),
    Keyword("ask", "Could you send …", "asks the customer for something; the case waits for it", read.words, "letter"),
    Keyword(
        "resolve",
        "Dear Sam, we looked into …",
        "tells the customer the decision and why; it needs `outcome:` and `redress:`, now or before",
        read.words,
        "letter",
    ),
)

KEYWORDS: Final[Mapping[str, Keyword]] = MappingProxyType(
    {word: keyword for keyword in _TABLE for word in (keyword.name, *keyword.aliases)}
)
"""Every keyword by its name, and by what else it is called."""

_SORTS: Final[Mapping[Sort, str]] = MappingProxyType(
    {
        "line": "Lines, as many as you like, above everything else",
        "opener": "To begin a case, at your own address (the one that the answer to `help` names)",
        "letter": "A letter to the customer, one at most, below the lines",
    }
)

_CHOICES_TITLE: Final = "The words that some lines take"

RULES: Final = (
    "Begin on the first line of your answer, above the quoted text.",
    "One keyword a line; an indented line continues the line above; a note may have several lines.",
    "A letter takes the rest of what you write, up to a line `end`, your signature, or the quoted text.",
    "Everything else stays in the house.",
    "If a line of a letter or a note must begin like a command, put a \\ before it.",
    "If one line is wrong, nothing is done, and the answer says which line and what would be right.",
    "An answer without any keyword is kept as a note.",
)

EXAMPLE: Final = (
    "note: depot has the CCTV",
    "outcome: partly upheld",
    "redress: refund 20.00 GBP",
    "resolve: Dear Sam,",
    "We looked into what happened to your parcel …",
)
"""A whole answer."""


def find(word: str) -> Keyword | None:
    """The keyword, in whatever case; None if there is no such word."""
    return KEYWORDS.get(word.lower())


def nearest(word: str) -> str:
    """The keyword that was probably meant, '' when none is near."""
    near = get_close_matches(word.lower()[:60], tuple(KEYWORDS), n=1, cutoff=0.65)
    return KEYWORDS[near[0]].name if near else ""


def help_text() -> str:
    """The answer to `help`: every keyword with a line of its own, none longer than a screen is wide."""
    return "\n".join(_help_lines())


def page() -> str:
    """docs/commands.md."""
    lines = ["# What staff can write", "", "Answer a mail of mailcase, from your own address.", ""]
    lines += [f"- {rule}" for rule in RULES]
    lines += ["", "```", *EXAMPLE, "```"]
    for sort, title in _SORTS.items():
        lines += ["", f"## {title}", "", "| write | what it does |", "|---|---|"]
        lines += [f"| `{keyword.shape}` | {keyword.help} |" for keyword in _of(sort)]
    lines += ["", f"## {_CHOICES_TITLE}", ""]
    lines += [f"- `{name}:` {', '.join(words)}" for name, words in CHOICES.items()]
    return "\n".join(lines) + "\n"


CHOICES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "status": STATUSES,
        "kind": KINDS,
        "outcome": OUTCOMES,
        "format": FORMATS,
        "contact": WAYS,
        "log": tuple(CONTACTS),
        "redress": tuple(REDRESS),
    }
)


def _of(sort: Sort) -> list[Keyword]:
    return [keyword for keyword in _TABLE if keyword.sort == sort]


def _help_lines() -> Iterator[str]:
    yield from RULES
    yield "\nLike this:"
    yield from (f"  {line}" for line in EXAMPLE)
    for sort, title in _SORTS.items():
        yield f"\n{title}:"
        for keyword in _of(sort):
            yield f"  {keyword.shape}\n      {keyword.help}"
    yield f"\n{_CHOICES_TITLE}:"
    yield from (f"  {name}: {', '.join(words)}" for name, words in CHOICES.items())
