"""Proof: for each promise how many deadlines were due, kept, broken or are open, and the evidence behind each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mailcase.core.deadlines.owed import Deadline, State

# What a spreadsheet would take for a formula (OWASP, CSV injection): the cell begins with an apostrophe instead. Some
# pass over white space before it, and some take the wide forms of East Asian scripts for the plain ones.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


EXTENSION = "extension"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What kept a deadline: a letter with the relay's answer, or else a talk that was logged, in words."""

    message_id: str = ""
    reply: str = ""
    logged: str = ""

    @property
    def words(self) -> str:
        """For people, on one line; '' where nothing was done."""
        return f"{self.message_id}, the relay said: {self.reply}" if self.message_id else self.logged


@dataclass(frozen=True, slots=True)
class Proven:
    """One deadline with its case."""

    case: str
    deadline: Deadline

    @property
    def kind(self) -> str:
        """The kind of its promise; a later date for our decision is none that was promised at first."""
        return EXTENSION if self.deadline.is_extension else self.deadline.kind

    @property
    def evidence(self) -> Evidence:
        """What kept it, or was done after all when it was late."""
        return evidence_of(self.deadline)


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the deadlines of one promise; what was waived was not owed any more when it fell due."""

    promise: str
    kind: str
    kept: int
    broken: int
    open: int
    waived: int

    @property
    def due(self) -> int:
        """How many were owed."""
        return self.kept + self.broken + self.open


def evidence_of(deadline: Deadline) -> Evidence:
    """The evidence of a deadline, in its parts."""
    if not deadline.evidence.startswith("<"):
        return Evidence(logged=deadline.evidence)
    message_id, _, reply = deadline.evidence.partition(" ")
    return Evidence(message_id, reply)


def tallies(rows: Iterable[Proven]) -> list[Tally]:
    """A tally for each promise, in the order in which the promises come first; extensions have one of their own."""
    states: dict[tuple[str, str], Counter[State]] = {}
    for row in rows:
        states.setdefault((row.deadline.promise, row.kind), Counter())[row.deadline.state] += 1
    return [
        Tally(*key, kept=count["kept"], broken=count["broken"], open=count["open"], waived=count["waived"])
        for key, count in states.items()
    ]


def as_values(row: Proven) -> Mapping[str, Any]:
    """One line of the list, as `--json` and `--csv` print it."""
    deadline, evidence = row.deadline, row.evidence
    return {
        "promise": deadline.promise,
        "kind": row.kind,
        "reference": row.case,
        "seq": deadline.seq,
        "counted_from": deadline.counted_from,
        "due_at": deadline.due_at,
        "state": deadline.state,
        "met_at": deadline.met_at,
        "message_id": evidence.message_id,
        "reply": evidence.reply,
        "logged": evidence.logged,
    }


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet calculates."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA) else text
