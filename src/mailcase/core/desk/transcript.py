"""The answer to a mail of staff: what each line did, and the exact letter to the customer, or that there is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from mailcase.core.changes import QueueLetter
from mailcase.core.entries import Entry
from mailcase.core.letters.post import for_staff, personal_address, queue
from mailcase.core.letters.telling import is_vouched
from mailcase.core.mail.html import to_text
from mailcase.core.mail.message import read
from mailcase.core.mail.walk import walk
from mailcase.core.reading import MOST_READ, Kept
from mailcase.core.record import CaseRecord
from mailcase.core.rules import Rules
from mailcase.core.staff.commands import find, help_text

_WORDS = re.compile(r"[^\W\d_][\w-]*")
MOST_SHOWN = 5_000  # characters of one mail, where a whole case is shown


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it was written, and what it did."""

    written: str
    did: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """The answer to one mail (its digest and Message-ID) of one of staff about a case, '' for none."""

    about: bytes
    answers: str
    person: str
    case: str
    note: str = ""  # words that were kept beside the lines, or without any
    lines: tuple[Line, ...] = ()
    faults: tuple[str, ...] = ()
    letters: tuple[QueueLetter, ...] = ()
    record: CaseRecord | None = None  # shown whole
    entries: tuple[Entry, ...] = ()
    written: tuple[Kept, ...] = ()  # the customer's mails and our letters
    shows_help: bool = False

    def refused(self, faults: Sequence[str]) -> Transcript:
        """Nothing was done, and why."""
        return replace(self, faults=tuple(faults))

    def done(
        self,
        lines: Iterable[Line],
        letters: Iterable[QueueLetter],
        record: CaseRecord | None = None,
        entries: Iterable[Entry] = (),
        written: Iterable[Kept] = (),
        *,
        shows_case: bool = False,
        shows_help: bool = False,
    ) -> Transcript:
        """What was done, and which letters go to the customer."""
        shown = record if shows_case else None
        return replace(
            self,
            lines=tuple(lines),
            letters=tuple(letters),
            record=shown,
            entries=tuple(entries),
            written=tuple(written),
            shows_help=shows_help,
        )

    def letter(self, rules: Rules, now: datetime) -> QueueLetter:
        """The finished mail."""
        envelope = for_staff("staff-transcript", self.about + self.person.encode(), self.person, self.case, rules, now)
        envelope = replace(envelope, in_reply_to=self.answers, auto_submitted="auto-replied")
        values = {
            "reference": self.case,
            "lines": self.lines,
            "noted": bool(self.note),
            "meant": find(next(iter(_WORDS.findall(self.note)), "")),
            "faults": self.faults,
            "letters": [_shown(each, rules, now) for each in self.letters if each.kind != "staff-post"],
            "by_hand": [_by_hand(each, rules, now) for each in self.letters if each.kind == "staff-post"],
            "shown": _whole(self.record, self.entries, self.written, rules) if self.record else None,
            "help": help_text() if self.shows_help else "",
            "personal": personal_address(self.person, rules, now),
        }
        return queue(envelope, values, rules, now)


def _whole(record: CaseRecord, entries: Iterable[Entry], written: Sequence[Kept], rules: Rules) -> dict[str, object]:
    return {
        "record": record,
        "handler": rules.name_of(record.handler),
        "received": record.received_at.astimezone(rules.zone),
        "deadlines": [
            {"promise": each.promise, "state": each.state, "due": each.due_at.astimezone(rules.zone)}
            for each in record.owed.deadlines
        ],
        "entries": [
            {"at": each.at.astimezone(rules.zone), "kind": each.kind, "actor": each.actor, "text": each.text}
            for each in entries
        ],
        "older_left_out": sum(bool(each.id) for each in written) >= MOST_READ,
        "written": [_in_words(each, rules) for each in sorted(written, key=lambda each: each.received_at)],
    }


def _in_words(kept: Kept, rules: Rules) -> dict[str, object]:
    """A mail of the customer, which has a number, or a letter of ours."""
    message = read(kept.raw)
    text = message.text.strip()
    doubt = "" if is_vouched(kept, message, rules) else " (nobody vouches for this address)"
    who = f"{kept.sender}{doubt} wrote" if kept.id else f"we wrote to {kept.sender}"
    more = "" if len(text) <= MOST_SHOWN else "\n[The rest is left out here.]"
    return {
        "at": kept.received_at.astimezone(rules.zone),
        "who": who,
        "text": (text[:MOST_SHOWN] or "(no words)") + more,
    }


def _shown(letter: QueueLetter, rules: Rules, now: datetime) -> dict[str, object]:
    leaves = letter.leaves_at or now
    return {
        "to": letter.recipient,
        "text": read(letter.raw).text.strip(),
        "leaves": leaves.astimezone(rules.zone),
        "waits": leaves > now,
        "held": letter.held,
    }


def _by_hand(task: QueueLetter, rules: Rules, now: datetime) -> dict[str, object]:
    """A letter that goes to whoever is to post it, and when."""
    leaves = task.leaves_at if task.leaves_at and task.leaves_at > now else None
    name = rules.name_of(task.recipient) or task.recipient
    text = _printed(task.raw)
    return {"name": name, "leaves": leaves.astimezone(rules.zone) if leaves else None, "text": text}


def _printed(raw: bytes) -> str:
    """The words of the page that a mail brings to whoever is to print it: the last one in it."""
    tree = walk(raw)
    *_, page = (part for part in tree.parts() if part.type == "text/html")
    return to_text(tree.decoded(page).decode()).strip()
