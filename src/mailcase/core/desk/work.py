"""One mail of staff as it is carried out: the case as it becomes, and what is to be written if all of it is right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, Literal

from mailcase.core.case import LetterKind
from mailcase.core.changes import AddEntry, Change, QueueLetter, SetDeadline
from mailcase.core.days.dates import date_in_words
from mailcase.core.deadlines.owed import CaseFacts, Deadline
from mailcase.core.letters.customer_mail import Letter, cools_until, letters
from mailcase.core.mail.thread import Owner
from mailcase.core.promises.policy import Policy
from mailcase.core.reading import Known, Reading
from mailcase.core.record import CaseRecord
from mailcase.core.rules import Rules
from mailcase.core.staff.assignment import Colleague


class Refused(Exception):
    """A command that cannot be carried out; its words say why, and what would be right."""


@dataclass(slots=True)
class Work:
    """The case under the hands of one of staff; `rules` are those under the policy that the case is held to."""

    record: CaseRecord
    mail: Reading
    person: Colleague
    known: Known
    rules: Rules
    now: datetime
    changes: list[Change] = field(default_factory=list)
    shows_case: bool = False
    shows_help: bool = False
    acknowledges: Literal["", "moment", "day"] = ""  # what is known of the receipt, once all lines are carried out

    @property
    def case(self) -> CaseFacts:
        """What is owed on the case as it is now."""
        return self.record.owed

    @property
    def policy(self) -> Policy:
        """The policy that the case is held to."""
        return self.rules.policy

    @property
    def today(self) -> date:
        """Where the firm is."""
        return self.now.astimezone(self.rules.zone).date()

    def shown(self, moment: datetime) -> str:
        """A moment as people read it where the firm is."""
        return date_in_words(moment.astimezone(self.rules.zone), self.rules.language)

    @property
    def about(self) -> str:
        """What makes the ids of letters: the same mail always writes the same ones."""
        return self.mail.message.digest.hex()

    def set(self, **values: Any) -> None:
        """Change the case."""
        self.record = replace(self.record, **values)

    def note(self, kind: str, text: str) -> None:
        """Put it on the timeline, in the name of whoever wrote the mail."""
        self.changes.append(AddEntry(self.record.reference, kind, self.person.address, text))

    def owe(self, *deadlines: Deadline) -> None:
        """Set deadlines of the case."""
        assert self.record.facts is not None
        known = {(each.promise, each.seq): each for each in self.record.facts.deadlines}
        known |= {(each.promise, each.seq): each for each in deadlines}
        ordered = tuple(known[key] for key in sorted(known))
        self.set(facts=replace(self.record.facts, deadlines=ordered))
        self.changes += [SetDeadline(self.record.reference, each) for each in deadlines]

    @property
    def answered(self) -> Owner | None:
        """The letter of ours that the mail answers."""
        found = (self.known.by_id.get(name) for name in self.mail.mentions.message_ids)
        return next((each for each in found if each and each.letter), None)

    def take(self, changes: Iterable[Change]) -> None:
        """What another part decided; its deadlines become those of the case."""
        for change in changes:
            if isinstance(change, SetDeadline):
                self.owe(change.deadline)
            else:
                self.changes.append(change)

    def send(self, kind: LetterKind, values: Mapping[str, object], *, at_once: bool = False) -> None:
        """A letter to the customer; one with words of staff can be stopped for a while."""
        leaves_at = self.now if at_once else cools_until(self.case, self.rules, self.now)
        letter = Letter(kind, f"{kind} {self.about}", values, due_at=leaves_at, leaves_at=leaves_at)
        self.changes += letters(letter, self.case, self.rules, self.now)

    def waiting(self, *kinds: str) -> bool:
        """Whether a letter of these kinds has been written and has not left."""
        drafts = (draft.kind for draft in self.record.drafts)
        tasks = (task.kind for task in self.record.to_post)
        written = (change.kind for change in self.changes if isinstance(change, QueueLetter))
        return any(kind in kinds for kind in (*drafts, *tasks, *written))

    def colleague(self, name: str) -> Colleague:
        """One of staff by address, full name, or a part of the name that only one of them has."""
        wanted = name.casefold()
        exact = [each for each in self.rules.staff if wanted in (each.address.casefold(), each.name.casefold())]
        parts = [each for each in self.rules.staff if wanted in each.name.casefold().split()]
        found = exact or parts
        if len(found) != 1:
            names = ", ".join(each.name for each in (found or self.rules.staff))
            raise Refused(f"{'several are' if found else 'nobody is'} called {name}; write one of {names}")
        return found[0]
